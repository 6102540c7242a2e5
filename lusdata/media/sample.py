"""Which frames of a recording a dataset keeps: the nearest to an even time grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusdata.errors import DataError, UsageError

__all__ = ["frame_indices"]

# Times come from rational time stamps through floating point, so a grid point may miss its frame by a few last digits.
_SLACK_STEPS = 1e-6


def frame_indices(
    times_s: ArrayLike,
    *,
    rate_hz: float,
    max_frames: int,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> NDArray[np.int64]:
    """Choose the frames nearest to an even time grid.

    The grid starts at `start_s` and has a point every ``1 / rate_hz`` seconds, up to the last frame inside the trim. A
    point half-way between two frames takes the earlier one. A frame that is nearest to several points is taken once:
    where the file is slower than `rate_hz`, every frame is taken and none is repeated, since a repeated frame would
    count the same evidence twice.

    Parameters
    ----------
    times_s : array_like, shape (n,)
        Presentation times of all frames, in seconds, never falling. Need not start at 0: `start_s` and `end_s` count
        from the first frame.
    rate_hz : float
        Wanted rate, in frames per second.
    max_frames : int
        Largest number of frames.
    start_s, end_s : float, optional
        The part to use: frames with ``start_s <= time < end_s``. By default all.

    Returns
    -------
    np.ndarray, shape (m,), int64
        Positions in `times_s`, strictly rising, 1 <= m <= max_frames.

    Raises
    ------
    UsageError
        If `rate_hz` or `max_frames` is not positive and finite.
    DataError
        If there is no frame, no frame inside the trim, or the times fall or are not finite.

    Examples
    --------
    >>> frame_indices([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], rate_hz=4, max_frames=30)
    array([0, 2, 5])
    >>> frame_indices([0.54, 0.64, 1.54], rate_hz=10, max_frames=30)
    array([0, 1, 2])
    """
    if not (math.isfinite(rate_hz) and rate_hz > 0):
        raise UsageError("the sampling rate must be a positive number", found=f"{rate_hz:g} Hz")
    if max_frames < 1:
        raise UsageError("a recording keeps at least one frame", found=f"max_frames={max_frames}")
    times = np.asarray(times_s, dtype=np.float64)
    if times.ndim != 1 or times.size == 0:
        raise DataError("there is no frame to choose from")
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise DataError("presentation times must be finite and never fall")
    times = times - times[0]
    slack_s = _SLACK_STEPS / rate_hz
    inside = times >= start_s - slack_s
    if end_s is not None:
        inside &= times < end_s - slack_s
    candidates = np.flatnonzero(inside)
    if candidates.size == 0:
        raise DataError(
            "no frame lies inside the trim",
            expected=f"frames from {start_s:g} s to {'the end' if end_s is None else f'{end_s:g} s'}",
            found=f"frames from 0 s to {times[-1]:g} s",
        )
    steps = np.maximum((times[candidates] - start_s) * rate_hz, 0.0)
    # Seen from the frames, not from the grid, so that no bogus time stamp can ask for a grid of any size: a frame is
    # nearest to all points between the middles towards its neighbours, and taken if at least one point lies there.
    last_point_owned = np.floor(np.append((steps[:-1] + steps[1:]) / 2, steps[-1]) + _SLACK_STEPS)
    taken = np.diff(last_point_owned, prepend=-1.0) > 0
    return candidates[taken][:max_frames].astype(np.int64, copy=False)
