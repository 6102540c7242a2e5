"""The command line of the benchmark: finds the command, runs it, turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from lusdata.errors import InternalError, LusdataError, MissingExtraError
from lusdata.wording import one_line

from . import PROGRAM

__all__ = ["main"]

COMMANDS = {
    "fit": "fit a model on one fold, or the segmentation ensemble on phantoms",
    "crossval": "fit and test a model on every fold; pool, score, report",
    "ladder": "one model on every split unit and protocol",
    "evaluate": "test a run's fold ensemble on another collection",
    "compare": "tell whether a run agrees with an earlier one",
    "predict": "class probabilities and confidences of a file or folder",
    "explain": "activation maps, their peaks and what they lie on",
    "study": "a blinded rating page for physicians, and its statistics",
    "segment": "frames beside what the segmentation ensemble sees in them",
    "report": "one offline page with all tables and figures of a run",
    "cost": "measure what the cache of the frozen part saves",
}
"""Every command with its one-line summary."""

EXIT_CODES = (
    "exit codes: 0 fine, 1 the data has a fault, 2 the call is wrong, 3 the outside world failed,\n"
    "4 lusdata or its installation has a fault"
)


EXTRA = frozenset({"h5py", "keras", "matplotlib", "scipy", "sklearn", "tensorflow", "threadpoolctl"})
"""What the extra ``train`` brings and lusdata alone does not."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Before TensorFlow is imported: its start-up notices are not for users.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in COMMANDS:
        return _overview(arguments)
    try:
        return _run(arguments[0], arguments[1:])
    except LusdataError as error:
        return _complain(str(error), error.exit_code)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), 3)
    except KeyboardInterrupt:
        return _complain("interrupted; finished folds are kept, run the command again to go on", 130)
    # What nothing above expects is a fault of lusdata, which gets a line and an exit code of its own.
    except Exception as error:
        fault = InternalError.of(error)
        if os.environ.get("LUSDATA_TRACEBACK"):
            sys.stderr.write(fault.trace)
        return _complain(str(fault), fault.exit_code)


def _run(command: str, arguments: list[str]) -> int:
    try:
        module = importlib.import_module(f"{__package__}.commands.{command}")
        parser = argparse.ArgumentParser(
            prog=f"{PROGRAM} {command}",
            description=module.__doc__,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.configure(parser)
        try:
            parsed = parser.parse_args(arguments)
        except SystemExit as stop:
            return int(stop.code or 0)
        return int(module.run(parsed))
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        raise MissingExtraError(error.name, extra="train", purpose=f"{PROGRAM} {command}") from error


def _overview(arguments: list[str]) -> int:
    if arguments and arguments[0] not in ("-h", "--help"):
        return _complain(f"no command '{arguments[0]}'; the commands are {', '.join(COMMANDS)}", 2)
    from .models import MODELS

    width = max(map(len, COMMANDS))
    lines = [f"usage: {PROGRAM} COMMAND [ARGUMENTS]", "", "commands:"]
    lines += [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    lines += ["", "models:", f"  {'name':<15} {'parameters':>11} {'paper':>11}  what; source"]
    for name, entry in MODELS.items():
        paper = f"{entry.paper_parameters:,}" if entry.paper_parameters else "-"
        lines.append(f"  {name:<15} {entry.parameters:>11,} {paper:>11}  {entry.title}; {entry.source}")
    lines += [
        "",
        "split units (--by): patient (default), video, source, frame (absurd on purpose)",
        "protocols (--protocol): nested (default; a validation part stops and chooses, the test part is used once),",
        "  paper (the test part also stops and chooses, to measure how much that flatters)",
        "",
        "For research, not for diagnosis.",
        EXIT_CODES,
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"train: {one_line(message)}\n")
    return code
