"""Whether a new run agrees with an earlier one.

Three questions, from the strictest to the mildest: are the predictions the same; if not, are the scores within what
another machine's arithmetic can move; and how large is the difference beside what other patients would have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .intervals import Interval, group_weights, percentile_interval
from .metrics import LEVELS, confusion, from_confusion, label_indices, probabilities_of

__all__ = [
    "PROBABILITY_TOLERANCE",
    "SCORE_TOLERANCE",
    "MeasureDifference",
    "PredictionDifference",
    "compare_predictions",
    "compare_scores",
    "paired_difference",
]

PROBABILITY_TOLERANCE = 0.001
"""Runs whose probabilities nowhere differ by more have the same predictions."""

SCORE_TOLERANCE = 0.02
"""Runs agree if no accuracy and no balanced accuracy differs by more.

Machines round differently. That moves probabilities by about 0.0001, but where two settings score alike, it can also
make a fold choose the other one, and then a few frames of a hundred change class.
"""


@dataclass(frozen=True)
class MeasureDifference:
    """One measure of two runs.

    Attributes
    ----------
    level, measure : str
        What is compared.
    ours, reference : float
        The two values.
    """

    level: str
    measure: str
    ours: float
    reference: float

    @property
    def agrees(self) -> bool:
        """Whether the values differ by no more than `SCORE_TOLERANCE`."""
        return abs(self.ours - self.reference) <= SCORE_TOLERANCE


def compare_scores(ours: dict[str, Any], reference: dict[str, Any]) -> list[MeasureDifference]:
    """Put accuracy and balanced accuracy of each level side by side.

    Parameters
    ----------
    ours, reference : dict
        Scores as `train.crossval.score_run` gives them.

    Returns
    -------
    list of MeasureDifference
        One entry per level and measure that both runs have.
    """
    found = []
    for level in LEVELS:
        for measure in ("accuracy", "balanced_accuracy"):
            value, expected = ours[level]["scores"][measure], reference[level]["scores"][measure]
            if value is not None and expected is not None:
                found.append(MeasureDifference(level, measure, value, expected))
    return found


@dataclass(frozen=True)
class PredictionDifference:
    """Two prediction tables of the same frames.

    Attributes
    ----------
    frames : int
        Frames that both tables have.
    only_ours, only_reference : int
        Frames that one table lacks.
    largest : float
        Largest difference of a probability, 0 to 1.
    changed : float
        Share of the common frames whose class differs.
    """

    frames: int
    only_ours: int
    only_reference: int
    largest: float
    changed: float

    @property
    def same(self) -> bool:
        """Whether both tables have the same frames and, within `PROBABILITY_TOLERANCE`, probabilities."""
        return not (self.only_ours or self.only_reference) and self.largest <= PROBABILITY_TOLERANCE


def compare_predictions(ours: pd.DataFrame, reference: pd.DataFrame, classes: tuple[str, ...]) -> PredictionDifference:
    """Hold two prediction tables against each other, frame by frame."""
    here, there = _common(ours, reference)
    if here.empty:
        return PredictionDifference(0, len(ours), len(reference), 1.0, 1.0)
    first, second = probabilities_of(here, classes), probabilities_of(there, classes)
    return PredictionDifference(
        frames=len(here),
        only_ours=len(ours) - len(here),
        only_reference=len(reference) - len(here),
        largest=float(np.abs(first - second).max()),
        changed=float((first.argmax(1) != second.argmax(1)).mean()),
    )


def paired_difference(
    ours: pd.DataFrame, reference: pd.DataFrame, classes: tuple[str, ...], *, draws: int = 2000, seed: int = 0
) -> tuple[float, Interval | None]:
    """Return by how much our frame balanced accuracy is higher on the common frames, with its 95 % interval.

    The same patient groups are drawn for both tables, so what both find hard cancels out.
    """
    here, there = _common(ours, reference)
    labels = label_indices(here, classes)
    names, groups = np.unique(here["group"].to_numpy(dtype=str), return_inverse=True)
    weights = np.vstack([np.ones(len(names), np.int64), group_weights(len(names), draws=draws, seed=seed)])
    first, second = (
        from_confusion(
            np.tensordot(
                weights,
                confusion(labels, probabilities_of(table, classes).argmax(1), class_count=len(classes), groups=groups),
                axes=1,
            )
        )["balanced_accuracy"]
        for table in (here, there)
    )
    difference = first - second
    return float(difference[0]), percentile_interval(difference[1:])


def _common(ours: pd.DataFrame, reference: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the frames that both tables have, in one order."""
    keys = ["recording", "frame_index"]
    here, there = ours.set_index(keys), reference.set_index(keys)
    shared = here.index.intersection(there.index).sort_values()
    return here.loc[shared].reset_index(), there.loc[shared].reset_index()
