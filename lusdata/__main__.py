"""Run the command line as ``python -m lusdata``."""

import sys

from lusdata.cli import main

sys.exit(main())
