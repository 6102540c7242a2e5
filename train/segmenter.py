"""Train the segmentation ensemble on phantoms, and say how well it finds each pattern on phantoms it has not seen.

Read it from top to bottom: phantoms, network, training, test, files.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

import lusdata
from lusdata import DataError, UsageError
from lusdata.atomic import write_text
from lusdata.scratch import scratch_folder

from .batches import epoch_order
from .models.ensemble import PATTERNS, WORKING_SIZE_PX, build_ensemble
from .segmentation_phantoms import LabelledPictures, draw_pictures
from .weights import sha256_of_file

__all__ = ["dice", "fit_segmenter", "segmentation_loss"]

MEMBERS = ("unet", "unetpp", "deeplab")
WEIGHTS_NAME, RECORD_NAME = "segmenter.weights.h5", "segmenter.json"

_LEARNING_RATE = 2e-3
_HELD_OUT_SEED = 1_000_000
_PICTURES_AT_ONCE = 16


def fit_segmenter(
    *,
    out: Path,
    steps: int = 300,
    seed: int = 0,
    size_px: int = WORKING_SIZE_PX,
    batch_size: int = 8,
    phantom_count: int = 400,
    held_out_count: int = 40,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train the ensemble and write it.

    Parameters
    ----------
    out : Path
        Folder for ``segmenter.weights.h5`` and ``segmenter.json``; made if absent. The record holds the digests of
        weights and phantoms, all settings, and the Dice overlap of each member and pattern.
    steps : int
        Training steps of `batch_size` pictures.
    seed : int
        Seed of phantoms, first weights and order.
    size_px : int
        Height and width of the pictures, a multiple of 16; the models that use the ensemble work at the same size.
    batch_size : int
        Pictures of a step.
    phantom_count, held_out_count : int
        Phantoms to train on, each seen as drawn and mirrored; and others to test on.
    say : callable
        Gets a line when something begins and, now and then, how far training is.

    Returns
    -------
    Path
        The weights file.

    Raises
    ------
    UsageError
        If the folder holds a segmenter already, or a setting cannot be used.
    DataError
        If the loss is not a number.
    """
    weights_path, record_path = out / WEIGHTS_NAME, out / RECORD_NAME
    if seed < 0:
        raise UsageError("too small", where="seed", expected="at least 0", found=str(seed))
    _require_usable(weights_path, size_px, steps=steps, counts=(batch_size, phantom_count, held_out_count))
    started = time.perf_counter()

    # -- Phantoms ------------------------------------------------------------------------------------------------------
    say(f"drawing {phantom_count + held_out_count} phantoms of {size_px} px")
    training = draw_pictures(phantom_count, size_px=size_px, seed=seed)
    held_out = draw_pictures(held_out_count, size_px=size_px, seed=seed + _HELD_OUT_SEED)

    # -- Network -------------------------------------------------------------------------------------------------------
    keras.utils.set_random_seed(seed)
    ensemble = build_ensemble(size_px)
    members = keras.Model(ensemble.input, [ensemble.get_layer(f"{name}_chances").output for name in MEMBERS])
    rate = keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps, alpha=0.01)
    # Each member learns by itself; what they agree on is for later.
    members.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss=[segmentation_loss] * len(MEMBERS))

    # -- Training ------------------------------------------------------------------------------------------------------
    say(f"training {ensemble.count_params():,} parameters for {steps} steps of {batch_size}")
    batches = _PhantomBatches(training, batch_size=batch_size, steps=steps, outputs=len(MEMBERS), seed=seed)
    progress = _Progress(steps, say)
    members.fit(batches, epochs=1, shuffle=False, callbacks=[progress], verbose=0)

    # -- Test ----------------------------------------------------------------------------------------------------------
    overlaps = _overlaps(ensemble, members, held_out)
    found = ", ".join(f"{name} {_shown(value)}" for name, value in overlaps["ensemble"].items() if name != "background")
    say(f"Dice on {held_out_count} phantoms not trained on: {found}")

    # -- Files: the record first, since by the weights a folder counts as used -----------------------------------------
    out.mkdir(parents=True, exist_ok=True)
    with scratch_folder(out) as scratch:
        new_path = scratch / WEIGHTS_NAME
        ensemble.save_weights(new_path)
        record = {
            "what": "segmentation ensemble of U-Net, U-Net++ and DeepLabv3+, trained on phantoms",
            "sha256": sha256_of_file(new_path),
            "patterns": list(PATTERNS),
            "size_px": size_px,
            "parameters": ensemble.count_params(),
            "settings": {
                "steps": steps,
                "batch_size": batch_size,
                "learning_rate": _LEARNING_RATE,
                "seed": seed,
                "phantoms": phantom_count,
                "held_out_phantoms": held_out_count,
            },
            "phantoms_sha256": training.digest,
            "held_out_sha256": held_out.digest,
            "dice": overlaps,
            "last_loss": progress.loss,
            "wall_s": round(time.perf_counter() - started, 1),
            "versions": {
                "lusdata": lusdata.__version__,
                "keras": keras.__version__,
                "backend": keras.backend.backend(),
            },
        }
        write_text(record_path, json.dumps(record, indent=2) + "\n")
        new_path.replace(weights_path)
    return weights_path


