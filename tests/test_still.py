"""A still picture of any form is read as Pillow and tifffile read it, or refused in one line; never black unnoticed."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import PIL
import pytest
import tifffile
from PIL import Image, ImageOps, features

from lusdata.catalog.manifest import Crop
from lusdata.errors import DecodeError
from lusdata.media.decode import still
from lusdata.media.facts import media_facts
from lusdata.media.frames import read_frames

ROOT = Path(__file__).parent.parent
HEIGHT, WIDTH = 48, 64
NOISE = np.random.default_rng(0).integers(0, 24, (HEIGHT, WIDTH))
GREY = np.clip(np.add.outer(np.arange(HEIGHT) * 2, np.arange(WIDTH) * 2) + NOISE, 0, 255).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=2)
ALPHA = GREY[::-1, ::-1]
CLEAR = np.dstack([COLOUR, ALPHA])
GREY16, COLOUR16 = GREY.astype(np.uint16) * 257, COLOUR.astype(np.uint16) * 257
PICTURE, GREY_PICTURE, CLEAR_PICTURE = Image.fromarray(COLOUR), Image.fromarray(GREY), Image.fromarray(CLEAR)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **{"metadata": None, **options})
    return out.getvalue()


def apart(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(pixels, 2, 0))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixels: np.ndarray, colour_type: int, *, bits: int = 16, extra: bytes = b"") -> bytes:
    """Write what Pillow cannot: samples of 16 bits, and chunks of one's own."""
    rows = b"".join(b"\0" + row.astype(">u2" if bits == 16 else "u1").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def over_black(pixels: np.ndarray) -> np.ndarray:
    return ((pixels[..., :-1].astype(int) * pixels[..., -1:] + 127) // 255).astype(np.uint8)


def by_pillow(data: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(data))
    if picture.has_transparency_data:
        return over_black(np.asarray(picture.convert("RGBA")))
    return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


@pytest.fixture
def read(tmp_path: Path):
    """Return grey and RGB pixels of a whole picture, as a dataset would hold them."""

    def of(data: bytes) -> tuple[np.ndarray, np.ndarray]:
        path = tmp_path / "picture"
        path.write_bytes(data)
        facts = media_facts(path)
        assert facts.is_still
        assert facts.frame_count == 1
        width, height, side = facts.width_px, facts.height_px, max(facts.width_px, facts.height_px)
        top, left = (side - height) // 2, (side - width) // 2
        grey, colour = (
            read_frames(path, kind="image", crop=Crop(0, 0, width, height), size_px=side, colour=name).images[0]
            for name in ("grey", "rgb")
        )
        return grey[top : top + height, left : left + width], colour[top : top + height, left : left + width]

    return of


def hold_against(read, data: bytes, truth: np.ndarray, tolerance: float = 1.0) -> None:
    grey, colour = read(data)
    truth = truth if truth.ndim == 3 else np.repeat(truth[..., None], 3, axis=2)
    assert colour.shape == truth.shape
    assert np.abs(colour.astype(float) - truth).mean() <= tolerance
    assert np.abs(grey.astype(float) - np.asarray(Image.fromarray(truth).convert("L"))).mean() <= tolerance


FOUR_LEVELS = PICTURE.quantize(4)
EXACT = {
    "png-grey": (saved(GREY_PICTURE, "PNG"), GREY),
    "png-colour": (saved(PICTURE, "PNG"), COLOUR),
    "png-clear": (saved(CLEAR_PICTURE, "PNG"), over_black(CLEAR)),
    "png-grey-clear": (
        png(np.dstack([GREY, ALPHA]), 4, bits=8),
        over_black(np.dstack([COLOUR * 0 + GREY[..., None], ALPHA])),
    ),
    "png-grey-16": (png(GREY16, 0), GREY),
    "png-colour-16": (png(COLOUR16, 2), COLOUR),
    "png-clear-16": (png(CLEAR.astype(np.uint16) * 257, 6), over_black(CLEAR)),
    "png-grey-16-one-level-clear": (
        png(GREY16, 0, extra=chunk(b"tRNS", struct.pack(">H", 100 * 257))),
        np.where(GREY == 100, 0, GREY).astype(np.uint8),
    ),
    "png-one-level-clear": (
        saved(GREY_PICTURE, "PNG", transparency=100),
        np.where(GREY == 100, 0, GREY).astype(np.uint8),
    ),
    "png-gamma-is-left-alone": (png(GREY, 0, bits=8, extra=chunk(b"gAMA", struct.pack(">I", 45455))), GREY),
    "png-palette-of-2-bits": (saved(FOUR_LEVELS, "PNG", bits=2), np.asarray(FOUR_LEVELS.convert("RGB"))),
    "png-black-and-white": (
        saved(GREY_PICTURE.convert("1"), "PNG"),
        np.asarray(GREY_PICTURE.convert("1").convert("L")),
    ),
    "bmp": (saved(PICTURE, "BMP"), COLOUR),
    "bmp-palette": (saved(FOUR_LEVELS, "BMP"), np.asarray(FOUR_LEVELS.convert("RGB"))),
    "webp": (saved(PICTURE, "WEBP", lossless=True), COLOUR),
    "webp-clear": (saved(CLEAR_PICTURE, "WEBP", lossless=True, exact=True), over_black(CLEAR)),
    "tiff-tiles": (tiff(COLOUR, photometric="rgb", tile=(16, 32)), COLOUR),
    "tiff-tiles-packed": (tiff(GREY, tile=(32, 16), compression="deflate"), GREY),
    "tiff-predictor": (tiff(COLOUR, photometric="rgb", compression="lzw", predictor=2), COLOUR),
    "tiff-predictor-16": (tiff(GREY16, photometric="minisblack", compression="deflate", predictor=2), GREY),
    "tiff-16": (tiff(GREY16, photometric="minisblack"), GREY),
    "tiff-16-big-endian": (tiff(GREY16, photometric="minisblack", byteorder=">", compression="lzw"), GREY),
    "tiff-16-white-is-zero": (tiff(GREY16, photometric="miniswhite"), 255 - GREY),
    "tiff-white-is-zero": (tiff(GREY, photometric="miniswhite", compression="lzw"), 255 - GREY),
    "tiff-colour-16": (tiff(COLOUR16, photometric="rgb", byteorder=">"), COLOUR),
    "tiff-planes": (tiff(apart(COLOUR), photometric="rgb", planarconfig="separate"), COLOUR),
    "tiff-planes-packed": (tiff(apart(COLOUR), photometric="rgb", planarconfig="separate", compression="lzw"), COLOUR),
    "tiff-big": (tiff(COLOUR, photometric="rgb", bigtiff=True), COLOUR),
    "tiff-palette": (
        tiff(GREY, photometric="palette", colormap=np.tile(np.arange(256, dtype=np.uint16) * 257, (3, 1))),
        GREY,
    ),
    "tiff-clear": (tiff(CLEAR, photometric="rgb", extrasamples=["unassalpha"]), over_black(CLEAR)),
    "tiff-clear-multiplied": (
        tiff(np.dstack([over_black(CLEAR), ALPHA]), photometric="rgb", extrasamples=["assocalpha"]),
        over_black(CLEAR),
    ),
    "tiff-unnamed-fourth": (tiff(CLEAR, photometric="rgb", extrasamples=["unspecified"]), COLOUR),
    "tiff-fax": (
        saved(GREY_PICTURE.convert("1"), "TIFF", compression="group4"),
        np.asarray(GREY_PICTURE.convert("1").convert("L")),
    ),
    "tiff-cmyk": (tiff(255 - np.dstack([COLOUR, GREY * 0 + 255]), photometric="separated"), COLOUR),
}
# Samples of fewer bits than a whole byte, imagecodecs packs since 2026.3.
if imagecodecs.__version__ >= "2026.3":
    EXACT["tiff-12"] = (tiff(GREY.astype(np.uint16) << 4, bitspersample=12, photometric="minisblack"), GREY)
    EXACT["tiff-4"] = (tiff(GREY >> 4, bitspersample=4, photometric="minisblack"), (GREY >> 4) * 17)


@pytest.mark.parametrize("name", EXACT)
def test_what_was_stored_without_loss_comes_back(name, read):
    hold_against(read, *EXACT[name])


@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits", "jpeg", "zstd", "lzma"])
@pytest.mark.parametrize("tile", [None, (32, 32)])
@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_every_packing_of_a_tiff_is_read_as_tifffile_reads_it(compression, tile, pixels, read):
    if compression == "zstd" and int(PIL.__version__.partition(".")[0]) < 11:
        pytest.skip("the libtiff in this Pillow cannot unpack it")
    data = tiff(pixels, compression=compression, tile=tile, photometric="rgb" if pixels.ndim == 3 else "minisblack")
    hold_against(read, data, tifffile.imread(io.BytesIO(data)))


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2), (4, 1)])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_a_tiff_of_jpeg_with_fewer_colours_than_pixels_is_not_black(subsampling, tile, read):
    data = tiff(COLOUR, photometric="ycbcr", compression="jpeg", subsampling=subsampling, tile=tile)
    hold_against(read, data, by_pillow(data))


