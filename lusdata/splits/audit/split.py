"""Any split as a list of recordings and folds: our own tables, and other people's lists of file names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.splits.audit.forms import read_names
from lusdata.splits.audit.names import Placement, Unmapped, match_names
from lusdata.splits.folds.table import FoldTable

__all__ = ["AuditedSplit", "read_split", "split_of_table"]


@dataclass(frozen=True)
class AuditedSplit:
    """A split, laid beside a catalog.

    Attributes
    ----------
    source : str
        Where it comes from, for people.
    folds : tuple of str
        Its folds in their order.
    places : tuple of Placement
        Every name that is a recording.
    unmapped : tuple of Unmapped
        Every name that is none, or may be several.
    table : FoldTable or None
        The table, if it is one of ours.
    guessed : bool
        Whether signs beyond ASCII in its names may have been read wrong.
    """

    source: str
    folds: tuple[str, ...]
    places: tuple[Placement, ...]
    unmapped: tuple[Unmapped, ...] = ()
    table: FoldTable | None = None
    guessed: bool = False

    @property
    def mapped(self) -> int:
        """How many names of the split are a recording, or a frame of one."""
        return sum(max(place.frames, 1) for place in self.places)

    @property
    def names(self) -> int:
        """How many names the split holds."""
        return self.mapped + len(self.unmapped)

    @property
    def by_frame(self) -> bool:
        """Whether recordings are torn apart by a rule; then nothing is in `places`."""
        return self.table is not None and self.table.by == "frame"

    @property
    def folds_of(self) -> dict[str, tuple[str, ...]]:
        """For each recording of the split its folds, in their order; more than one is a leak."""
        held: dict[str, set[str]] = {}
        for place in self.places:
            held.setdefault(place.recording, set()).add(place.fold)
        return {name: tuple(fold for fold in self.folds if fold in held[name]) for name in sorted(held)}


def read_split(path: Path, manifests: Sequence[Manifest]) -> AuditedSplit:
    """Read any split and find its recordings.

    Parameters
    ----------
    path : Path
        A table of ours, JSON, CSV or a folder; see `lusdata.splits.audit.forms.read_names`.
    manifests : sequence of Manifest
        The whole catalog, whatever the state of a recording.

    Returns
    -------
    AuditedSplit
        Every name of the file, as a place or as unmapped.

    Raises
    ------
    UsageError
        If there is no such file or folder.
    OutsideError
        If the file cannot be read.
    DataError
        If it is in no known form, or names nothing.
    """
    written = read_names(path)
    if isinstance(written, FoldTable):
        return split_of_table(written, manifests, source=str(path))
    places, unmapped = match_names(written.named, manifests)
    folds = tuple(dict.fromkeys(entry.fold for entry in written.named))
    return AuditedSplit(str(path), folds, places, unmapped, guessed=written.guessed)


def split_of_table(table: FoldTable, manifests: Iterable[Manifest], *, source: str) -> AuditedSplit:
    """Lay one of our own tables beside a catalog.

    Parameters
    ----------
    table : FoldTable
        The table.
    manifests : iterable of Manifest
        The whole catalog.
    source : str
        Where the table comes from, for people.
    """
    known = {manifest.id for manifest in manifests}
    entries = [Placement(str(unit.fold), name, name) for unit in table.units for name in unit.recordings]
    return AuditedSplit(
        source=source,
        folds=tuple(map(str, range(table.k))),
        places=tuple(sorted(place for place in entries if place.recording in known)),
        unmapped=tuple(sorted(Unmapped(p.fold, p.name) for p in entries if p.recording not in known)),
        table=table,
    )
