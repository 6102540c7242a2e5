"""From the bytes of a file to its frames and their presentation times.

PyAV is the decoder: on real lung-ultrasound clips it costs less than OpenCV's reader or a pipe from an ffmpeg
program, and it gives each frame's presentation time. The shorter of two ways is taken:

- The *short way* reads the presentation times from the packets, asks which frames are wanted, and decodes only what
  those need. It is taken for codecs of which each packet becomes one frame at a time that the container states.
- The *long way* decodes every frame to learn the times, asks, and decodes again up to the last wanted frame. It is
  taken where packets do not tell, and wherever the short way meets anything unexpected.

Both ways give the same frames. Damage is never papered over: a file that ends early, a packet that does not decode
and a frame that the decoder marks as damaged are errors.

A video whose codec this installation of PyAV lacks is rewritten first; see `lusdata.media.decode.fallback`. Still
pictures are read in `lusdata.media.decode.still`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from lusdata.errors import DecodeError
from lusdata.media.decode.opening import (
    DAMAGED_HINT,
    check_count,
    check_duration,
    check_size,
    check_whole,
    open_video,
    too_large,
)
from lusdata.media.decode.plan import Step, plan_steps
from lusdata.media.decode.still import read_still

__all__ = ["Choice", "Survey", "Taken", "decode", "survey"]

T = TypeVar("T")

Choice = Callable[[NDArray[np.float64]], NDArray[np.int64]]
"""From the times of all frames (seconds from the first, rising) to the positions of those wanted (rising)."""

_ONE_FRAME_A_PACKET = frozenset(
    {"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "gif", "mjpeg", "ffv1", "huffyuv", "ffvhuff", "utvideo"}
    | {"png", "rawvideo", "prores", "dvvideo", "jpeg2000"}
)
_FRAMES_STAND_ALONE = frozenset({"mjpeg", "huffyuv", "ffvhuff", "utvideo", "png", "rawvideo", "prores", "dvvideo"})
# In H.264 and H.265 a packet marked as key may begin a slow refresh, after which earlier frames are still seen.
_KEYS_ARE_RESTARTS = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})
_DROPS_UNREFERENCED = frozenset({"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4"})
# AVI numbers its packets in decoding order, so the times of codecs that reorder mean nothing there.
_REORDERED_WITHOUT_TIMES = frozenset({("avi", "h264"), ("avi", "hevc")})


@dataclass(frozen=True)
class Taken(Generic[T]):
    """One wanted frame.

    Attributes
    ----------
    index : int
        Its place among all frames of the file, in order of presentation.
    time_s : float
        Its presentation time, in seconds from the first frame's.
    value : T
        What was made of it.
    """

    index: int
    time_s: float
    value: T


@dataclass(frozen=True, eq=False)
class Survey:
    """What decoding all of a file tells.

    Attributes
    ----------
    container, codec : str
        As FFmpeg names them, such as ``mov,mp4,m4a,3gp,3g2,mj2`` and ``h264``.
    brand : str
        Four letters by which an MP4 or QuickTime file states its dialect; empty elsewhere.
    first : av.VideoFrame
        The first frame.
    times_s : np.ndarray, shape (n,), float64
        Presentation times, in seconds from the first frame's, rising.
    last_duration_s : float
        How long the last frame is shown.
    """

    container: str
    codec: str
    brand: str
    first: VideoFrame
    times_s: NDArray[np.float64]
    last_duration_s: float


def decode(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> list[Taken[T]]:
    """Decode the wanted frames of a video or a picture.

    Parameters
    ----------
    path : Path
        The file.
    choose : callable
        From all presentation times to the positions of the wanted frames; see `Choice`.
    take : callable
        What to make of each wanted frame, which is in the file's own pixel format and gone afterwards. Both callables
        must depend on their arguments only: where the short way fails, they are called again.

    Returns
    -------
    list of Taken
        The wanted frames, in order of presentation.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video, is damaged up to its last wanted frame, or is beyond the limits of
        `lusdata.media.decode.opening`.
    OSError
        If it cannot be read.
    """
    check_whole(path)
    still = read_still(path)
    if still is not None:
        return [Taken(0, 0.0, take(still.frame)) for _ in choose(np.zeros(1))]
    try:
        return list(_short_way(path, choose, take))
    except (_NoShortWayError, av.error.FFmpegError):
        pass
    try:
        return list(_long_way(path, choose, take))
    except av.error.FFmpegError as error:
        # What comes out of converting a picture; decoding has words of its own.
        raise DecodeError("a picture cannot be converted", where=str(path), found=str(error.strerror)) from error


def survey(path: Path) -> Survey:
    """Decode a whole file and tell what it holds.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Survey
        Facts as decoding found them, whatever the file's header claims.

    Raises
    ------
    DecodeError, OSError
        As `decode`.
    """
    check_whole(path)
    still = read_still(path)
    if still is not None:
        return Survey(still.container, still.codec, "", still.frame, np.zeros(1), 0.0)
    with open_video(path) as (container, stream):
        tags: list[int | None] = []
        first = last = None
        for frame in _all_frames(path, container, stream):
            tags.append(frame.pts)
            first = first or frame
            last = frame
        if first is None or last is None:
            raise DecodeError("the video holds no frame", where=str(path))
        times_s = _times_s(tags, stream)
        check_duration(path, times_s)
        step_s = float(np.median(np.diff(times_s))) if len(tags) > 1 else 0.0
        duration_s = float(last.duration * stream.time_base) if last.duration and stream.time_base else step_s
        return Survey(
            container=container.format.name,
            codec=stream.codec_context.name,
            brand=container.metadata.get("major_brand", ""),
            first=first,
            times_s=times_s,
            last_duration_s=duration_s,
        )


class _NoShortWayError(Exception):
    """The packets do not tell enough, or the decoder gave something else than they promised."""


def _short_way(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> Iterator[Taken[T]]:
    with open_video(path) as (container, stream):
        codec, form = stream.codec_context.name, container.format.name
        if codec not in _ONE_FRAME_A_PACKET or (form, codec) in _REORDERED_WITHOUT_TIMES:
            raise _NoShortWayError
        packets = []
        for packet in container.demux(stream):
            if packet.size:
                packets.append(packet)
            check_count(path, len(packets))
        order = _presentation_order(packets)
        times_s = _times_s([packet.pts for packet in order], stream)
        check_duration(path, times_s)
        wanted = {order[index].pts: int(index) for index in choose(times_s)}
        steps = plan_steps(
            [packet.pts or 0 for packet in packets],
            wanted=np.array([packet.pts in wanted for packet in packets]),
            restarts=np.array([_restarts(codec, packet) for packet in packets]),
            drops=codec in _DROPS_UNREFERENCED,
        )
        known = {packet.pts for packet in packets}
        for frame in _planned_frames(stream, packets, steps):
            if frame.is_corrupt or frame.pts not in known:
                raise _NoShortWayError
            index = wanted.pop(frame.pts, None)
            if index is not None:
                check_size(path, frame.width, frame.height)
                yield Taken(index, float(times_s[index]), take(frame))
            if not wanted:
                return
        raise _NoShortWayError


def _presentation_order(packets: Sequence[Packet[VideoStream]]) -> list[Packet[VideoStream]]:
    """Sort the packets that are shown by time, if each has one of its own and the first can be decoded."""
    shown = [packet for packet in packets if not packet.is_discard]
    if not shown or any(packet.pts is None or packet.is_corrupt for packet in packets):
        raise _NoShortWayError
    times = [packet.pts or 0 for packet in packets]
    # A stream cut out of a longer one may begin with frames that depend on what was cut off; decoders drop those.
    if not packets[0].is_keyframe or min(times) < times[0] or len(set(times)) < len(times):
        raise _NoShortWayError
    return sorted(shown, key=lambda packet: packet.pts or 0)


def _restarts(codec: str, packet: Packet[VideoStream]) -> bool:
    return codec in _FRAMES_STAND_ALONE or (codec in _KEYS_ARE_RESTARTS and packet.is_keyframe)


def _planned_frames(
    stream: VideoStream, packets: Sequence[Packet[VideoStream]], steps: Sequence[Step]
) -> Iterator[VideoFrame]:
    context = stream.codec_context
    set_to = None
    for packet, step in zip(packets, steps, strict=True):
        if step is Step.SKIP:
            continue
        if step is not set_to:
            context.skip_frame = "NONREF" if step is Step.REFERENCE else "DEFAULT"
            set_to = step
        yield from context.decode(packet)
    yield from context.decode(None)


def _long_way(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> Iterator[Taken[T]]:
    with open_video(path) as (container, stream):
        times_s = _times_s([frame.pts for frame in _all_frames(path, container, stream)], stream)
    if times_s.size == 0:
        raise DecodeError("the video holds no frame", where=str(path))
    check_duration(path, times_s)
    with open_video(path) as (container, stream):
        frames = enumerate(_all_frames(path, container, stream))
        for target in choose(times_s):
            frame = next(frame for index, frame in frames if index == target)
            yield Taken(int(target), float(times_s[target]), take(frame))


def _all_frames(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    count = 0
    try:
        for frame in container.decode(stream):
            count += 1
            check_count(path, count)
            check_size(path, frame.width, frame.height)
            if frame.is_corrupt:
                raise DecodeError(f"frame {count - 1} is damaged", where=str(path), hint=DAMAGED_HINT)
            yield frame
    except av.error.FFmpegError as error:
        if stream.codec_context.width == 0:
            # FFmpeg itself refuses more pixels than the limit allows, and then tells no size.
            raise too_large(path, "more, or no readable size") from error
        raise DecodeError(
            f"decoding stops after {count:,} frames",
            where=str(path),
            found=error.strerror or type(error).__name__,
            hint=DAMAGED_HINT,
        ) from error


def _times_s(tags: Sequence[int | None], stream: VideoStream) -> NDArray[np.float64]:
    """Turn time stamps, in order of presentation, into seconds from the first."""
    known = [tag for tag in tags if tag is not None]
    if len(set(known)) == len(tags) and stream.time_base is not None:
        # Where a container states times in decoding order, the decoder gives the right frames with permuted times.
        known.sort()
        unit = stream.time_base
        return np.array([(tag - known[0]) * unit.numerator / unit.denominator for tag in known], dtype=np.float64)
    # Raw streams have no times at all; then the stated rate is all there is.
    rate_hz = float(stream.average_rate or stream.guessed_rate or 25)
    return np.arange(len(tags), dtype=np.float64) / rate_hz
