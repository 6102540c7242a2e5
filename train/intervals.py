"""Confidence intervals that respect how the data was gathered: whole patients are drawn, never single frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .metrics import confusion, from_confusion, label_indices, pooled, probabilities_of

__all__ = ["Interval", "group_weights", "intervals", "percentile_interval"]


class Interval(NamedTuple):
    """Bounds of a 95 % interval."""

    low: float
    high: float


def group_weights(group_count: int, *, draws: int, seed: int) -> np.ndarray:
    """Draw groups with replacement.

    Parameters
    ----------
    group_count : int
        Number of groups.
    draws : int
        Number of bootstrap draws.
    seed : int
        Seed of the draw.

    Returns
    -------
    np.ndarray, shape (draws, group_count), int64
        How often each group was drawn; each row sums to `group_count`.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(group_count, np.full(group_count, 1 / group_count), size=draws)


def percentile_interval(values: np.ndarray) -> Interval | None:
    """Return the 2.5 and 97.5 percentiles of the defined values; None if fewer than half are defined."""
    defined = values[np.isfinite(values)]
    if len(defined) * 2 < len(values):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(float(low), float(high))


def intervals(
    predictions: pd.DataFrame, classes: Sequence[str], *, level: str = "frame", draws: int = 2000, seed: int = 0
) -> dict[str, Any]:
    """Bootstrap every measure of `train.metrics.scores` over patient groups.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per frame.
    classes : sequence of str
        The classes, in order.
    level : {"frame", "video", "patient"}
        The unit that is scored; the unit that is drawn is the group at every level.
    draws : int
        Number of bootstrap draws.
    seed : int
        Seed of the draw.

    Returns
    -------
    dict
        Shaped like the result of `scores`, with an `Interval` or None in the place of each number.
    """
    table = pooled(predictions, classes, level=level)
    labels = label_indices(table, classes)
    probabilities = probabilities_of(table, classes)
    names, groups = np.unique(table["group"].to_numpy(dtype=str), return_inverse=True)
    weights = group_weights(len(names), draws=draws, seed=seed)
    counts = confusion(labels, probabilities.argmax(1), class_count=len(classes), groups=groups)
    measures = from_confusion(np.tensordot(weights, counts, axes=1))
    areas = [_weighted_auc(labels == index, probabilities[:, index], groups, weights) for index in range(len(classes))]
    per_class = ("recall", "precision", "f1", "specificity", "mcc")
    return {
        "accuracy": percentile_interval(measures["accuracy"]),
        "balanced_accuracy": percentile_interval(measures["balanced_accuracy"]),
        "classes": {
            name: {
                **{measure: percentile_interval(measures[measure][:, index]) for measure in per_class},
                "auc": percentile_interval(areas[index]),
            }
            for index, name in enumerate(classes)
        },
    }


def _weighted_auc(positive: np.ndarray, score: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve in each draw, from the wins of each pair of groups."""
    group_count = weights.shape[1]
    positives = np.bincount(groups[positive], minlength=group_count)
    negatives = np.bincount(groups[~positive], minlength=group_count)
    wins = np.zeros((group_count, group_count))
    for group in np.flatnonzero(negatives):
        rivals = np.sort(score[~positive & (groups == group)])
        below = np.searchsorted(rivals, score[positive], "left")
        not_above = np.searchsorted(rivals, score[positive], "right")
        np.add.at(wins[:, group], groups[positive], (below + not_above) / 2)
    won = np.einsum("dg,gh,dh->d", weights, wins, weights, optimize=True)
    pairs = (weights @ positives) * (weights @ negatives)
    with np.errstate(divide="ignore", invalid="ignore"):
        areas: np.ndarray = won / pairs
    return areas
