"""Writing a recording without any loss and without any header: FFV1 in Matroska, or PNG for a single picture.

Both are open, widely read and checked by checksums of their own; nothing but pictures and their times goes in.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from lusdata.errors import UsageError
from lusdata.media.png import encode_png

__all__ = ["LEAST_STEP_S", "lossless_bytes", "lossless_suffix"]

# Matroska counts milliseconds.
_CLOCK_HZ = 1000
LEAST_STEP_S = 1 / _CLOCK_HZ
"""Frames that are closer together cannot be told apart in the file."""

_OPTIONS = {"level": "3", "slicecrc": "1", "slices": "4", "g": "1", "threads": "1"}


def lossless_suffix(frame_count: int) -> str:
    """Return the suffix of the file that `lossless_bytes` makes."""
    return ".png" if frame_count == 1 else ".mkv"


def lossless_bytes(frames: NDArray[np.uint8], times_s: Sequence[float] | None = None) -> bytes:
    """Encode a recording; the same frames and times give the same bytes.

    Parameters
    ----------
    frames : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey or RGB values, 0 to 255. One frame becomes a PNG picture.
    times_s : sequence of float, length n, optional
        Time of each frame in seconds from the first, rising; needed for several frames. Kept to a millisecond.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    UsageError
        If times are missing, or two frames fall into one millisecond.

    Examples
    --------
    >>> lossless_bytes(np.zeros((1, 2, 2), np.uint8))[1:4]
    b'PNG'
    """
    if len(frames) == 1:
        return encode_png(frames[0])
    ticks = [round(time_s * _CLOCK_HZ) for time_s in times_s or ()]
    if len(ticks) != len(frames) or any(later <= earlier for earlier, later in pairwise(ticks)):
        raise UsageError(
            "frames without times of their own",
            expected=f"{len(frames)} rising times, a millisecond apart or more",
            found=f"{len(ticks)} times",
        )
    clock = Fraction(1, _CLOCK_HZ)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska", options={"fflags": "+bitexact"}) as out:
        rate = Fraction((len(ticks) - 1) * _CLOCK_HZ, ticks[-1] - ticks[0]).limit_denominator(1001)
        stream = out.add_stream("ffv1", rate=rate, options=dict(_OPTIONS))
        context = stream.codec_context
        context.height, context.width = frames.shape[1:3]
        context.pix_fmt = "gray" if frames.ndim == 3 else "bgr0"
        context.time_base = clock
        context.flags |= Flags.bitexact
        context.thread_count = 1
        lasting = [later - earlier for earlier, later in pairwise(ticks)]
        # The last frame is shown as long as the one before it.
        lasting.append(lasting[-1])
        for picture, tick, ticks_shown in zip(frames, ticks, lasting, strict=True):
            frame = _frame(picture)
            frame.pts, frame.time_base = tick, clock
            for packet in stream.encode(frame):
                packet.duration = ticks_shown
                out.mux(packet)
        out.mux(stream.encode(None))
    return buffer.getvalue()


def _frame(picture: NDArray[np.uint8]) -> av.VideoFrame:
    if picture.ndim == 2:
        return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")
    padded = np.zeros((*picture.shape[:2], 4), np.uint8)
    padded[..., :3] = picture[..., ::-1]
    return av.VideoFrame.from_ndarray(padded, format="bgra").reformat(format="bgr0")
