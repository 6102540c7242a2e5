"""Whether a stated probability means what it says, and what is gained by leaving the doubtful to a physician."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Reliability", "brier_score", "coverage_curve", "expected_calibration_error", "reliability"]


class Reliability(NamedTuple):
    """Stated confidence against observed accuracy, bin by bin; each array has shape (bins,).

    Empty bins have no rows and NaN elsewhere.
    """

    rows: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability(labels: np.ndarray, probabilities: np.ndarray, *, bins: int = 10) -> Reliability:
    """Compare the winning class's probability with how often it is right.

    Parameters
    ----------
    labels : np.ndarray, shape (n,), int64
        Class indices.
    probabilities : np.ndarray, shape (n, classes), float64
        Predicted probabilities.
    bins : int
        Number of equal bins of [0, 1].

    Returns
    -------
    Reliability
        Rows, mean confidence and accuracy of each bin.
    """
    confidence = probabilities.max(1)
    correct = probabilities.argmax(1) == labels
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    rows = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            rows,
            np.bincount(index, weights=confidence, minlength=bins) / rows,
            np.bincount(index, weights=correct, minlength=bins) / rows,
        )


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, *, bins: int = 10) -> float:
    """Return the mean gap between confidence and accuracy over bins, weighted by their rows; 0 is perfect.

    The measure is that of Naeini, Cooper and Hauskrecht (AAAI 2015).
    """
    rows, confidence, accuracy = reliability(labels, probabilities, bins=bins)
    filled = rows > 0
    return float((np.abs(confidence - accuracy)[filled] * rows[filled]).sum() / rows.sum())


def brier_score(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean squared distance of the probabilities from the truth, summed over classes; from 0 to 2."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(1).mean())


def coverage_curve(correct: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the accuracy over the most confident part, for every size of that part.

    Parameters
    ----------
    correct : np.ndarray, shape (n,), bool
        Whether each prediction is right.
    confidence : np.ndarray, shape (n,), float64
        The score to sort by, highest first.

    Returns
    -------
    coverage, accuracy : np.ndarray, shape (n,), float64
        Share of rows that are kept, rising to 1, and the accuracy among them.
    """
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(order) + 1)
    return kept / len(order), np.cumsum(correct[order]) / kept
