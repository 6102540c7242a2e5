"""The command line: finds the command, runs it, and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from lusdata.ending import Ended, ended_by_signals
from lusdata.errors import InternalError, LusdataError
from lusdata.scratch import sweep
from lusdata.terminal import gated
from lusdata.wording import one_line

__all__ = ["main"]

COMMANDS = {
    "validate": "check manifests against the schema and the rules",
    "migrate": "bring manifests to the newest schema version",
    "import": "turn a folder of your own, or a public collection, into manifests",
    "add": "add a recording: draft its manifest",
    "check": "check what changed, as a pull request is checked",
    "fetch": "get a collection's files, verified by digest",
    "pin": "complete a manifest without a digest from its file",
    "build": "make a dataset: crop, sample and shard",
    "folds": "split a collection so that nothing leaks",
    "audit": "look for leakage in a split",
    "report": "show a collection or a dataset as one page",
    "export": "hand on a dataset: Croissant, card, Hugging Face",
    "verify": "hold files against their digests",
    "stats": "count a collection's recordings",
    "release": "freeze a collection under a version",
    "diff": "show what differs between two states of a collection",
    "cite": "name the sources of the recordings that were used",
    "trace": "show where a row of a dataset comes from",
    "demo": "run the main job on phantom recordings",
    "doctor": "check this installation",
}
"""Every command with its one-line summary, in the order of a user's work."""

_SEVERAL = ("folds", "audit", "report", "stats")
"""Commands that take several collections as one."""

EXIT_CODES = (
    "exit codes: 0 fine, 1 the data has a fault, 2 the call is wrong, 3 the outside world failed,\n"
    "4 lusdata or its installation has a fault"
)


def _module(command: str) -> ModuleType:
    # 'import' cannot name a module that Python code imports.
    name = "import_" if command == "import" else command
    return importlib.import_module(f"lusdata.commands.{name}")


def _overview() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="lusdata",
        usage="lusdata COMMAND [ARGUMENTS]",
        description=f"Curate lung-ultrasound video.\n\ncommands:\n{listing}",
        epilog=f"'lusdata COMMAND --help' explains a command. {EXIT_CODES}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _command_parser(command: str, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"lusdata {command}",
        description=module.__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    return parser


def _parsed(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    parsed, further = parser.parse_known_args(arguments)
    if further:
        message = f"unrecognized arguments: {' '.join(further)}"
        if isinstance(getattr(parsed, "collection", None), str) and not further[0].startswith("-"):
            message += f"; it takes one collection, and {', '.join(_SEVERAL)} take several"
        parser.error(message)
    return parsed


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        0 fine, 1 the data has a fault, 2 the call is wrong, 3 the outside world failed (network, disk), 4 lusdata or
        its installation has a fault.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    with gated(), ended_by_signals():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    try:
        code = _dispatch(arguments)
        # Here a closed pipe can still be answered; at the interpreter's own end it could not.
        sys.stdout.flush()
        return code
    except LusdataError as error:
        _complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough. Nothing may be flushed into the pipe any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return 3
    except KeyboardInterrupt:
        _complain("interrupted; what was finished is kept, run the command again to go on")
        return 130
    except Ended as end:
        _complain(f"ended by {end}; what was finished is kept, run the command again to go on")
        return end.exit_code
    # What nothing above expects is a fault of lusdata, which gets a line and an exit code of its own.
    except Exception as error:
        fault = InternalError.of(error)
        if os.environ.get("LUSDATA_TRACEBACK"):
            sys.stderr.write(fault.trace)
        _complain(str(fault))
        return fault.exit_code


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        module = _module(arguments[0])
        try:
            parsed = _parsed(_command_parser(arguments[0], module), arguments[1:])
        except SystemExit as stop:
            return int(stop.code or 0)
        # A run that was killed may have left pictures of patients.
        sweep()
        return int(module.run(parsed))
    parser = _overview()
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    if parsed.version:
        from lusdata import __version__

        sys.stdout.write(f"lusdata {__version__}\n")
        return 0
    if parsed.command is None:
        parser.print_help()
        return 0
    _complain(f"no command '{parsed.command}'; the commands are {', '.join(COMMANDS)}")
    return 2


def _complain(message: str) -> None:
    sys.stderr.write(f"lusdata: {one_line(message)}\n")
