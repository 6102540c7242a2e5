"""Workbooks of Excel: the filled rows of the first sheet that has any, as text."""

from __future__ import annotations

import datetime
import io
import lzma
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.errors import DataError, MissingExtraError

__all__ = ["DAMAGED_ZIP", "Workbook", "is_zip", "read_workbook"]

DAMAGED_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    # For versions, methods and passwords that are not read, and for names and sizes that cannot be.
    *(NotImplementedError, RuntimeError, ValueError),
)
"""What `zipfile` raises for a ZIP file, or a part of one, that is damaged or packed in a way that is not read.

A part packed by bzip2 raises OSError, as a disk does: who reads from memory takes that for damage, too.
"""

# openpyxl makes objects of elements and attributes as they come; of those that do not fit Python itself complains.
_DAMAGED_XML = (SyntaxError, KeyError, TypeError, AttributeError, IndexError)
_ZIP = b"PK\x03\x04"
_MOST_ROWS = 100_000
_MOST_COLUMNS = 2_000
_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Workbook:
    """What a workbook holds.

    Attributes
    ----------
    rows : tuple of (int, tuple of str)
        Line and cells of every row that is not blank, all of one width.
    title : str
        Of the sheet that they are from.
    others : int
        How many other sheets have rows.
    """

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    title: str
    others: int


def is_zip(content: bytes) -> bool:
    """Tell whether a file can be a workbook, which is a ZIP file."""
    return content.startswith(_ZIP)


def read_workbook(content: bytes, *, where: str) -> Workbook:
    """Read a workbook.

    Parameters
    ----------
    content : bytes
        The whole file.
    where : str
        Where it came from, for errors.

    Raises
    ------
    DataError
        If it is no workbook, unpacks to too much, or holds no cells. Formulas are told apart by the sign that they
        begin with, and not worked out.
    MissingExtraError
        If openpyxl is not installed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size_bytes = sum(part.file_size for part in archive.infolist())
            is_workbook = "xl/workbook.xml" in archive.namelist()
    except (*DAMAGED_ZIP, OSError) as error:
        raise DataError("not readable as a workbook", where=where, found=type(error).__name__) from error
    if not is_workbook:
        hint = "save it as XLSX or as CSV"
        raise DataError("not a workbook of Excel", where=where, expected="XLSX or CSV", found="a ZIP file", hint=hint)
    if size_bytes > _MOST_BYTES:
        expected = f"at most {_MOST_BYTES:,} bytes"
        raise DataError("the workbook unpacks to too much", where=where, expected=expected, found=f"{size_bytes:,}")
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise MissingExtraError("openpyxl", extra="xlsx", purpose="reading workbooks of Excel") from error
    try:
        # It warns of what it leaves out: styles, validation and the like hold no cells, a sheet does.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="File contains an invalid specification")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            # Rows are unpacked and read as they are asked for.
            sheets = [(sheet.title, _raw_rows(sheet)) for sheet in book.worksheets]
        book.close()
    except (InvalidFileException, UserWarning, *DAMAGED_ZIP, OSError, *_DAMAGED_XML) as error:
        raise DataError("not readable as a workbook", where=where, found=type(error).__name__) from error
    found = [(title, rows) for title, raw in sheets if (rows := _filled_rows(raw))]
    if not found:
        raise DataError("the workbook holds no cells", where=where, expected="a head and rows below it")
    return Workbook(found[0][1], found[0][0], len(found) - 1)


def _raw_rows(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(max_row=_MOST_ROWS + 1, max_col=_MOST_COLUMNS, values_only=True))


def _filled_rows(raw: Sequence[tuple[Any, ...]]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    rows = [(line, tuple(map(_cell_text, cells))) for line, cells in enumerate(raw, 1)]
    width = max((len(cells) for _, cells in rows), default=0)
    return tuple((line, (*cells, *[""] * (width - len(cells)))) for line, cells in rows if any(cells))


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
