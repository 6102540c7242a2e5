"""How a stored picture is to be turned before it is shown: by phones' display matrix, or cameras' EXIF orientation."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from av.sidedata.sidedata import SideDataContainer
from numpy.typing import NDArray
from PIL import ExifTags, Image

from lusdata.errors import DecodeError
from lusdata.media.decode.pillow import PILLOW_FAULTS, open_picture

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["LastingMatrix", "Turn", "displayed_size", "exif_turn", "turn_of", "turned"]

_JPEG_START = b"\xff\xd8"


class Turn(NamedTuple):
    """How a stored picture becomes the displayed one: transposed first, then mirrored."""

    transpose: bool = False
    mirror_columns: bool = False
    mirror_rows: bool = False


_BY_ANGLE = {0: Turn(), 1: Turn(True, False, True), 2: Turn(False, True, True), 3: Turn(True, True, False)}
"""Quarter turns against the clock."""
_UPRIGHT_WITHIN = 0.0175
"""Tangent of the angle, one degree, up to which a matrix counts as upright, as for FFmpeg."""
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
    return _matrix_turn(path, frame)


def _matrix_turn(path: Path, frame: VideoFrame) -> Turn:
    """Read the display matrix of a frame, which phones set for a file and some encoders for a picture."""
    try:
        stored = _stated(frame) or frame.opaque
    except ValueError:
        # PyAV knows no name of something else beside this frame, and then gives nothing but the angle.
        return _BY_ANGLE[round(frame.rotation / 90) % 4]
    if stored is None:
        return Turn()
    numbers = struct.unpack("=9i", cast("bytes", stored))
    # A pixel at (x, y) is shown at (a x + c y, b x + d y), but for a shift.
    a, b, c, d = numbers[0], numbers[1], numbers[3], numbers[4]
    along, across = min(abs(a), abs(d)), min(abs(b), abs(c))
    if max(abs(b), abs(c)) <= _UPRIGHT_WITHIN * along:
        return Turn(False, a < 0, d < 0)
    if max(abs(a), abs(d)) <= _UPRIGHT_WITHIN * across:
        return Turn(True, c < 0, b < 0)
    if a * d == b * c:
        # It would press the picture into a line: nothing that anybody meant, and players leave it alone.
        return Turn()
    raise DecodeError(
        "its pictures are to be shown at an angle",
        where=str(path),
        expected="quarter turns and mirrors",
        found=f"{math.degrees(math.atan2(-b, a)):.0f} degrees against the clock",
        hint="turn it upright first: ffmpeg -i FILE UPRIGHT.mp4",
    )


def _stated(frame: VideoFrame) -> bytes | None:
    # Not by `frame.side_data`: a frame that keeps what points back at it stays in memory until cycles are looked for.
    stored = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]
    return None if stored is None else memoryview(cast("bytes", stored)).tobytes()


class LastingMatrix:
    """Hands a display matrix on to the frames after it, since encoders state theirs once, where it begins to hold."""

    def __init__(self) -> None:
        self._last: bytes | None = None

    def hand_on(self, frame: VideoFrame) -> None:
        """Remember the matrix of a frame, or give it the last one; call it for each frame in order."""
        with suppress(ValueError):
            stated = _stated(frame)
            if stated is None and self._last is not None:
                frame.opaque = self._last
            self._last = stated or self._last


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
