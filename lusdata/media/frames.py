"""One recording's frames, as a dataset keeps them: sampled by time, cropped, resized."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.arguments import path_of
from lusdata.catalog.manifest import Crop, Trim
from lusdata.errors import DataError, DecodeError, UsageError
from lusdata.intact import intact
from lusdata.media.crop import Box, crop_box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import grey_pixels, rgb_pixels
from lusdata.media.decode.spending import spending
from lusdata.media.sample import frame_indices
from lusdata.suggestion import unknown_word

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Colour", "RecordingFrames", "read_frames"]

Colour = Literal["grey", "rgb"]

_PIXELS = {"grey": grey_pixels, "rgb": rgb_pixels}


@dataclass(frozen=True, eq=False)
class RecordingFrames:
    """The frames of one recording.

    Attributes
    ----------
    images : np.ndarray, shape (n, size, size) or (n, size, size, 3), uint8
        Grey or RGB values, 0 (black) to 255 (white).
    indices : np.ndarray, shape (n,), int64
        Each frame's place among all frames of the file, from 0, in order of presentation.
    times_s : np.ndarray, shape (n,), float64
        Each frame's presentation time, in seconds from the first frame's of the file.
    box : Box
        The window that was used, in pixels of the file's frames as displayed.
    """

    images: NDArray[np.uint8]
    indices: NDArray[np.int64]
    times_s: NDArray[np.float64]
    box: Box


def read_frames(
    path: str | Path,
    *,
    sha256: str | None = None,
    kind: str = "video",
    crop: Crop | None = None,
    trim: Trim | None = None,
    rate_hz: float = 3.0,
    max_frames: int = 30,
    size_px: int = 224,
    colour: Colour = "grey",
) -> RecordingFrames:
    """Read a recording's frames.

    Parameters
    ----------
    path : str or Path
        A video or a picture.
    sha256 : str, optional
        Its digest. The file is held against it before it is decoded, and nothing is returned if it changes meanwhile.
    kind : {"video", "image"}
        An image gives its first frame, whatever the rate.
    crop : Crop, optional
        The window to use; by default the largest centred square. A window that is no square is padded with black on
        both sides, so that shapes keep their proportions.
    trim : Trim, optional
        The part of a video to use; by default all of it.
    rate_hz, max_frames
        See `lusdata.media.sample.frame_indices`.
    size_px : int
        Side of the square images, in pixels. Windows are shrunk by area averaging and enlarged linearly.
    colour : {"grey", "rgb"}
        Grey takes the luma of the file.

    Returns
    -------
    RecordingFrames
        At least one frame.

    Raises
    ------
    DamagedError
        If the file does not have its digest, or changed while it was read.
    DecodeError
        If the file is no whole picture or video; see `lusdata.media.decode.decoder`.
    DataError
        If crop or trim do not fit the file.
    UsageError
        If an option has no meaning.
    OSError
        If the file cannot be read.
    """
    path = path_of(path, where="path")
    if colour not in _PIXELS:
        raise unknown_word("unknown colour", colour, sorted(_PIXELS))
    if size_px < 1:
        raise UsageError("the side of an image must be positive", found=f"{size_px} px")
    part = trim or Trim()

    def choose(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        if kind == "image":
            return np.zeros(1, dtype=np.int64)
        return frame_indices(times_s, rate_hz=rate_hz, max_frames=max_frames, start_s=part.start_s, end_s=part.end_s)

    def take(frame: VideoFrame) -> tuple[Box, NDArray[np.uint8]]:
        turn = turn_of(path, frame)
        box = crop_box(*displayed_size(frame, turn), crop)
        return box, _fit(_PIXELS[colour](frame, box, turn), size_px)

    try:
        with intact(path, sha256), spending(path), _opencv_on_one_thread():
            taken = decode(path, choose, take)
    except DataError as error:
        error.where = error.where or str(path)
        raise
    boxes = {one.value[0] for one in taken}
    if len(boxes) > 1:
        raise DecodeError("the frame size changes within the video", where=str(path))
    return RecordingFrames(
        images=np.stack([one.value[1] for one in taken]),
        indices=np.array([one.index for one in taken], dtype=np.int64),
        times_s=np.array([one.time_s for one in taken], dtype=np.float64),
        box=boxes.pop(),
    )


def _fit(image: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Pad to a square and resize."""
    height_px, width_px = image.shape[:2]
    side_px = max(height_px, width_px)
    if height_px != width_px:
        top_px, left_px = (side_px - height_px) // 2, (side_px - width_px) // 2
        square = np.zeros((side_px, side_px, *image.shape[2:]), dtype=np.uint8)
        square[top_px : top_px + height_px, left_px : left_px + width_px] = image
        image = square
    if side_px == size_px:
        return image.copy()
    interpolation = cv2.INTER_AREA if side_px > size_px else cv2.INTER_LINEAR
    return cast("NDArray[np.uint8]", cv2.resize(image, (size_px, size_px), interpolation=interpolation))


@contextmanager
def _opencv_on_one_thread() -> Iterator[None]:
    # Builds run one worker a core; OpenCV's own threads would only get in each other's way.
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
