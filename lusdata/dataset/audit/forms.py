"""The forms in which people write a split down: JSON, CSV, or a folder with a folder for each fold."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.dataset.audit.names import Named
from lusdata.dataset.folds.table import FoldTable, is_fold_table
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = ["read_names"]

_NAME_COLUMNS = ("file", "filename", "file_name", "recording", "video", "clip", "image", "frame", "path", "name", "id")
_FOLD_COLUMNS = ("fold", "split", "set", "subset", "partition", "part")
_TABLES = (".csv", ".tsv", ".txt")
_FORMS = (
    'a table of lusdata folds; JSON such as {"0": ["a.mp4", ...]}, [["a.mp4", ...], ...], {"a.mp4": 0} or '
    '[{"file": "a.mp4", "fold": 0}, ...]; CSV with the columns file and fold; or a folder with a folder for each fold'
)


def read_names(path: Path) -> list[Named] | FoldTable:
    """Read a split in any form.

    Parameters
    ----------
    path : Path
        JSON; CSV, with commas, semicolons or tabs, if it ends in ``.csv``, ``.tsv`` or ``.txt``; or a folder.

    Returns
    -------
    list of Named, or FoldTable
        Every name with its fold, in the order of the file; or the table, if it is one of ours.

    Raises
    ------
    UsageError
        If there is no such file or folder.
    OutsideError
        If it cannot be read.
    DataError
        If it is none of these forms, or names nothing.
    """
    where = str(path)
    if path.is_dir():
        named = _from_folder(path)
    else:
        text = _text(path)
        if not text.strip():
            raise DataError("the file of the split is empty", where=where, expected=_FORMS)
        if path.suffix.lower() in _TABLES:
            named = _from_table(text, where)
        else:
            data = _json(text, where)
            if is_fold_table(data):
                return FoldTable.from_json(text, where=where)
            named = _from_json(data, where)
    if not named:
        raise DataError("the split names nothing", where=where, expected=_FORMS)
    return named


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError("no such split", where=str(path), expected="a file, or a folder of frames") from error
    except OSError as error:
        raise OutsideError("cannot read the split", where=str(path), found=error.strerror) from error
    except UnicodeDecodeError as error:
        raise DataError("not UTF-8 text", where=str(path), found=error.reason) from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, where))
    except (ValueError, RecursionError) as error:
        hint = f"a table of names ends in {', '.join(_TABLES)}"
        raise DataError("not valid JSON", where=where, expected=_FORMS, found=str(error), hint=hint) from error


def _once(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    """Refuse a key that stands twice: JSON would keep the last, and a leak would be gone with the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
        raise DataError("a key stands twice in one object", where=where, found=repr(twice), hint="list names by fold")
    return found


def _from_json(data: Any, where: str) -> list[Named]:
    if data in ({}, []):
        return []
    if isinstance(data, list):
        if all(map(_is_names, data)):
            return [Named(str(fold), name) for fold, names in enumerate(data) for name in names]
        if all(isinstance(row, dict) for row in data):
            return _from_rows(data, list(dict.fromkeys(key for row in data for key in row)), where)
    elif isinstance(data, dict):
        if all(map(_is_names, data.values())):
            return [Named(fold, name) for fold, names in data.items() for name in names]
        if all(isinstance(fold, (str, int)) and not isinstance(fold, bool) for fold in data.values()):
            return [Named(str(fold), name) for name, fold in data.items()]
        if all(isinstance(part, dict) and part and all(map(_is_names, part.values())) for part in data.values()):
            return _from_rounds(data, where)
    raise DataError("not a split", where=where, expected=_FORMS, found=_shape(data))


def _is_names(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(name, str) for name in data)


def _shape(data: Any) -> str:
    """Say what JSON holds, for people."""
    kinds = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    held = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    inner = sorted({kinds.get(type(value), "something else") for value in held})
    return kinds.get(type(data), "a single value") + (f" of {' and '.join(inner)}" if inner else "")


def _from_rounds(rounds: Mapping[str, Mapping[str, list[str]]], where: str) -> list[Named]:
    """Read rounds of cross-validation by what each tests; the rest of a round must be what the others test."""
    for name, parts in rounds.items():
        others = {entry for other, held in rounds.items() if other != name for entry in held.get("test", ())}
        rest = {entry for part, held in parts.items() if part != "test" for entry in held}
        if "test" not in parts or rest != others:
            raise DataError(
                "rounds whose parts are no folds",
                where=f"{where}: {name}",
                expected="in each round a test part, and for the rest what the other rounds test",
                found=f"the parts {', '.join(parts)}",
                hint='audit one round at a time: {"train": ["a.mp4", ...], "test": [...]}',
            )
    return [Named(name, entry) for name, parts in rounds.items() for entry in parts["test"]]


def _from_table(text: str, where: str) -> list[Named]:
    head = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError("not readable as CSV", where=where, found=str(error)) from error
    return _from_rows(rows, list(reader.fieldnames or ()), where, first_line=2)


def _from_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], where: str, *, first_line: int = 0
) -> list[Named]:
    """Read rows that have a name and a fold; columns are found whatever their case."""
    name_column, fold_column = _column(columns, _NAME_COLUMNS), _column(columns, _FOLD_COLUMNS)
    if name_column is None or fold_column is None:
        raise DataError(
            "not a split",
            where=where,
            expected=f"a column for the name ({', '.join(_NAME_COLUMNS)}) and one for the fold "
            f"({', '.join(_FOLD_COLUMNS)})",
            found=", ".join(map(str, columns)) or "nothing",
        )
    named = []
    for number, row in enumerate(rows, start=first_line):
        name, fold = row.get(name_column), row.get(fold_column)
        if name in (None, "") or fold in (None, ""):
            raise DataError("a line without name or fold", where=f"{where}:{number}")
        named.append(Named(str(fold).strip(), str(name).strip()))
    return named


def _column(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    own = {str(column).strip().casefold(): column for column in columns}
    return next((own[name] for name in wanted if name in own), None)


def _from_folder(path: Path) -> list[Named]:
    """Read a folder for each fold, with files or links below it at any depth."""
    try:
        folds = sorted(part for part in path.iterdir() if part.is_dir() and not part.name.startswith("."))
        return [
            Named(fold.name, file.name)
            for fold in folds
            for file in sorted(fold.rglob("*"))
            if not file.name.startswith(".") and (file.is_symlink() or file.is_file())
        ]
    except OSError as error:
        raise OutsideError("cannot read the split", where=str(path), found=error.strerror) from error
