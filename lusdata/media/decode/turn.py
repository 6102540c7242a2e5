"""How a stored picture is to be turned before it is shown: by phones' display matrix, or cameras' EXIF orientation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray
from PIL import ExifTags, Image

from lusdata.media.decode.pillow import PILLOW_FAULTS, open_picture

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Turn", "displayed_size", "exif_turn", "turn_of", "turned"]

_JPEG_START = b"\xff\xd8"


class Turn(NamedTuple):
    """How a stored picture becomes the displayed one: transposed first, then mirrored."""

    transpose: bool = False
    mirror_columns: bool = False
    mirror_rows: bool = False


_BY_ANGLE = {0: Turn(), 1: Turn(True, False, True), 2: Turn(False, True, True), 3: Turn(True, True, False)}
"""Quarter turns against the clock."""
_BY_EXIF = {
    1: Turn(),
    2: Turn(False, True, False),
    3: Turn(False, True, True),
    4: Turn(False, False, True),
    5: Turn(True, False, False),
    6: Turn(True, True, False),
    7: Turn(True, True, True),
    8: Turn(True, False, True),
}


def turn_of(path: Path, frame: VideoFrame) -> Turn:
    """Tell how the frames of a file are to be turned.

    Parameters
    ----------
    path : Path
        The file.
    frame : av.VideoFrame
        One of its frames.

    Returns
    -------
    Turn
        Nothing to do, unless the file says otherwise.
    """
    # The angle that FFmpeg makes of EXIF cannot say "mirrored", and PyAV's access to the matrix itself frees memory
    # twice where a frame carries EXIF; so Pillow reads it. Other still pictures come upright; see `read_still`.
    with path.open("rb") as file:
        is_jpeg = file.read(2) == _JPEG_START
    if is_jpeg:
        with open_picture(path, "JPEG") as image:
            return exif_turn(image)
    return _BY_ANGLE[round(frame.rotation / 90) % 4]


def displayed_size(frame: VideoFrame, turn: Turn) -> tuple[int, int]:
    """Return width and height of a frame as displayed, in pixels."""
    return (frame.height, frame.width) if turn.transpose else (frame.width, frame.height)


def turned(pixels: NDArray[Any], turn: Turn) -> NDArray[Any]:
    """Return a view of stored pixels, shape (height, width) or (height, width, channels), as they are displayed."""
    if turn.transpose:
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if turn.mirror_rows else 1, :: -1 if turn.mirror_columns else 1]


def exif_turn(image: Image.Image) -> Turn:
    """Tell how an opened still picture is to be turned: not at all where nothing, or nonsense, is said."""
    try:
        return _BY_EXIF.get(image.getexif().get(ExifTags.Base.Orientation, 1), Turn())
    except PILLOW_FAULTS:
        return Turn()
