"""A lead is completed from a file in hand, or in a mirror, if the file does not contradict it."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fetch_cases import recording, sha256

from lusdata.catalog.manifest import Manifest, read_manifest, write_manifest
from lusdata.cli import main
from lusdata.errors import DataError
from lusdata.intake.complete_lead import complete_lead
from lusdata.intake.question import Question
from lusdata.media.completing import other_digests
from lusdata.media.fetch.collection import fetch
from lusdata.media.phantom.media import write_video

DAY = "2031-01-02"
PATH = "convex/Day+1 of case 7.mp4"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "Day+1 of case 7.mp4"
    write_video(path, np.full((6, 32, 48), 90, np.uint8), rate_hz=10.0)
    return path


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    return folder


def put(folder: Path, name: str = "clip", *, path: str | None = PATH, **fields: Any) -> Manifest:
    data = copy.deepcopy(dict(recording(name, path=path).data))
    data["source"].update(fields.pop("source", {}))
    data.update(fields)
    write_manifest(folder / f"{name}.json", data)
    return read_manifest(folder / f"{name}.json")


def pin(folder: Path, file: Path, *options: str, name: str = "clip") -> int:
    cache = str(folder.parent / "cache")
    return main(["pin", f"cases/{name}", str(file), "--collection", str(folder), "--cache", cache, *options])


def test_digests_of_other_kinds_are_those_that_git_and_md5sum_give(tmp_path):
    file = tmp_path / "hello.txt"
    file.write_bytes(b"hello\n")
    assert other_digests(file) == {
        "git_blob_sha1": "ce013625030ba8dba906f756967f9e9ca394464a",
        "md5": "b1946ac92492d2347c6235b4d2611184",
    }


def test_a_lead_gets_digest_facts_and_the_day_and_can_be_built_at_once(cases, clip, capsys):
    before = put(cases)
    assert pin(cases, clip, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    after = read_manifest(cases / "clip.json")
    assert after.sha256 == told["sha256"] == sha256(clip.read_bytes())
    assert (after.size_bytes, after.media["frame_count"]) == (clip.stat().st_size, 6)
    assert told["agrees"] == ["name"]
    assert after.since == told["since"] > before.since
    assert after.data["group"] == before.data["group"]
    assert fetch([after], cache=cases.parent / "cache", offline=True).counts == {"present": 1}


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"crop": {"left_px": 9, "top_px": 0, "width_px": 64, "height_px": 9, "method": "manual"}}, "lies outside"),
        ({"source": {"other_digests": {"md5": "0" * 32}}}, "md5 differs"),
        ({"kind": "image"}, "another kind"),
        ({"trim": {"start_s": 9.0}}, "the part lies outside"),
    ],
)
def test_a_file_that_contradicts_is_refused_and_nothing_is_written(cases, clip, capsys, fields, what):
    put(cases, **fields)
    before = (cases / "clip.json").read_bytes()
    assert pin(cases, clip) == 1
    error = capsys.readouterr().err
    assert what in error
    assert error.count("\n") == 1
    assert (cases / "clip.json").read_bytes() == before
    assert not (cases.parent / "cache").exists()


def test_a_cache_that_takes_nothing_leaves_the_lead_for_the_next_run(cases, clip, capsys):
    put(cases)
    before = (cases / "clip.json").read_bytes()
    (cases.parent / "cache").write_text("no folder")
    assert pin(cases, clip) == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert (cases / "clip.json").read_bytes() == before
    (cases.parent / "cache").unlink()
    assert pin(cases, clip) == 0
    assert fetch([read_manifest(cases / "clip.json")], cache=cases.parent / "cache", offline=True).exit_code == 0


def test_nobody_can_accept_a_contradiction(cases, clip):
    put(cases, source={"other_digests": {"git_blob_sha1": "0" * 40}})
    assert pin(cases, clip, "--yes") == 1


def test_the_very_file_by_another_digest_is_certain_whatever_it_is_called(cases, clip, tmp_path, capsys):
    renamed = tmp_path / "a.mp4"
    renamed.write_bytes(clip.read_bytes())
    digest = hashlib.md5(clip.read_bytes(), usedforsecurity=False).hexdigest()
    put(cases, source={"other_digests": {"md5": digest}})
    assert pin(cases, renamed, "--json") == 0
    assert json.loads(capsys.readouterr().out)["agrees"] == ["digest"]


def test_a_file_that_nothing_ties_to_the_lead_needs_somebodys_word(cases, clip, tmp_path, capsys):
    renamed = tmp_path / "a.mp4"
    renamed.write_bytes(clip.read_bytes())
    put(cases, path=None)
    assert pin(cases, renamed) == 1
    assert "nothing ties the file" in capsys.readouterr().err
    assert pin(cases, renamed, "--yes") == 0
    assert read_manifest(cases / "clip.json").source_path == "cases/clip.mp4"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_on_a_terminal_a_person_decides(cases, clip, answer):
    lead = put(cases, path=None)
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return answer

    if answer == "yes":
        assert complete_lead(lead, clip, [lead], day=DAY, ask=ask).manifest.since == DAY
    else:
        with pytest.raises(DataError, match="nothing ties"):
            complete_lead(lead, clip, [lead], day=DAY, ask=ask)
    assert "nothing ties the file" in asked[0].note


def test_a_file_is_never_given_to_two_recordings(cases, clip, capsys):
    put(cases)
    put(cases, "second", path="other/Day+1 of case 7.mp4")
    assert pin(cases, clip) == 0
    assert pin(cases, clip, name="second") == 1
    assert "already there; found cases/clip" in capsys.readouterr().err


def test_only_a_lead_can_be_completed(cases, clip, capsys):
    put(cases)
    assert pin(cases, clip) == 0
    assert pin(cases, clip) == 2
    assert "it has a digest" in capsys.readouterr().err
    assert pin(cases, clip, name="nobody") == 2
    assert pin(cases, clip.parent) == 2


@pytest.fixture(scope="module")
def textured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("textured") / "Day+1 of case 7.mp4"
    noise = np.random.default_rng(5).integers(0, 256, (24, 24), dtype=np.uint8)
    write_video(path, np.stack([cv2.resize(noise, (160, 160), interpolation=cv2.INTER_CUBIC)] * 3), rate_hz=10.0)
    return path


@pytest.mark.parametrize("before", ["points-1:" + "AAAA" * 19, None])
def test_a_fingerprint_is_renewed_from_the_very_file_and_nothing_else_changes(cases, textured, capsys, before):
    put(cases)
    assert pin(cases, textured) == 0
    whole = read_manifest(cases / "clip.json")
    data = {key: value for key, value in whole.data.items() if key != "fingerprint"}
    write_manifest(cases / "clip.json", data | ({"fingerprint": before} if before else {}))
    capsys.readouterr()
    assert pin(cases, textured) == 0
    assert "fingerprint of cases/clip" in capsys.readouterr().out
    assert read_manifest(cases / "clip.json").data == whole.data
    assert pin(cases, textured) == 2


def test_a_fingerprint_is_never_renewed_from_another_file(cases, clip, textured):
    put(cases)
    assert pin(cases, textured) == 0
    data = dict(read_manifest(cases / "clip.json").data) | {"fingerprint": "points-1:" + "AAAA" * 19}
    write_manifest(cases / "clip.json", data)
    assert pin(cases, clip) == 2
    assert read_manifest(cases / "clip.json").data == data


def test_fetch_pins_from_a_mirror_folder_alone_when_offline(cases, clip, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / PATH).parent.mkdir(parents=True)
    (mirror / PATH).write_bytes(clip.read_bytes())
    lead = put(cases, source={"locations": ["https://clinic.example/a.mp4"]})
    report = fetch([lead], mirrors=[mirror], cache=tmp_path / "cache", offline=True, pin=True)
    assert (report.counts, report.results[0].pinned) == ({"fetched": 1}, True)
    after = read_manifest(cases / "clip.json")
    assert (after.sha256, after.since > lead.since) == (sha256(clip.read_bytes()), True)


def test_fetch_takes_nothing_from_a_mirror_that_contradicts_the_lead(cases, clip, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / PATH).parent.mkdir(parents=True)
    (mirror / PATH).write_bytes(clip.read_bytes())
    lead = put(cases, media={**read_media(clip), "frame_count": 7})
    before = (cases / "clip.json").read_bytes()
    report = fetch([lead], mirrors=[mirror], cache=tmp_path / "cache", offline=True, pin=True)
    assert (report.counts, report.exit_code) == ({"changed": 1}, 1)
    assert "frame_count differs; expected 7; found 6" in report.results[0].detail
    assert (cases / "clip.json").read_bytes() == before
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def read_media(clip: Path) -> dict[str, Any]:
    from lusdata.media.facts import media_facts

    return media_facts(clip).as_manifest()
