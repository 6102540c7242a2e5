"""Find the scan in a picture of a screen: where the echoes are, without rulers, text and logos.

Classical vision only. `bars` paints over flat bars and panels; `evidence` tells echoes from the empty screen and from
overlay by what moves and what carries texture; `fit` fits a fan or a rectangle to that, and `parts` one to each scan
and trace; here it becomes boxes to crop by. A person's box always goes before this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.crop import Box
from lusdata.media.sector.evidence import PixelEvidence, gather, grey_sample
from lusdata.media.sector.fit import Outline
from lusdata.media.sector.parts import ScreenPart, parts_of

__all__ = ["SURE", "Sector", "Shape", "find_sector"]

Shape = Literal["convex", "linear", "phased", "full"]

SURE = 0.5
"""Confidence from which a box is proposed."""

# Part of the screen below which echoes are no scan, and below which an outline may hold the near field alone, if the
# gain was low.
_LEAST_SHOWN, _NEAR_FIELD = 0.002, 0.05
# A phased transducer's beams meet almost at its face.
_PHASED_RADII = 0.14
# A rectangle that leaves less than this part of the frame free fills it.
_FULL_PART = 0.96
# A square frame of which the scan takes at least this part each way, and overlay beside it at most that part of the
# area, was cut out by somebody already.
_SQUARE_SLACK, _CROPPED_PART, _LEAST_OVERLAY = 1.06, 0.8, 0.01
# Sizes and places tried for the square, the best first; below the smallest, overlay is the lesser evil.
_SQUARE_SIZES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
_SQUARE_PLACES = ((0.5, 0.5), (0.4, 0.5), (0.6, 0.5), (0.5, 0.25), (0.5, 0.75), (0.25, 0.5), (0.75, 0.5))
_STRAY_PX = 3


@dataclass(frozen=True, eq=False)
class Sector:
    """The part of a recording's frames that holds the scan.

    Attributes
    ----------
    box : Box
        The smallest window around it, in pixels of the frame.
    square_box : Box
        The window for a dataset: square, over the middle of the scan, with as little overlay as can be had.
    mask : np.ndarray, shape (h, w), bool
        The scan's pixels.
    confidence : float
        From 0 to 1: how well the outline separates echoes from everything else.
    shape : {"convex", "linear", "phased", "full"}
        What the outline looks like; full where the scan fills the frame, as after an earlier crop.
    parts : int
        Number of scans and traces on the screen, of which this is one.
    other_squares : tuple of Box
        Windows as `square_box` of the other scans on the screen, from left to right; a trace is no scan.
    """

    box: Box
    square_box: Box
    mask: npt.NDArray[np.bool_] = field(repr=False)
    confidence: float
    shape: Shape
    parts: int = 1
    other_squares: tuple[Box, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether one scan was found, and clearly: its box may be proposed without asking which one is meant."""
        return self.confidence >= SURE and not self.other_squares


def find_sector(frames: npt.NDArray[np.uint8]) -> Sector:
    """Find the scan in a recording.

    Parameters
    ----------
    frames : np.ndarray, shape (t, h, w) or (t, h, w, 3), uint8
        Grey or RGB frames of one size, such as `lusdata.sampled_frames` takes from a file; at most 16, spread evenly,
        are looked at. One frame will do, though what moves tells more.

    Returns
    -------
    Sector
        The whole frame, with a confidence of 0, where nothing looks like a scan.

    Raises
    ------
    UsageError
        If the array is no recording.
    """
    grey, colour = grey_sample(frames)
    height_px, width_px = grey.shape[1:]
    evidence = gather(grey, colour)
    if evidence.echo.mean() < _LEAST_SHOWN:
        return _everything(height_px, width_px, confidence=0.0)
    first, *others = parts_of(evidence)
    mask = _full_mask(first, height_px, width_px)
    if not mask.any():
        return _everything(height_px, width_px, confidence=0.0)
    confidence = _confidence(first.evidence, first.mask)
    if first.outline.apex is None and mask.mean() >= _FULL_PART:
        return _everything(height_px, width_px, confidence=confidence)
    box = _box_around(mask)
    return Sector(
        box=box,
        square_box=_square(box, first.evidence, first.mask, height_px=height_px, width_px=width_px),
        mask=mask,
        confidence=confidence,
        shape=_shape(first.outline),
        parts=1 + len(others),
        other_squares=tuple(sorted(_squares(others, height_px, width_px))),
    )


