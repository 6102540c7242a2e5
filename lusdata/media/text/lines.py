"""Join strokes to lines of writing, and tell writing from echoes that happen to lie in a row."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from lusdata.media.text.strokes import Layer, Strokes

__all__ = ["Line", "TextFeatures", "lines"]

Numbers = npt.NDArray[np.float32]

# Letters are at most this part of the frame high.
_HIGHEST_PART = 0.16


@dataclass(frozen=True)
class TextFeatures:
    """What tells writing from echoes, each about 0 to 1 and more for writing.

    Attributes
    ----------
    glyphs : float
        Letters that fit into the line, of eight.
    even_heights, even_feet, even_contrast : float
        How alike the marks are in height, in where they stand and in contrast.
    still : float
        Share of the contrast that never changes.
    contrast : float
        Mean contrast, of 255.
    strokes : float
        Upright strokes for each letter's width, of three.
    clean : float
        How few pixels between the strokes are half bright.
    filled : float
        Share of the line's box that is stroke, against the usual one.
    alone : float
        How much emptier it is just above and below the line than in it; echoes go on there.
    """

    glyphs: float
    even_heights: float
    even_feet: float
    even_contrast: float
    still: float
    contrast: float
    strokes: float
    clean: float
    filled: float
    alone: float


@dataclass(frozen=True)
class Line:
    """A candidate.

    Attributes
    ----------
    edges : tuple of float
        Left, top, right and bottom, in pixels of the frame.
    look : TextFeatures
        How it looks.
    moving : bool
        Whether the recording moves, so that stillness tells something.
    cut : bool
        Whether it touches the frame's upper or lower edge, as what the transducer's face shows does.
    """

    edges: tuple[float, float, float, float]
    look: TextFeatures
    moving: bool
    cut: bool

    def values(self) -> tuple[float, ...]:
        """Return the look as numbers."""
        return astuple(self.look)


def lines(layer: Layer, marks: Strokes) -> list[Line]:
    """Join marks that stand side by side.

    Parameters
    ----------
    layer : Layer
        Where the marks come from.
    marks : Strokes
        Marks of one threshold.

    Returns
    -------
    list of Line
        With room for at least two letters each.
    """
    group = _groups(_neighbours(marks))
    found = []
    moving = bool(layer.change.any())
    for label in np.unique(group):
        members = np.flatnonzero(group == label)
        boxes = marks.boxes[members]
        left, top = boxes[:, :2].min(axis=0)
        right, bottom = boxes[:, 2:].max(axis=0)
        height = float(np.median(boxes[:, 3] - boxes[:, 1]))
        if (
            right - left < 1.4 * height
            or bottom - top > 2.0 * height
            or height > _HIGHEST_PART * layer.contrast.shape[0]
        ):
            continue
        look = _look(layer, marks, members, (int(left), int(top), int(right), int(bottom)))
        scale = layer.scale
        edges = (float(left) * scale, float(top) * scale, float(right) * scale, float(bottom) * scale)
        cut = bool(top <= 1 or bottom >= layer.contrast.shape[0] - 1)
        found.append(Line(edges, look, moving, cut))
    return found


def _neighbours(marks: Strokes) -> npt.NDArray[np.bool_]:
    """Say of each pair of marks whether they may be letters of one line."""
    left, top, right, bottom = marks.boxes.T
    height = bottom - top
    larger = np.maximum(height[:, None], height[None, :])
    smaller = np.minimum(height[:, None], height[None, :])
    gap = np.maximum(left[:, None], left[None, :]) - np.minimum(right[:, None], right[None, :])
    overlap = np.minimum(bottom[:, None], bottom[None, :]) - np.maximum(top[:, None], top[None, :])
    brighter = np.maximum(marks.contrast[:, None], marks.contrast[None, :])
    darker = np.minimum(marks.contrast[:, None], marks.contrast[None, :])
    close = (smaller >= 0.5 * larger) & (gap <= 1.1 * larger) & (gap >= -0.4 * larger)
    return np.asarray(close & (overlap >= 0.6 * smaller) & (darker >= 0.5 * brighter), dtype=np.bool_)


def _groups(linked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Label connected marks by the lowest index that can be reached."""
    label = np.arange(len(linked))
    while True:
        lowest = np.where(linked, label[None, :], len(linked)).min(axis=1, initial=len(linked))
        after = np.minimum(label, lowest)
        after = after[after]
        if np.array_equal(after, label):
            return label
        label = after


def _look(layer: Layer, marks: Strokes, members: npt.NDArray[np.int64], box: tuple[int, int, int, int]) -> TextFeatures:
    left, top, right, bottom = box
    boxes = marks.boxes[members]
    heights = boxes[:, 3] - boxes[:, 1]
    height = float(np.median(heights))
    window = np.s_[top:bottom, left:right]
    mask, contrast, change = marks.mask[window], layer.contrast[window], layer.change[window]
    stroke = contrast[mask].astype(np.float32)
    level = float(np.median(stroke))
    core = mask & (contrast >= 0.6 * level)
    rises = float(np.count_nonzero(mask[:, 1:] & ~mask[:, :-1]) + np.count_nonzero(mask[:, 0])) / (bottom - top)
    half = (contrast > 0.25 * level) & (contrast < 0.6 * level)
    filled = float(mask.mean())
    ascent = np.minimum(np.abs(boxes[:, 3] - np.median(boxes[:, 3])), np.abs(boxes[:, 1] - np.median(boxes[:, 1])))
    return TextFeatures(
        glyphs=min(1.0, (right - left) / (0.75 * height) / 8),
        even_heights=1 - min(1.0, float(np.mean(np.abs(heights - height))) / height),
        even_feet=1 - min(1.0, 3 * float(ascent.mean()) / height),
        even_contrast=1 - min(1.0, float(np.std(marks.contrast[members])) / max(1.0, level)),
        still=1 - min(1.0, float(np.median(change[core])) / max(1.0, level)),
        contrast=level / 255,
        strokes=min(1.5, rises / ((right - left) / height) / 3),
        clean=1 - float(half.sum()) / max(1.0, float(half.sum() + core.sum())),
        filled=1 - min(1.0, abs(filled - 0.42) / 0.42),
        alone=1 - min(1.0, _density_beside(layer.contrast >= 0.5 * level, box) / max(0.05, float(core.mean()))),
    )


def _density_beside(mask: npt.NDArray[np.bool_], box: tuple[int, int, int, int]) -> float:
    """Return the part of the bands just above and below a line that is as bright as its strokes."""
    left, top, right, bottom = box
    deep = max(2, round(0.4 * (bottom - top)))
    above = mask[max(0, top - 1 - deep) : max(0, top - 1), left:right]
    below = mask[bottom + 1 : bottom + 1 + deep, left:right]
    area = above.size + below.size
    return float(np.count_nonzero(above) + np.count_nonzero(below)) / area if area else 0.0
