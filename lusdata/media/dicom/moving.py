"""Videos inside DICOM files: one stream of H.264, H.265, MPEG-2 or MPEG-4."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.errors import DecodeError
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.open_file import open_video
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import rgb_pixels
from lusdata.media.dicom.pixels import grey_if_grey
from lusdata.media.dicom.syntax import MOVING
from lusdata.scratch import scratch_folder

__all__ = ["Moving", "moving_pictures"]

# Streams without a container have no times of their own, only a rate at best; decoders guess one where there is none.
_BARE = frozenset({"h264", "hevc", "m4v", "mpegvideo"})


@dataclass(frozen=True, eq=False)
class Moving:
    """A decoded video.

    Attributes
    ----------
    frames : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey where all three colours agree everywhere, else RGB.
    times_s : tuple of float, length n, or None
        Times of the container, in seconds from the first frame; None for a stream without one.
    rate_hz : float or None
        What the stream itself states as its rate.
    """

    frames: NDArray[np.uint8]
    times_s: tuple[float, ...] | None
    rate_hz: float | None


def moving_pictures(dataset: Any, *, most: int) -> Moving:
    """Decode a file that holds a video stream.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With pixel data of a transfer syntax among `lusdata.media.dicom.syntax.MOVING`.
    most : int
        Frames that fit into memory.

    Returns
    -------
    Moving
        Every frame.

    Raises
    ------
    DecodeError
        If the stream is damaged or too long.
    """
    from pydicom.encaps import generate_frames

    suffix = MOVING[str(dataset.file_meta.TransferSyntaxUID)]
    with scratch_folder() as folder:
        stream = folder / f"stream.{suffix}"
        # A stream is one item of pixel data, in as many fragments as its writer liked.
        stream.write_bytes(b"".join(generate_frames(dataset.PixelData, number_of_frames=1)))

        def every(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
            if times_s.size > most:
                raise DecodeError("too large for a recording", expected=f"at most {most:,} frames of this size")
            return np.arange(times_s.size, dtype=np.int64)

        def whole(frame: Any) -> NDArray[np.uint8]:
            turn = turn_of(stream, frame)
            return rgb_pixels(frame, Box(0, 0, *displayed_size(frame, turn)), turn)

        with open_video(stream) as (container, pictures):
            bare = container.format.name in _BARE
            # Missing where the parameter sets state none, whatever they are typed as.
            rate: Fraction | None = pictures.codec_context.framerate
        taken = decode(stream, every, whole)
    frames = grey_if_grey(np.stack([one.value for one in taken]))
    times_s = None if bare else tuple(one.time_s for one in taken)
    return Moving(frames, times_s, float(rate) if rate else None)
