"""A file is whole or not there."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lusdata.atomic import PRIVATE, copy_file, new_folder, write_bytes, write_text


def test_a_file_is_written_and_an_older_one_replaced(tmp_path: Path):
    path = tmp_path / "a.bin"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]  # noqa: PTH208 - hidden files count too


def test_a_copy_is_whole_and_its_owners_alone_from_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source, path = tmp_path / "source.bin", tmp_path / "copy.bin"
    source.write_bytes(data := bytes(range(256)) * 10_000)
    source.chmod(0o644)
    seen = []
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda old, new: (seen.append(stat.S_IMODE(old.stat().st_mode)), replace(old, new))
    )
    copy_file(source, path, mode=PRIVATE)
    assert path.read_bytes() == source.read_bytes() == data
    assert seen == [0o600]
    with pytest.raises(FileNotFoundError):
        copy_file(tmp_path / "absent", path)
    assert path.read_bytes() == data
    assert sorted(os.listdir(tmp_path)) == ["copy.bin", "source.bin"]  # noqa: PTH208 - hidden files count too


def test_text_is_utf8_with_unix_line_ends_on_every_system(tmp_path: Path):
    write_text(tmp_path / "a.txt", "Zürich\n")
    assert (tmp_path / "a.txt").read_bytes() == b"Z\xc3\xbcrich\n"


def test_a_full_disk_leaves_the_older_file_and_no_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "a.bin", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_the_callers_fault(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_bytes(tmp_path / "nowhere" / "a.bin", b"x")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002, 0o000], ids=oct)
def test_what_is_written_keeps_the_users_umask(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "a.bin", b"x")
        write_bytes(tmp_path / "private.bin", b"x", mode=PRIVATE)
        with new_folder(tmp_path / "out") as folder:
            write_text(folder / "a.txt", "a")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"a.bin": 0o666 & ~umask, "private.bin": 0o600, "out": 0o777 & ~umask, "a.txt": 0o666 & ~umask}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_what_is_private_is_so_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append(stat.S_IMODE(os.fstat(handle).st_mode)))
    write_bytes(tmp_path / "a.png", b"x", mode=PRIVATE)
    assert seen == [0o600]


@pytest.mark.parametrize("there", [False, True], ids=["missing", "empty"])
def test_a_folder_appears_when_it_is_full(tmp_path: Path, there: bool):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    with new_folder(out) as folder:
        write_text(folder / "a.txt", "a")
        assert not (out / "a.txt").exists()
    assert (out / "a.txt").read_text("utf-8") == "a"
    assert list(tmp_path.iterdir()) == [out]


def _fill(out: Path, then: Callable[[], object]) -> None:
    with new_folder(out) as folder:
        write_text(folder / "a.txt", "a")
        then()


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(ZeroDivisionError, match="division"):
        _fill(tmp_path / "out", lambda: 1 / 0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_filled_meanwhile_is_left_alone(tmp_path: Path):
    def somebody_else() -> None:
        (tmp_path / "out").mkdir()
        write_text(tmp_path / "out" / "mine.txt", "mine")

    with pytest.raises(OSError, match="not empty"):
        _fill(tmp_path / "out", somebody_else)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mine.txt").read_text("utf-8") == "mine"
