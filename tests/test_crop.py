"""The window of a frame: the manifest's, or the largest centred square."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusdata.catalog.manifest import Crop
from lusdata.errors import DataError
from lusdata.media.crop import Box, crop_box

SIDES_PX = st.integers(1, 4000)


@given(SIDES_PX, SIDES_PX)
def test_without_a_crop_it_is_the_largest_centred_square(width_px, height_px):
    box = crop_box(width_px, height_px)
    assert box.width_px == box.height_px == min(width_px, height_px)
    right_px, bottom_px = width_px - box.left_px - box.width_px, height_px - box.top_px - box.height_px
    assert 0 <= right_px - box.left_px <= 1
    assert 0 <= bottom_px - box.top_px <= 1


def test_a_crop_is_taken_as_it_is():
    assert crop_box(640, 480, Crop(100, 20, 400, 300, 640, 480)) == Box(100, 20, 400, 300)


def test_a_crop_that_states_no_frame_size_is_taken_if_it_fits():
    assert crop_box(640, 480, Crop(0, 0, 640, 480)) == Box(0, 0, 640, 480)


def test_a_crop_drawn_on_another_size_is_refused():
    with pytest.raises(DataError, match="expected 800 x 600 px; found 640 x 480 px"):
        crop_box(640, 480, Crop(100, 20, 400, 300, 800, 600))


@pytest.mark.parametrize(
    "edges",
    [(-1, 0, 10, 10), (0, -1, 10, 10), (600, 0, 41, 10), (0, 400, 10, 81), (0, 0, 0, 10), (0, 0, 10, 0)],
    ids=["left", "top", "right", "bottom", "no width", "no height"],
)
def test_a_crop_outside_the_frame_is_refused(edges):
    with pytest.raises(DataError, match="the crop does not lie inside the frame; expected a window inside 640 x 480"):
        crop_box(640, 480, Crop(*edges))
