"""The plan leaves out as much as it may, and nothing that a wanted frame needs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lusdata.media.decode.plan import Step, plan_steps


@st.composite
def streams(draw):
    """Draw groups of pictures: a key, then references and unreferenced pictures, some shown before the key."""
    times: list[int] = []
    restarts: list[bool] = []
    start = 0
    for _ in range(draw(st.integers(1, 6))):
        length = draw(st.integers(1, 8))
        leading = draw(st.integers(0, 2)) if times else 0
        # Leading pictures are sent after the key and shown before it.
        order = [start + leading, *range(start, start + leading), *range(start + leading + 1, start + leading + length)]
        times += order
        restarts += [True] + [False] * (len(order) - 1)
        start += leading + length
    wanted = draw(st.lists(st.booleans(), min_size=len(times), max_size=len(times)))
    return times, np.array(wanted), np.array(restarts)


def needed_by(index: int, times: list[int], restarts: np.ndarray) -> int:
    """Return the first packet that a frame may need: its group's key, or the key before for a leading picture."""
    key = max(k for k in range(index + 1) if restarts[k])
    while times[key] > times[index]:
        key = max(k for k in range(key) if restarts[k])
    return key


@given(streams(), st.booleans())
def test_everything_that_a_wanted_frame_needs_is_decoded_and_nothing_else(stream, drops):
    times, wanted, restarts = stream
    steps = plan_steps(times, wanted=wanted, restarts=restarts, drops=drops)
    needed = {
        index
        for target in np.flatnonzero(wanted)
        for index in range(needed_by(int(target), times, restarts), int(target) + 1)
    }
    for index, step in enumerate(steps):
        if wanted[index]:
            assert step is Step.SHOW
        elif index in needed:
            assert step is (Step.REFERENCE if drops else Step.SHOW)
        else:
            assert step is Step.SKIP


def test_without_restarts_everything_up_to_the_last_wanted_packet_is_decoded():
    wanted = np.array([False, False, True, False])
    steps = plan_steps([0, 1, 2, 3], wanted=wanted, restarts=np.zeros(4, bool), drops=False)
    assert steps == [Step.SHOW, Step.SHOW, Step.SHOW, Step.SKIP]


def test_frames_that_stand_alone_are_decoded_only_if_wanted():
    wanted = np.array([False, True, False, True])
    steps = plan_steps([0, 1, 2, 3], wanted=wanted, restarts=np.ones(4, bool), drops=False)
    assert steps == [Step.SKIP, Step.SHOW, Step.SKIP, Step.SHOW]
