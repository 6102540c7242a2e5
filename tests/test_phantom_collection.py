"""A phantom collection is a collection like any other, with the truth in its manifests."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from lusdata.catalog.open_collection import open_collection
from lusdata.errors import UsageError
from lusdata.media.phantom import FORMS, plan_collection, write_collection


def test_the_collection_opens_and_every_recording_can_be_built(phantom_collection):
    collection = open_collection(phantom_collection.manifests)
    assert len(collection.manifests) == len(collection.buildable) == 12
    assert {manifest.id.split("/")[0] for manifest in collection.manifests} == {"phantom"}


def test_each_file_is_the_one_that_its_manifest_states(phantom_collection):
    for manifest in open_collection(phantom_collection.manifests).manifests:
        data = (phantom_collection.media / manifest.source_path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == manifest.sha256
        assert len(data) == manifest.size_bytes


def test_facts_and_crops_agree_with_what_was_drawn(phantom_collection):
    clips = {clip.slug: clip for clip in plan_collection(seed=1, recordings=12)}
    for manifest in open_collection(phantom_collection.manifests).manifests:
        clip = clips[manifest.id.split("/")[1]]
        assert manifest.media["frame_count"] == clip.spec.frame_count
        assert (manifest.media["width_px"], manifest.media["height_px"]) == (clip.spec.width_px, clip.spec.height_px)
        assert manifest.crop.width_px == manifest.crop.height_px
        assert manifest.crop.left_px + manifest.crop.width_px <= clip.spec.width_px
        assert manifest.crop.sha256 == manifest.sha256
        if clip.form in FORMS:
            assert manifest.media.get("variable_frame_rate", False) == FORMS[clip.form].variable, clip.form


def test_every_form_of_file_occurs(phantom_collection):
    media = [manifest.media for manifest in open_collection(phantom_collection.manifests).manifests]
    assert {facts["container"] for facts in media} >= {"mp4", "mov", "avi", "mpeg", "gif", "png", "jpeg"}
    assert {facts["codec"] for facts in media} >= {"h264", "mpeg4", "mpeg2video", "gif"}
    assert any(facts.get("variable_frame_rate") for facts in media)


def test_patients_have_one_class_and_the_dozen_holds_every_class():
    clips = plan_collection(seed=1)
    classes = {}
    for clip in clips:
        classes.setdefault(clip.patient, set()).add(clip.spec.class_name)
    assert len(clips) == 24
    assert len(classes) == 12
    assert all(len(found) == 1 for found in classes.values())
    count = Counter(next(iter(found)) for found in classes.values())
    assert set(count) == {"healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia"}
    assert count["viral-pneumonia"] == min(count.values())
    assert {clip.spec.probe for clip in clips} == {"convex", "linear", "phased"}


def test_a_longer_plan_begins_with_the_shorter_one():
    assert plan_collection(seed=3, recordings=20)[:7] == plan_collection(seed=3, recordings=7)


def test_locations_follow_the_base_address(tmp_path):
    manifests = write_collection(tmp_path, seed=2, recordings=2, name="toy", base_url="https://example.org/phantom/")
    for manifest in open_collection(manifests).manifests:
        assert manifest.locations == (f"https://example.org/phantom/{manifest.source_path}",)
        assert manifest.group_id.startswith("toy/")


@pytest.mark.slow
def test_the_same_seed_writes_the_same_collection(tmp_path):
    def digests(name):
        write_collection(tmp_path / name, seed=4, recordings=2)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        return [(path.relative_to(tmp_path / name), path.read_bytes()) for path in files]

    assert digests("one") == digests("two")


def test_an_older_collection_is_not_overwritten(tmp_path):
    write_collection(tmp_path, seed=2, recordings=1)
    with pytest.raises(UsageError, match="already there"):
        write_collection(tmp_path, seed=2, recordings=1)


@pytest.mark.parametrize(("seed", "recordings"), [(-1, 3), (0, 0)], ids=["seed", "recordings"])
def test_an_impossible_collection_is_refused(tmp_path, seed, recordings):
    with pytest.raises(UsageError, match="cannot be so"):
        write_collection(tmp_path, seed=seed, recordings=recordings)
    assert list(tmp_path.iterdir()) == []
