"""Packed texts and profiles in a PNG file: FFmpeg unpacks all of them, whatever they unpack to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lusdata.errors import TooLargeError

__all__ = ["PNG_MARK", "check_packed_text"]

PNG_MARK = b"\x89PNG\r\n\x1a\n"
"""How every PNG file begins, moving or not."""

_MOST_BYTES = 64 << 20
_STEP_BYTES = 1 << 20
_HEAD_BYTES = 8


def check_packed_text(path: Path) -> None:
    """Refuse a PNG file whose texts and profiles unpack to more than any would.

    Raises
    ------
    TooLargeError
        If they do, all together.
    OSError
        If the file cannot be read.
    """
    left = _MOST_BYTES
    with path.open("rb") as file:
        for packed in _packed(file):
            left -= _unpacked_bytes(packed, left)
            if left < 0:
                raise TooLargeError(
                    "its texts unpack to more than those of a picture",
                    where=str(path),
                    expected=f"at most {_MOST_BYTES:,} bytes",
                    found="more",
                )


def _packed(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is packed in the chunks of texts and profiles."""
    file.seek(len(PNG_MARK))
    while len(head := file.read(_HEAD_BYTES)) == _HEAD_BYTES:
        size_bytes, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in (b"zTXt", b"iCCP"):
            # A name, a zero, and a byte for the method.
            yield file.read(size_bytes).partition(b"\0")[2][1:]
            file.seek(4, 1)
        elif kind == b"iTXt":
            flags = file.read(size_bytes).partition(b"\0")[2]
            if flags[:1] == b"\1":
                yield flags[2:].partition(b"\0")[2].partition(b"\0")[2]
            file.seek(4, 1)
        else:
            file.seek(size_bytes + 4, 1)


def _unpacked_bytes(packed: bytes, most: int) -> int:
    """Count what bytes unpack to, up to a little more than asked."""
    stream, count = zlib.decompressobj(), 0
    try:
        while packed and count <= most and not stream.eof:
            count += len(stream.decompress(packed, _STEP_BYTES))
            packed = stream.unconsumed_tail
    except zlib.error:
        # Damaged; so far it counts.
        return count
    return count
