"""Where a medium ends in its file, by the lengths that its container states; what lies behind, no program shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

__all__ = ["end_of_medium"]

_ISO_NAMES = frozenset(
    b"ftyp styp moov moof mfra mdat free skip wide pnot uuid meta sidx ssix prft emsg pdin PICT udta bloc imda".split()
)
_RIFF_FORMS = frozenset((b"AVI ", b"AVIX"))
_EBML_TOP = frozenset((b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"))
# From the middle of the identifiers of header and data, and of four kinds of indexes.
_ASF_TOP = frozenset((b"\xa6\xd9", b"\x89\xf4", b"\x90\x34", b"\x84\x0f", b"\x95\x3d"))
_VOID, _CRC = 0xEC, 0xBF


def end_of_medium(path: Path, kind: str) -> int | None:
    """Return the byte behind the last one of a medium.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        Its format, as `lusdata.media.diagnose.identify` names it.

    Returns
    -------
    int or None
        None where the format states no lengths, or states nothing sensible.
    """
    find = _FINDERS.get(kind)
    if find is None:
        return None
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        end = find(file, size_bytes)
    return end if end is not None and 0 < end <= size_bytes else None


def _iso(file: BinaryIO, size_bytes: int) -> int | None:
    end = 0
    while end + 8 <= size_bytes:
        file.seek(end)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:
            return size_bytes
        if name not in _ISO_NAMES or length < 8:
            break
        end += length
    return end


def _riff(file: BinaryIO, size_bytes: int) -> int | None:
    end = 0
    while end + 12 <= size_bytes:
        file.seek(end)
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] not in _RIFF_FORMS:
            break
        length = int.from_bytes(head[4:8], "little")
        end += 8 + length + length % 2
    return min(end, size_bytes)


def _matroska(file: BinaryIO, size_bytes: int) -> int | None:
    end = 0
    while end < size_bytes:
        file.seek(end)
        head = file.read(16)
        if head[:4] in _EBML_TOP:
            start = 4
        elif head[0] in (_VOID, _CRC):
            start = 1
        else:
            break
        width = 9 - head[start].bit_length()
        if width > 8:
            break
        length = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return None  # Its writer did not know the length.
        end += start + width + length
    return end


def _asf(file: BinaryIO, size_bytes: int) -> int | None:
    end = 0
    while end + 24 <= size_bytes:
        file.seek(end)
        head = file.read(24)
        length = int.from_bytes(head[16:], "little")
        if length < 24 or head[8:10] not in _ASF_TOP:
            break
        end += length
    return end


def _flash(file: BinaryIO, size_bytes: int) -> int | None:
    end = 13
    while end + 11 <= size_bytes:
        file.seek(end)
        head = file.read(11)
        length = int.from_bytes(head[1:4], "big")
        file.seek(end + 11 + length)
        if head[0] & 0x1F not in (8, 9, 18) or int.from_bytes(file.read(4), "big") != 11 + length:
            break
        end += 11 + length + 4
    return end


def _ogg(file: BinaryIO, size_bytes: int) -> int | None:
    end = 0
    while end + 27 <= size_bytes:
        file.seek(end)
        head = file.read(27)
        if head[:4] != b"OggS":
            break
        end += 27 + head[26] + sum(file.read(head[26]))
    return end


def _gif(file: BinaryIO, size_bytes: int) -> int | None:
    file.seek(10)
    flags = file.read(1)[0]
    place = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while place < size_bytes:
        file.seek(place)
        mark = file.read(1)
        if mark == b";":
            return place + 1
        if mark == b",":
            flags = file.read(9)[8]
            place += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        elif mark == b"!":
            place += 2
        else:
            return None
        file.seek(place)
        while (length := file.read(1)) not in (b"", b"\0"):
            place += 1 + length[0]
            file.seek(place)
        place += 1
    return None


def _bmp(file: BinaryIO, size_bytes: int) -> int | None:
    file.seek(2)
    # The length stated there is often wrong; that of the rows is not.
    file.seek(10)
    start = int.from_bytes(file.read(4), "little")
    file.seek(18)
    width, height = (int.from_bytes(file.read(4), "little", signed=True) for _ in range(2))
    file.seek(28)
    bits, packing = int.from_bytes(file.read(2), "little"), int.from_bytes(file.read(4), "little")
    if packing not in (0, 3):
        return None
    return start + (width * bits + 31) // 32 * 4 * abs(height)


_FINDERS: Mapping[str, Callable[[BinaryIO, int], int | None]] = {
    "MP4 video": _iso,
    "QuickTime video": _iso,
    "AVI video": _riff,
    "Matroska video": _matroska,
    "ASF video": _asf,
    "Flash video": _flash,
    "Ogg video": _ogg,
    "GIF image": _gif,
    "BMP image": _bmp,
}
