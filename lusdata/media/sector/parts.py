"""Tell the parts of a screen that shows more than one scan apart: scans beside each other, a trace below a scan.

A fan or a rectangle fitted to everything would lie across all of it. So where an empty gutter runs straight through the
echoes, or fans nearly touch, each side is explained by outlines of its own, and cut again where it has gutters, too; a
cut is believed where that explains the echoes better than one outline does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lusdata.media.sector.evidence import PixelEvidence
from lusdata.media.sector.fit import Outline, fit_outline

__all__ = ["ScreenPart", "parts_of"]

Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float64]

# Part of a gutter's length that may hold stray echoes, its least width as part of the frame's, and the least part of
# all echoes on either side of it.
_STRAY, _GUTTER, _LEAST_SIDE = 0.01, 0.008, 0.06
# Fans side by side may touch: where they do, at most this part of the echoes beside it is there.
_WAIST = 0.3
# What two outlines must gain over one, and how well each must explain its side, as parts of the echoes there. A scan of
# poor contact has gutters, too, but its pieces are no outline's, and no whole fans.
_LEAST_GAIN, _LEAST_WORTH, _LEAST_WORTH_OF_FANS = 0.005, 0.85, 0.65
# How far inside its width a fan's beams meet, and how far below the top of what lies above.
_OWN, _LOWER = 0.25, 0.25
# A part that is smaller than this part of the largest is a thumbnail, and one much smaller is not chosen.
_THUMBNAIL, _MUCH_SMALLER = 0.2, 0.5
# Longer ones than that for their width are bars or strips of thumbnails.
_SLIMMEST = 5.0
# How often the screen is cut at most, one cut within the other.
_MOST_CUTS = 3
# A trace is a panel: its first row holds echoes over most of its width. What lies deep in a scan has no such edge.
_PANEL_EDGE = 0.6
# What an empty pixel inside an outline costs in echo pixels.
_DARK = 0.45


@dataclass(frozen=True)
class _Cut:
    """Where the frame is cut: the axis that the gutter crosses (0: it is level, 1: upright), and its middle."""

    axis: int
    at: int

    def sides(self, shape: tuple[int, ...]) -> tuple[Mask, Mask]:
        before = np.zeros((shape[0], shape[1]), dtype=np.bool_)
        before[(slice(0, self.at), slice(None)) if self.axis == 0 else (slice(None), slice(0, self.at))] = True
        return before, ~before


@dataclass(frozen=True, eq=False)
class ScreenPart:
    """One scan or trace of a screen.

    Attributes
    ----------
    evidence : PixelEvidence
        Of the whole frame, in which everything beside this part says nothing.
    outline : Outline
        Fitted to it.
    is_trace : bool
        Whether it is a rectangle below something else, as the trace of an M-mode or of Doppler is.
    """

    evidence: PixelEvidence
    outline: Outline
    is_trace: bool = False

    @property
    def mask(self) -> Mask:
        """Which pixels of the evidence lie inside, shape (h, w)."""
        height, width = self.evidence.echo.shape
        return self.outline.mask((height, width))


def parts_of(evidence: PixelEvidence) -> list[ScreenPart]:
    """Fit an outline to each scan and each trace that the screen shows.

    Parameters
    ----------
    evidence : PixelEvidence
        Of the whole frame.

    Returns
    -------
    list of ScreenPart
        At least one, the chosen one first: of those that are not much smaller than the largest and no trace, a fan
        goes before a rectangle, and then the upper and the left one first. Pictures as small as thumbnails are left
        out.
    """
    told = _told_apart(evidence, _MOST_CUTS)
    shown = [part for part in told if part.mask.any() and not _is_strip(part.mask)]
    if len(told) == 1 or not shown:
        return told[:1]
    areas = {id(part): _room(part.mask) for part in shown}
    largest = max(areas[id(part)] for part in [part for part in shown if not part.is_trace] or shown)
    found = [part for part in shown if areas[id(part)] >= _THUMBNAIL * largest]
    first_row_ends = min(int(np.flatnonzero(part.mask.any(axis=1))[-1]) for part in found)

    def rank(part: ScreenPart) -> tuple[bool, bool, bool, bool, int]:
        is_small = areas[id(part)] < _MUCH_SMALLER * largest
        is_below = int(np.flatnonzero(part.mask.any(axis=1))[0]) > first_row_ends
        left = int(np.flatnonzero(part.mask.any(axis=0))[0])
        return part.is_trace, is_small, part.outline.apex is None, is_below, left

    return sorted(found, key=rank)


def _is_strip(mask: Mask) -> bool:
    height, width = (float(mask.any(axis=axis).sum()) for axis in (1, 0))
    return max(height, width) > _SLIMMEST * min(height, width)


def _room(mask: Mask) -> float:
    """Return the area of the upright box around a part, so that fans and rectangles are compared alike."""
    return float(np.ptp(np.flatnonzero(mask.any(axis=0))) + 1) * float(np.ptp(np.flatnonzero(mask.any(axis=1))) + 1)


def _told_apart(evidence: PixelEvidence, cuts_left: int) -> list[ScreenPart]:
    whole = ScreenPart(evidence, fit_outline(evidence.echo, evidence.overlay))
    best, best_gain = [whole], _LEAST_GAIN * float(evidence.echo.sum())
    for cut in _cuts(evidence.echo) if cuts_left else ():
        halves = [_only(evidence, side) for side in cut.sides(evidence.echo.shape)]
        sides = [_told_apart(half, cuts_left - 1) for half in halves]
        worths = [sum(_worth(part) for part in side) for side in sides]
        least = [_least_worth(side) * float(half.echo.sum()) for side, half in zip(sides, halves, strict=True)]
        if worths[0] < least[0] or worths[1] < least[1]:
            continue
        if cut.axis == 1 and not all(_has_own_beams(part) for side in sides for part in side):
            continue
        if cut.axis == 0:
            if not all(_stands_alone(part, sides[0]) for part in sides[1]):
                continue
            sides[1] = [replace(part, is_trace=part.outline.apex is None) for part in sides[1]]
        gain = sum(worths) - _worth(whole)
        if gain >= best_gain:
            best, best_gain = [*sides[0], *sides[1]], gain
    return best


def _cuts(echo: Mask) -> list[_Cut]:
    """Return the widest level and the widest upright gutter, where there are any, and where the echoes are waisted."""
    found = []
    for axis in (0, 1):
        sums = echo.sum(axis=1 - axis).astype(np.float64)
        share = np.cumsum(sums) / max(1.0, float(sums.sum()))
        inner = (share > _LEAST_SIDE) & (share < 1 - _LEAST_SIDE)
        width, middle = _longest_run(inner & (sums <= _STRAY * echo.shape[1 - axis]))
        if width < max(2, _GUTTER * sums.size):
            width, middle = _longest_run(inner & (sums <= _WAIST * np.minimum(*_highest_beside(sums))))
        if width:
            found.append(_Cut(axis, middle))
    return found


def _highest_beside(sums: Float) -> tuple[Float, Float]:
    return np.maximum.accumulate(sums), np.maximum.accumulate(sums[::-1])[::-1]


def _longest_run(chosen: Mask) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    runs = [(int(end - start), int(start + end) // 2) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return max(runs, default=(0, 0))


def _only(evidence: PixelEvidence, side: Mask) -> PixelEvidence:
    """Return the evidence of one side; the other speaks neither for nor against."""
    return replace(evidence, echo=evidence.echo & side, overlay=evidence.overlay | ~side)


def _least_worth(side: list[ScreenPart]) -> float:
    if all(part.outline.apex is not None and _has_own_beams(part) for part in side):
        return _LEAST_WORTH_OF_FANS
    return _LEAST_WORTH


def _worth(part: ScreenPart) -> float:
    """Return the echoes inside an outline less what the emptiness inside costs."""
    inside, evidence = part.mask, part.evidence
    empty = inside & ~evidence.echo & ~evidence.overlay
    return float((evidence.echo & inside).sum()) - _DARK * float(empty.sum())


def _has_own_beams(part: ScreenPart) -> bool:
    """Tell whether a fan's beams meet above it: those of a fan's half, beside a shadow, meet above the shadow."""
    if part.outline.apex is None:
        return True
    columns = np.flatnonzero(part.mask.any(axis=0))
    if not columns.size:
        return False
    aside = (part.outline.apex[0] - columns[0]) / (np.ptp(columns) + 1)
    return bool(_OWN < aside < 1 - _OWN)


def _stands_alone(lower: ScreenPart, above: list[ScreenPart]) -> bool:
    """Tell whether what lies below is of its own: a panel, or a fan whose beams come from below what lies above."""
    outline = lower.outline
    if outline.apex is None:
        echo = lower.evidence.echo
        left, right = int(outline.columns[0]), max(int(outline.columns[0]) + 1, int(outline.columns[1]))
        top = int(outline.rows[0])
        return bool(echo[top : top + 3, left:right].any(axis=0).mean() >= _PANEL_EDGE)
    rows = np.flatnonzero(np.any([part.mask.any(axis=1) for part in above], axis=0))
    return bool(rows.size) and outline.apex[1] > rows[0] + _LOWER * np.ptp(rows)
