"""``python -m train COMMAND``: fit, judge and explain the reference models."""
# The mark by which a shell with argcomplete's completion for all programs knows that it may ask: PYTHON_ARGCOMPLETE_OK

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
