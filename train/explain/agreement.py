"""Maps of networks that saw a video in training against the map of the one that did not (section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from train.explain.peaks import peak_points

__all__ = ["compare_maps", "summary"]


def compare_maps(test_maps: np.ndarray, train_maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compare two maps of each frame.

    Parameters
    ----------
    test_maps, train_maps : np.ndarray, shape (n, height, width)
        Maps of the same class.

    Returns
    -------
    correlation : np.ndarray, shape (n,), float64
        Pearson's correlation over positions; NaN where a map is flat.
    distance : np.ndarray, shape (n,), float64
        Between the points of maximal activation, in shares of the picture's side (0 to the square root of 2).
    """
    one = test_maps.reshape(len(test_maps), -1).astype(np.float64)
    other = train_maps.reshape(len(train_maps), -1).astype(np.float64)
    one, other = one - one.mean(1, keepdims=True), other - other.mean(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = (one * other).sum(1) / np.sqrt((one**2).sum(1) * (other**2).sum(1))
    distance = np.linalg.norm(peak_points(test_maps) - peak_points(train_maps), axis=1)
    return correlation, distance


def summary(
    correlation: np.ndarray, distance: np.ndarray, labels: np.ndarray, *, classes: Sequence[str]
) -> dict[str, Any]:
    """Return mean correlation and median distance over all frames and for each class.

    Parameters
    ----------
    correlation, distance : np.ndarray, shape (n,)
        As from `compare_maps`.
    labels : np.ndarray, shape (n,), int64
        Class of each frame.
    classes : sequence of str
        Class names in the order of labels.

    Returns
    -------
    dict
        ``all`` and each class that occurs: ``frames``, ``mean_correlation``, ``median_peak_distance``.
    """
    parts = {"all": np.ones(len(labels), bool)} | {name: labels == index for index, name in enumerate(classes)}
    return {name: _numbers(correlation[rows], distance[rows]) for name, rows in parts.items() if rows.any()}


def _numbers(correlation: np.ndarray, distance: np.ndarray) -> dict[str, Any]:
    defined = correlation[np.isfinite(correlation)]
    return {
        "frames": len(distance),
        "mean_correlation": float(defined.mean()) if len(defined) else None,
        "median_peak_distance": float(np.median(distance)),
    }
