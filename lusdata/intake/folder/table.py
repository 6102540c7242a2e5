"""Reading a user's table, CSV in any dialect or a workbook, when nobody knows yet what its columns mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.sheet import Row, decode_text, parse_sheet, read_content, refuse_formulas
from lusdata.catalog.workbook import is_zip, read_workbook
from lusdata.errors import DataError
from lusdata.intake.folder.columns import LEFT_OUT, meanings, plain_title
from lusdata.wording import counted, one_line

__all__ = ["LabelTable", "read_table"]

_LOOKED_AT_FOR_HEAD = 20
_DELIMITERS = ",;\t|"
_MOST_ROWS = 100_000


@dataclass(frozen=True)
class LabelTable:
    """A table of labels.

    Attributes
    ----------
    name : str
        Name of its file.
    head : tuple of str
        Titles of the columns.
    rows : tuple of Row
        What stands below, with its line.
    notes : tuple of str
        What a person should know of how it was read, a clause each.
    """

    name: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def column(self, position: int) -> list[str]:
        """Return the cells of a column."""
        return [row.cells[position] for row in self.rows]


def read_table(path: Path, told: Mapping[str, str]) -> LabelTable:
    """Read a table.

    Parameters
    ----------
    path : Path
        CSV, TSV or another text with columns; or XLSX, of which the first sheet that holds anything is read.
    told : Mapping of str to str
        Which column the user says means what, so that the head is found.

    Raises
    ------
    DataError
        If it is no table, holds formulas, or is too large.
    MissingExtraError
        If it is a workbook and openpyxl is not installed.
    UsageError, OutsideError
        As `lusdata.catalog.sheet.read_content`.
    """
    content = read_content(path, what="table of labels")
    name = one_line(path.name)
    table = _workbook(content, name, told) if is_zip(content) else _text(content, name, told)
    if not table.rows:
        raise DataError("a table without rows", where=name, expected="a row for each file")
    if len(table.rows) > _MOST_ROWS:
        raise DataError("too many rows", where=name, expected=f"at most {_MOST_ROWS:,}", found=f"{len(table.rows):,}")
    refuse_formulas(table.head, table.rows, where=name)
    twice = sorted({title for title in table.head if title and table.head.count(title) > 1})
    if twice:
        raise DataError("two columns have one title", where=name, found=repr(twice[0]), hint="rename one of them")
    return table


def _text(content: bytes, name: str, told: Mapping[str, str]) -> LabelTable:
    text, _ = decode_text(content, where=name)
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and lines[0].strip(' ;,"').casefold().startswith("sep="):
        del lines[0]
    if not lines:
        raise DataError("an empty table", where=name, expected="a head and a row for each file")
    head = _likeliest([_cells(line, sign) for line in lines[:_LOOKED_AT_FOR_HEAD] for sign in _DELIMITERS], told)
    titles = {title: [title] for title in head if title} or {"file": ["file"]}
    sheet = parse_sheet(content, where=name, columns=titles)
    notes = ("signs beyond ASCII may be wrong: nothing in the file tells its encoding",) if sheet.guessed else ()
    return LabelTable(name, sheet.head, sheet.rows, notes)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def _likeliest(heads: Sequence[list[str]], told: Mapping[str, str]) -> list[str]:
    """Return the head in which most titles mean something; of equals the one with more columns, then the first."""
    known = {word for words in meanings().values() for word in words}
    known |= {plain_title(word) for pair in told.items() for word in pair if word != LEFT_OUT}

    def worth(head: list[str]) -> tuple[int, int]:
        titles = [plain_title(title) for title in head]
        return sum(title in known for title in titles), len(titles) if all(titles) else 0

    return max(heads, key=worth)


def _workbook(content: bytes, name: str, told: Mapping[str, str]) -> LabelTable:
    book = read_workbook(content, where=name)
    rows = [(line, list(cells)) for line, cells in book.rows]
    head = _likeliest([cells for _, cells in rows[:_LOOKED_AT_FOR_HEAD]], told)
    start = next(number for number, (_, cells) in enumerate(rows) if cells is head)
    width = max(n for n, title in enumerate(head, start=1) if title)
    wide = next(((line, cells) for line, cells in rows[start + 1 :] if any(cells[width:])), None)
    if wide is not None:
        found = one_line(next(cell for cell in wide[1][width:] if cell), most=40)
        raise DataError("a cell stands in a column without a title", where=f"{name}:{wide[0]}", found=found)
    below = tuple(Row(line, tuple(cells[:width])) for line, cells in rows[start + 1 :])
    sheet, others = one_line(book.title, most=40), counted(book.others, "other sheet")
    notes = (f"the sheet '{sheet}' was read, {others} not",) if book.others else ()
    return LabelTable(name, tuple(head[:width]), below, notes)
