"""Find the flat bars and panels of a scanner's screen, which carry its writing, and paint them over.

A bar is told from a scan by what scans never are: even, still and cut off straight. Bars and panels at the frame's
edges are peeled off from outside to inside, in any grey, colour or gradient; so are buttons and cards, flat rectangles
inside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["lit_frames", "shrunk", "without_bars"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]
Profile = npt.NDArray[np.float64]

_WORK_SIDE_PX = 512
# Range over three pixels of what is even, as a part of its grey and in levels, and that of a gradient, which may bend
# by a part of the former.
_EVEN_PART, _EVEN, _STEEPEST, _STRAIGHT = 0.1, (1.5, 5.0), 24.0, 0.6
# Levels by which still pixels vary over time, and by which a ground may differ from the empty screen.
_STILL, _LIKE_EMPTY = 2.0, 6.0
_BEND = np.array([[1, -2, 1]], np.float32)
# Part of the even pixels from which a grey is common on the screen.
_COMMON = 0.03
# Part of a line that must be a bar's ground, and how much less of it the lines beyond the bar's edge have.
_GROUND, _FALL = 0.5, 0.4
# Part of a line that is empty or ground even where writing crosses it, and part of a drawn line that is even.
_LEGIBLE, _BLANK = 0.25, 0.8
# How deep bars reach at most and how high a line of writing across a bar is at most, as parts of the frame.
_DEEPEST, _HIGHEST_LINE = 0.35, 0.06
_THINNEST_PX, _EDGE_PX, _BORDER_PX = 3, 2, 3
_ROUNDS = 3
# Of a flat rectangle: least part of the frame, least side, and least part of its bounding box inside its outline.
_LEAST_AREA, _LEAST_SIDE_PX, _RECTANGULAR = 0.002, 6, 0.92
# Least part of a bar that is ground, most part of a frame about something, and how slim a strip of pictures is.
_FULL, _HOLLOW, _SLIM = 0.6, 0.4, 4.0


@dataclass(frozen=True, eq=False)
class _Screen:
    """What is even and still on a screen, at a reduced size: ground of bars, and the empty screen."""

    mean: Float
    ground: Mask
    empty: Mask
    level: float

    @classmethod
    def of(cls, mean: Float, even: Mask, level: float) -> _Screen:
        empty = even & (np.abs(mean - np.float32(level)) <= _LIKE_EMPTY)
        return cls(mean, even & ~empty, empty, level)


def without_bars(grey: Pixels, colour: Pixels | None = None) -> tuple[Pixels, Pixels | None]:
    """Paint bars, panels and buttons in the grey of the empty screen.

    Parameters
    ----------
    grey : np.ndarray, shape (n, h, w), uint8
        A few frames.
    colour : np.ndarray, shape (h, w, 3), uint8, optional
        One frame in colours.

    Returns
    -------
    grey : np.ndarray, shape (n, h, w), uint8
        The same array where there are none.
    colour : np.ndarray, shape (h, w, 3), uint8, or None
        Painted likewise.
    """
    height_px, width_px = grey.shape[1:]
    scale = max(1.0, max(height_px, width_px) / _WORK_SIDE_PX)
    size = (max(1, round(width_px / scale)), max(1, round(height_px / scale)))
    screen = _read(np.stack([shrunk(one, size) for one in grey]).astype(np.float32))
    bars = _bars(screen)
    if not bars.any():
        return grey, colour
    flat = cv2.resize(bars.astype(np.uint8), (width_px, height_px), interpolation=cv2.INTER_NEAREST) > 0
    level = np.uint8(round(screen.level))
    grey = np.where(flat[None], level, grey)
    return grey, None if colour is None else np.where(flat[..., None], level, colour)


def shrunk(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Return an image at a size (width, height), by the means of areas."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def lit_frames(small: Float) -> Mask:
    """Leave out frames that are blank beside the others, such as the black one that many exports begin with."""
    brightness = small.mean(axis=(1, 2))
    return np.asarray(brightness >= 0.3 * np.median(brightness), dtype=np.bool_)


def _read(small: Float) -> _Screen:
    small = small[lit_frames(small)]
    mean: Float = small.mean(axis=0)
    even = _is_even(mean) & (small.std(axis=0) <= _STILL)
    counts = np.bincount(mean[even].round().astype(np.int64), minlength=256)
    near = np.convolve(counts, np.ones(3), "same")
    common = np.flatnonzero(near >= max(1.0, _COMMON * float(even.sum())))
    level = float(common[0]) if common.size else 0.0
    screen = _Screen.of(mean, even, level)
    # A grey ground that goes on all about the scan is itself the empty screen, however dark the scan is inside.
    ground = _ground_about(screen, _inner(screen))
    return screen if ground is None else _Screen.of(mean, even, ground)


def _is_even(mean: Float) -> Mask:
    """Find the pixels about which the grey is the same, or runs as evenly as in a gradient.

    Echoes vary in proportion to their brightness, so what is dark must be more even.
    """
    block = np.ones((3, 3), np.uint8)
    allowed = np.clip(_EVEN_PART * mean, *_EVEN)
    slope = np.asarray(cv2.dilate(mean, block) - cv2.erode(mean, block))
    across, down = (np.abs(cv2.filter2D(mean, -1, kernel)) for kernel in (_BEND, _BEND.T))
    bend = np.asarray(cv2.dilate(np.maximum(across, down), block))
    return np.asarray((slope <= allowed) | ((slope <= _STEEPEST) & (bend <= _STRAIGHT * allowed)), dtype=np.bool_)


def _bars(screen: _Screen) -> Mask:
    rectangles = _rectangles(screen.ground)
    bars = np.ones(screen.ground.shape, dtype=np.bool_)
    bars[_inner(replace(screen, ground=screen.ground | rectangles))] = False
    return bars | rectangles


def _inner(screen: _Screen) -> tuple[slice, slice]:
    """Return rows and columns of what is left when the bars at the frame's edges are peeled off."""
    height, width = screen.ground.shape
    sides = [0, height, 0, width]
    for _ in range(_ROUNDS):
        before = tuple(sides)
        for axis in (0, 1):
            for far in (False, True):
                depth = _depth(screen, slice(*sides[:2]), slice(*sides[2:]), axis=axis, far=far)
                sides[2 * axis + far] += -depth if far else depth
        if before == tuple(sides):
            break
    return slice(*sides[:2]), slice(*sides[2:])


