"""From the file of a still picture to its one frame.

Pillow reads all forms. Plain JPEG alone is decoded by FFmpeg, which hands on the luma plane as it is stored; libjpeg
must then find the same. What comes out blank is held against a second decoder: a picture that is black only because
a decoder did not understand it must not get into a dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import av.error
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, features

from lusdata.errors import DecodeError
from lusdata.media.crop import Box
from lusdata.media.decode.open_file import DAMAGED_HINT, check_size, open_video
from lusdata.media.decode.orientation import Turn, exif_turn, turned
from lusdata.media.decode.pillow import loaded, open_picture, pillow_faults
from lusdata.media.decode.pixels import grey_pixels
from lusdata.media.decode.segments import BEHIND, Segment, jpeg_segments, png_chunks
from lusdata.media.decode.tiff import several_pictures, tiff_picture
from lusdata.media.diagnose import identify

__all__ = ["Still", "read_still"]


class _Form(NamedTuple):
    pillow: str
    container: str
    codec: str


_FORMS = {
    "JPEG image": _Form("JPEG", "jpeg", "mjpeg"),
    "PNG image": _Form("PNG", "png", "png"),
    "TIFF image": _Form("TIFF", "tiff", "tiff"),
    "WebP image": _Form("WEBP", "webp", "webp"),
    "BMP image": _Form("BMP", "bmp", "bmp"),
    "AVIF picture": _Form("AVIF", "avif", "av1"),
}
_HEAD_BYTES = 16_384
_CODED_BY_BOTH = frozenset({"C0", "C1", "C2"})
"""JPEG of which FFmpeg and libjpeg both read every form: baseline, extended and progressive, by Huffman."""
_SIZES_OF_JPEG = frozenset(f"C{digit:X}" for digit in range(16) if digit not in (4, 8, 12))
_FURTHEST_APART = 1.0
"""On average, in grey levels; two right decoders differ by 0.03, since they round differently."""
_DARKEST_WHITE = 1 / 16
"""Of the range of a picture with more than 8 bits: below, its values most likely use fewer bits than it says."""
_BLANK_HINT = "open it in another program and save it as PNG"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Still:
    """A still picture.

    Attributes
    ----------
    container, codec : str
        As manifests name them, such as ``png`` and ``png``.
    frame : av.VideoFrame
        A JPEG's is as stored, and `orientation` says how it is to be turned; all others are upright.
    """

    container: str
    codec: str
    frame: VideoFrame


def read_still(path: Path) -> Still | None:
    """Decode a still picture.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Still or None
        None if the file is no still picture by its first bytes: a film, a GIF, an animated PNG, or no picture at all.

    Raises
    ------
    DecodeError
        If the picture is damaged, too large, one of several, of a form that cannot be read right, or comes out blank
        where another decoder sees something.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        form = _FORMS.get(identify(file.read(_HEAD_BYTES)).name)
    if form is None or (form.pillow == "PNG" and _is_animated(path)):
        return None
    frame = _read_jpeg(path) if form.pillow == "JPEG" else _read(path, form)
    return Still(form.container, form.codec, frame)


def _is_animated(path: Path) -> bool:
    return any(chunk.kind == "acTL" for chunk in png_chunks(path.read_bytes()))


def _read_jpeg(path: Path) -> VideoFrame:
    segments = list(jpeg_segments(path.read_bytes()))
    with open_picture(path, "JPEG") as image:
        behind = next((segment.body for segment in segments if segment.kind == BEHIND), b"")
        # Second pictures of phones are smaller, or the file's own index tells of them.
        if getattr(image, "n_frames", 1) == 1 and _size_of(list(jpeg_segments(behind))) == _size_of(segments):
            raise several_pictures(path, "a second JPEG of the same size behind the first")
        coding = next((segment.kind for segment in segments if segment.kind in _SIZES_OF_JPEG), "")
        if coding not in _CODED_BY_BOTH or image.mode not in ("L", "RGB") or _holds_rgb(image):
            loaded(path, image)
            return VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
        image.draft("L", image.size)
        loaded(path, image)
        expected = np.asarray(image.convert("L"))
    # Without "explode", FFmpeg fills what is missing with grey, and says nothing.
    frame = _first_by_ffmpeg(path, err_detect="explode")
    luma = grey_pixels(frame, Box(0, 0, frame.width, frame.height), Turn())
    if luma.shape != expected.shape or float(cv2.absdiff(luma, expected).mean()) > _FURTHEST_APART:
        raise DecodeError("two decoders see different pictures in the file", where=str(path), hint=DAMAGED_HINT)
    return frame


