"""Writing recordings in every container and codec that real collections hold.

Two writers were measured on 60 grey frames of 400 by 304 pixels, H.264 at the same settings: PyAV takes 0.20 s of CPU,
a pipe to imageio-ffmpeg's program 0.28 s, since the program starts anew for each file. PyAV also sets each frame's
time, which a pipe of raw pictures cannot say, and variable frame rates need it. It is therefore the only writer here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags

from lusdata.atomic import write_bytes
from lusdata.errors import UsageError

__all__ = ["FORMS", "Form", "write_image", "write_video"]

Pictures = npt.NDArray[np.uint8]

# Fixed, so that the same frames give the same bytes on one machine. Slower presets of x264 do not keep that: their
# lookahead reads memory that it never wrote.
_ENCODER_OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"preset": "superfast", "crf": "19", "threads": "1"},
    "mpeg4": {"flags": "+qscale", "global_quality": "354", "threads": "1"},
    "mpeg2video": {"flags": "+qscale", "global_quality": "354", "threads": "1"},
    "gif": {},
}
_MPEG2_RATES = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60))
_MUXERS = {".mp4": "mp4", ".mov": "mov", ".avi": "avi", ".mpeg": "mpeg", ".mpg": "mpeg", ".gif": "gif"}
_CODECS = {"mp4": "libx264", "mov": "libx264", "avi": "mpeg4", "mpeg": "mpeg2video", "gif": "gif"}
_CLOCK_HZ = 90_000


@dataclass(frozen=True)
class Form:
    """One way in which recordings come.

    Attributes
    ----------
    suffix : str
        End of the file's name, as found in the wild: it need not fit the container.
    container, codec, pixel_format : str
        As FFmpeg names them.
    full_range : bool
        Whether luma uses 0 to 255 in place of 16 to 235.
    variable : bool
        Whether the time between frames varies.
    """

    suffix: str
    container: str
    codec: str
    pixel_format: str = "yuv420p"
    full_range: bool = False
    variable: bool = False


FORMS: dict[str, Form] = {
    "mp4": Form(".mp4", "mp4", "libx264"),
    "mp4-444": Form(".mp4", "mp4", "libx264", "yuv444p"),
    "mp4-full-range": Form(".mp4", "mp4", "libx264", full_range=True),
    "mp4-variable": Form(".mp4", "mp4", "libx264", variable=True),
    "mov": Form(".mov", "mov", "libx264"),
    "mov-444": Form(".mov", "mov", "libx264", "yuv444p"),
    "mov-named-avi": Form(".avi", "mov", "libx264"),
    "avi": Form(".avi", "avi", "mpeg4"),
    "mpeg": Form(".mpeg", "mpeg", "mpeg2video"),
    "gif": Form(".gif", "gif", "gif", "gray"),
}
"""Every form of video in the public collections."""


def write_video(
    path: Path,
    frames: Pictures,
    *,
    rate_hz: float = 15.0,
    container: str | None = None,
    codec: str | None = None,
    pixel_format: str | None = None,
    full_range: bool = False,
    times_s: Sequence[float] | None = None,
) -> None:
    """Write a video, whole or not at all; the same frames and settings give the same bytes.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    frames : np.ndarray, shape (t, h, w) or (t, h, w, 3), uint8
        Grey or RGB pictures, 0 to 255.
    rate_hz : float
        Frames per second. MPEG-2 knows only 24, 25, 29.97, 30, 50 and 60.
    container : {"mp4", "mov", "avi", "mpeg", "gif"}, optional
        By default what the file's suffix says.
    codec : {"libx264", "mpeg4", "mpeg2video", "gif"}, optional
        By default the usual one of the container.
    pixel_format : str, optional
        ``yuv420p`` (the default) or ``yuv444p``; a GIF always has a palette.
    full_range : bool
        Write luma as 0 to 255, marked as such, in place of 16 to 235.
    times_s : sequence of float, optional
        Rising presentation time of each frame from 0, in seconds, for a variable frame rate; replaces `rate_hz`.

    Raises
    ------
    UsageError
        If the container, the rate, the frame size or the times cannot be written.
    """
    container = container or _MUXERS.get(path.suffix.lower(), "")
    if container not in _CODECS:
        raise UsageError(
            "unknown container", where=str(path), expected=", ".join(sorted(_CODECS)), found=repr(container)
        )
    codec = codec or _CODECS[container]
    if codec not in _ENCODER_OPTIONS:
        raise UsageError(
            "unknown codec", where=str(path), expected=", ".join(sorted(_ENCODER_OPTIONS)), found=repr(codec)
        )
    _check_pictures(path, frames)
    if codec == "gif":
        # A GIF has a palette: 256 greys, or a fixed one of 256 colours.
        pixel_format = "gray" if frames.ndim == 3 else "rgb8"
    pixel_format = pixel_format or "yuv420p"
    halved = "420" in pixel_format
    if full_range:
        # FFmpeg's word for full range is a letter in the format; only so do all its releases convert to it.
        pixel_format = pixel_format.replace("yuv4", "yuvj4")
    height, width = frames.shape[1:3]
    if codec == "libx264" and halved and (width % 2 or height % 2):
        raise UsageError(
            "this codec halves the colour and needs even sides",
            where=str(path),
            expected="even width and height",
            found=f"{width} x {height}",
            hint="use yuv444p, or crop one pixel",
        )
    rate = Fraction(rate_hz).limit_denominator(1001)
    if codec == "mpeg2video" and rate not in _MPEG2_RATES:
        raise UsageError(
            "MPEG-2 has no such frame rate", where=str(path), expected="24, 25, 29.97, 30, 50 or 60", found=f"{rate_hz}"
        )
    clock = Fraction(1, 100) if codec == "gif" else Fraction(1, _CLOCK_HZ) if times_s is not None else 1 / rate
    ticks = _ticks(path, len(frames), rate, clock, times_s)

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as out:
        stream = cast("av.VideoStream", out.add_stream(codec, rate=rate, options=dict(_ENCODER_OPTIONS[codec])))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, pixel_format
        context.time_base = clock
        context.flags |= Flags.bitexact
        context.thread_count = 1
        if full_range:
            context.color_range = 2
        # Without a stated duration the muxer guesses the last frame's from frames that were reordered.
        gaps = [later - earlier for earlier, later in pairwise(ticks)]
        shown_for = dict(zip(ticks, [*gaps, gaps[-1] if gaps else 1], strict=True))
        for packet in _packets(stream, frames, ticks, clock, full_range=full_range):
            if packet.pts in shown_for:
                packet.duration = shown_for[packet.pts]
            out.mux(packet)
    write_bytes(path, buffer.getvalue())


def write_image(path: Path, picture: Pictures) -> None:
    """Write a still picture as PNG or JPEG, after its suffix.

    Parameters
    ----------
    path : Path
        A file ending in .png, .jpg or .jpeg; its folder must exist.
    picture : np.ndarray, shape (h, w) or (h, w, 3), uint8
        Grey or RGB.

    Raises
    ------
    UsageError
        If the suffix is another, or the picture has another shape.
    """
    suffix = path.suffix.lower()
    options = {".png": [cv2.IMWRITE_PNG_COMPRESSION, 6], ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 92]}
    options[".jpeg"] = options[".jpg"]
    if suffix not in options:
        raise UsageError("unknown picture format", where=str(path), expected=".jpeg, .jpg, .png", found=repr(suffix))
    _check_pictures(path, picture[None])
    _done, data = cv2.imencode(suffix, picture if picture.ndim == 2 else picture[..., ::-1], options[suffix])
    write_bytes(path, data.tobytes())


def _check_pictures(path: Path, frames: Pictures) -> None:
    good = frames.dtype == np.uint8 and (frames.ndim == 3 or (frames.ndim == 4 and frames.shape[3] == 3))
    if not good or frames.size == 0:
        raise UsageError(
            "not a series of pictures",
            where=str(path),
            expected="uint8 of shape (t, h, w) or (t, h, w, 3), not empty",
            found=f"{frames.dtype} of shape {frames.shape}",
        )


def _ticks(path: Path, count: int, rate: Fraction, clock: Fraction, times_s: Sequence[float] | None) -> list[int]:
    """Presentation time of each frame in units of the clock."""
    times = [index / rate for index in range(count)] if times_s is None else [Fraction(time) for time in times_s]
    ticks = [round(time / clock) for time in times]
    if len(ticks) != count or any(later <= earlier for earlier, later in pairwise(ticks)):
        raise UsageError(
            "the frames' times do not fit",
            where=str(path),
            expected=f"{count} rising times, at least {float(clock):.4g} s apart",
            found=f"{len(ticks)} times",
        )
    return ticks


def _packets(
    stream: av.VideoStream, frames: Pictures, ticks: list[int], clock: Fraction, *, full_range: bool
) -> Iterator[av.Packet[av.VideoStream]]:
    for picture, tick in zip(frames, ticks, strict=True):
        frame = _frame(picture, str(stream.codec_context.pix_fmt), full_range)
        frame.pts, frame.time_base = tick, clock
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _frame(picture: Pictures, pixel_format: str, full_range: bool) -> av.VideoFrame:
    """Turn a picture into a frame; grey ones by arithmetic, so that a known grey level stays known."""
    if picture.ndim == 3:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        return frame.reformat(format=pixel_format)
    height, width = picture.shape
    frame = av.VideoFrame(width, height, pixel_format)
    if pixel_format == "gray" or full_range:
        luma = picture
    else:
        luma = np.rint(16 + picture * np.float32(219 / 255)).astype(np.uint8)
    _fill(frame.planes[0], luma)
    for plane in frame.planes[1:]:
        _fill(plane, np.full((plane.height, plane.width), 128, np.uint8))
    if full_range:
        frame.color_range = 2
    return frame


def _fill(plane: av.video.plane.VideoPlane, values: Pictures) -> None:
    # Rows of a plane are padded to the codec's liking.
    padded = np.zeros((plane.height, plane.line_size), np.uint8)
    padded[:, : values.shape[1]] = values
    plane.update(padded.tobytes())
