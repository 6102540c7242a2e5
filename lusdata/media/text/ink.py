"""Ink is of one level, echoes are speckled: a look at the whole resolution at what a coarser layer took for writing."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["unevenness"]

_LEAST_PIXELS = 5


def unevenness(
    picture: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    edges: tuple[float, float, float, float],
    scale: float,
) -> float:
    """Say how far the brighter half of the strokes of a line is from being of one level.

    Parameters
    ----------
    picture : np.ndarray, shape (h, w), uint8
        The picture in which strokes are bright.
    mask : np.ndarray, shape (h / scale, w / scale), bool
        Strokes, in the layer in which they were found.
    edges : tuple of float
        Left, top, right and bottom of the line, in pixels of the picture.
    scale : float
        Pixels of the picture for one of the layer.

    Returns
    -------
    float
        Distance between the 75th and the 95th percentile of the strokes' brightness, as a part of their height above
        the ground between them. Of drawn names, 95 % stay below 0.13; bands of echoes lie between 0.25 and 0.4.

    Examples
    --------
    >>> page = np.zeros((8, 8), np.uint8); page[2:6, 2:6] = 200
    >>> unevenness(page, page > 0, (0.0, 0.0, 8.0, 8.0), 1.0)
    0.0
    """
    left, top, right, bottom = (round(edge) for edge in edges)
    part = picture[top:bottom, left:right]
    small = mask[round(top / scale) : round(bottom / scale), round(left / scale) : round(right / scale)]
    if part.size == 0 or small.size == 0:
        return 0.0
    size = (part.shape[1], part.shape[0])
    strokes = np.asarray(cv2.resize(small.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), dtype=np.bool_)
    if min(np.count_nonzero(strokes), np.count_nonzero(~strokes)) < _LEAST_PIXELS:
        return 0.0
    upper, top_level = np.percentile(part[strokes], (75, 95))
    height = max(1.0, float(top_level) - float(np.median(part[~strokes])))
    return (float(top_level) - float(upper)) / height
