"""Maps from one grid to another; nothing here needs a network."""

from __future__ import annotations

import numpy as np

__all__ = ["resize_maps"]


def resize_maps(maps: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Bring maps to another grid by linear interpolation between the centres of its cells.

    Parameters
    ----------
    maps : np.ndarray, shape (..., height, width)
        Maps on the grid of a layer.
    grid : tuple of int
        Height and width wanted.

    Returns
    -------
    np.ndarray, shape (..., *grid), float32
        Beyond the outermost centres the outermost value goes on.
    """
    if maps.shape[-2:] == tuple(grid):
        return maps.astype(np.float32)
    rows = _interpolation(maps.shape[-2], grid[0])
    columns = _interpolation(maps.shape[-1], grid[1])
    resized: np.ndarray = rows @ maps.astype(np.float32) @ columns.T
    return resized.astype(np.float32)


def _interpolation(source: int, target: int) -> np.ndarray:
    """Return the matrix, shape (target, source), that interpolates between cell centres."""
    places = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    below = np.minimum(places.astype(np.int64), max(source - 2, 0))
    share = places - below
    matrix = np.zeros((target, source), np.float32)
    matrix[np.arange(target), below] = 1 - share
    matrix[np.arange(target), np.minimum(below + 1, source - 1)] += share
    return matrix
