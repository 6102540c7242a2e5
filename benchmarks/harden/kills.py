"""Every command that writes is ended at a random moment, and run again: the result is as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harden.crew import ask, serve
from benchmarks.harden.forked import Command, begin, import_commands
from benchmarks.harden.home import Home, files_of, home_at
from benchmarks.harden.tally import Tally

__all__ = ["COMMANDS", "PER_COMMAND", "run"]

PER_COMMAND = 200
_ANSWERS = {"audit --pictures": 1}
"""Exit codes of undisturbed runs that are not 0: the drawn recordings look alike, which is what the pictures show."""
_SETTLE_S = 8.0
_HANG_S = 300.0

Arguments = Callable[[Home, Path], list[object]]
Failures = list[tuple[str, str]]


def _build(format_: str) -> Arguments:
    return lambda home, work: [
        "build", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache", "--out", work / "out",
        "--size", "32", "--max-frames", "4", "--format", format_, "--workers", "2",
    ]  # fmt: skip


COMMANDS: Mapping[str, Arguments] = {
    "build": _build("parquet"),
    "build tfrecord": _build("tfrecord"),
    "fetch": lambda home, work: [
        "fetch", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache",
    ],
    "add": lambda home, work: [
        "add", home.clip, "--collection", work / "new", "--class", "covid-19", "--class-basis", "synthetic",
        "--probe", "convex", "--license", "CC-BY-4.0", "--provider", "drawn", "--attribution", "Drawn",
        "--source-url", "https://example.org/clip.mp4", "--id", "clip", "--patient", "p-1", "--clean-copy",
        "--text-reviewed", "physician", "--media", work / "media", "--preview", work / "preview", "--yes",
    ],
    "release": lambda home, work: [
        "release", work / "manifests" / "phantom", "--version", "1.0.0", "--date", "2026-01-31",
    ],
    "folds --out": lambda home, work: ["folds", home.manifests, "--out", work / "folds.json"],
    "import": lambda home, work: [] if home.facts is None else [
        "import", "pocus", home.facts, "--out", work / "imported",
    ],
    "report": lambda home, work: [
        "report", home.datasets["parquet"], "--out", work / "report.html",
    ],
    "audit --pictures": lambda home, work: [
        "audit", home.manifests, "--pictures", work / "pictures", "--mirror", home.media,
    ],
    "export croissant": lambda home, work: [
        "export", "croissant", home.datasets["parquet"], "--out", work / "croissant.json",
    ],
    "export card": lambda home, work: ["export", "card", home.datasets["parquet"], "--out", work / "card.md"],
    "export hf": lambda home, work: [
        "export", "hf", home.datasets["parquet"], "--out", work / "hf", "--include-private",
    ],
    "build (mends)": lambda home, work: [
        "build", home.manifests, "--mirror", home.media, "--offline", "--cache", work / "cache",
        "--out", work / "mended", "--size", "32", "--max-frames", "4", "--workers", "1",
    ],
}  # fmt: skip
"""Every command that writes, as it is called."""


def run(home: Home, *, tries: int, seed: int, commands: Sequence[str] = tuple(COMMANDS)) -> list[Tally]:
    """Kill every command `tries` times; return a row each."""
    tallies = {name: Tally(f"kill {name}") for name in commands if COMMANDS[name](home, home.root)}
    order = [name for name in tallies for _ in range(tries)]
    arguments = ["--serve", str(home.root), str(home.facts or ""), str(seed), str(tries), *tallies]
    for answer in ask("benchmarks.harden.kills", arguments, range(len(order)), deadline_s=3 * _HANG_S):
        tally = tallies[order[answer.number]]
        tally.tries += 1
        for failure, what in answer.failures:
            tally.fail(failure, what)
    return list(tallies.values())


@dataclass(frozen=True)
class _Undisturbed:
    """What a command does when nothing ends it: the files before and after, what it said, and how long it took."""

    before: Mapping[str, bytes]
    wanted: Mapping[str, bytes]
    answer: subprocess.CompletedProcess[str]
    duration_s: float


@dataclass(frozen=True)
class _Place:
    """Where one worker works: always the same folders, since their names may stand in what is written."""

    home: Home
    folder: Path

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def lay_out(self) -> None:
        """Put there what a command begins with, and nothing else."""
        for folder in (self.work, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        shutil.copytree(self.home.released, self.work / "manifests" / "phantom")
        shutil.copytree(self.home.datasets["parquet"], self.work / "mended")
        shard = next((self.work / "mended").glob("data/part-*"))
        data = bytearray(shard.read_bytes())
        data[100] ^= 1
        shard.write_bytes(data)
        (self.work / "new").mkdir()

    def begin(self, name: str) -> Command:
        """Begin a command."""
        arguments = COMMANDS[name](self.home, self.work)
        env = self.home.environment(self.temporary)
        return begin(arguments, env=env, cwd=self.home.root, folder=self.folder)

    def undisturbed(self, name: str) -> _Undisturbed:
        """Run a command to its end."""
        self.lay_out()
        before = files_of(self.work)
        started = time.monotonic()
        answer = self.begin(name).wait(_HANG_S)
        duration_s = time.monotonic() - started
        if answer.returncode != _ANSWERS.get(name, 0):
            message = f"{name} fails undisturbed: {answer.stderr}"
            raise RuntimeError(message)
        return _Undisturbed(before, files_of(self.work), answer, duration_s)


def _kill_once(place: _Place, name: str, kind: signal.Signals, share: float, run: _Undisturbed) -> Failures:
    place.lay_out()
    moment_s = share * run.duration_s
    where = f"{kind.name} after {moment_s:.3f} of {run.duration_s:.3f} s"
    failures = _end(place, name, kind, moment_s)
    for path, content in files_of(place.work).items():
        if path in run.wanted and content not in (run.wanted[path], run.before.get(path)):
            failures.append(("half-written file", path))
    if kind == signal.SIGTERM and any(place.temporary.iterdir()):
        failures.append(("leftover", f"{sorted(path.name for path in place.temporary.iterdir())[:3]}"))
    again = place.begin(name)
    try:
        failures += _judged(again.wait(_HANG_S), run, place)
    except subprocess.TimeoutExpired:
        _kill(again)
        failures.append(("hang", "the run after it"))
    return [(failure, f"{where}: {what}") for failure, what in failures]


def _kill(command: Command) -> None:
    os.kill(command.pid, signal.SIGKILL)
    command.wait(_SETTLE_S)


def _end(place: _Place, name: str, kind: signal.Signals, moment_s: float) -> Failures:
    """Start a command and end it after a while, if it still runs; see that its workers end, too."""
    command = place.begin(name)
    try:
        done = command.wait(moment_s)
    except subprocess.TimeoutExpired:
        os.kill(command.pid, kind)
        try:
            done = command.wait(_SETTLE_S)
        except subprocess.TimeoutExpired:
            _kill(command)
            return [("hang", "goes on after the signal")]
    if "Traceback" in done.stderr or done.returncode == 4:
        return [("traceback", done.stderr[-300:])]
    deadline = time.monotonic() + _SETTLE_S
    while workers := _workers(place.temporary):
        if time.monotonic() > deadline:
            return [("leftover", f"processes {workers}")]
        time.sleep(0.02)
    return []


def _workers(temporary: Path) -> list[int]:
    """Return the processes that a command started, which have this folder for temporary files."""
    mark = f"TMPDIR={temporary}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _judged(again: subprocess.CompletedProcess[str], run: _Undisturbed, place: _Place) -> Failures:
    if again.returncode == 4 or "Traceback" in again.stderr:
        return [("traceback", again.stderr)]
    # What had finished before it was ended may be refused the second time, as what is there already.
    found, wanted = files_of(place.work), run.wanted
    if again.returncode != run.answer.returncode and found != wanted:
        return [("refused rerun", again.stderr)]
    failures: Failures = []
    different = sorted(path for path in wanted if found.get(path) != wanted[path])
    if different:
        failures.append(("silent wrong value", f"{different[:3]}"))
    further = sorted(set(found) - set(wanted)) + sorted(path.name for path in place.temporary.iterdir())
    if further:
        failures.append(("leftover", f"{further[:3]}"))
    return failures


def _serve(root: Path, facts: str, seed: int, tries: int, names: list[str]) -> None:
    import_commands()
    place = _Place(home_at(root, facts=Path(facts) if facts else None), root / f"killed-{os.getpid()}")
    undisturbed: dict[str, _Undisturbed] = {}

    def make_try(number: int) -> Failures:
        name = names[number // tries]
        if name not in undisturbed:
            undisturbed[name] = place.undisturbed(name)
        draw = random.Random(f"{seed} {name} {number % tries}")
        kind = signal.SIGKILL if number % 2 else signal.SIGTERM
        return _kill_once(place, name, kind, draw.uniform(0, 1.05), undisturbed[name])

    serve(make_try)


if __name__ == "__main__":
    _serve(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:])
