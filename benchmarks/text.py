"""Measure how much burned-in writing is found, by size, contrast and font, and how often echoes are taken for writing.

    python -m benchmarks.text [--draws N] [--corpus DIR ...]

Names are drawn on phantoms, which the detector has never been fitted to. The real recordings are cropped and carry
almost no writing, so nearly every alarm there is false; each is listed to be looked at.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.recordings import add_corpus_option, real_recordings, write
from lusdata.media.phantom import draw, typical
from lusdata.media.text.finder import find_text

try:
    from PIL import Image, ImageDraw, ImageFont
except ImportError:  # Without Pillow only OpenCV's fonts are drawn.
    Image = None  # type: ignore[assignment]

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts"))
OPENCV_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)
FIRST = ("Anna", "Peter", "Maria", "Joao", "Wei", "Fatima", "Olga", "Kwame", "Lucia", "Sven", "Priya", "Tom")
LAST = ("Mustermann", "Smith", "Garcia", "Okafor", "Chen", "Ivanova", "Rossi", "Lee", "Nguyen", "Haddad", "Kim")
CLASSES = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")
LEAST_COVERED = 0.5
# Readable: capitals of 8 px and more, and 60 grey levels above the mean of what lies under them.
LEAST_CAPITAL_PX, LEAST_CONTRAST = 8, 60
LARGEST_SCREEN_PX = 1300


@dataclass(frozen=True)
class Draw:
    """One drawn name and what came of it; `covered` is the part of its box that regions cover."""

    capital_px: float
    contrast: float
    outline_font: bool
    inside: bool
    still: bool
    covered: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__.splitlines()[0])
    parser.add_argument("--draws", metavar="N", type=int, default=600, help="names to draw (default: 600)")
    add_corpus_option(parser)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report_draws(list(drawn_names(arguments.draws)))
    report_alarms(arguments.corpus)
    report_screens(arguments.corpus)
    return 0


def drawn_names(count: int, *, seed: int = 7) -> Iterator[Draw]:
    """Draw names of every size, level and font at any place of phantoms, and look for them."""
    rng = np.random.default_rng(seed)
    fonts = outline_fonts()
    frames = sector = None
    made = 0
    while made < count:
        if frames is None or sector is None or made % 12 == 0:
            frames, sector = random_phantom(rng, made)
        capital_px = float(np.exp(rng.uniform(np.log(6), np.log(40))))
        ink, outline = random_ink(rng, min(capital_px, frames.shape[1] / 7), fonts)
        height, width = ink.shape
        if width > frames.shape[2] - 4 or height > frames.shape[1] - 4:
            continue
        left = int(rng.integers(1, frames.shape[2] - width))
        top = int(rng.integers(1, frames.shape[1] - height))
        shown = frames[:1] if rng.random() < 0.25 else frames
        under = shown[:, top : top + height, left : left + width].astype(np.float32)
        level = float(rng.choice([255, 235, 210, 180, 140, 100]))
        contrast = level - float(under.mean())
        if contrast < 30:
            continue
        burned = shown.copy()
        burned[:, top : top + height, left : left + width] = under * (1 - ink) + level * ink
        burned = degraded(burned, rng)
        covered = np.zeros(frames.shape[1:], dtype=np.bool_)
        for region in find_text(burned).regions:
            x, y, w, h = region.box
            if h <= 3 * height + 20:  # a region much higher than the writing would be found by luck
                covered[y : y + h, x : x + w] = True
        made += 1
        yield Draw(
            capital_px=min(capital_px, frames.shape[1] / 7),
            contrast=contrast,
            outline_font=outline,
            inside=bool(sector[top : top + height, left : left + width].mean() > 0.2),
            still=len(shown) == 1,
            covered=float(covered[top : top + height, left : left + width].mean()),
        )


def random_phantom(rng: np.random.Generator, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    spec = replace(
        typical(
            CLASSES[int(rng.integers(4))],  # type: ignore[arg-type]
            probe=("convex", "linear", "phased")[int(rng.integers(3))],  # type: ignore[arg-type]
            variant=int(rng.integers(4)),
        ),
        width_px=int(rng.integers(280, 720)),
        height_px=int(rng.integers(240, 540)),
        margin=float(rng.choice([0.0, 0.06, 0.12])),
        frame_count=8,
        burned_in=False,
    )
    phantom = draw(spec, seed)
    return phantom.frames, phantom.masks["sector"][0]


def outline_fonts() -> list[Path]:
    """Return TrueType files of this machine that hold letters."""
    if Image is None:
        return []
    found = sorted(path for folder in FONT_FOLDERS if folder.is_dir() for path in folder.rglob("*.ttf"))
    return [path for path in found if "Math" not in path.name and "Symbol" not in path.name][:40]


def random_ink(rng: np.random.Generator, capital_px: float, fonts: list[Path]) -> tuple[npt.NDArray[np.float32], bool]:
    """Draw a name tightly; return its ink, 0 to 1, and whether the font is an outline font."""
    first, last = str(rng.choice(FIRST)), str(rng.choice(LAST))
    words = (
        f"{first} {last}",
        f"{last.upper()}, {first.upper()}",
        f"{last} {first[0]}.",
        f"{last}^{first}",
        last.upper(),
        f"{first} {last} 12.03.1961",
        f"ID {rng.integers(10**5, 10**7)}",
        f"DOB {rng.integers(1, 28):02d}/{rng.integers(1, 12):02d}/19{rng.integers(20, 99)}",
    )[int(rng.integers(8))]
    outline = bool(fonts) and bool(rng.random() < 0.5)
    if outline:
        font = ImageFont.truetype(str(fonts[int(rng.integers(len(fonts)))]), max(6, round(capital_px / 0.73)))
        right, bottom = (int(value) for value in font.getbbox(words)[2:])
        page = Image.new("L", (right + 2, bottom + 2), 0)
        ImageDraw.Draw(page).text((1, 1), words, font=font, fill=255)
        ink = np.array(page)
    else:
        face = OPENCV_FONTS[int(rng.integers(len(OPENCV_FONTS)))]
        thick = 1 if capital_px < 16 else 2
        size = capital_px / cv2.getTextSize("H", face, 1, thick)[0][1]
        (width, height), below = cv2.getTextSize(words, face, size, thick)
        ink = np.zeros((height + below + 8, width + 8), np.uint8)
        cv2.putText(ink, words, (4, height + 3), face, size, 255, thick, cv2.LINE_AA)
    rows, columns = np.nonzero(ink > 40)
    tight = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return tight.astype(np.float32) / 255, outline


def degraded(frames: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Add noise to some recordings and compress some."""
    noise, quality = float(rng.choice([0, 0, 3])), int(rng.choice([0, 50, 80]))
    if noise:
        frames = np.clip(frames + rng.normal(0, noise, frames.shape), 0, 255).astype(np.uint8)
    if quality:
        pages = (cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for frame in frames)
        frames = np.stack([cv2.imdecode(page, cv2.IMREAD_GRAYSCALE) for page in pages])
    return frames


