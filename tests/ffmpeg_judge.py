"""An independent judge of pictures and times: the ffmpeg program, which brings its own build of FFmpeg."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np

_SHOWN = re.compile(r"pts_time:\s*(-?[\d.]+).*? s:(\d+)x(\d+) ")


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the ffmpeg program gives: times in seconds from the first frame, and grey pictures as displayed."""

    times_s: np.ndarray
    pictures: np.ndarray


def run_ffmpeg(*arguments: object, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the ffmpeg program, and fail with what it said."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-hide_banner", "-nostats", *(str(word) for word in arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-1500:]
    return done


def judge(path: Path) -> Judgement:
    """Let ffmpeg decode the stream that it picks, with the turns and mirrors that the file states."""
    common = ("-nostdin", "-copyts", "-i", path, "-fps_mode", "passthrough", "-an", "-sn")
    shown = _SHOWN.findall(run_ffmpeg(*common, "-vf", "showinfo", "-f", "null", "-").stderr.decode("utf-8", "replace"))
    times_s = np.array([float(time_s) for time_s, _, _ in shown])
    sizes = {(int(height), int(width)) for _, width, height in shown}
    assert len(sizes) == 1, sizes
    # Every conversion exact, so that only the codecs' own freedom is left.
    exact = ("-sws_flags", "accurate_rnd+full_chroma_int", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    pixels = np.frombuffer(run_ffmpeg("-loglevel", "error", *common, *exact).stdout, np.uint8)
    return Judgement(times_s - times_s[0], pixels.reshape(-1, *sizes.pop()))


def drawn(index: int, *, width: int = 96, height: int = 64) -> np.ndarray:
    """Return frame `index`: no two alike, and no mirror or turn of one is another; shape (height, width), uint8."""
    picture = np.tile(np.linspace(24, 215, width), (height, 1))
    picture[height // 2 :] = picture[height // 2 :, ::-1] * 0.6
    side = width // 8
    for bit in range(8):
        picture[height // 4 : height // 2, bit * side : (bit + 1) * side] = 220 if index >> bit & 1 else 30
    picture[: height // 8, : width // 4] = 235
    return np.rint(picture).astype(np.uint8)


def encode(
    path: Path, *options: object, count: int = 20, rate_hz: int = 10, first: int = 0, pixels: str = "yuv420p"
) -> Path:
    """Encode drawn frames by the ffmpeg program."""
    frames = b"".join(drawn(first + index).tobytes() for index in range(count))
    height, width = drawn(0).shape
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}", "-r", rate_hz, "-i", "-")
    run_ffmpeg("-loglevel", "error", *raw, "-pix_fmt", pixels, "-threads", 1, *options, path, data=frames)
    return path


def copy(source: Path, path: Path, *options: object, before: Sequence[object] = ()) -> Path:
    """Copy the packets of a file into another container by the ffmpeg program."""
    run_ffmpeg("-loglevel", "error", *before, "-i", source, "-c", "copy", *options, path)
    return path
