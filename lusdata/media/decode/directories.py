"""The directories of tags in a TIFF file, which are also what EXIF consists of; Pillow reads them."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import ExifTags, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from lusdata.errors import DecodeError

__all__ = ["Directory", "directories"]

_LARGE = 43
"""The version in the header of a BigTIFF."""
_SUB_DIRECTORIES = 0x014A
_GROUPS = {0x8769: "EXIF", 0x8825: "GPS", 0xA005: "Interop"}
_NO_GROUP = 0
_MOST = 10_000


@dataclass(frozen=True)
class Directory:
    """One directory.

    Attributes
    ----------
    place : str
        ``page 1`` and on for those of the main row, ``EXIF``, ``GPS`` and ``Interop`` for those of cameras, and
        ``sub-directory`` for what hangs below a page.
    tags : dict of int to object
        Values as Pillow gives them; None for one that is damaged.
    """

    place: str
    tags: dict[int, Any]

    def named(self) -> dict[str, Any]:
        """Return the tags by name, such as ``ImageDescription``; unknown ones are called by their number."""
        return {_name(self.place, tag): value for tag, value in self.tags.items()}


def directories(stream: BinaryIO) -> Iterator[Directory]:
    """Read every directory, in the order of the file; what hangs below a page follows it.

    Parameters
    ----------
    stream : binary file
        A TIFF or BigTIFF file, or the TIFF in a block of EXIF.

    Yields
    ------
    Directory
        At least one, unless the first is damaged.

    Raises
    ------
    DecodeError
        If the header is none of a TIFF, or there are more than 10,000 directories.
    """
    stream.seek(0)
    header = stream.read(8)
    if len(header) == 8 and header[2:4] in (b"\0+", b"+\0"):
        header += stream.read(8)
    try:
        first: int = ImageFileDirectory_v2(header).next
    except (SyntaxError, struct.error) as error:
        raise DecodeError("a header that is none of a readable TIFF", found=header[:4].hex(" ")) from error
    seen: set[int] = set()
    waiting = [("page 1", first)]
    page = 1
    while waiting:
        place, offset = waiting.pop()
        if offset <= 0 or offset in seen:
            continue
        if len(seen) == _MOST:
            raise DecodeError("too many directories in a TIFF", expected=f"at most {_MOST:,}")
        seen.add(offset)
        read = _read(stream, header, offset)
        if read is None:
            continue
        tags, following = read
        if place.startswith("page"):
            page += 1
            waiting.append((f"page {page}", following))
        below = [(name, tags[tag]) for tag, name in _GROUPS.items() if tag in tags]
        below.append(("sub-directory", tags.get(_SUB_DIRECTORIES, 0)))
        for name, offsets in below:
            many = offsets if isinstance(offsets, tuple) else (offsets,)
            waiting += [(name, one) for one in reversed(many) if isinstance(one, int)]
        yield Directory(place, tags)


def _read(stream: BinaryIO, header: bytes, offset: int) -> tuple[dict[int, Any], int] | None:
    """Return the tags of one directory and where the next one stands, or None if it cannot be read."""
    # In a group of its own nothing is expected of a tag; else Pillow cuts those of which it expects one number.
    found = ImageFileDirectory_v2(header, group=_NO_GROUP)
    try:
        stream.seek(offset)
        with warnings.catch_warnings():
            # Pillow warns of what it leaves out of a damaged directory.
            warnings.simplefilter("ignore")
            found.load(stream)
            return {tag: _value(found, tag) for tag in found}, int(found.next or 0)
    except (OSError, OverflowError, ValueError, struct.error):
        return None


def _value(found: ImageFileDirectory_v2, tag: int) -> Any:
    try:
        return found[tag]
    except (TypeError, ValueError, ArithmeticError, struct.error):
        return None


def _name(place: str, tag: int) -> str:
    if place == "GPS":
        return ExifTags.GPSTAGS.get(tag, f"GPS {tag:04x}")
    name: str = ExifTags.TAGS.get(tag) or TiffTags.lookup(tag).name
    return f"tag {tag:04x}" if name in ("", "unknown") else name
