"""From frames to the points of a fingerprint: places whose surroundings are striking in frame after frame.

Ultrasound pictures resemble each other where they tell nothing: a bright fan on black. So brightness is first made
independent of gain and gamma (ranks of grey levels), then each place is held against its own surroundings, weighed by
what lies inside the scan; the fan, its edges and the falling off with depth vanish, and structures remain. Points are
scale-space extrema of that picture. From several frames those are kept that are found again in most of them: they
outlive a cut, another frame rate and a re-encoding, while speckle does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.likeness import differing_bits

__all__ = ["SIDE_PX", "Points", "lasting_points"]

SIDE_PX = 128
"""Pictures are looked at with the area of a square of this side."""

_SMALLEST_PX, _LARGEST_PX = 3.5, 60.0
"""Diameters of points; smaller ones are speckle and grain of the codec."""
_SCAN_LEVEL = 3.0
"""Grey levels above black that count as inside the scan."""
_MOST_BLACK = 32.0
_SURROUNDINGS_PX = 9.0
_QUIET_CONTRAST = 0.05
"""Contrast, in ranks from 0 to 1, below which nothing is amplified."""
_SAME_BITS, _SAME_PLACE_PX, _SAME_OCTAVES = 36, 6.4, 0.4

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Points:
    """Points of a recording, those found in most frames first.

    Attributes
    ----------
    places : np.ndarray, shape (n, 3), float64
        Column, row and diameter in pixels of the picture in which they were sought.
    bits : np.ndarray, shape (n, 16), uint8
        Their surroundings, as `lusdata.catalog.fingerprint.Fingerprint` has them.
    box : tuple of int
        Column, row, width and height of the content in the frames.
    size_px : tuple of int
        Width and height of the picture in which they were sought: the content, made larger or smaller.
    """

    places: NDArray[Any]
    bits: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    size_px: tuple[int, int]


def lasting_points(frames: Grey, *, most: int, a_frame: int, side_px: int = SIDE_PX) -> Points:
    """Find the points that come back in frame after frame.

    Parameters
    ----------
    frames : np.ndarray, shape (n, height, width), uint8
        Grey levels.
    most : int
        Number of points.
    a_frame : int
        Number of points that are looked at in each frame.
    side_px : int
        Side of the square of whose area the pictures are made before points are sought. A larger one finds in the whole
        picture the points that a window of it shows.
    """
    stack = frames.astype(np.float32)
    # What is black everywhere may be dark grey after a change of contrast.
    stack = np.maximum(stack - min(float(np.percentile(stack, 1)), _MOST_BLACK), 0.0)
    box = _content(stack)
    left_px, top_px, width_px, height_px = box
    stack = stack[:, top_px : top_px + height_px, left_px : left_px + width_px]
    scale = side_px / float(np.sqrt(height_px * width_px))
    size_px = (max(16, round(width_px * scale)), max(16, round(height_px * scale)))
    ranks = _ranks(stack)
    found = [_points(cast("Floats", _resized(frame, size_px)), ranks, a_frame) for frame in stack]
    places = np.concatenate([points[0] for points in found])
    bits = np.concatenate([points[1] for points in found])
    frame_of = np.repeat(np.arange(len(found)), [len(points[0]) for points in found])
    kept = _lasting(places, bits, frame_of, most) if len(places) else []
    return Points(places[kept, :3], bits[kept], box, size_px)


def _resized(image: NDArray[Any], size_px: tuple[int, int]) -> NDArray[Any]:
    shrinks = image.shape[1] > size_px[0]
    return cast(
        "NDArray[Any]", cv2.resize(image, size_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _blurred(image: NDArray[Any], sigma_px: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(image, (0, 0), sigma_px))


def _content(stack: Floats) -> tuple[int, int, int, int]:
    """Return column, row, width and height of what is left without borders in which no frame shows anything."""
    # Not the brightest: a flash in one frame is no content.
    brightest = _blurred(np.sort(stack, axis=0)[-2 if len(stack) > 2 else -1], 2.0)
    lit = brightest > max(6.0, 0.03 * float(brightest.max()))
    rows = np.flatnonzero(lit.mean(axis=1) > 0.02)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.02)
    if min(rows.size, columns.size) < 16:
        return 0, 0, stack.shape[2], stack.shape[1]
    return int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def _ranks(stack: Floats) -> Floats:
    """Return for each grey level the share of darker pixels, 0 to 1; black ones do not count."""
    counts = np.bincount(stack.astype(np.uint8).ravel(), minlength=256).astype(np.float64)
    counts[: int(_SCAN_LEVEL) + 1] = 0
    ranks: Floats = ((np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)).astype(np.float32)
    return ranks


def _flattened(frame: Floats, ranks: Floats) -> Grey:
    """Hold each place against its surroundings inside the scan: 128 is as bright as these."""
    inside = (_blurred(frame, 2.0) > _SCAN_LEVEL).astype(np.float32)
    inside = cast("Floats", cv2.erode(inside, np.ones((5, 5), dtype=np.uint8)))
    levels = np.interp(frame, np.arange(256), ranks).astype(np.float32)
    weight = _blurred(inside, _SURROUNDINGS_PX) + np.float32(1e-3)
    difference = (levels - _blurred(levels * inside, _SURROUNDINGS_PX) / weight) * inside
    contrast = np.sqrt(_blurred(difference * difference, _SURROUNDINGS_PX) / weight) + _QUIET_CONTRAST
    flat = np.clip(difference / contrast, -2.5, 2.5) * inside
    return np.clip(128 + 50 * flat, 0, 255).astype(np.uint8)


def _points(frame: Floats, ranks: Floats, most: int) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return the strongest points of one frame: column, row, diameter and strength of each; and their bits."""
    flat = _flattened(frame, ranks)
    finder = cv2.SIFT.create(nOctaveLayers=4, contrastThreshold=0.01, edgeThreshold=12, sigma=1.8)
    best: dict[tuple[float, float, float], cv2.KeyPoint] = {}
    for point in finder.detect(flat, None):
        if _SMALLEST_PX <= point.size < _LARGEST_PX:
            # Ultrasound is never turned: a point needs no direction of its own, and has one place only.
            point.angle = 0.0
            best.setdefault((round(point.pt[0], 1), round(point.pt[1], 1), round(point.size, 1)), point)
    # The finder runs on several threads and promises no order.
    order = sorted(best.items(), key=lambda item: (-_strength(item[1]), item[0]))[:most]
    if not order:
        return np.zeros((0, 4)), np.zeros((0, 16), dtype=np.uint8)
    points, gradients = finder.compute(flat, [point for _, point in order])
    places = np.array([(*point.pt, point.size, _strength(point)) for point in points])
    middle = np.maximum(np.median(gradients, axis=1, keepdims=True), 0.5)
    return places, np.packbits(gradients > middle, axis=1)


def _strength(point: cv2.KeyPoint) -> float:
    return float(point.response * point.size)


def _lasting(places: NDArray[Any], bits: NDArray[np.uint8], frame_of: NDArray[Any], most: int) -> list[int]:
    """Choose points by the number of frames in which they are found again, each only once."""
    apart = np.abs(places[:, None, :2] - places[None, :, :2])
    octaves = np.abs(np.log2(places[:, None, 2] / places[None, :, 2]))
    same = (np.hypot(apart[..., 0], apart[..., 1]) < _SAME_PLACE_PX) & (octaves < _SAME_OCTAVES)
    same &= differing_bits(bits, bits) < _SAME_BITS
    in_frame = np.eye(frame_of.max() + 1)[frame_of]
    found_in = same @ in_frame
    strength = np.sqrt(np.minimum(places[:, 3] / np.median(places[:, 3]), 3.0))
    left = np.ones(len(places), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < most and left.any():
        position = int(np.argmax((found_in > 0.5).sum(axis=1) * strength * left))
        chosen.append(position)
        gone = np.flatnonzero(left & same[position])
        left[gone] = False
        found_in -= same[:, gone] @ in_frame[gone]
    return chosen
