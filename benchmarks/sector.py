"""Measure how well the scan is found in phantoms of known geometry, and how sure the finder is of real recordings.

    python -m benchmarks.sector [--draws N] [--corpus DIR ...]

The table gives quantiles of the intersection over union of mask and of box. The picture sizes, margins, overlay, noise,
gain and number of frames vary; the seed does not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.errors import LusdataError
from lusdata.media.crop import Box, crop_box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.pixels import rgb_pixels
from lusdata.media.decode.turn import displayed_size, turn_of
from lusdata.media.draft.look import SURE_ENOUGH
from lusdata.media.phantom import draw, typical
from lusdata.media.sector.finder import Sector, find_sector

ROOT = Path(__file__).resolve().parent.parent
PROBES = ("convex", "linear", "phased")
CLASSES = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")
SUFFIXES = {".avi", ".gif", ".jpeg", ".jpg", ".mov", ".mp4", ".mpeg", ".mpg", ".png"}
MOST_FRAMES = 16


@dataclass(frozen=True)
class Case:
    """One phantom and how well its scan was found."""

    probe: str
    gain: float
    frame_count: int
    mask: float
    box: float
    square: float
    confidence: float
    shape: str
    cpu_s: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sector", description=__doc__.splitlines()[0])
    parser.add_argument("--draws", metavar="N", type=int, default=300, help="phantoms to draw (default: 300)")
    parser.add_argument(
        "--corpus",
        metavar="DIR",
        type=Path,
        nargs="*",
        default=[ROOT.parent / "shared" / "corpus", ROOT.parent / "shared" / "corpus_blues"],
        help="folders with real recordings (default: ../shared/corpus and ../shared/corpus_blues)",
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report_cases(list(cases(arguments.draws)))
    report_real([folder for folder in arguments.corpus if folder.is_dir()])
    return 0


def cases(count: int, *, seed: int = 3) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        probe = PROBES[number % len(PROBES)]
        height_px = int(rng.integers(160, 600))
        spec = replace(
            typical(CLASSES[int(rng.integers(4))], probe=probe, variant=int(rng.integers(4))),  # type: ignore[arg-type]
            width_px=round(height_px * rng.uniform(0.9, 1.7)),
            height_px=height_px,
            frame_count=int(rng.choice([1, 4, 8, 16])),
            margin=float(rng.choice([0.0, 0.03, 0.09, 0.15, 0.22])),
            burned_in=bool(rng.random() < 0.8),
            patient_name="ANNA MUSTERMANN" if rng.random() < 0.2 else None,
        )
        phantom = draw(spec, number)
        frames = phantom.frames.copy()
        if rng.random() < 0.4:
            draw_furniture(frames, phantom.masks["sector"][0], rng)
        gain = float(rng.choice([1.0, 1.0, 0.6, 0.35]))
        noise = float(rng.choice([0, 0, 2, 5]))
        noisy = frames.astype(np.float32) * gain + (rng.normal(0, noise, frames.shape) if noise else 0)
        frames = np.clip(noisy, 0, 255).astype(np.uint8)
        start = time.process_time()
        found = find_sector(frames)
        cpu_s = time.process_time() - start
        truth = phantom.masks["sector"][0]
        yield Case(
            probe=probe,
            gain=gain,
            frame_count=spec.frame_count,
            mask=overlap(truth, found.mask),
            box=box_overlap(Box(*phantom.box), found.box),
            square=box_overlap(Box(*phantom.square_box), found.square_box),
            confidence=found.confidence,
            shape=found.shape,
            cpu_s=cpu_s,
        )


def draw_furniture(frames: npt.NDArray[np.uint8], sector: npt.NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Draw a logo, a panel of grey and a pointer beside the scan, the same in each frame."""
    height, width = sector.shape
    page = np.zeros(sector.shape, np.uint8)
    side = max(6, height // 12)
    left, top = int(rng.integers(0, max(1, width - side))), int(rng.integers(0, max(1, height - side)))
    cv2.circle(page, (left + side // 2, top + side // 2), side // 2, 180, -1)
    cv2.rectangle(page, (0, height - side // 2), (width // 3, height - 1), 70, -1)
    cv2.line(page, (width - 2, 0), (width - 2, height - 1), 120, 1)
    page[sector] = 0
    frames[:, page > 0] = page[page > 0]


def overlap(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Return intersection over union of two masks."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def box_overlap(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes."""
    width = min(one.left_px + one.width_px, other.left_px + other.width_px) - max(one.left_px, other.left_px)
    height = min(one.top_px + one.height_px, other.top_px + other.height_px) - max(one.top_px, other.top_px)
    shared = max(0, width) * max(0, height)
    return shared / (one.width_px * one.height_px + other.width_px * other.height_px - shared)


def real_recordings(folders: Iterable[Path]) -> Iterator[tuple[Path, npt.NDArray[np.uint8]]]:
    """Decode at most `MOST_FRAMES` frames of each recording under the folders, in colours."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                yield path, sampled(path)
            except LusdataError as error:
                write(f"left out {path.name}: {error}")


def sampled(path: Path) -> npt.NDArray[np.uint8]:
    def take(frame):  # type: ignore[no-untyped-def]
        turn = turn_of(path, frame)
        return rgb_pixels(frame, Box(0, 0, *displayed_size(frame, turn)), turn)

    taken = decode(path, lambda times_s: spread(len(times_s)), take)
    return np.stack([one.value for one in taken])


def spread(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(MOST_FRAMES, count)).round().astype(np.int64))


def report_cases(done: list[Case]) -> None:
    heads = (("n", 5), ("mask 5%", 9), ("25%", 7), ("50%", 7), ("box 5%", 9), ("50%", 7), ("square 5%", 11))
    write(" " * 16 + "".join(name.rjust(width) for name, width in (*heads, (">0.9", 8), ("ms", 6))))
    groups = {"all": done}
    groups |= {probe: [one for one in done if one.probe == probe] for probe in PROBES}
    groups |= {f"gain {gain:g}": [one for one in done if one.gain == gain] for gain in (1.0, 0.6, 0.35)}
    groups |= {f"frames {count}": [one for one in done if one.frame_count == count] for count in (1, 4, 8, 16)}
    groups |= {
        "confidence <.35": [one for one in done if one.confidence < 0.35],
        "confidence >.35": [one for one in done if one.confidence >= 0.35],
    }
    for name, group in groups.items():
        if group:
            write(f"{name:<16}{row(group)}")
    right = np.mean([one.shape == one.probe for one in done])
    write(f"shape named as drawn: {100 * right:.0f} %\n")


def row(group: list[Case]) -> str:
    mask, box, square = (np.array([getattr(one, name) for one in group]) for name in ("mask", "box", "square"))
    both = 100 * float(np.mean((mask > 0.9) & (box > 0.9)))
    low, quarter, middle = np.quantile(mask, [0.05, 0.25, 0.5])
    ms = 1000 * float(np.mean([one.cpu_s for one in group]))
    return (
        f"{len(group):>5}{low:>9.3f}{quarter:>7.3f}{middle:>7.3f}{np.quantile(box, 0.05):>9.3f}{np.median(box):>7.3f}"
        f"{np.quantile(square, 0.05):>11.3f}{both:>7.1f}%{ms:>6.0f}"
    )


def report_real(folders: list[Path]) -> None:
    found: list[tuple[Path, Sector, float]] = []
    kept: list[tuple[float, bool]] = []
    for path, frames in real_recordings(folders):
        start = time.process_time()
        sector = find_sector(frames)
        found.append((path, sector, time.process_time() - start))
        height_px, width_px = frames.shape[1:3]
        if height_px == width_px:
            # Somebody cut this square out of a screen: the square is the truth, and the whole file.
            sure = sector.confidence >= SURE_ENOUGH
            window = Box(*sector.square_box) if sure else crop_box(width_px, height_px)
            kept.append((box_overlap(Box(0, 0, width_px, height_px), window), sure))
    if not found:
        write("no real recordings at hand")
        return
    shapes = [sector.shape for _, sector, _ in found]
    write("real recordings: " + ", ".join(f"{shapes.count(name)} {name}" for name in sorted(set(shapes))))
    seconds = [cpu_s for _, _, cpu_s in found]
    write(f"CPU time: median {1000 * np.median(seconds):.0f} ms, most {1000 * max(seconds):.0f} ms")
    report_squares(kept)
    write("least sure of (look at these):")
    for path, sector, _ in sorted(found, key=lambda one: one[1].confidence)[:15]:
        write(f"  {sector.confidence:.2f}  {sector.shape:<7} {path.name}")


def report_squares(kept: list[tuple[float, bool]]) -> None:
    """Tell how much of the squares that people cut out is kept, which is a box known for a real recording."""
    for name, overlaps in (
        ("square crops by people, as used", [value for value, _ in kept]),
        ("  of which the finder is sure", [value for value, sure in kept if sure]),
    ):
        if overlaps:
            low, middle = np.quantile(overlaps, [0.05, 0.5])
            above, same = (100 * np.mean(np.array(overlaps) > limit) for limit in (0.9, 0.98))
            write(
                f"{name}: {len(overlaps)}, intersection over union 5% {low:.3f}, median {middle:.3f}, "
                f">0.9 {above:.0f} %, >0.98 {same:.0f} %"
            )


def write(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
