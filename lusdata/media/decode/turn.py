"""How a stored picture is to be turned before it is shown: by phones' display matrix, or cameras' EXIF orientation."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["Turn", "displayed_size", "exif_orientation", "turn_of"]

_HEAD_BYTES = 1 << 18
_JPEG_START = b"\xff\xd8"
_START_OF_SCAN, _EXIF_SEGMENT = 0xDA, 0xE1
_ORIENTATION_TAG = 0x0112


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
    # twice where a frame carries EXIF; so photographs are read here.
    with path.open("rb") as file:
        head = file.read(2)
        if head == _JPEG_START:
            return _BY_EXIF.get(exif_orientation(head + file.read(_HEAD_BYTES)), Turn())
    return _BY_ANGLE[round(frame.rotation / 90) % 4]


def displayed_size(frame: VideoFrame, turn: Turn) -> tuple[int, int]:
    """Return width and height of a frame as displayed, in pixels."""
    return (frame.height, frame.width) if turn.transpose else (frame.width, frame.height)


def exif_orientation(head: bytes) -> int:
    """Read the orientation from the beginning of a JPEG file.

    Parameters
    ----------
    head : bytes
        The file up to its first scan.

    Returns
    -------
    int
        1 (as stored) to 8, as EXIF counts; 1 where nothing, or nonsense, is said.
    """
    try:
        for start, end in _segments(head):
            if head[start - 3] == _EXIF_SEGMENT and head.startswith(b"Exif\0\0", start):
                return _orientation(head[start + 6 : end])
    except (struct.error, IndexError):
        return 1
    return 1


def _segments(head: bytes) -> list[tuple[int, int]]:
    """Return where the contents of a JPEG file's segments begin and end, up to the first scan."""
    found = []
    place = 2
    while place + 4 <= len(head) and head[place] == 0xFF and head[place + 1] != _START_OF_SCAN:
        (length,) = struct.unpack_from(">H", head, place + 2)
        found.append((place + 4, place + 2 + length))
        place += 2 + length
    return found


def _orientation(tiff: bytes) -> int:
    order = "<" if tiff[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, directory)
    for entry in range(count):
        tag, _kind, _number, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
        if tag == _ORIENTATION_TAG:
            return value if 1 <= value <= 8 else 1
    return 1