def _ground_about(screen: _Screen, inner: tuple[slice, slice]) -> float | None:
    """Return the grey of a ground that reaches, without an end of its own, into what is left inside of bars."""
    ground, mean = screen.ground[inner], screen.mean[inner]
    if min(ground.shape) <= 2 * _EDGE_PX:
        return None
    for line in (_EDGE_PX, -1 - _EDGE_PX):
        for chosen, greys in ((ground[line], mean[line]), (ground[:, line], mean[:, line])):
            if chosen.mean() >= _GROUND:
                return float(np.median(greys[chosen]))
    return None


def _depth(screen: _Screen, rows: slice, columns: slice, *, axis: int, far: bool) -> int:
    """Return how many lines from one side are bars, with what lies outside these; 0 where none are."""

    def from_side(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        part = values[rows, columns] if axis == 0 else values[rows, columns].T
        return part[::-1] if far else part

    shape = screen.ground.shape
    ground, empty = (from_side(one).mean(axis=1) for one in (screen.ground, screen.empty))
    deepest = min(int(_DEEPEST * shape[axis]), ground.size - _EDGE_PX - _BORDER_PX - 1)
    longest = max(_THINNEST_PX, round(_HIGHEST_LINE * max(shape)))
    found, other, illegible, thick = 0, 0, 0, 0
    for at in range(deepest):
        is_bar = bool(ground[at] >= _GROUND)
        thick, other = (thick + 1, 0) if is_bar else (thick, other + 1)
        illegible = illegible + 1 if ground[at] + empty[at] < _LEGIBLE else 0
        # Lines of writing, or of the empty screen, and the edges of buttons may lie outside a bar or in it; echoes not.
        if other > longest or illegible > _EDGE_PX + _BORDER_PX:
            break
        if is_bar and thick >= _THINNEST_PX and _ends(ground, at):
            found, thick = at + 1, 0
    if not found:
        return 0
    return (
        found
        + _EDGE_PX
        + _border_lines(np.asarray(from_side(screen.mean), dtype=np.float32)[found + _EDGE_PX :], screen)
    )


def _ends(ground: Profile, at: int) -> bool:
    """Tell whether a line is the last one of a bar: beyond it much less is ground, all along."""
    beyond = ground[at + 1 + _EDGE_PX : at + 1 + _EDGE_PX + _BORDER_PX]
    return bool(ground[at + 1] < _GROUND and ground[max(0, at - _EDGE_PX) : at + 1].max() - beyond.max() >= _FALL)


def _border_lines(lines: Float, screen: _Screen) -> int:
    """Count the drawn lines that a bar ends with."""
    count = 0
    for line in lines[:_BORDER_PX]:
        drawn = (np.abs(line - np.float32(screen.level)) > _LIKE_EMPTY)[1:] & (np.abs(np.diff(line)) <= _EVEN[1])
        if drawn.mean() < _BLANK:
            break
        count += 1
    return count


def _rectangles(ground: Mask) -> Mask:
    """Find flat rectangles with what stands in them: buttons, cards, strips of thumbnails; and the frames of panels."""
    found = np.zeros(ground.shape, np.uint8)
    _, labels = cv2.connectedComponents(ground.astype(np.uint8), connectivity=8)
    outlines, _ = cv2.findContours(ground.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        shorter, longer = sorted((width, height))
        if shorter < _LEAST_SIDE_PX or width * height < _LEAST_AREA * ground.size:
            continue
        if cv2.contourArea(outline) < _RECTANGULAR * (width - 1) * (height - 1):
            continue
        column, row = outline[0, 0]
        itself = labels == labels[row, column]
        filled = itself.sum() / (width * height)
        is_bar = min(height / ground.shape[0], width / ground.shape[1]) <= _DEEPEST
        if is_bar and (filled >= _FULL or longer >= _SLIM * shorter):
            start = (left - _EDGE_PX, top - _EDGE_PX)
            cv2.rectangle(found, start, (left + width - 1 + _EDGE_PX, top + height - 1 + _EDGE_PX), 1, -1)
        elif filled < _HOLLOW:
            # A frame about a scan is painted without what it frames.
            found[cv2.dilate(itself.astype(np.uint8), np.ones((2 * _EDGE_PX + 1,) * 2, np.uint8)) > 0] = 1
    return found > 0
