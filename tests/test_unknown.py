"""Recordings of which nobody knows whose they are: a state of its own, in folds and in every verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.groups import unknown_clause, unknown_patients
from lusdata.catalog.manifest import Manifest
from lusdata.cli import main
from lusdata.errors import UsageError
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable


def _grouped(name: str, group: str, basis: str, *links: tuple[str, str], provider: str = "clinic-a") -> Manifest:
    manifest = recording(name)
    linked = [{"id": f"test/{identifier}", "basis": why} for identifier, why in links]
    group_entry: dict[str, Any] = {"id": f"test/{group}", "basis": basis, **({"linked": linked} if linked else {})}
    source = {**manifest.data["source"], "provider": provider}
    return Manifest({**manifest.data, "group": group_entry, "source": source}, manifest.path)


WARD = [
    *(_grouped(f"known-{n}", f"patient-{n}", "patient") for n in range(6)),
    *(_grouped(f"seven-{n}", f"unknown-{n}", "unknown") for n in range(7)),
    _grouped("elsewhere", "unknown-e", "unknown", provider="clinic-b"),
]


def test_a_link_to_somebody_known_makes_a_recording_known():
    linked = _grouped("linked", "unknown-l", "unknown", ("patient-0", "near-duplicate"))
    assert "test/linked" not in unknown_patients([*WARD, linked])


def test_two_copies_of_one_recording_are_still_nobodys():
    copies = [
        _grouped("a", "unknown-a", "unknown"),
        _grouped("b", "unknown-b", "unknown", ("unknown-a", "near-duplicate")),
    ]
    assert unknown_patients(copies) == {"test/a", "test/b"}


@pytest.mark.parametrize("basis", ["patient", "study", "publication"])
def test_what_the_source_tells_is_known(basis: str):
    assert unknown_patients([_grouped("a", "g", basis)]) == frozenset()


def test_the_clause_counts_what_is_included():
    assert unknown_clause(WARD) == "8 of 14 recordings: patient not known"
    assert unknown_clause(WARD[:6]) == ""


def test_folds_by_patient_are_refused_until_somebody_says_how_to_take_them():
    with pytest.raises(UsageError, match=r"8 of 14 recordings: patient not known; say --unknown together"):
        make_folds(WARD, k=3)
    assert make_folds(WARD[:6], k=3).unknown is None


def test_too_few_units_of_nobody_known_are_told_with_what_makes_more():
    with pytest.raises(UsageError, match=r"more folds than patient groups.*--unknown apart takes each by itself"):
        make_folds(WARD, k=99, unknown="together")
    with pytest.raises(UsageError, match="more folds than patient groups") as refusal:
        make_folds(WARD, k=99, unknown="apart")
    assert "--unknown" not in str(refusal.value)


def test_together_no_two_recordings_of_a_provider_stand_in_two_folds():
    folds = make_folds(WARD, k=3, unknown="together")
    fold_of = {name: folds.fold_of[unit] for name, unit in folds.unit_of.items()}
    assert len({fold_of[f"test/seven-{n}"] for n in range(7)}) == 1
    assert folds.unit_of["test/elsewhere"] != folds.unit_of["test/seven-0"]


def test_apart_each_is_a_patient_of_its_own():
    folds = make_folds(WARD, k=3, unknown="apart")
    assert len({folds.unit_of[f"test/seven-{n}"] for n in range(7)}) == 7


@pytest.mark.parametrize("by", ["video", "source", "frame"])
def test_other_units_do_not_ask_whose_a_recording_is(by: str):
    assert make_folds(WARD, by=by, k=2).unknown is None


def test_a_table_says_how_they_were_taken_and_one_without_them_is_written_as_before():
    folds = make_folds(WARD, k=3, unknown="together")
    document = json.loads(folds.to_json())
    assert (document["folds_version"], document["settings"]["unknown"]) == ("1.1.0", "together")
    assert FoldTable.from_json(folds.to_json()) == folds
    assert json.loads(make_folds(WARD[:6], k=3).to_json())["folds_version"] == "1.0.0"


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    folder = tmp_path / "test"
    write_catalog(folder, WARD)
    return folder


def test_the_command_refuses_and_then_says_how_they_were_taken(ward: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["folds", str(ward), "--k", "3"]) == 2
    assert "8 of 14 recordings: patient not known" in capsys.readouterr().err
    assert main(["folds", str(ward), "--k", "3", "--unknown", "together"]) == 0
    assert "8 of 14 recordings: patient not known, taken together" in capsys.readouterr().out


def test_an_audit_is_never_clean_without_saying_so(ward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["audit", str(ward), "--k", "3"]) == 0
    verdict = "clean: nobody who is known stands on two sides; 8 of 14 recordings: patient not known"
    assert verdict in " ".join(capsys.readouterr().out.split())
    table = tmp_path / "folds.json"
    assert main(["folds", str(ward), "--k", "3", "--unknown", "apart", "--out", str(table)]) == 0
    capsys.readouterr()
    main(["audit", str(ward), "--folds", str(table), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert "8 of 14 recordings: patient not known" in report["verdict"]
    assert "PATIENT_UNKNOWN" in {finding["code"] for finding in report["findings"]}


def test_a_release_asks_how_they_are_taken_and_seals_no_zero_without_them(
    ward: Path, capsys: pytest.CaptureFixture[str]
):
    making = ["release", str(ward), "--version", "1.0.0", "--date", "2026-01-01"]
    assert main(making) == 2
    assert "patient not known" in capsys.readouterr().err
    assert main([*making, "--unknown", "together"]) == 0
    assert "0 leaks; 8 of 14 recordings: patient not known" in capsys.readouterr().out
