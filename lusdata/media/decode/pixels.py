"""From a decoder's frame to grey or RGB values of a window of it, 0 (black) to 255 (white).

Grey is the luma plane itself wherever there is one: B-mode is grey, and luma needs no colour conversion. Pictures
without luma (GIF, PNG) become grey by the BT.601 weights that luma has; what is transparent lies over black. Pixels
are taken as stored: sample aspect ratios are not applied, since published crops count stored pixels, and interlaced
frames stay woven.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from lusdata.media.crop import Box
from lusdata.media.decode.orientation import Turn, turned

__all__ = ["grey_pixels", "rgb_pixels"]

Pixels = NDArray[np.uint8]

_BLACK, _WHITE = 16, 235
"""Limits of 8-bit luma in limited range."""
_LIMITED_RANGE, _FULL_RANGE = 1, 2
"""As FFmpeg counts colour ranges; 0 is unspecified."""
_LUMA_WEIGHTS_BT601 = (0.299, 0.114)
_LUMA_WEIGHTS = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Weights of red and blue by FFmpeg's numbers for BT.709 and BT.2020; everything else is BT.601."""


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
    if _holds_colours(frame):
        return cast("Pixels", cv2.cvtColor(_rgb_over_black(frame, box, turn), cv2.COLOR_RGB2GRAY))
    depth_bits = _luma_depth_bits(frame.format.name)
    if depth_bits is None:
        depth_bits, frame = 8, _in_planes(frame)
    luma = _window(_plane(frame, 0, "<u1" if depth_bits == 8 else "<u2"), box, turn)
    if depth_bits > 8:
        return _to_8_bits(luma, depth_bits, _full_range(frame))
    return luma if _full_range(frame) else _expand(luma)


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
    if _holds_colours(frame):
        return _rgb_over_black(frame, box, turn)
    if frame.format.name.startswith("gray"):
        return cast("Pixels", cv2.cvtColor(grey_pixels(frame, box, turn), cv2.COLOR_GRAY2RGB))
    frame = _in_planes(frame)
    # FFmpeg's own conversion rounds down, by up to two levels.
    channels = [_window(_plane(frame, index, "<u1"), box, turn) for index in range(3)]
    return cast("Pixels", cv2.transform(cv2.merge(channels), _rgb_matrix(_full_range(frame), int(frame.colorspace))))


@cache
def _rgb_matrix(full_range: bool, colour_space: int) -> NDArray[np.float32]:
    """Return the 3 x 4 matrix from stored luma, blue and red difference, and 1, to RGB from 0 to 255."""
    red, blue = _LUMA_WEIGHTS.get(colour_space, _LUMA_WEIGHTS_BT601)
    green = 1 - red - blue
    luma_scale, chroma_scale, black = (1.0, 1.0, 0) if full_range else (255 / (_WHITE - _BLACK), 255 / 224, _BLACK)
    to_rgb = np.array(
        [[1, 0, 2 - 2 * red], [1, -(2 - 2 * blue) * blue / green, -(2 - 2 * red) * red / green], [1, 2 - 2 * blue, 0]]
    )
    to_rgb *= (luma_scale, chroma_scale, chroma_scale)
    offset = -to_rgb @ (black, 128, 128)
    return np.column_stack([to_rgb, offset]).astype(np.float32)


def _holds_colours(frame: VideoFrame) -> bool:
    """Tell whether pixels are colours, mixed or from a palette, or can be transparent; else there is a luma plane."""
    name = frame.format.name
    return frame.format.is_rgb or frame.format.has_palette or name.startswith(("yuva", "ya", "mono"))


def _full_range(frame: VideoFrame) -> bool:
    name = frame.format.name
    if name.startswith("gray"):
        # Grey pictures use the whole range unless they say otherwise.
        return bool(frame.color_range != _LIMITED_RANGE)
    return name.startswith("yuvj") or bool(frame.color_range == _FULL_RANGE)


def _in_planes(frame: VideoFrame) -> VideoFrame:
    """Return planes of luma, blue and red difference of one size, 8 bits each, in the file's own range."""
    return frame.reformat(format="yuvj444p" if frame.format.name.startswith("yuvj") else "yuv444p")


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


def _plane(frame: VideoFrame, index: int, dtype: str) -> NDArray[Any]:
    plane = frame.planes[index]
    values = np.frombuffer(memoryview(plane), dtype=dtype)
    # Rows are padded to what suits the processor.
    return values.reshape(-1, plane.line_size // values.itemsize)[: frame.height, : frame.width]


def _rgb_over_black(frame: VideoFrame, box: Box, turn: Turn) -> Pixels:
    rgba = _window(frame.to_ndarray(format="rgba"), box, turn)
    colours, alpha = rgba[:, :, :3], rgba[:, :, 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(colours)
    blended: NDArray[np.uint16] = (colours.astype(np.uint16) * alpha + 127) // 255
    return blended.astype(np.uint8)


def _window(pixels: NDArray[Any], box: Box, turn: Turn) -> NDArray[Any]:
    pixels = turned(pixels, turn)
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
