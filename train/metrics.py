"""How well probabilities agree with the truth: per frame, per video and per patient.

Every measure is a function of counts with leading axes left free, so that one formula serves the point estimate and
all draws of a bootstrap at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "LEVELS",
    "confusion",
    "from_confusion",
    "loss_and_balanced_accuracy",
    "pooled",
    "probabilities_of",
    "roc_auc",
    "scores",
]

LEVELS = ("frame", "video", "patient")
"""The units that scores are given for."""


def probabilities_of(predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Return the probability columns of a prediction table.

    Returns
    -------
    np.ndarray, shape (rows, classes), float64
        In the order of `classes`; each row sums to one.
    """
    probabilities: np.ndarray = predictions[[f"p_{name}" for name in classes]].to_numpy(dtype=np.float64)
    return probabilities


def pooled(predictions: pd.DataFrame, classes: Sequence[str], *, level: str) -> pd.DataFrame:
    """Average the probabilities of each video or patient over its frames.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per frame, with the columns ``recording``, ``group``, ``class`` and ``p_<class>``.
    classes : sequence of str
        The classes, in order.
    level : {"frame", "video", "patient"}
        The unit. A group that holds recordings of two classes counts as one unit per class.

    Returns
    -------
    pd.DataFrame
        One row per unit, with ``group``, ``class`` and the mean ``p_<class>``.
    """
    if level == "frame":
        return predictions
    keys = {"video": ["recording", "group", "class"], "patient": ["group", "class"]}[level]
    columns = [f"p_{name}" for name in classes]
    return predictions.groupby(keys, sort=True, observed=True)[columns].mean().reset_index()


def confusion(
    labels: np.ndarray, predicted: np.ndarray, *, class_count: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Count true class against predicted class, for each group on its own.

    Parameters
    ----------
    labels, predicted : np.ndarray, shape (n,), int64
        Class indices.
    class_count : int
        Number of classes.
    groups : np.ndarray, shape (n,), int64, optional
        Group index of each row; one group by default.

    Returns
    -------
    np.ndarray, shape (groups, class_count, class_count), int64
        ``[g, i, j]`` counts rows of group g and class i that were predicted as j.
    """
    groups = np.zeros_like(labels) if groups is None else groups
    group_count = int(groups.max()) + 1 if len(groups) else 1
    flat = (groups * class_count + labels) * class_count + predicted
    return np.bincount(flat, minlength=group_count * class_count**2).reshape(group_count, class_count, class_count)


def from_confusion(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Derive all measures that rest on the called class alone.

    Parameters
    ----------
    counts : np.ndarray, shape (..., classes, classes)
        True class along the last axis but one, predicted class along the last.

    Returns
    -------
    dict of str to np.ndarray
        ``accuracy`` and ``balanced_accuracy`` of shape (...); ``recall``, ``precision``, ``f1``, ``specificity`` and
        ``mcc`` of shape (..., classes), each class against the rest. NaN where a measure is not defined, such as the
        recall of a class without a row; the balanced accuracy is the mean over the classes that have one.
    """
    counts = np.asarray(counts, dtype=np.float64)
    total = counts.sum((-2, -1))[..., None]
    true_positive = np.diagonal(counts, axis1=-2, axis2=-1)
    actual = counts.sum(-1)
    called = counts.sum(-2)
    false_negative, false_positive = actual - true_positive, called - true_positive
    true_negative = total - actual - false_positive
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = true_positive / actual
        covariance = true_positive * true_negative - false_positive * false_negative
        spread = np.sqrt(actual * called * (total - actual) * (total - called))
        return {
            "accuracy": true_positive.sum(-1) / total[..., 0],
            "balanced_accuracy": _mean_of_defined(recall),
            "recall": recall,
            "precision": true_positive / called,
            "f1": 2 * true_positive / (actual + called),
            "specificity": true_negative / (total - actual),
            "mcc": covariance / spread,
        }


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    defined = np.isfinite(values)
    means: np.ndarray = np.where(defined, values, 0.0).sum(-1) / defined.sum(-1)
    return means


def loss_and_balanced_accuracy(labels: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Return the two scores that epochs and settings are chosen by.

    Parameters
    ----------
    labels : np.ndarray, shape (n,), int64
        Class indices.
    probabilities : np.ndarray, shape (n, classes), float
        Predicted probabilities.

    Returns
    -------
    loss, balanced_accuracy : float
        Mean cross entropy, in nats, and mean recall of the classes that occur.
    """
    likelihood = np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1)
    counts = confusion(labels, probabilities.argmax(1), class_count=probabilities.shape[1])[0]
    return float(-np.log(likelihood).mean()), float(from_confusion(counts)["balanced_accuracy"])


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each class against the rest.

    Parameters
    ----------
    labels : np.ndarray, shape (n,), int64
        Class indices.
    probabilities : np.ndarray, shape (n, classes), float64
        Predicted probabilities.

    Returns
    -------
    np.ndarray, shape (classes,), float64
        The share of pairs that are ranked rightly, ties counting half; NaN for a class without rows or with all.
    """
    from scipy.stats import rankdata

    areas = np.full(probabilities.shape[1], np.nan)
    for index in range(probabilities.shape[1]):
        positive = labels == index
        positives, negatives = int(positive.sum()), int((~positive).sum())
        if positives and negatives:
            ranks = rankdata(probabilities[:, index])
            areas[index] = (ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    return areas


def scores(predictions: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """Score a prediction table at one level.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per unit, as `pooled` returns it.
    classes : sequence of str
        The classes, in order.

    Returns
    -------
    dict
        Plain numbers: ``rows``, ``accuracy``, ``balanced_accuracy``, ``confusion`` (list of lists) and ``classes``,
        which holds for each class recall, precision, f1, specificity, mcc and auc. None where not defined.
    """
    labels = label_indices(predictions, classes)
    probabilities = probabilities_of(predictions, classes)
    counts = confusion(labels, probabilities.argmax(1), class_count=len(classes))[0]
    measures = from_confusion(counts)
    measures["auc"] = roc_auc(labels, probabilities)
    per_class = ("recall", "precision", "f1", "specificity", "mcc", "auc")
    return {
        "rows": len(labels),
        "accuracy": _plain(measures["accuracy"]),
        "balanced_accuracy": _plain(measures["balanced_accuracy"]),
        "confusion": counts.tolist(),
        "classes": {
            name: {measure: _plain(measures[measure][index]) for measure in per_class}
            for index, name in enumerate(classes)
        },
    }


def label_indices(predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Return the true class of each row as an index into `classes`, shape (rows,), int64."""
    index = {name: position for position, name in enumerate(classes)}
    return np.array([index[name] for name in predictions["class"]], dtype=np.int64)


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
