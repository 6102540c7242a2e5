"""Fit the outline of a scan to evidence: a rectangle, or a fan given by apex, two sides and two arcs.

A pixel speaks for being inside where there is an echo, and against it where the screen is empty; the best outline has
the largest sum inside. Seen from a given apex, the best sides and arcs are the runs of beams and of rings whose sums
are largest, which are found exactly; so only the apex is searched for, from coarse to fine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Outline", "fit_outline"]

Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]
Interval = tuple[float, float]

_SIDES_PX = (48, 96, 192)
# What an empty pixel inside costs in echo pixels, before the first fit tells.
_DARK = 0.45
# Behind an echo, emptiness may be its shadow and counts for less.
_SHADOW_PART = 0.5
_SHADOWING_PX = 1.0
_EVERYTHING: Interval = (-np.inf, np.inf)
_WIDEST_TANGENT = 1.7
_BEAM_PX = 1.0
# Costs as parts of all echoes: of a fan beside a rectangle; of a straight cut; of sides that differ, since most fans
# are even and a shadow hides one side; of an apex at the frame's edge, since screens show the scan near their middle.
_FAN_COST = 0.012
_CUT_COST = 0.001
_LOPSIDED_COST = 0.12
_ASIDE_COST = 0.2
# Part of the most echoes in a row from which a row holds many.
_DENSE = 0.3
# Part of the pixels along a straight cut that must hold echoes.
_SHARP_PART = 0.6
# Where an apex is looked for, as parts of the height above and the width beside the echoes.
_ABOVE = (0.0, 0.06, 0.12, 0.2, 0.3, 0.42, 0.56, 0.75, 1.0, 1.4, 2.0)
_ASIDE = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


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
        Sum of what speaks for the inside, less the cost of the shape.
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

    def scaled(self, factor: float) -> Outline:
        """Return the same outline in pixels that are `factor` times smaller."""
        return replace(
            self,
            apex=None if self.apex is None else (self.apex[0] * factor, self.apex[1] * factor),
            radii=(self.radii[0] * factor, self.radii[1] * factor),
            columns=(self.columns[0] * factor, self.columns[1] * factor),
            rows=(self.rows[0] * factor, self.rows[1] * factor),
        )


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
    grids = [_Grid.of(echo, unknown, side_px) for side_px in _SIDES_PX]
    coarse, fine = grids[0], grids[-1]
    frame = coarse.rectangle(_DARK)
    fan = _search_fan(coarse, frame, _DARK)
    dark = coarse.dark_cost(max(frame, fan, key=_by_score))
    frame = fine.rectangle(dark)
    # Not even a fan that held every echo and nothing else would gain enough over a rectangle as good as this.
    if frame.score >= (1 - _FAN_COST) * fine.echo_px:
        return frame.scaled(1 / fine.per_px)
    fan = _refine(partial(coarse.fan, dark=dark), fan, step_px=1.5, rounds=2)
    for smaller, grid in pairwise(grids):
        fan = _refine(partial(grid.fan, dark=dark), fan.scaled(grid.per_px / smaller.per_px), step_px=1.5, rounds=1)
    return max(frame, fine.cut(fan, dark), key=_by_score).scaled(1 / fine.per_px)


def _by_score(outline: Outline) -> float:
    return outline.score


@dataclass(frozen=True, eq=False)
class _Grid:
    """Evidence at one size: how much of each pixel is echo and how much empty, and pixels per pixel of the input."""

    echo: Float
    empty: Float
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
        return cls(there, absent, per_px)

    @property
    def echo_px(self) -> float:
        return float(self.echo.sum())

    def dark_cost(self, outline: Outline) -> float:
        """Return what an empty pixel inside costs in echo pixels outside: the ratio of log likelihoods."""
        inside = outline.mask((self.echo.shape[0], self.echo.shape[1]))
        filled = np.clip(self.echo[inside].sum() / max(1.0, float(inside.sum())), 0.35, 0.9)
        stray = np.clip(self.echo[~inside].sum() / max(1.0, float((~inside).sum())), 0.02, 0.1)
        return float(-np.log((1 - filled) / (1 - stray)) / np.log(filled / stray))

    def rectangle(self, dark: float) -> Outline:
        """Return the best upright rectangle."""
        weights = _weights(self.echo, self.empty, dark)
        best = Outline(None, _EVERYTHING, _EVERYTHING, (0.0, 0.0), (0.0, 0.0), 0.0)
        # On a large screen most of each column is empty, so one start is at the whole frame, one where the echoes are.
        for top, bottom in ((0, weights.shape[0]), _dense_run(self.echo.sum(axis=1))):
            left, right, score = 0, weights.shape[1], 0.0
            for _ in range(3):
                left, right, _ = _best_run(weights[top:bottom].sum(axis=0))
                top, bottom, score = _best_run(weights[:, left:right].sum(axis=1))
            found = replace(best, columns=(float(left), float(right)), rows=(float(top), float(bottom)), score=score)
            best = max(best, found, key=_by_score)
        return best

    def fan(self, apex: tuple[float, float], dark: float) -> Outline:
        """Return the best fan whose beams meet at `apex`."""
        height, width = self.echo.shape
        across = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5 - apex[0])
        first_row = min(height - 1, max(0, int(apex[1] + 0.75)))
        down = np.arange(first_row, height, dtype=np.float32)[:, None] + np.float32(0.5 - apex[1])
        tangent = across / np.maximum(down, np.float32(0.25))
        radius = np.sqrt(across * across + down * down)
        near = np.abs(tangent) < _WIDEST_TANGENT
        tangent, radius = tangent[near], radius[near]
        step = _BEAM_PX / max(8.0, float(radius.max(initial=0)))
        half = int(np.abs(tangent).max(initial=0) / step) + 1
        nearest = float(radius.min(initial=np.inf)) if radius.size else 0.0
        ring = (radius - np.float32(nearest)).astype(np.int64)
        beam = (tangent * np.float32(1 / step) + np.float32(half)).astype(np.int64)
        rings = int(ring.max(initial=0)) + 1
        cell = ring * (2 * half) + beam
        cells = 2 * half * rings
        echo, empty = (
            np.bincount(cell, one[first_row:][near], minlength=cells)[:cells].astype(np.float32)
            for one in (self.echo, self.empty)
        )
        shape = (rings, 2 * half)
        weights = _weights(echo.reshape(shape).astype(np.float32), empty.reshape(shape).astype(np.float32), dark)
        first, last, score = 0, rings, 0.0
        low, high, lopsided = 0, 2 * half, 0.0
        for _ in range(2):
            low, high, lopsided = self._sides(weights[first:last].sum(axis=0))
            first, last, score = _best_run(weights[:, low:high].sum(axis=1))
        aside = abs(2 * apex[0] / width - 1.0)
        cost = (_FAN_COST + lopsided + _ASIDE_COST * aside**2) * self.echo_px
        tangents = ((low - half) * step, (high - half) * step)
        return Outline(apex, tangents, (nearest + first, nearest + last), _EVERYTHING, _EVERYTHING, score - cost)

    def _sides(self, sums: Float) -> tuple[int, int, float]:
        """Return first beam, last beam and what they cost."""
        low, high, score = _best_run(sums)
        half = sums.size // 2
        even = np.cumsum(sums[half:] + sums[half - 1 :: -1])
        widest = int(np.argmax(even))
        if even[widest] >= score - _LOPSIDED_COST * self.echo_px:
            return half - 1 - widest, half + 1 + widest, 0.0
        return low, high, _LOPSIDED_COST

    def cut(self, fan: Outline, dark: float) -> Outline:
        """Cut a fan straight at its sides, top and bottom where that leaves enough emptiness outside."""
        inside = fan.mask((self.echo.shape[0], self.echo.shape[1]))
        weights = np.where(inside, _weights(self.echo, self.empty, dark), np.float32(0))
        cost = _CUT_COST * self.echo_px
        filled = np.where(inside, self.echo, np.float32(0))
        columns, gain_x = _cut_ends(weights.sum(axis=0), filled.sum(axis=0), inside.sum(axis=0), cost)
        between = slice(int(max(0.0, columns[0])), int(min(columns[1], inside.shape[1])))
        rows, gain_y = _cut_ends(
            weights[:, between].sum(axis=1), filled[:, between].sum(axis=1), inside[:, between].sum(axis=1), cost
        )
        return replace(fan, columns=columns, rows=rows, score=fan.score + gain_x + gain_y)


def _cut_ends(sums: Float, echo: Float, area: npt.NDArray[np.int64], cost: float) -> tuple[Interval, float]:
    """Cut off what is empty beyond an edge full of echoes; echoes that fade away are no edge."""
    start, end, _ = _best_run(sums)
    gains = []
    for beyond, edge in ((slice(0, start), slice(start, start + 3)), (slice(end, None), slice(max(0, end - 3), end))):
        sharp = float(echo[edge].sum()) >= _SHARP_PART * max(1.0, float(area[edge].sum()))
        gains.append(-float(sums[beyond].sum()) - cost if sharp else 0.0)
    low = float(start) if gains[0] > 0 else -np.inf
    high = float(end) if gains[1] > 0 else np.inf
    return (low, high), max(0.0, gains[0]) + max(0.0, gains[1])


def _weights(echo: Float, empty: Float, dark: float) -> Float:
    """Weigh cells whose rows follow each other along the beams."""
    behind = np.cumsum(echo, axis=0) >= _SHADOWING_PX
    return np.asarray(echo - dark * empty * np.where(behind, _SHADOW_PART, 1.0), dtype=np.float32)


def _best_run(sums: Float) -> tuple[int, int, float]:
    """Return start, end and sum of the run of neighbours whose sum is largest."""
    total = np.concatenate([[0.0], np.cumsum(sums, dtype=np.float64)])
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))
    start = int(np.argmin(total[: end + 1]))
    return start, end, float(total[end] - total[start])


def _dense_run(sums: Float) -> tuple[int, int]:
    """Return start and end of the neighbours that hold much of what there is."""
    start, end, _ = _best_run(sums - np.float32(_DENSE) * sums.max(initial=0))
    return start, end


def _search_fan(grid: _Grid, frame: Outline, dark: float) -> Outline:
    (left, right), (top, bottom) = frame.columns, frame.rows
    width, height = max(8.0, right - left), max(8.0, bottom - top)
    fans = [
        grid.fan(((left + right) / 2 + aside * width, top - above * height), dark)
        for above in _ABOVE
        for aside in _ASIDE
    ]
    return _refine(partial(grid.fan, dark=dark), max(fans, key=_by_score), step_px=0.04 * height, rounds=3)


def _refine(
    fit: Callable[[tuple[float, float]], Outline], fan: Outline, *, step_px: float, rounds: int, moves: int = 6
) -> Outline:
    """Move the apex to where the fit is better, in ever smaller steps; twice as far down as sideways."""
    if fan.apex is None:
        return fan
    best = fit(fan.apex)
    for _ in range(rounds):
        for _ in range(moves):
            x, y = best.apex or fan.apex
            around = ((x - step_px, y), (x + step_px, y), (x, y - 2 * step_px), (x, y + 2 * step_px))
            found = max((fit(apex) for apex in around), key=_by_score)
            if found.score <= best.score:
                break
            best = found
        step_px /= 2
    return best