JPEG = {
    "grey": (GREY_PICTURE, {}),
    "444": (PICTURE, {"subsampling": 0}),
    "422": (PICTURE, {"subsampling": 1}),
    "420": (PICTURE, {"subsampling": 2}),
    "progressive": (PICTURE, {"progressive": True}),
    "restarts": (PICTURE, {"restart_marker_rows": 1}),
    "cmyk": (PICTURE.convert("CMYK"), {}),
    "rgb": (PICTURE, {"keep_rgb": True}),
}


@pytest.mark.parametrize("name", JPEG)
def test_every_form_of_jpeg_is_read_as_libjpeg_reads_it(name, read):
    if name == "rgb" and (not features.check_feature("libjpeg_turbo") or PIL.__version__ < "10.2"):
        pytest.skip("this Pillow cannot write it")
    picture, options = JPEG[name]
    data = saved(picture, "JPEG", quality=95, **options)
    hold_against(read, data, by_pillow(data), 1.5)


def jpeg(**options: object) -> bytes:
    return saved(PICTURE, "JPEG", quality=97, subsampling=0, **options)


BEHIND = {
    "padding": bytes(100),
    "rubbish": b"rubbish \xff\xd9",
    "gain-map": saved(PICTURE.resize((32, 24)), "JPEG"),
    "film": b"\0\0\0\x18ftypmp42" + bytes(2000) + b"\xff\xd9",
}


