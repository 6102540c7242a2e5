"""Points of maximal activation: where in the picture a class's evidence is strongest (Figures 3 and 8)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

__all__ = ["density", "off_picture", "peak_points"]


def peak_points(maps: np.ndarray, cells: np.ndarray | None = None) -> np.ndarray:
    """Return each map's point of highest value, refined below the grid's spacing.

    A parabola through the highest cell and its neighbours along each axis gives the refinement, of half a cell at most;
    at the picture's edge the cell's centre stands.

    Parameters
    ----------
    maps : np.ndarray, shape (n, height, width)
        Maps on any grid.
    cells : np.ndarray, shape (n, height, width), bool, optional
        Where to look; everywhere by default.

    Returns
    -------
    np.ndarray, shape (n, 2), float64
        Across and down, as shares of the picture's width and depth, from 0 to 1.

    Examples
    --------
    >>> peak_points(np.array([[[0, 0, 0], [0, 0, 0], [0, 1, 0]]])).round(2).tolist()
    [[0.5, 0.83]]
    """
    count, height, width = maps.shape
    sought = maps if cells is None else np.where(cells, maps, -np.inf)
    rows, columns = np.divmod(sought.reshape(count, -1).argmax(axis=1), width)
    every = np.arange(count)
    across = columns + _shift(maps[every, rows], columns)
    down = rows + _shift(maps[every, :, columns], rows)
    return np.stack([(across + 0.5) / width, (down + 0.5) / height], axis=1)


def _shift(lines: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Return how far the vertex of the parabola through a peak lies from it, in cells."""
    every, length = np.arange(len(lines)), lines.shape[1]
    inner = (peaks > 0) & (peaks < length - 1)
    lines = lines.astype(np.float64)
    before = lines[every, np.maximum(peaks - 1, 0)]
    after = lines[every, np.minimum(peaks + 1, length - 1)]
    bend = 2 * lines[every, peaks] - before - after
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = (after - before) / (2 * bend)
    # Beside cells that are left out the highest one may be no vertex.
    return np.where(inner & (bend > 0), np.clip(shift, -0.5, 0.5), 0.0)


def density(points: np.ndarray, *, grid: int = 96, width: float = 0.06) -> np.ndarray:
    """Estimate how densely points lie, by a Gaussian around each.

    Parameters
    ----------
    points : np.ndarray, shape (n, 2)
        As from `peak_points`.
    grid : int
        Cells along each axis of the unit square.
    width : float
        Standard deviation of the Gaussian, as a share of the picture's side.

    Returns
    -------
    np.ndarray, shape (grid, grid), float64
        Density per unit area at the cells' centres, rows downwards.
    """
    centres = (np.arange(grid) + 0.5) / grid
    across = np.exp(-((centres - points[:, :1]) ** 2) / (2 * width**2))
    down = np.exp(-((centres - points[:, 1:]) ** 2) / (2 * width**2))
    fields: np.ndarray = down.T @ across / (len(points) * 2 * np.pi * width**2)
    return fields


def off_picture(points: np.ndarray, pictures: np.ndarray, *, dark: int = 8, reach: float = 0.03) -> np.ndarray:
    """Tell which points lie where the picture shows nothing, such as the black corners beside the scanned sector.

    Evidence there cannot be anatomy: it is the shape of the sector, which is the machine's.

    Parameters
    ----------
    points : np.ndarray, shape (n, 2)
        As from `peak_points`.
    pictures : np.ndarray, shape (n, size, size), uint8
        The pictures that they lie on.
    dark : int
        Grey level up to which a pixel counts as black.
    reach : float
        Half the side of the square around a point that has to be black, as a share of the picture's side.

    Returns
    -------
    np.ndarray, shape (n,), bool
        True where all of the square is black.
    """
    size = pictures.shape[-1]
    width = 2 * round(reach * size) + 1
    brightest = ndimage.maximum_filter(pictures, size=(1, width, width), mode="nearest")
    cells = np.clip((points * size).astype(np.int64), 0, size - 1)
    found: np.ndarray = brightest[np.arange(len(points)), cells[:, 1], cells[:, 0]] <= dark
    return found
