"""A small clip or picture of every container and codec that lusdata reads, whose content is known.

`lusdata doctor` decodes them all the way a build does: that a package can be imported, or lists a codec, does not say
that it gives the right pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.media.lossless import lossless_bytes

__all__ = ["GREYS", "RATE_HZ", "TRIALS", "Trial", "fault_of", "write_trial"]

GREYS = (60, 90, 120, 150, 180)
"""Grey of each frame of a clip; a picture has the first."""
RATE_HZ = 25

_SIZE_PX = (176, 144)
_DV_SIZE_PX = (720, 576)
_GREY_SLACK = 6
_TIME_SLACK_S = 0.0015
_QUIET = {"libx264": {"x264-params": "log-level=none"}, "libx265": {"x265-params": "log-level=none"}}
_PICTURE_SUFFIXES = frozenset({".bmp", ".jpg", ".png", ".tiff", ".webp"})


@dataclass(frozen=True)
class Trial:
    """One thing to try.

    Attributes
    ----------
    name : str
        Container and codec, for people.
    suffix : str
        End of the file's name.
    muxer, encoder, pixel_format : str
        As FFmpeg names them; empty for a still picture, which OpenCV writes.
    timed : bool
        Whether the container states times.
    """

    name: str
    suffix: str
    muxer: str = ""
    encoder: str = ""
    pixel_format: str = "yuv420p"
    timed: bool = True

    @property
    def kind(self) -> str:
        """Either ``video`` or ``image``, as in a manifest."""
        return "image" if self.suffix in _PICTURE_SUFFIXES else "video"


TRIALS = (
    Trial("MP4, H.264", ".mp4", "mp4", "libx264"),
    Trial("MP4, H.265", ".mp4", "mp4", "libx265"),
    Trial("MP4, MPEG-4", ".mp4", "mp4", "mpeg4"),
    Trial("MP4, AV1", ".mp4", "mp4", "libsvtav1"),
    Trial("3GP, H.263", ".3gp", "3gp", "h263"),
    Trial("QuickTime, H.264 4:4:4", ".mov", "mov", "libx264", "yuv444p"),
    Trial("QuickTime, ProRes", ".mov", "mov", "prores_ks", "yuv422p10le"),
    Trial("QuickTime, JPEG 2000", ".mov", "mov", "jpeg2000"),
    Trial("AVI, MPEG-4", ".avi", "avi", "mpeg4"),
    Trial("AVI, Motion JPEG", ".avi", "avi", "mjpeg", "yuvj420p"),
    Trial("AVI, MS-MPEG-4", ".avi", "avi", "msmpeg4"),
    Trial("AVI, raw pictures", ".avi", "avi", "rawvideo", "bgr24"),
    Trial("AVI, HuffYUV", ".avi", "avi", "huffyuv", "yuv422p"),
    Trial("AVI, FFVHuff", ".avi", "avi", "ffvhuff"),
    Trial("AVI, Ut Video", ".avi", "avi", "utvideo"),
    Trial("AVI, PNG", ".avi", "avi", "png", "gray"),
    Trial("MPEG program stream, MPEG-1", ".mpg", "mpeg", "mpeg1video"),
    Trial("MPEG program stream, MPEG-2", ".mpg", "mpeg", "mpeg2video"),
    Trial("MPEG transport stream, H.264", ".ts", "mpegts", "libx264"),
    Trial("raw MPEG-2", ".m2v", "mpeg2video", "mpeg2video", timed=False),
    Trial("raw MPEG-4", ".m4v", "m4v", "mpeg4", timed=False),
    Trial("raw H.264", ".h264", "h264", "libx264", timed=False),
    Trial("raw H.265", ".hevc", "hevc", "libx265", timed=False),
    Trial("Matroska, FFV1", ".mkv"),
    Trial("WebM, VP8", ".webm", "webm", "libvpx"),
    Trial("WebM, VP9", ".webm", "webm", "libvpx-vp9"),
    Trial("ASF, WMV 2", ".wmv", "asf", "wmv2"),
    Trial("Flash, FLV1", ".flv", "flv", "flv"),
    Trial("Ogg, VP8", ".ogv", "ogg", "libvpx"),
    Trial("DV", ".dv", "dv", "dvvideo"),
    Trial("GIF", ".gif", "gif", "gif", "gray"),
    Trial("animated PNG", ".apng", "apng", "apng", "gray"),
    Trial("PNG", ".png"),
    Trial("JPEG", ".jpg"),
    Trial("BMP", ".bmp"),
    Trial("TIFF", ".tiff"),
    Trial("WebP", ".webp"),
)
"""At least one of every container, and of every codec that the decoding ways know by name."""


def write_trial(trial: Trial, folder: Path, pictures: NDArray[np.uint8] | None = None) -> Path | None:
    """Write the file of a trial.

    Parameters
    ----------
    trial : Trial
        What to write.
    folder : Path
        Where to; it exists.
    pictures : np.ndarray, shape (n, h, w), uint8, optional
        What to show in place of `GREYS`.

    Returns
    -------
    Path or None
        The file; None if this build of PyAV cannot write the codec, which says nothing of reading it.
    """
    path = folder / f"{TRIALS.index(trial):02d}{trial.suffix}"
    width_px, height_px = _DV_SIZE_PX if trial.encoder == "dvvideo" else _SIZE_PX
    if pictures is None:
        pictures = np.stack([np.full((height_px, width_px), grey, np.uint8) for grey in GREYS])
    elif trial.encoder == "dvvideo":
        pictures = np.stack([cv2.resize(picture, _DV_SIZE_PX) for picture in pictures]).astype(np.uint8)
    if trial.kind == "image":
        _, data = cv2.imencode(trial.suffix, pictures[0])
        path.write_bytes(data.tobytes())
    elif not trial.muxer:
        # What clean copies are written in.
        path.write_bytes(lossless_bytes(pictures, [index / RATE_HZ for index in range(len(pictures))]))
    elif not _can_write(trial.encoder):
        return None
    else:
        _encode(trial, path, pictures)
    return path


def _can_write(encoder: str) -> bool:
    try:
        av.Codec(encoder, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _encode(trial: Trial, path: Path, pictures: NDArray[np.uint8]) -> None:
    clock = Fraction(1, RATE_HZ)
    with _usual_priority(), _quiet_encoder(trial.encoder), av.open(path, "w", format=trial.muxer) as out:
        stream = cast("av.VideoStream", out.add_stream(trial.encoder, rate=RATE_HZ, options=_QUIET.get(trial.encoder)))
        context = stream.codec_context
        context.height, context.width = pictures.shape[1:3]
        context.pix_fmt, context.time_base, context.thread_count = trial.pixel_format, clock, 1
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.repeat(picture[:, :, None], 3, axis=2), format="rgb24")
            frame = frame.reformat(format=trial.pixel_format)
            frame.pts, frame.time_base = index, clock
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@contextmanager
def _usual_priority() -> Iterator[None]:
    """Give the process back its priority: SVT-AV1 makes it a real-time one where it may, and so all that it starts."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != before[0]:
            os.sched_setscheduler(0, *before)


