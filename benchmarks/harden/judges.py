"""What others read in a file that lusdata accepted: the ffmpeg program, Pillow, and pydicom with numpy.

Damage that everybody reads alike is no fault of ours: nothing in the file tells it. What counts is that lusdata gives
other pictures, more of them, or other times than the file holds by an independent reader's word.
"""

from __future__ import annotations

import re
import subprocess
import warnings
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusdata.media.dicom.recording import DicomRecording
from lusdata.media.frames import RecordingFrames

__all__ = ["dicom_differs", "differs"]

_SHOWN = re.compile(r"pts_time:\s*(-?[\d.]+|NOPTS).*? s:(\d+)x(\d+) ")
_FURTHEST_APART = 4.0
"""On average, in grey levels: chroma, ranges and rounding differ by less."""
_CLOCK_S = 0.002
_DEADLINE_S = 30.0


def differs(path: Path, frames: RecordingFrames, *, still: bool) -> str:
    """Return in which way frames differ from what others read in the file; empty if they agree, or give no answer."""
    answer = _by_pillow(path) if still else _by_ffmpeg(path)
    if answer is None:
        return ""
    pictures, times_s = answer
    if int(frames.indices[-1]) >= len(pictures):
        return f"{frames.indices[-1] + 1} frames, where others see {len(pictures)}"
    size_px = frames.images.shape[1]
    for place, index in enumerate(frames.indices):
        apart = float(cv2.absdiff(frames.images[place], _fitted(pictures[index], size_px)).mean())
        if apart > _FURTHEST_APART:
            return f"frame {index} is {apart:.1f} grey levels from what others see"
    rising = len(times_s) == len(pictures) and bool((np.diff(times_s) > 0).all())
    apart_s = np.abs(times_s[frames.indices] - frames.times_s).max() if rising and not still else 0.0
    return f"times are {apart_s:.3f} s from what others read" if apart_s > _CLOCK_S else ""


def dicom_differs(path: Path, recording: DicomRecording) -> str:
    """Return in which way a DICOM file's plain grey differs from what pydicom reads; empty where that is no judge."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(path, force=True)
            tells = {"RescaleSlope", "WindowCenter", "VOILUTSequence", "ModalityLUTSequence", "PresentationLUTShape"}
            plain = (data.PhotometricInterpretation, data.BitsStored, data.PixelRepresentation) == ("MONOCHROME2", 8, 0)
            if not plain or tells & {element.keyword for element in data}:
                return ""
            pixels = np.asarray(data.pixel_array)
    except Exception:
        return ""
    pixels = pixels.reshape(-1, *pixels.shape[-2:])
    if recording.frames.shape[:3] != pixels.shape:
        return f"frames of shape {recording.frames.shape}, where pydicom reads {pixels.shape}"
    grey = recording.frames if recording.frames.ndim == 3 else recording.frames.mean(axis=-1)
    apart = float(np.abs(grey.astype(np.float32) - pixels).mean())
    return f"frames are {apart:.1f} grey levels from what pydicom reads" if apart > _FURTHEST_APART else ""


def _fitted(picture: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Cut the largest centred square out of a picture and resize it, as frames without a crop are."""
    height_px, width_px = picture.shape
    side_px = min(height_px, width_px)
    top_px, left_px = (height_px - side_px) // 2, (width_px - side_px) // 2
    square = picture[top_px : top_px + side_px, left_px : left_px + side_px]
    if side_px == size_px:
        return square
    return cv2.resize(
        square, (size_px, size_px), interpolation=cv2.INTER_AREA if side_px > size_px else cv2.INTER_LINEAR
    )


def _by_pillow(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    from PIL import ImageOps

    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")
            upright = ImageOps.exif_transpose(image)
            if upright.mode not in ("1", "L", "RGB"):
                # How transparency, palettes and more than 8 bits become grey is not Pillow's to say.
                return None
            return np.asarray(upright.convert("L"))[None], np.zeros(1)
    except Exception:
        return None


def _by_ffmpeg(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-nostdin", "-copyts", "-threads", "1", "-i", path,
        "-fps_mode", "passthrough", "-an", "-sn", "-vf", "showinfo", "-sws_flags", "accurate_rnd+full_chroma_int",
        "-pix_fmt", "gray", "-f", "rawvideo", "-",
    ]  # fmt: skip
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=_DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    shown = _SHOWN.findall(done.stderr.decode("utf-8", "replace"))
    sizes = {(int(height), int(width)) for _, width, height in shown}
    if len(sizes) != 1:
        return None
    height_px, width_px = sizes.pop()
    whole = len(done.stdout) // (height_px * width_px)
    pictures = np.frombuffer(done.stdout, np.uint8)[: whole * height_px * width_px].reshape(-1, height_px, width_px)
    times_s = np.array([np.nan if time_s == "NOPTS" else float(time_s) for time_s, _, _ in shown])
    return pictures, times_s - times_s[0]
