"""A folder of manifests."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.folders import collection_names, find_collection, manifest_files, shipped_names
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.selection import select_files
from lusdata.catalog.shipped import manifests_root, schemas_root
from lusdata.cli import main
from lusdata.errors import DataError, UsageError


def test_a_collection_holds_its_recordings_sorted_by_id(tmp_path: Path):
    write_catalog(tmp_path / "mine", [recording("b"), recording("a-1"), recording("a")])
    collection = open_collection(tmp_path / "mine")
    assert collection.name == "mine"
    assert [manifest.id for manifest in collection.manifests] == ["mine/a", "mine/a-1", "mine/b"]
    assert collection.by_id["mine/b"].path == tmp_path / "mine" / "b.json"


def test_the_folder_of_a_dataset_is_called_what_it_is(tmp_path: Path):
    for name in ("dataset.json", "manifests.jsonl"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="a dataset, not a collection"):
        open_collection(tmp_path)


def test_a_folder_that_cannot_be_read_is_not_called_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = write_catalog(tmp_path / "mine", [recording("a")])

    def refused(name):
        raise PermissionError(13, "Permission denied", str(name))

    # Who runs the tests may be allowed to read everything.
    monkeypatch.setattr(os, "listdir", refused)
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError, match="mine"):
        manifest_files(folder)


def test_only_included_recordings_with_a_digest_can_be_built(tmp_path: Path):
    members = [
        recording("a"),
        recording("b", pinned=False),
        recording("c", state="excluded"),
        recording("d", state="withdrawn"),
    ]
    for member in members:
        if member.state == "withdrawn":
            member.data["source"]["locations"].clear()
    collection = open_collection(write_catalog(tmp_path / "mine", members))
    assert [manifest.id for manifest in collection.included] == ["mine/a", "mine/b"]
    assert [manifest.id for manifest in collection.buildable] == ["mine/a"]


def test_a_path_may_be_text_and_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_catalog(tmp_path / "mine", [recording("a")])
    monkeypatch.chdir(tmp_path / "mine")
    assert open_collection(".").name == "mine"
    assert open_collection(str(tmp_path / "mine")).manifests == open_collection(".").manifests


def test_a_name_is_a_shipped_collection_before_it_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    if not shipped_names():
        pytest.skip("no collection is shipped yet")
    name = shipped_names()[0]
    write_catalog(tmp_path / name, [recording("a")])
    monkeypatch.chdir(tmp_path)
    assert find_collection(name) == manifests_root() / name
    assert find_collection(Path(name)) == Path(name)


def test_what_is_no_collection_is_refused_with_the_names_of_those_there_are(tmp_path: Path):
    with pytest.raises(
        UsageError, match=r"no such collection; expected a folder of manifests or one of .*; found nothing"
    ):
        open_collection(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="found a file"):
        open_collection(tmp_path / "file")


def test_an_empty_folder_is_no_collection(tmp_path: Path):
    with pytest.raises(DataError, match="the folder holds no manifest"):
        open_collection(tmp_path)


def test_the_first_fault_is_named_and_the_rest_are_counted(tmp_path: Path):
    folder = write_catalog(tmp_path / "mine", [recording("a"), recording("b")])
    for name in "ab":
        data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        (folder / f"{name}.json").write_text(json.dumps(data | {"probe": "x"}), encoding="utf-8")
    message = r"a\.json \$\.probe: SCHEMA_VALUE \(and 1 more\): not an allowed value; .*run: lusdata validate"
    with pytest.raises(DataError, match=message):
        open_collection(folder)


def test_a_warning_does_not_keep_a_collection_shut(tmp_path: Path):
    folder = write_catalog(tmp_path / "mine", [recording("a")])
    folder.rename(tmp_path / "renamed")
    assert [manifest.id for manifest in open_collection(tmp_path / "renamed").manifests] == ["mine/a"]


def test_a_folder_named_like_a_manifest_is_not_passed_over(tmp_path: Path):
    folder = write_catalog(tmp_path / "mine", [recording("a")])
    (folder / "b.json").mkdir()
    assert len(manifest_files(folder)) == 2
    with pytest.raises(DataError, match="FILE_UNREADABLE: not a file"):
        open_collection(folder)


def test_what_comes_with_lusdata_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert (schemas_root() / "manifest" / "1.0.0.json").is_file()
    assert manifests_root().is_dir()
    assert "releases" not in shipped_names()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a collection of a shipped name and another, and stand in it."""
    for name, number in (("pocus", 3), ("clinic", 2)):
        write_catalog(tmp_path / "manifests" / name, [recording(f"{name}-{n}") for n in range(number)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_means_the_collection_that_the_user_works_on(clone: Path) -> None:
    assert find_collection("pocus") == clone / "manifests" / "pocus"
    assert find_collection("clinic") == clone / "manifests" / "clinic"
    # What is not there comes with lusdata.
    assert find_collection("blues") == manifests_root() / "blues"
    assert {"pocus", "clinic", "blues"} <= set(collection_names())
    assert [path.parent.name for path in select_files(["pocus"])] == ["pocus"] * 3
    assert {path.parent.parent for path in select_files([])} == {clone / "manifests"}
    assert len(open_collection("pocus").manifests) == 3


def test_an_empty_folder_of_that_name_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifests" / "pocus").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_collection("pocus") == manifests_root() / "pocus"


@pytest.mark.parametrize(
    ("call", "text", "folders"),
    [
        (["stats", "pocus"], "pocus: 3 recordings  (manifests/pocus)\n", "manifests/pocus"),
        (["validate", "pocus"], "a digest  (manifests/pocus)\n", ["manifests/pocus"]),
        (["validate"], "a digest  (manifests/clinic, manifests/pocus)\n", ["manifests/clinic", "manifests/pocus"]),
    ],
    ids=["stats", "validate one", "validate all"],
)
def test_commands_name_the_folder_that_they_looked_at(
    clone: Path, capsys: pytest.CaptureFixture[str], call: list[str], text: str, folders: object
) -> None:
    assert main(call) == 0
    assert text in capsys.readouterr().out
    assert main([*call, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder" if call[0] == "stats" else "folders"] == folders


def test_the_check_of_releases_names_the_folder_that_it_looked_at(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "--check"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.rpartition("  ")[2] for line in shown] == ["(manifests/clinic)", "(manifests/pocus)"]
    assert main(["release", "--check", "pocus", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["collections"]
    assert (told["folder"], told["releases"]) == ("manifests/pocus", 0)
