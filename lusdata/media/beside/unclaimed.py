"""Text and pictures in the bytes of a file that belong to no packet of any stream: boxes, chunks, padding, the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lusdata.media.beside.item import Item, plain

__all__ = ["gaps", "text_runs", "unclaimed_items"]

_LEAST_GAP_BYTES = 16
"""Between packets that follow each other stand headers of a few bytes."""
_MOST_GAP_BYTES = 16 << 20
_MOST_RUNS = 200
_LEAST_USUAL = 0.7
"""Least part of a text that is letters, digits and blanks."""
# Letters of Latin alphabets, Greek and Cyrillic in UTF-8 beside plain ASCII.
_RUN = re.compile(rb"(?:[\x20-\x7e]|[\xc3-\xcf\xd0-\xd3][\x80-\xbf]){6,}")
_WIDE_LITTLE = re.compile(rb"(?:[\x20-\x7e\xc0-\xff]\x00){5,}")
_WIDE_BIG = re.compile(rb"(?:\x00[\x20-\x7e\xc0-\xff]){5,}")
_WORD = re.compile(r"[^\W\d_]{4}|\d{6}|[^\W\d_]{2}[^\W_]*\W+[^\W\d_]{2}|\d[-./:]\d")
_PICTURE = re.compile(rb"\xff\xd8\xff[\xc0-\xef]|\x89PNG\r\n\x1a\n|GIF8[79]a")
# Names of boxes and chunks that are no words.
_STRUCTURE = re.compile(
    r"ftyp|isom|iso[2-6]|mp4[12]|avc1|qt  |moov|mdat|udta|meta|mdirappl|ilst|mhlr|dhlr|hdlr|vide|soun|url |colr|ncl[xc]"
    r"|frma|wave|esds|mp4a|mdta|dinf|dref|minf|mdia|trak|stbl|stsd|free|skip|wide|alis|name"
    r"|(?:Core Media )?(?:Data|Video|Sound) ?Handler|com\.apple\.quicktime\.[\w.]+|\bappl\b"
    r"|(?:encoder=)?Lav[cf]\d[\d.]*(?: \w+)?|encoder|FFmpeg|Service01|WM/\w+|IsVBR|mpeg4|theora|vorbis|onMetaData"
    r"|duration|width|height|[a-z]*o(?:datarate|codecid|samplerate|samplesize)|framerate|filesize|stereo|has[A-Z]\w+"
    r"|RIFF|LIST|AVI |AVIX|hdrl|avih|strl|str[dhfn]|vids|auds|FMP4|MJPG|odml|dmlh|vprp|INFO|I[A-Z]{3}(?=\W|$)"
    r"|movi|idx1|ix\d\d|\d\d(?:d[bc]|wb|tx)|JUNK|matroska|webm|V_[A-Z0-9/_]+|A_[A-Z0-9/_]+|S_TEXT\w*"
)
# A box or a chunk is named by four such signs.
_FOUR_SIGNS = re.compile(rb"[A-Za-z0-9_ \xa9-]{4}")


def text_runs(data: bytes) -> Iterator[str]:
    r"""Yield what can be read in bytes: ASCII, UTF-8 and UTF-16, six signs or more with a word or a number in them.

    Examples
    --------
    >>> list(text_runs(b"\0\1Maier Hans\0\xff\2" + "Müller".encode("utf-16-le")))
    ['Maier Hans', 'Müller']
    """
    said = ""
    for pattern, coding in ((_RUN, "utf-8"), (_WIDE_LITTLE, "utf-16-le"), (_WIDE_BIG, "utf-16-be")):
        for number, match in enumerate(pattern.finditer(data)):
            if number >= _MOST_RUNS:
                break
            text = plain(match[0].decode(coding, errors="replace"))
            # What is of one order of bytes looks, one byte on, like less of the same in the other.
            if _WORD.search(text) and text not in said:
                said += f"{text}\n"
                yield text


def gaps(spans: Iterable[tuple[int, int]], size_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of what lies between spans, before the first and behind the last.

    Examples
    --------
    >>> list(gaps([(100, 50), (150, 50), (400, 10)], 500))
    [(0, 100), (200, 400), (410, 500)]
    """
    reached = 0
    for start, length in sorted(spans):
        if start - reached >= _LEAST_GAP_BYTES or (reached == 0 and start > 0):
            yield reached, start
        reached = max(reached, start + length)
    if reached < size_bytes:
        yield reached, size_bytes


def unclaimed_items(path: Path, places: Sequence[tuple[int, int]]) -> Iterator[Item]:
    """Look through parts of a file.

    Parameters
    ----------
    path : Path
        The file.
    places : sequence of (int, int)
        Start and end of each part; of a large one only beginning and end are looked at.

    Yields
    ------
    Item
        Each text, and each picture that begins there.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        for start, end in places:
            for begin, data in _read(file, start, end):
                picture = _PICTURE.search(data)
                if picture:
                    yield Item(f"byte {begin + picture.start():,} of the file, where a picture begins", "picture")
                # What looks like text behind that is the picture's.
                for text in text_runs(data[: picture.start()] if picture else data):
                    words = plain(_STRUCTURE.sub(" ", text))
                    if words not in seen and _is_text(words):
                        seen.add(words)
                        yield Item(_place(data, text, begin), "text", words)


def _is_text(words: str) -> bool:
    """Tell words from bytes that happen to be letters."""
    usual = sum(sign.isalnum() or sign == " " for sign in words)
    return _WORD.search(words) is not None and usual >= _LEAST_USUAL * len(words)


def _read(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    half = _MOST_GAP_BYTES // 2
    pieces = [(start, end)] if end - start <= _MOST_GAP_BYTES else [(start, start + half), (end - half, end)]
    for first, last in pieces:
        file.seek(first)
        yield first, file.read(last - first)


def _place(data: bytes, text: str, begin: int) -> str:
    """Name where a text stands by its byte, and by the box or chunk whose name comes shortly before it."""
    found = max(data.find(text[:6].encode(coding)) for coding in ("utf-8", "utf-16-le", "utf-16-be"))
    names = [match[0] for match in _FOUR_SIGNS.finditer(data, max(0, found - 24), max(0, found))]
    box = f" (behind '{plain(names[0].decode('latin-1'))}')" if names else ""
    return f"byte {begin + max(0, found):,} of the file{box}"
