"""Does a medium end where its container says? Asked of the bytes, without decoding.

Every container that states sizes is walked from size to size, so that a file cut anywhere is seen. Those that state
none are held against what always stands at their end, or against the size of their packets.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["missing_part", "second_recording"]

_TAIL_BYTES = 4_096
_PS_TAIL_BYTES = 1 << 18
_FLV_SCRIPT_BYTES = 1 << 16


def missing_part(path: Path, kind: str) -> str:
    """Say what a medium lacks at its end, as far as its container tells without decoding.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        The name of its format, as `lusdata.media.diagnose.identify` gives it.

    Returns
    -------
    str
        A clause such as ``its index (moov) is missing``; empty if nothing seems to be missing, or if the format
        does not tell.
    """
    look = _LOOKS.get(kind)
    if look is None:
        return ""
    with path.open("rb") as stream:
        return look(stream, path.stat().st_size)


_CUT = "its last bytes are missing"


def second_recording(path: Path, kind: str) -> bool:
    """Tell whether another recording begins where one ends, which FFmpeg then leaves out without a word.

    Parameters
    ----------
    path, kind
        As `missing_part`. In formats that are not asked, all recordings are decoded, and their times tell.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as stream:
        if kind in ("MP4 video", "QuickTime video"):
            # A stream saved in fragments may repeat its index.
            kinds = [box for box, _ in _boxes(stream, size_bytes)]
            return kinds.count(b"moov") > 1 and b"moof" not in kinds
        if kind == "Flash video":
            return _read_at(stream, _tags_end(stream, size_bytes), 4) == b"FLV\x01"
        if kind == "ASF video":
            return [guid for guid, _ in _objects(stream, size_bytes)].count(_ASF_HEADER) > 1
    return False


def _short_by(missing_bytes: int) -> str:
    return f"its last {missing_bytes:,} bytes are missing" if missing_bytes > 0 else ""


def _read_at(stream: BinaryIO, place: int, count: int) -> bytes:
    stream.seek(place)
    return stream.read(count)


