"""When each frame is shown: one rule for every container, the short way and the long way, and DICOM.

Times are paired with frames in the order of presentation, known times are kept, and a time that is missing or repeated
is repaired alone. What does not rise after that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from lusdata.errors import DecodeError

__all__ = ["Stamp", "frame_ticks", "rising_times_s"]

_REPEAT_S = 0.001
"""Players show a frame that repeats a time right after the one before; this is the unit of most clocks."""


class Stamp(NamedTuple):
    """What a decoder tells of one frame's time, in ticks.

    Attributes
    ----------
    shown : int or None
        The presentation time of the packet from which the frame came.
    decoded : int or None
        The decoding time of the packet with which the frame came out.
    """

    shown: int | None
    decoded: int | None


def frame_ticks(stamps: Sequence[Stamp], *, in_decoding_order: bool = False, packed: bool = False) -> list[int | None]:
    """Pair frames with presentation times.

    Parameters
    ----------
    stamps : sequence of Stamp, length n
        Of all frames, in order of presentation.
    in_decoding_order : bool
        Whether the presentation times rise from packet to packet. If frames are reordered nevertheless, the container
        states times in the order of decoding: the times are right, and belong to the frames in order.
    packed : bool
        Whether packets may hold several frames or none, as in MPEG-4, so that a packet's time need not be its frame's.
        Then decoding times go before times that are merely in order.

    Returns
    -------
    list of int or None, length n
        None where nothing is known. May repeat or fall; `rising_times_s` sees to that.

    Examples
    --------
    >>> frame_ticks([Stamp(0, 0), Stamp(2, 1), Stamp(1, 2)], in_decoding_order=True)
    [0, 1, 2]
    >>> frame_ticks([Stamp(3, 3), Stamp(4, 4), Stamp(6, 5), Stamp(5, 6), Stamp(7, 7)], packed=True)
    [3, 4, 6, 6, 7]
    """
    shown = [stamp.shown for stamp in stamps]
    known = [tick for tick in shown if tick is not None]
    if len(known) == len(shown) and all(earlier < later for earlier, later in pairwise(known)):
        return shown
    trusted = _trusted(stamps)
    if in_decoding_order and len(known) == len(shown) and not (packed and _never_falls(trusted)):
        return [*sorted(known)]
    return trusted


def _never_falls(ticks: Sequence[int | None]) -> bool:
    return all(earlier <= later for earlier, later in pairwise(tick for tick in ticks if tick is not None))


def _trusted(stamps: Sequence[Stamp]) -> list[int | None]:
    """Take presentation times until they went wrong more often than decoding times did, as FFmpeg and players do."""
    ticks: list[int | None] = []
    last_shown = last_decoded = -(1 << 63)
    wrong_shown = wrong_decoded = 0
    for shown, decoded in stamps:
        if decoded is not None:
            wrong_decoded += decoded <= last_decoded
            last_decoded = decoded
        elif shown is not None:
            last_decoded = shown
        if shown is not None:
            wrong_shown += shown <= last_shown
            last_shown = shown
        elif decoded is not None:
            last_shown = decoded
        ticks.append(shown if shown is not None and (wrong_shown <= wrong_decoded or decoded is None) else decoded)
    return ticks


def rising_times_s(times_s: Sequence[float | None], *, step_s: float | None = None) -> NDArray[np.float64]:
    """Repair the times of frames where they are missing or repeated; known times are kept.

    A missing time follows the one before it by `step_s`, or lies evenly between its neighbours where these are nearer.
    A repeated time means that two frames are shown at once, as far as the file's clock tells: the later one moves on by
    a millisecond, or less if the next time is near.

    Parameters
    ----------
    times_s : sequence of float or None, length n
        In seconds from any start, in order of presentation; None where unknown.
    step_s : float, optional
        The stated time between frames; by default the median of the known ones.

    Returns
    -------
    np.ndarray, shape (n,), float64
        In seconds from the first, strictly rising.

    Raises
    ------
    DecodeError
        If known times fall, if more than half of them repeat the one before, or if nothing tells a missing one.

    Examples
    --------
    >>> rising_times_s([5.0, None, 5.4, 5.4, 6.0], step_s=0.1).round(3).tolist()
    [0.0, 0.1, 0.4, 0.401, 1.0]
    >>> rising_times_s([None, None, None], step_s=0.5).tolist()
    [0.0, 0.5, 1.0]
    """
    known = [place for place, time_s in enumerate(times_s) if time_s is not None]
    values = np.array([time_s for time_s in times_s if time_s is not None], dtype=np.float64)
    steps_s = np.diff(values)
    if (steps_s < 0).any():
        raise _going_back(values, known, int(np.argmax(steps_s < 0)) + 1)
    if not (steps_s > 0).all():
        values = _spread(values)
    if len(known) < len(times_s):
        values = _filled(values, known, len(times_s), step_s)
    return values - values[0] if values.size else values


def _going_back(values: NDArray[np.float64], known: Sequence[int], place: int) -> DecodeError:
    before_s, after_s = (float(value - values[0]) for value in values[place - 1 : place + 1])
    return DecodeError(
        "the times of its frames go back",
        expected="rising times",
        found=f"frame {known[place]:,} at {after_s:.3f} s after a frame at {before_s:.3f} s",
        hint="recordings joined into one file must be cut apart; one with broken times must be written anew",
    )


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move repeated times apart, into the room before the next other one."""
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf) > 0)
    lengths = np.diff(starts, append=values.size)
    if values.size > 2 and 2 * (values.size - starts.size) > values.size:
        raise DecodeError(
            "most of its frames share their times",
            expected="a time for each frame",
            found=f"{starts.size:,} times of {values.size:,} frames",
            hint="write the recording anew with a time for each frame",
        )
    room_s = np.append(np.diff(values[starts]), np.inf)
    apart_s = np.repeat(np.minimum(_REPEAT_S, room_s / lengths), lengths)
    return values + apart_s * (np.arange(values.size) - np.repeat(starts, lengths))


def _filled(values: NDArray[np.float64], known: Sequence[int], count: int, step_s: float | None) -> NDArray[np.float64]:
    """Put times between, before and after the known ones."""
    if step_s is None and values.size > 1:
        step_s = float(np.median(np.diff(values) / np.diff(known)))
    if step_s is None or step_s <= 0:
        raise DecodeError("nothing tells when its frames are shown", expected="times, or a frame rate", found="neither")
    if not known:
        return np.arange(count, dtype=np.float64) * step_s
    places = np.asarray(known)
    # Each missing frame counts its steps from the known one before it, and the first ones back from the first known.
    index = np.arange(count)
    before = np.maximum(np.searchsorted(places, index, side="right") - 1, 0)
    gaps = np.diff(places)
    fits = np.diff(values) > (gaps - 1) * step_s
    steps_s = np.append(np.where(fits, step_s, np.diff(values) / gaps), step_s)
    later = values[before] + (index - places[before]) * steps_s[before]
    earlier = values[0] + (index - places[0]) * step_s
    return cast("NDArray[np.float64]", np.where(index < places[0], earlier, later))
