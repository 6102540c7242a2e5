"""The common form of an importer: what goes in, what comes out, and the small readings that all share."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lusdata.catalog.schema import schema_header
from lusdata.errors import DataError, UsageError

__all__ = [
    "CURATED_ON",
    "Decision",
    "Imported",
    "Log",
    "Practice",
    "Unmade",
    "class_review",
    "imported_rows",
    "raw_address",
    "read_rows",
    "read_text",
    "skeleton",
    "slug",
]

CURATED_ON = "2026-11-23"
"""Day on which the decisions of the importers were taken; a constant, so that a renewed import gives the same bytes."""


@dataclass(frozen=True)
class Practice:
    """One kind of decision: a title and a sentence or two on what is done and why."""

    title: str
    text: str


@dataclass(frozen=True)
class Decision:
    """One application of a rule.

    Attributes
    ----------
    rule : str
        Key of the rule.
    row : int
        Upstream row, counted as a spreadsheet does: the header is row 1. 0 where no row is concerned.
    detail : str
        What was decided; rows with the same detail are shown on one line.
    """

    rule: str
    row: int
    detail: str


@dataclass(frozen=True)
class Unmade:
    """An upstream row that has no manifest, and why."""

    row: int
    name: str
    reason: str


@dataclass
class Log:
    """Collects decisions while drafts are made."""

    decisions: list[Decision] = field(default_factory=list)

    def note(self, rule: str, row: int, detail: str) -> None:
        """Add one decision."""
        self.decisions.append(Decision(rule, row, detail))


@dataclass(frozen=True)
class Imported:
    """What an importer made of a collection's metadata.

    Attributes
    ----------
    collection : str
        Namespace of the recordings.
    title, renewal : str
        Heading of the log, and the command that renews manifests and log.
    rows : int
        Upstream rows read.
    drafts : tuple of dict
        Manifests without digests, sorted by id.
    rules : Mapping of str to Practice
        Every rule in the order of the log.
    decisions : tuple of Decision
        In upstream order.
    unmade : tuple of Unmade
        Rows without a manifest.
    left_behind : tuple of str
        Upstream facts that the ledger does not carry, each with its reason.
    row_of : Mapping of str to int
        Upstream row of each recording.
    looked_at : frozenset of frozenset of str
        Pairs of recordings whose pictures were compared by eye.
    about : Mapping
        Draft of the collection's ``collection.json``; empty where people write it.
    """

    collection: str
    title: str
    renewal: str
    rows: int
    drafts: tuple[dict[str, Any], ...]
    rules: Mapping[str, Practice]
    decisions: tuple[Decision, ...]
    unmade: tuple[Unmade, ...]
    left_behind: tuple[str, ...]
    row_of: Mapping[str, int]
    looked_at: frozenset[frozenset[str]] = frozenset()
    about: Mapping[str, Any] = field(default_factory=dict)


def imported_rows(
    rows: Sequence[Mapping[str, str]],
    draft: Callable[[int, Mapping[str, str]], dict[str, Any] | str],
    log: Log,
    *,
    name: str,
    collection: str,
    title: str,
    renewal: str,
    rules: Mapping[str, Practice],
    left_behind: tuple[str, ...],
    of_all: Mapping[str, str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Imported:
    """Decide about the rows of a table, one after the other.

    Parameters
    ----------
    rows : sequence of Mapping
        The table, without its header.
    draft : callable
        Gets the number of a row and the row; returns a draft, or why there is none.
    log : Log
        What the drafts note; the same object.
    name : str
        Column with the name of a row, for the log of those without a manifest.
    collection, title, renewal, rules, left_behind, about
        As in `Imported`.
    of_all : Mapping of str to str, optional
        Rules that hold for every draft, each with a text in which ``{count}`` stands for their number.

    Returns
    -------
    Imported
        The first row of each recording as a draft; a later one is told.
    """
    drafts: list[dict[str, Any]] = []
    unmade: list[Unmade] = []
    row_of: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        made = draft(number, row)
        if isinstance(made, str):
            unmade.append(Unmade(number, row[name], made))
        elif made["id"] in row_of:
            unmade.append(Unmade(number, row[name], f"a second row of the recording of row {row_of[made['id']]}"))
        else:
            row_of[made["id"]] = number
            drafts.append(made)
    for rule, text in (of_all or {}).items():
        log.note(rule, 0, text.format(count=len(drafts)))
    return Imported(
        collection=collection,
        title=title,
        renewal=renewal,
        rows=len(rows),
        drafts=tuple(sorted(drafts, key=lambda data: str(data["id"]))),
        rules=rules,
        decisions=tuple(sorted(log.decisions, key=lambda decision: decision.row)),
        unmade=tuple(unmade),
        left_behind=left_behind,
        row_of=row_of,
        about=about or {},
    )


def slug(text: str) -> str:
    """Turn any name into lower-case words joined by hyphens.

    Examples
    --------
    >>> slug("Cov-Atlas-Day+1"), slug("10.1186/s13089-020-00177-4")
    ('cov-atlas-day-1', '10-1186-s13089-020-00177-4')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def skeleton(identifier: str) -> dict[str, Any]:
    """Return the keys that every draft starts with."""
    return {**schema_header(), "id": identifier}


def class_review(decision: str) -> dict[str, str]:
    """Return a ``review`` entry of the curator on a class."""
    return {"of": "class", "role": "curator", "on": CURATED_ON, "decision": decision}


def raw_address(repository: str, commit: str, path: str) -> str:
    """Return the permanent address of a file in a GitHub repository.

    Examples
    --------
    >>> raw_address("a/b", "c0ffee", "data/Day+1 (2).gif")
    'https://raw.githubusercontent.com/a/b/c0ffee/data/Day%2B1%20%282%29.gif'
    """
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{quote(path)}"


def read_text(path: Path, *, encodings: tuple[str, ...] = ("utf-8-sig",)) -> str:
    """Read an upstream text file.

    Parameters
    ----------
    path : Path
        The file.
    encodings : tuple of str
        What it may be written in, the likeliest first.

    Raises
    ------
    UsageError
        If it is not there: the folder is not the one the importer expects.
    DataError
        If it is written in none of them.
    """
    if not path.is_file():
        found = "no such folder" if not path.parent.is_dir() else "no such file"
        raise UsageError(f"cannot import without {path.name}", where=str(path), expected="a text file", found=found)
    content = path.read_bytes()
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            fault = error
    raise DataError("not UTF-8 text", where=str(path), found=fault.reason) from fault


def read_rows(text: str, *, where: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """Parse comma-separated text; every cell stripped, a short row filled with blanks.

    Parameters
    ----------
    text : str
        The table, with a header.
    where : str
        Its name, for errors.
    columns : sequence of str
        Columns that must be there.

    Returns
    -------
    list of dict
        One a row, keyed by header.

    Raises
    ------
    DataError
        If a column is missing or a row is longer than the header.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise DataError("columns are missing", where=where, expected=", ".join(missing), found="a table without them")
    rows = []
    for number, row in enumerate(reader, start=2):
        if "" in row and isinstance(row[""], list):
            width = len(reader.fieldnames or ())
            raise DataError("a row is longer than the header", where=f"{where} row {number}", expected=f"{width} cells")
        rows.append({key: (value or "").strip() for key, value in row.items()})
    return rows
