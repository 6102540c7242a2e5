"""The pieces that JPEG, PNG, WebP and AVIF files consist of, told from their framing alone; nothing is decoded.

What stands behind the end of a picture counts as a piece, too: cameras put second pictures and films there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["BEHIND", "Segment", "iso_boxes", "jpeg_segments", "png_chunks", "riff_chunks"]

BEHIND = "behind the picture"
"""The name of the piece that holds all bytes after the picture's end."""

_PNG_START, _PNG_FRAME, _RIFF_START, _RIFF_FRAME = 8, 12, 12, 8
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_WITHOUT_BODY = frozenset({0x01, *range(0xD0, 0xD9)})


class Segment(NamedTuple):
    """One piece of a file: its kind, and its contents without their framing."""

    kind: str
    body: bytes


def jpeg_segments(data: bytes) -> Iterator[Segment]:
    """Yield the marker segments of the first JPEG picture in a file, and what stands behind it.

    Parameters
    ----------
    data : bytes
        The file. Where it is cut or damaged, the segments before are told.

    Yields
    ------
    Segment
        Kinds are ``APP0`` to ``APP15``, ``COM`` for comments, two hexadecimal digits for other markers, and `BEHIND`.

    Examples
    --------
    >>> [kind for kind, body in jpeg_segments(bytes.fromhex("ffd8 fffe0003 41 ffd9 42"))]
    ['COM', 'behind the picture']
    """
    place = 2
    while (place := data.find(b"\xff", place)) >= 0 and place + 2 <= len(data):
        marker = data[place + 1]
        # A byte FF in coded pixels is followed by 00, and any number of FF may fill the space before a marker.
        if marker in (0x00, 0xFF):
            place += 2 - (marker == 0xFF)
        elif marker == _END_OF_IMAGE:
            if len(data) > place + 2:
                yield Segment(BEHIND, data[place + 2 :])
            return
        elif marker in _WITHOUT_BODY:
            place += 2
        else:
            size = max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
            yield Segment(_jpeg_kind(marker), data[place + 4 : place + 2 + size])
            place += 2 + size


def _jpeg_kind(marker: int) -> str:
    if marker == 0xFE:
        return "COM"
    return f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"{marker:02X}"


def png_chunks(data: bytes) -> Iterator[Segment]:
    """Yield the chunks of a PNG file by their four letters, and what stands behind the last; see `jpeg_segments`."""
    place = _PNG_START
    while len(data) >= place + 8:
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        yield Segment(kind.decode("latin-1"), data[place + 8 : place + 8 + size])
        place += _PNG_FRAME + size
        if kind == b"IEND":
            break
    if len(data) > place:
        yield Segment(BEHIND, data[place:])


def riff_chunks(data: bytes) -> Iterator[Segment]:
    """Yield the chunks of a WebP file by their four letters, and what stands behind the last; see `jpeg_segments`."""
    end = min(len(data), int.from_bytes(data[4:8], "little") + 8)
    place = _RIFF_START
    while end >= place + _RIFF_FRAME:
        size, kind = int.from_bytes(data[place + 4 : place + 8], "little"), data[place : place + 4]
        yield Segment(kind.decode("latin-1"), data[place + 8 : place + 8 + size])
        place += _RIFF_FRAME + size + size % 2
    if len(data) > max(place, end):
        yield Segment(BEHIND, data[max(place, end) :])


def iso_boxes(data: bytes) -> Iterator[Segment]:
    """Yield the outermost boxes of an AVIF file by their four letters, and what stands behind; see `jpeg_segments`."""
    place = 0
    while len(data) >= place + 8:
        size, kind, head = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(data) - place
        if not head <= size <= len(data) - place or not kind.isalnum():
            break
        yield Segment(kind.decode("latin-1"), data[place + head : place + size])
        place += size
    if len(data) > place:
        yield Segment(BEHIND, data[place:])
