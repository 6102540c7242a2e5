"""Scores as lines for a terminal."""

from __future__ import annotations

import pytest

pytest.importorskip("pandas")

from train.tables import score_lines

MEASURES = ("recall", "precision", "f1", "specificity", "mcc", "auc")


def level(rows: int, accuracy: float | None, bounds: tuple[float, float] | None) -> dict[str, object]:
    """Return a level in which every measure of the class is a hundredth above the one before it."""
    return {
        "scores": {
            "rows": rows,
            "accuracy": accuracy,
            "balanced_accuracy": 0.5,
            "classes": {"healthy": {measure: 0.6 + place / 100 for place, measure in enumerate(MEASURES)}},
        },
        "intervals": {
            "accuracy": bounds,
            "balanced_accuracy": (0.4, 0.6),
            "classes": {"healthy": {measure: None for measure in MEASURES} | {"auc": (0.0, 1.0)}},
        },
    }


def test_each_level_has_its_rows_and_every_number_its_interval_where_there_is_one():
    found = {"frame": level(120, 0.876, (0.8, 0.9)), "video": level(12, 0.5, None), "patient": level(6, None, None)}
    of_the_class = (
        "  healthy              recall 0.60, precision 0.61, f1 0.62, specificity 0.63, mcc 0.64, "
        "auc 0.65 (0.00 to 1.00)"
    )
    assert score_lines(found, ["healthy"]).splitlines() == [
        "frame (120 rows): accuracy 0.88 (0.80 to 0.90), balanced 0.50 (0.40 to 0.60)",
        of_the_class,
        "video (12 rows): accuracy 0.50, balanced 0.50 (0.40 to 0.60)",
        of_the_class,
        # What is not defined is a dash, and not a zero.
        "patient (6 rows): accuracy -, balanced 0.50 (0.40 to 0.60)",
        of_the_class,
    ]


def test_classes_that_are_not_asked_for_are_left_out():
    found = dict.fromkeys(("frame", "video", "patient"), level(3, 1.0, None))
    assert score_lines(found, []).count("\n") == 3
