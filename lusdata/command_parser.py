"""How one command reads its arguments: faults are errors of one line, with the word that was meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from lusdata.errors import UsageError
from lusdata.suggestion import meant

__all__ = ["CommandParser", "epilog"]


class CommandParser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` instead of printing its usage and ending the process."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)
        # Since Python 3.14 it would paint by itself; `lusdata.terminal` does, for every version.
        self.color = False

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found."""
        raise self._fault(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = None if action.choices is None else [str(choice) for choice in action.choices]
        if choices is not None and value not in (action.choices or ()):
            name = "/".join(action.option_strings) or action.metavar or action.dest
            raise self._fault(
                f"argument {name}: invalid choice: {value!r}",
                expected=f"one of {', '.join(choices)}",
                hint=meant(str(value), choices),
            )

    def parse(self, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Read the arguments; return what was read, and words that are no option and have no place.

        Raises
        ------
        UsageError
            If an option is unknown, or argparse finds another fault.
        """
        options = sorted(_options(self))
        try:
            parsed, further = self.parse_known_args(arguments)
        except UsageError:
            # A misspelt option is why a required one is missing.
            self._refuse_options(_unknown(arguments, options), options)
            raise
        self._refuse_options([word for word in further if word.startswith("-")], options, further=further)
        return parsed, further

    def _refuse_options(self, unknown: Sequence[str], options: Sequence[str], *, further: Sequence[str] = ()) -> None:
        if unknown:
            hints = (meant(word.partition("=")[0], options) for word in unknown)
            raise self._fault(
                f"unrecognized arguments: {' '.join(further or unknown)}", hint=next((h for h in hints if h), "")
            )

    def _fault(self, message: str, *, expected: str | None = None, hint: str = "") -> UsageError:
        parts = (hint, f"see: {self.prog} --help")
        return UsageError(message, expected=expected, hint=" ".join(filter(None, parts)))


def epilog(call: str, *, examples: Mapping[str, str], json_keys: Mapping[str, str], exit_codes: str) -> str:
    """Lay out what stands below a command's options.

    Parameters
    ----------
    call : str
        How the command is called.
    examples : mapping
        Arguments, each with what such a call does.
    json_keys : mapping
        The keys of the document that ``--json`` prints, each with what it holds.
    exit_codes : str
        What the exit codes mean.

    Examples
    --------
    >>> print(epilog("lusdata stats", examples={"pocus": "count it"}, json_keys={}, exit_codes="exit codes: 0 fine"))
    examples:
      lusdata stats pocus
          count it
    <BLANKLINE>
    exit codes: 0 fine
    """
    blocks = []
    if examples:
        lines = [f"  {call} {arguments}".rstrip() + f"\n      {purpose}" for arguments, purpose in examples.items()]
        blocks.append("\n".join(["examples:", *lines]))
    if json_keys:
        width = max(map(len, json_keys))
        lines = [f"  {key:<{width}}  {meaning}" for key, meaning in json_keys.items()]
        blocks.append("\n".join(["keys of the document that --json prints:", *lines]))
    return "\n\n".join([*blocks, exit_codes])


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the long options of a parser and of the parsers below it."""
    for action in parser._actions:
        yield from (option for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options(below)


def _unknown(arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the words that look like long options and begin none."""
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return [
        word
        for word in words
        if word.startswith("--") and not any(option.startswith(word.partition("=")[0]) for option in options)
    ]
