"""Fit one model on one fold. Read it from top to bottom: parts, choice of settings, network, training, test.

The parts of a fold come from lusdata. Protocol ``nested`` stops training and chooses the epoch on a validation part
that is taken from the training groups; the test part is used once, at the end. Protocol ``paper`` does what the paper's
code did: it trains on all but the test part and stops on the test part itself. It exists to measure what that flatters.
A model whose last layer is fitted exactly has no epochs; if its config leaves settings open, they are chosen on inner
folds of the training part (`train.choice`).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from lusdata import DataError
from lusdata.atomic import write_text

from .batches import BatchSettings, FeatureBatches, PictureBatches
from .choice import Choice, choose, fit_views
from .config import TrainConfig
from .data import Samples
from .linear import class_weights, put_into
from .metrics import loss_and_balanced_accuracy
from .models import build, split_network
from .pooled import pooled_features
from .prefix_cache import cached_prefix
from .weights_file import write_weights

__all__ = ["FoldResult", "fit_fold", "prediction_table"]

_PREDICT_ROWS = 64
_LOWER_RATE = "lower the learning rate: --set learning_rate=1e-5"


@dataclass(frozen=True)
class FoldResult:
    """What one fold gave.

    Attributes
    ----------
    predictions : pd.DataFrame
        One row per test row; see `prediction_table`.
    log : list of dict
        One entry per epoch: training loss, validation loss and balanced accuracy.
    best_epoch : int or None
        The epoch whose weights made the predictions, from 0; None if the last layer was fitted exactly.
    chosen : dict
        The settings that this fold chose for itself; see `train.choice`.
    tried : list of dict
        One entry per combination of settings that was tried.
    """

    predictions: pd.DataFrame
    log: list[dict[str, float]]
    best_epoch: int | None
    chosen: dict[str, Any]
    tried: list[dict[str, Any]]

    @property
    def facts(self) -> dict[str, Any]:
        """What a run folder keeps of the fold besides predictions."""
        return {"epochs": len(self.log), "best_epoch": self.best_epoch, "chosen": self.chosen, "tried": self.tried}


def fit_fold(
    config: TrainConfig,
    samples: Samples,
    parts: np.ndarray,
    *,
    fold: int,
    cache: Path | None,
    weights_to: Path | None = None,
) -> FoldResult:
    """Fit a model on one fold and predict its test part.

    Parameters
    ----------
    config : TrainConfig
        The run's record.
    samples : Samples
        All rows, of every part.
    parts : np.ndarray, shape (n,), str
        ``train``, ``validation`` or ``test`` for each row.
    fold : int
        Number of the fold; it moves the seed of initial weights and order.
    cache : Path or None
        Folder of the frozen part's outputs; None computes them anew whenever they are needed.
    weights_to : Path, optional
        Where to save the fitted network's weights (``.weights.h5``).

    Returns
    -------
    FoldResult
        Predictions of the test rows and the log.

    Raises
    ------
    DataError
        If a class has no training row, a part has no row at all, or a loss or probability is not a number.
    UsageError
        If the trained part cannot be fitted in the way that the config asks for.
    """
    # -- Parts ---------------------------------------------------------------------------------------------------------
    test_rows = np.flatnonzero(parts == "test")
    if config.protocol == "paper":
        training_rows, choosing_rows = np.flatnonzero(parts != "test"), test_rows
    elif config.monitor == "none" or config.solver == "exact":
        training_rows, choosing_rows = np.flatnonzero(parts != "test"), None
    else:
        training_rows, choosing_rows = np.flatnonzero(parts == "train"), np.flatnonzero(parts == "validation")
    _require_all_classes(samples, training_rows, fold)
    _require_rows("test", test_rows, fold)
    if choosing_rows is not None:
        _require_rows("validation", choosing_rows, fold)

    # -- Choice of settings --------------------------------------------------------------------------------------------
    pooled = pooled_features(config, samples, folder=cache) if config.solver == "exact" else {}
    choice = Choice({}, [])
    if config.choices:
        choice = choose(config, samples, pooled, training_rows=training_rows, test_rows=test_rows)
        config = dataclasses.replace(config, **choice.settings)

    # -- Network and frozen part ---------------------------------------------------------------------------------------
    keras.utils.set_random_seed(config.seed * 1000 + fold)
    network = build(config)
    prefix, head = split_network(network, config.frozen_until)
    if config.solver == "exact":
        features, plain = None, pooled[config.pool_layer][0]
    elif prefix is None or cache is None:
        head, features, plain = network, None, samples.images[..., None]
    else:
        features = cached_prefix(prefix, config, samples, folder=cache)
        plain = features[0]

    # -- Training ------------------------------------------------------------------------------------------------------
    watch: _FiniteLoss | None = None
    if config.solver == "exact":
        put_into(head, fit_views(pooled[config.pool_layer], samples.labels, training_rows, config))
    else:
        watch = (
            _FiniteLoss(fold)
            if choosing_rows is None
            else _EpochChoice(config, plain, samples.labels, choosing_rows, fold=fold)
        )
        _train(head, config, samples, features, training_rows, fold=fold, watch=watch)
        if watch.best_weights is not None:
            head.set_weights(watch.best_weights)

    # -- Test ----------------------------------------------------------------------------------------------------------
    probabilities = predict_rows(head, plain, test_rows)
    # The last step may spoil weights whose loss nobody computes any more.
    if not np.isfinite(probabilities).all():
        raise DataError("a predicted probability is not a number", where=f"fold {fold}", hint=_LOWER_RATE)
    if weights_to is not None:
        write_weights(network, weights_to)
    table = prediction_table(samples.rows(test_rows), probabilities, fold=fold)
    epochs, best_epoch = (watch.log, watch.best_epoch) if watch else ([], None)
    return FoldResult(table, epochs, best_epoch, choice.settings, choice.tried)


def predict_rows(model: keras.Model, inputs: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return class probabilities of some rows, shape (rows, classes), float32."""
    parts = [
        keras.ops.convert_to_numpy(
            model(inputs[rows[start : start + _PREDICT_ROWS]].astype(np.float32), training=False)
        )
        for start in range(0, len(rows), _PREDICT_ROWS)
    ]
    return np.concatenate(parts).astype(np.float32)


