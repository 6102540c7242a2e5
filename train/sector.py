"""Where a picture shows the scan: the sector between its echoes."""

from __future__ import annotations

import numpy as np

__all__ = ["scanned_sector"]

_DARK = 8


def scanned_sector(picture: np.ndarray) -> np.ndarray:
    """Find the scanned sector: what lies between echoes, along rows or along columns, so a dark effusion is part of it.

    Parameters
    ----------
    picture : np.ndarray, shape (height, width), uint8
        A grey picture, or the brightest level of each pixel over a recording.

    Returns
    -------
    np.ndarray, shape of `picture`, bool
        False everywhere if there is no echo.

    Examples
    --------
    >>> picture = np.zeros((9, 9), np.uint8)
    >>> picture[2:5, 2:7] = picture[6:9, 2:7] = 90
    >>> scanned_sector(picture).any(axis=0).astype(int).tolist()
    [0, 0, 1, 1, 1, 1, 1, 0, 0]
    >>> scanned_sector(picture)[5, 4]
    np.True_
    """
    from scipy import ndimage

    # Single bright pixels are noise or the rest of a text.
    echo = ndimage.binary_opening(picture > _DARK, np.ones((3, 3)))
    return _filled(_filled(echo))


def _filled(echo: np.ndarray) -> np.ndarray:
    """Add what lies between echoes; a second time closes a notch at the sector's edge."""
    filled: np.ndarray = _between(echo, 0) | _between(echo, 1)
    return filled


def _between(echo: np.ndarray, axis: int) -> np.ndarray:
    """Mark what has an echo before and behind it along an axis."""
    after = np.maximum.accumulate(echo, axis=axis)
    before = np.flip(np.maximum.accumulate(np.flip(echo, axis), axis=axis), axis)
    return after & before
