"""Tables and texts that lie beside recordings in a folder: not read by `add`, but told, with what may name a person."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lusdata.catalog.rules.cells import CellFinding, private_cells
from lusdata.catalog.sheet import decode_text, read_content
from lusdata.catalog.workbook import DAMAGED_ZIP
from lusdata.errors import DataError
from lusdata.wording import counted, one_line

__all__ = ["is_sidecar", "private_in_sidecar", "refuse_sidecar", "sidecar_table"]

_TABLES = frozenset({".csv", ".tsv", ".tab"})
_TEXTS = frozenset({".txt", ".md", ".log", ".xml", ".html", ".htm", ".yaml", ".yml", ".ini"})
_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".ods", ".docx", ".odt"})
_UNREAD = frozenset({".xls", ".doc", ".pdf", ".rtf", ".numbers", ".sav", ".rds", ".sqlite", ".db"})
_MOST_PART_BYTES = 16 << 20
_MOST_PARTS = 200
_SHOWN = 3
# Text in the parts of a workbook: shared and inline strings, values, paragraphs of a document.
_CELL = re.compile(r"<(?:\w+:)?(?:t|v|p)(?: [^<>]*)?>([^<]+)<")


def is_sidecar(path: Path) -> bool:
    """Tell whether a file's name is one of a table or a text."""
    return path.suffix.lower() in _TABLES | _TEXTS | _WORKBOOKS | _UNREAD | {".json"}


def refuse_sidecar(path: Path, name: str) -> None:
    """Refuse a table or a text, and tell what in it may name a person.

    Raises
    ------
    DataError
        If the file is one.
    LusdataError
        If it cannot be read at all.
    """
    if not is_sidecar(path):
        return
    hint = "what is in it goes into manifests by hand; it stays where it is"
    try:
        findings = private_in_sidecar(path)
    except DataError as error:
        said = f"{error.what}{f' ({error.found})' if error.found else ''}, so that nobody can tell whom it names"
        raise DataError(f"a table or text, which add does not read: {said}", where=name, hint=hint) from error
    listed = ", ".join(map(_shown, findings[:_SHOWN]))
    more = f" and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    raise DataError(
        "a table or text, which add does not read",
        where=name,
        found=f"{listed}{more}" if findings else "nothing that surely names a person",
        hint=hint,
    )


def _shown(finding: CellFinding) -> str:
    column = f"column '{one_line(finding.column[:40])}'" if finding.column else "its text"
    kind = {"age": "an age of 90 or over", "identifier": "an identifier", "contact": "a way to reach a person"}
    return f"{column} may hold {kind.get(finding.meaning, f'a {finding.meaning}')} in {counted(finding.count, 'cell')}"


def private_in_sidecar(path: Path) -> tuple[CellFinding, ...]:
    """Find what may name a person in a table or a text.

    Parameters
    ----------
    path : Path
        CSV of any form, text, JSON, or a workbook (XLSX, ODS) or document (DOCX, ODT).

    Returns
    -------
    tuple of CellFinding
        See `lusdata.catalog.rules.cells.private_cells`.

    Raises
    ------
    DataError
        If it is of another kind, or damaged.
    LusdataError
        As `lusdata.catalog.sheet.read_content`.
    """
    return private_cells(sidecar_table(read_content(path), path.suffix.lower(), where=path.name))


def sidecar_table(content: bytes, suffix: str, *, where: str) -> dict[str, list[str]]:
    r"""Return the cells of a sidecar by column; lines of a text, cells of a workbook and titles have an empty one.

    Parameters
    ----------
    content : bytes
        The whole file.
    suffix : str
        Of its name, in lower case, with the dot.
    where : str
        What it is called, for errors.

    Raises
    ------
    DataError
        If it is of no kind that is read, or damaged.

    Examples
    --------
    >>> sidecar_table(b"file;MRN\na.mp4;4711\n", ".csv", where="a.csv")
    {'file': ['a.mp4'], 'MRN': ['4711'], '': ['file', 'MRN']}
    """
    if suffix in _WORKBOOKS or content.startswith(b"PK\x03\x04"):
        return {"": list(_of_workbook(content, where))}
    text, _ = decode_text(content, where=where) if suffix != ".xml" else (content.decode("utf-8", "replace"), "")
    if suffix == ".json":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError("not readable as JSON", where=where, found=type(error).__name__) from error
        return _of_json(data)
    if suffix in _TABLES:
        return _of_table(text)
    return {"": text.split("\n")}


def _of_table(text: str) -> dict[str, list[str]]:
    lines = text.split("\n")
    if lines and lines[0].lower().startswith("sep="):
        del lines[0]
    head = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t|", key=head.count)
    table: dict[str, list[str]] = {}
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:
        return {"": lines}
    titles = next((row for row in rows if any(row)), [])
    for row in rows[rows.index(titles) + 1 :] if titles else []:
        for number, cell in enumerate(row):
            title = titles[number].strip() if number < len(titles) else ""
            table.setdefault(title, []).append(cell.strip())
    # A table without a head has a line of cells in its place.
    table.setdefault("", []).extend(titles)
    return {title: cells for title, cells in table.items() if title or any(cells)}


def _of_json(data: Any) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        title, value = waiting.pop()
        if isinstance(value, dict):
            # A name may be a key, too.
            table.setdefault("", []).extend(map(str, value))
            waiting += [(str(key), inside) for key, inside in value.items()]
        elif isinstance(value, list):
            waiting += [(title, inside) for inside in value]
        elif value is not None:
            table.setdefault(title, []).append(str(value))
    return table


def _of_workbook(content: bytes, where: str) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [name for name in archive.namelist() if name.endswith(".xml")][:_MOST_PARTS]
            for name in parts:
                with archive.open(name) as part:
                    text = part.read(_MOST_PART_BYTES).decode("utf-8", "replace")
                yield from (html.unescape(match[1]) for match in _CELL.finditer(text))
    except (*DAMAGED_ZIP, OSError) as error:
        raise DataError("not readable as a workbook", where=where, found=type(error).__name__) from error
