"""The paper's two confidences, and what they are worth.

Equation 1: c = 1 - (s - 0) / (0.5 - 0), where s is the standard deviation of the winning class's probability over ten
passes; 0 is its least and 0.5 its greatest possible value. *Epistemic*: the passes differ by dropout of 0.5 in the
network. *Aleatoric*: they differ by random changes of the picture, drawn as in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lusdata.progress import show_progress

from ..calibration import coverage_curve
from ..intervals import group_weights, percentile_interval
from .fold_models import FoldModels, Views

__all__ = ["DROPOUT_RATE", "PASSES", "association", "coverage", "run_confidences", "spread_confidence", "summary"]

PASSES = 10
DROPOUT_RATE = 0.5
_GREATEST_SPREAD = 0.5
_COVERAGES = tuple(round(0.5 + 0.05 * step, 2) for step in range(11))


def spread_confidence(probabilities: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """Return the confidence by equation 1.

    Parameters
    ----------
    probabilities : np.ndarray, shape (passes, n, classes)
        Class probabilities of every pass.
    winner : np.ndarray, shape (n,), int64
        The class that the plain prediction chose.

    Returns
    -------
    np.ndarray, shape (n,), float64
        From 0 (half of the passes are sure of the class, half sure against it) to 1 (all passes agree).

    Examples
    --------
    >>> spread_confidence(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), np.array([0])).tolist()
    [0.0]
    """
    chosen = probabilities[:, np.arange(len(winner)), winner].astype(np.float64)
    confidence: np.ndarray = 1 - chosen.std(axis=0) / _GREATEST_SPREAD
    return confidence


def run_confidences(
    models: FoldModels, views: Views, held_out: np.ndarray, winner: np.ndarray, *, seed: int = 0
) -> dict[str, np.ndarray]:
    """Compute both confidences of every row, by the network that did not see it in training.

    Parameters
    ----------
    models : FoldModels
        The networks.
    views : Views
        The rows' inputs.
    held_out : np.ndarray, shape (n,), int64
        Position of each row's network.
    winner : np.ndarray, shape (n,), int64
        The class that this network chose.
    seed : int
        Seed of the dropout.

    Returns
    -------
    dict
        ``epistemic`` and ``aleatoric``, each of shape (n,), float64.
    """
    found = {name: np.zeros(len(held_out)) for name in ("epistemic", "aleatoric")}
    steps = [
        (position, rows)
        for position in range(len(models.parts))
        for rows in _chunks(np.flatnonzero(held_out == position))
    ]
    with show_progress(len(steps), doing="confidences", unit="batch") as advance:
        for step, (position, rows) in enumerate(steps):
            part = models.parts[position]
            dropped = part.dropout_passes(views(0, rows), passes=PASSES, rate=DROPOUT_RATE, seed=seed * 100_003 + step)
            changed = np.stack([part.probabilities(views(view, rows)) for view in range(1, PASSES + 1)])
            found["epistemic"][rows] = spread_confidence(dropped, winner[rows])
            found["aleatoric"][rows] = spread_confidence(changed, winner[rows])
            advance()
    return found


def _chunks(rows: np.ndarray, size: int = 32) -> list[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def association(
    one: np.ndarray, other: np.ndarray, groups: np.ndarray, *, draws: int = 2000, seed: int = 0
) -> dict[str, Any]:
    """Correlate two numbers of each frame, linearly and by rank.

    The p-values of the textbook take frames for independent, as the paper did; they are not, so the interval by
    bootstrap over patients and the p-value from it stand beside. Ranks are those of the whole sample in every draw.

    Parameters
    ----------
    one, other : np.ndarray, shape (n,)
        The numbers; truth values count 0 and 1.
    groups : np.ndarray, shape (n,), str
        Patient group of each frame.
    draws, seed : int
        The bootstrap's draws and seed.

    Returns
    -------
    dict
        ``pearson`` and ``spearman``, each with ``r``, ``p_frames``, ``interval`` (95 %, patients drawn) and
        ``p_groups``; None in place of each where a number is constant.
    """
    from scipy import stats

    one, other = one.astype(np.float64), other.astype(np.float64)
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return {"pearson": None, "spearman": None}
    names, index = np.unique(groups, return_inverse=True)
    weights = group_weights(len(names), draws=draws, seed=seed)
    found = {}
    for name, x, y in (("pearson", one, other), ("spearman", stats.rankdata(one), stats.rankdata(other))):
        r, p = stats.pearsonr(x, y)
        drawn = _weighted_correlation(x, y, index, weights)
        interval = percentile_interval(drawn)
        defined = drawn[np.isfinite(drawn)]
        tail = min((defined <= 0).sum(), (defined >= 0).sum())
        found[name] = {
            "r": float(r),
            "p_frames": float(p),
            "interval": None if interval is None else list(interval),
            "p_groups": float(min(1.0, 2 * (tail + 1) / (len(defined) + 1))),
        }
    return found


def _weighted_correlation(x: np.ndarray, y: np.ndarray, index: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson's correlation in each draw of groups, from sums over groups."""
    x, y = x - x.mean(), y - y.mean()
    columns = (np.ones_like(x), x, y, x * x, y * y, x * y)
    sums = np.stack([np.bincount(index, weights=column, minlength=weights.shape[1]) for column in columns], axis=1)
    count, sx, sy, sxx, syy, sxy = (weights @ sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = (count * sxy - sx * sy) / np.sqrt((count * sxx - sx**2) * (count * syy - sy**2))
    return found


def summary(
    confidences: dict[str, np.ndarray], correct: np.ndarray, groups: np.ndarray, *, seed: int = 0
) -> dict[str, Any]:
    """Return the paper's numbers of section 4.2 for each confidence, and how both go together.

    Parameters
    ----------
    confidences : dict of str to np.ndarray, shape (n,)
        Confidences by name.
    correct : np.ndarray, shape (n,), bool
        Whether each prediction is right.
    groups : np.ndarray, shape (n,), str
        Patient group of each frame.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        For each name ``mean_correct``, ``mean_wrong``, ``with_correctness`` (see `association`) and ``coverage``;
        ``between`` for the first two names.
    """
    found: dict[str, Any] = {
        name: {
            "mean_correct": _mean(values[correct]),
            "mean_wrong": _mean(values[~correct]),
            "with_correctness": association(values, correct, groups, seed=seed),
            "coverage": coverage(correct, values),
        }
        for name, values in confidences.items()
    }
    one, other = list(confidences.values())[:2]
    found["between"] = association(one, other, groups, seed=seed)
    return found


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def coverage(
    correct: np.ndarray, confidence: np.ndarray, shares: Sequence[float] = _COVERAGES
) -> list[dict[str, float]]:
    """Return the accuracy if only the most certain share is left to the network, the rest to a physician.

    Parameters
    ----------
    correct : np.ndarray, shape (n,), bool
        Whether each prediction is right.
    confidence : np.ndarray, shape (n,)
        The score to sort by.
    shares : sequence of float
        Shares kept, each above 0 and at most 1.

    Returns
    -------
    list of dict
        ``kept`` and ``accuracy`` for each share.
    """
    kept, accuracy = coverage_curve(correct, confidence)
    places = [max(0, round(share * len(kept)) - 1) for share in shares]
    return [
        {"kept": float(share), "accuracy": float(accuracy[place])} for share, place in zip(shares, places, strict=True)
    ]
