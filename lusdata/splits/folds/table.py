"""A fold table: who is tested when. Small, versioned JSON that a paper can point to and a diff can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.atomic import write_text
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, parse_data, read_data
from lusdata.errors import DataError, Issue, OutsideError, UsageError
from lusdata.splits.folds.document import is_fold_table, table_of_data, text_of
from lusdata.splits.folds.parts import NO_VALUE, ClassCount, Part, Split, Unit, frame_draw

__all__ = ["FoldTable", "is_fold_table", "read_fold_table", "write_fold_table"]


@dataclass(frozen=True)
class FoldTable:
    """Folds of one catalog; made by `lusdata.make_folds`.

    Attributes
    ----------
    by : {"patient", "video", "source", "collection", "frame"}
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
        Sorted by fold and id. Empty for ``frame``: there a rule decides, see `part`. Patients for ``collection``.
    validation : tuple of tuple of str
        For each round the ids of the units that are validation; empty for ``frame``.
    counts : tuple of ClassCount
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
    counts: tuple[ClassCount, ...]
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

    @cached_property
    def collections(self) -> tuple[tuple[str, ...], ...]:
        """The collections that have recordings in each fold, sorted: those that a round leaves out, by collection."""
        held: list[set[str]] = [set() for _ in range(self.k)]
        for unit in self.units:
            held[unit.fold] |= {recording.partition("/")[0] for recording in unit.recordings}
        return tuple(tuple(sorted(names)) for names in held)

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
        fewer, apart = "take fewer folds, or ", f"at least {self.k} groups apart"
        if self.by == "collection":
            fewer, apart = "", "recordings in every collection"
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
                        expected=apart,
                        found=f"{sum(row.groups for row in rows)} groups; none in fold {_listed(missing)}",
                        hint=f"{fewer}leave the {kind} out of per-fold scores",
                    )
                )
        return tuple(found)

    def to_json(self) -> str:
        """Return the table as text, one recording a line, so that additions make short diffs."""
        return text_of(self)

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
        return table_of_data(cls, parse_data(text.encode("utf-8", "replace"), where or "the fold table"), where)


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
    return table_of_data(FoldTable, data, str(path))


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


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
