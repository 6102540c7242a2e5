"""Small encoded clips whose content moves, in forms that phantoms do not have: for the tests of decoding."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

# Fine texture that scrolls: encoders then predict frames from each other, in both directions where they may.
_RNG_SEED = 7


def texture(index: int, *, width: int = 64, height: int = 48) -> np.ndarray:
    """Return frame `index` of the scrolling texture, shape (height, width), uint8."""
    strip = np.random.default_rng(_RNG_SEED).integers(20, 230, (height + 400, width), dtype=np.uint8)
    return strip[index : index + height]


def write_clip(
    path: Path,
    *,
    codec: str,
    pixel_format: str = "yuv420p",
    count: int = 40,
    rate_hz: int = 25,
    size: tuple[int, int] = (64, 48),
    options: dict[str, str] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    ticks: Sequence[int] | None = None,
    tags: dict[str, str] | None = None,
) -> Path:
    """Encode the scrolling texture; `ticks` are presentation times in milliseconds."""
    with av.open(path, "w", format=container, options=container_options or {}) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=rate_hz, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.thread_count = 1
        if ticks is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index in range(count):
            grey = texture(index, width=size[0], height=size[1])
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
            frame = frame.reformat(format=pixel_format)
            frame.pts = index if ticks is None else ticks[index]
            frame.time_base = Fraction(1, rate_hz) if ticks is None else Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def whole_decode(path: Path) -> tuple[list[bytes], np.ndarray]:
    """Decode every frame plainly: the first planes in order of presentation, and seconds from the first frame."""
    planes, ticks = [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        unit = stream.time_base
        rate = stream.average_rate or stream.guessed_rate
        for frame in container.decode(stream):
            planes.append(plane_of(frame))
            ticks.append(frame.pts)
    if None in ticks:
        return planes, np.arange(len(ticks)) / float(rate)
    rising = np.array(sorted(ticks))
    return planes, (rising - rising[0]) * float(unit)


def plane_of(frame: av.VideoFrame) -> bytes:
    """Return the bytes of a frame's first plane without the padding of its rows."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width].tobytes()
