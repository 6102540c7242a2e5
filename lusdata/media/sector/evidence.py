"""Which pixels of a recording look like echoes, which like overlay and which like the empty screen around them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.errors import UsageError
from lusdata.media.sector.bars import lit_frames, shrunk, without_bars

__all__ = ["MOST_FRAMES", "PixelEvidence", "gather", "grey_sample"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]

MOST_FRAMES = 16
_WORK_SIDE_PX = 256

# Grey levels by which the empty screen may vary without being anything.
_FLAT_RANGE = 4.0
_LEAST_STEP = 2.0
# Part of the frame's rim that must be flat and of one grey before it is taken for the empty screen.
_LEAST_EMPTY = 0.04
_STRONG_STEP = 24.0
_FOREIGN_COLOUR = 40.0


@dataclass(frozen=True, eq=False)
class PixelEvidence:
    """What speaks for and against each pixel, at a reduced size.

    Attributes
    ----------
    echo : np.ndarray, shape (h, w), bool
        Brighter or darker than the empty screen, or changing with time, and no overlay.
    overlay : np.ndarray, shape (h, w), bool
        Bright and still while the rest moves, or thin, or of a colour of its own: rulers, text, logos, marks.
    scale : float
        Pixels of the frame for one pixel here.
    moves : bool
        Whether the recording moves at all, so that stillness means something.
    """

    echo: Mask
    overlay: Mask
    scale: float
    moves: bool


def grey_sample(frames: Pixels) -> tuple[Pixels, Pixels | None]:
    """Choose at most `MOST_FRAMES` frames, evenly, and make them grey.

    Parameters
    ----------
    frames : np.ndarray, shape (t, h, w) or (t, h, w, 3), uint8
        Grey or RGB.

    Returns
    -------
    grey : np.ndarray, shape (n, h, w), uint8
    colour : np.ndarray, shape (h, w, 3), uint8, or None
        The middle frame where there are colours.

    Raises
    ------
    UsageError
        If the array has another shape or type, or is empty.
    """
    if not isinstance(frames, np.ndarray):
        raise UsageError(
            "not the frames of a recording",
            where="frames",
            expected="an array of uint8, as lusdata.read_frames gives it",
            found=type(frames).__name__,
        )
    if frames.dtype != np.uint8 or frames.ndim not in (3, 4) or frames.size == 0 or frames.shape[3:] not in ((), (3,)):
        raise UsageError(
            "not the frames of a recording",
            expected="uint8 of shape (t, h, w) or (t, h, w, 3)",
            found=f"{frames.dtype} of shape {frames.shape}",
        )
    count = min(MOST_FRAMES, len(frames))
    chosen = frames[np.linspace(0, len(frames) - 1, count).round().astype(np.int64)]
    if chosen.ndim == 3:
        return chosen, None
    grey = np.stack([np.asarray(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), dtype=np.uint8) for one in chosen])
    return grey, chosen[count // 2]


def gather(grey: Pixels, colour: Pixels | None = None) -> PixelEvidence:
    """Weigh each pixel of a recording.

    Parameters
    ----------
    grey : np.ndarray, shape (n, h, w), uint8
        A few frames.
    colour : np.ndarray, shape (h, w, 3), uint8, optional
        One frame in colours.

    Returns
    -------
    PixelEvidence
    """
    grey, colour = without_bars(grey, colour)
    height_px, width_px = grey.shape[1:]
    scale = max(1.0, max(height_px, width_px) / _WORK_SIDE_PX)
    size = (max(1, round(width_px / scale)), max(1, round(height_px / scale)))
    small = np.stack([shrunk(one, size) for one in grey]).astype(np.float32)
    small = small[lit_frames(small)]
    mean: Float = small.mean(axis=0)
    spread: Float = small.std(axis=0)
    # A median leaves the scan's edges where they are, which a blur would spread.
    smooth: Float = np.asarray(cv2.medianBlur(mean, 3 if len(small) > 4 else 5), dtype=np.float32)
    empty = _empty_level(smooth, spread)
    if empty is None:
        echo = np.ones(mean.shape, dtype=np.bool_)
        return PixelEvidence(echo, np.zeros_like(echo), scale, moves=bool(np.median(spread) > 1.5))

    level, noise = empty
    step: Float = np.abs(smooth - np.float32(level))
    least_step = max(_LEAST_STEP, 2.5 * noise / np.sqrt(len(small)))
    raised = step > least_step
    changes = spread > max(1.0, 1.6 * noise)
    clear = step > 2 * _LEAST_STEP
    typical_change = float(np.median(spread[clear])) if clear.any() else 0.0
    moves = len(small) > 2 and typical_change > max(1.5, 1.3 * noise)
    foreign = _foreign_colour(shrunk(colour, size)) if colour is not None else np.zeros(mean.shape, dtype=np.bool_)
    candidates = ((raised | changes) & ~_grown(foreign)).astype(np.uint8)
    body = cv2.morphologyEx(candidates, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    overlay = foreign | (~body & (np.abs(mean - np.float32(level)) > _STRONG_STEP))
    if moves:
        still = spread < max(1.0, 1.3 * noise) + 0.02 * step
        overlay |= _still_islands(body, still & (step > _LEAST_STEP))
    overlay = _grown(overlay)
    return PixelEvidence(body & ~overlay, overlay, scale, moves=moves)


def _grown(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _still_islands(body: Mask, still: Mask) -> Mask:
    """Find what stands apart and never changes. Still echoes exist, too, but only as a part of what moves."""
    count, labels = cv2.connectedComponents(body.astype(np.uint8), connectivity=4)
    area = np.bincount(labels.ravel(), minlength=count)
    unmoved = np.bincount(labels.ravel(), weights=still.ravel().astype(np.float64), minlength=count)
    islands = unmoved > 0.9 * area
    islands[0] = False
    return np.asarray(islands[labels], dtype=np.bool_)


def _empty_level(smooth: Float, spread: Float) -> tuple[float, float] | None:
    """Return grey level and noise of the empty screen, read off the frame's rim; None where echoes reach all round."""
    block = np.ones((3, 3), np.uint8)
    flat = np.asarray(cv2.dilate(smooth, block) - cv2.erode(smooth, block)) <= _FLAT_RANGE
    height, width = smooth.shape
    deep = max(2, round(0.04 * min(height, width)))
    rim = np.ones(smooth.shape, dtype=np.bool_)
    rim[deep : height - deep, deep : width - deep] = False
    chosen = rim & flat
    if chosen.sum() < _LEAST_EMPTY * rim.sum():
        return None
    counts = np.bincount(smooth[chosen].round().astype(np.int64), minlength=256).astype(np.float64)
    near = np.convolve(counts, np.ones(3), "same")
    # Where two greys are equally common on the rim, the darker one is the screen.
    level = int(np.argmax(near * np.linspace(1.0, 0.5, near.size)))
    like = chosen & (np.abs(smooth - level) <= 3)
    if like.sum() < _LEAST_EMPTY * rim.sum():
        return None
    return float(np.median(smooth[like])), float(np.median(spread[like]))


def _foreign_colour(colour: Pixels) -> Mask:
    """Find pixels whose tint differs from the one in which the whole recording is shown."""
    values = colour.astype(np.float32)
    grey = values.mean(axis=2)
    lit = grey > 20
    if lit.sum() < 16:
        return np.zeros(grey.shape, dtype=np.bool_)
    tint = np.median(values[lit] / grey[lit][:, None], axis=0)
    away = np.abs(values - grey[..., None] * tint).max(axis=2)
    return np.asarray(away > _FOREIGN_COLOUR, dtype=np.bool_)
