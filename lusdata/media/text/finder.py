"""Find writing burned into the picture: names, dates, numbers that must not be published.

`strokes` finds still, narrow, contrasting marks, `lines` joins them to lines and says how each looks, and
here a score decides. `reading` asks an OCR engine, if one is installed, what a region says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.crop import Box
from lusdata.media.sector.evidence import grey_sample
from lusdata.media.sector.finder import Sector
from lusdata.media.text.ink import unevenness
from lusdata.media.text.lines import Line, lines
from lusdata.media.text.reading import engine_path, read_text
from lusdata.media.text.strokes import Layer, Strokes, layers, strokes

__all__ = ["TextFinding", "TextRegion", "blacked", "find_text"]

Pixels = npt.NDArray[np.uint8]

LEAST_SCORE = 0.5
"""Score from which a line counts as writing; `benchmarks/text.py` shows what it finds and how often it is wrong."""

# Part of a line's height that is added around it, so that what is blacked leaves no edges to guess letters from.
_BORDER = 0.25
# Part of a region that must lie over the scan to count as inside; a crop keeps even a corner.
_INSIDE_PART = 0.2
# Writing has at least this many upright strokes for its length, long echoes have fewer.
_LEAST_STROKES = 0.2
# Echoes in a row are as high as this part of the frame more often than letters are. Such a line must stand alone and
# have as many strokes as writing in capitals.
_TALL_PART, _TALL_STROKES, _TALL_ALONE = 0.13, 0.3, 0.85
_SAME_LINE, _SAME_HEIGHT = 0.4, 1.5
_MOST_READINGS = 10
# Writing at the frame's very edge would be cut itself; bright echoes begin there.
_CUT_COST = 1.5
# Bands of bright echoes, as below the transducer's face, look like large and faint writing in a coarse layer. At the
# whole resolution they are speckled, where ink is even.
_COARSE, _FAINT, _UNEVEN = 1.5, 0.4, 0.24
# Intercept and weight of each value of a `Look`, in its order.
_MOVING = (-6.6, (8.2, -4.0, -0.6, -6.7, 4.0, 5.3, 13.0, -0.5, -2.5, 6.1))
_STILL = (-7.9, (9.3, -3.0, 1.7, -6.5, -3.1, 8.2, 12.1, 2.6, -1.8, 6.2))


@dataclass(frozen=True)
class TextRegion:
    """A line of writing.

    Attributes
    ----------
    box : Box
        Around the writing with a small border, in pixels of the frame.
    inside_sector : bool
        Whether most of it lies over the scan, where no crop removes it.
    score : float
        From `LEAST_SCORE` to 1: how much it looks like writing.
    reading : str or None
        What an OCR engine reads there; None without an engine or where it reads nothing.
    """

    box: Box
    inside_sector: bool
    score: float
    reading: str | None = None


@dataclass(frozen=True)
class TextFinding:
    """All writing found in a recording.

    Attributes
    ----------
    regions : tuple of TextRegion
        From top to bottom and left to right.
    engine : str or None
        Name of the OCR engine that read them; None if none is installed or none was asked.
    """

    regions: tuple[TextRegion, ...]
    engine: str | None = None

    @property
    def inside(self) -> tuple[TextRegion, ...]:
        """Return the regions that lie over the scan."""
        return tuple(region for region in self.regions if region.inside_sector)


def find_text(
    frames: Pixels, *, sector: Sector | None = None, read: bool = False, least_score: float = LEAST_SCORE
) -> TextFinding:
    """Find writing burned into a recording.

    Parameters
    ----------
    frames : np.ndarray, shape (t, h, w) or (t, h, w, 3), uint8
        Grey or RGB frames of one size; at most 16, spread evenly, are looked at. Echoes move and writing does not, so
        that videos are judged much more surely than stills.
    sector : Sector, optional
        Where the scan is; without it, all writing counts as inside.
    read : bool
        Whether an OCR engine, if one is installed, is asked what each region says.
    least_score : float
        Regions below this score, from 0 to 1, are left out.

    Returns
    -------
    TextFinding
        Lines of about three letters or more that are at least 7 px high. Not found: single letters, writing that is
        not level, and writing hardly brighter or darker than its surroundings.

    Raises
    ------
    UsageError
        If the array is no recording.
    """
    lowest, highest, middle = _extremes(frames)
    height_px, width_px = lowest.shape
    found: list[_Scored] = []
    for layer in layers(lowest, highest):
        for marks in strokes(layer):
            for line in lines(layer, marks):
                score = 0.0 if _is_row_of_echoes(line, height_px) else _score(line)
                if score >= least_score and not _is_band_of_echoes(line, layer, marks, lowest, highest):
                    found.append(_Scored(line.edges, score, layer.bright, _height(line.edges)))
    program = engine_path() if read and found else None
    regions = []
    # The surest come first; starting the engine takes longer than finding a line.
    for number, one in enumerate(_merged(found)):
        box = _bordered(one.edges, width_px, height_px)
        reading = None
        if program is not None and number < _MOST_READINGS:
            reading = read_text(_cut(middle, box), engine=program, bright=one.bright)
        regions.append(TextRegion(box, _is_inside(box, sector), round(one.score, 3), reading))
    regions.sort(key=lambda region: (region.box.top_px, region.box.left_px))
    return TextFinding(tuple(regions), engine=Path(program).name if program else None)


def blacked(frame: Pixels, regions: Sequence[TextRegion]) -> Pixels:
    """Return a copy of a frame in which the regions are black.

    Parameters
    ----------
    frame : np.ndarray, shape (h, w) or (h, w, 3), uint8
        A frame of the recording in which the regions were found.
    regions : sequence of TextRegion
        What to cover.

    Returns
    -------
    np.ndarray
        Of the same shape.
    """
    out = frame.copy()
    for region in regions:
        left, top, width, height = region.box
        out[top : top + height, left : left + width] = 0
    return out


@dataclass(frozen=True)
class _Scored:
    """A line worth reporting; edges are left, top, right and bottom, height is as first found."""

    edges: tuple[float, float, float, float]
    score: float
    bright: bool
    height: float


def _extremes(frames: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Return least, greatest and middle value of each pixel; coloured writing counts by its strongest channel."""
    grey, _ = grey_sample(frames)
    if frames.ndim == 4:
        count = len(grey)
        chosen = frames[np.linspace(0, len(frames) - 1, count).round().astype(np.int64)]
        grey = np.stack([cv2.max(cv2.max(one[..., 0], one[..., 1]), one[..., 2]) for one in chosen])
    brightness = np.array([cv2.mean(one)[0] for one in grey])
    # A black frame at the start, or a title between, would hide writing that all others show.
    kept = grey[brightness >= 0.3 * np.median(brightness)]
    lowest, highest = kept[0].copy(), kept[0].copy()
    for one in kept[1:]:
        cv2.min(lowest, one, lowest)
        cv2.max(highest, one, highest)
    return lowest, highest, kept[len(kept) // 2]


def _is_row_of_echoes(line: Line, height_px: int) -> bool:
    look = line.look
    if look.strokes < _LEAST_STROKES:
        return True
    tall = _height(line.edges) > _TALL_PART * height_px
    return tall and (look.strokes < _TALL_STROKES or look.alone < _TALL_ALONE)


def _is_band_of_echoes(line: Line, layer: Layer, marks: Strokes, lowest: Pixels, highest: Pixels) -> bool:
    if layer.scale < _COARSE or line.look.contrast > _FAINT:
        return False
    picture = lowest if layer.bright else np.asarray(255 - highest, dtype=np.uint8)
    return unevenness(picture, marks.mask, line.edges, layer.scale) > _UNEVEN


def _score(line: Line) -> float:
    """Return how much a line looks like writing: a logistic regression, fitted to drawn writing on real recordings."""
    intercept, weights = _MOVING if line.moving else _STILL
    total = (
        intercept
        - _CUT_COST * line.cut
        + sum(weight * value for weight, value in zip(weights, line.values(), strict=True))
    )
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def _merged(found: Sequence[_Scored]) -> list[_Scored]:
    """Join what was found of the same line at several scales and contrasts, the surest first."""
    kept: list[_Scored] = []
    for one in sorted(found, key=lambda line: (-line.score, line.edges)):
        for index, other in enumerate(kept):
            if _overlap(one.edges, other.edges) > _SAME_LINE:
                around = _around(one.edges, other.edges)
                if _height(around) <= _SAME_HEIGHT * other.height:
                    kept[index] = replace(other, edges=around)
                break
        else:
            kept.append(one)
    return kept


def _height(edges: tuple[float, float, float, float]) -> float:
    return edges[3] - edges[1]


def _around(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Return the shared area as a part of the smaller of both."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    area = min((edges[2] - edges[0]) * (edges[3] - edges[1]) for edges in (one, other))
    return width * height / max(1e-9, area)


def _bordered(edges: tuple[float, float, float, float], width_px: int, height_px: int) -> Box:
    border = _BORDER * _height(edges)
    left, top = max(0, math.floor(edges[0] - border)), max(0, math.floor(edges[1] - border))
    right, bottom = min(width_px, math.ceil(edges[2] + border)), min(height_px, math.ceil(edges[3] + border))
    return Box(left, top, right - left, bottom - top)


def _cut(frame: Pixels, box: Box) -> Pixels:
    left, top, width, height = box
    return frame[top : top + height, left : left + width]


def _is_inside(box: Box, sector: Sector | None) -> bool:
    if sector is None:
        return True
    window = sector.mask[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    return bool(window.mean() > _INSIDE_PART) if window.size else False
