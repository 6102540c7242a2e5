"""Fit the outline of a scan to evidence: a rectangle, or a fan given by apex, two angles and two radii.

Every pixel carries a weight, positive where echoes are and negative where the screen is empty; the best outline is the
one with the largest sum inside. For a given apex the best angles and radii are intervals of a histogram whose sum is
largest, which is found exactly; so only the apex is searched for, from coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Outline", "fit_outline"]

Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]
Interval = tuple[float, float]

_SIDES_PX = (48, 96, 192)
# What an empty pixel inside costs, before the first fit tells.
_DARK = 0.45
_EVERYTHING: Interval = (-np.inf, np.inf)
_WIDEST_TANGENT = 2.5
# What a fan must gain over a rectangle, and a cut over none, as parts of all echoes.
_FAN_COST = 0.012
_CUT_COST = 0.001
_LOPSIDED_COST = 0.03


@dataclass(frozen=True)
class Outline:
    """A scan's outline, in pixels of the evidence; coordinates are of pixel edges.

    Attributes
    ----------
    apex : tuple of float or None
        Where the beams of a fan meet (x, y); None for a rectangle.
    tangents : tuple of float
        Sideways over downwards of the fan's two sides.
    radii : tuple of float
        Distance of the fan's two arcs from the apex.
    columns, rows : tuple of float
        Where the outline is cut straight, or the rectangle's sides.
    score : float
        Sum of the weights inside, less the cost of the shape.
    """

    apex: tuple[float, float] | None
    tangents: Interval
    radii: Interval
    columns: Interval
    rows: Interval
    score: float

    def mask(self, shape: tuple[int, int], scale: float = 1.0) -> Mask:
        """Return the pixels inside, for a frame of `shape` whose pixels are `scale` times smaller."""
        x = (np.arange(shape[1], dtype=np.float32)[None, :] + np.float32(0.5)) / np.float32(scale)
        y = (np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(scale)
        columns = (x >= self.columns[0]) & (x <= self.columns[1])
        inside: Mask = columns & (y >= self.rows[0]) & (y <= self.rows[1])
        if self.apex is None:
            return inside
        across, down = x - np.float32(self.apex[0]), y - np.float32(self.apex[1])
        square = across * across + down * down
        inside &= (square >= np.float32(self.radii[0] ** 2)) & (square <= np.float32(self.radii[1] ** 2))
        inside &= (across >= np.float32(self.tangents[0]) * down) & (across <= np.float32(self.tangents[1]) * down)
        inside &= down > 0
        return inside


def fit_outline(echo: Mask, unknown: Mask) -> Outline:
    """Fit the outline that separates echoes from the empty screen best.

    Parameters
    ----------
    echo : np.ndarray, shape (h, w), bool
        Pixels that look like echoes.
    unknown : np.ndarray, shape (h, w), bool
        Pixels that speak neither for nor against.

    Returns
    -------
    Outline
    """
    levels = [_Grid.of(echo, unknown, side_px) for side_px in _SIDES_PX]
    coarse = levels[0]
    frame = coarse.rectangle(_DARK)
    fan = _search_fan(coarse, frame, _DARK)
    dark = coarse.dark_weight(max(frame, fan, key=lambda outline: outline.score))
    frame = levels[-1].rectangle(dark)
    # Not even a fan that held every echo and nothing else would gain enough over a rectangle as good as this.
    if frame.score >= (1 - _FAN_COST) * float(levels[-1].echo.sum()):
        return levels[-1].to_input(frame)
    fan = _refine(coarse, fan, dark, rounds=2)
    for small, grid in zip(levels, levels[1:], strict=False):
        fan = _refine(grid, _rescale(fan, grid.per_px / small.per_px), dark, rounds=1)
    fan = _refine_cuts(levels[-1], fan, dark)
    return levels[-1].to_input(max(frame, fan, key=lambda outline: outline.score))


@dataclass(frozen=True, eq=False)
class _Grid:
    """Weights at one size: `echo` and `empty` hold how much of each pixel is either; `per_px` is pixels per input's."""

    echo: Float
    empty: Float
    x: Float
    y: Float
    per_px: float

    @classmethod
    def of(cls, echo: Mask, unknown: Mask, side_px: int) -> _Grid:
        height, width = echo.shape
        per_px = min(1.0, side_px / max(height, width))
        size = (max(1, round(width * per_px)), max(1, round(height * per_px)))
        there, absent = (
            np.asarray(cv2.resize(one.astype(np.float32), size, interpolation=cv2.INTER_AREA), dtype=np.float32)
            for one in (echo & ~unknown, ~echo & ~unknown)
        )
        x, y = np.meshgrid(np.arange(size[0], dtype=np.float32) + 0.5, np.arange(size[1], dtype=np.float32) + 0.5)
        return cls(there.ravel(), absent.ravel(), x.ravel().astype(np.float32), y.ravel().astype(np.float32), per_px)

    def weights(self, dark: float) -> Float:
        return self.echo - np.float32(dark) * self.empty

    def dark_weight(self, outline: Outline) -> float:
        """Return what an empty pixel inside costs in echo pixels outside: the ratio of log likelihoods."""
        inside = outline.mask((round(float(self.y[-1] + 0.5)), round(float(self.x[-1] + 0.5)))).ravel()
        filled = np.clip(self.echo[inside].sum() / max(1.0, float(inside.sum())), 0.35, 0.9)
        stray = np.clip(self.echo[~inside].sum() / max(1.0, float((~inside).sum())), 0.02, 0.1)
        return float(-np.log((1 - filled) / (1 - stray)) / np.log(filled / stray))

    def to_input(self, outline: Outline) -> Outline:
        """Return an outline of this grid in pixels of the evidence."""
        factor = 1 / self.per_px
        return replace(
            outline,
            apex=None if outline.apex is None else (outline.apex[0] * factor, outline.apex[1] * factor),
            radii=(outline.radii[0] * factor, outline.radii[1] * factor),
            columns=(outline.columns[0] * factor, outline.columns[1] * factor),
            rows=(outline.rows[0] * factor, outline.rows[1] * factor),
        )

    def rectangle(self, dark: float) -> Outline:
        weights = self.weights(dark)
        columns, rows = _EVERYTHING, _EVERYTHING
        score = 0.0
        for _ in range(3):
            chosen = (self.y >= rows[0]) & (self.y <= rows[1])
            columns, _ = _best_interval(self.x[chosen], weights[chosen], 1.0)
            chosen = (self.x >= columns[0]) & (self.x <= columns[1])
            rows, score = _best_interval(self.y[chosen], weights[chosen], 1.0)
        return Outline(None, _EVERYTHING, _EVERYTHING, columns, rows, score)

    def fan(self, apex: tuple[float, float], dark: float, *, rounds: int = 2) -> Outline:
        """Return the best fan whose beams meet at `apex`."""
        below = self.y > apex[1] + 0.25
        across, down = self.x[below] - np.float32(apex[0]), self.y[below] - np.float32(apex[1])
        weights = self.weights(dark)[below]
        tangent = across / down
        radius = np.sqrt(across * across + down * down)
        near = np.abs(tangent) <= _WIDEST_TANGENT
        tangent, radius, weights = tangent[near], radius[near], weights[near]
        if not weights.size:
            return Outline(apex, (0, 0), (0, 0), _EVERYTHING, _EVERYTHING, -np.inf)
        finest = 1.0 / max(8.0, float(radius.max()))
        radii = tangents = _EVERYTHING
        score, lopsided = 0.0, False
        for _ in range(rounds):
            chosen = (radius >= radii[0]) & (radius <= radii[1])
            tangents, lopsided = self._best_sides(tangent[chosen], weights[chosen], finest)
            chosen = (tangent >= tangents[0]) & (tangent <= tangents[1])
            radii, score = _best_interval(radius[chosen], weights[chosen], 0.5)
        cost = (_FAN_COST + lopsided * _LOPSIDED_COST) * float(self.echo.sum())
        return Outline(apex, tangents, radii, _EVERYTHING, _EVERYTHING, score - cost)

    def _best_sides(self, tangent: Float, weights: Float, step: float) -> tuple[Interval, bool]:
        """Return the two sides' tangents, and whether they differ: most fans are even, and a shadow hides one side."""
        free, score = _best_interval(tangent, weights, step)
        sums = np.cumsum(np.bincount((np.abs(tangent) * np.float32(1 / step)).astype(np.int64), weights))
        widest = int(np.argmax(sums))
        if sums[widest] >= score - _LOPSIDED_COST * float(self.echo.sum()):
            side = (widest + 1) * step
            return (-side, side), False
        return free, True


