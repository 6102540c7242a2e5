"""A fold table: who is tested when. Small, versioned JSON that a paper can point to and a diff can show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.atomic import write_text
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, parse_data, read_data
from lusdata.catalog.schema import schema_faults
from lusdata.dataset.folds.parts import NO_VALUE, UNITS, Count, Part, Split, Unit, frame_draw
from lusdata.errors import DataError, Issue, OutsideError, UsageError

__all__ = ["FOLDS_VERSION", "FoldTable", "is_fold_table", "read_fold_table", "write_fold_table"]

FOLDS_VERSION, _FIRST_VERSION = "1.1.0", "1.0.0"
"""The versions that lusdata reads. A table that needs nothing new is written as it always was."""

_MOST_FOLDS = 10_000

_SCHEMA = "https://github.com/lusdata/lusdata/schemas/folds/{}.json"


@dataclass(frozen=True)
class FoldTable:
    """Folds of one catalog; made by `lusdata.make_folds`.

    Attributes
    ----------
    by : {"patient", "video", "source", "frame"}
        What is kept together.
    k : int
        Number of folds, and of rounds.
    seed : int
        Decides among equally good tables.
    rate_hz, max_frames : float, int
        The sampling for which frames are balanced.
    catalog_digest : str
        Sha256 over the ids and digests of all manifests that took part in the decision.
    units : tuple of Unit
        Sorted by fold and id. Empty for ``frame``: there a rule decides, see `part`.
    validation : tuple of tuple of str
        For each round the ids of the units that are validation; empty for ``frame``.
    counts : tuple of Count
        What each fold holds of each class, or value of the target, sorted; with ``frame``, the expected share.
    unknown : {"apart", "together"}, optional
        How recordings were taken of which nobody knows whose they are; None where there are none.
    target : str, optional
        What the folds are stratified by; None for the class.
    """

    by: str
    k: int
    seed: int
    rate_hz: float
    max_frames: int
    catalog_digest: str
    units: tuple[Unit, ...]
    validation: tuple[tuple[str, ...], ...]
    counts: tuple[Count, ...]
    unknown: str | None = None
    target: str | None = None

    @cached_property
    def fold_of(self) -> dict[str, int]:
        """The fold of each unit, by the unit's id."""
        return {unit.id: unit.fold for unit in self.units}

    @cached_property
    def unit_of(self) -> dict[str, str]:
        """The unit of each recording, by the recording's id."""
        return {recording: unit.id for unit in self.units for recording in unit.recordings}

    @property
    def recordings(self) -> tuple[str, ...]:
        """Every recording of the table, sorted; empty for ``frame``."""
        return tuple(sorted(self.unit_of))

    @property
    def settings(self) -> dict[str, Any]:
        """What the table was made with, as plain data."""
        names = ("by", "k", "seed", "rate_hz", "max_frames")
        settings = {name: getattr(self, name) for name in names}
        later = {"unknown": self.unknown, "target": self.target}
        return settings | {name: value for name, value in later.items() if value is not None}

    def split(self, i: int) -> Split:
        """Return the recordings of one round.

        Parameters
        ----------
        i : int
            The round, 0 to ``k - 1``: fold `i` is the test part.

        Returns
        -------
        Split
            Recording ids; together all of the table.

        Raises
        ------
        UsageError
            If there is no such round, or frames are split: then a recording is in no single part; use `part`.
        """
        if self.by == "frame":
            raise UsageError(
                "a split by frame tears recordings apart",
                where=f"split({i})",
                hint="ask for each frame: part(i, recording, frame_index)",
            )
        parts: dict[Part, list[str]] = {"train": [], "validation": [], "test": []}
        for recording in self.recordings:
            parts[self.part(i, recording)].append(recording)
        return Split(tuple(parts["train"]), tuple(parts["validation"]), tuple(parts["test"]))

    def part(self, i: int, recording: str, frame_index: int = 0) -> Part:
        """Tell where a frame stands in one round; works for every kind of table.

        Parameters
        ----------
        i : int
            The round, 0 to ``k - 1``.
        recording : str
            Recording id.
        frame_index : int
            Position of the frame in its file, from 0. It matters only when frames are split.

        Returns
        -------
        {"train", "validation", "test"}
            The part.

        Raises
        ------
        UsageError
            If there is no such round.
        DataError
            If the recording is not in the table.
        """
        if not 0 <= i < self.k:
            raise UsageError("no such fold", expected=f"0 to {self.k - 1}", found=str(i))
        if self.by == "frame":
            fold, tenth = frame_draw(recording, frame_index, k=self.k, seed=self.seed)
            held_out = tenth == 0
        else:
            unit = self.unit_of.get(recording)
            if unit is None:
                raise DataError(
                    "the recording is not in the fold table",
                    where=recording,
                    expected=f"one of its {len(self.unit_of):,} recordings",
                    hint="make the folds again from the present manifests, with the old table as --previous",
                )
            fold = self.fold_of[unit]
            held_out = unit in self._validation_sets[i]
        if fold == i:
            return "test"
        return "validation" if held_out else "train"

    @cached_property
    def _validation_sets(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(units) for units in self.validation)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Warnings about classes that are too rare to be in every fold."""
        if self.by == "frame":
            return ()
        found = []
        kind = "value" if self.target else "class"
        for name in sorted({count.class_name for count in self.counts} - {NO_VALUE}):
            rows = [count for count in self.counts if count.class_name == name]
            missing = sorted(set(range(self.k)) - {row.fold for row in rows if row.recordings})
            if missing:
                found.append(
                    Issue(
                        file=f"folds by {self.by}",
                        json_path="$.counts",
                        code="FOLDS_CLASS_MISSING",
                        level="warning",
                        message=f"{self.target or 'class'} {name} is not in every fold",
                        expected=f"at least {self.k} groups apart",
                        found=f"{sum(row.groups for row in rows)} groups; none in fold {_listed(missing)}",
                        hint=f"take fewer folds, or leave the {kind} out of per-fold scores",
                    )
                )
        return tuple(found)

    def to_json(self) -> str:
        """Return the table as text, one recording a line, so that additions make short diffs."""
        units = [{"id": unit.id, "fold": unit.fold, "recordings": list(unit.recordings)} for unit in self.units]
        counts: dict[str, dict[str, dict[str, int]]] = {}
        for row in self.counts:
            cell = {"recordings": row.recordings, "groups": row.groups, "frames": row.frames}
            counts.setdefault(str(row.fold), {})[row.class_name] = cell
        version = _FIRST_VERSION if self.unknown is None and self.target is None else FOLDS_VERSION
        document = {
            "$schema": _SCHEMA.format(version),
            "folds_version": version,
            "settings": self.settings,
            "catalog_sha256": self.catalog_digest,
            "counts": counts,
            "units": units,
            "validation": {str(i): list(names) for i, names in enumerate(self.validation)},
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str | None = None) -> FoldTable:
        """Rebuild a table from `to_json`.

        Parameters
        ----------
        text : str
            The JSON document.
        where : str, optional
            Where it came from, for the error.

        Raises
        ------
        DataError
            If it is no JSON, of an unknown version, incomplete, or at odds with itself.
        """
        return cls._from_data(parse_data(text.encode("utf-8", "replace"), where or "the fold table"), where)

    @classmethod
    def _from_data(cls, data: Any, where: str | None) -> FoldTable:
        if not is_fold_table(data):
            raise DataError("not a fold table", where=where, expected="a file written by lusdata folds")
        version = data["folds_version"]
        if version not in (_FIRST_VERSION, FOLDS_VERSION):
            raise DataError(
                "unknown version of the fold table",
                where=where,
                expected=f"{_FIRST_VERSION} or {FOLDS_VERSION}",
                found=repr(version)[:80],
                hint="a newer lusdata may know it: python -m pip install --upgrade lusdata",
            )
        faults = schema_faults(data, version, kind="folds")
        if faults:
            raise DataError("the fold table is damaged", where=where, found=faults[0].clause, hint="make it again")
        lacking = _missing_round(data)
        if lacking is not None:
            raise DataError("the fold table is damaged", where=where, found=lacking, hint="make it again")
        table = _rebuilt(cls, data)
        fault = _contradiction(table)
        if fault:
            raise DataError("the fold table contradicts itself", where=where, found=fault, hint="make it again")
        return table


def is_fold_table(data: object) -> bool:
    """Tell whether a parsed document is a fold table of ours, of whatever version."""
    return isinstance(data, Mapping) and "folds_version" in data


def read_fold_table(path: Path) -> FoldTable:
    """Read a fold table from a file.

    Raises
    ------
    UsageError
        If there is no such file.
    OutsideError
        If the file cannot be read.
    DataError
        If it holds no fold table that this version knows; see `FoldTable.from_json`.
    """
    if not path.exists():
        raise UsageError("no such fold table", where=str(path), expected="a file of lusdata folds")
    try:
        data = read_data(path, what="a fold table", most_bytes=LONGEST_INDEX_BYTES)
    except OSError as error:
        raise OutsideError("cannot read the fold table", where=str(path), found=error.strerror) from error
    return FoldTable._from_data(data, str(path))


def write_fold_table(path: Path, table: FoldTable) -> None:
    """Write a fold table to a file, whole or not at all.

    Raises
    ------
    OutsideError
        If the file cannot be written.
    """
    try:
        write_text(path, table.to_json())
    except OSError as error:
        raise OutsideError("cannot write the fold table", where=str(path), found=error.strerror) from error


def _rebuilt(cls: type[FoldTable], data: Mapping[str, Any]) -> FoldTable:
    settings = data["settings"]
    k = int(settings["k"])
    units = (Unit(str(row["id"]), int(row["fold"]), tuple(map(str, row["recordings"]))) for row in data["units"])
    counts = (
        Count(int(fold), name, int(cell["recordings"]), int(cell["groups"]), int(cell["frames"]))
        for fold, cells in data["counts"].items()
        for name, cell in cells.items()
    )
    rounds = range(k) if settings["by"] != "frame" else ()
    return cls(
        by=str(settings["by"]),
        k=k,
        seed=int(settings["seed"]),
        rate_hz=float(settings["rate_hz"]),
        max_frames=int(settings["max_frames"]),
        catalog_digest=str(data["catalog_sha256"]),
        units=tuple(sorted(units, key=_by_fold)),
        validation=tuple(tuple(sorted(map(str, data["validation"][str(i)]))) for i in rounds),
        counts=tuple(sorted(counts)),
        unknown=settings.get("unknown"),
        target=settings.get("target"),
    )


def _missing_round(data: Mapping[str, Any]) -> str | None:
    settings, named = data["settings"], data["validation"]
    if settings["k"] > _MOST_FOLDS:
        return f"k={settings['k']}, more than {_MOST_FOLDS:,}"
    if settings["by"] == "frame":
        return None
    return next((f"no validation of round {i}" for i in range(settings["k"]) if str(i) not in named), None)


def _by_fold(unit: Unit) -> tuple[int, str]:
    return unit.fold, unit.id


def _contradiction(table: FoldTable) -> str:
    if table.by not in UNITS:
        return f"by={table.by!r}, which is none of {', '.join(UNITS)}"
    if table.k < 2:
        return f"k={table.k}"
    twice = _repeated(unit.id for unit in table.units)
    if twice:
        return f"unit {twice} twice"
    twice = _repeated(recording for unit in table.units for recording in unit.recordings)
    if twice:
        return f"recording {twice} twice"
    for unit in table.units:
        if not 0 <= unit.fold < table.k:
            return f"unit {unit.id} in fold {unit.fold} of {table.k}"
    for i, names in enumerate(table.validation):
        for name in names:
            if table.fold_of.get(name, i) == i:
                known = "the test part" if name in table.fold_of else "no unit"
                return f"validation of round {i} names {name}, which is {known}"
    return ""


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
