"""Tell the parts of a screen that shows more than one scan apart: two scans side by side, a trace below a scan.

A fan or a rectangle fitted to everything would lie across all of it. So where an empty gutter runs straight through the
echoes, an outline is fitted on each side, too; two outlines are believed where they explain the echoes much better than
one does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lusdata.media.sector.evidence import Evidence
from lusdata.media.sector.fit import Outline, fit_outline

__all__ = ["chosen_part"]

Mask = npt.NDArray[np.bool_]

# Part of a gutter's length that may hold stray echoes, its least width as part of the frame's, and the least part of
# all echoes on either side of it.
_STRAY, _GUTTER, _LEAST_SIDE = 0.01, 0.012, 0.15
# What two outlines must gain over one, and how well each must explain its side, as parts of the echoes there. A scan of
# poor contact has gutters, too, but its pieces are no outline's.
_LEAST_GAIN, _LEAST_WORTH = 0.02, 0.85
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


def chosen_part(evidence: Evidence) -> tuple[Evidence, Outline, int]:
    """Fit the outline of the scan, of one of them if the screen shows several.

    Parameters
    ----------
    evidence : Evidence
        Of the whole frame.

    Returns
    -------
    evidence : Evidence
        In which everything beside the chosen part says nothing.
    outline : Outline
        The chosen scan's: the upper one of two that lie below each other, since a trace stands below its scan; of two
        side by side the fan, else the left one.
    count : int
        Number of parts that were told apart.
    """
    outline = fit_outline(evidence.echo, evidence.overlay)
    best: tuple[float, Evidence, Outline] | None = None
    for cut in _cuts(evidence.echo):
        halves = [_only(evidence, side) for side in cut.sides(evidence.echo.shape)]
        outlines = [fit_outline(half.echo, half.overlay) for half in halves]
        worths = [_worth(half, one) for half, one in zip(halves, outlines, strict=True)]
        gain = sum(worths) - _worth(evidence, outline)
        if gain < _LEAST_GAIN * float(evidence.echo.sum()):
            continue
        if any(worth < _LEAST_WORTH * float(half.echo.sum()) for worth, half in zip(worths, halves, strict=True)):
            continue
        if cut.axis == 0 and not _is_panel(halves[1].echo, outlines[1]):
            continue
        if best is None or gain > best[0]:
            first = 0 if cut.axis == 0 else _preferred(outlines)
            best = (gain, halves[first], outlines[first])
    if best is None:
        return evidence, outline, 1
    part, found, count = chosen_part(best[1])
    return part, found, count + 1


def _cuts(echo: Mask) -> list[_Cut]:
    """Return the widest level and the widest upright gutter, where there are any."""
    found = []
    for axis in (0, 1):
        sums = echo.sum(axis=1 - axis)
        length = echo.shape[1 - axis]
        empty = sums <= _STRAY * length
        share = np.cumsum(sums) / max(1, int(sums.sum()))
        empty &= (share > _LEAST_SIDE) & (share < 1 - _LEAST_SIDE)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]])))
        runs = [(int(end - start), int(start + end) // 2) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        width, middle = max(runs, default=(0, 0))
        if width >= max(2, _GUTTER * sums.size):
            found.append(_Cut(axis, middle))
    return found


def _only(evidence: Evidence, side: Mask) -> Evidence:
    """Return the evidence of one side; the other speaks neither for nor against."""
    return replace(evidence, echo=evidence.echo & side, overlay=evidence.overlay | ~side)


def _worth(evidence: Evidence, outline: Outline) -> float:
    """Return the echoes inside an outline less what the emptiness inside costs."""
    inside = outline.mask((evidence.echo.shape[0], evidence.echo.shape[1]))
    empty = inside & ~evidence.echo & ~evidence.overlay
    return float((evidence.echo & inside).sum()) - _DARK * float(empty.sum())


def _is_panel(echo: Mask, outline: Outline) -> bool:
    """Tell whether echoes begin along a level line, as those of a trace do."""
    if outline.apex is not None:
        return False
    left, right = int(outline.columns[0]), max(int(outline.columns[0]) + 1, int(outline.columns[1]))
    top = int(outline.rows[0])
    return bool(echo[top : top + 3, left:right].any(axis=0).mean() >= _PANEL_EDGE)


def _preferred(outlines: list[Outline]) -> int:
    """Return the side that is a fan, if one is."""
    fans = [outline.apex is not None for outline in outlines]
    return int(fans == [False, True])
