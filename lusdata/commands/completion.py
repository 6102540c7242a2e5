"""Print what a shell has to run so that it completes lusdata's commands, options and the names of collections.

bash: put  eval "$(lusdata completion bash)"  into ~/.bashrc; zsh the same with zsh, after compinit, into ~/.zshrc.
fish: lusdata completion fish > ~/.config/fish/completions/lusdata.fish
"""

from __future__ import annotations

import argparse
import sys

from lusdata.completion import SHELLS, shell_code

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {"bash": "print it for bash"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the argument."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    sys.stdout.write(shell_code("lusdata", args.shell))
    return 0
