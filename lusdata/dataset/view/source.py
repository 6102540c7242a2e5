"""What all views of one dataset share: the folders that its rows lie in, and the collection that they are of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import group_ids
from lusdata.catalog.joining.collection import JoinedCollection
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.tasks import Task, find_task
from lusdata.dataset.reading.index import Entry, Index
from lusdata.dataset.recipe import Recipe
from lusdata.splits.folds.table import FoldTable

__all__ = ["DatasetSource", "collection_of"]


@dataclass(frozen=True)
class DatasetSource:
    """A dataset of one folder, or of several that are joined.

    Attributes
    ----------
    indexes : tuple of Index
        The opened folders.
    collection : Collection
        The collection, whatever the state of a recording; of several folders a joined one.
    """

    indexes: tuple[Index, ...]
    collection: Collection

    @property
    def label(self) -> str:
        """Name for people."""
        return "+".join(index.label for index in self.indexes)

    @property
    def recipe(self) -> Recipe:
        """The settings that it was built with: those of every folder, but for what was selected."""
        return self.indexes[0].recipe

    @property
    def about(self) -> About:
        """What the collection says of itself."""
        return self.collection.about

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Where the rows of each recording lie."""
        return {entry.id: entry for index in self.indexes for entry in index.entries}

    @cached_property
    def rows_sha256(self) -> str:
        """Logical digest of the rows: that of the folder; of several, one over the digests of all."""
        if len(self.indexes) == 1:
            return self.indexes[0].rows_sha256
        joined = self.collection
        left_out = list(joined.left_out) if isinstance(joined, JoinedCollection) else []
        rows = {"rows": {index.name: index.rows_sha256 for index in self.indexes}, "left_out": left_out}
        return hashlib.sha256(canonical_bytes(rows)).hexdigest()

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        """The collection's manifests by id."""
        return {manifest.id: manifest for manifest in self.collection.manifests}

    @cached_property
    def groups(self) -> dict[str, str]:
        """The patient group of each recording id."""
        return group_ids(self.collection.manifests)

    def find_task(self, name: str) -> Task:
        """Return what can be predicted under a name; see `lusdata.catalog.tasks.find_task`."""
        about = self.about
        return find_task(name, manifests=self.collection.manifests, tasks=about.tasks, scales=about.scales)

    @cached_property
    def tables(self) -> dict[tuple[Any, ...], FoldTable]:
        """Fold tables that were asked for, by their settings."""
        return {}

    def folds_path(self, by: str) -> Path | None:
        """Return the file of the fold table that its release froze for a unit; several folders have none together."""
        return self.indexes[0].folds_path(by) if len(self.indexes) == 1 else None


def collection_of(index: Index) -> Collection:
    """Return the collection that a dataset folder carries: its manifests, and what it says of itself."""
    own = {scale["name"]: scale for scale in index.about.data.get("severity_scales", ())}
    carried = {scale["name"]: scale for scale in index.data.get("scales", ())}
    about = About({**index.about.data, "severity_scales": list({**own, **carried}.values())})
    before = () if index.release is None else tuple(index.release["withdrawn_since"])
    return Collection(index.name, index.folder, index.manifests, withdrawn_since=before, about=about)
