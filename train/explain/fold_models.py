"""The fitted networks of a finished run, applied to its data: what is shared between folds is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from lusdata import DataError, UsageError
from lusdata.progress import show_progress

from ..augment import augment
from ..data import Samples
from ..fitted import fold_network
from ..models import split_network
from ..prefix_cache import cache_key, weights_digest
from ..run_folder import RunFolder
from .cam import MappedNetwork
from .grid import resize_maps
from .seam import maps_behind

__all__ = ["FoldEvidence", "FoldModels", "Views", "collect", "held_out_fold", "on_one_grid"]

_ROWS_AT_ONCE = 32


class FoldModels:
    """The networks of a run's finished folds.

    Parameters
    ----------
    run : RunFolder
        The run. Every finished fold takes part.

    Attributes
    ----------
    config : TrainConfig
        The run's record.
    folds : tuple of int
        Numbers of the folds.
    prefix : keras.Model or None
        The frozen part, if all folds share it: from pictures to what the parts take.
    parts : tuple of MappedNetwork
        Of each fold the rest of the network, or all of it if nothing is shared.

    Raises
    ------
    DataError
        If no fold is finished, or a weights file is missing, corrupt or of another network.
    """

    def __init__(self, run: RunFolder) -> None:
        self.config = run.config
        self.folds = tuple(fold for fold in range(self.config.k) if run.fold_is_done(fold))
        if not self.folds:
            raise DataError("the run is not finished", where=str(run.path), found="no finished fold")
        networks = [fold_network(run, fold) for fold in self.folds]
        cut = [_cut(network, self.config.frozen_until) for network in networks]
        prefix = cut[0][0]
        shared = prefix is not None and len({_identity(one) for one, _ in cut}) == 1
        self.prefix: keras.Model | None = prefix if shared else None
        heads = [head for _, head in cut] if shared else networks
        self.parts = tuple(MappedNetwork(head) for head in heads)

    @property
    def method(self) -> str:
        """How the maps are made: ``cam`` or ``grad-cam``."""
        return self.parts[0].method

    def inputs(self, images: np.ndarray) -> np.ndarray:
        """Turn pictures or clips, uint8 (n, size, size) or (n, time, size, size), into what the parts take, float32."""
        pictures = images[..., None].astype(np.float32)
        if self.prefix is None:
            return pictures
        done = [
            keras.ops.convert_to_numpy(self.prefix(pictures[start : start + _ROWS_AT_ONCE], training=False))
            for start in range(0, len(pictures), _ROWS_AT_ONCE)
        ]
        return np.concatenate(done).astype(np.float32)

    def part_of(self, fold: int) -> MappedNetwork:
        """Return the part of one fold."""
        return self.parts[self.folds.index(fold)]


def _cut(network: keras.Model, frozen_until: str) -> tuple[keras.Model | None, keras.Model]:
    """Cut a network as training did; but where that was behind the pooling, before it, since maps are needed."""
    prefix, head = split_network(network, frozen_until)
    if prefix is None or len(prefix.output.shape) >= 4:
        return prefix, head
    maps = maps_behind(prefix.output)
    return keras.Model(network.input, maps, name="frozen"), keras.Model(maps, network.output, name="trained")


def _identity(prefix: keras.Model) -> tuple[str, tuple[int, ...]]:
    return weights_digest(prefix), prefix.output_shape[1:]


class Views:
    """The parts' inputs for the plain picture (view 0) and any augmented view of a run's samples.

    Views are drawn as in training, by the config's recipe, seed, number of the view and row; so where training left a
    cache of the frozen part's outputs, they are read from it, and the cache decides speed only.

    Parameters
    ----------
    models : FoldModels
        The networks.
    samples : Samples
        The rows of the run.
    cache : Path or None
        Folder of the frozen parts' caches.
    """

    def __init__(self, models: FoldModels, samples: Samples, *, cache: Path | None) -> None:
        self._models = models
        self._samples = samples
        self._cached = _cached(models, samples, cache)

    def __call__(self, view: int, rows: np.ndarray) -> np.ndarray:
        """Return the inputs of some rows in one view, shape (rows, ...), float32."""
        if self._cached is not None and view < len(self._cached):
            return np.asarray(self._cached[view][rows], dtype=np.float32)
        config, images = self._models.config, self._samples.images[rows]
        if view:
            # A network that was trained without augmentation is asked with the paper's.
            kind = "paper" if config.augmentation == "none" else config.augmentation
            images = np.stack(
                [
                    augment(image, kind=kind, rng=np.random.default_rng([config.seed, view, int(row)]))
                    for row, image in zip(rows, images, strict=True)
                ]
            )
        return self._models.inputs(images)


def _cached(models: FoldModels, samples: Samples, cache: Path | None) -> np.ndarray | None:
    config = models.config
    if cache is None or models.prefix is None or config.augmentation == "none":
        return None
    key = cache_key(models.prefix, config, samples)
    path = cache / f"{key}.npy"
    if not path.is_file() or (cache / f"{key}.progress").exists():
        return None
    features: np.ndarray = np.load(path, mmap_mode="r")
    # A cut before the pooling has the weights of the one behind it, and so its name, but not its shape.
    return features if features.shape[2:] == models.prefix.output_shape[1:] else None


@dataclass(frozen=True)
class FoldEvidence:
    """Maps and probabilities of every fold's network for every row.

    Attributes
    ----------
    maps : np.ndarray, shape (folds, n, classes, height, width), float32
        Class activation maps on the grid of the network's seam.
    probabilities : np.ndarray, shape (folds, n, classes), float32
        What each network says.
    held_out : np.ndarray, shape (n,), int64
        Position, along `folds`, of the network that did not see the row in training.
    """

    maps: np.ndarray
    probabilities: np.ndarray
    held_out: np.ndarray

    @property
    def test_maps(self) -> np.ndarray:
        """Maps of the network that did not see the row, shape (n, classes, height, width)."""
        maps: np.ndarray = self.maps[self.held_out, np.arange(len(self.held_out))]
        return maps

    @property
    def train_maps(self) -> np.ndarray:
        """The paper's train-CAM: the mean over all networks, most of which saw the row; same shape."""
        maps: np.ndarray = self.maps.mean(axis=0)
        return maps

    @property
    def test_probabilities(self) -> np.ndarray:
        """Probabilities by the network that did not see the row, shape (n, classes)."""
        probabilities: np.ndarray = self.probabilities[self.held_out, np.arange(len(self.held_out))]
        return probabilities


