"""The inventory of a file: everything that it holds beside its pictures and their times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lusdata.media.beside.ends import end_of_medium
from lusdata.media.beside.item import Item
from lusdata.media.beside.matroska import matroska_items
from lusdata.media.beside.stills import still_items
from lusdata.media.beside.streams import Span, stream_items
from lusdata.media.beside.unclaimed import gaps, unclaimed_items
from lusdata.media.decode.open_file import check_whole
from lusdata.media.diagnose import identify

__all__ = ["inventory"]

_HEAD_BYTES = 16_384
_EXACT = frozenset({"MP4 video", "QuickTime video", "AVI video"})
"""Formats of which FFmpeg tells exactly where each packet lies; of others, it tells where the first begins."""


def inventory(path: Path) -> tuple[Item, ...]:
    """List what a file holds beside its pictures and their times.

    Parameters
    ----------
    path : Path
        A video or a picture.

    Returns
    -------
    tuple of Item
        Streams, tags, chapters, attachments, covers, text in bytes of no stream, bytes behind the end; what programs
        write about themselves, too: `lusdata.media.beside.judge` tells what matters.

    Raises
    ------
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    check_whole(path)
    with path.open("rb") as file:
        kind = identify(file.read(_HEAD_BYTES))
    items, spans = stream_items(path)
    size_bytes = path.stat().st_size
    end = end_of_medium(path, kind.name)
    said = " ".join(item.text for item in items)
    rest: Iterator[Item] = iter(())
    if kind.family == "image":
        rest = still_items(path, kind.name)
    elif kind.name == "Matroska video":
        rest = matroska_items(path)
    else:
        rest = unclaimed_items(path, _unclaimed(spans, kind.name, end or size_bytes))
    items += [item for item in rest if not item.text or item.text not in said]
    if end is not None and end < size_bytes and not _is_zero(path, end):
        items += unclaimed_items(path, [(end, size_bytes)])
        items.append(Item(f"{size_bytes - end:,} bytes behind the end of the {kind.name}", "bytes"))
    return tuple(items)


def _unclaimed(spans: list[Span], kind: str, end: int) -> list[tuple[int, int]]:
    inside = [span for span in spans if span[0] >= 0]
    if not inside:
        return []
    return list(gaps(inside, end)) if kind in _EXACT else [(0, min(span[0] for span in inside))]


def _is_zero(path: Path, start: int) -> bool:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(1 << 20):
            if block.strip(b"\0"):
                return False
    return True
