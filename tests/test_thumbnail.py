"""Strips: frames side by side in one small file."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lusdata.errors import UsageError
from lusdata.media.pictures.thumbnail import StripPlan, encode_strip, plan_strips

PLAN = StripPlan(side_px=32, frames=4, rate_hz=5.0, quality=80, still_px=64)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_frames_stand_side_by_side_in_their_order():
    strip = encode_strip([np.full((40, 40), level, np.uint8) for level in (20, 90, 200)], PLAN)
    image = decoded(strip.data)
    assert image.shape == (32, 96, 3)
    assert strip.frames == 3
    assert [int(image[16, left, 0]) for left in (16, 48, 80)] == pytest.approx([20, 90, 200], abs=6)


def test_no_more_frames_are_taken_than_the_plan_allows():
    strip = encode_strip(np.zeros((9, 8, 8), np.uint8), PLAN)
    assert strip.frames == 4
    assert decoded(strip.data).shape == (32, 128, 3)


def test_a_still_picture_is_larger():
    assert decoded(encode_strip([np.zeros((8, 8), np.uint8)], PLAN).data).shape == (64, 64, 3)


def test_a_wide_frame_keeps_its_shape_between_black_bars():
    image = decoded(encode_strip([np.full((10, 40), 200, np.uint8)], PLAN).data)
    assert image[32, 32, 0] > 180
    assert image[4, 32, 0] < 20
    assert image[60, 32, 0] < 20


def test_red_stays_red():
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 220
    blue, _, value = decoded(encode_strip([red], PLAN).data)[32, 32]
    assert value > 180
    assert blue < 60


def test_the_rate_of_the_frames_wins_over_the_plan():
    assert encode_strip([np.zeros((8, 8), np.uint8)], PLAN).rate_hz == 5.0
    assert encode_strip([np.zeros((8, 8), np.uint8)], PLAN, rate_hz=3.0).rate_hz == 3.0


def test_many_recordings_get_smaller_strips():
    sides = [plan_strips(count).side_px for count in (0, 1, 200, 201, 600, 601, 100_000)]
    assert sides == sorted(sides, reverse=True)


def test_nothing_gives_no_strip():
    with pytest.raises(UsageError, match="at least one frame"):
        encode_strip([], PLAN)
