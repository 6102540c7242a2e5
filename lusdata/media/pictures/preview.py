"""One picture for a contributor's eye: frames with the crop drawn, the text blacked, and what a dataset would hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.atomic import PRIVATE, write_bytes
from lusdata.media.crop import Box
from lusdata.media.pictures.contact_sheet import Caption, contact_sheet
from lusdata.media.png import encode_png
from lusdata.media.text.finder import TextRegion, blacked

__all__ = ["beside", "preview", "write_preview"]

Pictures = NDArray[np.uint8]

_COLUMNS = 4
_TILE_PX = 300
_CROP, _TEXT = (86, 230, 120), (255, 80, 80)


def preview(
    frames: Pictures,
    *,
    class_name: str,
    crop: Box,
    title: str,
    text: Sequence[TextRegion] = (),
    original: Pictures | None = None,
) -> Pictures:
    """Draw what the contribution is and what would be made of it.

    Parameters
    ----------
    frames : np.ndarray, shape (n, height, width, 3), uint8
        Frames of the file that would be added.
    class_name : str
        Class; it colours the captions.
    crop : Box
        The window.
    title : str
        Heading.
    text : sequence of TextRegion
        Where text was found.
    original : np.ndarray, shape (n, height, width, 3), uint8, optional
        The same frames before lusdata changed them, if it did.

    Returns
    -------
    np.ndarray, shape (height, width, 3), uint8
        In the order blue, green, red; a row for each step: as it came, with the crop drawn, with text blacked, cropped.
    """
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(_COLUMNS, len(frames))).round().astype(int))
    rows: list[tuple[str, list[Pictures]]] = []
    if original is not None:
        rows.append(("as it came: keep it private", [original[index] for index in chosen]))
    boxes = [*((region.box, _TEXT) for region in text), (crop, _CROP)]
    drawn = "before: crop green" + (", text red" if text else "")
    rows.append((drawn, [_with_boxes(frames[index], boxes) for index in chosen]))
    if text:
        rows.append(("with the text blacked", [blacked(frames[index], text) for index in chosen]))
    rows.append(("after: what a dataset holds", [_window(frames[index], crop) for index in chosen]))
    images = [image for _, pictures in rows for image in pictures]
    captions = [
        Caption(f"picture {number + 1} of {len(frames)}", class_name, step)
        for step, pictures in rows
        for number in chosen[: len(pictures)]
    ]
    return contact_sheet(images, captions, columns=len(chosen), tile_px=_TILE_PX, title=title)


def beside(first: Pictures, second: Pictures, *, titles: tuple[str, str], class_names: tuple[str, str]) -> Pictures:
    """Draw two recordings that look alike, one above the other.

    Parameters
    ----------
    first, second : np.ndarray, shape (n, height, width, 3), uint8
        Frames of both.
    titles, class_names : tuple of two str
        What stands above each, and their classes.

    Returns
    -------
    np.ndarray, shape (height, width, 3), uint8
        In the order blue, green, red.
    """
    sheets = []
    for frames, title, class_name in zip((first, second), titles, class_names, strict=True):
        chosen = np.linspace(0, len(frames) - 1, min(_COLUMNS, len(frames))).round().astype(int)
        images = [frames[index] for index in chosen]
        captions = [Caption(f"picture {index + 1} of {len(frames)}", class_name) for index in chosen]
        # A still stands below the first picture of a video; the places beside it stay empty.
        empty = _COLUMNS - len(chosen)
        images += images[:1] * empty
        captions += [Caption("", "")] * empty
        sheets.append(contact_sheet(images, captions, columns=_COLUMNS, tile_px=_TILE_PX, title=title))
    return np.concatenate(sheets)


def write_preview(path: Path, sheet: Pictures) -> None:
    """Write a sheet as PNG, whole or not at all, readable by its owner alone: it may show a name.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    sheet : np.ndarray, shape (height, width, 3), uint8
        What `preview` or `beside` returned.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The densest PNG would take three quarters of the time that adding a clip takes.
    write_bytes(path, encode_png(np.ascontiguousarray(sheet[..., ::-1])), mode=PRIVATE)


def _with_boxes(frame: Pictures, boxes: Sequence[tuple[Box, tuple[int, int, int]]]) -> Pictures:
    drawn = frame.copy()
    # The sheet shrinks large frames; a line must outlive that.
    thickness = max(1, round(2 * max(frame.shape[:2]) / _TILE_PX))
    for box, colour in boxes:
        corner = (box.left_px + box.width_px - 1, box.top_px + box.height_px - 1)
        cv2.rectangle(drawn, (box.left_px, box.top_px), corner, colour, thickness)
    return drawn


def _window(frame: Pictures, box: Box) -> Pictures:
    return frame[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
