"""The command that makes folds, and the file that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from catalogs import recording, write_catalog
from jsonschema import Draft202012Validator

from lusdata.catalog.shipped import schemas_root
from lusdata.cli import main

MANIFESTS = [
    recording(f"r{n}", ["healthy", "covid-19"][n % 2], f"patient-{n % 8}", provider=f"site-{n % 8}") for n in range(16)
]


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    return write_catalog(tmp_path / "clinic", MANIFESTS)


def test_folds_are_printed_as_a_table(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["folds", str(clinic), "--k", "4"]) == 0
    shown = capsys.readouterr().out
    assert "clinic by patient, 4 folds, seed 0: 16 recordings in 8 units" in shown
    assert "covid-19" in shown.splitlines()[3]
    assert "train  validation  test" in shown


@pytest.mark.parametrize("by", ["patient", "video", "source", "frame"])
def test_the_file_keeps_to_its_schema(clinic: Path, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["folds", str(clinic), "--k", "2", "--by", by, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((schemas_root() / "folds" / "1.0.0.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert document["$schema"] == schema["$id"]


def test_folds_that_are_there_already_are_kept(
    clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "folds.json"
    assert main(["folds", str(clinic), "--k", "4", "--out", str(out)]) == 0
    first = json.loads(out.read_text(encoding="utf-8"))
    (clinic / "r0.json").unlink()
    old = recording("added", "healthy", since="2020-01-01")
    (clinic / "added.json").write_text(json.dumps({**old.data, "id": "clinic/added"}), encoding="utf-8")
    capsys.readouterr()
    assert main(["folds", str(clinic), "--k", "4", "--out", str(out)]) == 0
    assert "kept the earlier folds of 15 recordings; 1 new, 1 gone" in capsys.readouterr().out
    folds = {unit["id"]: unit["fold"] for unit in json.loads(out.read_text(encoding="utf-8"))["units"]}
    assert all(folds[unit["id"]] == unit["fold"] for unit in first["units"] if unit["id"] in folds)


def test_a_file_of_other_folds_is_never_replaced(
    clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "folds.json"
    main(["folds", str(clinic), "--k", "4", "--out", str(out)])
    before = out.read_bytes()
    assert main(["folds", str(clinic), "--k", "4", "--seed", "1", "--out", str(out)]) == 2
    assert "the file holds folds of other settings" in capsys.readouterr().err
    assert main(["folds", str(clinic), "--k", "3", "--out", str(out)]) == 2
    assert out.read_bytes() == before
    out.write_text("{}", encoding="utf-8")
    assert main(["folds", str(clinic), "--k", "4", "--out", str(out)]) == 1
    assert out.read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        pytest.param(["--k", "1"], 2, "k: value out of range", id="one fold"),
        pytest.param(["--k", "10000"], 2, "more folds than patient groups; expected 2 to 8", id="too many folds"),
        pytest.param(["--by", "moon"], 2, "unknown split unit", id="unknown unit"),
        pytest.param(["--out", "nowhere/folds.json"], 3, "cannot write the fold table", id="no such folder"),
        pytest.param(["--previous", "nowhere.json"], 2, "no such fold table", id="no such file"),
    ],
)
def test_a_wrong_call_is_one_line(
    clinic: Path,
    options: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clinic.parent)
    assert main(["folds", str(clinic), *options]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("\n") == 1
