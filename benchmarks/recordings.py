"""The real recordings that finders are measured on, and where the measurements go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lusdata.errors import LusdataError
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import rgb_pixels

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
SUFFIXES = {".avi", ".gif", ".jpeg", ".jpg", ".mov", ".mp4", ".mpeg", ".mpg", ".png"}
MOST_FRAMES = 16


def add_corpus_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpus",
        metavar="DIR",
        type=Path,
        nargs="*",
        default=[SHARED / "corpus", SHARED / "corpus_blues"],
        help="folders with real recordings (default: ../shared/corpus and ../shared/corpus_blues)",
    )


def real_recordings(folders: Iterable[Path]) -> Iterator[tuple[Path, npt.NDArray[np.uint8]]]:
    """Decode at most `MOST_FRAMES` frames of each recording under the folders that are there, in colours."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
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


def write(text: str) -> None:
    sys.stdout.write(text + "\n")
