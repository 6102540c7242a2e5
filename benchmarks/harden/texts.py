"""JSON documents changed as people, programs and malice change them: in their values, and in their text."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["changed_text"]

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.0, -0.0, 0.5, 2**31, 2**53, 2**53 + 1, 2**63, -(2**70), 10**400, 1e308, -1e308,
    5e-324, float("nan"), float("inf"), "", " ", "a", "A", "\n", "a\n", "\x00", "\x1b[31mred", "\u202eevil", "e\u0301",
    "\u00e9", "\ud800", "\U0001f600", "\ufeff", "a" * 10_000, "../../etc/passwd", "C:\\a", "<script>",
    "=1+1", "2024-02-30", "9999-12-31",
    "0000-00-00", "included", "withdrawn", "excluded", "covid-19", "unknown", "patient", "P7", "1e999", "null", [], {},
    [None], [[]], {"": None}, {"id": "a"}, ["a", "a"], list(range(1000)), "http://[::1/x", "https://a.b/c", "0" * 64,
)  # fmt: skip
_KEYS = ("", "extra", "id", "class", "__class__", "\u0131d", "Id", "id ", "$schema", "constructor", "a" * 300, "\x00")

Change = Callable[[dict[str, Any], random.Random], None]


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield from _places(inner, (*way, key))


def _at(data: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        data = data[step]
    return data


def _place(data: dict[str, Any], draw: random.Random) -> tuple[Any, Any]:
    *way, last = draw.choice(list(_places(data)) or [("id",)])
    return _at(data, tuple(way)), last


def _replace(data: dict[str, Any], draw: random.Random) -> None:
    holder, key = _place(data, draw)
    if isinstance(holder, dict) or key in range(len(holder)):
        holder[key] = copy.deepcopy(draw.choice(_VALUES))


def _retype(data: dict[str, Any], draw: random.Random) -> None:
    holder, key = _place(data, draw)
    value = holder[key] if isinstance(holder, list) else holder.get(key)
    makers = (
        str,
        lambda one: [one],
        lambda one: {"value": one},
        lambda one: [one] * 2,
        bool,
        lambda one: json.dumps(str(one)),
    )
    holder[key] = draw.choice(makers)(value)


def _scale(data: dict[str, Any], draw: random.Random) -> None:
    """Change a number a little or by a lot."""
    ways = [way for way in _places(data) if isinstance(_at(data, way), (int, float))]
    if ways:
        *way, last = draw.choice(ways)
        holder = _at(data, tuple(way))
        holder[last] = draw.choice(
            (holder[last] + 1, -holder[last], holder[last] * 1000, float(holder[last]), holder[last] / 3)
        )


def _spell(data: dict[str, Any], draw: random.Random) -> None:
    """Change the spelling of a text."""
    ways = [way for way in _places(data) if isinstance(_at(data, way), str)]
    if ways:
        *way, last = draw.choice(ways)
        holder = _at(data, tuple(way))
        text, at = holder[last], draw.randrange(len(holder[last]) + 1)
        sign = draw.choice(("\n", " ", "\u200b", "\u0301", "\x00", "\ud800", "/", "\\", "A", "\u0130", "\U0001f600"))
        holder[last] = draw.choice((text[:at] + sign + text[at:], text.upper(), text[:at], text * 2, text[::-1]))


def _remove(data: dict[str, Any], draw: random.Random) -> None:
    holder, key = _place(data, draw)
    if isinstance(holder, list) or key in holder:
        del holder[key]


def _add(data: dict[str, Any], draw: random.Random) -> None:
    holder, _ = _place(data, draw)
    value = copy.deepcopy(draw.choice((*_VALUES, *data.values())))
    if isinstance(holder, list):
        holder.insert(draw.randrange(len(holder) + 1), value)
    else:
        holder[draw.choice((*_KEYS, *data))] = value


def _move(data: dict[str, Any], draw: random.Random) -> None:
    """Put one part of a document in the place of another."""
    ways = list(_places(data))
    if ways:
        value = copy.deepcopy(_at(data, draw.choice(ways)))
        *way, last = draw.choice(ways)
        _at(data, tuple(way))[last] = value


def _nest(data: dict[str, Any], draw: random.Random) -> None:
    value: Any = draw.choice(("a", 1, None))
    for _ in range(draw.choice((5, 60, 300))):
        value = [value] if draw.random() < 0.5 else {"a": value}
    data[draw.choice((*data, "extra"))] = value


_CHANGES: tuple[Change, ...] = (
    _replace,
    _replace,
    _retype,
    _scale,
    _scale,
    _spell,
    _spell,
    _remove,
    _add,
    _move,
    _nest,
)


def _twice(text: str, draw: random.Random) -> str:
    """Give a key twice."""
    lines = text.split("\n")
    at = draw.choice([number for number, line in enumerate(lines) if '": ' in line] or [0])
    return "\n".join([*lines[: at + 1], lines[at].rstrip(",") + ",", *lines[at + 1 :]])


def _digits(text: str, draw: random.Random) -> str:
    return text.replace(": 1", ": 1" + "0" * draw.choice((20, 400, 5000)), 1)


def _deep(text: str, draw: random.Random) -> str:
    depth = draw.choice((100, 2000, 100_000))
    return text.replace("{", '{"deep": ' + "[" * depth + "]" * depth + ",", 1)


def _cut(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text))]


def _bite(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    return (
        text[:at]
        + draw.choice(("", "{", "}", "[", ",", '"', "\\", "\x00", "NaN", "//", "'", "\u2028"))
        + text[at + 1 :]
    )


def _escape(text: str, draw: random.Random) -> str:
    return text.replace('": "', '": "' + draw.choice(("\\ud800", "\\u0000", "\\u001b[31m", "\\q", "\\u202e")), 1)


_TEXTS = (_twice, _digits, _deep, _cut, _bite, _escape)
_ENCODINGS: Mapping[str, float] = {"utf-8": 0.97, "utf-8-sig": 0.01, "utf-16": 0.01, "latin-1": 0.01}


def changed_text(data: Mapping[str, Any], draw: random.Random) -> bytes:
    """Return a document after one to three changes of its values, and now and then of its text, as bytes of a file."""
    changed = copy.deepcopy(dict(data))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        try:
            draw.choice(_CHANGES)(changed, draw)
        except (TypeError, ValueError, OverflowError, KeyError, IndexError, AttributeError):
            # A second change may meet what the first one left, such as a number in place of an object.
            continue
    text = json.dumps(changed, indent=2, ensure_ascii=draw.random() < 0.3)
    if draw.random() < 0.15:
        text = draw.choice(_TEXTS)(text, draw)
    encoding = draw.choices(list(_ENCODINGS), list(_ENCODINGS.values()))[0]
    return text.encode(encoding, "surrogatepass" if encoding != "latin-1" else "replace")
