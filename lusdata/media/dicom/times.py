"""When the frames of a DICOM file were taken, as its header says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from lusdata.errors import DecodeError
from lusdata.media.decode.timing import rising_times_s
from lusdata.media.dicom.values import first_number

__all__ = ["StatedTimes", "stated_times"]

_LONGEST_STEP_S = 60.0
_FRAME_TIME, _RATES = "FrameTime", ("CineRate", "RecommendedDisplayFrameRate")
_FRAME_TIME_TAG = 0x00181063
# Rates are whole numbers in most headers, so that 29.97 Hz is told as 30.
_AGREES_WITHIN = 0.05


@dataclass(frozen=True)
class StatedTimes:
    """What a header says of the times.

    Attributes
    ----------
    times_s : tuple of float, or None
        Each frame's time in seconds from the first, rising; None where the header does not tell.
    notes : tuple of str
        What of the header was not followed, a clause each.
    """

    times_s: tuple[float, ...] | None
    notes: tuple[str, ...] = ()


def stated_times(header: Any, count: int) -> StatedTimes:
    """Return the times that a header states.

    Parameters
    ----------
    header : pydicom.Dataset
        The header. A vector of the times between frames goes before one time for all, which goes before a rate, unless
        the header itself points at another of them.
    count : int
        Number of frames.

    Examples
    --------
    >>> stated_times({"FrameTimeVector": [0, 40, 60], "FrameTime": 20}, 3).times_s
    (0.0, 0.04, 0.1)
    >>> stated_times({"FrameTime": "20"}, 3).times_s, stated_times({"CineRate": 25}, 2).times_s
    ((0.0, 0.02, 0.04), (0.0, 0.04))
    >>> stated_times({}, 2).times_s is None, stated_times({}, 1).times_s
    (True, (0.0,))
    """
    if count == 1:
        return StatedTimes((0.0,))
    notes: list[str] = []
    times_s = None if _points_at_one_time(header) else _by_vector(header, count, notes)
    if times_s is None:
        step_s = _even_step_s(header, notes)
        times_s = None if step_s is None else tuple(round(index * step_s, 9) for index in range(count))
    return StatedTimes(times_s, tuple(notes))


def _by_vector(header: Any, count: int, notes: list[str]) -> tuple[float, ...] | None:
    """Add up the times between frames: the first of the vector belongs to the first frame and is 0."""
    vector = _vector(header)
    if vector is None:
        return None
    # Some writers leave the first frame's zero out.
    gaps_ms = vector[1:] if len(vector) == count else vector
    if len(gaps_ms) != count - 1 or any(not 0 <= gap_ms <= _LONGEST_STEP_S * 1000 for gap_ms in gaps_ms):
        notes.append("the times between frames do not fit the frames and were not followed")
        return None
    repeated = sum(gap_ms == 0 for gap_ms in gaps_ms)
    try:
        times_s = rising_times_s([0.0, *(total_ms / 1000 for total_ms in accumulate(gaps_ms))])
    except DecodeError as error:
        notes.append(f"the times between frames were not followed, since {error.what}")
        return None
    if repeated:
        notes.append(f"of the times between frames {repeated} are 0 ms and were taken for 1 ms or less")
    return tuple(round(float(time_s), 9) for time_s in times_s)


def _vector(header: Any) -> list[float] | None:
    try:
        vector = header.get("FrameTimeVector")
        if vector is None or isinstance(vector, (str, bytes, int, float)):
            return None
        return [float(value) for value in vector]
    except (ValueError, TypeError, ArithmeticError):
        return None


def _even_step_s(header: Any, notes: list[str]) -> float | None:
    frame_time_ms = first_number(header, _FRAME_TIME)
    rates_hz = {name: rate for name in _RATES if (rate := first_number(header, name)) is not None and rate > 0}
    if frame_time_ms is not None and 0 < frame_time_ms <= _LONGEST_STEP_S * 1000:
        rate_hz = 1000 / frame_time_ms
        # The rate of display may differ on purpose.
        taken_hz = rates_hz.get("CineRate", rate_hz)
        if abs(taken_hz - rate_hz) > _AGREES_WITHIN * rate_hz:
            notes.append(
                f"the frame time says {rate_hz:g} Hz and the cine rate {taken_hz:g} Hz; the frame time was taken"
            )
        return frame_time_ms / 1000
    if frame_time_ms is not None:
        notes.append(f"a frame time of {frame_time_ms:g} ms, which is none, was not followed")
    name = next(iter(rates_hz), None)
    return None if name is None else 1 / rates_hz[name]


def _points_at_one_time(header: Any) -> bool:
    pointer = first_number(header, "FrameIncrementPointer")
    stated_ms = first_number(header, _FRAME_TIME)
    return pointer == _FRAME_TIME_TAG and stated_ms is not None and stated_ms > 0
