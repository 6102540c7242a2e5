"""What the cache of the frozen part saves, measured on a slice of the data and reckoned for a whole cross-validation.

Both ways are timed in one run on the same pictures: the straightforward step augments a picture, runs the whole network
on it and trains its last part; the cached way runs the frozen part once per view, and trains the last part alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from train.augment import augment
from train.config import TrainConfig
from train.data import Samples
from train.models import build, split_network

__all__ = ["Cost", "measure_cost"]


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the parts, and what follows for a cross-validation.

    Attributes
    ----------
    frames, training_frames : int
        Frames of the dataset, and of one fold's training part (all but one k-th).
    frozen_s : float
        CPU time of the frozen part, per picture.
    augment_s : float
        CPU time of augmenting, per picture.
    head_step_s : float
        CPU time of a training step from the cache, per picture.
    whole_step_s : float
        CPU time of a straightforward training step without augmenting, per picture.
    """

    config: TrainConfig
    frames: int
    training_frames: int
    frozen_s: float
    augment_s: float
    head_step_s: float
    whole_step_s: float

    @property
    def shown_pictures(self) -> int:
        """How many pictures training shows in all folds and epochs."""
        return self.config.k * self.config.epochs * self.training_frames

    @property
    def straightforward_s(self) -> float:
        """Reckoned CPU time without the cache: every shown picture is augmented and goes through the whole network."""
        return self.shown_pictures * (self.augment_s + self.whole_step_s)

    @property
    def cached_s(self) -> float:
        """Reckoned CPU time with the cache: the frozen part once per view, the rest once per shown picture."""
        once = self.frames * (self.frozen_s + self.config.views * (self.frozen_s + self.augment_s))
        return once + self.shown_pictures * self.head_step_s

    @property
    def ratio(self) -> float:
        """Cached over straightforward."""
        return self.cached_s / self.straightforward_s


def measure_cost(config: TrainConfig, samples: Samples, *, pictures: int = 64) -> Cost:
    """Time both ways on the first pictures.

    Parameters
    ----------
    config : TrainConfig
        With a frozen part.
    samples : Samples
        The dataset.
    pictures : int
        Size of the slice.

    Returns
    -------
    Cost
        The measured parts.
    """
    keras.utils.set_random_seed(config.seed)
    network = build(config)
    prefix, head = split_network(network, config.frozen_until)
    if prefix is None:
        prefix = keras.Model(network.input, network.input)
    images = samples.images[:pictures, ..., None].astype(np.float32)
    labels = samples.labels[: len(images)]
    features = _in_batches(prefix, images, config.batch_size)
    frozen = _cpu_s(lambda: _in_batches(prefix, images, config.batch_size))
    rng = np.random.default_rng(config.seed)
    augmenting = _cpu_s(
        lambda: [augment(image, kind=config.augmentation, rng=rng) for image in samples.images[: len(images)]]
    )
    steps = {}
    for name, model, inputs in (("head", head, features), ("whole", network, images)):
        model.compile(keras.optimizers.Adam(config.learning_rate), loss="sparse_categorical_crossentropy")
        model.fit(inputs, labels, batch_size=config.batch_size, verbose=0)
        steps[name] = _cpu_s(
            lambda model=model, inputs=inputs: model.fit(inputs, labels, batch_size=config.batch_size, verbose=0)
        )
    count = len(images)
    return Cost(
        config,
        len(samples),
        len(samples) * (config.k - 1) // config.k,
        frozen / count,
        augmenting / count,
        steps["head"] / count,
        steps["whole"] / count,
    )


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
