"""The command that shows what differs between two states of a collection."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording, write_catalog
from repositories import commit_all, make_repository
from small_datasets import build_here, changed, small_collection

from lusdata.cli import main
from lusdata.dataset.compare import compare_states, open_state
from lusdata.dataset.recipe import Recipe
from lusdata.errors import UsageError


def write(path: Path, **fields: Any) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, **fields}), encoding="utf-8")


@pytest.fixture
def later(clinic: Path, tmp_path: Path) -> Path:
    """Return the clinic after an addition, two corrections and a withdrawal."""
    folder = tmp_path / "later" / "clinic"
    shutil.copytree(clinic, folder)
    write(folder / "r1.json", **{"class": "bacterial-pneumonia"})
    write(folder / "r2.json", aliases=["a name \x1b[31m that is far too long for one line of a terminal" + "!" * 40])
    status = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    write(folder / "r3.json", status=status)
    shutil.copy(folder / "r0.json", folder / "new.json")
    write(folder / "new.json", id="clinic/new", source=recording("new").data["source"])
    source = json.loads((folder / "r3.json").read_text(encoding="utf-8"))["source"]
    write(folder / "r3.json", source={**source, "locations": []})
    return folder


def test_the_difference_is_shown_field_by_field(
    clinic: Path, later: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clinic.parents[1])
    assert main(["diff", "manifests/clinic", "later/clinic"]) == 0
    assert capsys.readouterr().out == (
        """\
manifests/clinic -> later/clinic
1 added, 2 changed, 1 withdrawn, 0 removed; 13 the same
the changes are major: scores on the two cannot be compared

added
  clinic/new  (minor)
    video, healthy, convex, CC-BY-4.0, test/patient-0

changed
  clinic/r1  (major)
    $.class  "covid-19" -> "bacterial-pneumonia"
  clinic/r2  (patch)
    $.aliases  (none) -> ["a name \\u001b[31m that is far too…!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"]

withdrawn
  clinic/r3  (major)
    since 2026-02-01: consent was taken back
    $.source.locations  ["https://example.org/r3.mp4"] -> []
    $.status.reason     (none) -> "consent was taken back"
    $.status.since      "2021-02-25" -> "2026-02-01"
    $.status.state      "included" -> "withdrawn"

counts                     before  after  change
recordings                     16     17      +1
included                       16     16       .
excluded                        .      .       .
withdrawn                       .      1      +1
buildable                      16     16       .
obtainable                     16     16       .
groups                          8      8       .
sources                         8      9      +1
publishable                    16     16       .
class covid-19                  8      6      -2
class bacterial-pneumonia       .      1      +1
class healthy                   8      9      +1

