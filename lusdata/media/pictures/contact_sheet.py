"""One picture that shows many recordings: a frame of each, its class in words and colour, its patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.atomic import write_bytes
from lusdata.errors import UsageError

__all__ = ["CLASS_COLOURS", "Caption", "contact_sheet", "write_contact_sheet"]

Pictures = npt.NDArray[np.uint8]

# The palette of Okabe and Ito: told apart with any kind of colour vision. Red, green, blue.
CLASS_COLOURS: dict[str, tuple[int, int, int]] = {
    "healthy": (0, 158, 115),
    "covid-19": (230, 159, 0),
    "bacterial-pneumonia": (86, 180, 233),
    "viral-pneumonia": (204, 121, 167),
    "other": (240, 228, 66),
    "uninformative": (150, 150, 150),
}
"""Colour of each class, as red, green, blue."""

_PAPER, _INK, _FAINT = (17, 20, 24), (232, 234, 237), (150, 156, 164)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Grey levels in steps of this: the eye sees no difference, and a picture of speckle shrinks by half.
_GREY_STEP = 4


@dataclass(frozen=True)
class Caption:
    """What stands below one picture.

    Attributes
    ----------
    title : str
        First line, such as a recording's name.
    class_name : str
        Class; it chooses the colour. An empty place of the grid has none.
    detail : str
        Last line, such as the names of the patterns.
    """

    title: str
    class_name: str
    detail: str = ""


def contact_sheet(
    images: Sequence[Pictures],
    captions: Sequence[Caption],
    *,
    columns: int = 6,
    tile_px: int = 176,
    title: str = "",
) -> Pictures:
    """Lay pictures out in a grid on a dark ground, with captions and a key of the classes.

    Parameters
    ----------
    images : sequence of np.ndarray, shape (h, w) or (h, w, 3), uint8
        Grey or RGB pictures of any size; each is fitted into a square without changing its shape.
    captions : sequence of Caption
        One for each picture.
    columns : int
        Pictures in a row, at least 1.
    tile_px : int
        Side of a picture's square, at least 64.
    title : str
        Heading.

    Returns
    -------
    np.ndarray, shape (height, width, 3), uint8
        In the order blue, green, red, as OpenCV writes it.

    Raises
    ------
    UsageError
        If there is no picture, or not one caption for each.
    """
    if not images or len(images) != len(captions) or columns < 1 or tile_px < 64:
        raise UsageError(
            "a contact sheet needs pictures and as many captions",
            where="contact_sheet",
            expected="at least one picture, one caption each, columns from 1, tile_px from 64",
            found=f"{len(images)} pictures, {len(captions)} captions, columns={columns}, tile_px={tile_px}",
        )
    columns = min(columns, len(images))
    gap = max(8, tile_px // 14)
    line = max(13, tile_px // 11)
    cell_h = tile_px + 3 * line + gap
    head = 3 * line + gap
    rows = -(-len(images) // columns)
    width = gap + columns * (tile_px + gap)
    sheet = np.full((head + rows * (cell_h + gap), width, 3), _bgr(_PAPER), np.uint8)

    scale = line / 34
    _write(sheet, title, (gap, round(1.5 * line)), scale * 1.25, _INK, width - 2 * gap)
    _key(sheet, {caption.class_name for caption in captions} - {""}, gap, round(2.75 * line), scale, line)
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        if not caption.class_name:
            continue
        row, column = divmod(index, columns)
        left, top = gap + column * (tile_px + gap), head + row * (cell_h + gap)
        sheet[top : top + tile_px, left : left + tile_px] = _fit(image, tile_px)
        colour = _colour(caption.class_name)
        under = top + tile_px
        sheet[under : under + 3, left : left + tile_px] = _bgr(colour)
        _write(sheet, caption.class_name, (left, under + round(1.05 * line)), scale, colour, tile_px)
        _write(sheet, caption.detail, (left, under + round(2.0 * line)), scale * 0.92, _INK, tile_px)
        _write(sheet, caption.title, (left, under + round(2.95 * line)), scale * 0.88, _FAINT, tile_px)
    return sheet


def write_contact_sheet(path: Path, sheet: Pictures) -> None:
    """Write a contact sheet as PNG, whole or not at all.

    Parameters
    ----------
    path : Path
        A file whose folder exists.
    sheet : np.ndarray, shape (height, width, 3), uint8
        What `contact_sheet` returned.
    """
    _done, data = cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    write_bytes(path, data.tobytes())


def _fit(image: Pictures, side_px: int) -> Pictures:
    height, width = image.shape[:2]
    factor = side_px / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    colour = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR) if small.ndim == 2 else small[..., ::-1]
    tile = np.zeros((side_px, side_px, 3), np.uint8)
    top, left = (side_px - size[1]) // 2, (side_px - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = colour // _GREY_STEP * _GREY_STEP
    return tile


def _key(sheet: Pictures, shown: set[str], left: int, baseline: int, scale: float, line: int) -> None:
    known = [name for name in CLASS_COLOURS if name in shown]
    for name in [*known, *sorted(shown - set(known))]:
        square = round(0.62 * line)
        cv2.rectangle(sheet, (left, baseline - square), (left + square, baseline), _bgr(_colour(name)), -1)
        left += square + line // 3
        left += _write(sheet, name, (left, baseline), scale, _INK, sheet.shape[1] - left) + line


def _write(
    sheet: Pictures, text: str, place: tuple[int, int], scale: float, colour: tuple[int, int, int], room_px: int
) -> int:
    """Write one line, cut with an ellipsis where there is no room; return its width in pixels."""
    shown = text
    while shown and _width(shown, scale) > room_px:
        shown = shown.removesuffix("...")[:-1].rstrip() + "..." if len(shown) > 4 else ""
    cv2.putText(sheet, shown, place, _FONT, scale, _bgr(colour), 1, cv2.LINE_AA)
    return _width(shown, scale)


def _width(text: str, scale: float) -> int:
    return int(cv2.getTextSize(text, _FONT, scale, 1)[0][0])


def _colour(class_name: str) -> tuple[int, int, int]:
    return CLASS_COLOURS.get(class_name, _FAINT)


def _bgr(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return colour[::-1]
