"""What dead runs left goes, and nothing of a live run or of a stranger."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lusdata import command_line
from lusdata.atomic import write_text
from lusdata.cli import main
from lusdata.media.cache import Cache
from lusdata.media.fetch.leftovers import sweep_cache
from lusdata.media.fetch.lock import free_lock
from lusdata.scratch import is_running, is_vacant, leftovers, process_mark, scratch_beside, scratch_folder, sweep
from lusdata.signals import Ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells the dead by their age alone")

_MAKE = """
import sys, time
from pathlib import Path
from lusdata.scratch import scratch_beside, scratch_folder
scratch_beside(Path(sys.argv[1]) / "a.json").write_text("half")
with scratch_folder() as folder:
    (folder / "patient.png").write_text("picture")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def running(tmp_path: Path, temporary: Path) -> subprocess.Popen[str]:
    (tmp_path / "out").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _MAKE, str(tmp_path / "out")], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_live_run_keeps_its_scratch_and_a_killed_one_loses_it(
    tmp_path: Path, temporary: Path, running: subprocess.Popen[str]
) -> None:
    assert sweep() == []
    assert sweep(tmp_path / "out") == []
    running.kill()
    # Not waited for: a zombie is dead too.
    time.sleep(0.2)
    assert len(leftovers()) == 1
    assert len(sweep()) == 1
    assert list(temporary.iterdir()) == []
    assert len(sweep(tmp_path / "out")) == 1


def test_every_command_sweeps_the_folder_for_temporary_files(
    temporary: Path, running: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    running.kill()
    running.wait()
    assert main(["validate", "--rules"]) == 0
    assert list(temporary.iterdir()) == []


def test_writing_into_a_folder_sweeps_it(tmp_path: Path, running: subprocess.Popen[str]) -> None:
    running.kill()
    running.wait()
    write_text(tmp_path / "out" / "b.json", "whole")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.json"]


def test_the_number_of_a_dead_process_that_another_one_got_saves_nothing(tmp_path: Path) -> None:
    mine = scratch_beside(tmp_path / "a")
    mine.write_text("")
    _, place, pid, began, token = mine.name.removesuffix(".part").split("-")
    assert leftovers(tmp_path) == []
    other = mine.with_name(f".lusdata-{place}-{pid}-{int(began) - 1}-{token}.part")
    mine.rename(other)
    assert leftovers(tmp_path) == [other]


_FORK = """
import os, sys
from pathlib import Path
from lusdata.scratch import remove_own, scratch_beside, scratch_folder
out = Path(sys.argv[1])
scratch_beside(out / "a")
(out / f".lusdata-{'0' * 8}-1-1-{'1' * 8}.part").write_text("")
os.utime(out / f".lusdata-{'0' * 8}-1-1-{'1' * 8}.part", (0, 0))
with scratch_folder() as folder:
    if (child := os.fork()) == 0:
        scratch_beside(out / "b")
        remove_own()
        os._exit(0)
    os.waitpid(child, 0)
    print(folder.exists(), len(list(out.iterdir())))
"""


def test_a_fork_sweeps_for_itself_and_leaves_its_parents_folders(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "out").mkdir()
    done = subprocess.run([sys.executable, "-c", _FORK, str(tmp_path / "out")], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "0"], done.stderr


def test_a_process_is_told_from_the_next_one_of_its_number() -> None:
    place, pid, began = process_mark().split("-")
    assert is_running(process_mark())
    assert not is_running(f"{place}-{pid}-{int(began) + 1}")
    assert not any(map(is_running, ("", pid, f"{'0' * 8}-{pid}-{began}", process_mark() + "-0")))


def test_a_folder_with_leftovers_alone_is_vacant(tmp_path: Path, running: subprocess.Popen[str]) -> None:
    out = tmp_path / "out"
    assert not is_vacant(out)
    running.kill()
    running.wait()
    assert is_vacant(out)
    assert list(out.iterdir()) == []
    (out / "thesis.txt").write_text("mine")
    assert [is_vacant(out), is_vacant(out / "thesis.txt"), is_vacant(out / "new")] == [False, False, True]


def test_scratch_of_another_machine_goes_by_its_age_alone(tmp_path: Path) -> None:
    path = tmp_path / f".lusdata-{'0' * 8}-1-1-{'1' * 8}.part"
    path.write_text("")
    assert leftovers(tmp_path) == []
    os.utime(path, (time.time() - 25 * 3600,) * 2)
    assert leftovers(tmp_path) == [path]


def test_what_a_stranger_made_stays(tmp_path: Path) -> None:
    dead = "00000000-999999999-1-11111111"
    for name in ("lusdata-notes", ".lusdata-1.part", "lusdata-abc", f"my-lusdata-{dead}", f"lusdata-{dead}.txt"):
        (tmp_path / name).write_text("mine")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / "precious").mkdir()
    (tmp_path / f"lusdata-{dead}").symlink_to(tmp_path / "precious")
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 7


