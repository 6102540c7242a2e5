"""What a decoder may leave out on its way to the wanted frames."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Step", "plan_steps"]


class Step(IntEnum):
    """What to do with one packet."""

    SKIP = 0
    """Do not decode: no wanted frame needs it."""
    REFERENCE = 1
    """Decode only if other frames are predicted from it."""
    SHOW = 2
    """Decode: the frame is wanted."""


def plan_steps(
    times: Sequence[int], *, wanted: NDArray[np.bool_], restarts: NDArray[np.bool_], drops: bool
) -> list[Step]:
    """Decide for each packet of a video whether it must be decoded.

    Parameters
    ----------
    times : sequence of int
        Presentation time of each packet, in decoding order, in any unit.
    wanted : np.ndarray, shape (n,), bool
        Packets whose frame is wanted.
    restarts : np.ndarray, shape (n,), bool
        Packets from which decoding can start afresh: no frame shown after such a packet needs what was sent before
        it. Frames that are sent after it but shown before it may.
    drops : bool
        Whether the decoder can leave out, by itself, a frame from which no other is predicted.

    Returns
    -------
    list of Step, length n
        All `SKIP` after the last wanted packet.

    Examples
    --------
    >>> wanted = np.array([False, False, False, True])
    >>> restarts = np.array([True, False, True, False])
    >>> [step.name for step in plan_steps([0, 1, 2, 3], wanted=wanted, restarts=restarts, drops=True)]
    ['SKIP', 'SKIP', 'REFERENCE', 'SHOW']
    """
    unwanted = Step.REFERENCE if drops else Step.SHOW
    steps = [Step.SKIP] * len(times)
    # From the end: everything before a wanted frame is needed, until a restart that comes before all of them.
    earliest_needed: int | None = None
    for index in range(len(times) - 1, -1, -1):
        if wanted[index]:
            steps[index] = Step.SHOW
            earliest_needed = times[index] if earliest_needed is None else min(earliest_needed, times[index])
        elif earliest_needed is not None:
            steps[index] = unwanted
        if earliest_needed is not None and restarts[index] and times[index] <= earliest_needed:
            earliest_needed = None
    return steps
