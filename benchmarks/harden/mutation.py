"""Bytes changed as disks, transfers and people who mean harm change them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping

__all__ = ["WAYS", "mutated"]

_HEAD_BYTES = 1024
_EXTREMES = (0, 1, 2, 7, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Way = Callable[[bytearray, random.Random], None]


def _flip(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _flip_in_header(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 1, 2, 4))):
        data[_in_header(data, draw, 1)] ^= 1 << draw.randrange(8)


def _cut_end(data: bytearray, draw: random.Random) -> None:
    del data[draw.choice((draw.randrange(len(data)), len(data) - draw.randrange(1, min(64, len(data))))) :]


def _cut_middle(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.choice((1, 2, 16, 256, 4096))]


def _insert(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    data[at:at] = draw.choice((draw.randbytes, bytes))(draw.choice((1, 2, 16, 256, 4096)))


def _repeat(data: bytearray, draw: random.Random) -> None:
    at, length = draw.randrange(len(data)), draw.choice((16, 256, 4096))
    data[at:at] = data[at : at + length]


def _overwrite(data: bytearray, draw: random.Random) -> None:
    at, length = draw.randrange(len(data)), draw.choice((1, 4, 64, 1024))
    length = min(length, len(data) - at)
    data[at : at + length] = draw.choice((draw.randbytes, bytes))(length)


def _resize(data: bytearray, draw: random.Random) -> None:
    """Change a number of a header: widths, heights, counts, lengths and places are such numbers."""
    for _ in range(draw.choice((1, 1, 2))):
        width, order = draw.choice((1, 2, 2, 4, 4, 8)), draw.choice("<>")
        if len(data) < width:
            return
        code = {1: "B", 2: "H", 4: "I", 8: "Q"}[width]
        at = _in_header(data, draw, width)
        (value,) = struct.unpack_from(order + code, data, at)
        changed = draw.choice((*_EXTREMES, value + 1, value - 1, value * 2, value // 2, value * 256))
        struct.pack_into(order + code, data, at, changed % (1 << 8 * width))


def _in_header(data: bytearray, draw: random.Random, width: int) -> int:
    """Choose a place near the beginning or, since some formats keep their tables there, near the end."""
    last = len(data) - width
    near = min(last, _HEAD_BYTES)
    return draw.randint(0, near) if draw.random() < 0.75 else draw.randint(max(0, last - _HEAD_BYTES), last)


WAYS: Mapping[str, Way] = {
    "flip": _flip,
    "flip-in-header": _flip_in_header,
    "cut-end": _cut_end,
    "cut-middle": _cut_middle,
    "insert": _insert,
    "repeat": _repeat,
    "overwrite": _overwrite,
    "resize": _resize,
    "resize-again": _resize,
}
"""How bytes are changed. Numbers of headers come up twice as often as anything else."""


def mutated(data: bytes, draw: random.Random) -> tuple[str, bytes]:
    """Return what was done to a file, one or two of `WAYS`, and its bytes after it."""
    changed = bytearray(data)
    names = draw.choices(list(WAYS), k=draw.choice((1, 1, 1, 2)))
    for name in names:
        if changed:
            WAYS[name](changed, draw)
    return "+".join(names), bytes(changed)
