"""Measure how well phantom scans are found on drawn screens of many makers' looks, bars, panels and all.

    python -m benchmarks.looks [--draws N] [--sheet FILE.png]

Transducer, size, gain, number of frames and compression vary; the seed does not. "Sure" is what a crop is proposed of
without a warning, "sure, wrong" a sure outline with an overlap below 0.8, "parts" how often scans and traces were
counted right, and "across" how often a box covers more than 2 % of a scan that was not chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.makers import LOOKS, Look, look
from benchmarks.recordings import write
from benchmarks.sector import PROBES, overlap
from lusdata.media.sector.finder import Sector, find_sector

Pixels = npt.NDArray[np.uint8]

_FONT = cv2.FONT_HERSHEY_SIMPLEX


def looks(draws: int, *, seed: int = 11) -> Iterator[Look]:
    """Draw screens of all looks in turn."""
    rng = np.random.default_rng(seed)
    names = list(LOOKS)
    for number in range(draws):
        name, probe = names[number % len(names)], PROBES[number // len(names) % len(PROBES)]
        height_px = int(rng.integers(360, 760))
        if name == "phone":
            height_px = round(1.5 * height_px)
        yield look(
            name,
            probe,
            number,
            gain=float(rng.choice([1.0, 1.0, 0.6, 0.3])),
            frame_count=int(rng.choice([1, 1, 8])),
            height_px=height_px,
            jpeg=bool(rng.random() < 0.5),
        )


@dataclass(frozen=True)
class Score:
    """How well one screen was read."""

    name: str
    mask: float
    sure: bool
    parts: bool
    across: bool


def score(shown: Look, found: Sector) -> Score:
    overlaps = [overlap(one, found.mask) for one in shown.scans]
    chosen = int(np.argmax(overlaps))
    box = found.box
    window = np.s_[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    others = [float(one[window].sum() / one.sum()) for number, one in enumerate(shown.scans) if number != chosen]
    return Score(
        shown.name,
        overlaps[chosen],
        found.is_sure,
        found.parts == shown.parts,
        max(others, default=0.0) > 0.02,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.looks", description=__doc__.splitlines()[0])
    parser.add_argument("--draws", metavar="N", type=int, default=360, help="screens to draw (default: 360)")
    parser.add_argument("--sheet", metavar="FILE", type=Path, help="also draw what was found, worst first")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    done, drawn = [], []
    for shown in looks(arguments.draws):
        found = find_sector(shown.frames)
        done.append(score(shown, found))
        if arguments.sheet:
            drawn.append((done[-1], _drawn(shown, found, done[-1])))
    report(done)
    if arguments.sheet:
        drawn.sort(key=lambda one: one[0].mask)
        cv2.imwrite(str(arguments.sheet), _tiled([picture for _, picture in drawn[:48]]))
    return 0


def report(done: list[Score]) -> None:
    write(f"{'look':<21}{'n':>4}{'mean':>8}{'5%':>8}{'>0.9':>7}{'parts':>7}{'across':>8}{'sure':>7}{'sure, wrong':>13}")
    for name in (*LOOKS, "all"):
        several = [one for one in done if name in (one.name, "all")]
        if not several:
            continue
        mask = np.array([one.mask for one in several])
        parts, across, sure, wrong = (
            float(np.mean(flags))
            for flags in (
                [one.parts for one in several],
                [one.across for one in several],
                [one.sure for one in several],
                [one.sure and one.mask < 0.8 for one in several],
            )
        )
        write(
            f"{name:<21}{len(several):>4}{mask.mean():>8.3f}{np.quantile(mask, 0.05):>8.3f}{np.mean(mask > 0.9):>7.0%}"
            f"{parts:>7.0%}{across:>8.0%}{sure:>7.0%}{wrong:>13.1%}"
        )


def _drawn(shown: Look, found: Sector, scored: Score, *, side_px: int = 320) -> Pixels:
    picture = np.ascontiguousarray(shown.frames[len(shown.frames) // 2][..., ::-1])
    outline, _ = cv2.findContours(found.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outline, -1, (0, 0, 255), 2)
    for box, ink in ((found.box, (0, 255, 0)), (found.square_box, (0, 255, 255))):
        cv2.rectangle(picture, (box.left_px, box.top_px, box.width_px, box.height_px), ink, 2)
    part = side_px / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    tile = np.full((side_px + 18, side_px, 3), 40, np.uint8)
    tile[18 : 18 + small.shape[0], : small.shape[1]] = small
    text = f"{shown.name} {scored.mask:.2f} conf {found.confidence:.2f} parts {found.parts}/{shown.parts}"
    cv2.putText(tile, text, (3, 13), _FONT, 0.37, (255, 255, 255), 1, cv2.LINE_AA)
    return tile


def _tiled(tiles: list[Pixels], *, columns: int = 6) -> Pixels:
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[first : first + columns]) for first in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)


if __name__ == "__main__":
    raise SystemExit(main())
