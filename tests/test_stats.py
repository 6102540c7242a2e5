from __future__ import annotations

import json
from pathlib import Path

import pytest

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.schema import schema_header
from lusdata.cli import main
from lusdata.commands.layout import table
from lusdata.commands.stats import summarise


def recording(
    slug: str, *, state: str = "included", licence: str = "CC-BY-4.0", pinned: bool = True, **changes
) -> dict:
    """Return a valid manifest of a collection named `clinic`."""
    status = {"state": state, "since": "2026-01-31"}
    if state != "included":
        status["reason"] = "shows the neck, not the lung"
    source = {
        "provider": "an-atlas",
        "page": "https://example.org/case",
        "access": "direct",
        "locations": [f"https://example.org/{slug}.mp4"],
        "licence": licence_entry(licence),
    }
    data = {
        **schema_header(),
        "id": f"clinic/{slug}",
        "kind": "video",
        "status": status,
        "source": source,
        "probe": "convex",
        "class": "healthy",
        "class_basis": "source-label",
        "group": {"id": f"clinic/patient-{slug}", "basis": "patient"},
    }
    if pinned:
        source |= {"sha256": slug.encode().hex().ljust(64, "0"), "size_bytes": 1000}
        data["media"] = {
            "container": "mp4",
            "codec": "h264",
            "width_px": 400,
            "height_px": 300,
            "frame_count": 30,
            "duration_s": 2.0,
            "rate_hz": 15.0,
            "variable_frame_rate": False,
        }
    return data | changes


def clinic(*manifests: dict) -> Collection:
    return Collection("clinic", Path("clinic"), tuple(Manifest(data) for data in manifests))


def test_recordings_are_counted_by_class_probe_and_kind():
    summary = summarise(
        clinic(
            recording("a"),
            recording("b", pinned=False),
            recording("c", probe="linear", **{"class": "covid-19"}),
            recording("d", kind="image"),
        )
    )
    cells = {
        (cell["class"], cell["probe"], cell["kind"]): (cell["recordings"], cell["buildable"])
        for cell in summary["counts"]
    }
    assert cells == {
        ("healthy", "convex", "video"): (2, 1),
        ("healthy", "convex", "image"): (1, 1),
        ("covid-19", "linear", "video"): (1, 1),
    }
    assert summary["unpinned"] == ["clinic/b"]


def test_what_is_left_out_is_named_with_its_reason_and_counted_nowhere_else():
    summary = summarise(clinic(recording("a"), recording("b", state="excluded"), recording("c", state="withdrawn")))
    assert summary["recordings"] == {
        "total": 3,
        "included": 1,
        "excluded": 1,
        "withdrawn": 1,
        "buildable": 1,
        "obtainable": 1,
        "unpinned": 0,
    }
    assert [entry["id"] for entry in summary["left_out"]] == ["clinic/b", "clinic/c"]
    assert summary["left_out"][0]["reason"] == "shows the neck, not the lung"
    assert sum(cell["recordings"] for cell in summary["counts"]) == 1


def test_groups_that_a_link_joins_count_once():
    linked = recording("b")
    linked["group"]["linked"] = [{"id": "clinic/patient-a", "basis": "near-duplicate"}]
    assert summarise(clinic(recording("a"), linked, recording("c")))["groups"] == 2


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (["present"], "present"),
        (["absent", "unknown"], "absent"),
        (["present", "absent"], "disagree"),
        (["unknown"], "unknown"),
    ],
    ids="-".join,
)
def test_readers_of_one_recording_give_one_verdict(said, verdict):
    readings = [{"reader": f"reader-{number}", "b_lines": word} for number, word in enumerate(said)]
    counts = summarise(clinic(recording("a", patterns=readings)))["patterns"]["b_lines"]
    assert {word for word, count in counts.items() if count} == {verdict}


def test_frames_that_may_not_be_passed_on_are_counted_apart():
    summary = summarise(
        clinic(recording("a"), recording("b", licence="CC-BY-NC-ND-4.0"), recording("c", licence="LicenseRef-None"))
    )
    assert summary["rights"] == {"build": 3, "publish": 1}
    assert summary["licences"]["CC-BY-NC-ND-4.0"]["publishable"] == 0


def test_an_empty_choice_is_counted_without_a_fault():
    summary = summarise(clinic(recording("a", state="excluded")))
    assert summary["counts"] == []
    assert summary["groups"] == 0


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "clinic"
    root.mkdir()
    for data in (
        recording("a"),
        recording("b", state="excluded"),
        recording("c", patterns=[{"reader": "one", "b_lines": "present"}]),
    ):
        write_manifest(root / f"{data['id'].split('/')[1]}.json", data)
    return root


def test_the_command_prints_tables_for_people(folder, capsys):
    assert main(["stats", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "clinic: 3 recordings" in printed
    assert "convex videos" in printed
    assert "B-lines" in printed
    assert "CC-BY-4.0" in printed


def test_the_command_prints_one_json_document_and_nothing_else(folder, capsys):
    assert main(["stats", str(folder), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["recordings"]["total"] == 3


@pytest.mark.parametrize(
    ("make", "code"), [(lambda path: None, 2), (lambda path: path.mkdir(), 1)], ids=["no folder", "an empty folder"]
)
def test_what_is_no_collection_is_answered_in_one_line(tmp_path, capsys, make, code):
    make(tmp_path / "nothing")
    assert main(["stats", str(tmp_path / "nothing")]) == code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["pocus", "blues"])
def test_the_shipped_collections_add_up(name, capsys):
    assert main(["stats", name, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    counts = summary["recordings"]
    assert counts["total"] == counts["included"] + counts["excluded"] + counts["withdrawn"]
    assert counts["included"] == sum(cell["recordings"] for cell in summary["counts"])
    assert counts["buildable"] == sum(cell["buildable"] for cell in summary["counts"])


def test_a_table_aligns_numbers_to_the_right_and_words_to_the_left():
    assert table([["a", 1200], ["long", 0]], head=["x", "count"]) == "x     count\na     1,200\nlong      ."
    assert table([["a", "b"], ["long", "c"]], numbers=False) == "a     b\nlong  c"
