"""How a view hands out its frames with labels: as arrays, as clips, to TensorFlow and to PyTorch."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lusdata.dataset.view.adapters import TorchFrames, as_tf, as_torch
from lusdata.dataset.view.base import ViewBase
from lusdata.dataset.view.rows import Clip, Frames, Piece, arrays, clips, read_pieces
from lusdata.errors import DataError, UsageError
from lusdata.splits.target import Target, TargetValues, label_array

__all__ = ["ViewLabels"]


class ViewLabels(ViewBase):
    """A view that hands out frames with labels."""

    @property
    def _shape(self) -> tuple[int, int, int]:
        recipe = self._source.recipe
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
            Arrays in the order of the rows: by recording id, then by time; of joined datasets one after the other.

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
        return [picture for _, _, pictures in read_pieces(pieces) for picture in pictures]

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


def _repeated(labels: NDArray[Any], pieces: Sequence[Piece]) -> NDArray[Any]:
    """Return the label of each frame from those of recordings."""
    return np.repeat(labels, [len(piece) for piece in pieces], axis=0)


def _tell_left_out(answers: Sequence[TargetValues], count: int, total: int) -> None:
    names = ", ".join(item.name for item in answers)
    if count == total:
        raise DataError("no recording has a value of the target", where=names, found=f"{total:,} recordings without")
    # Whoever called `to_numpy` and its like.
    warnings.warn(f"{count:,} of {total:,} recordings have no value of {names} and are left out", stacklevel=4)
