"""What the cache of the frozen part saves, measured on a slice of the data and reckoned for a whole cross-validation.

Both ways are timed in one run on the same pictures, each with the batches that a fit uses: the straightforward step
augments a picture, runs the whole network on it and trains its last part; the cached way augments and runs the frozen
part once per view, and trains the last part alone on what it reads. Scoring the choosing part after each epoch takes
the whole network or its last part alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from lusdata import UsageError

from .augment import augment
from .batches import BatchSettings, FeatureBatches, PictureBatches
from .config import TrainConfig
from .data import Samples
from .models import build, split_network

__all__ = ["Cost", "measure_cost"]


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the parts, and what follows for a cross-validation.

    Attributes
    ----------
    frames : int
        Frames of the dataset.
    shown_pictures, scored_pictures : int
        How many pictures training shows in all folds and epochs, and how many are scored to choose the epoch.
    frozen_s, augment_s, head_s : float
        CPU time of the frozen part, of augmenting, and of asking the last part, per picture.
    cached_step_s, straightforward_step_s : float
        CPU time of a training step, per picture: from the cache, and with augmenting and the whole network.
    """

    config: TrainConfig
    frames: int
    shown_pictures: int
    scored_pictures: int
    frozen_s: float
    augment_s: float
    head_s: float
    cached_step_s: float
    straightforward_step_s: float

    @property
    def straightforward_s(self) -> float:
        """Reckoned CPU time without the cache: the whole network for every picture that is shown or scored."""
        scoring_s = self.scored_pictures * (self.frozen_s + self.head_s)
        return self.shown_pictures * self.straightforward_step_s + scoring_s

    @property
    def cached_s(self) -> float:
        """Reckoned CPU time with the cache: the frozen part once per view, then the last part alone."""
        once_s = self.frames * (self.frozen_s + self.config.views * (self.frozen_s + self.augment_s))
        return once_s + self.shown_pictures * self.cached_step_s + self.scored_pictures * self.head_s

    @property
    def ratio(self) -> float:
        """Cached over straightforward."""
        return self.cached_s / self.straightforward_s


def measure_cost(config: TrainConfig, samples: Samples, parts: Sequence[np.ndarray], *, pictures: int = 64) -> Cost:
    """Time both ways on the first pictures.

    Parameters
    ----------
    config : TrainConfig
        With a frozen part.
    samples : Samples
        The dataset.
    parts : sequence of np.ndarray, shape (n,), str
        For each fold ``train``, ``validation`` or ``test`` for each row.
    pictures : int
        Size of the slice.

    Returns
    -------
    Cost
        The measured parts.

    Raises
    ------
    UsageError
        If nothing of the model is frozen, or it is not fitted in epochs.
    """
    if config.solver == "exact":
        raise UsageError(
            "this config is fitted in one step, so there are no epochs to reckon",
            where=config.name,
            hint="try its paper's settings, MODEL:paper",
        )
    keras.utils.set_random_seed(config.seed)
    network = build(config)
    prefix, head = split_network(network, config.frozen_until)
    if prefix is None:
        raise UsageError("nothing of this model is frozen, so there is nothing to cache", where=config.name)
    rows = np.arange(min(pictures, len(samples)))
    images, labels = samples.images[rows], samples.labels[rows]
    plain = images[..., None].astype(np.float32)
    features = _in_batches(prefix, plain, config.batch_size).astype(np.float16)[None]
    rng = np.random.default_rng(config.seed)
    frozen_s = _cpu_s(lambda: _in_batches(prefix, plain, config.batch_size))
    head_s = _cpu_s(lambda: _in_batches(head, features[0].astype(np.float32), config.batch_size))
    augment_s = _cpu_s(lambda: [augment(image, kind=config.augmentation, rng=rng) for image in images])
    settings: BatchSettings = {
        "class_weights": np.ones(len(config.classes), np.float32),
        "batch_size": config.batch_size,
        "seed": config.seed,
    }
    cached = FeatureBatches(features, rows, labels, **settings)
    straightforward = PictureBatches(images, rows, labels, augmentation=config.augmentation, **settings)
    steps_s = [_steps_s(head, cached, config), _steps_s(network, straightforward, config)]
    count = len(rows)
    return Cost(
        config,
        len(samples),
        config.epochs * sum(_shown(part, config) for part in parts),
        config.epochs * sum(_scored(part, config) for part in parts),
        frozen_s / count,
        augment_s / count,
        head_s / count,
        *(seconds / count for seconds in steps_s),
    )


def _shown(part: np.ndarray, config: TrainConfig) -> int:
    """Count the rows of a fold that are trained on, as `train.fit.fit_fold` takes them."""
    whole = config.protocol == "paper" or config.monitor == "none"
    return int((part != "test").sum() if whole else (part == "train").sum())


def _scored(part: np.ndarray, config: TrainConfig) -> int:
    """Count the rows of a fold that are scored after each epoch."""
    if config.protocol == "paper":
        return int((part == "test").sum())
    return 0 if config.monitor == "none" else int((part == "validation").sum())


def _steps_s(model: keras.Model, batches: keras.utils.PyDataset, config: TrainConfig) -> float:
    """Return the CPU time of one epoch after another that compiles what there is to compile."""
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="sparse_categorical_crossentropy")
    model.fit(batches, verbose=0)
    return _cpu_s(lambda: model.fit(batches, verbose=0))


def _in_batches(model: keras.Model, images: np.ndarray, batch_size: int) -> np.ndarray:
    parts = [
        keras.ops.convert_to_numpy(model(images[start : start + batch_size], training=False))
        for start in range(0, len(images), batch_size)
    ]
    return np.concatenate(parts)


def _cpu_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
