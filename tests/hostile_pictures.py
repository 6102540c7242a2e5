"""Pictures that are small as files and large as pictures."""

from __future__ import annotations

import struct
import zlib


def png_of(width_px: int, height_px: int, rows: bytes) -> bytes:
    """Return a grey PNG file of any size with the given compressed rows, which need not fit."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb(side_px: int) -> bytes:
    """Return a whole PNG file of a black square: a thousandth of its pixels."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side_px + 1)) for _ in range(side_px)) + packer.flush()
    return png_of(side_px, side_px, rows)
