"""The one rule of times: known ones are kept, missing and repeated ones are repaired alone, the rest is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusdata.errors import DecodeError
from lusdata.media.decode.timing import Stamp, frame_ticks, rising_times_s

_TICK_S = 0.001
rising_ms = st.lists(st.integers(2, 5_000), min_size=2, max_size=40).map(lambda steps: np.cumsum([0, *steps]))


@given(rising_ms, st.integers(-(10**6), 10**6))
def test_times_that_rise_are_kept_as_they_are(ms, start_ms):
    times_s = rising_times_s(((ms + start_ms) / 1000).tolist(), step_s=0.04)
    np.testing.assert_allclose(times_s, ms / 1000, atol=1e-9)


@given(rising_ms, st.data())
def test_one_repeated_time_changes_no_other_and_its_own_by_a_tick_at_most(ms, data):
    repeated = data.draw(st.integers(1, ms.size - 1))
    damaged = ms / 1000
    damaged[repeated] = damaged[repeated - 1]
    times_s = rising_times_s(damaged.tolist())
    others = np.arange(ms.size) != repeated
    np.testing.assert_allclose(times_s[others], damaged[others], atol=1e-9)
    assert 0 < times_s[repeated] - damaged[repeated] <= _TICK_S + 1e-9
    assert (np.diff(times_s) > 0).all()


@given(rising_ms, st.data())
def test_missing_times_change_no_known_one_and_lie_between_their_neighbours(ms, data):
    missing = data.draw(st.sets(st.integers(0, ms.size - 1), max_size=ms.size - 1))
    step_s = data.draw(st.one_of(st.none() if ms.size - len(missing) > 1 else st.nothing(), st.floats(0.001, 2)))
    stated = [None if place in missing else float(time) / 1000 for place, time in enumerate(ms)]
    times_s = rising_times_s(stated, step_s=step_s)
    assert (np.diff(times_s) > 0).all()
    known = [place for place in range(ms.size) if place not in missing]
    np.testing.assert_allclose(np.diff(times_s[known]), np.diff(ms[known] / 1000), atol=1e-9)


def test_a_missing_time_follows_by_the_stated_step_where_there_is_room():
    np.testing.assert_allclose(rising_times_s([0.0, None, 5.0], step_s=0.1), [0, 0.1, 5])
    np.testing.assert_allclose(rising_times_s([0.0, None, None, 0.09], step_s=0.1), [0, 0.03, 0.06, 0.09])
    np.testing.assert_allclose(rising_times_s([None, 1.0, None], step_s=0.1), [0, 0.1, 0.2])
    np.testing.assert_allclose(rising_times_s([0.0, 0.2, None, 0.6, None]), [0, 0.2, 0.4, 0.6, 0.8])


def test_without_any_time_the_stated_rate_is_all_there_is():
    np.testing.assert_allclose(rising_times_s([None] * 4, step_s=0.05), [0, 0.05, 0.1, 0.15])
    with pytest.raises(DecodeError, match="nothing tells when its frames are shown"):
        rising_times_s([None] * 4)
    with pytest.raises(DecodeError, match="nothing tells when its frames are shown"):
        rising_times_s([1.0, None])


def test_a_run_of_repeats_fits_into_the_room_before_the_next_time():
    np.testing.assert_allclose(rising_times_s([0.0, 0.0, 0.0, 0.0015, 1, 2, 3]), [0, 0.0005, 0.001, 0.0015, 1, 2, 3])


def test_times_that_fall_are_refused_with_the_place():
    with pytest.raises(DecodeError, match=r"go back.*frame 20 at 0\.420 s after a frame at 0\.760 s.*cut apart"):
        rising_times_s([*(np.arange(20) / 25), *(0.42 + np.arange(20) / 25)])


def test_a_clock_that_stands_still_is_no_clock():
    with pytest.raises(DecodeError, match=r"most of its frames share their times.*2 times of 7 frames"):
        rising_times_s([0.0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(rising_times_s([3.0, 3.0]), [0, _TICK_S])


def test_nothing_and_one_frame():
    assert rising_times_s([]).size == 0
    assert rising_times_s([7.5]).tolist() == [0.0]
    assert rising_times_s([None], step_s=0.04).tolist() == [0.0]


@given(st.permutations(range(12)))
def test_times_stated_in_the_order_of_decoding_are_paired_in_order_of_presentation(order):
    stamps = [Stamp(10 * tick, place) for place, tick in enumerate(order)]
    assert frame_ticks(stamps, in_decoding_order=True) == [10 * tick for tick in range(12)]


def test_packets_of_several_frames_take_decoding_times_once_their_own_go_wrong():
    # As XviD in Matroska: three frames whose packets were numbered as if each held one.
    shown, decoded = [3, 4, 6, 5, 7, 9, 8, 11], [3, 4, 5, 6, 7, 8, 9, None]
    stamps = [Stamp(*pair) for pair in zip(shown, decoded, strict=True)]
    assert frame_ticks(stamps, in_decoding_order=True, packed=True) == [3, 4, 6, 6, 7, 8, 9, 11]


def test_packed_frames_keep_the_times_of_their_container_where_decoding_times_fall():
    shown, decoded = [0, 2, 1, 4, 3], [1, 2, 3, 4, None]
    stamps = [Stamp(*pair) for pair in zip(shown, decoded, strict=True)]
    assert frame_ticks(stamps, in_decoding_order=True, packed=True) == [0, 1, 2, 3, 4]


def test_frames_without_presentation_times_have_those_of_decoding():
    assert frame_ticks([Stamp(None, 1), Stamp(None, 2), Stamp(None, None)]) == [1, 2, None]


def test_two_streams_one_after_the_other_are_not_dealt_into_one_another():
    stamps = [Stamp(tick, tick) for tick in (10, 11, 12, 13, 11, 12, 13, 14)]
    assert frame_ticks(stamps) == [10, 11, 12, 13, 11, 12, 13, 14]
