"""Small moving pictures for a page: a recording's frames side by side in one file, so that a page can stop them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.errors import UsageError

__all__ = ["Strip", "StripPlan", "encode_strip", "plan_strips"]

Picture = npt.NDArray[np.uint8]

_LARGEST_PX = 16_383  # the format's own limit of a side


@dataclass(frozen=True)
class StripPlan:
    """How much of each recording a page shows.

    Attributes
    ----------
    side_px : int
        Side of one frame of a video.
    frames : int
        Most frames of a video.
    rate_hz : float
        Frames per second that are taken, and shown.
    quality : int
        Quality of the coding, 1 to 100.
    still_px : int
        Side of the frame where there is only one.
    """

    side_px: int
    frames: int
    rate_hz: float
    quality: int
    still_px: int


@dataclass(frozen=True)
class Strip:
    """A WebP file with square frames side by side, from left to right.

    Attributes
    ----------
    data : bytes
        The file.
    frames : int
        Number of frames.
    rate_hz : float
        Frames per second at which the recording moves as it did.
    """

    data: bytes
    frames: int
    rate_hz: float


def plan_strips(recordings: int) -> StripPlan:
    """Decide how large the pictures of a page are, so that the whole page stays small enough to open at once.

    Parameters
    ----------
    recordings : int
        How many recordings the page shows.

    Returns
    -------
    StripPlan
        The more recordings, the smaller and shorter.

    Examples
    --------
    >>> plan_strips(134).side_px, plan_strips(1000).side_px
    (288, 160)
    """
    if recordings <= 200:
        return StripPlan(side_px=288, frames=16, rate_hz=5.0, quality=55, still_px=480)
    if recordings <= 600:
        return StripPlan(side_px=208, frames=12, rate_hz=5.0, quality=50, still_px=320)
    return StripPlan(side_px=160, frames=10, rate_hz=4.0, quality=45, still_px=240)


def encode_strip(images: Sequence[Picture] | Picture, plan: StripPlan, *, rate_hz: float | None = None) -> Strip:
    """Put frames side by side into one file.

    Parameters
    ----------
    images : sequence of np.ndarray, shape (h, w) or (h, w, 3), uint8
        Grey or RGB frames in their order; at least one, all of one size. What is no square is padded with black. Only
        as many as the plan allows are taken, from the first on.
    plan : StripPlan
        Size and quality.
    rate_hz : float, optional
        Frames per second of `images`; the plan's by default.

    Returns
    -------
    Strip
        The file with its number of frames.

    Raises
    ------
    UsageError
        If there is no frame.
    """
    taken = [np.asarray(image) for image in images[: plan.frames]]
    if not taken:
        raise UsageError("a strip needs at least one frame", where="encode_strip")
    side_px = plan.still_px if len(taken) == 1 else plan.side_px
    side_px = min(side_px, _LARGEST_PX // len(taken))
    strip = np.concatenate([_square(image, side_px) for image in taken], axis=1)
    if strip.ndim == 3:
        strip = np.ascontiguousarray(strip[..., ::-1])
    done, data = cv2.imencode(".webp", strip, [cv2.IMWRITE_WEBP_QUALITY, plan.quality])
    if not done:  # pragma: no cover
        raise UsageError("this OpenCV cannot write WebP", where="encode_strip")
    return Strip(data.tobytes(), len(taken), float(rate_hz or plan.rate_hz))


def _square(image: Picture, side_px: int) -> Picture:
    height_px, width_px = image.shape[:2]
    factor = side_px / max(height_px, width_px)
    size = (max(1, round(width_px * factor)), max(1, round(height_px * factor)))
    small = image
    if size != (width_px, height_px):
        small = cast(
            "Picture", cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
        )
    tile = np.zeros((side_px, side_px, *image.shape[2:]), np.uint8)
    top_px, left_px = (side_px - size[1]) // 2, (side_px - size[0]) // 2
    tile[top_px : top_px + size[1], left_px : left_px + size[0]] = small
    return tile
