"""Whether decoded samples of a compressed picture are RGB, or luma and chroma: by the stream, then by the tag."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["jpeg_in_plain_words", "mixes_components"]

_RGB_NAMES = (b"RGB", b"rgb")
_NO_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
# Baseline, extended and progressive.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_ADOBE = 0xEE


def jpeg_in_plain_words(stream: bytes, *, tagged_rgb: bool) -> bytes:
    r"""Return a JPEG stream of three colours that says which they are, so that every decoder gives RGB.

    Parameters
    ----------
    stream : bytes
        One picture.
    tagged_rgb : bool
        Whether the header says that its samples are RGB; it is asked only where the stream does not tell: by JFIF's
        marker, by Adobe's, by the names of the components, or by the sampling, since chroma that was thinned out cannot
        be red, green or blue.

    Returns
    -------
    bytes
        With Adobe's marker, if the stream had none.

    Examples
    --------
    >>> frame = bytes.fromhex("ffc0 0011 08 0010 0010 03 012100 021100 031100")
    >>> jpeg_in_plain_words(b"\xff\xd8" + frame, tagged_rgb=True)[6:18]
    b'Adobe\x00d\x00\x00\x00\x00\x01'
    """
    thinned, names = False, b""
    for marker, body in _segments(stream):
        if marker == _ADOBE and body[:5] == b"Adobe":
            return stream
        if marker in _FRAMES and len(body) >= 15:
            names, thinned = body[6:15:3], len(set(body[7:15:3])) > 1
    # Beside JFIF's marker, which means luma and chroma, decoders do not ask for Adobe's.
    transform = 0 if names in _RGB_NAMES or (tagged_rgb and not thinned) else 1
    return stream[:2] + bytes([0xFF, _ADOBE, 0, 14]) + b"Adobe\0d\0\0\0\0" + bytes([transform]) + stream[2:]


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
