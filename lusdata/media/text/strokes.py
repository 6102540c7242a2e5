"""Find strokes: small, narrow marks that stand out from what is around them and do not move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Layer", "Strokes", "layers", "strokes"]

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]

_LEAST_HEIGHT_PX, _MOST_HEIGHT_PX = 5, 22
_MOST_WIDTH = 14.0
_MOST_STROKES = 500
_LEAST_CONTRAST = (26, 50, 85, 130)
_KERNEL_PX = 9
_LONGEST_SIDE_PX = 1024
_LEAST_SIDE_PX = 48


@dataclass(frozen=True, eq=False)
class Layer:
    """One picture in which burned-in strokes are bright and everything else is as dark as it ever gets.

    Attributes
    ----------
    contrast : np.ndarray, shape (h, w), uint8
        How far each pixel rises above its surroundings.
    change : np.ndarray, shape (h, w), uint8
        How far each pixel changes with time; zero for a still.
    scale : float
        Pixels of the frame for one pixel here.
    bright : bool
        Whether the strokes are brighter than their surroundings in the frame.
    """

    contrast: Pixels
    change: Pixels
    scale: float
    bright: bool


@dataclass(frozen=True, eq=False)
class Strokes:
    """Connected marks of one layer at one threshold; each array has one row a mark.

    Attributes
    ----------
    boxes : np.ndarray, shape (n, 4), float32
        Left, top, right, bottom, in pixels of the layer.
    area : np.ndarray, shape (n,), float32
        Pixels of each mark.
    contrast : np.ndarray, shape (n,), float32
        Mean contrast.
    mask : np.ndarray, shape (h, w), bool
        All pixels above the threshold.
    """

    boxes: Numbers
    area: Numbers
    contrast: Numbers
    mask: npt.NDArray[np.bool_]


def layers(lowest: Pixels, highest: Pixels) -> Iterator[Layer]:
    """Make the pictures to search, from the largest to the smallest.

    Parameters
    ----------
    lowest, highest : np.ndarray, shape (h, w), uint8
        The least and the greatest value of each pixel over time.

    Yields
    ------
    Layer
        Bright and dark strokes, at scales at which letters of any size become 6 to 20 px high.
    """
    scale = max(1.0, max(lowest.shape) / _LONGEST_SIDE_PX)
    kernel = np.ones((_KERNEL_PX, _KERNEL_PX), np.uint8)
    width, height = lowest.shape[1] / scale, lowest.shape[0] / scale
    low, high = lowest, highest
    while min(width, height) >= _LEAST_SIDE_PX:
        size = (round(width), round(height))
        low, high = _shrink(low, size), _shrink(high, size)
        change = np.asarray(cv2.subtract(high, low), dtype=np.uint8)
        for bright, base in ((True, low), (False, np.asarray(255 - high, dtype=np.uint8))):
            contrast = np.asarray(cv2.morphologyEx(base, cv2.MORPH_TOPHAT, kernel), dtype=np.uint8)
            yield Layer(contrast, change, scale, bright)
        scale, width, height = 2 * scale, width / 2, height / 2


def strokes(layer: Layer) -> Iterator[Strokes]:
    """Cut a layer into marks of a letter's size, once at each contrast."""
    for threshold in _LEAST_CONTRAST:
        mask = layer.contrast >= threshold
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        stats = np.asarray(stats)
        width, height, area = (stats[:, column].astype(np.float32) for column in (2, 3, 4))
        fits = (height >= _LEAST_HEIGHT_PX) & (height <= _MOST_HEIGHT_PX) & (width <= _MOST_WIDTH * height)
        # A letter is neither a solid block, save I and 1, nor a hairline across its box.
        filled = area / np.maximum(1.0, width * height)
        fits &= (filled >= 0.12) & ((filled <= 0.92) | (width <= 0.5 * height))
        fits[0] = False
        chosen = np.flatnonzero(fits)
        if chosen.size < 2:
            continue
        sums = np.bincount(labels.ravel(), weights=layer.contrast.ravel(), minlength=len(stats))
        contrast = (sums[chosen] / area[chosen]).astype(np.float32)
        if chosen.size > _MOST_STROKES:
            order = np.sort(np.argsort(-contrast, kind="stable")[:_MOST_STROKES])
            chosen, contrast = chosen[order], contrast[order]
        left, top = stats[chosen, 0].astype(np.float32), stats[chosen, 1].astype(np.float32)
        boxes = np.stack([left, top, left + width[chosen], top + height[chosen]], axis=1)
        yield Strokes(boxes, area[chosen], contrast, np.asarray(mask, dtype=np.bool_))


def _shrink(image: Pixels, size: tuple[int, int]) -> Pixels:
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
