"""Every command with its arguments, read from the parser that the command line itself uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from lusdata.cli import COMMANDS, PROGRAM
from lusdata.command_line import EXIT_CODES, command_module, command_parser


def parser_of(command: str) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    return command_parser(PROGRAM, command, command_module(PROGRAM, command))


def commands_page() -> str:
    """Return a section for each command, in the order of a user's work."""
    sections = [_section(parser_of(name), summary) for name, summary in COMMANDS.items()]
    return "\n\n".join([f"Exit codes: {EXIT_CODES.partition(': ')[2]}.".replace("\n", " "), *sections])


def _section(parser: argparse.ArgumentParser, summary: str, depth: int = 2) -> str:
    paragraphs = [f"{'#' * depth} {parser.prog}"]
    if depth == 2:
        paragraphs.append(f"*{summary[0].upper()}{summary[1:]}.*")
    paragraphs.append(f"```text\n{_usage(parser)}\n```")
    paragraphs += [escaped(part) for part in (parser.description or "").strip().split("\n\n") if part]
    arguments = [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]
    rows = [_row(parser, action) for action in arguments if action.dest != "help" and action.help != argparse.SUPPRESS]
    if rows:
        paragraphs.append("\n".join(["| argument | does |", "|---|---|", *rows]))
    paragraphs += [_section(inner, "", depth + 1) for inner in _inner(parser)]
    return "\n\n".join(paragraphs)


def _inner(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _usage(parser: argparse.ArgumentParser) -> str:
    return parser.format_usage().removeprefix("usage: ").rstrip()


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    formatter = argparse.HelpFormatter(parser.prog)
    name = formatter._format_action_invocation(action)
    if not action.option_strings and action.choices is not None and action.metavar is None:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    return f"| <code>{escaped(name)}</code> | {escaped(formatter._expand_help(action) if action.help else '')} |"


def escaped(text: str) -> str:
    """Return plain text as Markdown that shows it."""
    for character in "\\`*_[]<>|":
        text = text.replace(character, f"&#{ord(character)};")
    return " ".join(text.split())
