"""Where anatomy can be: inside the scanned sector, dark organs included, the picture's edge excluded."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the extra 'train'")

from train.explain.field import cells_of, outside_share, scanned_cells, within
from train.explain.peaks import peak_points

SIZE = 112
GRID = (14, 14)


def sector() -> np.ndarray:
    """Draw a convex sector: a fan that opens downwards from the middle of the upper edge."""
    down, across = np.indices((SIZE, SIZE))
    return (np.abs(across - SIZE / 2) < 10 + 0.5 * down) & (down < SIZE - 8)


def picture(*, hole: bool = False, specks: bool = False) -> np.ndarray:
    rng = np.random.default_rng(0)
    drawn = np.where(sector(), rng.integers(40, 120, (SIZE, SIZE)), 0).astype(np.uint8)
    if hole:
        drawn[50:80, 40:70] = 0
    if specks:
        drawn[::9, 3::31] = 200
    return drawn


def test_the_black_corners_are_outside_and_the_sector_is_inside():
    cells = scanned_cells(picture()[None], np.array(["one"]), GRID)[0]
    known = cells_of(sector(), GRID)
    assert (cells == known).mean() > 0.97
    assert not cells[1, 1]
    assert not cells[1, -2]
    assert cells[7, 7]


@pytest.mark.parametrize("change", ["hole", "specks"])
def test_neither_a_dark_effusion_nor_bright_specks_change_the_sector(change):
    plain = scanned_cells(picture()[None], np.array(["one"]), GRID)
    changed = scanned_cells(picture(**{change: True})[None], np.array(["one"]), GRID)
    assert (plain == changed).mean() > 0.98


def test_cells_at_the_edge_of_the_picture_are_left_out_where_the_grid_is_fine():
    white = np.full((1, SIZE, SIZE), 255, np.uint8)
    fine = scanned_cells(white, np.array(["one"]), GRID)[0]
    assert fine[1:-1, 1:-1].all()
    assert fine.sum() == 12 * 12
    # A cell of a coarse grid is mostly anatomy even there.
    assert scanned_cells(white, np.array(["one"]), (7, 7)).all()


def test_all_pictures_of_a_recording_share_their_cells():
    left, right = picture(), picture()
    left[:, : SIZE // 2] = 0
    right[:, SIZE // 2 :] = 0
    cells = scanned_cells(np.stack([left, right, left]), np.array(["one", "one", "two"]), GRID)
    assert (cells[0] == cells[1]).all()
    assert cells[2].sum() < cells[0].sum()


def test_a_black_recording_has_cells_to_look_at():
    assert scanned_cells(np.zeros((1, SIZE, SIZE), np.uint8), np.array(["one"]), GRID).any()


def test_points_within_the_cells_ignore_a_hotter_corner():
    maps = np.zeros((1, *GRID))
    maps[0, 0, 0], maps[0, 8, 7] = 9.0, 1.0
    cells = scanned_cells(picture()[None], np.array(["one"]), GRID)
    assert peak_points(maps)[0].max() < 0.05
    assert peak_points(maps, cells)[0].tolist() == pytest.approx([7.5 / 14, 8.5 / 14])
    assert within(maps, cells).max() == 1.0
    assert outside_share(maps, cells).tolist() == pytest.approx([0.9])


def test_a_point_beside_a_hotter_cell_that_is_left_out_stays_in_its_cell():
    maps = np.zeros((1, 5, 5))
    maps[0, 2, 1], maps[0, 2, 2] = 5.0, 4.0
    cells = np.ones((1, 5, 5), bool)
    cells[0, 2, 1] = False
    across, down = peak_points(maps, cells)[0] * 5
    assert 2 <= across <= 3
    assert 2 <= down <= 3


def test_maps_without_positive_activation_have_no_share():
    assert np.isnan(outside_share(-np.ones((1, *GRID)), np.ones((1, *GRID), bool))).all()
