"""The frozen part of a network sees the same pictures in every epoch: compute it once.

A cache holds the frozen part's output for the plain picture (view 0) and for K augmented views of each frame. Views are
drawn by seed and frame, so all folds share one cache; with K = epochs it equals augmenting anew in every epoch. It is a
memory-mapped float16 array, keyed by the digests of weights, settings and data, and is filled in order, so that an
interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import keras
import numpy as np

from lusdata.atomic import write_text
from lusdata.progress import show_progress

from .augment import augment
from .config import TrainConfig
from .data import Samples

__all__ = ["cache_key", "cached_prefix", "weights_digest"]

_ROWS_AT_ONCE = 32


def weights_digest(model: keras.Model) -> str:
    """Return the sha256 of a model's weights, in their order."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes())
    return digest.hexdigest()


def cache_key(prefix: keras.Model, config: TrainConfig, samples: Samples) -> str:
    """Return the name of a cache: everything that decides its content, and nothing else."""
    parts = {
        "layout": 2,
        "weights": weights_digest(prefix),
        "frozen_until": config.frozen_until,
        "pool_layer": config.pool_layer,
        "augmentation": config.augmentation,
        "views": config.views,
        "seed": config.seed,
        "data": samples.digest,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def cached_prefix(prefix: keras.Model, config: TrainConfig, samples: Samples, *, folder: Path | None) -> np.ndarray:
    """Return the frozen part's output for every view of every sample.

    Parameters
    ----------
    prefix : keras.Model
        From pictures of shape (n, size, size, 1), float32, 0 to 255, to features.
    config : TrainConfig
        Names the augmentation, the number of views and the seed.
    samples : Samples
        The pictures.
    folder : Path or None
        Where caches lie; made if absent. None keeps nothing.

    Returns
    -------
    np.ndarray, shape (views + 1, n, ...), float16
        View 0 is the plain picture. From a folder it is memory-mapped and read-only.
    """
    shape = (config.views + 1, len(samples), *prefix.output_shape[1:])
    steps = [(view, start) for view in range(config.views + 1) for start in range(0, len(samples), _ROWS_AT_ONCE)]
    if folder is None:
        features = np.empty(shape, np.float16)
        with show_progress(len(steps), doing="frozen part", unit="batch") as advance:
            for view, start in steps:
                rows = slice(start, start + _ROWS_AT_ONCE)
                features[view, rows] = _run(prefix, _view(samples, rows, view, config))
                advance()
        return features
    folder.mkdir(parents=True, exist_ok=True)
    key = cache_key(prefix, config, samples)
    path, progress_path = folder / f"{key}.npy", folder / f"{key}.progress"
    if path.exists() and not progress_path.exists():
        return _mapped(path)
    done = _progress(progress_path) if path.exists() else 0
    # The progress first: without one, the array would be taken for whole by the run after this.
    write_text(progress_path, str(done))
    features = np.lib.format.open_memmap(path, mode="r+" if done else "w+", dtype=np.float16, shape=shape)
    with show_progress(len(steps), doing="frozen part", unit="batch", done=done) as advance:
        for step, (view, start) in enumerate(steps[done:], start=done):
            rows = slice(start, start + _ROWS_AT_ONCE)
            features[view, rows] = _run(prefix, _view(samples, rows, view, config))
            features.flush()
            write_text(progress_path, str(step + 1))
            advance()
    progress_path.unlink()
    return _mapped(path)


def _progress(path: Path) -> int:
    text = path.read_text()
    return int(text) if text.isdigit() else 0


def _view(samples: Samples, rows: slice, view: int, config: TrainConfig) -> np.ndarray:
    images = samples.images[rows]
    if view == 0 or config.augmentation == "none":
        return images
    first = rows.start
    return np.stack(
        [
            augment(image, kind=config.augmentation, rng=np.random.default_rng([config.seed, view, first + offset]))
            for offset, image in enumerate(images)
        ]
    )


def _mapped(path: Path) -> np.ndarray:
    features: np.ndarray = np.load(path, mmap_mode="r")
    return features


def _run(prefix: keras.Model, images: np.ndarray) -> np.ndarray:
    inputs = keras.ops.convert_to_tensor(images[..., None].astype(np.float32))
    outputs: np.ndarray = keras.ops.convert_to_numpy(prefix(inputs, training=False))
    return outputs
