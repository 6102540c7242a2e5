"""Every command that writes is ended at a random moment, and run again: the result is as if nothing had happened."""

from __future__ import annotations

import datetime
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harden.crew import ask, serve
from benchmarks.harden.forked import Command, begin, import_commands
from benchmarks.harden.home import Home, files_of, home_at
from benchmarks.harden.tally import Tally
from benchmarks.harden.writers import WRITERS
from lusdata.commands import demo

__all__ = ["PER_COMMAND", "run"]

PER_COMMAND = 200
_SETTLE_S = 8.0
_DEMO_RECORDINGS = 10
"""So that a demo takes seconds; it draws more for a person to look at."""
_HANG_S = 300.0

Failures = list[tuple[str, str]]


def run(home: Home, *, tries: int, seed: int, commands: Sequence[str] = tuple(WRITERS)) -> list[Tally]:
    """Kill every command `tries` times; return a row each."""
    tallies = {name: Tally(f"kill {name}") for name in commands if WRITERS[name].arguments(home, home.root)}
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

    def lay_out(self, name: str) -> None:
        """Put there what a command begins with, and nothing else."""
        for folder in (self.work, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        WRITERS[name].lay_out(self.home, self.work)

    def begin(self, name: str) -> Command:
        """Begin a command."""
        arguments = WRITERS[name].arguments(self.home, self.work)
        env = self.home.environment(self.temporary, user=self.work)
        return begin(arguments, env=env, cwd=self.home.root, folder=self.folder)

    def undisturbed(self, name: str) -> _Undisturbed:
        """Run a command to its end."""
        self.lay_out(name)
        before = files_of(self.work)
        started = time.monotonic()
        answer = self.begin(name).wait(_HANG_S)
        duration_s = time.monotonic() - started
        if answer.returncode != WRITERS[name].code:
            message = f"{name} fails undisturbed: {answer.stderr}"
            raise RuntimeError(message)
        return _Undisturbed(before, files_of(self.work), answer, duration_s)


def _kill_once(place: _Place, name: str, kind: signal.Signals, share: float, run: _Undisturbed) -> Failures:
    place.lay_out(name)
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


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _serve(root: Path, facts: str, seed: int, tries: int, names: list[str]) -> None:
    import_commands()
    demo._RECORDINGS = _DEMO_RECORDINGS
    place = _Place(home_at(root, facts=Path(facts) if facts else None), root / f"killed-{os.getpid()}")
    # The day stands in some manifests: past midnight another result is the right one.
    undisturbed: dict[tuple[str, datetime.date], _Undisturbed] = {}

    def make_try(number: int) -> Failures:
        name, today = names[number // tries], _today()
        if (name, today) not in undisturbed:
            undisturbed[name, today] = place.undisturbed(name)
        draw = random.Random(f"{seed} {name} {number % tries}")
        kind = signal.SIGKILL if number % 2 else signal.SIGTERM
        failures = _kill_once(place, name, kind, draw.uniform(0, 1.05), undisturbed[name, today])
        return failures if _today() == today else make_try(number)

    serve(make_try)


if __name__ == "__main__":
    _serve(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:])
