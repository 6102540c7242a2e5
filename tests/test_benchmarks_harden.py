"""A sample of what `make harden` does, and that its table tells what fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.harden import flips, folders, kills
from benchmarks.harden.home import Home, make_home
from benchmarks.harden.tally import Tally, table


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


def test_flipped_bits_are_noticed(home: Home) -> None:
    tallies = flips.run(home, tries=8, seed=3)
    assert [(tally.tries, tally.examples) for tally in tallies] == [(4, []), (4, [])]


def test_a_lie_that_gets_through_is_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LIES", {"manifest of no state": folders.LIES["manifest of no state"]})
    (tally,) = folders.run(home, tries=1, seed=1)
    assert (tally.tries, tally.examples) == (1, [])


@pytest.mark.skipif(sys.platform != "linux", reason="workers are found by /proc")
def test_a_build_that_is_killed_goes_on(home: Home) -> None:
    commands = {"build": kills.COMMANDS["build"]}
    (tally,) = kills.run(home, tries=2, seed=1, commands=commands)
    assert (tally.tries, tally.examples) == (2, [])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are found by /proc")
def test_every_command_that_is_killed_goes_on_and_every_lie_is_told(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    tallies = [*kills.run(home, tries=2, seed=2), *folders.run(home, tries=folders.TRIES, seed=2)]
    assert [example for tally in tallies for example in tally.examples] == []
