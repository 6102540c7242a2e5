"""Ways to get a recording's frames: the reference that only decodes, ours, and two that others use."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

from lusdata.media.frames import read_frames
from lusdata.media.png import encode_png

__all__ = ["REFERENCE", "WAYS", "Clip", "find_clips"]

SIZE_PX = 224
_SUFFIXES = {".avi", ".gif", ".jpeg", ".jpg", ".mov", ".mp4", ".mpeg", ".mpg", ".png"}
_STILLS = {".jpeg", ".jpg", ".png"}


@dataclass(frozen=True)
class Clip:
    """A recording and the frames that are wanted of it."""

    path: Path
    kind: str
    wanted: tuple[int, ...]


def find_clips(folder: Path) -> list[Clip]:
    """Find all recordings below a folder, and which frames a build at 3 Hz keeps of each."""
    clips = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES:
            kind = "image" if path.suffix.lower() in _STILLS else "video"
            clips.append(Clip(path, kind, tuple(read_frames(path, kind=kind).indices.tolist())))
    return clips


def decode_only(clip: Clip) -> None:
    """Decode every frame up to the last wanted one: PyAV, one thread, no conversion, no writing."""
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        stream.thread_type = "NONE"
        for index, _frame in enumerate(container.decode(stream)):
            if index == clip.wanted[-1]:
                return


def frames_only(clip: Clip) -> None:
    read_frames(clip.path, kind=clip.kind)


def frames_and_png(clip: Clip) -> None:
    for image in read_frames(clip.path, kind=clip.kind).images:
        encode_png(image)


def opencv(clip: Clip) -> None:
    """OpenCV grabs every frame and retrieves, greys, crops and shrinks the wanted ones; times are not known."""
    if clip.kind == "image":
        _finish(cv2.imread(str(clip.path)))
        return
    capture = cv2.VideoCapture(str(clip.path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    for index in range(clip.wanted[-1] + 1):
        if not capture.grab():
            break
        if index in clip.wanted:
            _finish(capture.retrieve()[1])
    capture.release()


def _finish(picture: cv2.typing.MatLike) -> None:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cv2.resize(grey[top : top + side, left : left + side], (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)


def ffmpeg_pipe(clip: Clip) -> None:
    """Let an ffmpeg program sample, crop, shrink and send grey frames through a pipe; their times are lost."""
    import imageio_ffmpeg

    square = "crop='min(iw,ih)':'min(iw,ih)'"
    filters = f"fps=3,{square},scale={SIZE_PX}:{SIZE_PX}:flags=area,format=gray"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1", "-i", str(clip.path)]
    command += ["-filter_threads", "1", "-frames:v", "30", "-vf", filters, "-f", "rawvideo", "-"]
    subprocess.run(command, stdout=subprocess.PIPE, check=True)


REFERENCE = "decode only (reference)"
WAYS: dict[str, Callable[[Clip], None]] = {
    REFERENCE: decode_only,
    "lusdata, frames": frames_only,
    "lusdata, frames as PNG": frames_and_png,
    "OpenCV grab and retrieve": opencv,
    "ffmpeg pipe": ffmpeg_pipe,
}
