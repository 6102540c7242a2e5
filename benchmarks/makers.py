"""Screens after the looks of many makers, drawn around the scans of phantoms: bars, panels, thumbnails, phones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.sector import CLASSES, PROBES
from lusdata.media.crop import Box
from lusdata.media.phantom import draw, typical

__all__ = ["LOOKS", "Look", "look"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Colour = tuple[int, int, int]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_GROUNDS: tuple[Colour, ...] = (
    (90, 96, 100),
    (49, 49, 61),
    (150, 150, 150),
    (58, 84, 120),
    (200, 205, 210),
    (30, 60, 50),
)


@dataclass(frozen=True)
class Look:
    """A drawn screen: its frames, the mask of each scan, and how many scans and traces it shows."""

    name: str
    frames: Pixels
    scans: tuple[Mask, ...]
    parts: int


class Canvas:
    """A screen in the making. Scans are laid onto what stands still."""

    def __init__(self, width: int, height: int, frame_count: int, rng: np.random.Generator) -> None:
        self.page = np.zeros((height, width, 3), np.uint8)
        self.count, self.rng = frame_count, rng
        self.moving: list[tuple[int, int, Pixels, Mask]] = []
        self.scans: list[Mask] = []
        self.traces = 0
        self.unit = max(10, height // 40)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.page.shape[1], self.page.shape[0]

    def colour(self) -> Colour:
        """Draw the ground of a bar by lot."""
        return _GROUNDS[int(self.rng.integers(len(_GROUNDS)))]

    def bar(self, box: Box, colour: Colour | None = None, *, words: bool = True) -> None:
        """Draw a flat bar with writing in it."""
        left, top, width, height = box
        ground = self.colour() if colour is None else colour
        self.page[top : top + height, left : left + width] = ground
        if not words:
            return
        ink: Colour = (20, 20, 20) if sum(ground) > 400 else (235, 235, 235)
        if width > height:
            for part, text in ((0.01, "SCANNER OB"), (0.4, "CLINIC NAME"), (0.72, "MI 1.1  1/1/2020")):
                for row in range(top + self.unit + 2, top + height - 2, 2 * self.unit):
                    self.write(text, left + int(part * width), row, ink)
        else:
            for number, row in enumerate(range(top + 2 * self.unit, top + height - self.unit, 2 * self.unit)):
                self.write(("Gen", "Gn 60", "DR 65", "11cm")[number % 4], left + 4, row, ink)

    def gradient(self, box: Box, first: int, last: int, axis: int) -> None:
        """Draw a bar whose grey runs along an axis."""
        left, top, width, height = box
        run = np.linspace(first, last, (height, width)[axis]).astype(np.uint8)
        run = run[:, None] if axis == 0 else run[None, :]
        self.page[top : top + height, left : left + width] = np.broadcast_to(run, (height, width))[..., None]

    def write(self, text: str, x: int, y: int, ink: Colour = (215, 215, 215)) -> None:
        """Write a line of text."""
        cv2.putText(self.page, text, (x, y), _FONT, self.unit / 26, ink, 1, cv2.LINE_AA)

    def settings(self, x: int, y: int) -> None:
        """Write a column of settings."""
        for number, text in enumerate(("Gen", "C5-1", "28Hz", "11cm", "Gn 60")):
            self.write(text, x, y + number * 2 * self.unit)

    def ruler(self, x: int, top: int, height: int) -> None:
        """Draw the marks of a depth ruler."""
        for number in range(12):
            row = top + number * height // 12
            cv2.line(self.page, (x, row), (x + (7 if number % 5 == 0 else 4), row), (220, 220, 220), 1)

    def scan(self, box: Box, probe: str, gain: float) -> None:
        """Lay a phantom's scan into a box."""
        variant = int(self.rng.integers(4))
        spec = replace(
            typical(CLASSES[int(self.rng.integers(4))], probe=probe, variant=variant),  # type: ignore[arg-type]
            width_px=max(64, box.width_px),
            height_px=max(64, box.height_px),
            frame_count=self.count,
            margin=0.0,
            burned_in=False,
        )
        phantom = draw(spec, int(self.rng.integers(1000)))
        mask = phantom.masks["sector"][0]
        frames = np.clip(phantom.frames * np.float32(gain), 0, 255).astype(np.uint8)
        self.moving.append((box.left_px, box.top_px, frames, mask))
        whole = np.zeros(self.page.shape[:2], dtype=np.bool_)
        whole[box.top_px : box.top_px + mask.shape[0], box.left_px : box.left_px + mask.shape[1]] = mask
        self.scans.append(whole)

    def trace(self, box: Box) -> None:
        """Lay the trace of an M-mode into a box."""
        rows = np.abs(np.sin(np.arange(box.height_px) / 17))[:, None] * 30 + 12
        speckled = self.rng.rayleigh(np.broadcast_to(rows, (box.height_px, box.width_px))) + 6
        self.page[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px] = np.clip(
            speckled, 0, 255
        ).astype(np.uint8)[..., None]
        self.traces += 1

    def finished(self, name: str, *, jpeg: bool, black_first: bool = False) -> Look:
        """Return the screen, as it comes out of a lossless or of a lossy file."""
        frames = np.repeat(self.page[None], self.count, axis=0)
        for left, top, shown, mask in self.moving:
            height, width = mask.shape
            frames[:, top : top + height, left : left + width][:, mask] = shown[:, mask][..., None]
        if black_first and self.count > 4:
            frames[0] = 0
        if jpeg:
            pages = (cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 75])[1] for one in frames)
            frames = np.stack([np.asarray(cv2.imdecode(one, cv2.IMREAD_COLOR), dtype=np.uint8) for one in pages])
        return Look(name, frames, tuple(self.scans), len(self.scans) + self.traces)