@pytest.mark.parametrize("name", BEHIND)
def test_a_photograph_with_something_behind_it_is_one_picture(name, read):
    hold_against(read, jpeg() + BEHIND[name], by_pillow(jpeg()))


def test_of_a_photograph_with_an_index_of_pictures_the_first_is_taken(read):
    data = saved(PICTURE, "MPO", save_all=True, append_images=[ImageOps.mirror(PICTURE)], quality=97)
    hold_against(read, data, by_pillow(data))


def oriented(form: str, orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    options: dict[str, object] = {"exif": block.tobytes()}
    if form == "TIFF":
        options = {"tiffinfo": {0x0112: orientation}, "compression": "tiff_lzw"}
    if form == "MPO":
        options |= {"save_all": True, "append_images": [PICTURE]}
    if form == "WEBP":
        options |= {"lossless": True}
    if form == "CMYK":
        return saved(PICTURE.convert("CMYK"), "JPEG", quality=97, **options)
    return saved(PICTURE, form, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "CMYK", "MPO", "PNG", "WEBP", "TIFF"])
def test_each_orientation_is_applied_once(form, orientation, read):
    data = oriented(form, orientation)
    hold_against(read, data, by_pillow(data), 2.0)


def test_avif_is_read_where_pillow_can_and_else_refused_with_a_way_out(tmp_path, read, monkeypatch):
    path = tmp_path / "picture.avif"
    if "avif" in features.modules and features.check("avif"):
        path.write_bytes(oriented("AVIF", 6))
        hold_against(read, path.read_bytes(), by_pillow(path.read_bytes()), 2.0)
    else:
        path.write_bytes(b"\0\0\0\x1cftypavif" + bytes(300))
    monkeypatch.setattr(still.features, "check", lambda name: False)
    with pytest.raises(DecodeError, match=r"cannot read AVIF; python -m pip install --upgrade 'pillow>=11.3'"):
        media_facts(path)


def stack_in_one_directory() -> bytes:
    """Return what programs write for stacks above 4 GB: one directory, and a description of more."""
    data = tiff(GREY, description="ImageJ=1.54f\nimages=12\nframes=12\nfinterval=0.05\n")
    return data + GREY.tobytes() * 11


def series_in_one_directory() -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, np.stack([GREY] * 6), photometric="minisblack", truncate=True)
    return out.getvalue()


def ome_in_many_files() -> bytes:
    sizes = f'SizeX="{WIDTH}" SizeY="{HEIGHT}" SizeZ="1" SizeC="1" SizeT="6"'
    return tiff(GREY, description=f'<?xml version="1.0"?><OME><Image><Pixels {sizes}/></Image></OME>')


def pages(*pictures: np.ndarray, **options: object) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for index, picture in enumerate(pictures):
            here = {name: values[index] for name, values in options.items()}
            writer.write(picture, metadata=None, photometric="minisblack", **here)
    return out.getvalue()