def _squares(parts: list[ScreenPart], height_px: int, width_px: int) -> Iterator[Box]:
    for part in parts:
        mask = _full_mask(part, height_px, width_px)
        if mask.any() and not part.is_trace:
            yield _square(_box_around(mask), part.evidence, part.mask, height_px=height_px, width_px=width_px)


def _full_mask(part: ScreenPart, height_px: int, width_px: int) -> npt.NDArray[np.bool_]:
    scale = width_px / max(part.evidence.echo.shape[1], 1e-9)
    return part.outline.mask((height_px, width_px), scale)


def _everything(height_px: int, width_px: int, *, confidence: float) -> Sector:
    side_px = min(height_px, width_px)
    return Sector(
        box=Box(0, 0, width_px, height_px),
        square_box=Box((width_px - side_px) // 2, (height_px - side_px) // 2, side_px, side_px),
        mask=np.ones((height_px, width_px), dtype=np.bool_),
        confidence=confidence,
        shape="full",
    )


def _shape(outline: Outline) -> Shape:
    if outline.apex is None:
        return "linear"
    return "phased" if outline.radii[0] < _PHASED_RADII * outline.radii[1] else "convex"


def _box_around(mask: npt.NDArray[np.bool_]) -> Box:
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)


def _confidence(evidence: PixelEvidence, inside: npt.NDArray[np.bool_]) -> float:
    """Return how much of the echoes is inside, times how sharply the outline's free edge separates them.

    An outline so small that it may be of the near field alone gives less.
    """
    echo = evidence.echo
    caught = float(echo[inside].sum()) / max(1.0, float(echo.sum())) * min(1.0, float(inside.mean()) / _NEAR_FIELD)
    block = np.ones((9, 9), np.uint8)
    body = inside.astype(np.uint8)
    outer = (cv2.dilate(body, block) > 0) & ~inside & ~evidence.overlay
    inner = inside & (cv2.erode(body, block, borderType=cv2.BORDER_CONSTANT, borderValue=1) == 0) & ~evidence.overlay
    if inside.mean() >= _FULL_PART or not outer.any() or not inner.any():
        return caught * float(echo[inside].mean())
    return caught * float(np.clip(echo[inner].mean() - echo[outer].mean(), 0.0, 1.0))


def _square(box: Box, evidence: PixelEvidence, inside: npt.NDArray[np.bool_], *, height_px: int, width_px: int) -> Box:
    """Return the largest square in the box that holds no overlay from beside the scan, as near the middle as can be.

    A frame that is a crop already stays whole: a person chose it.
    """
    block = np.ones((7, 7), np.uint8)
    beside = evidence.overlay & (cv2.dilate(inside.astype(np.uint8), block) == 0)
    shorter_px, longer_px = sorted((height_px, width_px))
    fills = min(box.width_px / width_px, box.height_px / height_px) >= _CROPPED_PART
    if longer_px <= _SQUARE_SLACK * shorter_px and fills and beside.mean() <= _LEAST_OVERLAY:
        return _centred(Box(0, 0, width_px, height_px), shorter_px, 0.5, 0.5)
    sums = np.asarray(cv2.integral(beside.astype(np.uint8)), dtype=np.int64)
    part_x, part_y = beside.shape[1] / width_px, beside.shape[0] / height_px
    middle = _centred(box, min(box.width_px, box.height_px), 0.5, 0.5)
    for size in _SQUARE_SIZES:
        side_px = max(1, round(size * min(box.width_px, box.height_px)))
        for across, down in _SQUARE_PLACES:
            square = _centred(box, side_px, across, down)
            left, right = round(square.left_px * part_x), round((square.left_px + side_px) * part_x)
            top, bottom = round(square.top_px * part_y), round((square.top_px + side_px) * part_y)
            if sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] <= _STRAY_PX:
                return square
    return middle


def _centred(box: Box, side_px: int, across: float, down: float) -> Box:
    """Place a square in a box, at parts of the room that it leaves."""
    room_x, room_y = box.width_px - side_px, box.height_px - side_px
    return Box(box.left_px + int(room_x * across), box.top_px + int(room_y * down), side_px, side_px)
