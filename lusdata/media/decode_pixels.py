"""From a decoder's frame to grey or RGB values of a window of it, 0 (black) to 255 (white).

Grey is the luma plane itself wherever there is one: B-mode is grey, and luma needs no colour conversion. Pictures
without luma (GIF, PNG) become grey by the BT.601 weights that luma has; what is transparent lies over black. Pixels
are taken as stored: sample aspect ratios are not applied, since published crops count stored pixels, and interlaced
frames stay woven.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from lusdata.media.crop import Box
from lusdata.media.decode_turn import Turn

__all__ = ["grey_pixels", "rgb_pixels"]

Pixels = NDArray[np.uint8]

_BLACK, _WHITE = 16, 235
"""Limits of 8-bit luma in limited range."""
_LIMITED_RANGE, _FULL_RANGE = 1, 2
"""As FFmpeg counts colour ranges; 0 is unspecified."""


def grey_pixels(frame: VideoFrame, box: Box, turn: Turn) -> Pixels:
    """Return a window of a frame as grey values.

    Parameters
    ----------
    frame : av.VideoFrame
        In any pixel format.
    box : Box
        A window inside the frame as displayed.
    turn : Turn
        How the stored picture becomes the displayed one.

    Returns
    -------
    np.ndarray, shape (box.height_px, box.width_px), uint8
        0 is black and 255 white, whatever range the file uses. May be a view into the frame.
    """
    name = frame.format.name
    depth_bits = _luma_depth_bits(name)
    if depth_bits is None:
        rgba = _window(_rgba(frame), box, turn)
        return cast("Pixels", cv2.cvtColor(_over_black(rgba), cv2.COLOR_RGB2GRAY))
    luma = _window(_first_plane(frame, "<u1" if depth_bits == 8 else "<u2"), box, turn)
    full_range = name.startswith("yuvj") or frame.color_range == _FULL_RANGE
    # Grey pictures use the whole range unless they say otherwise.
    full_range |= name.startswith("gray") and frame.color_range != _LIMITED_RANGE
    if depth_bits > 8:
        return _to_8_bits(luma, depth_bits, full_range)
    return luma if full_range else _expand(luma)


def rgb_pixels(frame: VideoFrame, box: Box, turn: Turn) -> Pixels:
    """Return a window of a frame as RGB values.

    Parameters
    ----------
    frame, box, turn
        As for `grey_pixels`.

    Returns
    -------
    np.ndarray, shape (box.height_px, box.width_px, 3), uint8
        Red, green, blue, each 0 to 255.
    """
    return _over_black(_window(_rgba(frame), box, turn))


def _luma_depth_bits(pixel_format: str) -> int | None:
    """Return the depth of the plane of luma or grey, or None if the format has no such plane of its own."""
    if pixel_format in ("gray", "nv12", "nv21"):
        return 8
    if pixel_format.startswith(("yuv4", "yuvj4")) and pixel_format.endswith("p"):
        return 8
    if pixel_format.startswith(("yuv4", "gray")) and pixel_format.endswith("le"):
        digits = pixel_format[:-2].rpartition("p" if pixel_format.startswith("yuv") else "y")[2]
        return int(digits) if digits.isdigit() else None
    return None


def _first_plane(frame: VideoFrame, dtype: str) -> NDArray[Any]:
    plane = frame.planes[0]
    values = np.frombuffer(memoryview(plane), dtype=dtype)
    # Rows are padded to what suits the processor.
    return values.reshape(-1, plane.line_size // values.itemsize)[: frame.height, : frame.width]


def _rgba(frame: VideoFrame) -> Pixels:
    return cast("Pixels", frame.to_ndarray(format="rgba"))


def _over_black(rgba: Pixels) -> Pixels:
    colours, alpha = rgba[:, :, :3], rgba[:, :, 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(colours)
    blended: NDArray[np.uint16] = (colours.astype(np.uint16) * alpha + 127) // 255
    return blended.astype(np.uint8)


def _window(pixels: NDArray[Any], box: Box, turn: Turn) -> NDArray[Any]:
    if turn.transpose:
        pixels = pixels.swapaxes(0, 1)
    pixels = pixels[:: -1 if turn.mirror_rows else 1, :: -1 if turn.mirror_columns else 1]
    pixels = pixels[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    # OpenCV takes rows with gaps between them, but not rows read backwards.
    return np.ascontiguousarray(pixels) if any(turn) else pixels


def _expand(luma: Pixels) -> Pixels:
    """Stretch limited range to 0 to 255, rounded and clipped; this is OpenCV's quickest form of it."""
    scale = 255 / (_WHITE - _BLACK)
    return cast("Pixels", cv2.addWeighted(luma, scale, luma, 0.0, -_BLACK * scale))


def _to_8_bits(luma: NDArray[np.uint16], depth_bits: int, full_range: bool) -> Pixels:
    black, white = (0, (1 << depth_bits) - 1) if full_range else (_BLACK << depth_bits - 8, _WHITE << depth_bits - 8)
    scaled = (luma.astype(np.float32) - black) * np.float32(255 / (white - black))
    return cast("Pixels", np.clip(np.rint(scaled), 0, 255).astype(np.uint8))
