"""Single values of a header, with whatever cannot be read taken for absent."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["first_number", "first_value", "items_of", "whole_number"]

# What pydicom raises for a value that is none of its kind.
_UNREADABLE = (ValueError, TypeError, KeyError, ArithmeticError, NotImplementedError)


def first_value(header: Any, keyword: str) -> Any:
    """Return an element's value, of several the first; None where it is absent, empty or unreadable.

    Examples
    --------
    >>> first_value({"WindowCenter": ["40", "60"]}, "WindowCenter"), first_value({"WindowCenter": ""}, "WindowCenter")
    ('40', None)
    """
    try:
        value = header.get(keyword)
        if value is None or isinstance(value, (str, bytes)):
            return value or None
        return (value[0] if len(value) else None) if hasattr(value, "__len__") else value
    except _UNREADABLE:
        return None


def first_number(header: Any, keyword: str) -> float | None:
    """Return an element's number, of several the first; None where there is no finite one.

    Examples
    --------
    >>> first_number({"FrameTime": "40"}, "FrameTime"), first_number({"FrameTime": "nan"}, "FrameTime")
    (40.0, None)
    """
    try:
        number = float(first_value(header, keyword))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def whole_number(header: Any, keyword: str, default: int) -> int:
    """Return an element's number as an integer, or the default where there is none.

    Examples
    --------
    >>> whole_number({"NumberOfFrames": "3"}, "NumberOfFrames", 1), whole_number({}, "NumberOfFrames", 1)
    (3, 1)
    """
    number = first_number(header, keyword)
    return default if number is None else int(number)


def items_of(header: Any, keyword: str) -> list[Any]:
    """Return the items of a sequence; none where it is absent, empty or no sequence."""
    try:
        items = list(header.get(keyword) or ())
    except _UNREADABLE:
        return []
    return [item for item in items if hasattr(item, "get")]
