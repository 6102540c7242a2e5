from __future__ import annotations

import contextlib
import io
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from lusdata.cli import main
from lusdata.commands import demo


@dataclass(frozen=True)
class Run:
    folder: Path
    code: int
    printed: str


def run_demo(folder: Path) -> Run:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["demo", "--out", str(folder)])
    return Run(folder, code, printed.getvalue())


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished demo with half of the recordings, to save time; every form of file is among them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_RECORDINGS", 15)
        yield run_demo(tmp_path_factory.mktemp("somewhere") / "demo")


def test_the_demo_goes_through_every_step(done):
    assert done.code == 0
    steps = ["draw", "validate", "fetch", "build", "folds", "load", "show"]
    found = [
        line.split()[0] for line in done.printed.splitlines() if line and line.split()[0] in steps and line[0] != " "
    ]
    assert found == steps


def test_the_demo_ends_with_a_table_of_what_is_there(done):
    table = done.printed[done.printed.index("what was made") :]
    for what, place in demo._MADE:
        assert f"{what} " in table
        assert (done.folder / place).as_posix() in table
        assert (done.folder / place).exists()


def test_everything_came_over_http_and_nothing_was_left_out(done):
    assert "from http://127.0.0.1:" in done.printed
    assert "15 fetched" in done.printed
    index = json.loads((done.folder / "dataset" / "dataset.json").read_text(encoding="utf-8"))
    assert index["counts"]["recordings"] == 15
    assert index["left_out"] == []


def test_no_patient_stands_in_two_folds(done):
    folds = json.loads((done.folder / "folds.json").read_text(encoding="utf-8"))
    patients = [unit["id"] for unit in folds["units"]]
    assert len(patients) == len(set(patients))
    assert {unit["fold"] for unit in folds["units"]} == set(range(5))


def test_the_contact_sheet_is_a_picture_with_light_and_dark(done):
    import cv2

    sheet = cv2.imread(str(done.folder / "contact-sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert min(sheet.shape) > 400
    assert sheet.std() > 10


def test_a_second_run_goes_on_in_its_folder_and_draws_nothing_anew(done):
    before = {path: path.stat().st_mtime_ns for path in (done.folder / "phantoms").rglob("*") if path.is_file()}
    again = run_demo(done.folder)
    assert again.code == 0
    assert "already drawn" in again.printed
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_folder_with_somebodys_files_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    complaint = capsys.readouterr().err
    assert "not empty" in complaint
    assert complaint.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_a_killed_run_left_before_its_mark_is_no_somebodys_file(tmp_path):
    left = tmp_path / f".lusdata-{'0' * 8}-1-1-{'1' * 8}.part"
    left.write_text("{")
    os.utime(left, (0, 0))
    demo._claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [demo.MARKER]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path, capsys):
    (tmp_path / "demo").write_text("mine", encoding="utf-8")
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_a_demo_of_another_version_is_not_continued(tmp_path, capsys):
    (tmp_path / demo.MARKER).write_text('{"version": "0.1"}', encoding="utf-8")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "another version" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[1]", "not json"], ids=["empty", "list", "no json"])
def test_a_damaged_marker_is_answered_in_one_line(tmp_path, capsys, text):
    (tmp_path / demo.MARKER).write_text(text, encoding="utf-8")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_drawing_that_stops_half_way_leaves_no_half_collection(tmp_path, monkeypatch):
    from lusdata.media import phantom

    def stop(folder, **options):
        (folder / "media").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(phantom, "write_collection", stop)
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 130
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [demo.MARKER]


def test_the_server_is_there_inside_its_block_and_gone_after_it(tmp_path):
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with demo._served(tmp_path) as address:
        assert address.startswith("http://127.0.0.1:")
        with opener.open(f"{address}/a.txt", timeout=5) as answer:
            assert answer.read() == b"hello"
    with pytest.raises(urllib.error.URLError, match="refused"):
        opener.open(f"{address}/a.txt", timeout=5)
