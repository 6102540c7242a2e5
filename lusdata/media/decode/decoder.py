"""From the bytes of a file to its frames and their presentation times.

PyAV is the decoder: on real lung-ultrasound clips it costs less than OpenCV's reader or a pipe from an ffmpeg
program, and it gives each frame's presentation time. The shorter of two ways is taken:

- The *short way* reads the presentation times from the packets, asks which frames are wanted, and decodes only what
  those need. It is taken for codecs of which each packet becomes one frame at a time that the container states.
- The *long way* decodes every frame to learn the times, asks, and decodes again up to the last wanted frame. It is
  taken where packets do not tell, and wherever the short way meets anything unexpected.

Both ways give the same frames at the same times; `lusdata.media.decode.timing` holds the rule. Damage is never papered
over: a file that ends early, a packet that does not decode, a frame that the decoder marks as damaged and whatever it
logs as an error are errors.

A video whose codec this installation of PyAV lacks is rewritten first; see `lusdata.media.decode.fallback`. Still
pictures are read in `lusdata.media.decode.still`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

import av.error
import numpy as np
from av.container import Flags, InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from lusdata.errors import DecodeError
from lusdata.media.decode.codecs import CODECS, NoShortWayError, codec_of, presentation_order
from lusdata.media.decode.complaints import Complaints
from lusdata.media.decode.open_file import (
    DAMAGED_HINT,
    check_count,
    check_duration,
    check_size,
    check_whole,
    open_video,
    too_large,
)
from lusdata.media.decode.orientation import LastingMatrix
from lusdata.media.decode.plan import Step, plan_steps
from lusdata.media.decode.spending import charged
from lusdata.media.decode.still import read_still
from lusdata.media.decode.stream_clock import StreamClock, seconds

__all__ = ["Choice", "Survey", "TakenFrame", "decode", "survey"]

T = TypeVar("T")

Choice = Callable[[NDArray[np.float64]], NDArray[np.int64]]
"""From the times of all frames (seconds from the first, rising) to the positions of those wanted (rising)."""

_MADE_UP_TIMES = cast("int", Flags.gen_pts.value)


@dataclass(frozen=True)
class TakenFrame(Generic[T]):
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


@charged
def decode(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> list[TakenFrame[T]]:
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
    list of TakenFrame
        The wanted frames, in order of presentation.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video, is damaged up to its last wanted frame, or is beyond the limits of
        `lusdata.media.decode.open_file`.
    OSError
        If it cannot be read.
    """
    check_whole(path)
    still = read_still(path)
    if still is not None:
        return [TakenFrame(0, 0.0, take(still.frame)) for _ in choose(np.zeros(1))]
    try:
        return list(_short_way(path, choose, take))
    except (NoShortWayError, av.error.FFmpegError):
        pass
    try:
        return list(_long_way(path, choose, take))
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        # What comes out of converting a picture; decoding has words of its own.
        raise DecodeError("a picture cannot be converted", where=str(path), found=str(error.strerror)) from error


@charged
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
    _check_packets(path)
    with open_video(path) as (container, stream):
        clock = StreamClock(stream)
        first = last = None
        for frame in _all_frames(path, container, stream, clock):
            first = first or frame
            last = frame
        if first is None or last is None:
            raise DecodeError("the video holds no frame", where=str(path))
        times_s = _times_s(path, clock)
        step_s = float(np.median(np.diff(times_s))) if times_s.size > 1 else 0.0
        duration_s = float(last.duration * stream.time_base) if last.duration and stream.time_base else step_s
        return Survey(
            container=container.format.name,
            codec=stream.codec_context.name,
            brand=container.metadata.get("major_brand", ""),
            first=first,
            times_s=times_s,
            last_duration_s=duration_s,
        )


def _check_packets(path: Path) -> None:
    """Refuse what packets alone tell to be beyond the budget, before a canvas of many pixels is drawn for each."""
    with open_video(path) as (container, stream):
        if stream.codec_context.name in CODECS:
            try:
                for count, _ in enumerate((packet for packet in container.demux(stream) if packet.size), 1):
                    check_count(path, count)
            except av.error.FFmpegError:
                # Decoding says what is wrong, and where.
                return


