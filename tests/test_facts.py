"""Digests and technical facts come from the bytes, whatever name or header say."""

from __future__ import annotations

import copy
import hashlib

import numpy as np
import pytest
from clips import write_clip

from lusdata.errors import DataError, DecodeError
from lusdata.media.facts import MediaFacts, media_facts, pin, sha256_of
from lusdata.media.phantom import FORMS, index_clip, write_image, write_video

EXPECTED = {
    "mp4": ("mp4", "h264"),
    "mp4-444": ("mp4", "h264"),
    "mp4-full-range": ("mp4", "h264"),
    "mp4-variable": ("mp4", "h264"),
    "mov": ("mov", "h264"),
    "mov-444": ("mov", "h264"),
    "mov-named-avi": ("mov", "h264"),
    "avi": ("avi", "mpeg4"),
    "mpeg": ("mpeg", "mpeg2video"),
    "gif": ("gif", "gif"),
}


@pytest.mark.parametrize("name", FORMS)
def test_facts_of_every_form(tmp_path, name):
    form = FORMS[name]
    path = tmp_path / f"clip{form.suffix}"
    uneven = np.cumsum([0.0, *([0.02, 0.06] * 12)]).tolist()
    write_video(
        path,
        index_clip(25, width_px=80, height_px=64),
        rate_hz=25,
        container=form.container,
        codec=form.codec,
        pixel_format=form.pixel_format,
        full_range=form.full_range,
        times_s=uneven[:25] if form.variable else None,
    )
    facts = media_facts(path)
    assert (facts.container, facts.codec) == EXPECTED[name]
    assert (facts.width_px, facts.height_px, facts.frame_count) == (80, 64, 25)
    assert facts.variable_frame_rate is form.variable
    if not form.variable:
        assert facts.duration_s == pytest.approx(1.0)
        assert facts.rate_hz == pytest.approx(25.0)
    assert facts.rate_hz == pytest.approx(facts.frame_count / facts.duration_s, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("clip.ts", "mpeg2video", "mpeg-ts"), ("clip.webm", "libvpx", "webm"), ("clip.mkv", "libx264", "matroska")],
)
def test_other_containers_have_short_names(tmp_path, name, codec, container):
    assert media_facts(write_clip(tmp_path / name, codec=codec, count=5)).container == container


@pytest.mark.parametrize(("suffix", "container", "codec"), [(".png", "png", "png"), (".jpg", "jpeg", "mjpeg")])
def test_pictures_have_neither_duration_nor_rate(tmp_path, suffix, container, codec):
    path = tmp_path / f"still{suffix}"
    write_image(path, np.full((30, 50), 90, np.uint8))
    expected = {"container": container, "codec": codec, "width_px": 50, "height_px": 30, "frame_count": 1}
    assert media_facts(path).as_manifest() == expected
    assert media_facts(path).is_still


def test_a_video_of_one_frame_has_the_duration_of_its_frame(tmp_path):
    path = tmp_path / "one.mp4"
    write_video(path, index_clip(1), rate_hz=25)
    facts = media_facts(path)
    assert (facts.frame_count, facts.variable_frame_rate) == (1, False)
    assert facts.duration_s == pytest.approx(0.04)


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"abc" * 1000)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(b"abc" * 1000).hexdigest()


MANIFEST = {"id": "a/b", "kind": "video", "source": {"provider": "a", "locations": ["https://example.org/a.mp4"]}}


def test_pinning_adds_digest_size_and_facts_to_a_copy(tmp_path):
    path = tmp_path / "clip.mp4"
    write_video(path, index_clip(5), rate_hz=25)
    before = copy.deepcopy(MANIFEST)
    pinned = pin(MANIFEST, path)
    assert before == MANIFEST
    assert pinned["source"] == {**MANIFEST["source"], "sha256": sha256_of(path), "size_bytes": path.stat().st_size}
    assert pinned["media"] == media_facts(path).as_manifest()
    assert pin(pinned, path) == pinned


def test_pinning_refuses_a_film_for_an_image_and_a_picture_for_a_video(tmp_path):
    write_video(tmp_path / "moving.gif", index_clip(5), rate_hz=10)
    write_image(tmp_path / "still.png", np.zeros((20, 20), np.uint8))
    with pytest.raises(DataError, match=r"another kind.*expected kind 'image'; found gif of 5 frames"):
        pin({**MANIFEST, "kind": "image"}, tmp_path / "moving.gif")
    with pytest.raises(DataError, match=r"another kind.*expected kind 'video'; found png of 1 frame"):
        pin(MANIFEST, tmp_path / "still.png")
    assert pin({**MANIFEST, "kind": "image"}, tmp_path / "still.png")["media"]["container"] == "png"


def test_pinning_what_is_no_medium_is_refused(tmp_path):
    (tmp_path / "page.mp4").write_bytes(b"<html>gone</html>")
    with pytest.raises(DecodeError, match="found HTML page"):
        pin(MANIFEST, tmp_path / "page.mp4")


@pytest.mark.real
def test_facts_of_real_recordings_agree_with_what_was_counted_by_hand(corpus_dir):
    videos = corpus_dir / "pocus_videos" / "convex"
    assert media_facts(videos / "Cov-Atlas-Day+1.gif") == MediaFacts("gif", "gif", 408, 408, 33, 3.3, 10.0, False)
    mpeg = media_facts(videos / "Reg_pat1Image_132943.mpeg")
    assert mpeg == MediaFacts("mpeg", "mpeg2video", 370, 370, 280, 11.2, 25.0, False)
    # Named .avi, but QuickTime or MP4 inside.
    assert media_facts(videos / "Reg_northumbria_0409_set5_vid2.avi").container == "mp4"
    # 18 of 210 frames lie before the edit.
    assert media_facts(videos / "Cov_denault_proposedUS_vid5.mov").frame_count == 192