def _inside(left: int, top: int, right: int, bottom: int, part: float = 0.86) -> Box:
    """Return the middle of a panel, with room around it."""
    width, height = int((right - left) * part), int((bottom - top) * part)
    return Box(left + (right - left - width) // 2, top + (bottom - top - height) // 2, width, height)


def title_bar(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    bar = int(height * on.rng.uniform(0.05, 0.12))
    on.bar(Box(0, 0, width, bar))
    if on.rng.random() < 0.5:
        cv2.line(on.page, (0, bar), (width, bar), (160, 160, 160), 2)
    on.settings(6, bar + 3 * on.unit)
    cv2.circle(on.page, (width - 4 * on.unit, height - 4 * on.unit), 2 * on.unit, (40, 90, 200), -1)
    box = _inside(width // 6, bar + 6, width - width // 10, height - 2 * on.unit)
    on.scan(box, probe, gain)
    on.ruler(width - width // 14, box.top_px, box.height_px)


def bottom_bar(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    bar = int(height * on.rng.uniform(0.08, 0.15))
    on.bar(Box(0, height - bar, width, bar), words=False)
    for number in range(6):
        left = 8 + number * width // 6
        button = (left, height - bar + 6), (left + width // 8, height - 6)
        cv2.rectangle(on.page, *button, (70, 75, 80), -1)
        on.write("Freeze", left + 4, height - bar // 2, (240, 240, 240))
    on.write("12/03/20 CLINIC   MI 0.9", 6, 2 * on.unit)
    box = _inside(width // 8, 3 * on.unit, width - width // 8, height - bar - on.unit)
    on.scan(box, probe, gain)
    on.ruler(8, box.top_px, box.height_px)


def left_panel(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    panel = int(width * on.rng.uniform(0.12, 0.22))
    on.bar(Box(0, 0, panel, height))
    on.gradient(Box(panel + 8, height // 5, 9, height // 4), 255, 0, 0)
    on.scan(_inside(panel + 30, 3 * on.unit, width - 20, height - 3 * on.unit), probe, gain)
    on.ruler(width - 12, height // 8, 3 * height // 4)


def right_thumbnails(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    strip = width // 7
    on.bar(Box(width - strip, 0, strip, height), (60, 62, 66), words=False)
    tile = strip - 16
    for top in range(8, height - tile, tile + 10):
        picture = draw(replace(typical("healthy"), width_px=max(64, tile), height_px=max(64, tile), frame_count=1), top)
        small = cv2.resize(picture.frames[0], (tile, tile))
        on.page[top : top + tile, width - strip + 8 : width - 8] = small[..., None]
    on.scan(_inside(width // 12, 2 * on.unit, width - strip - 10, height - 2 * on.unit), probe, gain)
    on.write("B  Gn 60  DR 65", 6, height - 6)


def gradient_bars(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    top, bottom = int(height * 0.09), int(height * 0.08)
    on.gradient(Box(0, 0, width, top), int(on.rng.integers(120, 220)), int(on.rng.integers(30, 90)), 0)
    on.gradient(Box(0, height - bottom, width, bottom), 40, int(on.rng.integers(120, 230)), 1)
    on.write("HOSPITAL   LUNG   MI 0.8", 10, top // 2 + 4, (250, 250, 250))
    on.settings(width - width // 8, top + 4 * on.unit)
    on.scan(_inside(width // 10, top + 8, width - width // 7, height - bottom - 8), probe, gain)


def framed(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    ground = on.colour()
    on.page[:] = ground
    left, top, right, bottom = width // 7, height // 9, width - width // 12, height - height // 8
    on.page[top:bottom, left:right] = 0
    ink: Colour = (20, 20, 20) if sum(ground) > 400 else (235, 235, 235)
    on.write("CLINIC  ID 0001  1/1/2020", left, top // 2, ink)
    for number, text in enumerate(("Gen", "Gn 60", "DR 65", "11cm")):
        on.write(text, 6, top + 3 * on.unit * (number + 1), ink)
    on.scan(_inside(left, top, right, bottom), probe, gain)
    on.ruler(right - 12, top + 10, bottom - top - 20)


def two_panels(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    bar = height // 12
    on.bar(Box(0, 0, width, bar))
    if on.rng.random() < 0.5:
        cv2.line(on.page, (width // 2, bar), (width // 2, height), (130, 130, 130), 1)
    part = on.rng.uniform(0.85, 0.96)
    for left, right in ((0, width // 2), (width // 2, width)):
        on.scan(_inside(left, bar + 4, right, height - 3 * on.unit, part), probe, gain)
    on.ruler(width // 2 - 4, bar + 20, height // 2)


def three_panels(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    for number in range(3):
        left, right = number * width // 3, (number + 1) * width // 3
        on.scan(_inside(left, 3 * on.unit, right, height - 4 * on.unit, 0.9), probe, gain)
        on.write(f"{number + 1}", left + 4, 2 * on.unit)
        on.ruler(right - 6, height // 5, height // 2)
    on.bar(Box(0, height - 2 * on.unit, width, 2 * on.unit), words=False)


def four_panels(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    bar = height // 14
    on.bar(Box(0, 0, width, bar))
    middle = (bar + height) // 2
    for top, bottom in ((bar, middle), (middle, height)):
        for left, right in ((0, width // 2), (width // 2, width)):
            on.scan(_inside(left, top, right, bottom, 0.88), probe, gain)
    if on.rng.random() < 0.5:
        cv2.line(on.page, (width // 2, bar), (width // 2, height), (110, 110, 110), 1)
        cv2.line(on.page, (0, middle), (width, middle), (110, 110, 110), 1)


def scan_and_trace(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    bar = height // 14
    on.bar(Box(0, 0, width, bar))
    middle = int(height * 0.6)
    on.scan(_inside(width // 6, bar + 4, width - width // 6, middle - 4, 0.95), probe, gain)
    on.trace(Box(width // 16, middle + on.unit, width - width // 8, height - middle - 3 * on.unit))
    on.settings(6, bar + 3 * on.unit)


def phone(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    status = max(12, height // 36)
    dark = on.rng.random() < 0.5
    on.page[:status] = 0 if dark else 245
    on.write("9:41        84%", 8, status - 4, (240, 240, 240) if dark else (20, 20, 20))
    tool = status + height // 16
    on.page[status:tool] = (32, 96, 160) if dark else (225, 228, 232)
    on.write("Lung  Patient 01", 10, tool - 8, (240, 240, 240) if dark else (20, 20, 20))
    foot = height - height // 7
    on.page[foot:] = (24, 24, 28) if dark else (240, 240, 240)
    for number in range(4):
        where = (width * (2 * number + 1) // 8, (foot + height) // 2)
        cv2.circle(on.page, where, height // 24, (250, 80, 80) if number == 1 else (110, 110, 120), -1)
    box = _inside(8, tool + 8, width - 8, foot - 8, 0.9)
    on.scan(box, probe, gain)
    on.ruler(4, box.top_px, box.height_px)


def handheld(on: Canvas, probe: str, gain: float) -> None:
    width, height = on.size
    on.write("0000000 - TEST", 4, 2 * on.unit)
    on.settings(width - width // 8, 4 * on.unit)
    box = _inside(width // 8, 4 * on.unit, width - width // 7, height - 4 * on.unit)
    on.scan(box, probe, gain)
    on.ruler(6, box.top_px, box.height_px)
    cv2.circle(on.page, (max(10, box.left_px - 2 * on.unit), box.top_px + on.unit), on.unit, (90, 90, 90), -1)


LOOKS: dict[str, Callable[[Canvas, str, float], None]] = {
    "title bar": title_bar,
    "bottom bar, buttons": bottom_bar,
    "left panel": left_panel,
    "thumbnails": right_thumbnails,
    "gradient bars": gradient_bars,
    "framed": framed,
    "two panels": two_panels,
    "three panels": three_panels,
    "four panels": four_panels,
    "scan and trace": scan_and_trace,
    "phone": phone,
    "handheld": handheld,
}


def look(
    name: str,
    probe: str,
    seed: int,
    *,
    gain: float = 1.0,
    frame_count: int = 6,
    height_px: int = 400,
    jpeg: bool = False,
) -> Look:
    """Draw one screen."""
    rng = np.random.default_rng([list(LOOKS).index(name), PROBES.index(probe), seed])
    wide = 0.56 if name == "phone" else 1.9 if name == "three panels" else float(rng.choice([1.25, 1.33, 1.6]))
    canvas = Canvas(round(height_px * wide), height_px, frame_count, rng)
    LOOKS[name](canvas, probe, gain)
    return canvas.finished(name, jpeg=jpeg, black_first=name in ("handheld", "phone"))
