"""From a file to its fingerprint: its points as it is, and those that a copy or an original of it would show.

A copy that was darkened, cut to a window or laid into a screen shares too few points with its original as it is. Made
brighter, looked at more closely, or freed from what stands still around it, it shares many. All of that is looked at
once and kept in the fingerprint, so that it can be compared with any other without the files; and since it is done to
every recording, the original may as well be the one that comes second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.fingerprint import MAX_POINTS, PLAIN_POINTS, Fingerprint, encode
from lusdata.catalog.likeness import differing_bits
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import grey_pixels
from lusdata.media.points import SIDE_PX, Points, lasting_points

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["fingerprint", "signature"]

_FRAMES = 10
_LARGEST_SIDE_PX, _SCREEN_SIDE_PX = 256, 1024
"""Frames are looked at so large; what moves in them, and may be a small part of a screen, is cut from larger ones."""
_LEAST_POINTS = 6
"""With fewer, a recording is too blank to be known again."""
_A_FRAME, _CLOSER_A_FRAME = 40, 100
_CLOSER_PX = 192
"""So large, the whole picture shows the points that a window of 45 % of its area has."""
_MOST_MOVING, _MOST_CLOSER = 26, 44
_MOST_OF_GAMMA = {0.4: 10, 2.2: 17, 3.0: 21}
"""How many further points are kept of each kind."""
_SPARE = 40
"""So many more are sought, since some are there already."""
_LEAST_MOVING_PX, _MOVING_LEVELS, _MOVING_PART, _MOVING_SHARE = 24, 2.0, 0.15, 0.04
_SAME_PLACE, _SAME_OCTAVES, _SAME_BITS = 0.05, 0.4, 36

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
        As a manifest holds it, below 4,000 characters; None if the pictures show too little to be known again.

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

    def take(frame: VideoFrame) -> tuple[Grey, Grey]:
        turn = turn_of(path, frame)
        width_px, height_px = displayed_size(frame, turn)
        pixels = grey_pixels(frame, Box(0, 0, width_px, height_px), turn)
        side_px = max(width_px, height_px)
        return _shrunk(pixels, _LARGEST_SIDE_PX / side_px).copy(), _shrunk(pixels, _SCREEN_SIDE_PX / side_px).copy()

    taken = [one.value for one in decode(path, choose, take)]
    return signature([small for small, _ in taken], larger=[large for _, large in taken])


def signature(frames: Sequence[Grey] | Grey, *, larger: Sequence[Grey] | Grey | None = None) -> str | None:
    """Return the fingerprint of frames.

    Parameters
    ----------
    frames : sequence of np.ndarray, each of shape (height, width), uint8
        Grey levels in order of time. Up to ten of them, evenly spread, are looked at; those of another size than the
        first are brought to it.
    larger : sequence of np.ndarray, optional
        The same frames, larger, from which a part that moves is cut.

    Returns
    -------
    str or None
        As `fingerprint`.
    """
    if not len(frames):
        return None
    stack = _stacked(frames)
    plain = lasting_points(stack, most=PLAIN_POINTS, a_frame=_A_FRAME)
    if len(plain.bits) < _LEAST_POINTS:
        return None
    normal = np.column_stack([plain.places[:, :2] / SIDE_PX, np.log2(plain.places[:, 2])])
    places, bits = [normal], [plain.bits]
    for points, origin, scale, most in _altered(stack, stack if larger is None else _stacked(larger)):
        further = _placed(points, origin, scale, plain)
        new = _new_points(further, points.bits, np.concatenate(places), np.concatenate(bits))[:most]
        places.append(further[new])
        bits.append(points.bits[new])
    every = Fingerprint(np.concatenate(places).astype(np.float32), np.ascontiguousarray(np.concatenate(bits)))
    return encode(Fingerprint(every.places[:MAX_POINTS], every.bits[:MAX_POINTS]))


def _stacked(frames: Sequence[Grey] | Grey) -> Grey:
    shape = frames[0].shape
    chosen = [frames[position] for position in _even_positions(len(frames), _FRAMES)]
    return np.stack(
        [one if one.shape == shape else cast("Grey", cv2.resize(one, (shape[1], shape[0]))) for one in chosen]
    )


def _altered(stack: Grey, larger: Grey) -> Iterator[tuple[Points, tuple[int, int], float, int]]:
    """Yield the points that altered frames show, and how many of them to take.

    Between them: where the frames begin in the whole, and how large a pixel of theirs is there.
    """
    # What lasts in every second one lasts in all.
    few = stack[::2] if len(stack) > _FRAMES // 2 else stack
    left_px, top_px, right_px, bottom_px = _moving_part(stack)
    origin_px, zoom = (left_px, top_px), larger.shape[2] / stack.shape[2]
    rows, columns = (slice(round(a * zoom), round(b * zoom)) for a, b in ((top_px, bottom_px), (left_px, right_px)))
    part = (larger[::2] if len(larger) > _FRAMES // 2 else larger)[:, rows, columns]
    shrink = _LARGEST_SIDE_PX / max(part.shape[1:])
    moving = np.stack([_shrunk(one, shrink) for one in part])
    pixel = 1 / (zoom * min(1.0, shrink))
    yield lasting_points(moving, most=_MOST_MOVING + _SPARE, a_frame=_A_FRAME), origin_px, pixel, _MOST_MOVING
    closer = lasting_points(few, most=_MOST_CLOSER + _SPARE, a_frame=_CLOSER_A_FRAME, side_px=_CLOSER_PX)
    yield closer, (0, 0), 1.0, _MOST_CLOSER
    for gamma, most in _MOST_OF_GAMMA.items():
        levels = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
        yield lasting_points(levels[moving], most=most + _SPARE, a_frame=_A_FRAME), origin_px, pixel, most


def _moving_part(stack: Grey) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what changes; of a still picture, of what has any structure."""
    height_px, width_px = stack.shape[1:]
    smooth = [cv2.GaussianBlur(one.astype(np.float32), (0, 0), 1.5) for one in stack]
    if len(stack) > 2:
        seen = np.std(smooth, axis=0)
    else:
        slopes = [np.hypot(cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)) for one in smooth]
        seen = np.asarray(cv2.GaussianBlur(np.mean(slopes, axis=0), (0, 0), 2.0))
    lively = seen > max(_MOVING_LEVELS, _MOVING_PART * float(np.quantile(seen, 0.98)))
    rows = np.flatnonzero(lively.mean(axis=1) > _MOVING_SHARE)
    columns = np.flatnonzero(lively.mean(axis=0) > _MOVING_SHARE)
    if min(rows.size, columns.size) < _LEAST_MOVING_PX:
        return 0, 0, width_px, height_px
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _placed(points: Points, origin_px: tuple[int, int], pixel: float, plain: Points) -> NDArray[Any]:
    """Return places as the plain points have them, whatever the points were sought in, shape (n, 3)."""
    left_px, top_px, width_px, height_px = points.box
    scale = pixel * np.sqrt(width_px * height_px / (points.size_px[0] * points.size_px[1]))
    side_px = np.sqrt(plain.box[2] * plain.box[3])
    begin_px = np.array([origin_px[0] + left_px * pixel - plain.box[0], origin_px[1] + top_px * pixel - plain.box[1]])
    columns_rows = (points.places[:, :2] * scale + begin_px) / side_px
    sizes = np.log2(points.places[:, 2] * scale / side_px * SIDE_PX)
    return np.column_stack([columns_rows, sizes])


def _new_points(
    places: NDArray[Any], bits: NDArray[np.uint8], there: NDArray[Any], bits_there: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return which points are not there already, and can be written down."""
    apart = np.abs(places[:, None, :2] - there[None, :, :2])
    same = (np.hypot(apart[..., 0], apart[..., 1]) < _SAME_PLACE) & (
        np.abs(places[:, None, 2] - there[None, :, 2]) < _SAME_OCTAVES
    )
    same &= differing_bits(np.ascontiguousarray(bits), bits_there) < _SAME_BITS
    inside = (places[:, :2] >= 0).all(axis=1) & (places[:, 2] >= 0)
    return np.flatnonzero(inside & ~same.any(axis=1))


def _even_positions(count: int, wanted: int) -> NDArray[np.int64]:
    wanted = min(wanted, count)
    return np.unique(np.floor((np.arange(wanted) + 0.5) * count / wanted).astype(np.int64))


def _shrunk(pixels: Grey, scale: float) -> Grey:
    if scale >= 1:
        return pixels
    height_px, width_px = pixels.shape
    size_px = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    return cast("Grey", cv2.resize(pixels, size_px, interpolation=cv2.INTER_AREA))
