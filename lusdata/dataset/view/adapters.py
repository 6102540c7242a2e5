"""Frames for TensorFlow and PyTorch.

Both hold the encoded frames in memory, about 20 kB each, and decode when a batch is made: a third of a millisecond a
frame, little beside any model. The order is ours and pure, so that a run can be repeated on any machine and in either
framework.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.dataset.view.rows import decoded
from lusdata.errors import MissingExtraError, UsageError

__all__ = ["FrameSampler", "TorchFrames", "as_tf", "as_torch", "order"]


def order(n: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Shuffle.

    Parameters
    ----------
    n : int
        How many frames, 0 or more.
    seed : int
        Which of the infinitely many series of orders, 0 or more.
    epoch : int
        Which order of the series, 0 or more.

    Returns
    -------
    np.ndarray, shape (n,), int64
        Every number below `n` once; another order for another seed or epoch.

    Examples
    --------
    >>> order(5, seed=1, epoch=0).tolist() == order(5, seed=1, epoch=0).tolist()
    True
    >>> sorted(order(5, seed=1, epoch=1).tolist())
    [0, 1, 2, 3, 4]
    """
    # Raw numbers of a bit generator stay the same in every version of NumPy; what `Generator.permutation` makes of them
    # may change.
    draws = np.random.PCG64([seed, epoch]).random_raw(n)
    return np.argsort(draws, kind="stable").astype(np.int64, copy=False)


def as_tf(
    frames: Sequence[bytes],
    labels: NDArray[Any],
    *,
    shape: tuple[int, int, int],
    batch_size: int,
    seed: int | None,
    first_epoch: int,
) -> Any:
    """Make a ``tf.data.Dataset``; see `lusdata.dataset.view.dataset.Dataset.to_tf`."""
    _check(batch_size, seed, first_epoch)
    try:
        import tensorflow as tf
    except ImportError as error:
        raise MissingExtraError("tensorflow", extra="tf", purpose="to_tf") from error
    epochs = itertools.count(first_epoch)

    def batches() -> Iterator[tuple[NDArray[np.uint8], NDArray[Any]]]:
        rows = np.arange(len(frames)) if seed is None else order(len(frames), seed=seed, epoch=next(epochs))
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            yield np.stack([decoded(frames[row], shape) for row in batch]), labels[batch]

    signature = (tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None, *labels.shape[1:]), labels.dtype))
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    # Without it Keras cannot show how far an epoch is.
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(-(-len(frames) // batch_size)))
    return dataset.prefetch(2)


def as_torch(frames: Sequence[bytes], labels: NDArray[Any], *, shape: tuple[int, int, int]) -> TorchFrames:
    """Make a map-style dataset for ``torch.utils.data.DataLoader``; see `Dataset.to_torch`."""
    try:
        import torch  # noqa: F401  (missing packages are told here and not at the first batch)
    except ImportError as error:
        raise MissingExtraError("torch", extra="torch", purpose="to_torch") from error
    return TorchFrames(frames, labels, shape)


class TorchFrames:
    """Frames by number, as ``torch.utils.data.DataLoader`` wants them.

    It is no subclass of a class of PyTorch, which DataLoader does not ask for, so that it can be sent to worker
    processes and this module can be imported without PyTorch.
    """

    def __init__(self, frames: Sequence[bytes], labels: NDArray[Any], shape: tuple[int, int, int]) -> None:
        self._frames = tuple(frames)
        self._labels = labels
        self._shape = shape

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        """Return one frame as a uint8 tensor of shape (channels, height, width), and its label.

        The label is an int, a float32 tensor without dimensions, or a tensor of a label for each target of a list.
        """
        import torch

        image = decoded(self._frames[row], self._shape)
        label = self._labels[row]
        # A float of Python would become float64 in a batch, which no model takes.
        whole = label.ndim == 0 and label.dtype == np.int64
        return (
            torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))),
            int(label) if whole else torch.tensor(label),
        )

    def sampler(self, seed: int, *, first_epoch: int = 0) -> FrameSampler:
        """Return a sampler for ``DataLoader(frames, sampler=...)`` with another order in each epoch."""
        return FrameSampler(len(self), seed=seed, first_epoch=first_epoch)


class FrameSampler:
    """Gives every frame once per epoch, in an order that depends on nothing but the seed and the epoch."""

    def __init__(self, n: int, *, seed: int, first_epoch: int = 0) -> None:
        _check(1, seed, first_epoch)
        self._n = n
        self._seed = seed
        self._epoch = first_epoch

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[int]:
        rows = order(self._n, seed=self._seed, epoch=self._epoch)
        self._epoch += 1
        return iter(rows.tolist())

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch, as when a stopped training goes on."""
        _check(1, self._seed, epoch)
        self._epoch = epoch


def _check(batch_size: int, seed: int | None, epoch: int) -> None:
    numbers: tuple[tuple[str, object, int], ...] = (
        ("batch_size", batch_size, 1),
        ("seed", seed, 0),
        ("epoch", epoch, 0),
    )
    for name, value, least in numbers:
        if value is None:
            continue
        # bool is an int to Python, but True is no size of a batch; integers of NumPy are welcome.
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise UsageError(
                "value out of range", where=name, expected=f"a whole number, at least {least}", found=repr(value)
            )