def _boxes(stream: BinaryIO, size_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Yield the kind of each top-level box of an ISO base media file, and where it ends."""
    place = 0
    while place + 8 <= size_bytes:
        header = _read_at(stream, place, 16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        elif length == 0:
            length = size_bytes - place
        if length < 8:
            return
        place += length
        yield kind, place


def _missing_in_iso(stream: BinaryIO, size_bytes: int) -> str:
    """Walk an MP4 or QuickTime file."""
    boxes = list(_boxes(stream, size_bytes))
    if boxes and boxes[-1][1] > size_bytes:
        return _short_by(boxes[-1][1] - size_bytes)
    kinds = [kind for kind, _ in boxes]
    if not {b"moov", b"moof"} & set(kinds):
        return "its index (moov) is missing"
    fragments = [kind for kind in kinds if kind in (b"moof", b"mdat")]
    return "the data of its last fragment is missing" if fragments[-1:] == [b"moof"] else ""


def _missing_in_riff(stream: BinaryIO, size_bytes: int) -> str:
    """Walk the parts of an AVI or WebP file; a long AVI has several."""
    place = 0
    while (header := _read_at(stream, place, 8))[:4] == b"RIFF" and len(header) == 8:
        place += 8 + int.from_bytes(header[4:], "little")
        if place - size_bytes > 1:
            return _short_by(place - size_bytes)
        place += place % 2
    return ""


def _missing_in_jpeg(stream: BinaryIO, _size_bytes: int) -> str:
    data = stream.read()
    # A thumbnail inside has an end of its own; only an end after the last scan counts.
    return "" if data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda") else "its end marker is missing"


def _tail(stream: BinaryIO, size_bytes: int) -> bytes:
    return _read_at(stream, max(0, size_bytes - _TAIL_BYTES), _TAIL_BYTES)


def _missing_in_gif(stream: BinaryIO, size_bytes: int) -> str:
    whole = _tail(stream, size_bytes).rstrip(b"\x00").endswith(b";")
    return "" if whole else "its trailer is missing"


def _missing_in_png(stream: BinaryIO, size_bytes: int) -> str:
    return "" if b"IEND" in _tail(stream, size_bytes) else "its end chunk (IEND) is missing"


_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675


def _missing_in_matroska(stream: BinaryIO, size_bytes: int) -> str:
    """Walk the elements of a Matroska file, into those of unknown size that live recorders write."""
    place = 0
    while place < size_bytes:
        kind, length, header_bytes = _element(_read_at(stream, place, 12))
        if not kind:
            # Cut inside a header, or the walk lost its way, and decoding has to tell.
            return _CUT if size_bytes - place < 12 and header_bytes else ""
        place += header_bytes
        if length is not None:
            place += length
        elif kind not in (_SEGMENT, _CLUSTER):
            return ""
    return _short_by(place - size_bytes)


def _element(header: bytes) -> tuple[int, int | None, int]:
    """Return an EBML element's kind (0 if there is none), its length (None if unknown) and its header's length."""
    kind_bytes = 9 - header[0].bit_length() if header and header[0] else 0
    if not 1 <= kind_bytes <= 4:
        return 0, None, 0
    rest = header[kind_bytes:]
    length_bytes = 9 - rest[0].bit_length() if rest and rest[0] else 0
    if not length_bytes or len(rest) < length_bytes:
        return 0, None, len(header)
    most = (1 << 7 * length_bytes) - 1
    length = int.from_bytes(rest[:length_bytes], "big") & most
    return int.from_bytes(header[:kind_bytes], "big"), None if length == most else length, kind_bytes + length_bytes


def _tags_end(stream: BinaryIO, size_bytes: int) -> int:
    """Return where the tags of a Flash video end, each of which is followed by its size."""
    place = int.from_bytes(_read_at(stream, 5, 4), "big") + 4
    while place < size_bytes:
        header = _read_at(stream, place, 4)
        if header[0] & 0x1F not in (8, 9, 18):
            break
        # Of a header that is cut, all that is known is that more should follow.
        place += 11 + int.from_bytes(header[1:4], "big") + 4
    return place


def _missing_in_flv(stream: BinaryIO, size_bytes: int) -> str:
    """Walk the tags of a Flash video; nothing says which is the last, but the first may state the size of all."""
    _, named, rest = _read_at(stream, 0, _FLV_SCRIPT_BYTES).partition(b"\x00\x08filesize\x00")
    stated_bytes = struct.unpack(">d", rest[:8])[0] if named and len(rest) >= 8 else 0.0
    end_bytes = _tags_end(stream, size_bytes)
    return _short_by(max(end_bytes, int(stated_bytes) if 0 < stated_bytes < sys.maxsize else 0) - size_bytes)


def _missing_in_ogg(stream: BinaryIO, size_bytes: int) -> str:
    """Walk the pages of an Ogg file; the last one of each stream says that it is the last."""
    place = 0
    open_streams: set[bytes] = set()
    while (header := _read_at(stream, place, 27 + 255))[:4] == b"OggS":
        segments = header[26] if len(header) > 26 else 0
        place += 27 + segments + sum(header[27 : 27 + segments])
        if len(header) < 27 + segments:
            return _CUT
        if place > size_bytes:
            return _short_by(place - size_bytes)
        if header[5] & 4:
            open_streams.discard(header[14:18])
        else:
            open_streams.add(header[14:18])
    if header and header[:4] == b"OggS"[: len(header)]:
        return _CUT
    return "its last page is missing" if open_streams else ""


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
# The data, and the indexes that may follow it.
_ASF_PARTS = frozenset(
    bytes.fromhex(guid)
    for guid in (
        "3626b2758e66cf11a6d900aa0062ce6c",
        "90080033b1e5cf1189f400a0c90349cb",
        "d329e2d6da35d111903400a0c90349be",
        "f803b1fead12644c840f2a1d2f7ad48c",
    )
)


def _objects(stream: BinaryIO, size_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Yield the identifier of each top-level object of an ASF file, and where it ends."""
    place = 0
    while place + 24 <= size_bytes:
        header = _read_at(stream, place, 24)
        length = int.from_bytes(header[16:], "little")
        if length < 24:
            return
        place += length
        yield header[:16], place


def _missing_in_asf(stream: BinaryIO, size_bytes: int) -> str:
    """Walk an ASF file (WMV); one of a live recorder states no size of its data."""
    ends = [end for guid, end in _objects(stream, size_bytes) if guid in _ASF_PARTS]
    # A header that is longer than the file is nonsense or a cut; decoding has to tell.
    return _short_by(max(ends, default=0) - size_bytes)


def _missing_in_program_stream(stream: BinaryIO, size_bytes: int) -> str:
    """Walk the last packs of an MPEG program stream."""
    start = max(0, size_bytes - _PS_TAIL_BYTES)
    data = _read_at(stream, start, _PS_TAIL_BYTES)
    place = data.find(b"\x00\x00\x01\xba")
    while 0 <= place < len(data):
        mark, code = data[place : place + 3], data[place + 3 : place + 4]
        if mark != b"\x00\x00\x01"[: len(mark)]:
            return ""
        if code == b"\xb9":
            return ""
        if code == b"\xba":
            head = data[place + 4 : place + 14]
            # The second edition of MPEG has longer packs, which may be stuffed.
            place += 12 if head[:1] and head[0] >> 4 == 2 else 14 + (head[9] & 7 if len(head) > 9 else 0)
        elif code and code[0] < 0xBA:
            # A video stream without packets may follow.
            return ""
        else:
            place += 6 + int.from_bytes(data[place + 4 : place + 6], "big")
    return _short_by(place - len(data)) if place >= 0 else ""


def _short_in(stream: BinaryIO, size_bytes: int, unit_bytes: int, mark: bytes, mark_at: int = 0) -> str:
    """Hold a size against units of one size, each of which begins with the same mark."""
    begun_bytes = size_bytes % unit_bytes
    begun = _read_at(stream, size_bytes - begun_bytes + mark_at, len(mark))
    # Anything else that follows the last unit is no part of one.
    return _short_by(unit_bytes - begun_bytes) if begun_bytes and begun == mark else ""


def _missing_in_packets(packet_bytes: int, mark_at: int) -> Callable[[BinaryIO, int], str]:
    return lambda stream, size_bytes: _short_in(stream, size_bytes, packet_bytes, b"\x47", mark_at)


def _missing_in_dv(stream: BinaryIO, size_bytes: int) -> str:
    """Hold the size against that of a frame, which is always the same in one file."""
    head = _read_at(stream, 0, 452)
    if len(head) < 452:
        return "its first frame is not whole"
    lines_625, signal = head[3] >> 7, head[451] & 0x1F
    # Bytes of a frame of 525 and of 625 lines, by the type of its signal.
    frames_bytes = {
        0x00: (120_000, 144_000),
        0x01: (120_000, 144_000),
        0x04: (240_000, 288_000),
        0x14: (480_000, 576_000),
        0x18: (240_000, 288_000),
    }
    sizes = frames_bytes.get(signal)
    return _short_in(stream, size_bytes, sizes[lines_625], b"\x1f\x07\x00") if sizes else ""


_LOOKS: dict[str, Callable[[BinaryIO, int], str]] = {
    "MP4 video": _missing_in_iso,
    "QuickTime video": _missing_in_iso,
    "AVI video": _missing_in_riff,
    "WebP image": _missing_in_riff,
    "animated WebP picture": _missing_in_riff,
    "JPEG image": _missing_in_jpeg,
    "GIF image": _missing_in_gif,
    "PNG image": _missing_in_png,
    "Matroska video": _missing_in_matroska,
    "Flash video": _missing_in_flv,
    "Ogg video": _missing_in_ogg,
    "ASF video": _missing_in_asf,
    "MPEG video": _missing_in_program_stream,
    "MPEG transport stream": _missing_in_packets(188, 0),
    "Blu-ray transport stream": _missing_in_packets(192, 4),
    "DV video": _missing_in_dv,
}