def test_a_folder_is_private_and_gone_after_the_block(temporary: Path) -> None:
    with scratch_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "a").write_text("")
    assert list(temporary.iterdir()) == []


def test_halves_of_a_cache_go_when_they_are_of_no_use_and_nobody_works_on_them(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    done, going, old, held = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
    for name in (done, going, old, held):
        part = cache.part_path(name)
        part.parent.mkdir(parents=True)
        for ending in ("", ".json", ".lock"):
            part.with_name(part.name + ending).write_text("x")
    cache.object_path(done).write_text("whole")
    os.utime(cache.part_path(old), (0, 0))
    os.utime(cache.part_path(held), (0, 0))
    with free_lock(cache.part_path(held)) as mine:
        assert mine
        assert sweep_cache(tmp_path) == [cache.part_path(done), cache.part_path(old)]
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {done, f"{going}.part", f"{going}.part.json", f"{held}.part", f"{held}.part.json"}
    assert len(sweep_cache(tmp_path, everything=True)) == 2
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {done}


def test_the_doctor_cleans(
    tmp_path: Path,
    running: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    part = Cache(tmp_path / "cache").part_path("5" * 64)
    part.parent.mkdir(parents=True)
    part.write_text("half")
    running.kill()
    running.wait()
    assert main(["doctor", "--clean", str(tmp_path / "out")]) == 0
    assert "2 leftovers of killed runs removed" in capsys.readouterr().out
    assert not part.exists()
    assert main(["doctor", "--clean", str(tmp_path / "nowhere")]) == 2


# --- signals ---

_BUSY = """
import signal, sys, time
# Whoever runs the tests may have asked that a closed terminal ends nothing.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from lusdata import cli, command_line
from lusdata.scratch import scratch_folder
def run(program, arguments):
    with scratch_folder() as folder:
        print(folder, flush=True)
        {wait}
command_line._run = run
sys.exit(cli.main(["x"]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("stubborn", [False, True], ids=["leaves", "hangs"])
def test_a_signal_ends_a_run_at_once_without_scratch_or_traceback(
    temporary: Path, number: int, code: int, stubborn: bool
) -> None:
    wait = "exec('try:\\n time.sleep(30)\\nfinally:\\n time.sleep(30)')" if stubborn else "time.sleep(30)"
    source = _BUSY.replace("{wait}", wait).replace("command_line._run = run", "command_line._dispatch = run")
    process = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    process.stdout.readline()
    started = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - started < 6
    assert process.returncode == code
    assert "Traceback" not in said
    assert stubborn or said.startswith(f"lusdata: ended by {signal.Signals(number).name}; what was finished is kept")
    assert list(temporary.iterdir()) == []


def test_a_signal_within_a_function_that_a_library_calls_is_not_lost_and_prints_nothing(temporary: Path) -> None:
    # A comparison that qsort of C calls: what it raises cannot get out, and Python would print and go on.
    source = (
        "import ctypes, os, signal, sys, time\n"
        "from lusdata import cli, command_line\n"
        "kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))\n"
        "def compare(one, two):\n"
        "    if not asked: asked.append(1); os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return 0\n"
        "asked = []\n"
        "def run(program, arguments):\n"
        "    numbers = (ctypes.c_int * 9)()\n"
        "    ctypes.CDLL(None).qsort(numbers, 9, 4, kind(compare))\n"
        "    time.sleep(30)\n"
        "command_line._dispatch = run\n"
        "sys.exit(cli.main(['x']))"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 143
    assert done.stderr == "lusdata: ended by SIGTERM; what was finished is kept, run the command again to go on\n"
    assert time.monotonic() - started < 20


def test_a_signal_while_a_run_ends_is_told_in_a_line(monkeypatch, capsys) -> None:
    @contextlib.contextmanager
    def ended_at_the_door():
        yield
        raise Ended(signal.SIGTERM)

    monkeypatch.setattr(command_line, "ended_by_signals", ended_at_the_door)
    assert main(["--version"]) == 143
    assert capsys.readouterr().err.startswith("lusdata: ended by SIGTERM; what was finished is kept")


def test_the_folder_for_temporary_files_is_found_without_writing_to_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", lambda *_: pytest.fail("it was tried by writing"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with scratch_folder() as folder:
        assert folder.parent == tmp_path


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    source = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from lusdata import cli, command_line\n"
        "command_line._dispatch = lambda program, arguments: os.kill(os.getpid(), signal.SIGHUP) or 7\n"
        "raise SystemExit(cli.main(['x']))"
    )
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 7
