"""What stands beside the pixels in the file of a still picture: EXIF, XMP, text, comments, second pictures, the rest.

Nothing that a program or a person could have written into is left out, known or not; who looks for names decides.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from lusdata.errors import DecodeError
from lusdata.media.decode.directories import directories
from lusdata.media.decode.pillow import open_picture
from lusdata.media.decode.segments import BEHIND, Segment, iso_boxes, jpeg_segments, png_chunks, riff_chunks
from lusdata.media.diagnose import identify

__all__ = ["Beside", "parts_beside"]

_HEAD_BYTES = 16_384
_MOST_TEXT = 1 << 16
_MOST_NUMBERS = 64
_SHORTEST_RUN = 4
_EXIF_START, _XMP_START = b"Exif\0\0", b"http://ns.adobe.com/x"
# What only says how pixels are stored: sizes, samples, where strips and tiles lie, resolution, tables of colours.
_LAYOUT = frozenset(
    {*range(0x00FE, 0x0108), *range(0x0108, 0x010B), 0x0111, 0x0112, *range(0x0115, 0x011D), *range(0x0122, 0x0126)}
    | {0x0128, 0x0129, 0x012D, 0x013D, 0x013E, 0x013F, *range(0x0140, 0x0146), 0x014A, *range(0x0152, 0x0157)}
    | {0x015B, *range(0x0200, 0x020A), *range(0x0211, 0x0215), 0x8769, 0x8825, 0xA005}
)
_LAYOUT_SEGMENTS = frozenset({"C0", "C1", "C2", "C3", "C4", "C9", "CA", "CC", "DA", "DB", "DC", "DD"})
_LAYOUT_CHUNKS = frozenset(
    {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "sBIT", "sRGB", "bKGD", "hIST", "pHYs", "cICP", "mDCV"}
    | {"cLLI", "acTL", "fcTL", "fdAT", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"}
)
_LAYOUT_BOXES = frozenset({"ftyp", "meta", "mdat", "moov"})
_XMP, _IPTC = 0x02BC, 0x83BB
_WIDE = range(0x9C9B, 0x9CA0)
_USER_COMMENT = 0x9286
_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_CODINGS = {b"ASCII\0\0\0": "utf-8", b"UNICODE\0": "utf-16-be", b"JIS\0\0\0\0\0": "iso2022_jp"}


@dataclass(frozen=True)
class Beside:
    """One thing that stands beside the pixels.

    Attributes
    ----------
    place : str
        Where in the file, such as ``EXIF``, ``GPS``, ``page 2``, ``XMP``, ``COM``, ``APP13``, ``tEXt`` or ``behind the
        picture``.
    name : str
        What the file calls it, such as ``ImageDescription`` or ``Author``; the same as `place` where it has no name.
    text : str
        What can be read in it, on one line, cut at 65,536 characters; empty where nothing can.
    size_bytes : int
        How much of the file it takes; 0 for a number.
    """

    place: str
    name: str
    text: str
    size_bytes: int


def parts_beside(path: Path) -> list[Beside]:
    """List everything that stands beside the pixels of a still picture.

    Parameters
    ----------
    path : Path
        A JPEG, PNG (also animated), WebP, AVIF or TIFF file; of others nothing is told.

    Returns
    -------
    list of Beside
        In the order of the file. Left out is what only says how pixels are stored. What is damaged is told with what
        can be read in it: whether the picture is whole, others tell.

    Raises
    ------
    DecodeError
        If an AVIF or TIFF file is damaged so that its tags cannot be found.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        kind = identify(file.read(_HEAD_BYTES)).name
        if kind == "TIFF image":
            return list(_of_directories(file))
        walk = _WALKS.get(kind)
        if walk is None:
            return []
        file.seek(0)
        segments, part_of = walk
        data = file.read()
    tagged = list(_in_items(path)) if kind == "AVIF picture" else []
    return tagged + [
        part
        for segment in segments(data)
        for part in (_of_rest(segment.body) if segment.kind == BEHIND else part_of(segment))
    ]