def collect(models: FoldModels, views: Views, held_out: np.ndarray) -> FoldEvidence:
    """Apply every fold's network to every row.

    Parameters
    ----------
    models : FoldModels
        The networks.
    views : Views
        The rows' inputs.
    held_out : np.ndarray, shape (n,), int64
        As in `FoldEvidence`.

    Returns
    -------
    FoldEvidence
        Maps and probabilities.
    """
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in models.parts]
    starts = range(0, len(held_out), _ROWS_AT_ONCE)
    with show_progress(len(starts), doing="activation maps", unit="batch") as advance:
        for start in starts:
            inputs = views(0, np.arange(start, min(start + _ROWS_AT_ONCE, len(held_out))))
            for position, part in enumerate(models.parts):
                found[position].append(part.maps(inputs))
            advance()
    maps = on_one_grid([np.concatenate([one for one, _ in per_fold]) for per_fold in found])
    chances = np.stack([np.concatenate([one for _, one in per_fold]) for per_fold in found])
    return FoldEvidence(maps, chances, held_out)


def on_one_grid(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Stack the maps of several networks, shape (networks, ..., height, width), float32, on the finest grid of all.

    Folds may have chosen feature maps of different depth, and so of different size.
    """
    grid = max((one.shape[-2:] for one in maps), key=np.prod)
    return np.stack([resize_maps(one, grid) for one in maps])


def held_out_fold(samples: Samples, predictions: pd.DataFrame, folds: Sequence[int]) -> np.ndarray:
    """Find, for every row, the fold whose test part it was in.

    Parameters
    ----------
    samples : Samples
        Rows of the run.
    predictions : pd.DataFrame
        The run's pooled predictions.
    folds : sequence of int
        Numbers of the folds at hand.

    Returns
    -------
    np.ndarray, shape (n,), int64
        Position of the fold in `folds`.

    Raises
    ------
    UsageError
        If a row was in no fold's test part: the data is not what the run was fitted on.
    """
    keys = zip(predictions["recording"], predictions["frame_index"], predictions["fold"], strict=True)
    fold_of = {(str(recording), int(frame)): int(fold) for recording, frame, fold in keys}
    rows = zip(samples.recordings, samples.frame_indices, strict=True)
    found = [fold_of.get((str(recording), int(frame)), -1) for recording, frame in rows]
    missing = sum(fold not in folds for fold in found)
    if missing or not found:
        raise UsageError(
            "the data is not what the run was fitted on",
            expected="the collection, mirror and settings of the run",
            found=f"{missing} of {len(found)} frames in no finished fold's test part",
        )
    return np.array([list(folds).index(fold) for fold in found], dtype=np.int64)
