"""Maximum mean discrepancy between two clouds of points, and whether it could be chance (Figure 9).

The kernel is the paper's, k(x, y) = exp(-|x - y|^2 / s^2), with s the median distance of the pooled points. What is
reported is the squared discrepancy, as the paper's numbers are: mean k within the first cloud, plus within the second,
less twice between both (Gretton et al., JMLR 2012, the biased form).

Chance is measured by handing out the labels anew. The paper did so frame by frame; but frames of one patient look
alike, so that any two sets of patients differ by more than frames at random would. The honest null hands out labels
patient by patient. Both are one function here: a unit is a frame or a patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Discrepancy", "between_classes", "gaussian_kernel", "median_distance", "permutation_null"]

_DRAWS_AT_ONCE = 500


@dataclass(frozen=True)
class Discrepancy:
    """The discrepancy of two classes.

    Attributes
    ----------
    classes : tuple of str
        The two classes.
    observed : float
        Squared discrepancy.
    null_frames, null_groups : np.ndarray, shape (draws,), float64
        Squared discrepancies with labels handed out by frame and by patient.
    """

    classes: tuple[str, str]
    observed: float
    null_frames: np.ndarray
    null_groups: np.ndarray

    @property
    def p_frames(self) -> float:
        """Share of frame-wise draws that reach the observed value, the observed one counted in."""
        return _p_value(self.observed, self.null_frames)

    @property
    def p_groups(self) -> float:
        """The same for patient-wise draws: the one to rely on."""
        return _p_value(self.observed, self.null_groups)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as plain data."""
        return {
            "classes": list(self.classes),
            "mmd_squared": self.observed,
            "p_frames": self.p_frames,
            "p_groups": self.p_groups,
            "null_mean_frames": float(self.null_frames.mean()),
            "null_mean_groups": float(self.null_groups.mean()),
            "draws": len(self.null_frames),
        }


def _p_value(observed: float, null: np.ndarray) -> float:
    # The tolerance counts draws that hand out the true labels, whose sum may differ in the last bits.
    return float((1 + (null >= observed * (1 - 1e-9)).sum()) / (1 + len(null)))


def median_distance(points: np.ndarray) -> float:
    """Return the median distance between two different points, shape (n, 2); 1 if all points coincide."""
    distances = np.sqrt(_squared_distances(points))[np.triu_indices(len(points), k=1)]
    middle = float(np.median(distances)) if len(distances) else 0.0
    return middle if middle > 0 else 1.0


def gaussian_kernel(points: np.ndarray, *, scale: float) -> np.ndarray:
    """Return exp(-|x - y|^2 / scale^2) for all pairs of points, shape (n, n), float64."""
    kernel: np.ndarray = np.exp(-_squared_distances(points) / scale**2)
    return kernel


def _squared_distances(points: np.ndarray) -> np.ndarray:
    lengths = (points**2).sum(axis=1)
    squared: np.ndarray = np.maximum(lengths[:, None] + lengths[None] - 2 * points @ points.T, 0.0)
    return squared


def permutation_null(kernel: np.ndarray, units: np.ndarray, first: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Hand out labels to units at random and compute the squared discrepancy each time.

    Parameters
    ----------
    kernel : np.ndarray, shape (n, n)
        Kernel of all pairs of points, of both classes.
    units : np.ndarray, shape (n,), int64
        Unit of each point, from 0; a unit keeps its points together.
    first : np.ndarray, shape (units,), bool
        Which units are truly of the first class; as many get its label in every draw.
    draws : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    np.ndarray, shape (draws,), float64
        Squared discrepancies.
    """
    # Sums of the kernel over units are all that a draw needs, so its cost is that of the units, not of the points.
    sizes = np.bincount(units, minlength=len(first)).astype(np.float64)
    if len(first) == len(units):
        order = np.argsort(units)
        sums = kernel[np.ix_(order, order)]
    else:
        member = np.zeros((len(first), len(units)))
        member[units, np.arange(len(units))] = 1
        sums = member @ kernel @ member.T
    rng = np.random.default_rng(seed)
    found = []
    for start in range(0, draws, _DRAWS_AT_ONCE):
        labels = rng.permuted(np.tile(first, (min(_DRAWS_AT_ONCE, draws - start), 1)), axis=1)
        found.append(_squared(sums, sizes, labels))
    return np.concatenate(found)


def _squared(sums: np.ndarray, sizes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the squared discrepancy for each row of labels, shape (draws, units)."""
    weights = labels / (labels @ sizes)[:, None] - ~labels / (~labels @ sizes)[:, None]
    squared: np.ndarray = np.maximum(((weights @ sums) * weights).sum(axis=1), 0.0)
    return squared


def between_classes(
    points: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    *,
    classes: Sequence[str],
    draws: int = 5000,
    seed: int = 0,
) -> list[Discrepancy]:
    """Compare every pair of classes.

    Parameters
    ----------
    points : np.ndarray, shape (n, 2), float64
        A point per frame.
    labels : np.ndarray, shape (n,), int64
        Class of each frame.
    groups : np.ndarray, shape (n,), str
        Patient group of each frame. A group with two classes counts as two units.
    classes : sequence of str
        Class names in the order of labels; those without a frame are left out.
    draws : int
        Draws of each null.
    seed : int
        Seed of the draws.

    Returns
    -------
    list of Discrepancy
        One per pair.
    """
    scale = median_distance(points)
    present = [index for index in range(len(classes)) if (labels == index).any()]
    pairs = [(one, other) for position, one in enumerate(present) for other in present[position + 1 :]]
    found = []
    for number, (one, other) in enumerate(pairs):
        rows = np.flatnonzero((labels == one) | (labels == other))
        kernel = gaussian_kernel(points[rows], scale=scale)
        first = labels[rows] == one
        names = np.array([f"{label} {group}" for label, group in zip(labels[rows], groups[rows], strict=True)])
        _, where, units = np.unique(names, return_index=True, return_inverse=True)
        found.append(
            Discrepancy(
                classes=(classes[one], classes[other]),
                observed=float(_squared(kernel, np.ones(len(rows)), first[None])[0]),
                null_frames=permutation_null(kernel, np.arange(len(rows)), first, draws=draws, seed=seed + number),
                null_groups=permutation_null(kernel, units, first[where], draws=draws, seed=seed + number),
            )
        )
    return found
