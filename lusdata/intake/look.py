"""Looking at a contribution: decode all of it, and find scan, text, and what it resembles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lusdata.arguments import path_of
from lusdata.budget import BUDGET
from lusdata.errors import DataError, DecodeError
from lusdata.intact import intact
from lusdata.media.crop import Box, crop_box
from lusdata.media.decode.decoder import Choice, decode
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import rgb_pixels
from lusdata.media.decode.spending import spending
from lusdata.media.facts import MediaFacts, media_facts, sha256_of
from lusdata.media.fingerprint import fingerprint
from lusdata.media.sector.finder import SURE, Sector, find_sector
from lusdata.media.text.finder import TextFinding, find_text

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["SURE", "Look", "all_frames", "evenly", "look", "proposed_crop", "sampled_frames"]

_SAMPLED = 16
_SAMPLE_BYTES = 256 << 20
_LEAST_SIDE_PX = 32


@dataclass(frozen=True, eq=False)
class Look:
    """What a file shows.

    Attributes
    ----------
    facts : MediaFacts
        By decoding all of it.
    sha256 : str
        Digest.
    size_bytes : int
        Size.
    frames : np.ndarray, shape (n, height, width, 3), uint8
        A few whole frames, spread evenly.
    sector : Sector
        Where the scan lies.
    text : TextFinding
        Where text was found.
    fingerprint : str or None
        Perceptual signature; None where too little is seen.
    """

    facts: MediaFacts
    sha256: str
    size_bytes: int
    frames: NDArray[np.uint8]
    sector: Sector
    text: TextFinding
    fingerprint: str | None


def look(path: Path) -> Look:
    """Look at a video or a picture.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Look
        What it shows.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video, or is beyond the limits of `lusdata.media.decode.decoder`.
    DataError
        If it is too small to show a lung.
    OSError
        If it cannot be read.
    """
    with spending(path):
        return _look(path)


def _look(path: Path) -> Look:
    # Before anything else, so that a file that grows or shrinks meanwhile has another digest than this in the end.
    sha256 = sha256_of(path)
    # Then these, since most containers tell a file of hours by its packets, before any of it is decoded.
    frames = sampled_frames(path)
    height_px, width_px = frames.shape[1:3]
    if min(height_px, width_px) < _LEAST_SIDE_PX:
        raise DataError(
            "too small for a recording",
            where=str(path),
            expected=f"at least {_LEAST_SIDE_PX} px on a side",
            found=f"{width_px} x {height_px} px",
        )
    facts = media_facts(path)
    sector = find_sector(frames)
    return Look(
        facts=facts,
        sha256=sha256,
        size_bytes=path.stat().st_size,
        frames=frames,
        sector=sector,
        text=find_text(frames, sector=sector, read=True),
        fingerprint=fingerprint(path, kind="video" if facts.frame_count > 1 else "image"),
    )


def sampled_frames(path: str | Path, *, most: int = _SAMPLED, sha256: str | None = None) -> NDArray[np.uint8]:
    """Return whole frames of a file, spread evenly, as RGB: what `find_sector` looks at.

    Parameters
    ----------
    path : str or Path
        A video or a picture.
    most : int
        Number of frames; fewer of large ones.
    sha256 : str, optional
        Its digest, as for `lusdata.media.frames.read_frames`.

    Returns
    -------
    np.ndarray, shape (n, height, width, 3), uint8
        At least one.

    Raises
    ------
    DamagedError
        If the file does not have its digest, or changed while it was read.
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    path = path_of(path, where="path")
    with intact(path, sha256):
        first = _take(path, lambda times_s: np.zeros(1, dtype=np.int64))[0]
        room = max(1, min(most, _SAMPLE_BYTES // first.nbytes))

        def spread(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
            return np.unique(np.linspace(0, times_s.size - 1, room).round().astype(np.int64))

        taken = [first] if room == 1 else _take(path, spread)
        return _stack(path, taken)


def all_frames(path: Path) -> tuple[NDArray[np.uint8], tuple[float, ...]]:
    """Return every frame of a file as RGB, with its time in seconds from the first.

    Raises
    ------
    DataError
        If they do not fit into memory.
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    first = _take(path, lambda times_s: np.zeros(1, dtype=np.int64))[0]
    most = BUDGET.held_bytes // first.nbytes
    seen: list[tuple[float, ...]] = []

    def every(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        if times_s.size > most:
            hint = "cut it to the part that matters first"
            raise DataError("too large to be copied", expected=f"at most {most:,} frames of this size", hint=hint)
        seen.append(tuple(float(time_s) for time_s in times_s))
        return np.arange(times_s.size, dtype=np.int64)

    frames = _stack(path, _take(path, every))
    return frames, seen[-1]


def evenly(frames: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Return up to `most` of some frames, spread evenly."""
    spread: NDArray[np.uint8] = frames[np.unique(np.linspace(0, len(frames) - 1, most).round().astype(int))]
    return spread


def _take(path: Path, choose: Choice) -> list[NDArray[np.uint8]]:
    def whole(frame: VideoFrame) -> NDArray[np.uint8]:
        turn = turn_of(path, frame)
        # A view into the decoder's memory would be overwritten by the next frame.
        return rgb_pixels(frame, Box(0, 0, *displayed_size(frame, turn)), turn).copy()

    return [one.value for one in decode(path, choose, whole)]


def _stack(path: Path, frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if len({frame.shape for frame in frames}) > 1:
        raise DecodeError("the frame size changes within the video", where=str(path))
    return np.stack(frames)


def proposed_crop(seen: Look) -> Box | None:
    """Return the sector finder's square, if it is sure enough and says something.

    Of several scans on one screen one is proposed, however sure: the largest centred square would lie across two.

    Returns
    -------
    Box or None
        None where it is unsure, or agrees with the largest centred square, which is used without a manifest saying so.
    """
    sector, default = seen.sector, crop_box(seen.facts.width_px, seen.facts.height_px)
    is_sure_enough = sector.confidence >= SURE or bool(sector.other_squares)
    if not is_sure_enough or sector.square_box == default:
        return None
    return Box(*(int(edge) for edge in sector.square_box))
