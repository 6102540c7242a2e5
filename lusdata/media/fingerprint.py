"""From a file to its fingerprint: which points of its pictures come back in frame after frame.

Ultrasound pictures resemble each other where they tell nothing: a bright fan on black. So brightness is first made
independent of gain and gamma (ranks of grey levels), then each place is held against its own surroundings, weighed by
what lies inside the scan; the fan, its edges and the falling off with depth vanish, and structures remain. Points are
scale-space extrema of that picture. From several frames those are kept that are found again in most of them: they
outlive a cut, another frame rate and a re-encoding, while speckle does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.fingerprint import MAX_POINTS, Fingerprint, differing_bits, encode
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.pixels import grey_pixels
from lusdata.media.decode.turn import displayed_size, turn_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["fingerprint", "signature", "undone_signatures"]

_FRAMES = 10
_LARGEST_SIDE_PX = 256
_SIDE_PX = 128
"""Pictures are looked at with the area of a square of this side."""
_POINTS_A_FRAME = 40
_LEAST_POINTS = 6
"""With fewer, a recording is too blank to be known again."""
_SMALLEST_PX, _LARGEST_PX = 3.5, 60.0
"""Diameters of points; smaller ones are speckle and grain of the codec."""
_SCAN_LEVEL = 3.0
"""Grey levels above black that count as inside the scan."""
_MOST_BLACK = 32.0
_SURROUNDINGS_PX = 9.0
_QUIET_CONTRAST = 0.05
"""Contrast, in ranks from 0 to 1, below which nothing is amplified."""
_UNDONE_GAMMAS, _UNDONE_WINDOWS = (0.6, 1.5), (0.81, 0.66)
_SAME_BITS, _SAME_PLACE_PX, _SAME_OCTAVES = 36, 6.4, 0.4

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]


def fingerprint(path: Path, *, kind: str = "video") -> str | None:
    """Return the fingerprint of a recording's file, all of it, whatever window a dataset keeps.

    Parameters
    ----------
    path : Path
        A video or a picture.
    kind : {"video", "image"}
        Of an image the first frame is taken.

    Returns
    -------
    str or None
        As a manifest holds it, below 1,000 characters; None if the pictures show too little to be known again.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video; see `lusdata.media.decode.decoder`.
    OSError
        If it cannot be read.
    """
    count = 1 if kind == "image" else _FRAMES

    def choose(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        return _even_positions(times_s.size, count) if count > 1 else np.zeros(1, dtype=np.int64)

    def take(frame: VideoFrame) -> Grey:
        turn = turn_of(path, frame)
        width_px, height_px = displayed_size(frame, turn)
        pixels = grey_pixels(frame, Box(0, 0, width_px, height_px), turn)
        return _shrunk(pixels, _LARGEST_SIDE_PX / max(width_px, height_px)).copy()

    return signature([taken.value for taken in decode(path, choose, take)])


def signature(frames: Sequence[Grey] | Grey, *, side_px: int = _SIDE_PX) -> str | None:
    """Return the fingerprint of frames.

    Parameters
    ----------
    frames : sequence of np.ndarray, each of shape (height, width), uint8
        Grey levels in order of time. Up to ten of them, evenly spread, are looked at; those of another size than the
        first are brought to it.
    side_px : int
        Side of the square of whose area the pictures are made before points are sought. What a manifest keeps has the
        default; a smaller one finds in a window the points that the whole picture had.

    Returns
    -------
    str or None
        As `fingerprint`.
    """
    if not len(frames):
        return None
    shape = frames[0].shape
    chosen = [frames[position] for position in _even_positions(len(frames), _FRAMES)]
    stack = np.stack(
        [one if one.shape == shape else cast("Grey", cv2.resize(one, (shape[1], shape[0]))) for one in chosen]
    ).astype(np.float32)
    # What is black everywhere may be dark grey after a change of contrast.
    stack = np.maximum(stack - min(float(np.percentile(stack, 1)), _MOST_BLACK), 0.0)
    stack = _content(stack)
    height_px, width_px = stack.shape[1:]
    scale = side_px / float(np.sqrt(height_px * width_px))
    size_px = (max(16, round(width_px * scale)), max(16, round(height_px * scale)))
    ranks = _ranks(stack)
    found = [_points(cast("Floats", _resized(frame, size_px)), ranks) for frame in stack]
    places = np.concatenate([points[0] for points in found])
    bits = np.concatenate([points[1] for points in found])
    frame_of = np.repeat(np.arange(len(found)), [len(points[0]) for points in found])
    if len(places) < _LEAST_POINTS:
        return None
    kept = _lasting(places, bits, frame_of)
    if len(kept) < _LEAST_POINTS:
        return None
    normal = np.column_stack([places[kept, :2] / _SIDE_PX, np.log2(places[kept, 2])]).astype(np.float32)
    return encode(Fingerprint(normal, bits[kept]))


def undone_signatures(frames: Sequence[Grey]) -> list[str]:
    """Return the fingerprints of frames if they are a copy, with what copies suffer undone in turn.

    A copy that was darkened or brightened, or is a small window of its original, keeps too few of the original's
    points. Made brighter, darker, or as small as it was in the whole, it has them again.

    Parameters
    ----------
    frames : sequence of np.ndarray, each of shape (height, width), uint8
        As `signature`.

    Returns
    -------
    list of str
        At most four. They serve to look the recording up; a manifest keeps the plain one.
    """
    levels = np.arange(256) / 255
    bright, dark = (np.rint(255 * levels**gamma).astype(np.uint8) for gamma in _UNDONE_GAMMAS)
    tried = (
        signature([bright[one] for one in frames]),
        signature([dark[one] for one in frames]),
        *(signature(frames, side_px=round(part * _SIDE_PX)) for part in _UNDONE_WINDOWS),
    )
    return [one for one in tried if one is not None]


def _even_positions(count: int, wanted: int) -> NDArray[np.int64]:
    wanted = min(wanted, count)
    return np.unique(np.floor((np.arange(wanted) + 0.5) * count / wanted).astype(np.int64))


def _shrunk(pixels: Grey, scale: float) -> Grey:
    if scale >= 1:
        return pixels
    height_px, width_px = pixels.shape
    size_px = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    return cast("Grey", cv2.resize(pixels, size_px, interpolation=cv2.INTER_AREA))


def _resized(image: NDArray[Any], size_px: tuple[int, int]) -> NDArray[Any]:
    shrinks = image.shape[1] > size_px[0]
    return cast(
        "NDArray[Any]", cv2.resize(image, size_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _blurred(image: NDArray[Any], sigma_px: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(image, (0, 0), sigma_px))


def _content(stack: Floats) -> Floats:
    """Cut off borders in which no frame shows anything."""
    # Not the brightest: a flash in one frame is no content.
    brightest = _blurred(np.sort(stack, axis=0)[-2 if len(stack) > 2 else -1], 2.0)
    lit = brightest > max(6.0, 0.03 * float(brightest.max()))
    rows = np.flatnonzero(lit.mean(axis=1) > 0.02)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.02)
    if min(rows.size, columns.size) < 16:
        return stack
    return stack[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _ranks(stack: Floats) -> Floats:
    """Return for each grey level the share of darker pixels, 0 to 1; black ones do not count."""
    counts = np.bincount(stack.astype(np.uint8).ravel(), minlength=256).astype(np.float64)
    counts[: int(_SCAN_LEVEL) + 1] = 0
    ranks: Floats = ((np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)).astype(np.float32)
    return ranks


def _flattened(frame: Floats, ranks: Floats) -> Grey:
    """Hold each place against its surroundings inside the scan: 128 is as bright as these."""
    inside = (_blurred(frame, 2.0) > _SCAN_LEVEL).astype(np.float32)
    inside = cast("Floats", cv2.erode(inside, np.ones((5, 5), dtype=np.uint8)))
    levels = np.interp(frame, np.arange(256), ranks).astype(np.float32)
    weight = _blurred(inside, _SURROUNDINGS_PX) + np.float32(1e-3)
    difference = (levels - _blurred(levels * inside, _SURROUNDINGS_PX) / weight) * inside
    contrast = np.sqrt(_blurred(difference * difference, _SURROUNDINGS_PX) / weight) + _QUIET_CONTRAST
    flat = np.clip(difference / contrast, -2.5, 2.5) * inside
    return np.clip(128 + 50 * flat, 0, 255).astype(np.uint8)


def _points(frame: Floats, ranks: Floats) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return the strongest points of one frame: column, row, diameter and strength of each; and their bits."""
    flat = _flattened(frame, ranks)
    finder = cv2.SIFT.create(nOctaveLayers=4, contrastThreshold=0.01, edgeThreshold=12, sigma=1.8)
    best: dict[tuple[float, float, float], cv2.KeyPoint] = {}
    for point in finder.detect(flat, None):
        if _SMALLEST_PX <= point.size < _LARGEST_PX:
            # Ultrasound is never turned: a point needs no direction of its own, and has one place only.
            point.angle = 0.0
            best.setdefault((round(point.pt[0], 1), round(point.pt[1], 1), round(point.size, 1)), point)
    # The finder runs on several threads and promises no order.
    order = sorted(best.items(), key=lambda item: (-_strength(item[1]), item[0]))[:_POINTS_A_FRAME]
    if not order:
        return np.zeros((0, 4)), np.zeros((0, 16), dtype=np.uint8)
    points, gradients = finder.compute(flat, [point for _, point in order])
    places = np.array([(*point.pt, point.size, _strength(point)) for point in points])
    middle = np.maximum(np.median(gradients, axis=1, keepdims=True), 0.5)
    return places, np.packbits(gradients > middle, axis=1)


def _strength(point: cv2.KeyPoint) -> float:
    return float(point.response * point.size)


def _lasting(places: NDArray[Any], bits: NDArray[np.uint8], frame_of: NDArray[Any]) -> list[int]:
    """Choose points by the number of frames in which they are found again, each only once."""
    apart = np.abs(places[:, None, :2] - places[None, :, :2])
    octaves = np.abs(np.log2(places[:, None, 2] / places[None, :, 2]))
    same = (np.hypot(apart[..., 0], apart[..., 1]) < _SAME_PLACE_PX) & (octaves < _SAME_OCTAVES)
    same &= differing_bits(bits, bits) < _SAME_BITS
    in_frame = np.eye(frame_of.max() + 1)[frame_of]
    found_in = same @ in_frame
    strength = np.sqrt(np.minimum(places[:, 3] / np.median(places[:, 3]), 3.0))
    left = np.ones(len(places), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < MAX_POINTS and left.any():
        position = int(np.argmax((found_in > 0.5).sum(axis=1) * strength * left))
        chosen.append(position)
        gone = np.flatnonzero(left & same[position])
        left[gone] = False
        found_in -= same[:, gone] @ in_frame[gone]
    return chosen
