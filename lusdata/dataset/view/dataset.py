"""A dataset in memory: which recordings, in which split, as a table, arrays, TensorFlow or PyTorch.

A view never holds pixels. It knows rows; files are read and frames decoded when somebody asks for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.dataset.reading.shard_rows import verify
from lusdata.dataset.view.fold import Fold
from lusdata.dataset.view.labels import ViewLabels
from lusdata.dataset.view.notebook import dataset_html
from lusdata.dataset.view.parts import ViewParts
from lusdata.dataset.view.rows import Clip, Frames, divided
from lusdata.dataset.view.table import recordings_table
from lusdata.splits.folds.parts import SplitUnit, Unknown
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.target import Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Clip", "Dataset", "Fold", "Frames"]


class Dataset(ViewParts, ViewLabels):
    """A dataset, or a part of one; made by `lusdata.load`.

    Examples
    --------
    ::

        dataset = lusdata.load("pocus")
        fold = dataset.select(probe="convex").fold(0, by="patient")
        images, labels, *_ = fold.train.to_numpy()
        for clip in fold.test.clips():
            clip.recording, clip.images, clip.label
    """

    @property
    def table(self) -> pd.DataFrame:
        """One row a recording: recording, collection, class, probe, group, provider, licence, findings and more.

        Columns of a pattern hold what all readers together say: ``present``, ``absent``, ``disagree``, ``unknown`` or
        ``not-assessed``. ``severity_<scale>`` is the mean over readers, ``task_<name>`` the value of a task that the
        collection names. A missing value was not published.
        """
        manifests = [self._source.manifests[piece.entry.id] for piece in self._pieces]
        frames = [len(piece) for piece in self._pieces]
        return recordings_table(manifests, frames=frames, groups=self._source.groups, tasks=self._source.about.tasks)

    def fold(
        self,
        number: int,
        *,
        by: SplitUnit = "patient",
        k: int | None = None,
        seed: int | None = None,
        folds: FoldTable | str | Path | None = None,
        unknown: Unknown | None = None,
        target: Target | None = None,
    ) -> Fold:
        """Return one round of a cross-validation.

        Parameters
        ----------
        number : int
            The round, 0 to ``k - 1``.
        by, k, seed
            See `lusdata.make_folds`; 5 folds and seed 0 by default. Folds follow from the catalog alone: the same for
            every recipe and selection. A dataset of a release has the folds that the release froze, unless another `k`
            or `seed` is asked for.
        folds : FoldTable, str or Path, optional
            A fold table or its file, in place of all other settings.
        unknown : {"apart", "together"}, optional
            What to do with recordings of which nobody knows whose they are; see `lusdata.make_folds`.
        target : str, sequence of str, or callable, optional
            What the folds are stratified by, as for `to_numpy`; the class by default. Labels do not follow from it:
            name the target again where frames are asked for.

        Raises
        ------
        UsageError
            If there is no such round, or a setting is out of range.
        DataError
            If a recording is not in the given table.
        """
        table = self.fold_table(by=by, k=k, seed=seed, folds=folds, unknown=unknown, target=target)
        pieces = divided(self._pieces, table, number)
        train, validation, test = (self._part(pieces[name], self._scope) for name in ("train", "validation", "test"))
        return Fold(train, validation, test, int(number), table)

    def folds(
        self,
        *,
        by: SplitUnit = "patient",
        k: int | None = None,
        seed: int | None = None,
        folds: FoldTable | str | Path | None = None,
        unknown: Unknown | None = None,
        target: Target | None = None,
    ) -> Iterator[Fold]:
        """Yield every round of a cross-validation in turn.

        Parameters
        ----------
        by, k, seed, folds, unknown, target
            As for `fold`.

        Yields
        ------
        Fold
            The rounds from 0; each recording is in the test part of exactly one.
        """
        table = self.fold_table(by=by, k=k, seed=seed, folds=folds, unknown=unknown, target=target)
        for number in range(table.k):
            yield self.fold(number, folds=table)

    def __add__(self, other: Dataset) -> Dataset:
        """Join with a dataset of another collection, or with another part of the same; see `lusdata.join`."""
        from lusdata.dataset.view.join import joined

        if not isinstance(other, Dataset):
            return NotImplemented
        return joined([self, other], labels=None, shared="together", level=3)

    def verify(self, *, deep: bool = False) -> None:
        """Check the folder, or each of several, against its digests; see `shard_rows.verify`."""
        for index in self.indexes:
            verify(index, deep=deep)

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Recordings and frames of each class."""
        recordings: Counter[str] = Counter()
        frames: Counter[str] = Counter()
        for piece in self._pieces:
            recordings[self._class_of(piece)] += 1
            frames[self._class_of(piece)] += len(piece)
        return {name: (recordings[name], frames[name]) for name in self.classes}

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {recordings}" for name, (recordings, _) in self.counts.items())
        return (
            f"<Dataset {self._source.label}: {len(self._pieces):,} recordings ({counts}), {self.frames:,} frames; "
            f"{self._source.recipe.text()}>"
        )

    def _repr_html_(self) -> str:
        return dataset_html(self._source.label, self._source.recipe.text(), self.counts)