def prediction_table(samples: Samples, probabilities: np.ndarray, *, fold: int) -> pd.DataFrame:
    """Put test predictions beside the truth.

    Returns
    -------
    pd.DataFrame
        Columns ``fold``, ``recording``, ``group``, ``provider``, ``class``, ``frame_index``, ``time_s`` and one
        ``p_<class>`` per class, float32.
    """
    facts = {
        "fold": fold,
        "recording": samples.recordings,
        "group": samples.groups,
        "provider": samples.providers,
        "class": np.array(samples.classes)[samples.labels],
        "frame_index": samples.frame_indices,
        "time_s": samples.times_s,
    }
    chances = {f"p_{name}": probabilities[:, index] for index, name in enumerate(samples.classes)}
    return pd.DataFrame({**facts, **chances})


def _train(
    head: keras.Model,
    config: TrainConfig,
    samples: Samples,
    features: np.ndarray | None,
    rows: np.ndarray,
    *,
    fold: int,
    watch: _FiniteLoss,
) -> None:
    """Train the head on some rows, from cached features if there are any."""
    seed = config.seed * 1000 + fold
    weights = class_weights(samples.labels[rows], len(samples.classes), balanced=config.class_weights)
    settings: BatchSettings = {"class_weights": weights, "batch_size": config.batch_size, "seed": seed}
    batches: FeatureBatches | PictureBatches
    if features is None:
        batches = PictureBatches(samples.images, rows, samples.labels, augmentation=config.augmentation, **settings)
    else:
        batches = FeatureBatches(features, rows, samples.labels, **settings)
    rate = config.learning_rate
    if config.cosine:
        rate = keras.optimizers.schedules.CosineDecay(rate, len(batches) * config.epochs, alpha=0.01)
    head.compile(keras.optimizers.Adam(rate), loss=_loss(config, len(samples.classes)))
    head.fit(batches, epochs=config.epochs, callbacks=[watch], verbose=0)


class _FiniteLoss(keras.callbacks.Callback):
    """Keeps the log, and stops the run when the loss is not a number, naming the place. The last epoch is the best."""

    def __init__(self, fold: int) -> None:
        super().__init__()
        self._fold = fold
        self.log: list[dict[str, float]] = []
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise DataError(
                "the training loss is not a number",
                where=f"fold {self._fold}, epoch {len(self.log)}, step {batch}",
                hint=_LOWER_RATE,
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.log.append({"epoch": epoch, **(logs or {})})
        self.best_epoch = epoch


class _EpochChoice(_FiniteLoss):
    """Scores the choosing part after every epoch, keeps the best weights, and stops when nothing gets better."""

    def __init__(
        self, config: TrainConfig, inputs: np.ndarray, labels: np.ndarray, rows: np.ndarray, *, fold: int
    ) -> None:
        super().__init__(fold)
        self._monitor = "balanced_accuracy" if config.monitor == "none" else config.monitor
        self._patience = config.patience
        self._inputs, self._labels, self._rows = inputs, labels, rows
        self._best = -math.inf

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        probabilities = predict_rows(self.model, self._inputs, self._rows)
        loss, balanced = loss_and_balanced_accuracy(self._labels[self._rows], probabilities)
        self.log.append({"epoch": epoch, **(logs or {}), "choice_loss": loss, "choice_balanced_accuracy": balanced})
        score = -loss if self._monitor == "loss" else balanced
        if score > self._best:
            self._best, self.best_epoch = score, epoch
            self.best_weights = self.model.get_weights()
        elif self._patience and epoch - self.best_epoch >= self._patience:
            self.model.stop_training = True


def _loss(config: TrainConfig, class_count: int) -> keras.losses.Loss:
    if not config.label_smoothing:
        return keras.losses.SparseCategoricalCrossentropy()
    smooth = config.label_smoothing

    def smoothed(labels: object, probabilities: object) -> object:
        truth = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(labels, (-1,)), "int32"), class_count)
        truth = truth * (1 - smooth) + smooth / class_count
        return keras.losses.categorical_crossentropy(truth, probabilities)

    return smoothed


def _require_rows(part: str, rows: np.ndarray, fold: int) -> None:
    if not len(rows):
        hint = "use other folds; without a validation part, --set monitor=none chooses nothing"
        raise DataError(f"the {part} part is empty", where=f"fold {fold}", expected="at least one frame", hint=hint)


def _require_all_classes(samples: Samples, rows: np.ndarray, fold: int) -> None:
    counts = np.bincount(samples.labels[rows], minlength=len(samples.classes))
    missing = [name for name, count in zip(samples.classes, counts, strict=True) if not count]
    if missing:
        raise DataError(
            "a class has no training frame",
            where=f"fold {fold}",
            expected="frames of " + ", ".join(samples.classes),
            found="none of " + ", ".join(missing),
            hint="use fewer folds (--set k=3), another seed, or another split unit",
        )


def write_log(path: Path, log: Sequence[dict[str, float]]) -> None:
    """Write the log of a fold, one JSON object per line."""
    write_text(path, "".join(json.dumps(entry) + "\n" for entry in log))
