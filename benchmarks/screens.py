"""Measure how well a real scan is found on a whole screen: real recordings laid onto drawn screens of scanners.

    python -m benchmarks.screens [--corpus DIR ...] [--every N]

The public recordings are crops, so no screen of theirs has a known truth. Here their scans, cut out along an outline
that the finder is sure of, lie among writing, rulers, grey bars, panels, the white page of a journal, a second scan or
a trace; where they were laid is the truth. The drawn screens do not move.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.recordings import add_corpus_option, real_recordings, write
from benchmarks.sector import box_overlap, overlap
from lusdata.media.crop import Box
from lusdata.media.sector.finder import find_sector

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SCREENS = ("empty", "writing", "grey ground", "white page", "panels", "two scans", "M-mode below", "Doppler below")
SURE, MOST_HEIGHT_PX = 0.75, 420


@dataclass(frozen=True)
class Screen:
    """A scan on a drawn screen, or two, of which either may be found."""

    frames: Pixels
    scans: tuple[Mask, ...]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screens", description=__doc__.splitlines()[0])
    add_corpus_option(parser)
    parser.add_argument("--every", metavar="N", type=int, default=1, help="take each Nth recording (default: 1)")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(5)
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SCREENS}
    for number, (frames, scan) in enumerate(scans(arguments.corpus, arguments.every)):
        name = SCREENS[number % len(SCREENS)]
        screen = laid_on(frames, scan, name, rng)
        found = find_sector(screen.frames)
        best = max(screen.scans, key=lambda scan: overlap(scan, found.mask))
        rows[name].append((overlap(best, found.mask), box_overlap(box_of(best), found.box), float(found.is_sure)))
    report(rows)
    return 0


def scans(folders: list[Path], every: int) -> Iterator[tuple[Pixels, Mask]]:
    """Return frames and outline of the recordings whose outline is sure."""
    for number, (_, frames) in enumerate(real_recordings(folder for folder in folders if folder.is_dir())):
        if number % every:
            continue
        found = find_sector(frames)
        if found.confidence >= SURE:
            yield frames[::2], found.mask


def laid_on(frames: Pixels, scan: Mask, name: str, rng: np.random.Generator) -> Screen:
    """Lay a scan onto a screen."""
    part = min(1.0, MOST_HEIGHT_PX / frames.shape[1])
    size = (round(frames.shape[2] * part), round(frames.shape[1] * part))
    frames = np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in frames])
    scan = cv2.resize(scan.astype(np.uint8), size) > 0
    height, width = scan.shape
    below = name.endswith("below")
    screen_height = int(height * (1.9 if below else rng.uniform(1.25, 1.6)))
    screen_width = int(2.3 * width) if name == "two scans" else int(max(width * rng.uniform(1.3, 1.9), 1.2 * height))
    top = int(0.04 * screen_height) if below else int((screen_height - height) * rng.uniform(0.2, 0.6))
    left = int(0.03 * screen_width) if name == "two scans" else int((screen_width - width) * rng.uniform(0.35, 0.6))
    ground = {"white page": 255, "grey ground": 60}.get(name, int(rng.choice([0, 0, 8, 18])))
    page = np.full((screen_height, screen_width, 3), ground, np.uint8)
    if name != "empty":
        draw_furniture(page, Box(left, top, width, height), name, rng)
    shown = np.repeat(page[None], len(frames), axis=0)
    if name == "two scans":
        second = int(0.53 * screen_width)
        shown[:, top : top + height, second : second + width][:, scan] = np.roll(frames, len(frames) // 2, 0)[:, scan]
    shown[:, top : top + height, left : left + width][:, scan] = frames[:, scan]
    if rng.random() < 0.6:
        pages = (cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 70])[1] for one in shown)
        shown = np.stack([cv2.imdecode(one, cv2.IMREAD_COLOR) for one in pages])
    truths = []
    for start in (left, int(0.53 * screen_width)) if name == "two scans" else (left,):
        truth = np.zeros(page.shape[:2], dtype=np.bool_)
        truth[top : top + height, start : start + width] = scan
        truths.append(truth)
    return Screen(shown, tuple(truths))


def box_of(scan: Mask) -> Box:
    """Return the smallest box around a scan."""
    rows, columns = np.nonzero(scan)
    return Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)


def draw_furniture(page: Pixels, scan: Box, name: str, rng: np.random.Generator) -> None:
    """Draw what a scanner writes around its scan."""
    height, width = page.shape[:2]
    ink = (30, 30, 30) if name == "white page" else (210, 210, 210)

    def put(words: str, x: int, y: int, size: float = 0.4) -> None:
        cv2.putText(page, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)

    put("CLINIC 12/03/20 MI 0.9 TIs 0.2", 6, 16, 0.45)
    for number, words in enumerate(("Gen", "Gn 48", "DR 60", "FR 24Hz", "D 14cm")):
        put(words, 4, scan.top_px + 30 + 18 * number)
    right = min(width - 8, scan.left_px + scan.width_px + 6)
    for number in range(15):
        row = scan.top_px + number * scan.height_px // 15
        cv2.line(page, (right, row), (right + 6, row), ink, 1)
    bar = np.linspace(255, 0, min(scan.height_px // 2, 150)).astype(np.uint8)
    column = max(0, scan.left_px - 16)
    page[scan.top_px : scan.top_px + len(bar), column : column + 8] = bar[:, None, None]
    if name == "white page":
        put("Figure 2. B-lines in the right lung", 20, height - 12, 0.5)
    if name == "panels":
        page[:, : width // 14] = 45
        page[-height // 12 :] = 70
    if name.endswith("below"):
        first = scan.top_px + scan.height_px + int(0.04 * height)
        trace = rng.rayleigh(35 if name.startswith("M") else 12, (height - first - 6, width - 40))
        if name.startswith("D"):
            reach = 0.3 * trace.shape[0] * (1 + 0.6 * np.abs(np.sin(np.arange(trace.shape[1]) / 25)))
            flow = np.arange(trace.shape[0])[::-1, None] < reach
            trace = np.where(flow, trace + rng.rayleigh(50, trace.shape), trace)
        page[first : height - 6, 20 : width - 20] = np.clip(trace, 0, 255).astype(np.uint8)[..., None]


def report(rows: dict[str, list[tuple[float, float, float]]]) -> None:
    """Print a line for each kind of screen; the reference is where the scan was laid."""
    write(f"{'screen':<16}{'n':>4}{'mask 50%':>10}{'mask >0.9':>11}{'box >0.9':>10}{'sure':>7}{'sure, wrong':>13}")
    everything = [one for several in rows.values() for one in several]
    for name, several in (*rows.items(), ("all", everything)):
        if not several:
            continue
        mask, box, is_sure = np.array(several).T
        sure = is_sure > 0
        found = f"{np.median(mask):>10.3f}{np.mean(mask > 0.9):>11.0%}{np.mean(box > 0.9):>10.0%}"
        write(f"{name:<16}{len(several):>4}{found}{sure.mean():>7.0%}{np.mean(sure & (mask < 0.8)):>13.0%}")
    if not everything:
        sys.stdout.write("no real recordings at hand\n")


if __name__ == "__main__":
    raise SystemExit(main())
