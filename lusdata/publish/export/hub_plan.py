"""What an export holds, decided before anything is written: which recordings, which rounds, which files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lusdata.catalog.rights import is_private, rights_of
from lusdata.dataset.reading.index import Entry
from lusdata.errors import DataError, UsageError
from lusdata.publish.export.export_subject import ExportSubject, rows_of
from lusdata.splits.folds.table import FoldTable

__all__ = [
    "NOT_PUBLISHABLE",
    "PARTS",
    "cells_of",
    "public_table",
    "publishable",
    "rounds_of",
    "sizes_of",
    "stem_of",
    "torn_groups",
]

PARTS = ("train", "validation", "test")

NOT_PUBLISHABLE = "not-publishable"
"""The code of recordings that a dataset holds and an export does not, because they may not be passed on."""


def rounds_of(table: FoldTable, fold: int | None) -> tuple[int, ...]:
    """Return the rounds to write: one, or all.

    Raises
    ------
    UsageError
        If there is no such round, or the split is by frame.
    """
    if table.by == "frame":
        raise UsageError(
            "a split by frame is not exported",
            where="by",
            expected="patient, source or video",
            found="frame",
            hint="it puts frames of one recording on both sides; train ladder shows what that does to a score",
        )
    if fold is None:
        return tuple(range(table.k))
    if not 0 <= fold < table.k:
        raise UsageError("no such fold", where="--fold", expected=f"0 to {table.k - 1}", found=str(fold))
    return (fold,)


def publishable(subject: ExportSubject) -> ExportSubject:
    """Return what may be passed on; the rest joins what was left out.

    Raises
    ------
    DataError
        If that is nothing.
    """
    if not subject.private:
        return subject
    private = {manifest.id for manifest in subject.private}
    kept = [manifest.id for manifest in subject.recordings if manifest.id not in private]
    if not kept:
        counts = Counter(rights_of(manifest).reason for manifest in subject.private)
        raise DataError(
            "not one recording may be passed on",
            where=subject.name,
            found=", ".join(f"{count} {reason}" for reason, count in counts.most_common()),
            hint="--include-private writes a folder for this machine alone",
        )
    by_id = {manifest.id: manifest for manifest in subject.recordings}
    digest = "" if subject.index is None else rows_of(subject.index, [by_id[name] for name in kept], subject.groups)
    return subject.only(kept, code=NOT_PUBLISHABLE, digest=digest)


def public_table(table: FoldTable, subject: ExportSubject) -> FoldTable:
    """Return a fold table that names no private recording."""
    own = {manifest.id for manifest in subject.manifests if is_private(manifest)}
    if not own:
        return table
    kept = ((unit, tuple(name for name in unit.recordings if name not in own)) for unit in table.units)
    units = tuple(replace(unit, recordings=recordings) for unit, recordings in kept if recordings)
    known = {unit.id for unit in units}
    validation = tuple(tuple(name for name in names if name in known) for names in table.validation)
    return replace(table, units=units, validation=validation)


def torn_groups(subject: ExportSubject, table: FoldTable, rounds: Sequence[int]) -> int:
    """Count patient groups on several sides of a round, which only a split by video may have.

    Raises
    ------
    DataError
        If another split has one.
    """
    torn: dict[str, str] = {}
    for number in rounds:
        parts: dict[str, set[str]] = {}
        for manifest in subject.recordings:
            parts.setdefault(subject.groups[manifest.id], set()).add(table.part(number, manifest.id))
        torn |= {group: " and ".join(sorted(held)) for group, held in sorted(parts.items()) if len(held) > 1}
    if torn and table.by != "video":
        group, where = next(iter(sorted(torn.items())))
        raise DataError(
            "the fold table tears patient groups apart",
            where=group,
            found=f"{where}, and {len(torn) - 1:,} more groups" if len(torn) > 1 else where,
            hint="groups were joined since: make the folds again, with the old table as --previous",
        )
    return len(torn)


def cells_of(entries: Sequence[Entry], table: FoldTable, rounds: Sequence[int]) -> dict[tuple[str, ...], list[Entry]]:
    """Gather the recordings that stand in the same part of every round."""
    cells: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        cells.setdefault(tuple(table.part(number, entry.id) for number in rounds), []).append(entry)
    return cells


def stem_of(cell: Sequence[str], rounds: Sequence[int]) -> str:
    """Name the files of a cell after the rounds in which it is not training.

    Examples
    --------
    >>> stem_of(("test", "train", "validation"), (0, 1, 2)), stem_of(("validation",), (3,))
    ('test-0-validation-2', 'validation')
    """
    if len(rounds) == 1:
        return cell[0]
    tested, held_out = (
        "-".join(str(number) for number, part in zip(rounds, cell, strict=True) if part == name)
        for name in ("test", "validation")
    )
    return f"test-{tested}" + (f"-validation-{held_out}" if held_out else "")


def sizes_of(entries: Sequence[Entry], table: FoldTable, number: int) -> dict[str, tuple[int, int]]:
    """Count recordings and frames of each part of a round."""
    recordings: Counter[str] = Counter()
    frames: Counter[str] = Counter()
    for entry in entries:
        part = table.part(number, entry.id)
        recordings[part] += 1
        frames[part] += entry.place.rows
    return {part: (recordings[part], frames[part]) for part in PARTS}
