"""A folder of manifests."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from catalogs import recording, write_catalog

from lusdata.catalog.folders import find_collection, manifest_files, shipped_names
from lusdata.catalog.opening import open_collection
from lusdata.catalog.shipped import manifests_root, schemas_root
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
