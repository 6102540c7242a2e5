"""Text inside the coded pictures themselves: messages of H.264 and H.265, user data of MPEG, comments of JPEG."""

from __future__ import annotations

from collections.abc import Iterator

from lusdata.media.beside.unclaimed import text_runs
from lusdata.media.decode.segments import jpeg_segments

__all__ = ["coded_text"]

_START, _USER_DATA = b"\0\0\1", b"\0\0\1\xb2"
_SEI = {"h264": (0x1F, 0, 6, 1), "hevc": (0x3F, 1, 39, 2)}
"""Mask and shift of the kind in a unit's first byte, the kind of messages, and the length of a unit's head."""
_UNREGISTERED, _REGISTERED = 5, 4
_IDENTIFIER_BYTES = 16
_JPEG_TEXT = frozenset({"COM", *(f"APP{number}" for number in range(1, 16))})
_LONGEST = 1 << 16


def coded_text(codec: str, packet: bytes) -> Iterator[str]:
    r"""Yield what a program wrote into a coded picture beside its pixels.

    Parameters
    ----------
    codec : str
        As FFmpeg calls it; of others than ``h264``, ``hevc``, MPEG and ``mjpeg`` nothing is told.
    packet : bytes
        One packet of the stream.

    Examples
    --------
    >>> list(coded_text("mpeg4", b"\0\0\1\xb2Left lung\0\0\1\xb6..."))
    ['Left lung']
    """
    if codec in _SEI:
        yield from _messages(codec, packet)
    elif codec in ("mpeg1video", "mpeg2video", "mpeg4"):
        place = -1
        while (place := packet.find(_USER_DATA, place + 1)) >= 0:
            end = packet.find(_START, place + len(_USER_DATA))
            yield from text_runs(packet[place + len(_USER_DATA) : end if end >= 0 else place + _LONGEST])
    elif codec == "mjpeg":
        for segment in jpeg_segments(packet):
            if segment.kind in _JPEG_TEXT:
                yield from text_runs(segment.body[:_LONGEST])


def _messages(codec: str, packet: bytes) -> Iterator[str]:
    mask, shift, kind, head = _SEI[codec]
    for unit in _units(packet):
        if unit and (unit[0] >> shift) & mask == kind:
            # Two zeros are followed by a three that no reader keeps.
            yield from _payloads(unit[head:].replace(b"\0\0\3", b"\0\0"))


def _units(packet: bytes) -> Iterator[bytes]:
    if packet.startswith((_START, b"\0" + _START)):
        yield from packet.split(_START)[1:]
        return
    place = 0
    while place + 4 <= len(packet):
        length = int.from_bytes(packet[place : place + 4], "big")
        yield packet[place + 4 : place + 4 + length]
        place += 4 + length


def _payloads(message: bytes) -> Iterator[str]:
    place = 0
    while place + 2 < len(message):
        numbers = []
        for _ in range(2):
            number = 0
            while place < len(message) and message[place] == 0xFF:
                number, place = number + 255, place + 1
            if place >= len(message):
                return
            numbers.append(number + message[place])
            place += 1
        kind, length = numbers
        body = message[place : place + length]
        if kind == _UNREGISTERED:
            yield from text_runs(body[_IDENTIFIER_BYTES:])
        elif kind == _REGISTERED:
            yield from text_runs(body)
        place += length