def _size_of(segments: list[Segment]) -> bytes | None:
    """Return height and width of a JPEG picture as they stand in it."""
    return next((segment.body[1:5] for segment in segments if segment.kind in _SIZES_OF_JPEG), None)


def _holds_rgb(image: Image.Image) -> bool:
    """Tell whether a JPEG holds red, green and blue in place of luma and colour differences, as libjpeg decides."""
    if image.mode != "RGB" or "jfif" in image.info:
        return False
    if "adobe_transform" in image.info:
        return bool(image.info["adobe_transform"] == 0)
    return [layer[0] for layer in getattr(image, "layer", ())] == [ord(letter) for letter in "RGB"]


def _first_by_ffmpeg(path: Path, **options: str) -> VideoFrame:
    with open_video(path) as (container, stream):
        stream.codec_context.options = options
        try:
            return next(container.decode(stream))
        except (StopIteration, av.error.FFmpegError) as error:
            found = getattr(error, "strerror", None) or "no frame"
            raise DecodeError(
                "the picture cannot be decoded", where=str(path), found=found, hint=DAMAGED_HINT
            ) from error


def _read(path: Path, form: _Form) -> VideoFrame:
    # Before 11.3, Pillow does not even know the name.
    if form.pillow == "AVIF" and not ("avif" in features.modules and features.check("avif")):
        raise DecodeError(
            "this installation of Pillow cannot read AVIF",
            where=str(path),
            hint="python -m pip install --upgrade 'pillow>=11.3', or save the picture as PNG",
        )
    tiff = tiff_picture(path) if form.pillow == "TIFF" else None
    with open_picture(path, form.pillow) as image:
        if tiff is not None:
            with pillow_faults(path, "the picture cannot be decoded"):
                image.seek(tiff.page)
            check_size(path, *image.size)
        elif (count := getattr(image, "n_frames", 1)) > 1:
            raise several_pictures(path, f"{count} frames")
        loaded(path, image)
        if image.mode.startswith("I"):
            bits, white_is_zero = (tiff.bits, tiff.white_is_zero) if tiff else (16, False)
            name, pixels = "gray", _to_8_bits(path, image, bits, white_is_zero=white_is_zero)
        else:
            with pillow_faults(path, "not a picture that can be read"):
                name, mode = _target(image)
                pixels = np.asarray(image.convert(mode))
        stored = np.asarray(image)
        turn = exif_turn(image)
    if _is_blank(pixels) and not (_is_blank(stored) and _is_blank_by_ffmpeg(path)):
        raise DecodeError("the picture comes out blank, but its file is not", where=str(path), hint=_BLANK_HINT)
    if name == "rgba" and not pixels[:, :, 3].any():
        raise DecodeError("the whole picture is transparent", where=str(path), hint="save it without transparency")
    return VideoFrame.from_ndarray(np.ascontiguousarray(turned(pixels, turn)), format=name)


def _target(image: Image.Image) -> tuple[str, str]:
    """Return what a picture becomes, as FFmpeg and as Pillow call it."""
    if image.has_transparency_data:
        return "rgba", "RGBA"
    return ("gray", "L") if image.mode in ("1", "L") else ("rgb24", "RGB")


def _to_8_bits(path: Path, image: Image.Image, bits: int, *, white_is_zero: bool) -> Pixels:
    values = np.asarray(image)
    white = (1 << bits) - 1
    darkest, brightest = int(values.min()), int(values.max())
    if white_is_zero:
        values, darkest, brightest = white - values, white - brightest, white - darkest
    if darkest < 0 or brightest > white or (darkest < brightest < white * _DARKEST_WHITE):
        raise DecodeError(
            "values of which nobody says which are black and white",
            where=str(path),
            expected=f"0 to {white:,}",
            found=f"{darkest:,} to {brightest:,}",
            hint="save it so that its values fill the range, or with 8 bits",
        )
    grey: Pixels = np.rint(values * np.float32(255 / white)).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[values == clear] = 0
    return grey


def _is_blank(pixels: NDArray[Any]) -> bool:
    return bool((pixels == pixels[0, 0]).all())


def _is_blank_by_ffmpeg(path: Path) -> bool:
    """Tell whether FFmpeg sees nothing in the file either, or cannot read it."""
    try:
        frame = _first_by_ffmpeg(path)
    except DecodeError:
        return True
    return _is_blank(frame.to_ndarray(format="rgb48le"))
