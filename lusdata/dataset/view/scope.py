"""The recordings among which classes and values of targets are counted, so that all parts of a fold count alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from lusdata.catalog.schema import enumeration
from lusdata.dataset.view.source import DatasetSource
from lusdata.dataset.view.table import recordings_table
from lusdata.splits.folds.strata import ByTarget
from lusdata.splits.target import Target, TargetValues, answers_of_function, answers_of_task, listed_targets

__all__ = ["Scope"]


class Scope:
    """Some recordings of a dataset's collection.

    Parameters
    ----------
    source : DatasetSource
        The dataset.
    recordings : sequence of str, optional
        Their ids; without them every recording of the collection that takes part in folds, in the dataset or not.
    """

    def __init__(self, source: DatasetSource, recordings: Sequence[str] | None = None) -> None:
        self._source = source
        self._manifests = (
            [m for m in source.collection.manifests if m.state == "included" and m.sha256 is not None]
            if recordings is None
            else [source.manifests[name] for name in recordings]
        )

    @property
    def recordings(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(manifest.id for manifest in self._manifests)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes that occur, in the schema's order."""
        found = {manifest.class_name for manifest in self._manifests}
        return tuple(name for name in enumeration("class") if name in found)

    def answers(self, target: Target) -> tuple[list[TargetValues], bool]:
        """Return what is known of the targets that were asked for, and whether it was one and not a list."""
        names, single = listed_targets(target)
        return [self._answers(name) for name in names], single

    def strata(self, targets: Sequence[Any]) -> ByTarget:
        """Return what folds are stratified by when some targets are asked for."""
        return ByTarget(tuple(self._answers(name) for name in targets))

    def _answers(self, target: Any) -> TargetValues:
        if callable(target):
            return answers_of_function(target, self._rows)
        return answers_of_task(self._source.find_task(target), self._manifests)

    @cached_property
    def _rows(self) -> dict[str, Any]:
        """The row of each recording, as `Dataset.table` has it."""
        source = self._source
        entries = source.entries
        counts = [entries[m.id].place.rows if m.id in entries else 0 for m in self._manifests]
        table = recordings_table(self._manifests, frames=counts, groups=source.groups, tasks=source.about.tasks)
        return {manifest.id: row for manifest, (_, row) in zip(self._manifests, table.iterrows(), strict=True)}
