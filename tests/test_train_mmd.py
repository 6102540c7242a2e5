"""Maximum mean discrepancy and its null."""

from __future__ import annotations

import time

import numpy as np
import pytest

from train.explain.mmd import between_classes, gaussian_kernel, median_distance, permutation_null

CLASSES = ("covid-19", "bacterial-pneumonia", "healthy")


def naive_mmd(one: np.ndarray, other: np.ndarray, scale: float) -> float:
    def mean(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean([[np.exp(-((a - b) ** 2).sum() / scale**2) for b in y] for a in x]))

    return mean(one, one) + mean(other, other) - 2 * mean(one, other)


def test_the_discrepancy_is_what_its_definition_says():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.random((12, 2)), rng.random((9, 2)) + 0.2])
    labels = np.repeat([0, 1], [12, 9])
    scale = float(np.median([np.linalg.norm(points[i] - points[j]) for i in range(21) for j in range(i)]))
    assert median_distance(points) == pytest.approx(scale)
    groups = np.array([f"g{index}" for index in range(21)])
    (found,) = between_classes(points, labels, groups, classes=CLASSES, draws=50)
    assert found.observed == pytest.approx(naive_mmd(points[:12], points[12:], scale))
    assert found.classes == CLASSES[:2]


def test_each_draw_of_the_null_is_a_discrepancy_of_relabelled_points():
    points = np.random.default_rng(1).random((6, 2))
    kernel = gaussian_kernel(points, scale=0.5)
    first = np.array([True, True, False, False, False, False])
    null = permutation_null(kernel, np.arange(6), first, draws=300, seed=0)
    rows = range(6)
    possible = [
        naive_mmd(points[[i, j]], points[[k for k in rows if k not in (i, j)]], 0.5) for i in rows for j in range(i)
    ]
    assert all(np.isclose(possible, value).any() for value in null)
    assert len(np.unique(null.round(9))) == 15


def test_units_move_together():
    points = np.random.default_rng(1).random((6, 2))
    kernel = gaussian_kernel(points, scale=0.5)
    null = permutation_null(kernel, np.array([0, 0, 1, 1, 1, 2]), np.array([True, False, False]), draws=100, seed=0)
    possible = [naive_mmd(points[rows], np.delete(points, rows, axis=0), 0.5) for rows in ([0, 1], [2, 3, 4], [5])]
    assert all(np.isclose(possible, value).any() for value in null)


def test_frames_of_few_patients_look_significant_by_frame_and_are_not_by_patient():
    rng = np.random.default_rng(3)
    centres = rng.random((8, 2))
    labels = np.repeat([0, 1] * 4, 40)
    points = np.repeat(centres, 40, axis=0) + rng.normal(0, 0.03, (320, 2))
    groups = np.repeat([f"patient-{index}" for index in range(8)], 40)
    (found,) = between_classes(points, labels, groups, classes=CLASSES, draws=1000)
    assert found.p_frames < 0.005
    assert found.p_groups > 0.02


def test_classes_that_do_not_differ_are_not_called_different_too_often():
    rng = np.random.default_rng(4)
    rejected = 0
    for trial in range(60):
        points, labels = rng.random((60, 2)), np.repeat([0, 1], 30)
        groups = np.array([f"g{index}" for index in range(60)])
        (found,) = between_classes(points, labels, groups, classes=CLASSES, draws=199, seed=trial)
        rejected += found.p_frames <= 0.05
    assert rejected <= 8


def test_all_pairs_are_compared_and_the_same_seed_gives_the_same_draws():
    rng = np.random.default_rng(5)
    points, labels = rng.random((30, 2)), np.tile([0, 1, 2], 10)
    groups = np.array([f"g{index // 3}" for index in range(30)])
    first = between_classes(points, labels, groups, classes=CLASSES, draws=100, seed=7)
    again = between_classes(points, labels, groups, classes=CLASSES, draws=100, seed=7)
    assert [one.classes for one in first] == [
        (CLASSES[0], CLASSES[1]),
        (CLASSES[0], CLASSES[2]),
        (CLASSES[1], CLASSES[2]),
    ]
    assert [one.as_dict() for one in first] == [one.as_dict() for one in again]


def test_coinciding_points_are_no_trouble():
    points, labels = np.full((10, 2), 0.5), np.repeat([0, 1], 5)
    (found,) = between_classes(points, labels, np.array(list("abcdefghij")), classes=CLASSES, draws=20)
    assert found.observed == 0
    assert found.p_frames == 1


def test_five_thousand_draws_over_a_thousand_frames_take_seconds():
    rng = np.random.default_rng(6)
    points, labels = rng.random((1000, 2)), np.repeat([0, 1], 500)
    groups = np.array([f"g{index // 20}" for index in range(1000)])
    started = time.process_time()
    between_classes(points, labels, groups, classes=CLASSES, draws=5000)
    assert time.process_time() - started < 20
