"""Shards as TFRecord files, written and read without TensorFlow.

A record is the wire format of ``tf.train.Example`` in the frame that TFRecord puts around it: length, checksum of the
length, data, checksum of the data. Both formats are public and tiny, and writing them ourselves spares every user of
the core a package of 600 MB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from lusdata.dataset.formats.columns import Column
from lusdata.dataset.formats.table import Place, Recording, Rows
from lusdata.errors import DataError

__all__ = ["Feature", "decode_example", "encode_example", "frame_record", "read_rows", "write_rows"]

Feature = Sequence[bytes] | Sequence[float] | Sequence[int]
"""Values of one feature, all of one type."""

_VARINT, _LENGTH, _FIXED32 = 0, 2, 5
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
_HEADER_BYTES = 12
_WIDEST_BITS = 63


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Encode one ``tf.train.Example``.

    Parameters
    ----------
    features : Mapping
        Values by name: bytes, floats (kept as float32) or 64-bit integers, never mixed within one feature.

    Returns
    -------
    bytes
        The message, its features sorted by name: equal features give equal bytes.

    Examples
    --------
    >>> decode_example(encode_example({"n": [1, -1], "s": [b"x"], "t": [0.5]}))
    {'n': [1, -1], 's': [b'x'], 't': [0.5]}
    """
    entries = (
        _field(1, _field(1, name.encode("utf-8")) + _field(2, _values(features[name]))) for name in sorted(features)
    )
    return _field(1, b"".join(entries))


def _values(values: Feature) -> bytes:
    first = values[0] if values else 0
    if isinstance(first, bytes):
        return _field(_BYTES_LIST, b"".join(_field(1, value) for value in values if isinstance(value, bytes)))
    if isinstance(first, float):
        return _field(_FLOAT_LIST, _field(1, struct.pack(f"<{len(values)}f", *values)))
    return _field(_INT64_LIST, _field(1, b"".join(_varint(int(value)) for value in values)))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    # Negative numbers travel as their 64-bit two's complement.
    value &= 0xFFFF_FFFF_FFFF_FFFF
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def decode_example(data: bytes) -> dict[str, list[bytes] | list[float] | list[int]]:
    """Decode one ``tf.train.Example``; the inverse of `encode_example`.

    Raises
    ------
    DataError
        If the bytes are no such message.
    """
    try:
        return {
            bytes(pair[1]).decode("utf-8"): _list(pair[2])
            for features in _fields(data).values()
            for entry in _entries(features)
            for pair in [_fields(entry)]
        }
    # A bad unpacking and bad UTF-8 are ValueErrors.
    except (IndexError, KeyError, ValueError, TypeError, struct.error) as error:
        raise DataError("not a tf.train.Example", found=f"{len(data)} bytes") from error


def _list(data: bytes) -> list[bytes] | list[float] | list[int]:
    [(kind, payload)] = _fields(data).items()
    if kind == _BYTES_LIST:
        return list(_entries(payload))
    packed = _fields(payload).get(1, b"")
    if kind == _FLOAT_LIST:
        return list(struct.unpack(f"<{len(packed) // 4}f", packed))
    integers: list[int] = []
    position = 0
    while position < len(packed):
        value, position = _read_varint(packed, position)
        integers.append(value - (1 << 64) if value >> 63 else value)
    return integers


def _fields(data: bytes) -> dict[int, bytes]:
    return dict(_walk(data))


def _entries(data: bytes) -> Iterator[bytes]:
    return (value for _, value in _walk(data))


def _walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        length, position = _read_varint(data, position)
        if tag & 7 != _LENGTH or position + length > len(data):
            raise IndexError
        yield tag >> 3, data[position : position + length]
        position += length


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        digit = data[position]
        position += 1
        value |= (digit & 0x7F) << shift
        if digit < 0x80:
            return value, position
        shift += 7
        if shift > _WIDEST_BITS:
            raise IndexError


def _checksum(data: bytes) -> bytes:
    crc = int(google_crc32c.value(data))
    # TFRecord masks its checksums, since data that holds checksums of itself weakens them.
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFF_FFFF)


def frame_record(data: bytes) -> bytes:
    """Put the TFRecord frame around one message."""
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def write_rows(path: Path, recordings: Iterable[Recording], columns: Sequence[Column]) -> list[Place]:
    """Write recordings, one record per frame.

    Parameters
    ----------
    path : Path
        The file to write.
    recordings : iterable of Recording
        In order; one is in memory at a time.
    columns : sequence of Column
        The columns of their facts. A number that is missing is a missing feature: one
        without values would be of no type.

    Returns
    -------
    list of Place
        The offset of the first record and the number of records of each recording.
    """
    places: list[Place] = []
    with path.open("wb") as stream:
        for recording in recordings:
            places.append(Place(stream.tell(), len(recording.part.frames)))
            for features in _rows(recording, columns):
                stream.write(frame_record(encode_example(features)))
    return places


def _rows(recording: Recording, columns: Sequence[Column]) -> Iterator[dict[str, Feature]]:
    part = recording.part
    facts: dict[str, Feature] = {"crop": part.crop}
    for column in columns:
        value = recording.facts[column.name]
        if column.kind == "text":
            facts[column.name] = [str(value).encode()]
        elif value is not None:
            facts[column.name] = [float(value)]
    for index, time_s, frame in zip(part.frame_indices, part.times_s, part.frames, strict=True):
        # An Example knows only 32-bit floats, too short for a time; the exact one goes beside it in microseconds.
        times: dict[str, Feature] = {"time_s": [float(time_s)], "time_us": [round(time_s * 1e6)]}
        yield {**facts, **times, "frame_index": [index], "image": [frame]}


def read_rows(path: Path, places: Iterable[Place]) -> Iterator[Rows]:
    """Read recordings from a shard.

    Parameters
    ----------
    path : Path
        The file.
    places : iterable of Place
        Which recordings to read.

    Yields
    ------
    tuple
        Frame indices, times in seconds, and the PNG files of one recording.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as stream:
        for place in places:
            if place.position > size_bytes:
                raise _damaged(path)
            stream.seek(place.position)
            rows = [_row(_next(stream, path, size_bytes), path) for _ in range(place.rows)]
            yield [row[0] for row in rows], [row[1] / 1e6 for row in rows], [row[2] for row in rows]


def _row(data: bytes, path: Path) -> tuple[int, int, bytes]:
    try:
        example = decode_example(data)
        index, time_us, image = (example[name][0] for name in ("frame_index", "time_us", "image"))
    except (DataError, LookupError) as error:
        raise _damaged(path, "a record that is no frame") from error
    if not (isinstance(index, int) and isinstance(time_us, int) and isinstance(image, bytes)):
        raise _damaged(path, "a record with values of other types")
    return index, time_us, image


def _next(stream: BinaryIO, path: Path, size_bytes: int) -> bytes:
    header = stream.read(_HEADER_BYTES)
    if len(header) == _HEADER_BYTES and header[8:] == _checksum(header[:8]):
        (length,) = struct.unpack("<Q", header[:8])
        # Whoever writes a length can write its checksum too: no more is asked for than the file has.
        if length <= size_bytes - stream.tell():
            data = stream.read(length)
            if len(data) == length and stream.read(4) == _checksum(data):
                return data
    raise _damaged(path)


def _damaged(path: Path, found: str | None = None) -> DataError:
    return DataError("a shard is damaged", where=str(path), found=found, hint="build the dataset anew")
