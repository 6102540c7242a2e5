"""Digests of files that an import does not see come from manifests of files that somebody has seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from test_import import blues_sources

from lusdata.catalog.importers.pins import read_pins
from lusdata.catalog.manifest import read_manifest, write_manifest
from lusdata.cli import main
from lusdata.media.phantom.media import write_video

NAMES = ("patient-7-r1", "patient-7-r2")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with two recordings and both of their files."""
    folder = tmp_path / "checkout"
    (folder / "lus_videos").mkdir(parents=True)
    texts = blues_sources(["patient_7_R1,1.0,no,yes,", "patient_7_R2,0.0,yes,no,"], cov_test="1")
    (folder / "severity.csv").write_text(texts.recordings, encoding="utf-8")
    (folder / "clinical_variables.csv").write_text(texts.patients, encoding="utf-8")
    for number in (1, 2):
        frames = np.full((5, 32, 48), 80 + number, np.uint8)
        write_video(folder / "lus_videos" / f"patient_7_R{number}.mp4", frames, rate_hz=10.0)
    return folder


def imported(checkout: Path, out: Path, *options: str) -> dict[str, bytes]:
    assert main(["import", "blues", str(checkout), "--out", str(out), *options]) == 0
    return {path.name: path.read_bytes() for path in out.iterdir()}


def without_files(checkout: Path, tmp_path: Path) -> Path:
    bare = tmp_path / "bare"
    shutil.copytree(checkout, bare, ignore=shutil.ignore_patterns("*.mp4"))
    return bare


@pytest.mark.parametrize("form", ["folder", "lines"])
def test_facts_of_files_that_are_elsewhere_give_the_same_manifests(checkout, tmp_path, form):
    whole = imported(checkout, tmp_path / "whole")
    pins = tmp_path / "whole"
    if form == "lines":
        pins = tmp_path / "pins.jsonl"
        lines = [json.dumps(json.loads(whole[f"{name}.json"])) for name in NAMES]
        pins.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    assert imported(without_files(checkout, tmp_path), tmp_path / "again", "--pins", str(pins)) == whole


def test_facts_in_an_older_schema_version_are_brought_to_the_newest(checkout, tmp_path):
    whole = imported(checkout, tmp_path / "whole")
    older = json.loads(whole["patient-7-r1.json"])
    older["schema_version"] = "1.0.0"
    older["$schema"] = older["$schema"].replace("1.1.0", "1.0.0")
    pins = tmp_path / "pins.jsonl"
    pins.write_text(json.dumps(older) + "\n", encoding="utf-8")
    made = imported(without_files(checkout, tmp_path), tmp_path / "again", "--pins", str(pins))
    assert made["patient-7-r1.json"] == whole["patient-7-r1.json"]
    assert "sha256" not in json.loads(made["patient-7-r2.json"])["source"]


def test_who_gets_a_digest_later_takes_part_later_and_stays_there(checkout, tmp_path):
    whole = imported(checkout, tmp_path / "whole")
    bare, out = without_files(checkout, tmp_path), tmp_path / "out"
    first = imported(bare, out)
    pins = ("--pins", str(tmp_path / "whole"))
    later = imported(bare, out, *pins, "--since", "2031-01-02")
    seen = read_manifest(out / "patient-7-r1.json")
    assert (seen.since, seen.sha256) == ("2031-01-02", json.loads(whole["patient-7-r1.json"])["source"]["sha256"])
    assert json.loads(first["patient-7-r1.json"])["status"]["since"] < seen.since
    assert "- 2031-01-02: rows 2-3 (2 recordings)" in later["CURATION.md"].decode()
    assert imported(bare, out, *pins, "--since", "2032-01-01") == later
    assert imported(bare, tmp_path / "fresh", "--pins", str(out)) == later


def _changed(data: dict) -> None:
    data["source"]["sha256"] = "f" * 64


def _other_file(data: dict) -> None:
    data["source"]["path"] = "lus_videos/another.mp4"


def _other_recording(data: dict) -> None:
    data["id"] = "blues/patient-9-r1"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (_changed, "two digests of blues/patient-7-r1"),
        (_other_file, "digest and facts are of another file"),
        (_other_recording, "digest of a recording that is not imported"),
    ],
)
def test_facts_that_contradict_write_nothing(checkout, tmp_path, capsys, change, what):
    imported(checkout, tmp_path / "whole")
    data = json.loads((tmp_path / "whole" / "patient-7-r1.json").read_bytes())
    change(data)
    (tmp_path / "pins").mkdir()
    write_manifest(tmp_path / "pins" / "one.json", data)
    before = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    command = ["import", "blues", str(checkout), "--out", str(tmp_path / "whole"), "--pins", str(tmp_path / "pins")]
    assert main(command) == 1
    assert what in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()} == before


def test_two_manifests_of_one_file_that_differ_are_told_before_anything_else(checkout, tmp_path):
    imported(checkout, tmp_path / "whole")
    line = json.loads((tmp_path / "whole" / "patient-7-r1.json").read_bytes())
    other = json.loads(json.dumps(line))
    _changed(other)
    pins = tmp_path / "pins.jsonl"
    pins.write_text(json.dumps(line) + "\n" + json.dumps(other) + "\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"pins\.jsonl line 2: two digests"):
        read_pins(pins)


def test_pins_that_are_not_there_are_a_wrong_call(checkout, tmp_path, capsys):
    assert main(["import", "blues", str(checkout), "--out", str(tmp_path / "o"), "--pins", str(tmp_path / "no")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
