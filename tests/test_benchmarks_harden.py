"""A sample of what `make harden` does, and that its table tells what fails."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harden import crew, flips, folders, kills, manifests, media, servers
from benchmarks.harden.home import ROOT, Home, files_of, make_home
from benchmarks.harden.tally import Tally, table
from benchmarks.harden.writers import READERS, WRITERS
from lusdata import read_frames
from lusdata.catalog.schema import NEWEST
from lusdata.cli import PROGRAM, main
from lusdata.command_line import command_module, command_parser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("harden"), recordings=4)


def test_a_failure_is_counted_and_named() -> None:
    tally = Tally("kill build", tries=3)
    tally.fail("hang", "after 1 s")
    page = table([tally])
    assert page.splitlines()[2].split("|")[1:4] == [" kill build ", "     3 ", "         0 "]
    assert page.splitlines()[-1] == "kill build: hang: after 1 s"
    with pytest.raises(ValueError, match="no such failure"):
        tally.fail("mood", "bad")


@pytest.mark.slow
def test_a_worker_that_dies_or_hangs_is_counted_and_the_next_try_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "deadly.py").write_text(
        "import os, time\nfrom benchmarks.harden.crew import serve\n"
        "serve(lambda n: os._exit(3) if n == 1 else time.sleep(99) if n == 2 else [])\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    answers = crew.ask("deadly", [], range(4), deadline_s=3.0, workers=1)
    assert [(one.number, [name for name, _ in one.failures]) for one in answers] == [
        (0, []), (1, ["death"]), (2, ["hang"]), (3, []),
    ]  # fmt: skip


def test_mutated_media_are_read_right_or_refused(tmp_path: Path):
    seeds = media.write_seeds(tmp_path)
    assert {".avi", ".dcm", ".gif", ".mkv", ".mp4", ".png", ".tiff"} <= {path.suffix for path in seeds}
    assert media.mutant(seeds, 1, 7) == media.mutant(seeds, 1, 7) != media.mutant(seeds, 2, 7)
    for path in (seeds[0], next(path for path in seeds if path.suffix == ".png")):
        assert media.failures_of(path, looked=False) == []
    for number in range(0, 2 * len(seeds), 3):
        name, data = media.mutant(seeds, 3, number)
        (tmp_path / name).write_bytes(data)
        assert media.failures_of(tmp_path / name, looked=False) == [], name


def test_other_pictures_than_others_see_are_a_wrong_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = next(path for path in media.write_seeds(tmp_path) if path.suffix == ".avi")
    darker = replace(frames := read_frames(path, size_px=64), images=frames.images // 2)
    monkeypatch.setattr("lusdata.media.frames.read_frames", lambda *_, **__: darker)
    assert [name for name, _ in media.failures_of(path, looked=False)] == ["silent wrong value"]


def test_mutated_manifests_are_taken_as_the_schema_says(tmp_path: Path):
    for number in range(300):
        name, data = manifests.mutant(3, number)
        (tmp_path / name).write_bytes(data)
        assert manifests.failures_of(tmp_path / name) == [], name
        (tmp_path / name).unlink()


def test_a_manifest_that_the_schema_refuses_must_not_be_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "manifest.json"
    source = ROOT / "tests" / "data" / "manifests" / NEWEST / "complete-video" / "manifest.json"
    path.write_text(source.read_text().replace('"probe": "', '"probe": "in'))
    assert manifests.failures_of(path) == []
    monkeypatch.setattr("lusdata.catalog.validate.schema_faults", lambda *_, **__: ())
    assert ("silent wrong value" in {name for name, _ in manifests.failures_of(path)}) is True


@pytest.mark.parametrize("number", range(6))
def test_hostile_servers_cost_one_recording(number: int, tmp_path: Path):
    assert servers.failures_of(3, number, tmp_path) == []


@pytest.mark.slow
def test_flipped_bits_are_noticed(home: Home) -> None:
    tallies = flips.run(home, tries=8, seed=3)
    assert [(tally.tries, tally.examples) for tally in tallies] == [(4, []), (4, [])]


@pytest.mark.slow
def test_a_lie_that_gets_through_is_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LIES", {"manifest of no state": folders.LIES["manifest of no state"]})
    (tally,) = folders.run(home, tries=1, seed=1)
    assert (tally.tries, tally.examples) == (1, [])


def test_every_command_is_known_to_write_or_not_to() -> None:
    writers = {name.split()[0] for name in WRITERS}
    assert writers | set(READERS) == set(PROGRAM.commands)
    assert not writers & set(READERS)


_WRITE = {"--out", "--pictures", "--preview", "--pin", "--verify", "--clean"}
"""Options with which a command writes."""


def _written(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from _written(below, (*words, word))
        elif found := _WRITE.intersection(action.option_strings):
            yield (*words, *found)


@pytest.mark.parametrize("command", [name for name in PROGRAM.commands if name not in READERS])
def test_every_option_that_writes_is_tried(command: str, home: Home, tmp_path: Path) -> None:
    calls = [set(map(str, writer.arguments(replace(home, facts=tmp_path), tmp_path))) for writer in WRITERS.values()]
    for words in _written(command_parser(PROGRAM, command, command_module(PROGRAM, command))):
        assert any({command, *words} <= call for call in calls), (command, words)


def test_commands_that_write_nothing_write_nothing(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in home.environment(tmp_path, user=tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    before = files_of(home.root)
    for call in READERS.values():
        assert main(list(map(str, call(home)))) == 0
    assert files_of(home.root) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are found by /proc")
def test_a_build_that_is_killed_goes_on(home: Home) -> None:
    commands = ["build"]
    (tally,) = kills.run(home, tries=2, seed=1, commands=commands)
    assert (tally.tries, tally.examples) == (2, [])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are found by /proc")
def test_every_command_that_is_killed_goes_on_and_every_lie_is_told(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    tallies = [*kills.run(home, tries=2, seed=2), *folders.run(home, tries=folders.TRIES, seed=2)]
    assert [example for tally in tallies for example in tally.examples] == []
