"""The forms in which people write a split down: JSON, CSV, or a folder with a folder for each fold."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lusdata.catalog.sheet import decode_text, find_column, parse_sheet, read_content
from lusdata.errors import DataError, OutsideError
from lusdata.splits.audit.names import Named
from lusdata.splits.folds.table import FoldTable, is_fold_table

__all__ = ["WrittenSplit", "read_names"]

_NAME_TITLES = (
    *("file", "filename", "recording", "recording id", "video", "video name", "video file", "video id"),
    *("clip", "clip name", "image", "image name", "image file", "frame", "frame name", "path", "file path"),
    *("name", "id"),
)
_FOLD_TITLES = ("fold", "fold id", "fold number", "split", "set", "subset", "partition", "part")
_TABLES = (".csv", ".tsv", ".txt", ".tab")
_FORMS = (
    'a table of lusdata folds; JSON such as {"0": ["a.mp4", ...]}, [["a.mp4", ...], ...], {"a.mp4": 0} or '
    '[{"file": "a.mp4", "fold": 0}, ...]; CSV with the columns file and fold; or a folder with a folder for each fold'
)
_OF_THE_SYSTEM = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir"}
"""What file managers leave in folders; they hide it, as they hide what begins with a dot."""


@dataclass(frozen=True)
class WrittenSplit:
    """A split as somebody wrote it down.

    Attributes
    ----------
    named : tuple of Named
        Every name with its fold, in the order of the file.
    guessed : bool
        Whether signs beyond ASCII may have been read wrong.
    """

    named: tuple[Named, ...]
    guessed: bool = False


def read_names(path: Path) -> WrittenSplit | FoldTable:
    """Read a split in any form.

    Parameters
    ----------
    path : Path
        JSON; CSV, as spreadsheets save it, if it ends in ``.csv``, ``.tsv``, ``.tab`` or ``.txt``; or a folder.

    Returns
    -------
    WrittenSplit or FoldTable
        The names; or the table, if it is one of ours.

    Raises
    ------
    UsageError
        If there is no such file or folder.
    OutsideError
        If it cannot be read.
    DataError
        If it is none of these forms, or names nothing. The message says how to save a table.
    """
    where = str(path)
    if path.is_dir():
        split = WrittenSplit(tuple(_from_folder(path)))
    else:
        content = read_content(path, what="split")
        if not content.strip():
            raise DataError("the file of the split is empty", where=where, expected=_FORMS)
        if path.suffix.lower() in _TABLES:
            split = _from_table(content, where)
        else:
            text, encoding = decode_text(content, where=where)
            data = _json(text.removeprefix("\ufeff"), where)
            if is_fold_table(data):
                return FoldTable.from_json(text, where=where)
            split = WrittenSplit(tuple(_from_json(data, where)), guessed=encoding == "cp1252")
    if not split.named:
        raise DataError("the split names nothing", where=where, expected=_FORMS)
    return replace(split, named=tuple(_one_spelling(split.named)))


def _one_spelling(named: Iterable[Named]) -> list[Named]:
    """Call each fold by one word: 1, 1.0 and 01 are one, and so are Train and train."""
    words: dict[str, str] = {}
    return [replace(entry, fold=words.setdefault(*_fold_word(entry.fold))) for entry in named]


def _fold_word(word: str) -> tuple[str, str]:
    """Return a key that spellings of one fold share, and the word to show.

    Examples
    --------
    >>> [_fold_word(word)[0] for word in ("1", "01", "1.0", "1,00", "Test", "test ")]
    ['1', '1', '1', '1', 'test', 'test']
    """
    shown = " ".join(unicodedata.normalize("NFKC", word).split())
    if number := re.fullmatch(r"(-?)0*(\d+)(?:[.,]0*)?", shown):
        return number[1] + number[2], number[1] + number[2]
    return shown.casefold(), shown


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
            return _from_rows(data, where)
    elif isinstance(data, dict):
        if all(map(_is_names, data.values())):
            return [Named(fold, name) for fold, names in data.items() for name in names]
        if all(isinstance(fold, (str, int, float)) and not isinstance(fold, bool) for fold in data.values()):
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


def _from_table(content: bytes, where: str) -> WrittenSplit:
    columns = {"name": _NAME_TITLES, "fold": _FOLD_TITLES}
    sheet = parse_sheet(content, where=where, columns=columns)
    name, fold = (find_column(sheet.head, titles) for titles in columns.values())
    # `parse_sheet` made sure of both.
    cells = ((row.line, row.cells[name or 0], row.cells[fold or 0]) for row in sheet.rows)
    return WrittenSplit(tuple(_named(where, *cell) for cell in cells), sheet.guessed)


def _from_rows(rows: Sequence[Mapping[str, Any]], where: str) -> list[Named]:
    """Read objects that have a name and a fold, whatever the case of their keys."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    name, fold = find_column(keys, _NAME_TITLES), find_column(keys, _FOLD_TITLES)
    if name is None or fold is None:
        raise DataError(
            "not a split",
            where=where,
            expected=f"a key for the name ({', '.join(_NAME_TITLES)}) and one for the fold ({', '.join(_FOLD_TITLES)})",
            found=", ".join(keys) or "nothing",
        )
    return [_named(where, number, row.get(keys[name]), row.get(keys[fold])) for number, row in enumerate(rows)]


def _named(where: str, number: int, name: Any, fold: Any) -> Named:
    """Return one line of a split, which is a text or a number in each cell."""
    words = [str(cell).strip() if isinstance(cell, (str, int, float)) else "" for cell in (name, fold)]
    if not all(words):
        raise DataError("a line without name or fold", where=f"{where}:{number}")
    return Named(words[1], words[0])


def _from_folder(path: Path) -> list[Named]:
    """Read a folder for each fold, with files or links below it at any depth, named from there."""
    try:
        folds = sorted(part for part in path.iterdir() if part.is_dir() and not _is_hidden(part.name))
        return [
            Named(fold.name, file.relative_to(fold).as_posix())
            for fold in folds
            for file in sorted(fold.rglob("*"))
            if not any(map(_is_hidden, file.relative_to(fold).parts)) and (file.is_symlink() or file.is_file())
        ]
    except OSError as error:
        raise OutsideError("cannot read the split", where=str(path), found=error.strerror) from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _OF_THE_SYSTEM
