"""Finished runs of a tiny network whose weights are set by hand: it knows stripes, and nobody had to train it.

Each class is a striped patch: vertical, horizontal or fine grain. Where it lies is known, so a map can be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from train import models  # noqa: E402
from train.config import TrainConfig  # noqa: E402
from train.data import Samples  # noqa: E402
from train.fit import predict_rows, prediction_table  # noqa: E402
from train.models import ModelEntry  # noqa: E402
from train.run_folder import RunFolder, write_predictions  # noqa: E402

SIZE = 64
PATCH = 16
CLASSES = ("covid-19", "bacterial-pneumonia", "healthy")


@dataclass(frozen=True)
class TinyRun:
    """A run folder with the samples that it belongs to, and where each row's patch lies (top, left)."""

    folder: RunFolder
    samples: Samples
    places: np.ndarray


def tiny_network(config: TrainConfig, *, head: str = "linear") -> keras.Model:
    """Build the network: stripes in two directions and grain, pooled to a grid of 16."""
    layers = keras.layers
    pictures = keras.Input((config.size_px, config.size_px, 1), name="pictures")
    hidden = layers.Rescaling(1 / 255, name="scale")(pictures)
    hidden = layers.Conv2D(3, 3, padding="same", activation="relu", name="stripes")(hidden)
    hidden = layers.AveragePooling2D(4, name="shrink")(hidden)
    hidden = layers.Activation("linear", name="features")(hidden)
    if head == "flat":
        vector = layers.Dense(8, activation="relu", name="hidden")(layers.Flatten(name="flat")(hidden))
    else:
        vector = layers.GlobalAveragePooling2D(name="pool")(hidden)
    if head == "deep":
        vector = layers.Dense(8, activation="relu", name="hidden")(vector)
        vector = layers.Dropout(0.3, name="dropout")(vector)
        vector = layers.BatchNormalization(name="norm")(vector)
    if head == "standardised":
        vector = layers.BatchNormalization(center=False, scale=False, name="standardise")(vector)
    chances = layers.Dense(len(config.classes), activation="softmax", name="classes")(vector)
    network = keras.Model(pictures, chances, name="tiny")
    vertical = np.array([[-1, 2, -1]] * 3, np.float32)
    grain = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]], np.float32)
    kernel = np.stack([vertical, vertical.T, 2 * grain], axis=-1)[:, :, None]
    network.get_layer("stripes").set_weights([kernel, np.full(3, -2.0, np.float32)])
    for layer in network.layers[:3]:
        layer.trainable = False
    if head == "linear":
        network.get_layer("classes").set_weights([np.eye(3, dtype=np.float32) * 8 - 2, np.zeros(3, np.float32)])
    return network


def striped(kind: int, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """Draw a patch of one class somewhere on dark speckle."""
    picture = rng.integers(0, 25, (SIZE, SIZE)).astype(np.uint8)
    top, left = (int(value) * 4 for value in rng.integers(0, (SIZE - PATCH) // 4 + 1, 2))
    rows, columns = np.indices((PATCH, PATCH))
    pattern = (columns % 2, rows % 2, (rows + columns) % 2)[kind]
    picture[top : top + PATCH, left : left + PATCH] = pattern * 230
    return picture, (top, left)


def tiny_samples(*, recordings: int = 12, frames: int = 3, seed: int = 0) -> tuple[Samples, np.ndarray]:
    """Draw recordings of all classes in turn; two recordings make a patient."""
    rng = np.random.default_rng(seed)
    drawn = [striped(number % 3, rng) for number in range(recordings) for _ in range(frames)]
    numbers = np.repeat(np.arange(recordings), frames)
    samples = Samples(
        images=np.stack([picture for picture, _ in drawn]),
        labels=(numbers % 3).astype(np.int64),
        recordings=np.array([f"tiny/clip-{number:02d}" for number in numbers]),
        groups=np.array([f"tiny/patient-{number // 6 * 3 + number % 3}" for number in numbers]),
        providers=np.array(["made-up"] * len(numbers)),
        frame_indices=np.tile(np.arange(frames) * 5, recordings),
        times_s=np.tile(np.arange(frames) / 3, recordings),
        classes=CLASSES,
    )
    return samples, np.array([place for _, place in drawn])


def tiny_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, head: str = "linear", frozen_until: str = "stripes"
) -> TinyRun:
    """Write a finished run of two folds, and make its model known for the test."""

    def build(config: TrainConfig) -> keras.Model:
        return tiny_network(config, head=head)

    monkeypatch.setitem(models.MODELS, "tiny", ModelEntry(build, "tiny", 0, None, "made up"))
    config = TrainConfig(
        "tiny:test", "tiny", classes=CLASSES, size_px=SIZE, weights="none", frozen_until=frozen_until, k=2, views=2
    )
    samples, places = tiny_samples()
    folder = RunFolder(path)
    folder.claim(config, {"samples_digest": samples.digest})
    fold_of = (np.arange(len(samples)) // 18) % 2
    tables = []
    for fold in range(2):
        keras.utils.set_random_seed(fold)
        network = build(config)
        classifier = network.get_layer("classes")
        kernel, bias = classifier.get_weights()
        classifier.set_weights([kernel + np.random.default_rng(fold).normal(0, 0.3, kernel.shape), bias])
        network.save_weights(folder.fold(fold) / "model.weights.h5")
        rows = np.flatnonzero(fold_of == fold)
        chances = predict_rows(network, samples.images[..., None], rows)
        tables.append(prediction_table(samples.rows(rows), chances, fold=fold))
        folder.finish_fold(fold, tables[-1], {"epochs": 1})
    import pandas as pd

    write_predictions(path / "predictions.csv", pd.concat(tables, ignore_index=True))
    return TinyRun(folder, samples, places)
