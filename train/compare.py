"""Whether a new run agrees with an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from train.metrics import LEVELS

__all__ = ["Agreement", "compare_scores"]


@dataclass(frozen=True)
class Agreement:
    """One measure of two runs.

    Attributes
    ----------
    level, measure : str
        What is compared.
    ours, reference : float
        The two values.
    low, high : float
        The reference's 95 % interval.
    """

    level: str
    measure: str
    ours: float
    reference: float
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """Whether our value lies in the reference's interval."""
        return self.low <= self.ours <= self.high


def compare_scores(ours: dict[str, Any], reference: dict[str, Any]) -> list[Agreement]:
    """Hold the accuracy and balanced accuracy of each level against the reference's interval.

    Parameters
    ----------
    ours, reference : dict
        Scores as `train.crossval.score_run` gives them.

    Returns
    -------
    list of Agreement
        One entry per level and measure where the reference has an interval.
    """
    found = []
    for level in LEVELS:
        for measure in ("accuracy", "balanced_accuracy"):
            interval = reference[level]["intervals"][measure]
            value, expected = ours[level]["scores"][measure], reference[level]["scores"][measure]
            if interval is not None and value is not None:
                found.append(Agreement(level, measure, value, expected, *interval))
    return found
