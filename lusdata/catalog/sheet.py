"""Sheets: tables as people save them, from a spreadsheet, a database or by hand.

Nobody says in such a file how it is written, so encoding, delimiter and head are found by looking. What cannot be read
for certain is refused with a word on how to save it: a cell that slipped into another column is worse than no table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.wording import counted, one_line

__all__ = [
    "HOW_TO_SAVE",
    "Row",
    "Sheet",
    "decode_text",
    "find_column",
    "parse_sheet",
    "read_content",
    "refuse_formulas",
]

HOW_TO_SAVE = "save it as CSV UTF-8 (comma delimited)"
"""What every spreadsheet program can do; Excel and LibreOffice call it so."""

_LONGEST_BYTES = 64_000_000
_LOOKED_AT_FOR_HEAD = 20
_DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_FORMS = (
    (b"PK\x03\x04", "a workbook of Excel, LibreOffice or Numbers, or another ZIP file"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text with formatting (RTF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"<", "a web page or XML"),
)


@dataclass(frozen=True)
class Row:
    """One line of a sheet.

    Attributes
    ----------
    line : int
        Its number in the file, from 1; of a cell that runs over several lines the last one.
    cells : tuple of str
        As many as the head has, without space around them.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table with a head.

    Attributes
    ----------
    head : tuple of str
        Titles of the columns as they are written; empty for a column without a title.
    rows : tuple of Row
        Every line below the head that is not blank.
    encoding : str
        How the text is written.
    delimiter : str
        What stands between cells.
    """

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str
    delimiter: str

    @property
    def guessed(self) -> bool:
        """Whether signs beyond ASCII may be wrong, since nothing in the file tells what they are."""
        return self.encoding == "cp1252"


def find_column(head: Sequence[str], titles: Sequence[str]) -> int | None:
    """Return the position of the first of some titles that a head has, whatever its case, spaces and underscores.

    Examples
    --------
    >>> find_column(["No.", "File Name", "FOLD"], ["file", "filename"])
    1
    """
    places: dict[str, int] = {}
    for position, title in enumerate(head):
        places.setdefault(_title(title), position)
    return next((places[_title(title)] for title in titles if _title(title) in places), None)


def _title(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def read_content(path: Path, *, what: str = "table") -> bytes:
    """Read a file whole.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it should hold, for the error.

    Raises
    ------
    UsageError
        If there is no such file.
    OutsideError
        If it cannot be read.
    DataError
        If it is larger than any such table.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing of that name" if not path.exists() else "a device or a pipe"
        raise UsageError(f"no such {what}", where=str(path), expected="a file", found=found)
    try:
        with path.open("rb") as stream:
            content = stream.read(_LONGEST_BYTES + 1)
    except OSError as error:
        raise OutsideError(f"cannot read the {what}", where=str(path), found=error.strerror) from error
    if len(content) > _LONGEST_BYTES:
        raise DataError(f"too large for a {what}", where=str(path), expected=f"at most {_LONGEST_BYTES:,} bytes")
    return content


