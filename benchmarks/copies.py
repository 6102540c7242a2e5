"""The ways in which recordings are altered before they are uploaded again, as changes of their grey frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

__all__ = ["CHANGES"]

Frames = np.ndarray[Any, Any]
Change = Callable[[Frames], Frames]


def _cut(top: float = 0, bottom: float = 0, left: float = 0, right: float = 0) -> Change:
    def change(frames: Frames) -> Frames:
        height, width = frames.shape[1:]
        return frames[:, int(height * top) : int(height * (1 - bottom)), int(width * left) : int(width * (1 - right))]

    return change


def _part(start: float, end: float) -> Change:
    def change(frames: Frames) -> Frames:
        count = len(frames)
        return frames[int(count * start) : max(int(count * start) + 1, math.ceil(count * end))]

    return change


def _levels(gamma: float = 1.0, gain: float = 1.0, offset: float = 0.0) -> Change:
    table = np.clip(255 * (np.arange(256) / 255) ** gamma * gain + offset, 0, 255).astype(np.uint8)
    return lambda frames: table[frames]


def _sized(scale: float) -> Change:
    def change(frames: Frames) -> Frames:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return np.stack([cv2.resize(frame, None, fx=scale, fy=scale, interpolation=how) for frame in frames])

    return change


def _worse(quality: int) -> Change:
    def change(frames: Frames) -> Frames:
        coded = [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for frame in frames]
        return np.stack([cv2.imdecode(one, cv2.IMREAD_GRAYSCALE) for one in coded])

    return change


def _bordered(frames: Frames) -> Frames:
    height, width = frames.shape[1:]
    return np.pad(frames, ((0, 0), (height // 8, height // 20), (width // 6, width // 5)))


def _screened(level: int, *, panel: bool = False) -> Change:
    """Lay the frames on a screen of three times their area, in grey of one level, with a panel of lines if wished."""

    def change(frames: Frames) -> Frames:
        count, height, width = frames.shape
        screen = np.full((count, height * 3 // 2, width * 2), level, dtype=np.uint8)
        if panel:
            screen[:, height // 8 : height, width // 20 : width // 3] = 90
            for row in range(height // 6, height * 9 // 10, height // 12):
                screen[:, row : row + 3, width // 16 : width // 4] = 230
        top, left = height // 5, width * 6 // 10
        screen[:, top : top + height, left : left + width] = frames
        return screen

    return change


def _turned(degrees: float) -> Change:
    def change(frames: Frames) -> Frames:
        height, width = frames.shape[1:]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        return np.stack([cv2.warpAffine(frame, turn, (width, height)) for frame in frames])

    return change


def _chain(*changes: Change) -> Change:
    def change(frames: Frames) -> Frames:
        for one in changes:
            frames = one(frames)
        return frames

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "re-encoded as H.264": (lambda frames: frames, "mp4"),
    "re-encoded as MPEG-4, JPEG 25 before": (_worse(25), "avi"),
    "half the size": (_sized(0.5), "mp4"),
    "enlarged by half": (_sized(1.5), "mp4"),
    "cropped 10 % on every side": (_cut(0.1, 0.1, 0.1, 0.1), "mp4"),
    "cropped 20 % left": (_cut(left=0.2), "mp4"),
    "cropped 12 % above, 20 % below": (_cut(top=0.12, bottom=0.2), "mp4"),
    "cropped 5, 20, 2, 18 %": (_cut(0.05, 0.2, 0.02, 0.18), "mp4"),
    "cropped to 49 % of the area": (_cut(0.15, 0.15, 0.15, 0.15), "mp4"),
    "black borders": (_bordered, "mp4"),
    "on a grey screen": (_screened(70), "mp4"),
    "on a screen with a panel": (_screened(40, panel=True), "mp4"),
    "turned by 8 degrees": (_turned(8), "mp4"),
    "turned by -15 degrees": (_turned(-15), "mp4"),
    "turned by a quarter": (lambda frames: frames.swapaxes(1, 2)[:, :, ::-1], "mp4"),
    "backwards": (lambda frames: frames[::-1], "mp4"),
    "mirrored": (lambda frames: frames[:, :, ::-1], "mp4"),
    "brighter by 40 %": (_levels(gain=1.4), "mp4"),
    "gamma 0.6": (_levels(gamma=0.6), "mp4"),
    "gamma 1.6": (_levels(gamma=1.6), "mp4"),
    "gamma 2.2": (_levels(gamma=2.2), "mp4"),
    "contrast 70 %, black raised": (_levels(gain=0.7, offset=20), "mp4"),
    "a third of the frame rate": (lambda frames: frames[1::3] if len(frames) > 3 else frames, "mp4"),
    "first half": (_part(0, 0.5), "mp4"),
    "last third": (_part(0.66, 1), "mp4"),
    "GIF, 70 % of the size, half the rate": (_chain(_sized(0.7), lambda frames: frames[::2]), "gif"),
    "cut, cropped 10 %, mirrored, gamma 0.75, JPEG 35": (
        _chain(_part(0.2, 0.8), _cut(0.1, 0.05, 0.12, 0.05), lambda f: f[:, :, ::-1], _levels(0.75), _worse(35)),
        "mp4",
    ),
}
