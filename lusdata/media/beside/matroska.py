"""Text in the elements of a Matroska or WebM file, also in those that FFmpeg does not list: padding, binary tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lusdata.media.beside.item import Item, plain
from lusdata.media.beside.unclaimed import text_runs

__all__ = ["matroska_items"]

_MASTERS = frozenset(
    {0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1043A770, 0x1254C367, 0x1941A469}
    # Within tracks, chapters, tags and attachments.
    | {0xAE, 0xE0, 0xE1, 0x6D80, 0x6240, 0x5034, 0x5035, 0x41E4, 0x45B9, 0xB6, 0x8F, 0x80, 0x6944, 0x6911, 0x7373}
    | {0x63C0, 0x67C8, 0x61A7, 0x6924}
)
# Clusters hold the pictures, and cues and the seek head say where they are.
_PASSED_OVER = frozenset({0x1F43B675, 0x1C53BB6B, 0x114D9B74})
_NAMES = {
    0x4282: "DocType",
    0x7BA9: "Title",
    0x7384: "SegmentFilename",
    0x3C83AB: "PrevFilename",
    0x3E83BB: "NextFilename",
    0x4D80: "MuxingApp",
    0x5741: "WritingApp",
    0x536E: "name of a track",
    0x258688: "name of a codec",
    0x3B4040: "address of a codec",
    0x85: "name of a chapter",
    0x45A3: "name of a tag",
    0x4487: "tag",
    0x4485: "binary tag",
    0x466E: "name of an attachment",
    0x467E: "description of an attachment",
    0x465C: "attachment",
    0xEC: "padding",
}
_CODEC_ID, _CODEC_SETUP, _MIME_TYPE, _DOC_TYPE, _TAG_NAME = 0x86, 0x63A2, 0x4660, 0x4282, 0x45A3
_OF_FORMAT = frozenset({_CODEC_ID, _CODEC_SETUP, _MIME_TYPE, _DOC_TYPE, _TAG_NAME, 0x22B59C, 0x22B59D, 0x437C, 0x447A})
"""Elements in which words of the format stand: names of codecs, of kinds of files, of languages and of tags."""
_PROGRAMS = frozenset({0x4D80, 0x5741})
_DRAWN = frozenset(
    {0x73A4, 0x3CB923, 0x3EB923, 0x4444, 0x73C5, 0x73C4, 0x45BC, 0x46AE, 0x6E67, 0x69FC, 0x63C5, 0x63C9, 0x63C4, 0x63C6}
)
"""Identifiers that a writer draws at random: some of their bytes look like a word by chance, all of them do not."""
_PRINTABLE = re.compile(rb"(?:[\x20-\x7e]|[\xc3-\xd3][\x80-\xbf])*")
_MOST_BYTES = 1 << 20
_MOST_ELEMENTS = 100_000


def matroska_items(path: Path) -> Iterator[Item]:
    """Yield every text beside the clusters of a file, in its order; damaged parts are passed over.

    Parameters
    ----------
    path : Path
        A Matroska or WebM file.
    """
    with path.open("rb") as file:
        yield from _walk(file, 0, path.stat().st_size, [_MOST_ELEMENTS])


def _walk(file: BinaryIO, place: int, end: int, left: list[int]) -> Iterator[Item]:
    while place < end and left[0] > 0:
        left[0] -= 1
        file.seek(place)
        head = file.read(12)
        found = _head(head)
        if found is None:
            return
        name, length, start = found
        begin = place + start
        stop = end if length is None else min(end, begin + length)
        if name in _MASTERS:
            yield from _walk(file, begin, stop, left)
        elif name in _PASSED_OVER:
            if length is None:
                # Of a cluster whose length its writer did not know, the children follow as if they were neighbours.
                stop = begin
        elif name not in _OF_FORMAT:
            file.seek(begin)
            body = file.read(min(stop - begin, _MOST_BYTES))
            if name in _DRAWN and not _PRINTABLE.fullmatch(body.replace(b"\0", b"")):
                body = b""
            for text in text_runs(body):
                what = _NAMES.get(name, f"element {name:X}")
                yield Item(f"{what} at byte {place:,}", "text", plain(text), "encoder" if name in _PROGRAMS else "")
        place = stop


def _head(head: bytes) -> tuple[int, int | None, int] | None:
    """Return an element's name, the length of its body, None if unknown, and that of its head."""
    if not head:
        return None
    wide = 9 - head[0].bit_length()
    if wide > 4 or len(head) <= wide:
        return None
    sizes = 9 - head[wide].bit_length()
    if sizes > 8 or len(head) < wide + sizes:
        return None
    length = int.from_bytes(head[wide : wide + sizes], "big") & ((1 << 7 * sizes) - 1)
    unknown = length == (1 << 7 * sizes) - 1
    return int.from_bytes(head[:wide], "big"), None if unknown else length, wide + sizes
