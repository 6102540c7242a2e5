"""Measure what lusdata costs against decoding alone, in one run, and print ratios.

    python -m benchmarks [--corpus DIR] [--repeats N] [--skip-build]

Every way is run on every recording in turn, several times over, and the least CPU time of each recording counts: other
programs on the machine then disturb all ways alike. Whole builds are run as a user runs them, start-up included.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from benchmarks.clock import Cost, cost_of, cost_of_program
from benchmarks.ways import REFERENCE, WAYS, Clip, find_clips

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
STARTS = {
    "python -c pass": ["-c", "pass"],
    "import lusdata": ["-c", "import lusdata"],
    "lusdata --help": ["-m", "lusdata", "--help"],
}
MOST_START_S = {"import lusdata": 0.15, "lusdata --help": 0.1}
MOST_BUILD_RATIO = 1.4
LEAST_SPEED_UP = 1.8


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    cpu: str
    ratio: str = ""
    target: str = ""


def main() -> int:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="lusdata-bench-") as name:
        scratch = Path(name)
        mirror, collection = find_recordings(arguments.corpus, scratch)
        cv2.setNumThreads(1)
        clips = find_clips(mirror)
        frame_count = sum(len(clip.wanted) for clip in clips)
        sys.stdout.write(f"{len(clips)} recordings, {frame_count:,} frames wanted, best of {arguments.repeats}.\n")
        load = f"{os.getloadavg()[0]:.1f}"
        sys.stdout.write(f"{os.cpu_count()} cores, load {load} at the start; a speed-up needs idle cores.\n\n")
        costs = compare(clips, repeats=arguments.repeats)
        reference_s = costs[REFERENCE]
        rows = [Row(way, f"{cpu_s:.2f} s", f"{cpu_s / reference_s:.2f}") for way, cpu_s in costs.items()]
        if not arguments.skip_build:
            rows += measure_builds(collection, mirror, scratch, reference_s=reference_s, repeats=arguments.repeats)
    rows += measure_starts()
    sys.stdout.write(table(rows))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--corpus",
        metavar="DIR",
        type=Path,
        default=ROOT.parent / "shared" / "corpus",
        help="folder with the public recordings (default: ../shared/corpus; phantoms if there is none)",
    )
    parser.add_argument("--repeats", metavar="N", type=int, default=3, help="how often to measure (default: 3)")
    parser.add_argument("--skip-build", action="store_true", help="compare the ways to read frames only")
    return parser.parse_args()


def find_recordings(corpus: Path, scratch: Path) -> tuple[Path, str]:
    """Return a folder of media and the collection that describes it."""
    if corpus.is_dir():
        sys.stdout.write(f"Measured on {corpus}: ")
        return corpus, "pocus"
    from lusdata.media.phantom import write_collection

    sys.stdout.write(f"No recordings at {corpus}; measured on phantoms: ")
    manifests = write_collection(scratch / "phantom", seed=0, recordings=48)
    return scratch / "phantom" / "media", str(manifests)


def compare(clips: list[Clip], *, repeats: int) -> dict[str, float]:
    """Return the CPU seconds of each way: per recording the least of several runs, then summed."""
    ways = {
        name: way for name, way in WAYS.items() if name != "ffmpeg pipe" or importlib.util.find_spec("imageio_ffmpeg")
    }
    least = {(name, clip.path): float("inf") for name in ways for clip in clips}
    for repeat in range(repeats):
        for number, clip in enumerate(clips):
            for name, way in ways.items():
                cpu_s = cost_of(lambda way=way, clip=clip: way(clip)).cpu_s
                least[name, clip.path] = min(least[name, clip.path], cpu_s)
            progress(f"run {repeat + 1} of {repeats}, recording {number + 1} of {len(clips)}")
    progress("")
    return {name: sum(least[name, clip.path] for clip in clips) for name in ways}


def measure_builds(collection: str, mirror: Path, scratch: Path, *, reference_s: float, repeats: int) -> Iterator[Row]:
    """Build the whole collection with one worker and with two."""
    best: dict[int, Cost] = {}
    for workers in (1, 2):
        costs = []
        for repeat in range(repeats):
            progress(f"build with {workers} worker{'s' if workers > 1 else ''}, run {repeat + 1} of {repeats}")
            out = scratch / f"built-{workers}-{repeat}"
            command = [PYTHON, "-m", "lusdata", "build", collection, "--mirror", str(mirror), "--out", str(out)]
            command += ["--cache", str(scratch / "cache"), "--offline", "--workers", str(workers)]
            costs.append(cost_of_program(command))
        best[workers] = Cost(min(cost.cpu_s for cost in costs), min(cost.wall_s for cost in costs))
        progress("")
    for workers, cost in best.items():
        name = f"lusdata build, {workers} worker{'s' if workers > 1 else ''}"
        target = f"at most {MOST_BUILD_RATIO}" if workers == 1 else ""
        yield Row(name, f"{cost.cpu_s:.2f} s", f"{cost.cpu_s / reference_s:.2f}", target)
    speed_up = best[1].wall_s / best[2].wall_s
    walls = f"{best[1].wall_s:.1f} s / {best[2].wall_s:.1f} s"
    yield Row("speed-up by a second worker (wall)", walls, f"{speed_up:.2f}", f"at least {LEAST_SPEED_UP}")


def measure_starts(runs: int = 10) -> Iterator[Row]:
    """Measure how long the package and the command take to start."""
    for name, arguments in STARTS.items():
        cpu_s = min(cost_of_program([PYTHON, *arguments]).cpu_s for _ in range(runs))
        target = f"under {MOST_START_S[name]} s" if name in MOST_START_S else ""
        yield Row(name, f"{cpu_s:.3f} s", "", target)


def table(rows: list[Row]) -> str:
    """Lay the rows out as a Markdown table."""
    cells = [("", "CPU", "ratio", "target"), *((row.name, row.cpu, row.ratio, row.target) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = [
        f"| {line[0]:<{widths[0]}} | {line[1]:>{widths[1]}} | {line[2]:>{widths[2]}} | {line[3]:<{widths[3]}} |"
        for line in cells
    ]
    rule = f"|-{'-' * widths[0]}-|-{'-' * widths[1]}:|-{'-' * widths[2]}:|-{'-' * widths[3]}-|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