def segmentation_loss(labels: Any, chances: Any) -> Any:
    """Return cross-entropy plus the mean Dice loss of the patterns, a scalar.

    Thin lines are a hundredth of the pixels: cross-entropy alone would be content without them, Dice alone learns
    slowly.

    Parameters
    ----------
    labels : tensor, shape (batch, size, size), any number type
        Index into `PATTERNS`.
    chances : tensor, shape (batch, size, size, 6), float32
        Softmax at each pixel.
    """
    truth = ops.one_hot(ops.cast(labels, "int32"), len(PATTERNS), dtype=chances.dtype)
    surprise = -ops.mean(ops.sum(truth * ops.log(ops.maximum(chances, 1e-7)), axis=-1))
    common = ops.sum(truth * chances, axis=(0, 1, 2))
    both = ops.sum(truth, axis=(0, 1, 2)) + ops.sum(chances, axis=(0, 1, 2))
    overlap = (2 * common + 1) / (both + 1)
    return surprise + ops.mean(1 - overlap[1:])


def dice(labels: np.ndarray, found: np.ndarray) -> dict[str, float | None]:
    """Return the Dice overlap of each pattern over all pixels; None where it is neither shown nor found.

    Parameters
    ----------
    labels, found : np.ndarray, the same shape, int
        Indices into `PATTERNS`.

    Examples
    --------
    >>> overlap = dice(np.array([1, 1, 3, 3]), np.array([1, 3, 3, 3]))
    >>> round(overlap["pleura"], 3), round(overlap["b-line"], 3), overlap["effusion"]
    (0.667, 0.8, None)
    """
    return {pattern: _dice_of(labels == index, found == index) for index, pattern in enumerate(PATTERNS)}


def _dice_of(shown: np.ndarray, found: np.ndarray) -> float | None:
    both = int(shown.sum()) + int(found.sum())
    return 2 * int((shown & found).sum()) / both if both else None


def _overlaps(
    ensemble: keras.Model, members: keras.Model, held_out: LabelledPictures
) -> dict[str, dict[str, float | None]]:
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("ensemble", *MEMBERS)}
    for start in range(0, len(held_out), _PICTURES_AT_ONCE):
        pictures = _as_input(held_out.pictures[start : start + _PICTURES_AT_ONCE])
        chances = [ops.convert_to_numpy(part) for part in members(pictures, training=False)]
        # The ensemble's own output is this mean; taking it here spares a second pass.
        for name, part in zip(found, [np.mean(chances, axis=0), *chances], strict=True):
            found[name].append(part.argmax(-1))
    return {name: dice(held_out.labels, np.concatenate(parts)) for name, parts in found.items()}


def _as_input(pictures: np.ndarray) -> np.ndarray:
    return pictures[..., None].astype(np.float32)


def _shown(overlap: float | None) -> str:
    return "-" if overlap is None else f"{overlap:.2f}"


def _require_usable(weights_path: Path, size_px: int, *, steps: int, counts: tuple[int, int, int]) -> None:
    if weights_path.exists():
        raise UsageError(
            "there is a segmenter already", where=str(weights_path), hint="name another folder; nothing was changed"
        )
    if size_px < 32 or size_px % 16:
        raise UsageError("no such size", where="size_px", expected="a multiple of 16 from 32 on", found=str(size_px))
    if steps < 1 or min(counts) < 1:
        raise UsageError("nothing to train", where="steps, batch_size, phantoms", expected="at least 1 each")


def _regained(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each picture another dynamic range and gain, more than phantoms differ in, since real machines do."""
    shape = (len(pictures), 1, 1, 1)
    gamma, gain = rng.uniform(0.6, 1.7, shape), rng.uniform(0.6, 1.3, shape)
    return np.clip(255 * gain * (pictures / 255) ** gamma, 0, 255).astype(np.float32)


class _PhantomBatches(keras.utils.PyDataset):
    """Batches in an order that differs by round; half of the pictures are mirrored left-right."""

    def __init__(self, training: LabelledPictures, *, batch_size: int, steps: int, outputs: int, seed: int) -> None:
        super().__init__()
        self._training = training
        self._batch_size = batch_size
        self._outputs = outputs
        self._seed = seed
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        places = np.arange(index * self._batch_size, (index + 1) * self._batch_size)
        rounds, within = np.divmod(places, len(self._training))
        orders = {number: epoch_order(len(self._training), seed=self._seed, epoch=number) for number in set(rounds)}
        rows = np.array([orders[number][place] for number, place in zip(rounds, within, strict=True)])
        pictures, labels = self._training.pictures[rows], self._training.labels[rows]
        mirrored = (rows + rounds) % 2 == 1
        pictures[mirrored] = pictures[mirrored, :, ::-1]
        labels[mirrored] = labels[mirrored, :, ::-1]
        rng = np.random.default_rng([self._seed, index])
        return _regained(_as_input(pictures), rng), (labels.astype(np.int32),) * self._outputs


class _Progress(keras.callbacks.Callback):
    """Says how far training is, and stops it when the loss is not a number."""

    def __init__(self, steps: int, say: Callable[[str], None]) -> None:
        super().__init__()
        self._steps = steps
        self._say = say
        self._every = max(1, steps // 20)
        self._started = time.perf_counter()
        self.loss = math.nan

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(self.loss):
            raise DataError(
                "the training loss is not a number", where=f"segmenter, step {batch}", hint="try another --seed"
            )
        done = batch + 1
        if done % self._every == 0:
            left_s = (time.perf_counter() - self._started) / done * (self._steps - done)
            self._say(f"step {done} of {self._steps}, mean loss {self.loss:.3f}, about {left_s / 60:.1f} min left")
