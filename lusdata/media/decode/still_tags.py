"""Text that a still picture carries beside its pixels, which FFmpeg does not hand on: EXIF, XMP, comments, chunks."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

__all__ = ["still_tags"]

_EXIF_NAMES = {
    0x010D: "document_name",
    0x010E: "description",
    0x0131: "software",
    0x0132: "creation_time",
    0x013B: "artist",
    0x8298: "copyright",
    0x9003: "creation_time",
    0x9004: "creation_time",
    0x9286: "comment",
    0x9C9B: "title",
    0x9C9C: "comment",
    0x9C9D: "artist",
    0x9C9E: "keywords",
    0x9C9F: "subject",
    0xA430: "owner",
}
_EXIF_PART, _GPS_PART = 0x8769, 0x8825
_BYTES, _ASCII, _UNDEFINED = 1, 2, 7
_MOST_ENTRIES, _MOST_TEXT = 512, 1 << 16


def still_tags(data: bytes) -> dict[str, str]:
    """Return the text in a JPEG, PNG, WebP or TIFF picture.

    Parameters
    ----------
    data : bytes
        The whole file. What is damaged is passed over: whether the picture can be read, others tell.

    Returns
    -------
    dict of str to str
        By the tag's name in lower case; ``location`` says that coordinates are there.

    Examples
    --------
    >>> still_tags(bytes.fromhex("ffd8 fffe 0007") + b"hello" + bytes.fromhex("ffd9"))
    {'comment': 'hello'}
    """
    found: dict[str, str] = {}
    for name, part in _parts(data):
        texts = _exif(part) if name == "exif" else [(name, _decoded(part, xml=name == "xmp"))]
        for tag, text in texts:
            # Two of one name are both looked at.
            found[tag] = f"{found[tag]} {text}" if found.get(tag) else text
    return {tag: text for tag, text in found.items() if text.strip()}


def _parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"\xff\xd8"):
        yield from _jpeg_parts(data)
    elif data.startswith(b"\x89PNG"):
        yield from _png_parts(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        yield from _webp_parts(data)
    elif data[:4] in (b"II*\0", b"MM\0*"):
        yield "exif", data


def _jpeg_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    place = 2
    # The pixels begin at the mark FFDA.
    while data[place : place + 1] == b"\xff" and len(data) >= place + 4 and data[place + 1] != 0xDA:
        if data[place + 1] == 0xFF:
            place += 1
            continue
        size = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + size]
        if data[place + 1] == 0xFE:
            yield "comment", body
        elif body.startswith(b"Exif\0\0"):
            yield "exif", body[6:]
        elif body.startswith(b"http://ns.adobe.com/x"):
            yield "xmp", body.partition(b"\0")[2]
        elif data[place + 1] == 0xED:
            yield "iptc", body
        place += 2 + max(2, size)


def _png_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    place = 8
    while len(data) >= place + 8:
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + size]
        if kind == b"eXIf":
            yield "exif", body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, text = body.partition(b"\0")
            name = keyword.decode("latin-1").lower()
            if kind == b"zTXt":
                text = _inflated(text[1:])
            elif kind == b"iTXt":
                packed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
                text = _inflated(text) if packed else text
            yield ("xmp" if name.startswith("xml:com.adobe") else name), text
        place += 12 + size


def _webp_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    place = 12
    while len(data) >= place + 8:
        size, kind = int.from_bytes(data[place + 4 : place + 8], "little"), data[place : place + 4]
        body = data[place + 8 : place + 8 + size]
        if kind == b"EXIF":
            yield "exif", body.removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            yield "xmp", body
        place += 8 + size + size % 2


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_TEXT)
    except zlib.error:
        return b""


def _exif(tiff: bytes) -> Iterator[tuple[str, str]]:
    """Yield the text of a TIFF directory, of those behind it, and of the one for EXIF."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return
    waiting, seen = [struct.unpack_from(f"{order}I", tiff, 4)[0]], set()
    while waiting:
        place = waiting.pop()
        if place in seen or not 0 < place <= len(tiff) - 2:
            continue
        seen.add(place)
        count = min(_MOST_ENTRIES, struct.unpack_from(f"{order}H", tiff, place)[0])
        count = min(count, (len(tiff) - place - 2) // 12)
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(f"{order}HHII", tiff, entry)
            if tag == _EXIF_PART:
                waiting.append(value)
            elif tag == _GPS_PART:
                yield "location", "coordinates"
            elif kind == _ASCII or (kind in (_BYTES, _UNDEFINED) and tag in _EXIF_NAMES):
                start = entry + 8 if length <= 4 else value
                body = tiff[start : start + min(length, _MOST_TEXT)]
                wide = 0x9C9B <= tag <= 0x9C9F
                yield _EXIF_NAMES.get(tag, f"exif-{tag:04x}"), _decoded(body, "utf-16-le" if wide else "utf-8")
        behind = place + 2 + 12 * count
        if len(tiff) >= behind + 4 and len(seen) < _MOST_ENTRIES:
            waiting.append(struct.unpack_from(f"{order}I", tiff, behind)[0])


def _decoded(body: bytes, coding: str = "utf-8", *, xml: bool = False) -> str:
    """Return bytes as text without what cannot be printed; of XML only what its elements hold."""
    text = body[:_MOST_TEXT].decode(coding, errors="replace")
    if xml:
        # XMP writes text into attributes, too.
        text = re.sub(r"<[^<>]*>", lambda element: " ".join(re.findall(r"[\"']([^\"']*)[\"']", element[0])) + " ", text)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
