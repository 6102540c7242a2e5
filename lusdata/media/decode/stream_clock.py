"""What the packets and frames of a stream tell of its times, gathered one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from lusdata.media.decode.timing import Stamp, frame_ticks, rising_times_s

__all__ = ["StreamClock", "is_packed", "seconds"]

_MPEG4_FRAME = b"\x00\x00\x01\xb6"
_SMALLEST_MPEG4_FRAME_BYTES = 12
"""What is shorter may be the placeholder of a frame that came packed into an earlier packet."""


class StreamClock:
    """The times of a stream that is decoded whole.

    Attributes
    ----------
    begun : bool
        Whether a packet was seen from which decoding can begin.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.begun = False
        self._packed = stream.codec_context.name == "mpeg4"
        self._unit = stream.time_base
        # Of a raw stream, the rate that its parameter sets state is all there is.
        self._rate_hz = stream.guessed_rate or stream.average_rate
        self._stamps: list[Stamp] = []
        self._in_decoding_order = True
        self._last: int | None = None

    def see_packet(self, packet: Packet[VideoStream]) -> None:
        """Take notice of the next packet, before it is decoded."""
        if not packet.size:
            return
        self.begun = self.begun or packet.is_keyframe
        rises = packet.pts is not None and (self._last is None or packet.pts > self._last)
        self._in_decoding_order = self._in_decoding_order and rises
        self._last = packet.pts

    def see_frame(self, frame: VideoFrame) -> None:
        """Take notice of the next frame, in order of presentation."""
        self._stamps.append(Stamp(frame.pts, frame.dts))

    def times_s(self) -> NDArray[np.float64]:
        """Return the times of all frames seen, in seconds from the first; raise as `rising_times_s`."""
        ticks = frame_ticks(self._stamps, in_decoding_order=self._in_decoding_order, packed=self._packed)
        step_s = float(1 / self._rate_hz) if self._rate_hz else None
        return rising_times_s(seconds(ticks, self._unit), step_s=step_s)


def is_packed(packet: Packet[VideoStream]) -> bool:
    """Tell whether a packet of MPEG-4 holds several frames, or may hold none."""
    data = bytes(packet)
    start = data.find(_MPEG4_FRAME)
    return data.find(_MPEG4_FRAME, start + 4) >= 0 or len(data) - start < _SMALLEST_MPEG4_FRAME_BYTES


def seconds(ticks: Sequence[int | None], unit: Fraction | None) -> list[float | None]:
    """Return ticks of a clock in seconds from the first known one."""
    first = next((tick for tick in ticks if tick is not None), None)
    if first is None or unit is None:
        return [None] * len(ticks)
    return [None if tick is None else (tick - first) * unit.numerator / unit.denominator for tick in ticks]
