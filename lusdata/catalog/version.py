"""The version of a release: three numbers, which rise by what changed."""

from __future__ import annotations

import re

from lusdata.catalog.changes import WEIGHTS, Weight
from lusdata.errors import UsageError

__all__ = ["is_version", "least_version", "parse_version"]

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")


def is_version(text: str) -> bool:
    """Tell whether a text can be the version of a release.

    Examples
    --------
    >>> is_version("1.0.0"), is_version("1.0"), is_version("01.0.0")
    (True, False, False)
    """
    return _VERSION.fullmatch(text) is not None


def parse_version(text: str) -> tuple[int, int, int]:
    """Read a version.

    Raises
    ------
    UsageError
        If it is not three whole numbers.

    Examples
    --------
    >>> parse_version("1.10.0") > parse_version("1.9.3")
    True
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise UsageError("not a version of a release", expected="three numbers, such as 1.0.0", found=repr(text)[:60])
    return int(match[1]), int(match[2]), int(match[3])


def least_version(last: str, weight: Weight) -> str:
    """Return the lowest version that may follow.

    Parameters
    ----------
    last : str
        The version before it.
    weight : {"major", "minor", "patch"}
        What the changes weigh.

    Examples
    --------
    >>> [least_version("1.4.2", weight) for weight in ("major", "minor", "patch")]
    ['2.0.0', '1.5.0', '1.4.3']
    """
    raised = WEIGHTS.index(weight)
    numbers = parse_version(last)
    return ".".join(map(str, [*numbers[:raised], numbers[raised] + 1, *[0] * (2 - raised)]))
