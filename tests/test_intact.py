"""What is decoded was hashed: a file that is not what its digest says gives no frame."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_datasets import build_here, files_of, small_collection

from lusdata.catalog.collection import Collection
from lusdata.errors import DataError
from lusdata.intact import DamagedError, intact, set_aside
from lusdata.intake.look import sampled_frames
from lusdata.media.cache import Cache
from lusdata.media.frames import read_frames


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def flip_a_bit(path: Path, *, seed: int = 1) -> None:
    draw = random.Random(seed)
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def rewrite_in_place(path: Path) -> None:
    before = path.stat()
    flip_a_bit(path)
    # The time of the last write can be set back; that of the last change of anything cannot.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path) -> None:
    (path.parent / "other").write_bytes(path.read_bytes())
    (path.parent / "other").replace(path)


def _refuse_emptied(path: Path) -> None:
    path.write_bytes(b"")
    raise DataError("the file is empty")


@pytest.mark.parametrize("change", [flip_a_bit, rewrite_in_place, replace, Path.unlink])
def test_a_file_that_changes_between_hash_and_use_is_noticed(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"abc" * 1000)
    with pytest.raises(DamagedError, match="changed while it was read"), intact(path, sha256(b"abc" * 1000)):
        change(path)


def test_a_change_explains_what_the_decoder_says_of_it(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"abc")
    with pytest.raises(DamagedError, match="changed while it was read"), intact(path):
        _refuse_emptied(path)


def test_a_fault_of_an_unchanged_file_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"abc")
    with pytest.raises(DataError, match="the file is empty") as caught, intact(path, sha256(b"abc")):
        raise DataError("the file is empty")
    assert not isinstance(caught.value, DamagedError)


def test_a_file_of_another_digest_is_not_read_at_all(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"abc")
    with pytest.raises(DamagedError, match="does not have its digest"), intact(path, sha256(b"abd")):
        pytest.fail("the block ran")


def test_what_is_set_aside_takes_nobodys_place(tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        (tmp_path / "clip.mp4").write_bytes(content)
        assert set_aside(tmp_path / "clip.mp4", tmp_path / "damaged") is not None
    assert set_aside(tmp_path / "clip.mp4", tmp_path / "damaged") is None
    assert files_of(tmp_path / "damaged") == {"clip.mp4": b"one", "clip-2.mp4": b"two"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Collection]:
    home = tmp_path_factory.mktemp("intact")
    return home, small_collection(home, videos=2, images=2)


def test_no_flipped_bit_of_a_recording_gives_a_frame(home: tuple[Path, Collection], tmp_path: Path) -> None:
    folder, collection = home
    for manifest in collection.manifests:
        path = tmp_path / manifest.source_path
        for seed in range(15):
            shutil.copy(folder / "media" / manifest.source_path, path)
            assert read_frames(path, sha256=manifest.sha256, kind=manifest.kind, size_px=16).images.any()
            flip_a_bit(path, seed=seed)
            for read in (read_frames, sampled_frames):
                with pytest.raises(DamagedError, match="does not have its digest"):
                    read(path, sha256=manifest.sha256)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_a_build_takes_a_damaged_file_anew_and_says_so(
    home: tuple[Path, Collection], tmp_path: Path, engine: str
) -> None:
    folder, collection = home
    options = {"mirrors": [folder / "media"], "cache": tmp_path / "cache", "engine": engine}
    good = build_here(collection, folder, tmp_path / "good", **options)
    assert good.renewed == ()
    victim = collection.by_id["small/video-01"]
    held = Cache(tmp_path / "cache").object_path(victim.sha256)
    flip_a_bit(held)
    lost = held.read_bytes()
    report = build_here(collection, folder, tmp_path / "again", **options)
    assert report.renewed == (victim.id,)
    assert files_of(tmp_path / "again") == files_of(tmp_path / "good")
    assert (tmp_path / "cache" / "damaged" / victim.sha256).read_bytes() == lost


def test_a_damaged_file_without_another_copy_is_left_out_and_kept_aside(
    home: tuple[Path, Collection], tmp_path: Path
) -> None:
    folder, collection = home
    cache = tmp_path / "cache"
    build_here(collection, folder, tmp_path / "good", mirrors=[folder / "media"], cache=cache)
    victim = collection.by_id["small/image-02"]
    flip_a_bit(Cache(cache).object_path(victim.sha256))
    report = build_here(collection, folder, tmp_path / "again", mirrors=[], cache=cache)
    assert [(item.id, item.code) for item in report.left_out] == [(victim.id, "gone")]
    assert "damaged and set aside" in report.left_out[0].detail
    assert (cache / "damaged" / victim.sha256).is_file()
    # The same words on every machine: where the file was damaged is no fact of the dataset.
    assert "damaged" not in json.dumps(report.index.data["left_out"])
