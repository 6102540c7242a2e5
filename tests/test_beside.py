"""Whatever stands beside the pixels of a still picture is told, wherever a camera or a person can write it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin, features

from lusdata.errors import DecodeError
from lusdata.media.decode.still_metadata import Beside, parts_beside

NAME = "MUSTERFRAU^Erika"
WIDE_NAME = "Müßterfrau^Ærika"
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8))
XMP = f'<x:xmpmeta><rdf:Description dc:creator="{NAME}"/></x:xmpmeta>'.encode()


def exif(tag: int = 0x010E, value: object = NAME, *, group: int | None = None) -> bytes:
    block = Image.Exif()
    block[tag if group is None else group] = value if group is None else {tag: value}
    return block.tobytes()


def saved(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    PICTURE.save(out, form, **options)
    return out.getvalue()


def png(**texts: object) -> bytes:
    info = PngImagePlugin.PngInfo()
    for method, arguments in texts.items():
        getattr(info, method)(*arguments)
    return saved("PNG", pnginfo=info)


def with_segment(marker: int, body: bytes, *, at_the_end: bool = False) -> bytes:
    data = saved("JPEG")
    place = len(data) - 2 if at_the_end else 2
    return data[:place] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + data[place:]


def with_chunk(kind: bytes, body: bytes) -> bytes:
    data = saved("PNG")
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


def tiff(**options: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, np.asarray(PICTURE), photometric="rgb", metadata=None, **options)
    return out.getvalue()


def hidden_in_exif() -> bytes:
    """Return EXIF with text of a type that is newer than most readers (129, UTF-8)."""
    entry = struct.pack("<HHII", 0x9999, 129, len(NAME), 26)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + NAME.encode()


COMMENT = b"UNICODE\0" + NAME.encode("utf-16-le")
RAW_PROFILE = f"\nexif\n{len(exif())}\n{exif().hex()}\n"
FILES = {
    "jpeg-exif": saved("JPEG", exif=exif()),
    "jpeg-exif-camera": saved("JPEG", exif=exif(0x9286, COMMENT, group=0x8769)),
    "jpeg-exif-wide": saved("JPEG", exif=exif(0x9C9D, NAME.encode("utf-16-le"))),
    "jpeg-exif-maker": saved("JPEG", exif=exif(0x927C, b"\0\1\2" + NAME.encode() + b"\xff", group=0x8769)),
    "jpeg-exif-new-type": saved("JPEG", exif=hidden_in_exif()),
    "jpeg-exif-damaged": saved("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + NAME.encode()),
    "jpeg-comment": saved("JPEG", comment=NAME),
    "jpeg-comment-behind-the-pixels": with_segment(0xFE, NAME.encode(), at_the_end=True),
    "jpeg-xmp": with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    "jpeg-iptc": with_segment(0xED, b"Photoshop 3.0\0" + NAME.encode()),
    "jpeg-segment-of-nobody": with_segment(0xEB, b"\0\1\2\3" + NAME.encode()),
    "jpeg-colour-profile": saved("JPEG", icc_profile=b"\0\1" + NAME.encode("utf-16-le")),
    "jpeg-second-picture": saved("JPEG") + saved("JPEG", exif=exif()),
    "png-text": png(add_text=("Comment", NAME)),
    "png-packed": png(add_text=("Comment", NAME, True)),
    "png-unicode": png(add_itxt=("Title", NAME)),
    "png-unicode-packed": png(add_itxt=("Title", NAME, "", "", True)),
    "png-raw-profile": png(add_text=("Raw profile type exif", RAW_PROFILE, True)),
    "png-exif": saved("PNG", exif=exif()),
    "png-colour-profile": saved("PNG", icc_profile=NAME.encode() * 3),
    "png-chunk-of-nobody": with_chunk(b"naMe", NAME.encode()),
    "png-suggested-palette": with_chunk(b"sPLT", NAME.encode() + b"\0\x08"),
    "png-behind-the-end": saved("PNG") + NAME.encode(),
    "webp-exif": saved("WEBP", exif=exif()),
    "webp-xmp": saved("WEBP", xmp=XMP),
    "webp-behind-the-end": saved("WEBP") + NAME.encode(),
    "tiff": tiff(description=NAME),
    "tiff-private-tag": tiff(extratags=[(65000, 2, None, NAME, True)]),
    "tiff-iptc-in-numbers": tiff(extratags=[(0x83BB, 4, 4, struct.unpack("<4I", NAME.encode()), True)]),
    "tiff-xmp": tiff(extratags=[(0x02BC, 1, len(XMP), XMP, True)]),
    "tiff-big": tiff(description=NAME, bigtiff=True),
    "tiff-big-endian": tiff(description=NAME, byteorder=">"),
}


@pytest.fixture
def parts(tmp_path: Path):
    def of(data: bytes) -> list[Beside]:
        path = tmp_path / "picture"
        path.write_bytes(data)
        return parts_beside(path)

    return of


@pytest.mark.parametrize("name", FILES)
def test_a_name_is_found_wherever_a_picture_can_carry_it(name, parts):
    assert NAME in " ".join(part.text for part in parts(FILES[name]))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_name_with_letters_beyond_english_stays_whole(form, parts):
    found = parts(saved(form, exif=exif(0x013B, WIDE_NAME.encode())))
    assert [part.text for part in found if part.name == "Artist"] == [WIDE_NAME]


@pytest.mark.skipif(not ("avif" in features.modules and features.check("avif")), reason="this Pillow knows no AVIF")
@pytest.mark.parametrize("where", ["exif", "xmp", "box", "behind"])
def test_a_name_in_an_avif_is_found(where, parts):
    data = saved("AVIF", **{"exif": {"exif": exif()}, "xmp": {"xmp": XMP}}.get(where, {}))
    if where == "box":
        data += struct.pack(">I", 8 + len(NAME)) + b"free" + NAME.encode()
    if where == "behind":
        data += NAME.encode()
    assert NAME in " ".join(part.text for part in parts(data))
    assert parts(saved("AVIF")) == []


def test_two_texts_of_one_name_are_both_told(parts):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "first")
    info.add_text("Comment", NAME)
    assert [part.text for part in parts(saved("PNG", pnginfo=info))] == ["first", NAME]


def test_every_page_of_a_tiff_is_looked_at(parts):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for text in ("first", NAME):
            writer.write(np.zeros((16, 16), np.uint8), description=text, metadata=None, software="")
    found = [(part.place, part.text) for part in parts(out.getvalue()) if part.name == "ImageDescription"]
    assert found == [("page 1", "first"), ("page 2", NAME)]


def test_places_and_days_are_told(parts):
    block = Image.Exif()
    block[0x8825] = {1: "N", 2: (47.0, 22.0, 1.5), 29: "2024:03:09"}
    found = {part.name: part.text for part in parts(saved("JPEG", exif=block.tobytes())) if part.place == "GPS"}
    assert found == {"GPSLatitudeRef": "N", "GPSLatitude": "47 22 1.5", "GPSDateStamp": "2024:03:09"}
    (day,) = parts(with_chunk(b"tIME", bytes.fromhex("07e8 03 09 0a 0b 0c")))
    assert day.text == "2024-03-09 10:11:12"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_with_nothing_beside_it_says_nothing(form, parts):
    assert parts(saved(form)) == []


def test_of_a_plain_jpeg_and_tiff_only_the_marks_of_programs_are_told(parts):
    assert [(part.place, part.name) for part in parts(saved("JPEG"))] == [("APP0", "JFIF")]
    assert parts(saved("TIFF")) == []


def test_what_is_packed_small_and_large_inside_is_cut(parts):
    packed = b"Comment\0\0" + zlib.compress(b"a" * 50_000_000)
    (part,) = parts(with_chunk(b"zTXt", packed))
    assert len(part.text) == 65_536
    assert part.size_bytes == len(packed)


def test_a_directory_that_leads_to_itself_ends(parts):
    data = bytearray(tiff(description=NAME))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    assert sum(NAME in part.text for part in parts(bytes(data))) == 1


@pytest.mark.parametrize("name", FILES)
def test_damage_ends_in_no_other_fault(name, parts):
    rng = np.random.default_rng(7)
    whole = FILES[name]
    for _ in range(25):
        damaged = bytearray(whole[: int(rng.integers(4, len(whole) + 1))])
        for place in rng.integers(4, len(damaged) + 1, 3):
            damaged[min(place, len(damaged) - 1)] = int(rng.integers(256))
        try:
            found = parts(bytes(damaged))
        except DecodeError:
            continue
        assert all(part.text == " ".join(part.text.split()) for part in found)
