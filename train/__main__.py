"""``python -m train COMMAND``: fit, judge and explain the reference models."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
