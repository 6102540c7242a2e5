"""The table of labels as people write it: a row for each value of each collection, in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.catalog.sheet import Row, find_column, parse_sheet, read_content, refuse_formulas
from lusdata.catalog.tasks import Value
from lusdata.catalog.workbook import is_zip, read_workbook
from lusdata.errors import DataError

__all__ = ["ONE_TARGET", "read_written"]

ONE_TARGET = "label"
"""Name of the target of a table that has no column of targets."""

_NEEDED: Mapping[str, Sequence[str]] = {
    "collection": ("collection",),
    "label there": ("label there", "there"),
    "label here": ("label here", "here"),
}
_MORE: Mapping[str, Sequence[str]] = {"target": ("target",), "from": ("from",)}
_FROM = "class"
_BOOLS = {"true": True, "false": False, "yes": True, "no": False}


def read_written(path: Path) -> dict[str, dict[str, Any]]:
    """Read a table of labels from CSV in any dialect, TSV or XLSX.

    Its columns, in any order, are ``collection``, ``label there`` (a value, as that collection says it) and
    ``label here`` (what it becomes; empty for recordings that are to have no label), and if wanted ``target``, the
    name of the target (`ONE_TARGET` without it), and ``from``, which says where a collection's values come from
    (``class`` without it). A row without labels is a collection that says nothing of the target, or with ``from`` one
    whose values stay as they are.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        As `lusdata.catalog.joining.labels.mapped_tasks` takes it. Where all labels of a target are numbers, or true and
        false (yes and no), they are taken for that, and else for text.

    Raises
    ------
    DataError
        If it is no such table, holds formulas, or contradicts itself.
    UsageError, OutsideError
        If it cannot be read.
    MissingExtraError
        If it is a workbook, and openpyxl is not installed.
    """
    where = path.name
    content = read_content(path, what="table of labels")
    head, rows = _of_workbook(content, where) if is_zip(content) else _of_text(content, where)
    refuse_formulas(head, rows, where=where)
    if not rows:
        raise DataError("a table without rows", where=where, expected="a row for each value of each collection")
    places = {use: find_column(head, titles) for use, titles in {**_NEEDED, **_MORE}.items()}
    stated: dict[str, dict[str, Any]] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in rows:
        cells = {use: "" if place is None else row.cells[place] for use, place in places.items()}
        if not cells["collection"]:
            raise DataError("a row names no collection", where=f"{where}:{row.line}")
        target, collection = cells["target"] or ONE_TARGET, cells["collection"]
        first = lines.setdefault((target, collection), row.line)
        of = stated.setdefault(target, {})
        entry = of.setdefault(collection, {"from": cells["from"], "values": {}})
        _take(entry, cells, at=f"{where}:{row.line}", first=f"line {first}")
    return {target: _typed(of) for target, of in stated.items()}


def _take(entry: dict[str, Any], cells: Mapping[str, str], *, at: str, first: str) -> None:
    """Take one row into the entry of its target and collection."""
    if cells["from"] != entry["from"]:
        found = f"{cells['from'] or _FROM}, and {entry['from'] or _FROM} in {first}"
        raise DataError("the values of a collection come from one place", where=at, found=found)
    there, here = cells["label there"], cells["label here"]
    if not there and here:
        raise DataError("a label without the value that it stands for", where=at, expected="a label there", found=here)
    if entry["values"].get(there, here) != here:
        found = f"{entry['values'][there] or 'nothing'}, and {here or 'nothing'}"
        raise DataError(f"{there!r} becomes two things", where=at, found=found)
    entry["values"][there] = here
    if "" in entry["values"] and len(entry["values"]) > 1:
        hint = "a row without labels stands for all of the collection; take it out"
        raise DataError("a row without labels beside others", where=at, hint=hint)


def _typed(of: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the entries of a target with labels as text, numbers, or true and false, by all of them."""
    labels = sorted({label for entry in of.values() for label in entry["values"].values() if label})
    for read in (_bool_of, _number_of):
        typed = [read(label) for label in labels]
        if None not in typed:
            return _with_labels(of, dict(zip(labels, typed, strict=True)))
    return _with_labels(of, {label: label for label in labels})


def _with_labels(of: Mapping[str, dict[str, Any]], typed: Mapping[str, Value | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for collection, entry in of.items():
        words = {word: typed.get(label) for word, label in entry["values"].items()}
        found[collection] = {"from": entry["from"] or _FROM, "values": words}
        if set(words) == {""}:
            found[collection] = entry["from"] or None
    return found


def _bool_of(label: str) -> bool | None:
    return _BOOLS.get(label.casefold())


def _number_of(label: str) -> float | None:
    try:
        number = float(label)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number if number == number and abs(number) < float("inf") else None


def _of_text(content: bytes, where: str) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    sheet = parse_sheet(content, where=where, columns=_NEEDED)
    return sheet.head, sheet.rows


def _of_workbook(content: bytes, where: str) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    rows = read_workbook(content, where=where).rows
    for number, (_, head) in enumerate(rows):
        if all(find_column(head, titles) is not None for titles in _NEEDED.values()):
            return head, tuple(Row(line, cells) for line, cells in rows[number + 1 :])
    raise DataError(
        "not a table with the columns that are needed",
        where=where,
        expected=", ".join(_NEEDED),
        found=" | ".join(rows[0][1][:5]),
    )
