"""What the public functions take: other things are refused in a line that says what may be given."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from lusdata.errors import UsageError

__all__ = ["list_of", "path_of"]

Kind = TypeVar("Kind")


def path_of(value: object, *, where: str) -> Path:
    """Return a path that was given as text or as a path.

    Parameters
    ----------
    value : object
        What was given.
    where : str
        The argument.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> path_of("a/b.mp4", where="path").name
    'b.mp4'
    """
    if isinstance(value, str) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str)):
        return Path(value)
    raise UsageError("not a path", where=where, expected="a str or a Path", found=type(value).__name__)


def list_of(kind: type[Kind] | tuple[type[Kind], ...], values: object, *, where: str, expected: str) -> list[Kind]:
    """Return several things of one kind as a list.

    Parameters
    ----------
    kind : type, or a tuple of types
        What each of them is.
    values : object
        What was given.
    where, expected : str
        The argument, and what it takes, for the error.

    Raises
    ------
    UsageError
        If they are no iterable, or one of them is of another kind.

    Examples
    --------
    >>> list_of(int, (1, 2), where="numbers", expected="several numbers")
    [1, 2]
    """
    several: list[Any] = list(values) if isinstance(values, Iterable) else [values]
    strange = [value for value in several if not isinstance(value, kind)]
    if strange or not isinstance(values, Iterable):
        found = type((strange or [values])[0]).__name__
        raise UsageError("wrong argument", where=where, expected=expected, found=found)
    return several
