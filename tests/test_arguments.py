"""What the public functions take, and how they refuse everything else."""

from __future__ import annotations

import numpy as np
import pytest
from catalogs import recording, write_catalog

import lusdata
from lusdata.errors import LusdataError, UsageError
from lusdata.releases.audit import split_to_audit

TAKES = {
    "load": "the name or the path of a collection or a dataset",
    "open_collection": "a str or a Path",
    "make_folds": "a collection, its name or path, or manifests",
    "fetch": "a collection, its name or path, or manifests",
    "audit": "a collection of lusdata.open_collection, or a name or path of one",
    "validate": "a str or a Path",
    "find_sector": "an array of uint8",
    "read_frames": "a str or a Path",
    "media_facts": "a str or a Path",
    "join": "several datasets of lusdata.load",
    "join_collections": "several collections of lusdata.open_collection",
}


@pytest.mark.parametrize("value", [None, 3, object(), b"x"], ids=["None", "3", "object", "bytes"])
@pytest.mark.parametrize("name", TAKES)
def test_what_is_of_no_use_is_refused_with_what_may_be_given(name, value):
    with pytest.raises(UsageError) as refusal:
        getattr(lusdata, name)(value)
    assert f"expected {TAKES[name]}" in str(refusal.value)
    assert type(value).__name__ in str(refusal.value) or isinstance(value, bytes)


@pytest.mark.parametrize("name", [name for name in TAKES if name != "fetch"])
def test_nothing_in_a_list_is_refused(name):
    with pytest.raises(LusdataError):
        getattr(lusdata, name)([])


@pytest.mark.parametrize(
    "name", ["load", "open_collection", "make_folds", "fetch", "audit", "validate", "join", "join_collections"]
)
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(UsageError):
        getattr(lusdata, name)("nowhere/at-all")


@pytest.mark.parametrize("name", ["read_frames", "sampled_frames", "media_facts"])
def test_a_file_that_is_not_there_is_named(name):
    with pytest.raises(OSError, match="at-all"):
        getattr(lusdata, name)("nowhere/at-all")


def test_files_may_be_named_by_text(tmp_path):
    from lusdata.media.png import encode_png

    path = tmp_path / "a.png"
    path.write_bytes(encode_png(np.zeros((32, 32), np.uint8)))
    assert lusdata.media_facts(str(path)) == lusdata.media_facts(path)
    assert len(lusdata.read_frames(str(path), kind="image", size_px=32).images) == 1
    assert lusdata.sampled_frames(str(path)).shape == (1, 32, 32, 3)


def test_folds_are_those_of_the_collection_and_of_what_it_says_of_itself():
    pocus = lusdata.open_collection("pocus")
    settings = {"target": "lung-severity", "unknown": "together"}
    assert lusdata.make_folds(pocus, **settings) == lusdata.make_folds(pocus.manifests, about=pocus.about, **settings)


def test_a_collection_goes_by_its_name_at_every_door(tmp_path):
    cit, pocus = lusdata.open_collection("cit"), lusdata.open_collection("pocus")
    assert lusdata.make_folds("pocus", unknown="together") == lusdata.make_folds(pocus, unknown="together")
    for fetched in (lusdata.fetch(one, offline=True, cache=tmp_path) for one in ("cit", cit, cit.root)):
        assert [result.id for result in fetched.results] == [manifest.id for manifest in cit.manifests]
    with pytest.raises(UsageError, match="out: not a path"):
        lusdata.build("cit", out=3)
    with pytest.raises(UsageError, match="no such collection"):
        lusdata.build("nowhere", out=tmp_path / "out")


def test_a_collection_is_validated_by_its_name_or_folder():
    checked = lusdata.validate("cit")
    assert checked.file_count == len(lusdata.open_collection("cit").manifests)
    assert checked.errors == ()
    assert lusdata.validate(lusdata.open_collection("cit").root, "blues").file_count == checked.file_count + 362


def test_a_split_may_be_a_table_or_its_file_and_is_otherwise_what_users_get(tmp_path):
    pocus = lusdata.open_collection("pocus")
    table = lusdata.make_folds(pocus, by="video")
    path = tmp_path / "folds.json"
    path.write_text(table.to_json(), encoding="utf-8")
    assert split_to_audit(pocus, table).places == split_to_audit(pocus, str(path)).places
    assert split_to_audit(pocus).source == "folds by patient, k=5, seed=0"
    frozen = split_to_audit(lusdata.open_collection("pocus@1.1.0"))
    assert frozen.source.endswith("frozen in release 1.1.0")
    with pytest.raises(UsageError, match="folds: not a path"):
        lusdata.audit(pocus, 3)


def test_an_audit_of_a_folder_tells_whom_a_split_leaks(tmp_path):
    torn = [recording(name, group=f"patient-{name[0]}", sha256=name[1] * 64) for name in ("a1", "a2", "b3", "b4")]
    folder = write_catalog(tmp_path / "toy", torn)
    table = lusdata.make_folds(folder, by="video", k=2)
    report = lusdata.audit(str(folder), table)
    assert not report.clean
    assert report.leaked_groups
    assert lusdata.audit(folder, lusdata.make_folds(folder, k=2)).clean


def test_a_collection_is_shown_in_one_line_and_in_a_notebook():
    cit, blues = lusdata.open_collection("cit"), lusdata.open_collection("blues")
    assert repr(cit).startswith("<Collection cit: 51 recordings, 51 included, 0 of them with a digest; ")
    assert repr(lusdata.join_collections([cit, blues])).startswith("<Collection cit+blues: 413 recordings, ")
    assert cit._repr_html_().startswith("<p><b>cit</b>: 51 recordings, ")
