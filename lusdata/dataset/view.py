"""A dataset in memory: which recordings, in which split, as a table, arrays, TensorFlow or PyTorch.

A view never holds pixels. It knows rows; files are read and frames decoded when somebody asks for them.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lusdata.dataset.adapters import TorchFrames, as_tf, as_torch
from lusdata.dataset.fold import Fold
from lusdata.dataset.folds.frozen import DEFAULT_K, DEFAULT_SEED, pick_table
from lusdata.dataset.folds.make import make_folds
from lusdata.dataset.folds.table import FoldTable, read_fold_table
from lusdata.dataset.index import Index, verify
from lusdata.dataset.rows import Clip, Frames, Piece, Source, arrays, clips, divided, read_pieces
from lusdata.dataset.scope import Scope
from lusdata.dataset.select import Selection, checked_clause, parse_select, select_manifests, target_key, value_word
from lusdata.dataset.shown import dataset_html
from lusdata.dataset.table import recordings_table
from lusdata.dataset.target import Answers, Target, label_array, listed_targets
from lusdata.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Clip", "Dataset", "Fold", "Frames"]

Words = str | Sequence[str] | None
Unknown = Literal["apart", "together"]


class Dataset:
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

    def __init__(self, index: Index) -> None:
        self._source = Source(index)
        self._pieces = tuple(Piece(entry) for entry in index.entries)
        # The recordings that decide which classes and values there are: those of the dataset that a fold divides.
        self._scope = Scope(self._source, self.recordings)

    def _part(self, pieces: Sequence[Piece], scope: Scope | None = None) -> Dataset:
        part = object.__new__(Dataset)
        part._source = self._source
        part._pieces = tuple(piece for piece in pieces if len(piece))
        part._scope = scope or Scope(self._source, part.recordings)
        return part

    @property
    def index(self) -> Index:
        """The opened folder: settings, versions, what was left out and why."""
        return self._source.index

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that labels count, in the schema's order. The parts of a fold keep those of their dataset."""
        return self._scope.classes

    @property
    def recordings(self) -> tuple[str, ...]:
        """Ids of the recordings, in the order of the rows."""
        return tuple(piece.entry.id for piece in self._pieces)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return sum(map(len, self._pieces))

    def __len__(self) -> int:
        return self.frames

    @property
    def table(self) -> pd.DataFrame:
        """One row a recording: recording, class, probe, group, provider, licence, frames, findings and more.

        Columns of a pattern hold what all readers together say: ``present``, ``absent``, ``disagree``, ``unknown`` or
        ``not-assessed``. ``severity_<scale>`` is the mean over readers, ``task_<name>`` the value of a task that the
        collection names. A missing value was not published.
        """
        manifests = [self._source.manifests[piece.entry.id] for piece in self._pieces]
        frames = [len(piece) for piece in self._pieces]
        return recordings_table(manifests, frames=frames, groups=self._source.groups, tasks=self.index.about.tasks)

    def select(
        self,
        text: str = "",
        *,
        class_name: Words = None,
        probe: Words = None,
        patterns: Words = None,
        kind: Words = None,
        provider: Words = None,
        licence: Words = None,
        zone: Words = None,
        id: Words = None,
        publish: Words | bool = None,
        targets: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Return the recordings for which every condition holds.

        Parameters
        ----------
        text : str
            Conditions as for ``lusdata build --select``, such as ``"probe=convex,class!=uninformative"``.
        class_name, probe, patterns, kind, provider, licence, zone, id, publish : str or sequence of str, optional
            A word, or several of which one must hold; see `lusdata.dataset.select.parse_select`. `publish` may be
            True or False too.
        targets : Mapping, optional
            Values by target, such as ``{"severity": [2, 3], "b_lines": "present"}``: one, or several of which one must
            hold.

        Returns
        -------
        Dataset
            A view; its `classes` are those that still occur.

        Raises
        ------
        UsageError
            If a word is unknown; the message lists the known ones.
        """
        given = {
            "class": class_name,
            "id": id,
            "kind": kind,
            "licence": licence,
            "patterns": patterns,
            "probe": probe,
            "provider": provider,
            "publish": ("yes" if publish else "no") if isinstance(publish, bool) else publish,
            "zone": zone,
        }
        clauses = {checked_clause(key, _words(key, words)) for key, words in given.items() if words is not None}
        for name, values in (targets or {}).items():
            several = isinstance(values, Sequence) and not isinstance(values, str)
            words = [value_word(value) for value in (values if several else [values])]
            clauses.add(checked_clause(target_key(name), words))
        selection = parse_select(text) & Selection(tuple(sorted(clauses)))
        here = [self._source.manifests[piece.entry.id] for piece in self._pieces]
        kept = {manifest.id for manifest in select_manifests(selection, here, find=self._source.find_task)}
        return self._part([piece for piece in self._pieces if piece.entry.id in kept])

    def fold(
        self,
        number: int,
        *,
        by: str = "patient",
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
        pieces = divided(self.index, self._pieces, table, number)
        train, validation, test = (self._part(pieces[name], self._scope) for name in ("train", "validation", "test"))
        return Fold(train, validation, test, int(number), table)

    def folds(
        self,
        *,
        by: str = "patient",
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

    def fold_table(
        self,
        *,
        by: str = "patient",
        k: int | None = None,
        seed: int | None = None,
        folds: FoldTable | str | Path | None = None,
        unknown: Unknown | None = None,
        target: Target | None = None,
    ) -> FoldTable:
        """Return the table that `fold` reads: the parts of all rounds.

        Parameters
        ----------
        by, k, seed, folds, unknown, target
            As for `fold`.
        """
        if isinstance(folds, FoldTable):
            return folds
        if folds is not None:
            return read_fold_table(Path(folds))
        tables = self._source.tables
        wanted = None if target is None else listed_targets(target)[0]
        key = (by, k, seed, unknown, None if wanted is None else tuple(wanted))
        if key not in tables:
            path = self.index.folds_path(by)
            frozen = None if path is None else read_fold_table(path)
            frozen = pick_table(frozen, k=k, seed=seed, unknown=unknown, target=target)
            tables[key] = frozen or make_folds(
                self.index.manifests,
                by=by,
                k=DEFAULT_K if k is None else k,
                seed=DEFAULT_SEED if seed is None else seed,
                unknown=unknown,
                target=None if wanted in (None, ["class"]) else Scope(self._source).strata(wanted),
            )
        return tables[key]

    @property
    def _shape(self) -> tuple[int, int, int]:
        recipe = self.index.recipe
        return recipe.size_px, recipe.size_px, 1 if recipe.colour == "grey" else 3

    def to_numpy(self, target: Target | None = None) -> Frames:
        """Decode every frame.

        Parameters
        ----------
        target : str, sequence of str, or callable, optional
            What labels count; the class by default, of which ``unknown`` is then one. A name: ``class``, a pattern such
            as ``b_lines``, ``severity`` (``severity:SCALE`` where several are used), or a task of the collection. A
            list of them gives a column for each. Or a function that takes a recording's row of `table` and returns a
            bool, a text or a whole number, which are counted in sorted order, or a float, which is the label itself.
            Recordings without a value are left out with a warning that tells how many.

        Returns
        -------
        Frames
            Arrays in the order of the rows: by recording id, then by time.

        Raises
        ------
        UsageError
            If there is no such target.
        DataError
            If no recording has a value.
        """
        pieces, labels = self._labelled(target)
        return arrays(self._source, pieces, labels=_repeated(labels, pieces), shape=self._shape)

    def clips(self, target: Target | None = None) -> Iterator[Clip]:
        """Yield the recordings as clips, decoded one at a time.

        Parameters
        ----------
        target
            As for `to_numpy`.

        Yields
        ------
        Clip
            Name, group, class, frames and times of each recording, in the order of `recordings`. Where a split tore
            recordings apart, a clip holds the frames of this part.
        """
        pieces, labels = self._labelled(target)
        return clips(self._source, pieces, labels=labels, shape=self._shape)

    def to_tf(
        self, batch_size: int = 32, *, seed: int | None = None, first_epoch: int = 0, target: Target | None = None
    ) -> Any:
        """Return a ``tf.data.Dataset`` of batches.

        Parameters
        ----------
        batch_size : int
            Frames a batch; the last one may hold fewer.
        seed : int, optional
            Shuffles all frames, differently in each epoch: each time the dataset is gone through is the next one.
            Without it frames come in the order of the rows.
        first_epoch : int
            Number of the first epoch, for a training that goes on.
        target
            As for `to_numpy`.

        Returns
        -------
        tf.data.Dataset
            Pairs of images, uint8 (batch, height, width, channels), 0 to 255, and labels, int64 (batch,); float32 of a
            number, (batch, m) of a list of targets.

        Raises
        ------
        MissingExtraError
            If TensorFlow is not installed.
        UsageError
            If a number is out of range, or there is no such target.
        """
        pieces, labels = self._labelled(target)
        return as_tf(
            self._encoded(pieces),
            _repeated(labels, pieces),
            shape=self._shape,
            batch_size=batch_size,
            seed=seed,
            first_epoch=first_epoch,
        )

    def to_torch(self, target: Target | None = None) -> TorchFrames:
        """Return a map-style dataset for ``torch.utils.data.DataLoader``.

        Parameters
        ----------
        target
            As for `to_numpy`.

        Returns
        -------
        TorchFrames
            Pairs of an image, uint8 (channels, height, width), 0 to 255, and a label: an int, or a tensor of a number
            or of several targets. ``DataLoader(frames, sampler=frames.sampler(seed=1))`` shuffles differently in each
            epoch.

        Raises
        ------
        MissingExtraError
            If PyTorch is not installed.
        """
        pieces, labels = self._labelled(target)
        return as_torch(self._encoded(pieces), _repeated(labels, pieces), shape=self._shape)

    def target_values(self, target: Target) -> tuple[Any, ...]:
        """Return the values that labels of a target count, in their order.

        Parameters
        ----------
        target
            As for `to_numpy`.

        Returns
        -------
        tuple
            Position 0 is the value of label 0; empty for a number. Of a list of targets, a tuple for each. The parts of
            a fold keep those of their dataset.
        """
        answers, single = self._scope.answers(target)
        return answers[0].choices if single else tuple(item.choices for item in answers)

    def _encoded(self, pieces: Sequence[Piece]) -> list[bytes]:
        return [picture for _, _, pictures in read_pieces(self.index, pieces) for picture in pictures]

    def _labelled(self, target: Target | None) -> tuple[tuple[Piece, ...], NDArray[Any]]:
        """Return the pieces that have a label, and their labels."""
        if target is None:
            labels = [self.classes.index(self._class_of(piece)) for piece in self._pieces]
            return self._pieces, np.array(labels, dtype=np.int64)
        answers, single = self._scope.answers(target)
        pieces = tuple(piece for piece in self._pieces if all(piece.entry.id in item.of for item in answers))
        if len(pieces) < len(self._pieces):
            _tell_left_out(answers, len(self._pieces) - len(pieces), len(self._pieces))
        return pieces, label_array(answers, [piece.entry.id for piece in pieces], single=single)

    def _class_of(self, piece: Piece) -> str:
        return self._source.manifests[piece.entry.id].class_name

    def class_weights(
        self, by: Literal["frame", "recording"] = "frame", *, target: Target | None = None
    ) -> dict[int, float]:
        """Return weights that let each class count the same, as Keras takes them.

        Parameters
        ----------
        by : {"frame", "recording"}
            What is counted.
        target
            As for `to_numpy`, but one with values that can be counted.

        Returns
        -------
        dict of int to float
            For each label that occurs here, total / (number of classes here * count of the class).

        Raises
        ------
        UsageError
            If `by` is another word, or the target is a number or a list.
        """
        if by not in ("frame", "recording"):
            raise UsageError("nothing to count classes by", expected="frame or recording", found=repr(by))
        pieces, labels = self._labelled(target)
        if labels.ndim > 1 or labels.dtype != np.int64:
            expected = "one target whose values can be counted"
            raise UsageError("weights of what is no class", where="target", expected=expected, found=repr(target))
        counts: Counter[int] = Counter()
        for piece, label in zip(pieces, labels.tolist(), strict=True):
            counts[label] += len(piece) if by == "frame" else 1
        return {label: counts.total() / (len(counts) * counts[label]) for label in sorted(counts)}

    def verify(self, *, deep: bool = False) -> None:
        """Check the folder against its digests; see `lusdata.dataset.index.verify`."""
        verify(self.index, deep=deep)

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
            f"<Dataset {self.index.label}: {len(self._pieces):,} recordings ({counts}), {self.frames:,} frames; "
            f"{self.index.recipe.text()}>"
        )

    def _repr_html_(self) -> str:
        return dataset_html(self.index.label, self.index.recipe.text(), self.counts)


def _repeated(labels: NDArray[Any], pieces: Sequence[Piece]) -> NDArray[Any]:
    """Return the label of each frame from those of recordings."""
    return np.repeat(labels, [len(piece) for piece in pieces], axis=0)


def _tell_left_out(answers: Sequence[Answers], count: int, total: int) -> None:
    names = ", ".join(item.name for item in answers)
    if count == total:
        raise DataError("no recording has a value of the target", where=names, found=f"{total:,} recordings without")
    # Whoever called `to_numpy` and its like.
    warnings.warn(f"{count:,} of {total:,} recordings have no value of {names} and are left out", stacklevel=4)


def _words(key: str, words: object) -> list[str]:
    """Return the words of a condition as a list."""
    listed = [words] if isinstance(words, str) else words
    if isinstance(listed, Sequence) and listed and all(isinstance(word, str) for word in listed):
        return list(listed)
    raise UsageError("not a condition", where=key, expected="a word, or a list of words", found=repr(words))