def _best_interval(values: Float, weights: Float, step: float) -> tuple[Interval, float]:
    """Return the interval of `values` whose weights have the largest sum, at a resolution of `step`."""
    if not values.size:
        return (0.0, 0.0), 0.0
    start = float(values.min())
    bins = ((values - np.float32(start)) * np.float32(1 / step)).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(np.bincount(bins, weights))])
    lowest = np.minimum.accumulate(total)
    last = int(np.argmax(total - lowest))
    first = int(np.argmin(total[: last + 1]))
    return (start + first * step - 1e-4, start + last * step + 1e-4), float(total[last] - total[first])


def _search_fan(grid: _Grid, frame: Outline, dark: float) -> Outline:
    (left, right), (top, bottom) = frame.columns, frame.rows
    width, height = max(8.0, right - left), max(8.0, bottom - top)
    best: Outline | None = None
    for above in (0.0, 0.06, 0.12, 0.2, 0.3, 0.42, 0.56, 0.75, 1.0, 1.4, 2.0):
        for aside in (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3):
            fan = grid.fan(((left + right) / 2 + aside * width, top - above * height), dark)
            if best is None or fan.score > best.score:
                best = fan
    if best is None:
        return frame
    return _refine(grid, best, dark, rounds=3, step_px=0.04 * height)


