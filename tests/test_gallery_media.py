"""The pictures of a gallery: drawn where they can be had, and a reason where not."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from small_datasets import build_here, changed, small_collection

from lusdata.catalog.collection import Collection
from lusdata.dataset.reading.index import open_index
from lusdata.media.fetch.collection import fetch
from lusdata.publish.gallery.media import GalleryPicture, pictures_of_collection, pictures_of_dataset


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Collection]:
    folder = tmp_path_factory.mktemp("gallery")
    return folder, small_collection(folder, videos=3, images=2)


def drawn(collection: Collection, folder: Path, **options: object) -> dict[str, GalleryPicture]:
    fetched = fetch(collection.manifests, mirrors=[folder / "media"], cache=folder / "cache", offline=True)
    return pictures_of_collection(collection.manifests, fetched, **options)


def test_every_file_that_is_there_gets_a_strip_of_whole_frames(home):
    folder, collection = home
    pictures = drawn(collection, folder)
    assert list(pictures) == [manifest.id for manifest in collection.manifests]
    assert all(picture.whole and picture.code == "shown" for picture in pictures.values())
    video = pictures["small/video-00"].strip
    # Two seconds at 6 Hz, of which 5 Hz leaves ten frames.
    assert video.frames == 10
    assert pictures["small/image-03"].strip.frames == 1
    image = cv2.imdecode(np.frombuffer(video.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    side = image.shape[0]
    assert image.shape == (side, 10 * side)
    # A frame of 40 x 32 px stands between black bars, so nothing of it is cut off.
    assert image[2, side // 2] < 12
    assert image[side // 2, 2] > 25


def test_progress_is_told_for_each_file(home):
    folder, collection = home
    told = []
    drawn(collection, folder, advance=lambda: told.append(1))
    assert len(told) == len(collection.manifests)


def test_what_may_not_be_published_is_left_out_on_demand(home):
    folder, collection = home
    pictures = drawn(collection, folder, publishable=True)
    withheld = {id_ for id_, picture in pictures.items() if picture.code == "not-publishable"}
    assert withheld == {m.id for m in collection.manifests if m.licence["id"] == "LicenseRef-None"}
    assert all(pictures[id_].strip is None for id_ in withheld)


def test_a_damaged_file_is_a_reason_and_names_no_path(home, tmp_path):
    folder, collection = home
    cache = tmp_path / "cache"
    fetched = fetch(collection.manifests, mirrors=[folder / "media"], cache=cache, offline=True)
    path = fetched.paths["small/video-01"]
    path.write_bytes(b"x" * path.stat().st_size)
    picture = pictures_of_collection(collection.manifests, fetched)["small/video-01"]
    assert (picture.strip, picture.code) == (None, "damaged")
    assert str(tmp_path) not in picture.reason + picture.detail


def test_what_is_not_here_says_why(home, tmp_path):
    _, collection = home
    excluded = {"state": "excluded", "since": "2026-01-01", "reason": "shows the neck"}
    collection = changed(collection, "small/video-00", status=excluded)
    fetched = fetch(collection.manifests, cache=tmp_path, offline=True)
    pictures = pictures_of_collection(collection.manifests, fetched)
    assert (pictures["small/video-00"].code, pictures["small/video-00"].detail) == ("excluded", "shows the neck")
    assert pictures["small/video-01"].code == "gone"
    assert not any(str(tmp_path) in picture.detail for picture in pictures.values())


@pytest.mark.parametrize("format_", ["parquet", "tfrecord"])
def test_a_dataset_gives_the_frames_that_it_keeps(home, tmp_path, format_):
    folder, collection = home
    excluded = {"state": "excluded", "since": "2026-01-01", "reason": "shows the neck"}
    collection = changed(collection, "small/video-00", status=excluded)
    build_here(collection, folder, tmp_path / "out", format=format_)
    pictures = pictures_of_dataset(open_index(tmp_path / "out"))
    assert pictures["small/video-00"].code == "excluded"
    strip = pictures["small/video-01"].strip
    assert (strip.frames, strip.rate_hz) == (6, 3.0)
    assert not pictures["small/video-01"].whole
    publishable = pictures_of_dataset(open_index(tmp_path / "out"), publishable=True)
    assert {picture.code for picture in publishable.values()} == {"excluded", "not-publishable", "shown"}
    shutil.rmtree(tmp_path / "out")


def test_an_excluded_recording_is_shown_where_its_file_is_there_and_may_be_passed_on(home):
    folder, whole = home
    held = {m.id: folder / "media" / str(m.source_path) for m in whole.manifests}
    status = {"state": "excluded", "since": "2021-01-01", "reason": "a copy"}
    collection = whole
    for manifest in whole.manifests:
        collection = changed(collection, manifest.id, status=status)
    pictures = drawn(collection, folder, excluded=held)
    shown = {id_ for id_, picture in pictures.items() if picture.strip is not None}
    assert shown == {m.id for m in whole.manifests if m.licence["id"] != "LicenseRef-None"}
    for options in ({}, {"excluded": held, "publishable": True}):
        assert {picture.code for picture in drawn(collection, folder, **options).values()} == {"excluded"}
