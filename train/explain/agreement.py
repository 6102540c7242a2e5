"""Maps of networks that saw a video in training against the map of the one that did not (section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .peaks import peak_points

__all__ = ["compare_maps", "summary"]


def compare_maps(
    test_maps: np.ndarray, train_maps: np.ndarray, cells: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compare two maps of each frame.

    Parameters
    ----------
    test_maps, train_maps : np.ndarray, shape (n, height, width)
        Maps of the same class.
    cells : np.ndarray, shape (n, height, width), bool, optional
        Where to look, as from `train.explain.field.scanned_cells`; everywhere by default.

    Returns
    -------
    correlation : np.ndarray, shape (n,), float64
        Pearson's correlation over positions; NaN where a map is flat.
    distance : np.ndarray, shape (n,), float64
        Between the points of maximal activation, in shares of the picture's side (0 to the square root of 2).
    """
    sought = np.ones(test_maps.shape, bool) if cells is None else cells
    sought = sought.reshape(len(sought), -1)
    one, other = (_centred(maps.reshape(len(maps), -1), sought) for maps in (test_maps, train_maps))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = (one * other).sum(1) / np.sqrt((one**2).sum(1) * (other**2).sum(1))
    distance = np.linalg.norm(peak_points(test_maps, cells) - peak_points(train_maps, cells), axis=1)
    return correlation, distance


def _centred(maps: np.ndarray, sought: np.ndarray) -> np.ndarray:
    """Return maps less their mean over the cells looked at, and 0 elsewhere, shape (n, positions), float64."""
    kept = np.where(sought, maps, 0.0).astype(np.float64)
    centred: np.ndarray = np.where(sought, kept - (kept.sum(1) / sought.sum(1))[:, None], 0.0)
    return centred


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
