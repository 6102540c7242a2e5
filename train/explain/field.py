"""Where in a map anatomy can be: the cells that show the scanned sector.

A network also answers to what lies around the sector: to the black corners, which differ between machines, and to the
picture's own edge, where the zeros that pad it are no black but the training pictures' mean grey. No anatomy is there.
So points, overlays and densities are taken within the sector, and what lies without it is told as a number.
"""

from __future__ import annotations

import numpy as np

from ..sector import scanned_sector

__all__ = ["cells_of", "outside_share", "scanned_cells", "within"]

_MARGIN = 0.05


def scanned_cells(pictures: np.ndarray, recordings: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Find the cells that show the scanned sector, the same for all pictures of a recording.

    The sector is that of `train.sector.scanned_sector`, over all pictures of the recording. Cells whose centre is
    nearer to the picture's edge than a twentieth of its side are left out, unless nothing would be left.

    Parameters
    ----------
    pictures : np.ndarray, shape (n, size, size), uint8
        Grey pictures.
    recordings : np.ndarray, shape (n,)
        Recording of each picture.
    grid : tuple of int
        Rows and columns of the maps.

    Returns
    -------
    np.ndarray, shape (n, *grid), bool
        At least one cell of each picture is True.
    """
    found = np.empty((len(pictures), *grid), bool)
    for name in np.unique(recordings):
        rows = recordings == name
        found[rows] = cells_of(scanned_sector(pictures[rows].max(axis=0)), grid)
    return found


def cells_of(sector: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Find the cells that show a known sector.

    Parameters
    ----------
    sector : np.ndarray, shape (size, size), bool
        Where the picture shows the scan.
    grid : tuple of int
        Rows and columns of the maps.

    Returns
    -------
    np.ndarray, shape (*grid), bool
        Cells that are at least half covered and not at the picture's edge; if there is none, all that are not.
    """
    inner = _far_from_edge(grid)
    cells = _reduced(sector, grid) & inner
    return cells if cells.any() else inner


def within(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return maps that are 0 outside of the cells; shapes as in `outside_share`."""
    kept: np.ndarray = np.where(cells, maps, 0.0)
    return kept


def outside_share(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the share of positive activation outside of the cells.

    Parameters
    ----------
    maps : np.ndarray, shape (n, rows, columns)
        Maps of one class.
    cells : np.ndarray, shape (n, rows, columns), bool
        As from `scanned_cells`.

    Returns
    -------
    np.ndarray, shape (n,), float64
        From 0 to 1; NaN where nothing speaks for the class.
    """
    positive = np.maximum(maps, 0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        share: np.ndarray = (positive * ~cells).sum((1, 2)) / positive.sum((1, 2))
    return share


def _far_from_edge(grid: tuple[int, int]) -> np.ndarray:
    down, across = ((np.arange(count) + 0.5) / count for count in grid)
    near = [np.minimum(centres, 1 - centres) >= _MARGIN for centres in (down, across)]
    inner = near[0][:, None] & near[1]
    return inner if inner.any() else np.ones(grid, bool)


def _reduced(mask: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Mark cells that a mask covers by half or more."""
    rows, columns = (np.arange(size) * count // size for size, count in zip(mask.shape, grid, strict=True))
    cell = (rows[:, None] * grid[1] + columns).ravel()
    total = np.bincount(cell, minlength=grid[0] * grid[1])
    covered = np.bincount(cell, weights=mask.ravel(), minlength=grid[0] * grid[1])
    return (covered * 2 >= np.maximum(total, 1)).reshape(grid)