def _of_rest(body: bytes) -> Iterator[Beside]:
    # Padding says nothing.
    if body.strip(b"\0\r\n "):
        yield Beside(BEHIND, identify(body[:_HEAD_BYTES]).name, _words(body[:_MOST_TEXT]), len(body))


def _of_jpeg(segment: Segment) -> Iterator[Beside]:
    kind, body = segment
    if body.startswith(_EXIF_START):
        yield from _of_exif(body[len(_EXIF_START) :])
    elif body.startswith(_XMP_START):
        yield _xmp(body.partition(b"\0")[2])
    elif kind not in _LAYOUT_SEGMENTS:
        name = body[:32].partition(b"\0")[0] if kind.startswith("APP") else b""
        yield Beside(kind, _one_line(name.decode("ascii", "replace")) or kind, _words(body), len(body))


def _of_png(segment: Segment) -> Iterator[Beside]:
    kind, body = segment
    if kind == "eXIf":
        yield from _of_exif(body)
    elif kind in ("tEXt", "zTXt", "iTXt"):
        keyword, _, text = body.partition(b"\0")
        name = _one_line(keyword.decode("latin-1"))
        if kind == "zTXt":
            text = _inflated(text[1:])
        elif kind == "iTXt":
            is_packed, text = text.startswith(b"\1"), text[2:].split(b"\0", 2)[-1]
            text = _inflated(text) if is_packed else text
        if name.startswith("XML:com.adobe"):
            yield _xmp(text)
        elif name.startswith("Raw profile type"):
            yield from _of_raw_profile(name, text)
        else:
            yield Beside(kind, name or kind, _decoded(text), len(body))
    elif kind == "tIME" and len(body) == 7:
        year = int.from_bytes(body[:2], "big")
        day = "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(year, *body[2:])
        yield Beside(kind, "time of the last change", day, len(body))
    elif kind == "iCCP":
        title, _, packed = body.partition(b"\0")
        text_of_profile = f"{title.decode('latin-1')} {_words(_inflated(packed[1:]))}"
        yield Beside(kind, "colour profile", _one_line(text_of_profile), len(body))
    elif kind not in _LAYOUT_CHUNKS:
        yield Beside(kind, kind, _words(body), len(body))


def _of_webp(segment: Segment) -> Iterator[Beside]:
    kind, body = segment
    if kind == "EXIF":
        yield from _of_exif(body.removeprefix(_EXIF_START))
    elif kind == "XMP ":
        yield _xmp(body)
    elif kind not in _LAYOUT_CHUNKS:
        yield Beside(kind, "colour profile" if kind == "ICCP" else kind, _words(body), len(body))


def _in_items(path: Path) -> Iterator[Beside]:
    """Yield what the items of an AVIF say, which lie among its pixels; Pillow finds them."""
    with open_picture(path, "AVIF") as image:
        if "exif" in image.info:
            yield from _of_exif(image.info["exif"].removeprefix(_EXIF_START))
        if "xmp" in image.info:
            yield _xmp(image.info["xmp"])


def _of_avif(segment: Segment) -> Iterator[Beside]:
    kind, body = segment
    if kind not in _LAYOUT_BOXES and body.strip(b"\0"):
        yield Beside(kind, kind, _words(body), len(body))


_Walk = tuple[Callable[[bytes], Iterator[Segment]], Callable[[Segment], Iterator[Beside]]]
_WALKS: dict[str, _Walk] = {
    "JPEG image": (jpeg_segments, _of_jpeg),
    "PNG image": (png_chunks, _of_png),
    "WebP image": (riff_chunks, _of_webp),
    "animated WebP picture": (riff_chunks, _of_webp),
    "AVIF picture": (iso_boxes, _of_avif),
}