def _refine(grid: _Grid, outline: Outline, dark: float, *, rounds: int, step_px: float = 1.5) -> Outline:
    """Move the apex downhill in ever smaller steps."""
    if outline.apex is None:
        return outline
    best = grid.fan(outline.apex, dark)
    for _ in range(rounds):
        for _ in range(6):
            x, y = best.apex or outline.apex
            tried = [grid.fan((x + dx, y + dy), dark) for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1))
                     for dx, dy in ((dx * step_px, dy * 2 * step_px),)]
            found = max(tried, key=lambda one: one.score)
            if found.score <= best.score:
                break
            best = found
        step_px /= 2
    return best


def _refine_cuts(grid: _Grid, fan: Outline, dark: float) -> Outline:
    """Cut a fan straight at its sides, top and bottom where that leaves emptiness outside."""
    if fan.apex is None:
        return fan
    shape = (round(float(grid.y[-1] + 0.5)), round(float(grid.x[-1] + 0.5)))
    inside = fan.mask(shape).ravel()
    weights = grid.weights(dark)
    cost = _CUT_COST * float(grid.echo.sum())
    cut = fan
    for name, values in (("columns", grid.x), ("rows", grid.y)):
        chosen = inside & cut.mask(shape).ravel()
        interval, _ = _best_interval(values[chosen], weights[chosen], 1.0)
        for end in (0, 1):
            limits = (interval[0], np.inf) if end == 0 else (-np.inf, interval[1])
            outside = chosen & ((values < limits[0]) | (values > limits[1]))
            gain = -float(weights[outside].sum())
            if gain > cost:
                now = getattr(cut, name)
                both = (max(now[0], limits[0]), min(now[1], limits[1]))
                cut = replace(cut, **{name: both}, score=cut.score + gain - cost)
    return cut


def _rescale(outline: Outline, factor: float) -> Outline:
    if outline.apex is None:
        return outline
    return replace(outline, apex=(outline.apex[0] * factor, outline.apex[1] * factor))
