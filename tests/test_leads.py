"""Which lead a file completes: by digest, address and name, and never against what the manifest knows."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from lusdata.catalog import leads
from lusdata.catalog.leads import FileFacts, compared, lead_of
from lusdata.catalog.manifest import Manifest

SHA1 = "0d00fda5b44396559e82b9a9f748fe4bf4112bdd"


def lead(slug: str = "x", *, state: str = "included", kind: str = "video", **fields: Any) -> Manifest:
    source = {"path": "pocus_videos/convex/Cov-Atlas-Day+1.gif", "locations": [], **fields.pop("source", {})}
    return Manifest({"id": f"a/{slug}", "kind": kind, "status": {"state": state}, "source": source, **fields})


def found(file: FileFacts, *manifests: Manifest) -> list[tuple[str, tuple[str, ...]]]:
    return [(match.manifest.id, match.agrees) for match in lead_of(file, manifests)]


def test_the_examples_hold():
    assert doctest.testmod(leads).failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "Cov-Atlas-Day+1.gif",
        "/mnt/got/cov-atlas-day+1.GIF",
        "C:\\got\\Cov-Atlas-Day%2B1.gif",
        "https://example.org/media/Cov-Atlas-Day%2B1.gif?raw=1",
    ],
)
def test_a_name_is_known_however_it_is_spelt(name):
    assert found(FileFacts(name, 5), lead()) == [("a/x", ("name",))]


@pytest.mark.parametrize(
    "name", ["video.mp4", "clip_01.mp4", "3.avi", "image-7.png", "Lung Ultrasound.mp4", "download"]
)
def test_a_name_that_any_file_may_have_tells_nothing(name):
    assert found(FileFacts(name, 5), lead(source={"path": name})) == []


def test_an_alias_and_the_end_of_an_address_are_names_too():
    alias = lead("alias", aliases=["Skip Lesion_2.mp4"])
    address = lead("address", source={"locations": ["https://example.org/v/Skip%20Lesion_2.mp4?x=1"]})
    file = FileFacts("skip lesion_2.mp4", 5)
    assert found(file, alias, address) == [("a/address", ("name",)), ("a/alias", ("name",))]


def test_an_address_speaks_before_a_name():
    address = "https://example.org/a/1.mp4"
    one = lead("one", source={"path": "other.mp4", "locations": [address]})
    two = lead("two", aliases=["Day+1 of case 7.mp4"])
    file = FileFacts("Day+1 of case 7.mp4", 5, addresses=(f"{address}#t=3",))
    assert found(file, two, one) == [("a/one", ("address",)), ("a/two", ("name",))]


def test_a_digest_of_another_kind_decides_alone():
    sure = lead("sure", source={"path": "renamed.mp4", "other_digests": {"git_blob_sha1": SHA1}})
    file = FileFacts("Cov-Atlas-Day+1.gif", 5, digests={"git_blob_sha1": SHA1, "md5": "0" * 32})
    (match,) = lead_of(file, [lead("named"), sure])
    assert (match.manifest.id, match.is_certain) == ("a/sure", True)


def test_a_digest_that_differs_outweighs_the_same_name():
    other = lead(source={"other_digests": {"git_blob_sha1": SHA1}})
    file = FileFacts("Cov-Atlas-Day+1.gif", 5, digests={"git_blob_sha1": "f" * 40})
    assert found(file, other) == []
    (mismatch,) = compared(file, other).mismatches
    assert (mismatch.expected, mismatch.found) == (SHA1, "f" * 40)


def test_size_and_duration_together_name_a_file_that_was_renamed():
    known = lead(source={"size_bytes": 77}, media={"duration_s": 4.0})
    assert found(FileFacts("mine.mp4", 77, {"duration_s": 4.03}), known) == [("a/x", ("size", "duration"))]
    assert found(FileFacts("mine.mp4", 77), known) == []


@pytest.mark.parametrize(
    ("fields", "media", "what"),
    [
        ({"source": {"size_bytes": 6}}, {}, "size differs"),
        ({"media": {"duration_s": 4.0}}, {"duration_s": 4.2}, "duration differs"),
        ({"media": {"width_px": 640}}, {"width_px": 480}, "width_px differs"),
        ({"media": {"frame_count": 30}}, {"frame_count": 31}, "frame_count differs"),
        ({"kind": "image"}, {"frame_count": 2}, "the recording is an image"),
        (
            {"crop": {"left_px": 400, "top_px": 0, "width_px": 300, "height_px": 300}},
            {"width_px": 640, "height_px": 480},
            "the crop lies outside",
        ),
        ({"trim": {"start_s": 9.0}}, {"duration_s": 8.0}, "the part lies outside"),
    ],
)
def test_what_the_manifest_knows_better_is_told(fields, media, what):
    file = FileFacts("Cov-Atlas-Day+1.gif", 5, media)
    assert [mismatch.what for mismatch in compared(file, lead(**fields)).mismatches] == [what]
    assert found(file, lead(**fields)) == []


def test_a_recording_with_a_digest_and_a_withdrawn_one_are_no_leads():
    file = FileFacts("Cov-Atlas-Day+1.gif", 5)
    assert found(file, lead(source={"sha256": "0" * 64}), lead(state="withdrawn")) == []
    assert found(file, lead(state="excluded")) == [("a/x", ("name",))]