@contextmanager
def _quiet_encoder(encoder: str) -> Iterator[None]:
    """Keep an AV1 encoder, which hears of no option for it, from writing to the terminal."""
    if encoder != "libsvtav1" or "SVT_LOG" in os.environ:
        yield
        return
    os.environ["SVT_LOG"] = "0"
    try:
        yield
    finally:
        del os.environ["SVT_LOG"]


def fault_of(trial: Trial, greys: Sequence[float], times_s: Sequence[float]) -> str:
    """Tell what is wrong with what was decoded.

    Parameters
    ----------
    trial : Trial
        What was tried.
    greys : sequence of float
        Mean grey of each frame.
    times_s : sequence of float
        Time of each frame, in seconds from the first.

    Returns
    -------
    str
        The fault as a clause; empty if all is right.

    Examples
    --------
    >>> fault_of(TRIALS[0], [61, 90, 120, 149, 180], [0, 0.04, 0.08, 0.12, 0.16])
    ''
    >>> fault_of(TRIALS[0], [16, 16, 16, 16, 16], [0, 0.04, 0.08, 0.12, 0.16])
    'wrong pictures; expected greys 60, 90, 120, 150, 180; found 16, 16, 16, 16, 16'
    """
    expected = GREYS[:1] if trial.kind == "image" else GREYS
    if len(greys) != len(expected):
        return f"wrong number of frames; expected {len(expected)}; found {len(greys)}"
    if max(abs(found - right) for found, right in zip(greys, expected, strict=True)) > _GREY_SLACK:
        shown = ", ".join(f"{grey:.0f}" for grey in greys)
        return f"wrong pictures; expected greys {', '.join(map(str, expected))}; found {shown}"
    right_s = [index / RATE_HZ for index in range(len(expected))]
    if trial.timed and max(abs(found - right) for found, right in zip(times_s, right_s, strict=True)) > _TIME_SLACK_S:
        return f"wrong times; expected {right_s} s; found {[round(time_s, 4) for time_s in times_s]} s"
    return ""
