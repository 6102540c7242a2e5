"""The frame of both command lines: finds the command, runs it, turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from lusdata.command_parser import CommandParser, epilog
from lusdata.errors import InternalError, LusdataError, MissingExtraError, UsageError
from lusdata.scratch import sweep
from lusdata.signals import Ended, ended_by_signals
from lusdata.suggestion import meant
from lusdata.terminal import gated
from lusdata.wording import one_line

__all__ = ["EXIT_CODES", "Extra", "Program", "command_module", "command_parser", "parsed", "run_program"]

EXIT_CODES = (
    "exit codes: 0 fine, 1 the data has a fault, 2 the call is wrong, 3 the outside world failed,\n"
    "4 lusdata or its installation has a fault"
)


@dataclass(frozen=True)
class Extra:
    """An extra that a whole program needs.

    Attributes
    ----------
    name : str
        The extra of lusdata.
    packages : frozenset of str
        Import names of what it brings and lusdata alone does not.
    """

    name: str
    packages: frozenset[str]


def _nothing(*_: object) -> str:
    return ""


@dataclass(frozen=True)
class Program:
    """A command line: its words, and where its commands are.

    Attributes
    ----------
    name : str
        What stands before its messages.
    call : str
        How it is called.
    summary : str
        What it is for, in a line.
    commands : mapping
        Each command with its summary, in the order in which help lists them.
    package : str
        Where the commands are: a module each, with `configure` and `run`; its docstring explains the command,
        `EXAMPLES` holds arguments with what such a call does, and `JSON_KEYS` the keys of what ``--json`` prints.
    details : callable
        Gives what stands between the list of commands and the exit codes.
    extra : Extra, optional
        What its commands need beside lusdata's own packages.
    completers : mapping
        By the word that stands for an argument in help: what gives the words to complete it with.
    advise : callable
        Gives a remark on words that have no place, from what was read and these words.
    """

    name: str
    call: str
    summary: str
    commands: Mapping[str, str]
    package: str
    details: Callable[[], str] = _nothing
    extra: Extra | None = None
    completers: Mapping[str, Callable[[], Iterable[str]]] = field(default_factory=dict)
    advise: Callable[[argparse.Namespace, Sequence[str]], str] = _nothing


def run_program(program: Program, argv: Sequence[str] | None = None) -> int:
    """Run one command of a program.

    Parameters
    ----------
    program : Program
        The command line.
    argv : sequence of str, optional
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        0 fine, 1 the data has a fault, 2 the call is wrong, 3 the outside world failed (network, disk), 4 lusdata or
        its installation has a fault.
    """
    if "_ARGCOMPLETE" in os.environ:
        from lusdata.completion import complete

        complete(_whole_parser(program, os.environ.get("COMP_LINE", "").split()), program.completers)
    arguments = list(sys.argv[1:] if argv is None else argv)
    with gated():
        # A signal may also come while the block is entered or left.
        try:
            with ended_by_signals():
                return _run(program, arguments)
        except KeyboardInterrupt:
            return _complain(program, "interrupted; what was finished is kept, run the command again to go on", 130)
        except Ended as end:
            what = f"ended by {end}; what was finished is kept, run the command again to go on"
            return _complain(program, what, end.exit_code)


def _run(program: Program, arguments: list[str]) -> int:
    try:
        code = _dispatch(program, arguments)
        # Here a closed pipe can still be answered; at the interpreter's own end it could not.
        sys.stdout.flush()
        return code
    except LusdataError as error:
        return _complain(program, str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough. Nothing may be flushed into the pipe any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _complain(program, f"{error.filename}: {error.strerror}" if error.filename else str(error), 3)
    # What nothing above expects is a fault of lusdata, which gets a line and an exit code of its own.
    except Exception as error:
        fault = InternalError.of(error)
        if os.environ.get("LUSDATA_TRACEBACK"):
            sys.stderr.write(fault.trace)
        return _complain(program, str(fault), fault.exit_code)


def _dispatch(program: Program, arguments: list[str]) -> int:
    first, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if first == "help" and rest:
        first, rest = rest[0], [*rest[1:], "--help"]
    if first in ("-h", "--help", "help"):
        sys.stdout.write(_overview(program))
        return 0
    if first in ("-V", "--version"):
        from lusdata import __version__

        sys.stdout.write(f"{program.name} {__version__}\n")
        return 0
    if first not in program.commands:
        raise _unknown_command(program, first)
    try:
        module = command_module(program, first)
        try:
            read = parsed(program, command_parser(program, first, module), rest)
        except SystemExit as stop:
            return int(stop.code or 0)
        # A run that was killed may have left pictures of patients.
        sweep()
        return int(module.run(read))
    except ModuleNotFoundError as error:
        if program.extra is None or error.name not in program.extra.packages:
            raise
        purpose = f"{program.call} {first}"
        raise MissingExtraError(error.name or "", extra=program.extra.name, purpose=purpose) from error


def command_module(program: Program, command: str) -> ModuleType:
    """Import the module of a command."""
    # 'import' cannot name a module that Python code imports.
    name = f"{command}_" if keyword.iskeyword(command) else command
    return importlib.import_module(f"{program.package}.{name}")


def command_parser(program: Program, command: str, module: ModuleType) -> CommandParser:
    """Return the parser of a command, with its help whole."""
    call = f"{program.call} {command}"
    parser = CommandParser(
        prog=call,
        description=module.__doc__,
        epilog=epilog(
            call,
            examples=getattr(module, "EXAMPLES", {}),
            json_keys=getattr(module, "JSON_KEYS", {}),
            exit_codes=EXIT_CODES,
        ),
    )
    module.configure(parser)
    return parser


def parsed(program: Program, parser: CommandParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command's arguments.

    Raises
    ------
    UsageError
        If something in them cannot be read, or has no place.
    """
    read, further = parser.parse(arguments)
    if further:
        remark = program.advise(read, further)
        parser.error(f"unrecognized arguments: {' '.join(further)}" + (f"; {remark}" if remark else ""))
    return read


def _overview(program: Program) -> str:
    width = max(map(len, program.commands))
    commands = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in program.commands.items())
    blocks = [
        f"usage: {program.call} COMMAND [ARGUMENTS]",
        program.summary,
        f"commands:\n{commands}",
        "options:\n  -h, --help     show this help message and exit\n  -V, --version  print the version and stop",
        program.details(),
        f"'{program.call} help COMMAND' explains a command.\n{EXIT_CODES}.",
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _whole_parser(program: Program, words: Sequence[str]) -> CommandParser:
    """Return one parser for the whole program, in which only the command that was typed knows its arguments."""
    parser = CommandParser(prog=program.call)
    parser.add_argument("-V", "--version", action="store_true")
    below = parser.add_subparsers()
    asked = next((word for word in words if word in program.commands), None)
    for name, summary in program.commands.items():
        command = below.add_parser(name, help=summary)
        if name == asked:
            command_module(program, name).configure(command)
    below.add_parser("help").add_argument("command", choices=list(program.commands))
    return parser


def _unknown_command(program: Program, word: str) -> UsageError:
    kind = "option" if word.startswith("-") else "command"
    known = ["--help", "--version"] if kind == "option" else [*program.commands, "help"]
    near = meant(word, known)
    return UsageError(
        f"no {kind} '{word}'",
        hint=f"{near} see: {program.call} --help" if near else f"the {kind}s are {', '.join(known)}",
    )


def _complain(program: Program, message: str, code: int) -> int:
    sys.stderr.write(f"{program.name}: {one_line(message)}\n")
    return code
