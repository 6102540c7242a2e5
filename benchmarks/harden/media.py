"""Mutated media: clips, stills and DICOM files of every kind that lusdata reads, changed by chance and read.

Everything hangs on the seed and the number of a try. A file that fails is kept under a name that says both, and is
tried again by ``python -m benchmarks.harden.media FILE ...``.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from benchmarks.harden.crew import ask, serve
from benchmarks.harden.home import Home
from benchmarks.harden.mutation import mutated
from benchmarks.harden.tally import Tally

__all__ = ["TRIES", "failures_of", "mutant", "run", "write_seeds"]

TRIES = 5000
_DEADLINE_S = 120.0
_LOOK_EVERY = 5
"""Looking finds scan and text as well, which costs ten times what decoding does."""

T = TypeVar("T")


def write_seeds(folder: Path) -> list[Path]:
    """Write a small recording in every container, codec and format that lusdata reads."""
    from lusdata.media.dicom.trial import write_dicom
    from lusdata.media.phantom import draw, typical
    from lusdata.media.phantom.trial import TRIALS, write_trial

    spec = replace(typical("covid-19", variant=1), width_px=176, height_px=144, frame_count=6)
    pictures = draw(spec, 5).frames
    folder.mkdir(parents=True, exist_ok=True)
    written = [write_trial(trial, folder, pictures) for trial in TRIALS]
    return sorted([path for path in written if path] + [path for _, path in write_dicom(folder, pictures)])


def mutant(seeds: Sequence[Path], seed: int, number: int) -> tuple[str, bytes]:
    """Return the name and the bytes of one try: the files take turns."""
    path = seeds[number % len(seeds)]
    way, data = mutated(path.read_bytes(), random.Random(f"{seed} {number}"))
    return f"media-{seed}-{number}-{way}{path.suffix}", data


def run(home: Home, *, tries: int, seed: int) -> list[Tally]:
    """Read `tries` mutated files; return one row."""
    tally = Tally("mutated media")
    folder = home.root / "media-seeds"
    seeds = write_seeds(folder)
    arguments = [str(folder), str(seed)]
    for answer in ask("benchmarks.harden.media", ["--serve", *arguments], range(tries), deadline_s=_DEADLINE_S):
        tally.tries += 1
        if answer.failures:
            name, data = mutant(seeds, seed, answer.number)
            home.keep(name, data)
            for failure, what in answer.failures:
                tally.fail(failure, f"{name}: {what}")
    return [tally]


def failures_of(path: Path, *, looked: bool = True) -> list[tuple[str, str]]:
    """Read one file in every way, and return what fails."""
    from benchmarks.harden.judges import dicom_differs, differs
    from lusdata.intake.look import look
    from lusdata.media.dicom.recording import is_dicom, read
    from lusdata.media.facts import media_facts
    from lusdata.media.frames import read_frames

    found: list[tuple[str, str]] = []
    if is_dicom(path):
        recording = _tried(lambda: read(path), "read", found)
        if recording is not None and (difference := dicom_differs(path, recording)):
            found.append(("silent wrong value", difference))
        return found
    facts = _tried(lambda: media_facts(path), "media_facts", found)
    kind = "image" if facts is not None and facts.is_still else "video"
    frames = _tried(lambda: read_frames(path, kind=kind, rate_hz=1000.0, size_px=64), "read_frames", found)
    if facts is not None and frames is not None and (difference := differs(path, frames, still=facts.is_still)):
        found.append(("silent wrong value", difference))
    if looked and facts is not None:
        _tried(lambda: look(path), "look", found)
    return found


def _tried(call: Callable[[], T], name: str, found: list[tuple[str, str]]) -> T | None:
    from lusdata.errors import LusdataError

    try:
        return call()
    except (LusdataError, OSError) as error:
        if "\n" in str(error) or not str(error).isprintable():
            found.append(("traceback", f"{name}: more than a line: {error!r}"))
    except Exception as error:
        found.append(("traceback", f"{name}: {type(error).__name__}: {error}"))
    return None


def _serve(folder: Path, seed: int) -> None:
    from lusdata.budget import BUDGET
    from lusdata.limits import limit_memory

    seeds = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory(prefix="harden-media-") as scratch:
        limit_memory(BUDGET)

        def make_try(number: int) -> list[tuple[str, str]]:
            name, data = mutant(seeds, seed, number)
            path = Path(scratch) / name
            path.write_bytes(data)
            try:
                return failures_of(path, looked=number // len(seeds) % _LOOK_EVERY == 0)
            finally:
                path.unlink()

        serve(make_try)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        _serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        for argument in sys.argv[1:]:
            sys.stdout.write(f"{argument}: {failures_of(Path(argument)) or 'nothing fails'}\n")
