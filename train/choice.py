"""Settings that each fold chooses for itself, from its own training part.

The training part is cut into inner folds that keep together what the outer folds keep together, or what `choose_by`
names: inner folds of whole sources ask what carries over between sources. Every combination of the config's `choices`
is fitted on all inner folds but one and judged on that one, in turn; the combination with the best score over all of
them is refitted on the whole training part, and the test part is used once. Protocol ``paper`` judges every combination
on the test part instead: what that flatters is what the protocol is there to show.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lusdata import DataError, UsageError

from .config import TrainConfig, override
from .data import Samples
from .linear import LinearHead, class_weights, fit_linear
from .metrics import loss_and_balanced_accuracy

__all__ = ["Choice", "candidates", "choose", "fit_views", "inner_folds"]

INNER_FOLDS = 5

CHOOSABLE = ("pool_layer", "weight_decay", "class_weights")
"""Fields that make a difference to the last layer alone; any other would be tried without effect."""


@dataclass(frozen=True)
class Choice:
    """What a fold chose.

    Attributes
    ----------
    settings : dict
        The chosen fields and their values.
    tried : list of dict
        One entry per combination: its fields, ``loss`` and ``balanced_accuracy`` on the rows that judged.
    """

    settings: dict[str, Any]
    tried: list[dict[str, Any]]


def candidates(config: TrainConfig) -> list[dict[str, Any]]:
    """Return every combination of a config's choices, in the order in which they are written.

    Raises
    ------
    UsageError
        If a choice cannot be read, or names a field that a fold cannot choose.

    Examples
    --------
    >>> from train.config import TrainConfig
    >>> exact = {"solver": "exact", "frozen_until": "pool", "weight_decay": 1.0}
    >>> candidates(TrainConfig("m", "m", **exact, choices=("weight_decay=1|0.1",)))
    [{'weight_decay': 1.0}, {'weight_decay': 0.1}]
    """
    axes = []
    for text in config.choices:
        name, sign, values = text.partition("=")
        if not sign or not values:
            raise UsageError("cannot read a choice", where=f"choices: {text}", expected="FIELD=VALUE|VALUE")
        if name not in CHOOSABLE:
            expected = "one of " + ", ".join(CHOOSABLE)
            raise UsageError("a fold cannot choose this", where=f"choices: {text}", expected=expected, found=name)
        axes.append([(name, getattr(override(config, {name: value}), name)) for value in values.split("|")])
    return [dict(combination) for combination in itertools.product(*axes)]


def choose(
    config: TrainConfig,
    samples: Samples,
    pooled: Mapping[str, np.ndarray],
    *,
    training_rows: np.ndarray,
    test_rows: np.ndarray,
) -> Choice:
    """Try every combination and take the best by the config's `monitor`; of equals, the first.

    Parameters
    ----------
    config : TrainConfig
        With `choices`.
    samples : Samples
        All rows.
    pooled : Mapping of str to np.ndarray, shape (views + 1, n, features)
        What the last layer sees, by `pool_layer`; view 0 is the plain picture.
    training_rows, test_rows : np.ndarray, int64
        The outer fold's parts. Only protocol ``paper`` looks at the test rows.
    """
    if config.protocol == "paper":
        pairs = [(training_rows, test_rows)]
    else:
        pairs = list(inner_folds(samples, training_rows, by=config.choose_by or config.by, seed=config.seed))
    tried = []
    for settings in candidates(config):
        candidate = dataclasses.replace(config, **settings)
        features = pooled[candidate.pool_layer]
        chances = [
            fit_views(features, samples.labels, fitting, candidate).probabilities(features[0, judging])
            for fitting, judging in pairs
        ]
        labels = samples.labels[np.concatenate([judging for _, judging in pairs])]
        loss, balanced_accuracy = loss_and_balanced_accuracy(labels, np.concatenate(chances))
        tried.append({**settings, "loss": loss, "balanced_accuracy": balanced_accuracy})
    best = min(tried, key=lambda entry: entry["loss"] if config.monitor == "loss" else -entry["balanced_accuracy"])
    return Choice({name: best[name] for name in candidates(config)[0]}, tried)


def inner_folds(samples: Samples, rows: np.ndarray, *, by: str, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut rows into folds that keep together what the split unit keeps together, with classes spread evenly.

    Parameters
    ----------
    samples : Samples
        All rows.
    rows : np.ndarray, shape (m,), int64
        A training part.
    by : {"frame", "video", "patient", "source"}
        The split unit.
    seed : int
        Seed of the folds.

    Yields
    ------
    fitting, judging : np.ndarray, int64
        A partition of `rows`. Folds whose fitting part lacks a class are left out.

    Raises
    ------
    DataError
        If no fold is left: too few groups have some class.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    units = {"frame": np.arange(len(samples)), "video": samples.recordings, "patient": samples.groups}
    together = units.get(by, samples.providers)[rows]
    labels = samples.labels[rows]
    count = min(INNER_FOLDS, len(np.unique(together)))
    usable = 0
    if count > 1:
        cut = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        for fitting, judging in cut.split(rows, labels, together):
            if len(np.unique(labels[fitting])) == len(samples.classes):
                usable += 1
                yield rows[fitting], rows[judging]
    if not usable:
        raise DataError(
            "nothing to choose by: a class has too few groups for inner folds",
            where=f"split by {by}",
            expected="two groups or more of each class in the training part",
            hint="fix the settings instead: --set choices=",
        )


def fit_views(features: np.ndarray, labels: np.ndarray, rows: np.ndarray, config: TrainConfig) -> LinearHead:
    """Fit the last layer on some rows in all their views.

    Parameters
    ----------
    features : np.ndarray, shape (views + 1, n, features), float
        The frozen part's output.
    labels : np.ndarray, shape (n,), int64
        Class indices of all rows.
    rows : np.ndarray, int64
        The rows to fit on.
    config : TrainConfig
        Names the penalty and whether classes are weighted.
    """
    shown = np.concatenate([view[rows] for view in features])
    weights = class_weights(labels[rows], len(config.classes), balanced=config.class_weights)
    return fit_linear(shown, np.tile(labels[rows], len(features)), class_weights=weights, decay=config.weight_decay)
