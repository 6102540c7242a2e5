"""Text beside the pixels of still pictures, where cameras and programs write whose picture it is."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from lusdata.media.decode.still_tags import still_tags

NAME = b"MUSTERFRAU^Erika"


def tiff(order: str = "<") -> bytes:
    """Return a TIFF directory with a description, and one behind it for EXIF with a comment, and a place."""
    entries, rest = [], b""
    start = 8 + 2 + 3 * 12 + 4
    entries.append(struct.pack(f"{order}HHII", 0x010E, 2, len(NAME), start))
    rest += NAME
    behind = start + len(rest)
    rest += struct.pack(f"{order}H", 1) + struct.pack(f"{order}HHI4s", 0x9286, 7, 4, b"left") + bytes(4)
    entries.append(struct.pack(f"{order}HHII", 0x8769, 4, 1, behind))
    entries.append(struct.pack(f"{order}HHII", 0x8825, 4, 1, behind))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, len(entries)) + b"".join(entries) + bytes(4) + rest


def jpeg(mark: int, body: bytes) -> bytes:
    plain = b"\xff\xe0\0\x04ab"
    return b"\xff\xd8" + plain + bytes([0xFF, mark]) + struct.pack(">H", len(body) + 2) + body + b"\xff\xda\0\x02pixels"


def png(kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(17) + chunk + bytes(4) + b"IEND" + bytes(4)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(body)) + body


XMP = b'<x:xmpmeta><rdf:Description dc:creator="' + NAME + b'"/></x:xmpmeta>'
FILES = {
    "jpeg-exif": jpeg(0xE1, b"Exif\0\0" + tiff()),
    "jpeg-exif-big-endian": jpeg(0xE1, b"Exif\0\0" + tiff(">")),
    "jpeg-comment": jpeg(0xFE, NAME),
    "jpeg-xmp": jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    "jpeg-iptc": jpeg(0xED, b"Photoshop 3.0\0" + NAME),
    "png-text": png(b"tEXt", b"Comment\0" + NAME),
    "png-packed": png(b"zTXt", b"Comment\0\0" + zlib.compress(NAME)),
    "png-unicode": png(b"iTXt", b"Title\0\0\0de\0Titel\0" + NAME),
    "png-unicode-packed": png(b"iTXt", b"Title\0\1\0\0\0" + zlib.compress(NAME)),
    "png-exif": png(b"eXIf", tiff()),
    "webp-exif": webp(b"EXIF", tiff()),
    "webp-xmp": webp(b"XMP ", XMP),
    "tiff": tiff(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_name_is_found_wherever_a_picture_can_carry_it(name):
    assert NAME.decode() in " ".join(still_tags(FILES[name]).values())


def test_fields_have_names_and_a_place_is_told_as_one():
    assert still_tags(tiff()) == {"description": NAME.decode(), "comment": "left", "location": "coordinates"}
    assert still_tags(webp(b"XMP ", XMP)) == {"xmp": NAME.decode()}


def test_a_picture_without_text_has_no_tags():
    assert still_tags(png(b"tIME", bytes(7))) == {}
    assert still_tags(b"GIF89a") == {}
    assert still_tags(b"") == {}


def test_what_is_packed_small_and_large_inside_is_cut():
    bomb = png(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 50_000_000))
    assert len(still_tags(bomb)["comment"]) < 100_000


def test_a_directory_that_leads_to_itself_ends():
    looped = tiff()[:-4] + struct.pack("<I", 8)
    assert "description" in still_tags(looped)


def test_damage_is_passed_over():
    rng = np.random.default_rng(7)
    for whole in FILES.values():
        for _ in range(100):
            damaged = bytearray(whole[: int(rng.integers(2, len(whole) + 1))])
            for place in rng.integers(2, len(damaged) + 1, 3):
                damaged[min(place, len(damaged) - 1)] = int(rng.integers(256))
            assert isinstance(still_tags(bytes(damaged)), dict)
