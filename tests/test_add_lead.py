"""A file that a lead waits for completes the lead, and is never added beside it."""

from __future__ import annotations

import copy
import datetime
import shutil
from pathlib import Path

import numpy as np
import pytest
from fetch_cases import recording

from lusdata.catalog.manifest import Manifest, read_manifest, write_manifest
from lusdata.cli import main
from lusdata.errors import DataError
from lusdata.intake import prepare
from lusdata.intake.add import add_one
from lusdata.intake.answers import Answers
from lusdata.intake.interview import Interview
from lusdata.intake.workspace import Bench, Wishes
from lusdata.media.phantom import draw, typical, write_video

TODAY = datetime.date(2031, 1, 2)
SAID = ("--license", "CC-BY-4.0", "--provider", "a-clinic", "--class", "covid-19", "--probe", "convex", "--yes")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "Skip-Lesion-2.mp4"
    frames = np.asarray(draw(typical("covid-19", variant=4), 4).frames)
    write_video(path, frames[:8], rate_hz=10.0)
    return path


@pytest.fixture
def bench(tmp_path: Path, looked_at_once: None) -> Bench:
    folder = tmp_path / "cases"
    folder.mkdir()
    data = copy.deepcopy(dict(recording("waiting", path="butterfly/skip-lesion-2.MP4").data))
    write_manifest(folder / "waiting.json", data)
    return Bench(
        collection="cases",
        folder=folder,
        manifests=[read_manifest(folder / "waiting.json")],
        neighbours=[],
        previews=tmp_path / "previews",
        media=tmp_path / "media",
        keeps_copy=True,
        mirrors=(),
        today=TODAY,
    )


def wishes(bench: Bench, answer: str) -> Wishes:
    answers = Answers(class_name="covid-19", probe="convex", licence="CC-BY-4.0", provider="a-clinic")
    return Wishes(answers, interview=Interview(lambda question: answer, bench.known))


def waiting(bench: Bench) -> Manifest:
    return read_manifest(bench.folder / "waiting.json")


def test_who_says_yes_completes_the_lead_and_adds_nothing(bench, clip):
    before = waiting(bench)
    added = add_one(clip, wishes(bench, "yes"), bench)
    assert added.manifest.id == "cases/waiting"
    assert [path.name for path in bench.folder.iterdir()] == ["waiting.json"]
    after = waiting(bench)
    assert (after.since, after.media["frame_count"]) == ("2031-01-02", 8)
    assert after.class_name == before.class_name
    assert added.preview.is_file()
    assert (bench.media / "butterfly/skip-lesion-2.MP4").read_bytes() == clip.read_bytes()
    with pytest.raises(DataError, match="this very file is already there"):
        add_one(clip, wishes(bench, "yes"), bench)


def test_a_file_that_cannot_be_kept_leaves_the_lead_for_the_next_run(bench, clip):
    before = (bench.folder / "waiting.json").read_bytes()
    bench.media.write_text("no folder")
    with pytest.raises(OSError, match="media"):
        add_one(clip, wishes(bench, "yes"), bench)
    assert (bench.folder / "waiting.json").read_bytes() == before


def test_who_says_no_is_told_how_to_go_on_and_nothing_is_written(bench, clip):
    before = (bench.folder / "waiting.json").read_bytes()
    with pytest.raises(DataError, match=r"lusdata pin cases/waiting"):
        add_one(clip, wishes(bench, "no"), bench)
    assert (bench.folder / "waiting.json").read_bytes() == before
    assert [path.name for path in bench.folder.iterdir()] == ["waiting.json"]


def test_off_a_terminal_a_file_that_a_lead_waits_for_is_refused(bench, clip, capsys):
    options = ("--collection", bench.folder, "--preview", bench.previews)
    assert main(["add", *map(str, (clip, *SAID, *options))]) == 1
    error = capsys.readouterr().err
    assert "found cases/waiting, the same name" in error
    assert error.count("\n") == 1


def test_another_recording_of_the_patient_is_added_beside_the_lead(bench, clip):
    options = ("--collection", bench.folder, "--preview", bench.previews, "--same-patient", "cases/waiting")
    assert main(["add", *map(str, (clip, *SAID, *options, "--text-reviewed", "physician"))]) == 0
    assert waiting(bench).sha256 is None
    assert len(list(bench.folder.iterdir())) == 2


@pytest.mark.parametrize("first", ["Skip-Lesion-2.mp4", "a.mp4"])
def test_of_several_files_the_one_that_a_lead_waits_for_is_not_added_under_another_name_either(
    bench, clip, tmp_path, capsys, first
):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("Skip-Lesion-2.mp4", "a.mp4"):
        shutil.copyfile(clip, folder / name)
    files = sorted(folder.iterdir(), key=lambda path: path.name != first)
    options = ("--collection", bench.folder, "--preview", bench.previews, "--group-by", "unknown")
    assert main(["add", *map(str, (*files, *SAID, *options))]) == 1
    assert capsys.readouterr().out.count("a recording that is there waits for such a file") == 2
    assert [path.name for path in bench.folder.iterdir()] == ["waiting.json"]


@pytest.mark.parametrize("options", [(), ("--clean-copy",)])
def test_an_address_that_a_lead_names_is_not_added_beside_it(bench, clip, tmp_path, capsys, monkeypatch, options):
    address = "https://example.org/v/4711"
    data = copy.deepcopy(dict(waiting(bench).data))
    data["source"] |= {"locations": [address], "path": "unknown.mp4"}
    write_manifest(bench.folder / "waiting.json", data)
    monkeypatch.setattr(prepare, "download", lambda source, scratch: clip)
    given = (address, *SAID, *options, "--collection", bench.folder, "--preview", bench.previews)
    assert main(["add", *map(str, given)]) == 1
    error = capsys.readouterr().err
    assert "found cases/waiting, the same address" in error
    assert f"lusdata pin cases/waiting FILE --collection {bench.folder}" in error
    assert [path.name for path in bench.folder.iterdir()] == ["waiting.json"]


def test_a_clean_copy_of_a_file_that_a_lead_waits_for_is_not_added_beside_it(bench, clip, capsys):
    options = ("--collection", bench.folder, "--preview", bench.previews, "--clean-copy", "--media", bench.media)
    assert main(["add", *map(str, (clip, *SAID, *options))]) == 1
    assert "found cases/waiting, the same name" in capsys.readouterr().err


def test_a_recording_that_was_withdrawn_as_a_lead_does_not_come_back(bench, clip, capsys):
    data = copy.deepcopy(dict(waiting(bench).data))
    data["status"] = {"state": "withdrawn", "since": "2026-01-01", "reason": "consent taken back"}
    data["source"]["locations"] = []
    write_manifest(bench.folder / "waiting.json", data)
    assert main(["add", *map(str, (clip, *SAID, "--collection", bench.folder, "--preview", bench.previews))]) == 1
    assert "found cases/waiting, withdrawn: consent taken back; the same name" in capsys.readouterr().err