def _short_way(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> Iterator[TakenFrame[T]]:
    with open_video(path) as (container, stream):
        name, form = stream.codec_context.name, container.format.name
        codec = codec_of(name, form)
        demuxer, complaints = Complaints(of=form), Complaints()
        packets = demuxer.during(_whole_packets, path, container, stream)
        order = presentation_order(name, packets)
        if demuxer.first or stream.time_base is None:
            raise NoShortWayError
        times_s = np.array(seconds([packet.pts for packet in order], stream.time_base), dtype=np.float64)
        check_duration(path, times_s)
        wanted = {order[index].pts: int(index) for index in choose(times_s)}
        steps = plan_steps(
            [packet.pts or 0 for packet in packets],
            wanted=np.array([packet.pts in wanted for packet in packets]),
            restarts=np.array([codec.restarts_at(packet) for packet in packets]),
            drops=codec.drops_unreferenced,
        )
        known = {packet.pts for packet in packets}
        matrix = LastingMatrix()
        last_pts = None
        for frame in _planned_frames(stream, packets, steps, complaints):
            if frame.is_corrupt or complaints.first or frame.pts not in known:
                raise NoShortWayError
            # The decoder's order is that of presentation, whatever the container says.
            if last_pts is not None and (frame.pts or 0) <= last_pts:
                raise NoShortWayError
            last_pts = frame.pts
            matrix.hand_on(frame)
            index = wanted.pop(frame.pts, None)
            if index is not None:
                check_size(path, frame.width, frame.height)
                yield TakenFrame(index, float(times_s[index]), take(frame))
            if not wanted:
                return
        raise NoShortWayError


def _whole_packets(path: Path, container: InputContainer, stream: VideoStream) -> list[Packet[VideoStream]]:
    packets = []
    for packet in container.demux(stream):
        if packet.size:
            packets.append(packet)
        check_count(path, len(packets))
    return packets


def _planned_frames(
    stream: VideoStream, packets: Sequence[Packet[VideoStream]], steps: Sequence[Step], complaints: Complaints
) -> Iterator[VideoFrame]:
    context = stream.codec_context
    set_to = None
    for packet, step in zip(packets, steps, strict=True):
        if step is Step.SKIP:
            continue
        if step is not set_to:
            context.skip_frame = "NONREF" if step is Step.REFERENCE else "DEFAULT"
            set_to = step
        yield from complaints.during(context.decode, packet)
    yield from complaints.during(context.decode, None)


def _times_s(path: Path, clock: StreamClock) -> NDArray[np.float64]:
    try:
        times_s = clock.times_s()
    except DecodeError as error:
        error.where = str(path)
        raise
    check_duration(path, times_s)
    return times_s


def _long_way(path: Path, choose: Choice, take: Callable[[VideoFrame], T]) -> Iterator[TakenFrame[T]]:
    with open_video(path) as (container, stream):
        clock = StreamClock(stream)
        for _ in _all_frames(path, container, stream, clock):
            pass
    times_s = _times_s(path, clock)
    if times_s.size == 0:
        raise DecodeError("the video holds no frame", where=str(path))
    with open_video(path) as (container, stream):
        frames = enumerate(_all_frames(path, container, stream, StreamClock(stream)))
        for target in choose(times_s):
            frame = next(frame for index, frame in frames if index == target)
            yield TakenFrame(int(target), float(times_s[target]), take(frame))


def _all_frames(path: Path, container: InputContainer, stream: VideoStream, clock: StreamClock) -> Iterator[VideoFrame]:
    # Times that PyAV would have made up are no better than those of the rule.
    container.flags &= ~_MADE_UP_TIMES
    demuxer, complaints = Complaints(of=container.format.name), Complaints()
    matrix = LastingMatrix()
    packets = container.demux(stream)
    count = 0
    try:
        while (packet := demuxer.during(next, packets, None)) is not None:
            clock.see_packet(packet)
            for frame in complaints.during(packet.decode):
                count += 1
                check_count(path, count)
                check_size(path, frame.width, frame.height)
                if frame.is_corrupt:
                    raise DecodeError(f"frame {count - 1} is damaged", where=str(path), hint=DAMAGED_HINT)
                clock.see_frame(frame)
                matrix.hand_on(frame)
                yield frame
            if not clock.begun:
                # A stream cut out of a longer one may begin with frames that depend on what was cut off.
                complaints.forget()
            if said := demuxer.first or complaints.first:
                raise _stops(path, count, said)
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        if stream.codec_context.width == 0:
            # FFmpeg itself refuses more pixels than the limit allows, and then tells no size.
            raise too_large(path, "more, or no readable size") from error
        raise _stops(path, count, error.strerror or type(error).__name__) from error


def _stops(path: Path, count: int, said: str) -> DecodeError:
    return DecodeError(f"decoding stops after {count:,} frames", where=str(path), found=said, hint=DAMAGED_HINT)