folds by patient: nobody moves
"""
    )


def test_groups_that_are_joined_are_told_with_who_moves(clinic: Path, later: Path) -> None:
    group = {"id": "test/patient-0", "basis": "patient"}
    write(later / "r0.json", group={**group, "linked": [{"id": "test/patient-1", "basis": "near-duplicate"}]})
    difference = compare_states(open_state(str(clinic)), open_state(str(later)))
    assert difference.comparison.regrouped == ("clinic/r0", "clinic/r1", "clinic/r8", "clinic/r9")
    assert set(difference.moved or {}) <= set(difference.comparison.regrouped)
    told = difference.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["weight"] == "major"


def test_nothing_differs_from_itself(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(clinic), str(clinic)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "0 added, 0 changed, 0 withdrawn, 0 removed; 16 the same",
        "nothing differs",
    ]


def test_looking_the_other_way_turns_additions_into_removals(clinic: Path, later: Path) -> None:
    there = compare_states(open_state(str(clinic)), open_state(str(later)))
    back = compare_states(open_state(str(later)), open_state(str(clinic)))
    assert [change.id for change in there.comparison.of("added")] == [
        change.id for change in back.comparison.of("removed")
    ]
    assert there.counts == back.counts[::-1]
    assert there.unchanged == back.unchanged


def test_a_release_can_be_a_side_and_keeps_what_was_withdrawn_since(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", str(clinic), "--version", "1.0.0", "--date", "2026-01-31"]) == 0
    capsys.readouterr()
    status = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    source = json.loads((clinic / "r3.json").read_text(encoding="utf-8"))["source"]
    write(clinic / "r3.json", status=status, source={**source, "locations": []})
    assert main(["diff", f"{clinic}@1.0.0", str(clinic), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(change["id"], change["kind"]) for change in told["changes"]] == [("clinic/r3", "withdrawn")]
    assert (told["before"]["counts"]["included"], told["after"]["counts"]["included"]) == (16, 15)
    assert told["moved"] == {}


def test_a_dataset_can_be_a_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    collection = small_collection(tmp_path, videos=2, images=4)
    out = build_here(changed(collection, "small/image-02", **{"class": "other"}), tmp_path, tmp_path / "out").out
    assert main(["diff", str(out), str(collection.root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [field["before"] for change in told["changes"] for field in change["fields"]] == ['"other"']


def test_two_datasets_are_told_apart_by_what_they_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    collection = small_collection(tmp_path, videos=2, images=4)
    whole = build_here(collection, tmp_path, tmp_path / "whole").out
    part = build_here(collection, tmp_path, tmp_path / "part", recipe=Recipe(size_px=32, select="kind=image")).out
    assert main(["diff", str(whole), str(part)]) == 0
    shown = capsys.readouterr().out
    assert "before  a dataset of 6 recordings of 6, 16 frames; 3 Hz, at most 30 frames, 16 x 16 px grey; rows " in shown
    assert "after   a dataset of 4 recordings of 6, 4 frames; 3 Hz, at most 30 frames, 32 x 32 px grey" in shown
    assert "the datasets hold other rows: scores on the two cannot be compared" in shown
    assert "  size_px: 16 -> 32\n  select: (none) -> kind=image\n" in shown
    assert "  only in the first: 2 recordings (small/video-00, small/video-01)\n" in shown
    assert (
        "  in both with other frames: 4 recordings (small/image-02, small/image-03, small/image-04 and 1 more)" in shown
    )
    assert re.search(r"^frames +16 +4 +-12$", shown, re.MULTILINE)
    assert "\nnothing differs\n" not in shown
    assert main(["diff", str(whole), str(part), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["settings"] == {"size_px": [16, 32], "select": ["", "kind=image"]}
    assert told["before"]["dataset"]["counts"]["frames"] == 16
    assert told["rows"]["same_rows"] is False


def test_datasets_of_the_same_rows_differ_in_nothing_but_their_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = small_collection(tmp_path, videos=1, images=1)
    one = build_here(collection, tmp_path, tmp_path / "one").out
    assert main(["diff", str(one), str(one)]) == 0
    assert "the datasets hold the same rows, built with the same settings" in capsys.readouterr().out
    other = build_here(collection, tmp_path, tmp_path / "other", format="tfrecord").out
    assert main(["diff", str(one), str(other)]) == 0
    shown = capsys.readouterr().out
    assert "the datasets hold the same rows\n  format: parquet -> tfrecord\n" in shown
    rows = compare_states(open_state(str(one)), open_state(str(other))).rows
    assert rows is not None
    assert (rows.other_frames, rows.same_rows, rows.nothing) == ((), True, False)


def test_a_revision_can_be_a_side(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    make_repository(clinic.parents[1])
    commit_all(clinic.parents[1])
    write(clinic / "r1.json", probe="linear")
    (clinic / "r2.json").unlink()
    monkeypatch.chdir(clinic)
    difference = compare_states(open_state("HEAD:manifests/clinic"), open_state(str(clinic)))
    assert [(change.id, change.kind) for change in difference.comparison.changes] == [
        ("clinic/r1", "changed"),
        ("clinic/r2", "removed"),
    ]
    with pytest.raises(UsageError, match="no such revision"):
        open_state("nothing:manifests/clinic")
    with pytest.raises(UsageError, match="no manifest was there"):
        open_state("HEAD:manifests")


def test_a_collection_too_small_for_folds_is_compared_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [
        write_catalog(tmp_path / side / "tiny", [recording("a", word)])
        for side, word in (("one", "healthy"), ("two", "covid-19"))
    ]
    assert main(["diff", *map(str, folders)]) == 0
    assert "folds by patient: none, there are too few groups" in capsys.readouterr().out


def test_what_is_nothing_is_refused(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(clinic), "no-such-collection"]) == 2
    assert "no such collection" in capsys.readouterr().err
