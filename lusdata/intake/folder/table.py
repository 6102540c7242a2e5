"""Reading a user's table, CSV in any dialect or a workbook, when nobody knows yet what its columns mean."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.sheet import Row, decode_text, parse_sheet, read_content
from lusdata.errors import DataError, MissingExtraError
from lusdata.intake.folder.columns import LEFT_OUT, meanings, plain_title
from lusdata.wording import counted, one_line

__all__ = ["LabelTable", "read_table"]

_LOOKED_AT_FOR_HEAD = 20
_DELIMITERS = ",;\t|"
_MOST_ROWS = 100_000
_MOST_COLUMNS = 2_000
_MOST_WORKBOOK_BYTES = 256 << 20
_SHOWN = 3


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
    table = _workbook(content, name, told) if content.startswith(b"PK\x03\x04") else _text(content, name, told)
    if not table.rows:
        raise DataError("a table without rows", where=name, expected="a row for each file")
    if len(table.rows) > _MOST_ROWS:
        raise DataError("too many rows", where=name, expected=f"at most {_MOST_ROWS:,}", found=f"{len(table.rows):,}")
    _refuse_formulas(table)
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


def _refuse_formulas(table: LabelTable) -> None:
    found = [
        (row.line, table.head[n], cell)
        for row in table.rows
        for n, cell in enumerate(row.cells)
        if cell.startswith("=") and len(cell) > 1
    ]
    if found:
        line, title, cell = found[0]
        more = f" and {counted(len(found) - 1, 'more cell')}" if len(found) > 1 else ""
        raise DataError(
            "a cell holds a formula, which is not worked out here",
            where=f"{table.name}:{line}",
            found=f"{one_line(cell, most=40)} in column '{one_line(title, most=40)}'{more}",
            hint="paste the values in its place",
        )


def _workbook(content: bytes, name: str, told: Mapping[str, str]) -> LabelTable:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size_bytes = sum(part.file_size for part in archive.infolist())
            is_workbook = "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DataError("not readable as a workbook", where=name, found=type(error).__name__) from error
    if not is_workbook:
        hint = "save it as XLSX or as CSV"
        raise DataError("not a workbook of Excel", where=name, expected="XLSX or CSV", found="a ZIP file", hint=hint)
    if size_bytes > _MOST_WORKBOOK_BYTES:
        expected = f"at most {_MOST_WORKBOOK_BYTES:,} bytes"
        raise DataError("the workbook unpacks to too much", where=name, expected=expected, found=f"{size_bytes:,}")
    rows, sheet, others = _first_sheet(content, name)
    if not rows:
        raise DataError("the workbook holds no cells", where=name, expected="a head and a row for each file")
    head = _likeliest([cells for _, cells in rows[:_LOOKED_AT_FOR_HEAD]], told)
    start = next(number for number, (_, cells) in enumerate(rows) if cells is head)
    width = max(n for n, title in enumerate(head, start=1) if title)
    wide = next(((line, cells) for line, cells in rows[start + 1 :] if any(cells[width:])), None)
    if wide is not None:
        found = one_line(next(cell for cell in wide[1][width:] if cell), most=40)
        raise DataError("a cell stands in a column without a title", where=f"{name}:{wide[0]}", found=found)
    below = tuple(Row(line, tuple((cells + [""] * width)[:width])) for line, cells in rows[start + 1 :])
    notes = (
        (f"the sheet '{one_line(sheet, most=40)}' was read, {counted(others, 'other sheet')} not",) if others else ()
    )
    return LabelTable(name, tuple(head[:width]), below, notes)


def _first_sheet(content: bytes, name: str) -> tuple[list[tuple[int, list[str]]], str, int]:
    """Return the filled rows of the first sheet that has any, its title, and how many others have rows."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise MissingExtraError("openpyxl", extra="xlsx", purpose="reading workbooks of Excel") from error
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise DataError("not readable as a workbook", where=name, found=type(error).__name__) from error
    chosen: list[tuple[int, list[str]]] = []
    title, others = "", 0
    for sheet in book.worksheets:
        rows = []
        for line, cells in enumerate(
            sheet.iter_rows(max_row=_MOST_ROWS + 1, max_col=_MOST_COLUMNS, values_only=True), 1
        ):
            texts = [_cell_text(cell) for cell in cells]
            if any(texts):
                rows.append((line, texts))
        if rows and not chosen:
            chosen, title = rows, sheet.title
        elif rows:
            others += 1
    book.close()
    return chosen, title, others


def _cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (datetime.datetime, datetime.date)):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
