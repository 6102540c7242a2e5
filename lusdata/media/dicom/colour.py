"""Whether decoded samples of a compressed picture are RGB, or luma and chroma: by the stream, then by the tag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Stream", "jpeg_stream", "mixes_components"]

_RGB_NAMES = (b"RGB", b"rgb")
_NO_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
# Baseline, extended and progressive; what else begins with C is no frame, or a frame that lusdata hands on.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})


@dataclass(frozen=True)
class Stream:
    """What a JPEG stream says of its colours.

    Attributes
    ----------
    says : {"rgb", "ycc", ""}
        What its samples must be; empty where it does not tell.
    adobe : bool
        Whether it carries Adobe's marker, which decoders follow by themselves.
    """

    says: str
    adobe: bool


def jpeg_stream(stream: bytes) -> Stream:
    r"""Read the markers of a JPEG stream.

    Parameters
    ----------
    stream : bytes
        One picture.

    Returns
    -------
    Stream
        By Adobe's marker, by JFIF's, by the names of the components, or by the sampling: chroma that was thinned out
        cannot be red, green or blue.

    Examples
    --------
    >>> jpeg_stream(b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9").says
    'ycc'
    """
    says = ""
    for marker, body in _segments(stream):
        if marker == 0xEE and body[:5] == b"Adobe" and len(body) > 11:
            return Stream("rgb" if body[11] == 0 else "ycc", adobe=True)
        if marker == 0xE0 and body[:4] == b"JFIF":
            says = "ycc"
        if marker in _FRAMES and not says and len(body) >= 15 and body[5] == 3:
            names, factors = body[6:15:3], body[7:15:3]
            says = "rgb" if bytes(names) in _RGB_NAMES else "ycc" if len(set(factors)) > 1 else ""
    return Stream(says, adobe=False)


def _segments(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the markers up to the first scan."""
    place = 0
    while place + 1 < len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        place += 1 if marker == 0xFF else 2
        if marker == 0xFF or marker in _NO_LENGTH:
            continue
        length = int.from_bytes(stream[place : place + 2], "big")
        if marker in (0xD9, 0xDA) or length < 2:
            return
        yield marker, stream[place + 2 : place + length]
        place += length


def mixes_components(stream: bytes) -> bool:
    """Tell whether a JPEG 2000 stream mixed red, green and blue itself, so that decoding gives them back.

    Examples
    --------
    >>> mixes_components(bytes.fromhex("ff4f ff51 0004 0000 ff52 000c 00 00 0001 01 0000000000"))
    True
    """
    place = stream.find(b"\xff\x4f\xff\x51") + 2
    while 2 <= place < len(stream) - 8 and stream[place] == 0xFF and stream[place + 1] != 0x90:
        if stream[place + 1] == 0x52:
            # Style, progression, two bytes of layers, then the transform of components.
            return stream[place + 8] == 1
        place += 2 + max(2, int.from_bytes(stream[place + 2 : place + 4], "big"))
    return False
