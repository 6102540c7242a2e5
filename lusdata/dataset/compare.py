"""Two states of a collection side by side: what differs, what it weighs, and who changes fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.changes import Comparison, compare_collections
from lusdata.catalog.counts import count_recordings
from lusdata.catalog.folders import collection_names
from lusdata.catalog.history import manifests_at
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection, split_release_name
from lusdata.catalog.release import find_release
from lusdata.dataset.reading.contents import Holding, HoldingDifference, compare_holdings, holding_of
from lusdata.dataset.reading.index import is_dataset, open_index
from lusdata.errors import LusdataError
from lusdata.releases.folds import frozen_table, moved_recordings
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable, read_fold_table

__all__ = ["Difference", "State", "compare_states", "open_state"]


@dataclass(frozen=True)
class State:
    """A collection as it was at some time.

    Attributes
    ----------
    label : str
        How the user named it.
    manifests : tuple of Manifest
        Every manifest, whatever its state; sorted by id.
    folds : FoldTable or None
        Its frozen folds by patient, if it has some.
    holding : Holding or None
        What is in the folder, if it is a dataset: seldom all of the collection that its manifests are of.
    """

    label: str
    manifests: tuple[Manifest, ...]
    folds: FoldTable | None = None
    holding: Holding | None = None


@dataclass(frozen=True)
class Difference:
    """What differs between two states.

    Attributes
    ----------
    before, after : State
        The two.
    comparison : Comparison
        The changes of manifests.
    moved : Mapping of str to (int, int), or None
        Recordings that are tested in another fold by patient, with both folds; None if there are no folds to compare.
    """

    before: State
    after: State
    comparison: Comparison
    moved: Mapping[str, tuple[int, int]] | None

    @property
    def rows(self) -> HoldingDifference | None:
        """What differs between the rows, if both are datasets."""
        if self.before.holding is None or self.after.holding is None:
            return None
        return compare_holdings(self.before.holding, self.after.holding)

    @property
    def unchanged(self) -> int:
        """How many recordings are the same in both."""
        return len(self.after.manifests) - sum(change.after is not None for change in self.comparison.changes)

    @property
    def counts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The numbers of both, see `lusdata.catalog.counts.count_recordings`."""
        return count_recordings(self.before.manifests), count_recordings(self.after.manifests)

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as plain data for JSON."""
        before, after = self.counts
        moved = None if self.moved is None else {name: list(folds) for name, folds in self.moved.items()}
        return {
            "before": {"state": self.before.label, "counts": before, **_held(self.before)},
            "after": {"state": self.after.label, "counts": after, **_held(self.after)},
            **({} if self.rows is None else {"rows": self.rows.as_dict()}),
            "unchanged": self.unchanged,
            **self.comparison.as_dict(),
            "moved": moved,
        }


def _held(state: State) -> dict[str, Any]:
    return {} if state.holding is None else {"dataset": state.holding.as_dict()}


def open_state(text: str) -> State:
    """Open what a user names: a collection or its folder, a release, a dataset folder, or ``REVISION:FOLDER``.

    Parameters
    ----------
    text : str
        Such as ``pocus``, ``pocus@1.0.0``, ``out/`` or ``HEAD~1:manifests/pocus``, where the folder of a revision is
        named from the root of the repository that this process runs in.

    Returns
    -------
    State
        Of a release, everything that was released, also what was withdrawn since.

    Raises
    ------
    UsageError
        If there is nothing of that name.
    DataError, OutsideError
        If it has a fault, or cannot be read.
    """
    path = Path(text).expanduser()
    if text not in collection_names() and is_dataset(path):
        index = open_index(path)
        table = index.folds_path("patient")
        return State(text, index.manifests, None if table is None else read_fold_table(table), holding_of(index))
    name, version = split_release_name(text)
    if version is not None:
        release = find_release(name, version)
        return State(text, release.manifests, frozen_table(release, "patient"))
    revision, sign, folder = text.partition(":")
    # Not a drive of Windows, and not an address.
    if sign and len(revision) > 1 and not folder.startswith("//") and not path.exists():
        return State(text, manifests_at(Path.cwd(), revision, folder))
    return State(text, open_collection(text).manifests)


def compare_states(before: State, after: State) -> Difference:
    """Compare two states.

    Folds that a state does not have frozen are made: those of the first as ``lusdata folds`` makes them, those of the
    second on top of the first, as a release would.
    """
    try:
        first = before.folds or make_folds(before.manifests, unknown="together")
        second = after.folds or make_folds(
            after.manifests, k=first.k, seed=first.seed, previous=first, unknown="together"
        )
    except LusdataError:
        # Too few groups for folds; the manifests can be compared all the same.
        moved = None
    else:
        moved = moved_recordings(first, second)
    return Difference(before, after, compare_collections(before.manifests, after.manifests), moved)
