"""Scores as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .metrics import LEVELS

__all__ = ["score_lines"]

_PER_CLASS = ("recall", "precision", "f1", "specificity", "mcc", "auc")


def score_lines(found: dict[str, Any], classes: Sequence[str]) -> str:
    """Return the scores of all levels, each with its 95 % interval.

    Parameters
    ----------
    found : dict
        For each level ``scores`` and ``intervals``.
    classes : sequence of str
        The classes, in order.

    Returns
    -------
    str
        Lines that end in a line break.
    """
    lines = []
    for level in LEVELS:
        scores, bounds = found[level]["scores"], found[level]["intervals"]
        lines.append(
            f"{level} ({scores['rows']} rows): accuracy {_cell(scores['accuracy'], bounds['accuracy'])}, "
            f"balanced {_cell(scores['balanced_accuracy'], bounds['balanced_accuracy'])}"
        )
        for name in classes:
            cells = [
                f"{measure} {_cell(scores['classes'][name][measure], bounds['classes'][name][measure])}"
                for measure in _PER_CLASS
            ]
            lines.append(f"  {name:<20} " + ", ".join(cells))
    return "\n".join(lines) + "\n"


def _cell(value: float | None, bounds: Sequence[float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if bounds is None else f"{value:.2f} ({bounds[0]:.2f} to {bounds[1]:.2f})"
