"""What the public functions take, and how they refuse everything else."""

from __future__ import annotations

import numpy as np
import pytest

import lusdata
from lusdata.errors import LusdataError, UsageError

TAKES = {
    "load": "the name or the path of a collection or a dataset",
    "open_collection": "a str or a Path",
    "make_folds": "a collection of lusdata.open_collection",
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


@pytest.mark.parametrize("name", TAKES)
def test_nothing_in_a_list_is_refused(name):
    with pytest.raises(LusdataError):
        getattr(lusdata, name)([])


@pytest.mark.parametrize("name", ["load", "open_collection", "make_folds", "join", "join_collections"])
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(UsageError):
        getattr(lusdata, name)("nowhere/at-all")


@pytest.mark.parametrize("name", ["read_frames", "media_facts"])
def test_a_file_that_is_not_there_is_named(name):
    with pytest.raises(OSError, match="at-all"):
        getattr(lusdata, name)("nowhere/at-all")


def test_files_may_be_named_by_text(tmp_path):
    from lusdata.media.png import encode_png

    path = tmp_path / "a.png"
    path.write_bytes(encode_png(np.zeros((32, 32), np.uint8)))
    assert lusdata.media_facts(str(path)) == lusdata.media_facts(path)
    assert len(lusdata.read_frames(str(path), kind="image", size_px=32).images) == 1


def test_folds_are_those_of_the_collection_and_of_what_it_says_of_itself():
    pocus = lusdata.open_collection("pocus")
    settings = {"target": "lung-severity", "unknown": "together"}
    assert lusdata.make_folds(pocus, **settings) == lusdata.make_folds(pocus.manifests, about=pocus.about, **settings)


def test_a_collection_is_shown_in_one_line_and_in_a_notebook():
    cit, blues = lusdata.open_collection("cit"), lusdata.open_collection("blues")
    assert repr(cit).startswith("<Collection cit: 51 recordings, 51 included, 0 of them with a digest; ")
    assert repr(lusdata.join_collections([cit, blues])).startswith("<Collection cit+blues: 413 recordings, ")
    assert cit._repr_html_().startswith("<p><b>cit</b>: 51 recordings, ")
