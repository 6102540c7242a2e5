"""Which window of a frame a dataset keeps."""

from __future__ import annotations

from typing import NamedTuple

from lusdata.catalog.manifest import Crop
from lusdata.errors import DataError

__all__ = ["Box", "crop_box"]


class Box(NamedTuple):
    """A window of a frame as displayed, in pixels from the frame's upper left corner."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


def crop_box(width_px: int, height_px: int, crop: Crop | None = None) -> Box:
    """Return the window of a frame to keep: the stated one, else the largest centred square.

    Parameters
    ----------
    width_px, height_px : int
        Size of the frame as displayed.
    crop : Crop, optional
        The manifest's window. It need not be a square; `lusdata.media.frames` pads it with black, so that depth and
        width keep one scale.

    Returns
    -------
    Box
        A window that lies inside the frame.

    Raises
    ------
    DataError
        If the window was drawn on a frame of another size, or does not lie inside the frame.

    Examples
    --------
    >>> crop_box(640, 480)
    Box(left_px=80, top_px=0, width_px=480, height_px=480)
    """
    if crop is None:
        side_px = min(width_px, height_px)
        return Box((width_px - side_px) // 2, (height_px - side_px) // 2, side_px, side_px)
    drawn_on = (crop.source_width_px or width_px, crop.source_height_px or height_px)
    if drawn_on != (width_px, height_px):
        raise DataError(
            "the crop was drawn on a frame of another size",
            expected=f"{drawn_on[0]} x {drawn_on[1]} px",
            found=f"{width_px} x {height_px} px",
            hint="draw the crop again on this file",
        )
    box = Box(crop.left_px, crop.top_px, crop.width_px, crop.height_px)
    if (
        min(box.left_px, box.top_px) < 0
        or min(box.width_px, box.height_px) < 1
        or box.left_px + box.width_px > width_px
        or box.top_px + box.height_px > height_px
    ):
        raise DataError(
            "the crop does not lie inside the frame",
            expected=f"a window inside {width_px} x {height_px} px",
            found=f"columns {box.left_px} to {box.left_px + box.width_px}, rows {box.top_px} to "
            f"{box.top_px + box.height_px}",
        )
    return box
