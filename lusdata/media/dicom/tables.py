"""Lookup tables of a DICOM header: of grey (PS3.3 C.11.1, C.11.2) and of colours (C.7.6.3.1.5, C.7.9.2).

pydicom's own functions for them read tables of the wrong order of bytes in big-endian files, cannot take tables of
eight bits that are written as bytes, and count in eight bits where a table is longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.errors import DecodeError

__all__ = ["LookupTable", "colour_table", "grey_table"]

_MOST = 1 << 16
_COLOURS = ("Red", "Green", "Blue")


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A lookup table.

    Attributes
    ----------
    first : int
        The input that the first entry is for; inputs beyond either end get the entry there.
    entries : np.ndarray, shape (n,) or (n, 3), uint16
        Outputs.
    bits : int
        Bits of an output: 0 to 2^bits - 1.
    """

    first: int
    entries: NDArray[np.uint16]
    bits: int

    def at(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """Return the entries for some inputs."""
        places = np.rint(values).astype(np.int64) - self.first
        entries: NDArray[np.uint16] = self.entries[np.clip(places, 0, len(self.entries) - 1)]
        return entries

    def part(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the entries for some inputs, as a part of the largest possible one."""
        return np.minimum(self.at(values) / ((1 << self.bits) - 1), 1.0)


def grey_table(item: Any, *, big_endian: bool, signed: bool) -> LookupTable:
    """Read the table of an item of a sequence of modality, VOI or presentation tables.

    Parameters
    ----------
    item : pydicom.Dataset
        With LUT Descriptor and LUT Data.
    big_endian : bool
        Whether the file's numbers have their high byte first.
    signed : bool
        Whether the inputs may be negative.

    Raises
    ------
    DecodeError
        If the table is not described, or shorter than described.
    """
    count, first, bits = _descriptor(item.get("LUTDescriptor"), signed=signed)
    entries = _entries(item, "LUTData", count, big_endian=big_endian)
    # Some scanners announce 16 bits and write eight.
    return LookupTable(first, entries, 8 if 0 < entries.max() < 256 and bits == 16 else bits)


def colour_table(header: Any, *, big_endian: bool, signed: bool) -> LookupTable:
    """Read a palette, whole or in segments.

    Parameters
    ----------
    header : pydicom.Dataset
        The header.
    big_endian, signed : bool
        As `grey_table`.

    Returns
    -------
    LookupTable
        Of three colours. Its bits are what the entries need: scanners announce 16 bits and write eight, or announce
        eight and write 16.

    Raises
    ------
    DecodeError
        If a palette is missing, not described, damaged, or shorter than described.
    """
    columns, firsts = [], []
    for colour in _COLOURS:
        count, first, bits = _descriptor(header.get(f"{colour}PaletteColorLookupTableDescriptor"), signed=signed)
        firsts.append(first)
        whole = f"{colour}PaletteColorLookupTableData"
        if header.get(whole):
            columns.append(_entries(header, whole, count, big_endian=big_endian))
        else:
            columns.append(_segmented(header, f"Segmented{whole}", count, bits, big_endian=big_endian))
    if len(set(firsts)) > 1 or len({len(column) for column in columns}) > 1:
        raise DecodeError("the three colour tables do not belong together", expected="one length and one first value")
    entries = np.stack(columns, axis=-1)
    return LookupTable(firsts[0], entries, 16 if entries.max() > 255 else 8)


def _descriptor(stated: Any, *, signed: bool) -> tuple[int, int, int]:
    """Return the number of entries, the first input, and the bits of an entry."""
    numbers = list(stated) if isinstance(stated, Sequence) and not isinstance(stated, (str, bytes)) else []
    if len(numbers) != 3 or not all(isinstance(number, int) for number in numbers) or not 1 <= numbers[2] <= 16:
        raise DecodeError("a lookup table is not described", expected="its length, first input and bits")
    # The length is unsigned also where it was written as a signed number, and none at all means all there can be.
    count, first = (number & 0xFFFF for number in numbers[:2])
    if signed and first >= 1 << 15:
        first -= 1 << 16
    return count or _MOST, first, numbers[2]


def _entries(holder: Any, keyword: str, count: int, *, big_endian: bool) -> NDArray[np.uint16]:
    data = _little_endian(holder, keyword, big_endian=big_endian)
    if len(data) >= 2 * count:
        return np.frombuffer(data[: 2 * count], dtype="<u2").astype(np.uint16)
    if len(data) >= count:
        # One byte an entry, two of them in a word.
        return np.frombuffer(data[:count], dtype=np.uint8).astype(np.uint16)
    raise DecodeError("a lookup table ends early", expected=f"{count:,} entries", found=f"{len(data):,} bytes")


def _little_endian(holder: Any, keyword: str, *, big_endian: bool) -> bytes:
    """Return what was written, with the low byte of each word first."""
    value = holder.get(keyword)
    if isinstance(value, int):
        value = [value]
    if isinstance(value, (bytes, bytearray)):
        data = bytes(value)
        words = big_endian and holder[keyword].VR == "OW" and len(data) % 2 == 0
        return np.frombuffer(data, dtype=">u2").astype("<u2").tobytes() if words else data
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise DecodeError("a lookup table is missing")
    return np.array([int(number) & 0xFFFF for number in value], dtype="<u2").tobytes()


def _segmented(header: Any, keyword: str, count: int, bits: int, *, big_endian: bool) -> NDArray[np.uint16]:
    data = _little_endian(header, keyword, big_endian=big_endian)
    wide = bits > 8
    words = np.frombuffer(data[: len(data) // 2 * 2] if wide else data, dtype="<u2" if wide else np.uint8).tolist()
    entries = _expanded(words, count, wide=wide)
    if len(entries) < count:
        raise DecodeError("a lookup table ends early", expected=f"{count:,} entries", found=f"{len(entries):,}")
    return np.array(entries[:count], dtype=np.uint16)


def _expanded(words: Sequence[int], most: int, *, wide: bool) -> list[int]:
    """Expand segments: values one by one, straight lines, and segments that stand earlier in the table.

    Examples
    --------
    >>> _expanded([0, 2, 10, 20, 1, 2, 40, 2, 1, 0, 0, 0, 0], 6, wide=False)
    [10, 20, 30, 40, 10, 20]
    """
    entries: list[int] = []
    steps = 0

    def segment(place: int, *, again: bool) -> int:
        """Add one segment; return where the next one begins."""
        nonlocal steps
        steps += 1
        if steps > _MOST:
            raise DecodeError("a lookup table of too many segments", expected=f"at most {_MOST:,}")
        kind, length = words[place], words[place + 1]
        place += 2
        if kind == 0:
            entries.extend(words[place : place + length])
            return place + length
        if kind == 1 and entries:
            line = np.linspace(entries[-1], words[place], length + 1)[1:]
            entries.extend(int(value) for value in np.rint(line))
            return place + 1
        if kind == 2 and not again:
            # Low word first, and an offset in bytes.
            size = 2 if wide else 4
            digits = words[place : place + size]
            source = sum(digit << (index * (16 if wide else 8)) for index, digit in enumerate(digits))
            source //= 2 if wide else 1
            for _ in range(length):
                if len(entries) < most:
                    source = segment(source, again=True)
            return place + size
        raise DecodeError("a lookup table holds a segment that is none")

    try:
        place = 0
        while place + 1 < len(words) and len(entries) < most:
            place = segment(place, again=False)
    except IndexError as error:
        raise DecodeError("a lookup table ends within a segment") from error
    return entries
