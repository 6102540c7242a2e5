"""A strict reader of BibTeX, for tests: what it takes, every BibTeX program takes."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_KEY = re.compile(r"[A-Za-z0-9:.+/_-]+")
# What TeX would act upon: a special sign without a backslash in front, outside of an address.
_LOOSE = re.compile(r"(?<!\\)[&%$#_^~]")


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Return the fields of each entry by its key.

    Raises
    ------
    ValueError
        If braces do not pair, a name is none, a field or a key stands twice, or TeX would take a sign for a command.
    """
    entries: dict[str, dict[str, str]] = {}
    place = 0
    while (start := text.find("@", place)) >= 0:
        kind = _match(_NAME, text, start + 1)
        place = _expect(text, start + 1 + len(kind), "{")
        key = _match(_KEY, text, place)
        place = _expect(text, place + len(key), ",")
        if key in entries:
            message = f"the key {key} stands twice"
            raise ValueError(message)
        entries[key], place = _fields(text, place)
    return entries


def _fields(text: str, place: int) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    while True:
        place = _spaces(text, place)
        if text[place] == "}":
            return fields, place + 1
        name = _match(_NAME, text, place)
        place = _expect(text, _spaces(text, place + len(name)), "=")
        value, place = _braced(text, _spaces(text, place))
        if name in fields:
            message = f"the field {name} stands twice"
            raise ValueError(message)
        _check_tex(name, value)
        fields[name] = value
        place = _expect(text, place, ",")


def _braced(text: str, place: int) -> tuple[str, int]:
    start, depth = _expect(text, place, "{"), 1
    place = start
    while depth:
        # Backslashes play no role: so BibTeX counts.
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        place += 1
    return text[start : place - 1], place


def _check_tex(name: str, value: str) -> None:
    bare = re.sub(r"\\url\{[^{}\\]*\}", "", value)
    if name != "doi" and _LOOSE.search(bare):
        message = f"{name} holds a sign that TeX acts upon: {value}"
        raise ValueError(message)
    if not value.isprintable():
        message = f"{name} holds a control character"
        raise ValueError(message)


def _match(pattern: re.Pattern[str], text: str, place: int) -> str:
    found = pattern.match(text, place)
    if found is None:
        message = f"{pattern.pattern} expected at: {text[place : place + 30]!r}"
        raise ValueError(message)
    return found[0]


def _expect(text: str, place: int, sign: str) -> int:
    if text[place] != sign:
        message = f"{sign} expected at: {text[place : place + 30]!r}"
        raise ValueError(message)
    return place + 1


def _spaces(text: str, place: int) -> int:
    while text[place] in " \n":
        place += 1
    return place