def decode_text(content: bytes, *, where: str) -> tuple[str, str]:
    r"""Turn the content of a text file that some program saved into text.

    Parameters
    ----------
    content : bytes
        All of it.
    where : str
        Where it came from, for the error.

    Returns
    -------
    text, encoding : str
        The text with Unix line ends, and Python's name of the encoding that it was in: by its byte order mark, UTF-16
        by its zeros, UTF-8, or else Windows-1252, which is what a spreadsheet writes that does not write UTF-8.

    Raises
    ------
    DataError
        If it is no text.

    Examples
    --------
    >>> decode_text("Müller;1\r\n".encode("cp1252"), where="a.csv")
    ('Müller;1\n', 'cp1252')
    """
    form = next((name for start, name in _OTHER_FORMS if content.lstrip().startswith(start)), None)
    if form is not None:
        raise DataError("not a text file", where=where, found=form, hint=HOW_TO_SAVE)
    for encoding in _candidates(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise DataError(
        "not a text file", where=where, expected="UTF-8, UTF-16 or Windows-1252", found="other bytes", hint=HOW_TO_SAVE
    )


def _candidates(content: bytes) -> list[str]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return [encoding]
    # Half of the bytes of Western text in UTF-16 are zero: every second one.
    even, odd = content[0:2000:2].count(0), content[1:2000:2].count(0)
    if max(even, odd) > 0.3 * len(content[0:2000:2]):
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return ["utf-8", "cp1252"]


def parse_sheet(content: bytes, *, where: str, columns: Mapping[str, Sequence[str]]) -> Sheet:
    r"""Read a table of which some columns are known.

    Parameters
    ----------
    content : bytes
        The whole file.
    where : str
        Where it came from, for errors.
    columns : Mapping of str to sequence of str
        What must be there: for each column what it is for, and the titles that it may have.

    Returns
    -------
    Sheet
        Below the first of the upper lines that has all those columns; what stands above, such as a caption, is not
        part of it. Columns without title and content are left out, and so are blank lines.

    Raises
    ------
    DataError
        If it is no text, has no such head, or a line does not fit the head.

    Examples
    --------
    >>> sheet = parse_sheet(b"Name;Fold\na.mp4;0\n", where="a.csv", columns={"name": ["name"], "fold": ["fold"]})
    >>> sheet.head, sheet.rows[0].cells, sheet.delimiter
    (('Name', 'Fold'), ('a.mp4', '0'), ';')
    """
    text, encoding = decode_text(content, where=where)
    lines = text.split("\n")
    stated = next((line for line in lines if line.strip()), "")
    delimiters: Collection[str] = _DELIMITERS
    if sign := _SEP.fullmatch(stated.strip(" ;,")):
        # A line for Excel, which no program but Excel hides.
        delimiters = ["\t" if sign[1] in ("\\t", "\t") else sign[1]]
        lines[lines.index(stated)] = ""
    found = _find_head(lines, delimiters, columns)
    if found is None:
        raise DataError(
            "not a table with the columns that are needed",
            where=where,
            expected="; ".join(f"for the {use} one of {', '.join(titles)}" for use, titles in columns.items()),
            found=_shown(next((line for line in lines if line.strip()), "nothing")),
            hint=f"give the columns these titles in the first line, and {HOW_TO_SAVE}",
        )
    start, delimiter, head = found
    below = ["" for _ in lines[: start + 1]] + lines[start + 1 :]
    rows = tuple(_rows(below, delimiter, head, where))
    width = max((n for n, title in enumerate(head, start=1) if title or any(row.cells[n - 1] for row in rows)))
    return Sheet(tuple(head[:width]), tuple(Row(row.line, row.cells[:width]) for row in rows), encoding, delimiter)


def refuse_formulas(head: Sequence[str], rows: Sequence[Row], *, where: str) -> None:
    """Refuse a table with cells that a spreadsheet program would have to work out.

    Raises
    ------
    DataError
        If there is one; the message names the first and counts the rest.
    """
    found = [
        (row.line, title, cell)
        for row in rows
        for title, cell in zip(head, row.cells, strict=True)
        if cell.startswith("=") and len(cell) > 1
    ]
    if found:
        line, title, cell = found[0]
        more = f" and {counted(len(found) - 1, 'more cell')}" if len(found) > 1 else ""
        raise DataError(
            "a cell holds a formula, which is not worked out here",
            where=f"{where}:{line}",
            found=f"{one_line(cell, most=40)} in column '{one_line(title, most=40)}'{more}",
            hint="paste the values in its place",
        )


def _find_head(
    lines: Sequence[str], delimiters: Collection[str], columns: Mapping[str, Sequence[str]]
) -> tuple[int, str, list[str]] | None:
    """Return line, delimiter and titles of the head."""
    for number, line in enumerate(lines[:_LOOKED_AT_FOR_HEAD]):
        for delimiter in delimiters:
            try:
                head = [cell.strip() for cell in next(_reader([line], delimiter), [])]
            except csv.Error:
                continue
            if all(find_column(head, titles) is not None for titles in columns.values()):
                return number, delimiter, head
    return None


def _rows(lines: Sequence[str], delimiter: str, head: Sequence[str], where: str) -> Iterator[Row]:
    reader = _reader([line + "\n" for line in lines], delimiter)
    while True:
        before = reader.line_num
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            where_exactly = f"{where}:{before + 1}"
            raise DataError("not readable as CSV", where=where_exactly, found=str(error), hint=HOW_TO_SAVE) from error
        if not any(cells):
            continue
        line = reader.line_num
        if any(cells[len(head) :]):
            name = {"\t": "tab"}.get(delimiter, f"'{delimiter}'")
            raise DataError(
                "a line has more cells than the head",
                where=f"{where}:{line}",
                expected=counted(len(head), "cell"),
                found=_shown(delimiter.join(cells)),
                hint=f"put a name that holds a {name} into quotation marks, or {HOW_TO_SAVE}",
            )
        yield Row(line, tuple((cells + [""] * len(head))[: len(head)]))


class _Reader(Iterator[list[str]]):
    line_num: int


def _reader(lines: Sequence[str], delimiter: str) -> _Reader:
    # Strict: a quotation mark that is never closed would make one cell of all that follows.
    return csv.reader(io.StringIO("".join(lines)), delimiter=delimiter, strict=True)  # type: ignore[return-value]


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
