"""Points of maximal activation."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the extra 'train'")

from train.explain.agreement import compare_maps, summary
from train.explain.peaks import density, peak_points


def hill(across: float, down: float, grid: int = 14) -> np.ndarray:
    centres = (np.arange(grid) + 0.5) / grid
    return np.exp(-((centres[None] - across) ** 2 + (centres[:, None] - down) ** 2) / 0.02)


@pytest.mark.parametrize(("across", "down"), [(0.5, 0.5), (0.31, 0.66), (0.72, 0.2)])
def test_peaks_are_found_below_the_spacing_of_the_grid(across, down):
    found = peak_points(hill(across, down)[None])[0]
    assert np.abs(found - (across, down)).max() < 0.01


def test_peaks_at_the_edge_and_on_flat_maps_stay_inside():
    edge = np.zeros((1, 7, 7))
    edge[0, 6, 0] = 1
    assert peak_points(edge)[0].tolist() == pytest.approx([0.5 / 7, 6.5 / 7])
    flat = peak_points(np.ones((2, 7, 7)))
    assert ((flat >= 0) & (flat <= 1)).all()


def test_a_density_integrates_to_one_and_lies_where_the_points_lie():
    points = np.random.default_rng(0).normal([0.4, 0.6], 0.05, size=(200, 2))
    field = density(points)
    assert field.mean() == pytest.approx(1, abs=0.02)
    row, column = np.unravel_index(field.argmax(), field.shape)
    assert (column / 96, row / 96) == pytest.approx((0.4, 0.6), abs=0.05)


def test_equal_maps_agree_and_shifted_ones_are_as_far_apart_as_they_were_shifted():
    maps = np.stack([hill(0.3, 0.5), hill(0.6, 0.4)])
    correlation, distance = compare_maps(maps, maps)
    assert correlation.tolist() == pytest.approx([1, 1])
    assert distance.tolist() == [0, 0]
    _, distance = compare_maps(maps[:1], np.stack([hill(0.5, 0.5)]))
    assert distance[0] == pytest.approx(0.2, abs=0.01)


def test_the_summary_leaves_out_flat_maps_and_absent_classes():
    maps = np.stack([hill(0.3, 0.5), np.ones((14, 14))])
    correlation, distance = compare_maps(maps, maps)
    found = summary(correlation, distance, np.array([0, 2]), classes=("a", "b", "c"))
    assert set(found) == {"all", "a", "c"}
    assert found["all"]["mean_correlation"] == pytest.approx(1)
    assert found["c"]["mean_correlation"] is None
