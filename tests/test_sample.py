"""Sampling follows presentation times: nearest frames to an even grid, rising, none twice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusdata.errors import DataError, UsageError
from lusdata.media.sample import frame_indices

# Milliseconds, so that distances are exact and ties are real ties.
STEPS_MS = st.lists(st.integers(1, 2000), min_size=0, max_size=60)
RATES_HZ = st.sampled_from([0.5, 1, 2, 3, 4, 5, 8, 10, 12.5, 25, 30, 100])


def by_the_definition(times_ms: list[int], *, rate_hz: float, start_ms: int, end_ms: int | None) -> list[int]:
    """Walk the grid point by point, as one would by hand."""
    inside = [i for i, t in enumerate(times_ms) if t >= start_ms and (end_ms is None or t < end_ms)]
    chosen: list[int] = []
    point = 0
    while inside and start_ms + 1000 * point / rate_hz <= times_ms[inside[-1]] + 1e-6:
        wanted_ms = start_ms + 1000 * point / rate_hz
        nearest = min(inside, key=lambda i: (round(abs(times_ms[i] - wanted_ms), 5), i))
        if nearest not in chosen:
            chosen.append(nearest)
        point += 1
    return chosen


@given(STEPS_MS, RATES_HZ, st.integers(0, 5000), st.one_of(st.none(), st.integers(1, 9000)), st.integers(0, 10_000_000))
def test_frames_are_the_nearest_to_the_grid(steps_ms, rate_hz, start_ms, length_ms, first_ms):
    times_ms = [0, *np.cumsum(steps_ms, dtype=int).tolist()]
    end_ms = None if length_ms is None else start_ms + length_ms
    expected = by_the_definition(times_ms, rate_hz=rate_hz, start_ms=start_ms, end_ms=end_ms)
    trim = {"start_s": start_ms / 1000, "end_s": None if end_ms is None else end_ms / 1000}
    times_s = (np.array(times_ms) + first_ms) / 1000
    if not any(t >= start_ms and (end_ms is None or t < end_ms) for t in times_ms):
        with pytest.raises(DataError, match="no frame lies inside the trim"):
            frame_indices(times_s, rate_hz=rate_hz, max_frames=1000, **trim)
        return
    found = frame_indices(times_s, rate_hz=rate_hz, max_frames=1000, **trim)
    # A trim that starts behind its grid's last point still has its first frame.
    assert found.tolist() == (expected or [next(i for i, t in enumerate(times_ms) if t >= start_ms)])


@given(
    st.lists(st.floats(1e-4, 5), max_size=80),
    st.floats(0.01, 1000),
    st.integers(1, 40),
    st.floats(0, 3),
)
def test_indices_rise_stay_in_range_and_keep_to_the_most(steps_s, rate_hz, max_frames, start_s):
    times_s = np.cumsum([0.54, *steps_s])
    if times_s[-1] - times_s[0] < start_s:
        return
    indices = frame_indices(times_s, rate_hz=rate_hz, max_frames=max_frames, start_s=start_s)
    assert indices.dtype == np.int64
    assert 1 <= indices.size <= max_frames
    assert (np.diff(indices) > 0).all()
    assert indices[0] >= 0
    assert indices[-1] < times_s.size


@given(STEPS_MS, RATES_HZ, st.integers(1, 20))
def test_a_smaller_most_keeps_the_beginning(steps_ms, rate_hz, max_frames):
    times_s = np.cumsum([0, *steps_ms]) / 1000
    all_of_them = frame_indices(times_s, rate_hz=rate_hz, max_frames=1000)
    assert frame_indices(times_s, rate_hz=rate_hz, max_frames=max_frames).tolist() == all_of_them[:max_frames].tolist()


@pytest.mark.parametrize("rate_hz", [10, 12.5, 15, 24, 24000 / 1001, 25, 30000 / 1001, 30, 39, 60])
def test_a_constant_rate_gives_a_frame_for_every_grid_point(rate_hz):
    times_s = np.arange(round(10 * rate_hz)) / rate_hz
    indices = frame_indices(times_s, rate_hz=3, max_frames=100)
    assert indices.size == math.floor(times_s[-1] * 3 + 1e-6) + 1
    assert np.abs(times_s[indices] - np.arange(indices.size) / 3).max() <= 0.5 / rate_hz + 1e-9


def test_a_file_slower_than_the_rate_gives_every_frame_once():
    assert frame_indices(np.arange(5) / 2, rate_hz=3, max_frames=30).tolist() == [0, 1, 2, 3, 4]


def test_the_first_presentation_time_is_no_offset():
    times_s = np.arange(50) / 25
    from_zero = frame_indices(times_s, rate_hz=3, max_frames=30, start_s=0.5)
    assert frame_indices(times_s + 0.54, rate_hz=3, max_frames=30, start_s=0.5).tolist() == from_zero.tolist()


def test_a_point_half_way_takes_the_earlier_frame():
    assert frame_indices([0.0, 0.25, 0.75, 1.0], rate_hz=2, max_frames=9).tolist() == [0, 1, 3]


def test_a_trim_counts_from_the_first_frame_and_leaves_its_end_out():
    times_s = np.arange(100) / 10
    indices = frame_indices(times_s, rate_hz=2, max_frames=30, start_s=2.0, end_s=4.0)
    assert indices.tolist() == [20, 25, 30, 35]


def test_a_time_stamp_far_away_costs_nothing():
    assert frame_indices([0.0, 1e12], rate_hz=1e6, max_frames=30).tolist() == [0, 1]


def test_frames_of_one_time_are_not_both_taken():
    assert frame_indices([0.0, 0.5, 0.5, 1.0], rate_hz=2, max_frames=30).tolist() in ([0, 1, 3], [0, 2, 3])


@pytest.mark.parametrize("rate_hz", [0, -3, math.inf, math.nan])
def test_a_rate_without_meaning_is_refused(rate_hz):
    with pytest.raises(UsageError, match="the sampling rate must be a positive number"):
        frame_indices([0.0], rate_hz=rate_hz, max_frames=30)


def test_no_frames_wanted_is_refused():
    with pytest.raises(UsageError, match="at least one frame"):
        frame_indices([0.0], rate_hz=3, max_frames=0)


@pytest.mark.parametrize(
    ("times_s", "message"),
    [([], "no frame to choose from"), ([0.0, math.nan], "never fall"), ([0.0, 1.0, 0.5], "never fall")],
    ids=["none", "not a number", "falling"],
)
def test_times_without_meaning_are_refused(times_s, message):
    with pytest.raises(DataError, match=message):
        frame_indices(times_s, rate_hz=3, max_frames=30)
