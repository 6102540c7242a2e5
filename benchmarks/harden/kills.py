"""Every command that writes is ended at a random moment, and run again: the result is as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.harden.home import Home, files_of
from benchmarks.harden.tally import Tally

__all__ = ["COMMANDS", "PER_COMMAND", "run"]

PER_COMMAND = 200
_ANSWERS = {"audit --pictures": 1}
"""Exit codes of undisturbed runs that are not 0: the drawn recordings look alike, which is what the pictures show."""
_SETTLE_S = 8.0
_HANG_S = 300.0

Arguments = Callable[[Home, Path], list[object]]


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


def run(home: Home, *, tries: int, seed: int, commands: Mapping[str, Arguments] = COMMANDS) -> list[Tally]:
    """Kill every command `tries` times; return a row each."""
    return [_kill_one(home, name, arguments, tries=tries, seed=seed) for name, arguments in commands.items()]


def _fresh(home: Home) -> tuple[Path, Path]:
    """Lay out the folder that a command writes to, always at the same place, and one for its temporary files."""
    work, temporary = home.root / "work", home.root / "temporary"
    for folder in (work, temporary):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    shutil.copytree(home.released, work / "manifests" / "phantom")
    shutil.copytree(home.datasets["parquet"], work / "mended")
    shard = next((work / "mended").glob("data/part-*"))
    data = bytearray(shard.read_bytes())
    data[100] ^= 1
    shard.write_bytes(data)
    (work / "new").mkdir()
    return work, temporary


def _kill_one(home: Home, name: str, arguments: Arguments, *, tries: int, seed: int) -> Tally:
    tally = Tally(f"kill {name}")
    work, temporary = _fresh(home)
    if not arguments(home, work):
        # The importer needs the published metadata, which is not here.
        return tally
    before = files_of(work)
    started = time.monotonic()
    undisturbed = home.run(*arguments(home, work), temporary=temporary)
    duration_s = time.monotonic() - started
    if undisturbed.returncode != _ANSWERS.get(name, 0):
        tally.fail("refused rerun", f"the undisturbed run: {undisturbed.stderr}")
        return tally
    wanted = files_of(work)
    draw = random.Random(f"{seed} {name}")
    for number in range(tries):
        work, temporary = _fresh(home)
        kind = signal.SIGKILL if number % 2 else signal.SIGTERM
        moment_s = draw.uniform(0.2, 1.05) * duration_s
        tally.tries += 1
        where = f"{kind.name} after {moment_s:.2f} of {duration_s:.2f} s"
        _end(home, arguments(home, work), temporary, tally, kind, moment_s, where)
        for path, content in files_of(work).items():
            if path in wanted and content not in (wanted[path], before.get(path)):
                tally.fail("half-written file", f"{where}: {path}")
        if kind == signal.SIGTERM and any(temporary.iterdir()):
            tally.fail("leftover", f"{where}: {sorted(path.name for path in temporary.iterdir())[:3]}")
        try:
            again = home.run(*arguments(home, work), temporary=temporary, timeout_s=_HANG_S)
        except subprocess.TimeoutExpired:
            tally.fail("hang", f"{where}: the run after it")
            continue
        _judge(again, undisturbed, work, temporary, wanted, tally, where)
    return tally


def _end(
    home: Home,
    arguments: list[object],
    temporary: Path,
    tally: Tally,
    kind: signal.Signals,
    moment_s: float,
    where: str,
) -> None:
    """Start a command and end it after a while, if it still runs; see that its workers end, too."""
    process = subprocess.Popen(
        home.command(*arguments),
        env=home.environment(temporary),
        cwd=home.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        process.send_signal(kind)
    try:
        _, said = process.communicate(timeout=_SETTLE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        tally.fail("hang", where)
        return
    if "Traceback" in said or process.returncode == 4:
        tally.fail("traceback", f"{where}: {said[-300:]}")
    deadline = time.monotonic() + _SETTLE_S
    while _working(temporary):
        if time.monotonic() > deadline:
            tally.fail("leftover", f"{where}: processes {_working(temporary)}")
            return
        time.sleep(0.02)


def _working(temporary: Path) -> list[int]:
    """Return the processes that run with this folder for temporary files: the command's own and its workers."""
    mark = f"TMPDIR={temporary}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _judge(
    again: subprocess.CompletedProcess[str],
    undisturbed: subprocess.CompletedProcess[str],
    work: Path,
    temporary: Path,
    wanted: Mapping[str, bytes],
    tally: Tally,
    where: str,
) -> None:
    if again.returncode == 4 or "Traceback" in again.stderr:
        tally.fail("traceback", f"{where}: {again.stderr}")
        return
    # What had finished before it was ended may be refused the second time, as what is there already.
    found = files_of(work)
    if again.returncode != undisturbed.returncode and found != wanted:
        tally.fail("refused rerun", f"{where}: {again.stderr}")
        return
    different = sorted(path for path in wanted if found.get(path) != wanted[path])
    if different:
        tally.fail("silent wrong value", f"{where}: {different[:3]}")
    further = sorted(set(found) - set(wanted)) + sorted(path.name for path in temporary.iterdir())
    if further:
        tally.fail("leftover", f"{where}: {further[:3]}")