def _of_raw_profile(name: str, text: bytes) -> Iterator[Beside]:
    """Yield what stands in a profile that ImageMagick wrote in hexadecimal digits, behind its kind and its size."""
    digits = b"".join(text.split()[2:])
    try:
        body = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        body = text
    if body.startswith(_EXIF_START):
        yield from _of_exif(body[len(_EXIF_START) :])
    elif name.endswith("xmp"):
        yield _xmp(body)
    else:
        yield Beside("text", name, _words(body), len(body))


def _of_exif(block: bytes) -> Iterator[Beside]:
    try:
        found = list(_of_directories(io.BytesIO(block), pages_are="EXIF"))
    except DecodeError:
        found = []
    yield from found
    # Kinds of values that Pillow passes over and damaged directories: their words are told all the same.
    known = {word for part in found for word in part.text.split()}
    rest = [word for word in _words(block).split() if word not in known]
    if rest:
        yield Beside("EXIF", "other text", " ".join(rest), len(block))


def _of_directories(stream: BinaryIO, *, pages_are: str = "") -> Iterator[Beside]:
    for directory in directories(stream):
        place = pages_are if pages_are and directory.place.startswith("page") else directory.place
        for (tag, value), name in zip(directory.tags.items(), directory.named(), strict=True):
            if tag not in _LAYOUT or place in ("GPS", "Interop"):
                yield _of_tag(place, tag, name, value)


def _of_tag(place: str, tag: int, name: str, value: Any) -> Beside:
    if tag == _IPTC and isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        # Text that is written as numbers of four bytes.
        value = b"".join((item % (1 << 32)).to_bytes(4, order) for order in _ORDERS for item in value)
    if isinstance(value, str):
        # Pillow takes text for Latin-1; today's programs write UTF-8.
        value = value.encode("latin-1", "replace")
        return Beside(place, name, _decoded(value), len(value))
    if isinstance(value, bytes):
        return _xmp(value) if tag == _XMP else Beside(place, name, _of_bytes(tag, value), len(value))
    return Beside(place, name, _one_line(_numbers(value)), 0)


def _of_bytes(tag: int, value: bytes) -> str:
    if tag in _WIDE:
        return _one_line(value.decode("utf-16-le", "replace"))
    coding = _CODINGS.get(value[:8]) if tag == _USER_COMMENT else None
    if coding is None:
        return _words(value)
    if coding == "utf-16-be" and value[9:10] == b"\0":
        coding = "utf-16-le"
    return _one_line(value[8:].decode(coding, "replace"))


def _numbers(value: Any) -> str:
    many = value if isinstance(value, tuple) else (value,)
    return " ".join("damaged" if item is None else f"{float(item):.10g}" for item in many[:_MOST_NUMBERS])


def _xmp(body: bytes) -> Beside:
    # XMP writes text into attributes, too; the names of its elements are no text.
    text = re.sub(
        r"<[^<>]*>",
        lambda element: " ".join(re.findall(r"[\"']([^\"']*)[\"']", element[0])) + " ",
        body[:_MOST_TEXT].decode("utf-8", "replace"),
    )
    return Beside("XMP", "XMP", _one_line(text), len(body))


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_TEXT)
    except zlib.error:
        return b""


def _decoded(body: bytes) -> str:
    try:
        return _one_line(body.decode("utf-8"))
    except UnicodeDecodeError:
        return _one_line(body.decode("latin-1"))


def _words(body: bytes) -> str:
    """Return what can be read in bytes of any kind: stretches of four characters or more, of one byte or of two."""
    narrow = re.split(r"[\ufffd\x00-\x1f\x7f-\x9f]+", body.decode("utf-8", "replace"))
    wide = [found.decode("utf-16-le") for found in re.findall(rb"(?:[\x20-\x7e]\x00){4,}", body)]
    return _one_line(" ".join(run for run in (*narrow, *wide) if len(run.strip()) >= _SHORTEST_RUN))


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:_MOST_TEXT]).split())