SMALL = np.ascontiguousarray(GREY[::2, ::2])
SEVERAL = {
    "pages": (pages(GREY, GREY[::-1]), "2 pages"),
    "thumbnail-first": (pages(SMALL, GREY), "2 pages"),
    "imagej": (stack_in_one_directory(), "12 images, as ImageJ says"),
    "ome": (ome_in_many_files(), "6 planes, as its OME-XML says"),
    "tifffile": (series_in_one_directory(), "an array of 6 x 48 x 64"),
    "tifffile-of-2024": (
        tiff(GREY, description='{"truncated": true, "shape": [6, 48, 64]}', software="tifffile.py"),
        "an array of 6 x 48 x 64",
    ),
    "metamorph": (tiff(GREY, extratags=[(33629, 4, 6, (6,) * 6, True)]), "a MetaMorph stack"),
    "volume": (tiff(np.stack([GREY] * 16), volumetric=True, tile=(16, 16, 16)), "a volume"),
    "film-of-jpegs": (jpeg() * 3, "a second JPEG of the same size"),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_a_file_of_several_pictures_is_refused_with_what_to_do(name, tmp_path):
    data, found = SEVERAL[name]
    path = tmp_path / "stack"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match="the file holds several pictures; expected one; found") as caught:
        media_facts(path)
    assert found in str(caught.value)
    assert str(path) in str(caught.value)
    assert "save the one that is meant as PNG" in str(caught.value)


@pytest.mark.parametrize("order", [("full", "small"), ("small", "full")], ids=["after", "before"])
def test_reduced_copies_beside_a_picture_do_not_count(order, read):
    pictures = {"full": (GREY, 0), "small": (SMALL, 1)}
    data = pages(*[pictures[name][0] for name in order], subfiletype=[pictures[name][1] for name in order])
    hold_against(read, data, GREY)


def test_an_imagej_and_an_ome_picture_of_one_plane_are_read(read):
    hold_against(read, tiff(GREY, imagej=True, metadata={"axes": "YX"}), GREY)
    hold_against(read, tiff(GREY, ome=True, metadata={"axes": "YX"}), GREY)
    hold_against(read, tiff(COLOUR, ome=True, metadata={"axes": "YXS"}, photometric="rgb"), COLOUR)
    hold_against(read, tiff(COLOUR, metadata={}, photometric="rgb"), COLOUR)