def report_draws(draws: list[Draw]) -> None:
    readable = [one for one in draws if one.capital_px >= LEAST_CAPITAL_PX and one.contrast >= LEAST_CONTRAST]
    write(f"{len(draws)} names drawn, {len(readable)} of them readable (capitals >= 8 px, contrast >= 60)\n")
    line("readable", readable)
    for name, chosen in (
        ("  video", [one for one in readable if not one.still]),
        ("  still", [one for one in readable if one.still]),
        ("  over the scan", [one for one in readable if one.inside]),
        ("  beside it", [one for one in readable if not one.inside]),
        ("  outline font", [one for one in readable if one.outline_font]),
        ("  OpenCV font", [one for one in readable if not one.outline_font]),
    ):
        line(name, chosen)
    edges_px, edges_level = (6, 8, 10, 14, 20, 28, 41), (30, 60, 90, 130, 180, 256)
    write("\nfound, by height of capitals in px (down) and contrast (across)\n")
    write(" " * 8 + "".join(f"{low:>6}-{high:<4}" for low, high in pairwise(edges_level)))
    for low, high in pairwise(edges_px):
        cells = []
        for dark, light in pairwise(edges_level):
            there = [one for one in draws if low <= one.capital_px < high and dark <= one.contrast < light]
            share = f"{100 * np.mean([one.covered >= LEAST_COVERED for one in there]):.0f}%" if there else "-"
            cells.append(f"{share:>6}/{len(there):<4}")
        write(f"{low:>3}-{high:<4}" + "".join(cells))


def line(name: str, draws: list[Draw]) -> None:
    if draws:
        covered = np.array([one.covered for one in draws])
        write(
            f"{name:<18}{len(draws):>5}  found {100 * np.mean(covered >= LEAST_COVERED):5.1f} %"
            f"  nine tenths covered {100 * np.mean(covered >= 0.9):5.1f} %"
        )


def report_alarms(folders: list[Path]) -> None:
    alarms: dict[str, list[int]] = {"video": [], "still": []}
    seconds = []
    lines = []
    for path, frames in real_recordings(folders):
        start = time.process_time()
        regions = find_text(frames).regions
        seconds.append(time.process_time() - start)
        alarms["video" if len(frames) > 1 else "still"].append(len(regions) > 0)
        lines += [f"  {path.name}  {tuple(region.box)}  {region.score:.2f}" for region in regions]
    if not seconds:
        write("\nno real recordings at hand")
        return
    write("\nalarms on real recordings")
    for kind, flags in alarms.items():
        write(f"{kind:<8}{sum(flags):>4} of {len(flags):<4} {100 * float(np.mean(flags)):.1f} %")
    write(f"CPU time: median {1000 * np.median(seconds):.0f} ms, most {1000 * max(seconds):.0f} ms")
    write("\n".join(lines))


def report_screens(folders: list[Path]) -> None:
    """Enlarge every third recording on a black screen, by turns as a video and as its first frame, and look again.

    Echoes are larger there than in crops, and bands below the transducer do not touch the edge of the frame.
    """
    alarms: dict[str, list[bool]] = {"video": [], "still": []}
    for number, (_, frames) in enumerate(real_recordings(folders)):
        still = bool(number // 3 % 2)
        for times in (2, 3) if number % 3 == 0 else ():
            if max(frames.shape[1:3]) * times <= LARGEST_SCREEN_PX:
                screen = on_screen(frames[:1] if still else frames[:8], times)
                alarms["still" if len(screen) == 1 else "video"].append(bool(find_text(screen).regions))
    if any(alarms.values()):
        write("\nalarms on real recordings, enlarged two and three times on a black screen")
        for kind, flags in alarms.items():
            write(f"{kind:<8}{sum(flags):>4} of {len(flags)}")


def on_screen(frames: npt.NDArray[np.uint8], times: int) -> npt.NDArray[np.uint8]:
    large = [cv2.resize(one, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC) for one in frames]
    margins = [(90, 30), (150, 150), *[(0, 0)] * (frames.ndim - 3)]
    return np.stack([np.pad(one, margins) for one in large]).astype(np.uint8)


if __name__ == "__main__":
    raise SystemExit(main())
