"""The ways in which recordings are altered before they are uploaded again, as filters and encoders of ffmpeg."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from lusdata.errors import DataError

__all__ = ["HARDER", "USUAL", "Change", "write_copy"]

_EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
"""Chroma is kept at half the size."""
_CODERS = {
    "mp4": ("-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv420p"),
    "webm": ("-c:v", "libvpx-vp9", "-crf", "38", "-b:v", "0", "-cpu-used", "8", "-pix_fmt", "yuv420p"),
    "avi": ("-c:v", "mpeg4", "-q:v", "20", "-pix_fmt", "yuv420p"),
    "gif": (),
    "jpg": ("-frames:v", "1", "-q:v", "8", "-pix_fmt", "yuvj420p"),
}
_SCREEN = "pad=iw*2:ih*1.5:iw*0.6:ih*0.2"
_PANEL = ",".join(
    ["drawbox=iw*0.03:ih*0.08:iw*0.22:ih*0.8:0x5a5a5a:fill"]
    + [f"drawbox=iw*0.04:ih*{0.1 * line}:iw*{0.1 + 0.013 * (line * 7 % 5)}:4:0xe6e6e6:fill" for line in range(1, 9)]
)
_LIMIT_S = 300


@dataclass(frozen=True)
class Change:
    """One way to alter a recording.

    Attributes
    ----------
    filters : str
        What is done to the pictures, as ``ffmpeg -vf`` takes it.
    times : str
        What is done to the times of frames.
    suffix : str
        Container, which stands for an encoder, of a video's copy; a still becomes a JPEG.
    """

    filters: str = ""
    times: str = ""
    suffix: str = "mp4"


USUAL = {
    "encoded again": Change(),
    "window of 68 % of the area": Change("crop=iw*0.8:ih*0.85"),
    "mirrored": Change("hflip"),
    "twice as fast": Change(times="setpts=0.5*PTS"),
    "gamma 1.6 (brighter)": Change("eq=gamma=1.6"),
    "turned by 8 degrees": Change("rotate=8*PI/180:fillcolor=black"),
    "mirrored, window of 81 %, gamma 0.7": Change("hflip,crop=iw*0.9:ih*0.9,eq=gamma=0.7"),
    "on a coloured screen of three times the area": Change(f"{_SCREEN}:color=0x304050"),
    "180 px wide, 8 frames a second": Change("scale=180:-2", "fps=8"),
    "backwards": Change(times="reverse"),
}
"""Changes of which each is to be seen through."""

HARDER = {
    "VP9": Change(suffix="webm"),
    "MPEG-4, coarse": Change(suffix="avi"),
    "GIF, 70 % of the size, 8 frames a second": Change("scale=iw*0.7:-2", "fps=8", "gif"),
    "the first second and a half": Change(times="trim=end=1.5"),
    "two corners covered": Change("drawbox=0:0:iw/4:ih/6:black:fill,drawbox=iw*3/4:ih*5/6:iw/4:ih/6:black:fill"),
    "contrast 60 %, black raised": Change("eq=contrast=0.6:brightness=0.05"),
    "gamma 0.5 (darker)": Change("eq=gamma=0.5"),
    "gamma 0.7": Change("eq=gamma=0.7"),
    "gamma 2.2": Change("eq=gamma=2.2"),
    "window of 59 %": Change("crop=iw*0.77:ih*0.77"),
    "window of 49 %": Change("crop=iw*0.7:ih*0.7"),
    "window of 49 %, lower left": Change("crop=iw*0.7:ih*0.7:0:ih*0.3"),
    "window of 36 %": Change("crop=iw*0.6:ih*0.6"),
    "stretched by 1.3": Change("scale=iw*1.3:ih"),
    "turned by -12 degrees": Change("rotate=-12*PI/180:fillcolor=black"),
    "turned by 20 degrees": Change("rotate=20*PI/180:fillcolor=black"),
    "turned by a quarter": Change("transpose=1"),
    "on a black screen": Change(f"{_SCREEN}:color=black"),
    "on a white screen": Change(f"{_SCREEN}:color=white"),
    "on a grey screen with a panel": Change(f"{_SCREEN}:color=0x464646,{_PANEL}"),
    "gamma 0.7, on a coloured screen": Change(f"eq=gamma=0.7,{_SCREEN}:color=0x304050"),
    "window of 64 %, gamma 1.6, 200 px wide": Change("crop=iw*0.8:ih*0.8,eq=gamma=1.6,scale=200:-2"),
    "turned by 6 degrees, window of 72 %": Change("rotate=6*PI/180:fillcolor=black,crop=iw*0.85:ih*0.85"),
    "turned by -8 degrees, mirrored, gamma 1.4": Change("rotate=-8*PI/180:fillcolor=black,hflip,eq=gamma=1.4"),
}


def write_copy(path: Path, change: Change, folder: Path, *, still: bool = False) -> Path | None:
    """Write an altered copy of a recording, unless it is there already.

    Parameters
    ----------
    path : Path
        The recording.
    change : Change
        What is done to it.
    folder : Path
        Where the copy goes, under a name of its own.
    still : bool
        Whether the recording is a picture.

    Returns
    -------
    Path or None
        The copy; none if the change is one that a still does not know.

    Raises
    ------
    DataError
        If ffmpeg does not write it.
    """
    if still and not change.filters and (change.times or change.suffix != "mp4"):
        return None
    suffix = "jpg" if still else change.suffix
    filters = ",".join(one for one in ("" if still else change.times, change.filters, _EVEN) if one)
    options = ["-an", "-vf", filters, *_CODERS[suffix]]
    name = hashlib.sha256(" ".join([str(path.resolve()), *options]).encode()).hexdigest()[:16]
    target = folder / f"{name}.{suffix}"
    if target.is_file():
        return target
    part = folder / f"{name}.part.{suffix}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-nostdin", "-i", str(path), *options, str(part)]
    done = subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=False)
    if done.returncode != 0 or not part.is_file():
        tail = done.stderr.decode(errors="replace")[-200:]
        raise DataError("ffmpeg wrote no copy", where=str(path), expected=filters, found=tail)
    part.replace(target)
    return target
