"""What is known of each codec whose packets tell enough to decode wanted frames alone, one row each.

A codec that is not here is decoded from its first frame to the last wanted one, which is slower and never wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from av.packet import Packet
from av.video.stream import VideoStream

from lusdata.media.decode.stream_clock import is_packed

__all__ = ["CODECS", "Codec", "NoShortWayError", "codec_of", "presentation_order"]


@dataclass(frozen=True)
class Codec:
    """A codec that has one frame in each packet.

    Attributes
    ----------
    frames_stand_alone : bool
        Whether every frame is decoded without another.
    keys_are_restarts : bool
        Whether nothing after a packet marked as key depends on what was before it. In H.264 and H.265 a slow refresh
        may begin there, after which earlier frames are still needed.
    drops_unreferenced : bool
        Whether FFmpeg can leave out frames that no other needs.
    """

    frames_stand_alone: bool = False
    keys_are_restarts: bool = False
    drops_unreferenced: bool = False

    def restarts_at(self, packet: Packet[VideoStream]) -> bool:
        """Tell whether a packet and all after it are decoded without any before it."""
        return self.frames_stand_alone or (self.keys_are_restarts and packet.is_keyframe)


_ALONE = Codec(frames_stand_alone=True)
_MPEG = Codec(keys_are_restarts=True, drops_unreferenced=True)
_REFRESHED = Codec(drops_unreferenced=True)

CODECS: Mapping[str, Codec] = {
    "dvvideo": _ALONE,
    "ffv1": Codec(),
    "ffvhuff": _ALONE,
    "gif": Codec(),
    "h264": _REFRESHED,
    "hevc": _REFRESHED,
    "huffyuv": _ALONE,
    "jpeg2000": Codec(),
    "mjpeg": _ALONE,
    "mpeg1video": _MPEG,
    "mpeg2video": _MPEG,
    "mpeg4": _MPEG,
    "png": _ALONE,
    "prores": _ALONE,
    "rawvideo": _ALONE,
    "utvideo": _ALONE,
}
"""Each codec by FFmpeg's name."""

# AVI numbers its packets in decoding order, so the times of codecs that reorder mean nothing there.
_REORDERED_WITHOUT_TIMES = frozenset({("avi", "h264"), ("avi", "hevc")})


class NoShortWayError(Exception):
    """The packets do not tell enough, or the decoder gave something else than they promised."""


def codec_of(name: str, container: str) -> Codec:
    """Return a codec's row.

    Parameters
    ----------
    name, container : str
        Codec and container by FFmpeg's names.

    Raises
    ------
    NoShortWayError
        If there is none, or the container does not tell the times of its frames.
    """
    if name not in CODECS or (container, name) in _REORDERED_WITHOUT_TIMES:
        raise NoShortWayError
    return CODECS[name]


def presentation_order(name: str, packets: Sequence[Packet[VideoStream]]) -> list[Packet[VideoStream]]:
    """Sort the packets that are shown by time, if each holds one frame at its own time and the first can be decoded.

    Raises
    ------
    NoShortWayError
        If not.
    """
    shown = [packet for packet in packets if not packet.is_discard]
    if not shown or any(packet.pts is None or packet.is_corrupt for packet in packets):
        raise NoShortWayError
    times = [packet.pts or 0 for packet in packets]
    # A stream cut out of a longer one may begin with frames that depend on what was cut off; decoders drop those.
    if not packets[0].is_keyframe or min(times) < times[0] or len(set(times)) < len(times):
        raise NoShortWayError
    # Where decoding times fall, one stream ends and another begins.
    decoded = [packet.dts for packet in packets if packet.dts is not None]
    if any(later <= earlier for earlier, later in pairwise(decoded)):
        raise NoShortWayError
    if name == "mpeg4" and any(is_packed(packet) for packet in packets):
        raise NoShortWayError
    return sorted(shown, key=lambda packet: packet.pts or 0)
