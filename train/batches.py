"""The training rows of one fold as batches, in an order that differs by epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypedDict, Unpack

import keras
import numpy as np

from .augment import augment

__all__ = ["BatchSettings", "FeatureBatches", "PictureBatches", "epoch_order", "view_of"]


def epoch_order(count: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return a permutation of ``range(count)`` that depends on seed and epoch alone.

    It is not the order of `lusdata.Dataset.to_tf` and `to_torch`: the runs in ``train/results`` that were fitted by
    epochs showed their frames in this one, and another would give them other weights.

    Examples
    --------
    >>> epoch_order(8, seed=1, epoch=0).tolist()
    [5, 0, 1, 4, 2, 6, 3, 7]
    """
    return np.random.default_rng([seed, epoch]).permutation(count)


def view_of(rows: np.ndarray, *, epoch: int, views: int) -> np.ndarray:
    """Choose the augmented view that each row shows in an epoch.

    Neighbouring rows show different views, so that an epoch mixes all of them; over ``views + 1`` epochs each row shows
    each of its views and the plain picture once, since the plain picture is what is tested.

    Returns
    -------
    np.ndarray, shape of `rows`, int64
        From 0, the plain picture, to `views`.
    """
    return (rows + epoch) % (views + 1)


class BatchSettings(TypedDict):
    """What batches of either kind are told besides their rows."""

    class_weights: np.ndarray
    batch_size: int
    seed: int


class _Batches(keras.utils.PyDataset, ABC):
    """Order, labels and weights; what a row's input is, subclasses say."""

    def __init__(
        self, rows: np.ndarray, labels: np.ndarray, *, class_weights: np.ndarray, batch_size: int, seed: int
    ) -> None:
        super().__init__()
        self._rows = rows
        self._labels = labels
        self._class_weights = class_weights
        self._batch_size = batch_size
        self._seed = seed
        self.epoch = 0
        self._order = rows[epoch_order(len(rows), seed=seed, epoch=0)]

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        labels = self._labels[rows]
        return self._inputs(rows), labels, self._class_weights[labels]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._order = self._rows[epoch_order(len(self._rows), seed=self._seed, epoch=self.epoch)]

    @abstractmethod
    def _inputs(self, rows: np.ndarray) -> np.ndarray:
        """Return the inputs of some rows."""


class FeatureBatches(_Batches):
    """Batches of cached outputs of the frozen part.

    Parameters
    ----------
    features : np.ndarray, shape (views + 1, n, ...), float16
        The cache.
    rows : np.ndarray, shape (m,), int64
        Training rows.
    labels : np.ndarray, shape (n,), int64
        Class indices of all rows.
    class_weights : np.ndarray, shape (classes,), float32
        Weight of each class in the loss.
    batch_size, seed : int
        Rows of a batch, and the seed of the order.
    """

    def __init__(
        self, features: np.ndarray, rows: np.ndarray, labels: np.ndarray, **settings: Unpack[BatchSettings]
    ) -> None:
        super().__init__(rows, labels, **settings)
        self._features = features

    def _inputs(self, rows: np.ndarray) -> np.ndarray:
        views = view_of(rows, epoch=self.epoch, views=len(self._features) - 1)
        inputs: np.ndarray = self._features[views, rows]
        return inputs.astype(np.float32)


class PictureBatches(_Batches):
    """Batches of pictures that are augmented on the way: for networks without a frozen part.

    Parameters
    ----------
    images : np.ndarray, shape (n, size, size) or (n, time, size, size), uint8
        All pictures or clips.
    rows, labels, class_weights, batch_size, seed
        As in `FeatureBatches`.
    augmentation : str
        The recipe of `train.augment.augment`.
    """

    def __init__(
        self,
        images: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        *,
        augmentation: str,
        **settings: Unpack[BatchSettings],
    ) -> None:
        super().__init__(rows, labels, **settings)
        self._images = images
        self._augmentation = augmentation

    def _inputs(self, rows: np.ndarray) -> np.ndarray:
        pictures = [
            augment(
                self._images[row], kind=self._augmentation, rng=np.random.default_rng([self._seed, self.epoch, row])
            )
            for row in rows
        ]
        return np.stack(pictures)[..., None].astype(np.float32)