UNSTATED = "values of which nobody says which are black and white"
REFUSED = {
    "float": (tiff(GREY.astype(np.float32)), UNSTATED),
    "signed": (tiff(GREY.astype(np.int16)), UNSTATED),
    "signed-8": (tiff((GREY // 2).astype(np.int8)), UNSTATED),
    "32-bits": (tiff(GREY.astype(np.uint32)), UNSTATED),
    "12-of-16-bits": (tiff(GREY.astype(np.uint16) << 3), f"{UNSTATED}.*expected 0 to 65,535; found .* to 1,"),
    "png-8-of-16-bits": (png(GREY.astype(np.uint16), 0), UNSTATED),
    "colours-apart-of-16-bits": (tiff(apart(COLOUR16), photometric="rgb", planarconfig="separate"), "colours apart"),
    "low-colours-of-16-bits": (
        tiff(COLOUR.astype(np.uint16), photometric="rgb"),
        "comes out blank, but its file is not",
    ),
    "palette-of-low-values": (
        tiff(GREY, photometric="palette", colormap=np.tile(np.arange(256, dtype=np.uint16), (3, 1))),
        "comes out blank, but its file is not",
    ),
    "transparent": (saved(Image.fromarray(np.dstack([COLOUR, ALPHA * 0])), "PNG"), "the whole picture is transparent"),
    "jpeg-2000-inside": (tiff(GREY, compression="jpeg2000"), "a form of TIFF that Pillow does not know"),
    "only-reduced": (pages(GREY, subfiletype=[1]), "no picture in its full size"),
    "big-and-big-endian": (tiff(GREY, bigtiff=True, byteorder=">"), "4d 4d 00 2b"),
    "animated-webp": (saved(PICTURE, "WEBP", save_all=True, append_images=[GREY_PICTURE]), "animated WebP"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_right_is_refused_in_one_line(name, tmp_path, capfd):
    data, message = REFUSED[name]
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=message) as caught:
        media_facts(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


WHOLE = {
    "png": saved(PICTURE, "PNG"),
    "jpeg": jpeg(),
    "bmp": saved(PICTURE, "BMP"),
    "webp": saved(PICTURE, "WEBP"),
    "tiff": tiff(COLOUR, photometric="rgb"),
    "tiff-lzw": saved(PICTURE, "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": tiff(COLOUR, photometric="ycbcr", compression="jpeg", subsampling=(2, 2)),
}


@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_that_ends_early_is_refused(name, share, tmp_path, capfd):
    path = tmp_path / "picture"
    path.write_bytes(WHOLE[name][: int(len(WHOLE[name]) * share)])
    with pytest.raises(DecodeError, match="picture"):
        media_facts(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_jpeg_that_is_cut_and_closed_again_is_refused(share, tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg()[: int(len(jpeg()) * share)] + b"\xff\xd9")
    with pytest.raises(DecodeError, match=r"cannot be decoded|two decoders see different pictures"):
        media_facts(path)


def test_two_decoders_that_disagree_about_a_jpeg_are_an_error(tmp_path, monkeypatch):
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg())
    monkeypatch.setattr(still, "grey_pixels", lambda frame, box, turn: GREY * 0)
    with pytest.raises(DecodeError, match="two decoders see different pictures"):
        media_facts(path)


def test_a_black_picture_that_another_decoder_sees_is_an_error_and_a_black_file_is_none(tmp_path, read, monkeypatch):
    black = saved(Image.fromarray(COLOUR * 0), "PNG")
    hold_against(read, black, COLOUR * 0)
    path = tmp_path / "picture.png"
    path.write_bytes(saved(PICTURE, "PNG"))
    monkeypatch.setattr(still.np, "asarray", lambda picture: COLOUR * 0)
    with pytest.raises(DecodeError, match="comes out blank, but its file is not"):
        media_facts(path)


def test_pillows_own_limit_and_warnings_stay_out_of_sight(tmp_path, monkeypatch, recwarn):
    path = tmp_path / "picture.png"
    path.write_bytes(saved(PICTURE, "PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", HEIGHT * WIDTH - 1)
    assert media_facts(path).width_px == WIDTH
    assert not recwarn.list
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DecodeError, match=r"too large for a recording.*found 3,072 px in all"):
        media_facts(path)


def test_an_animated_png_and_a_gif_take_the_way_of_films(tmp_path):
    for form, suffix in (("PNG", ".png"), ("GIF", ".gif")):
        path = tmp_path / f"film{suffix}"
        PICTURE.save(path, form, save_all=True, append_images=[ImageOps.flip(PICTURE)], duration=100)
        facts = media_facts(path)
        assert facts.frame_count == 2
        assert not facts.is_still


def random_damage(data: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(data[: int(rng.integers(len(data) // 2, len(data) + 1))])
    for place in rng.integers(0, len(damaged), 4):
        damaged[place] = int(rng.integers(256))
    return bytes(damaged)


@pytest.mark.parametrize("name", WHOLE)
def test_damage_is_read_or_refused_and_nothing_else(name, tmp_path, capfd):
    rng = np.random.default_rng(11)
    path = tmp_path / "picture"
    for _ in range(25):
        path.write_bytes(random_damage(WHOLE[name], rng))
        try:
            facts = media_facts(path)
        except DecodeError:
            continue
        assert facts.frame_count == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
def test_the_stills_of_the_field_are_read_right_or_refused(cases_dir, tmp_path):
    def run(script: str, *arguments: str) -> str:
        command = [sys.executable, "-B", str(cases_dir / script), *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(cases_dir / "field")])}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    run("field/cases_still.py", str(tmp_path))
    verdicts = [line.split()[0] for line in run("judges/compare_still.py", str(tmp_path)).splitlines()]
    assert len(verdicts) == 9
    assert set(verdicts) == {"ok", "ok-refused"}


@pytest.mark.real
def test_the_stills_of_the_corpus_are_read_alike_by_pillow(corpus_dir):
    paths = [path for path in corpus_dir.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    assert len(paths) == 32
    for path in paths:
        facts = media_facts(path)
        side = max(facts.width_px, facts.height_px)
        crop = Crop(0, 0, facts.width_px, facts.height_px)
        image = read_frames(path, kind="image", crop=crop, size_px=side).images[0]
        top, left = (side - facts.height_px) // 2, (side - facts.width_px) // 2
        grey = image[top : top + facts.height_px, left : left + facts.width_px]
        luma = np.asarray(Image.fromarray(by_pillow(path.read_bytes())).convert("L"))
        assert np.abs(grey.astype(int) - luma).mean() < 1, path.name


def test_a_pillow_that_does_not_fit_is_not_charged_to_the_file(tmp_path, monkeypatch):
    def broken(*args, **options):
        raise TypeError("an unexpected keyword argument")

    (tmp_path / "a.webp").write_bytes(saved(PICTURE, "WEBP"))
    monkeypatch.setattr("lusdata.media.decode.pillow.Image.open", broken)
    with pytest.raises(TypeError, match="unexpected keyword"):
        media_facts(tmp_path / "a.webp")
