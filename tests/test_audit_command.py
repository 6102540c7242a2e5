"""The command that audits a split: a page for people, a document for programs, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from catalogs import recording, write_catalog

from lusdata.cli import main
from lusdata.commands.audit import JSON_KEYS

MANIFESTS = [
    recording(f"r{n}", ["healthy", "covid-19"][n % 2], f"patient-{n % 8}", path=f"v/Clip {n}.mp4") for n in range(16)
]


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    return write_catalog(tmp_path / "clinic", MANIFESTS)


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    path = tmp_path / "published.json"
    path.write_text(json.dumps({"a": ["clip_0.mp4", "Clip 1.mp4"], "b": ["Clip 8.mp4", "Clip 2.mp4"]}), "utf-8")
    return path


def test_our_own_folds_are_audited_by_default(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(clinic), "--k", "4"]) == 0
    shown = capsys.readouterr().out
    assert "audit of clinic: folds by patient, k=4, seed=0" in shown
    # The verdict comes first, and is the last that a terminal shows.
    assert shown.index("clean: nobody stands on two sides") < shown.index("asked")
    assert "leaks by id      none" in shown
    assert shown.endswith("clean: nobody stands on two sides\n")


def test_a_leak_is_shown_with_its_files_and_exits_1(
    clinic: Path, leaking: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(clinic), "--folds", str(leaking)]) == 1
    shown = capsys.readouterr().out
    assert "leaks by id      1 group stands in several folds, 2 recordings concerned" in shown
    assert "error GROUP_LEAKS" in shown
    assert "test/patient-0: 2 recordings in folds a, b; basis: patient" in shown
    assert "fold a  clinic/r0  clip_0.mp4" in shown
    assert "fold b  clinic/r8  Clip 8.mp4" in shown
    assert "-> put all recordings of a group into one fold" in shown
    assert shown.endswith("NOT CLEAN: scores on this split are not scores on new patients\n")


def test_the_document_holds_every_finding(clinic: Path, leaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(clinic), "--folds", str(leaking), "--json"]) == 1
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert shown.err == ""
    assert list(document) == list(JSON_KEYS)
    assert document["clean"] is False
    assert document["leaked"] == {"groups": 1, "recordings": 2, "pairs_by_pixels": 0}
    assert document["counts"]["error"] == 1
    assert document["split"]["mapped"] == 4
    (leak,) = [finding for finding in document["findings"] if finding["code"] == "GROUP_LEAKS"]
    assert [place["name"] for place in leak["places"]] == ["clip_0.mp4", "Clip 8.mp4"]
    assert leak["advice"].startswith("put all recordings of a group into one fold")


def test_a_fold_file_of_ours_is_audited_with_its_own_settings(
    clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "folds.json"
    assert main(["folds", str(clinic), "--k", "4", "--out", str(out)]) == 0
    assert main(["audit", str(clinic), "--folds", str(out)]) == 0
    capsys.readouterr()
    assert main(["audit", str(clinic), "--folds", str(out), "--seed", "0"]) == 2
    assert "--seed: a file of folds brings its own settings" in capsys.readouterr().err


@pytest.mark.parametrize(("by", "code"), [("patient", 0), ("video", 1), ("frame", 1)])
def test_the_exit_code_tells_whether_a_kind_of_split_leaks(clinic: Path, by: str, code: int) -> None:
    assert main(["audit", str(clinic), "--by", by, "--k", "4"]) == code


@pytest.mark.parametrize("columns", [80, 200])
def test_the_page_fits_the_terminal(
    columns: int, clinic: Path, leaking: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    main(["audit", str(clinic), "--folds", str(leaking)])
    long_words = ("/", "|")  # a path is not broken
    lines = [line for line in capsys.readouterr().out.splitlines() if not any(sign in line for sign in long_words)]
    assert max(map(len, lines)) <= min(columns, 100)


def test_a_long_list_is_cut_on_the_page_but_not_in_the_document(
    clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"0": ["Clip 0.mp4", *(f"x{n}.mp4" for n in range(20))], "1": ["Clip 1.mp4"]}), "utf-8")
    main(["audit", str(clinic), "--folds", str(split)])
    assert "… and 8 more; --json prints all" in capsys.readouterr().out
    main(["audit", str(clinic), "--folds", str(split), "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert sum(finding["code"] == "NAME_UNKNOWN" for finding in findings) == 20


def test_a_link_to_nothing_stops_the_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_catalog(tmp_path / "clinic", [*MANIFESTS, recording("x", linked=["patient-none"])])
    path = folder / "x.json"
    path.write_text(path.read_text("utf-8").replace('"test/patient-none"', '"clinic/patient-none"'), "utf-8")
    assert main(["audit", str(folder), "--k", "4"]) == 1
    assert "LINK_NOWHERE: the link leads to no group" in capsys.readouterr().err
