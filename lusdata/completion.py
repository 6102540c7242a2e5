"""Completion in a shell: the shell asks the program itself what may come next."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["SHELLS", "complete", "shell_code"]

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")


def shell_code(program: str, shell: str) -> str:
    """Return what a shell has to run so that it completes a program's arguments.

    Parameters
    ----------
    program : str
        The name of the program.
    shell : {"bash", "zsh", "fish", "tcsh", "powershell"}
        The shell.
    """
    from argcomplete.shell_integration import shellcode

    return str(shellcode([program], shell=shell)) + "\n"


def complete(parser: argparse.ArgumentParser, completers: Mapping[str, Callable[[], Iterable[str]]]) -> None:
    """Answer the shell that asks by the environment, and end the process.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The parser of the whole program.
    completers : mapping
        By the word that stands for an argument in help: what gives its values. Other arguments are files.
    """
    from argcomplete import autocomplete
    from argcomplete.completers import FilesCompleter

    files = FilesCompleter()
    for action in _actions(parser):
        words = completers.get(str(action.metavar))
        if words is not None:
            action.completer = _Words(words, files)  # type: ignore[attr-defined]
    autocomplete(parser, always_complete_options=False, default_completer=files)


class _Words:
    """Complete names, and files beside them."""

    def __init__(self, words: Callable[[], Iterable[str]], files: Callable[..., Iterable[str]]) -> None:
        self._words = words
        self._files = files

    def __call__(self, prefix: str, **context: Any) -> list[str]:
        return [*(word for word in self._words() if word.startswith(prefix)), *self._files(prefix, **context)]


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
