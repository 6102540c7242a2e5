"""A dataset that was changed after it was built is refused before a frame of it is used."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_datasets import build_here, index_of, small_collection

import lusdata
from lusdata.dataset.reading.index import open_index
from lusdata.dataset.reading.integrity import file_faults
from lusdata.dataset.reading.seal import rows_digest, sealed
from lusdata.dataset.reading.shard_rows import read_recordings
from lusdata.errors import DataError


@pytest.fixture(scope="module", params=["parquet", "tfrecord"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("integrity")
    collection = small_collection(home, videos=3, images=3)
    return build_here(collection, home, home / "out", format=request.param).out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "copy"))


def shard_of(folder: Path) -> Path:
    return next(folder.glob("data/part-*"))


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("harm", [flip_a_bit, cut_short, Path.unlink], ids=["one bit", "cut", "gone"])
@pytest.mark.parametrize("name", ["data/part-*", "manifests.jsonl"])
def test_load_refuses_a_file_that_was_changed(folder: Path, name: str, harm: Callable[[Path], Any]) -> None:
    path = next(folder.glob(name))
    harm(path)
    with pytest.raises(DataError, match=rf"{path.name}: a file of the dataset (was changed|is missing).*build it anew"):
        lusdata.load(folder)


def test_every_damaged_file_is_told(folder: Path) -> None:
    assert list(file_faults(folder, open_index(folder).files)) == []
    flip_a_bit(shard_of(folder))
    (folder / "manifests.jsonl").unlink()
    faults = list(file_faults(folder, open_index(folder).files))
    assert [(fault.path.name, fault.what) for fault in faults] == [
        (shard_of(folder).name, "a file of the dataset was changed"),
        ("manifests.jsonl", "a file of the dataset is missing"),
    ]


def test_a_shard_that_is_changed_after_it_was_opened_is_not_read(folder: Path) -> None:
    dataset = lusdata.load(folder)
    flip_a_bit(shard_of(folder))
    with pytest.raises(DataError, match="a file of the dataset was changed"):
        dataset.to_numpy()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_in_the_place_of_a_shard_keeps_nobody_waiting(folder: Path) -> None:
    path = shard_of(folder)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataError, match="a file of the dataset is no file"):
        lusdata.load(folder)


def test_a_file_is_read_once_a_process_until_it_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 60,) * 2)
    lusdata.load(folder)
    read: list[Path] = []
    genuine = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **k: read.append(path) or genuine(path, *a, **k))
    dataset = lusdata.load(folder)
    assert shard_of(folder) not in read
    dataset.verify()
    assert shard_of(folder) in read
    flip_a_bit(shard_of(folder))
    os.utime(shard_of(folder), (time.time() - 30,) * 2)
    with pytest.raises(DataError, match="was changed"):
        lusdata.load(folder)


def test_a_change_within_the_same_tick_of_the_disk_is_seen(folder: Path) -> None:
    path = shard_of(folder)
    moment = time.time_ns()
    os.utime(path, ns=(moment, moment))
    lusdata.load(folder)
    flip_a_bit(path)
    os.utime(path, ns=(moment, moment))
    with pytest.raises(DataError, match="was changed"):
        lusdata.load(folder)


def test_other_row_groups_than_the_index_names_are_one_line(built: Path, folder: Path) -> None:
    if shard_of(built).suffix != ".parquet":
        pytest.skip("only Parquet has row groups")
    path = shard_of(folder)
    pq.write_table(pq.read_table(path), path)
    with pytest.raises(DataError, match="a file of the dataset was changed"):
        lusdata.load(folder)
    # The index of a stranger may agree with such a shard.
    data = index_of(folder)
    data["shards"][0] |= {
        "size_bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    (folder / "dataset.json").write_text(json.dumps(sealed(data)), encoding="utf-8")
    index = open_index(folder)
    with pytest.raises(DataError, match="a shard is damaged; expected 1 row in row group 0; found 21 rows, and 1"):
        list(read_recordings(index, index.entries))


def test_an_untouched_copy_is_read_as_it_was(built: Path, folder: Path) -> None:
    assert np.array_equal(lusdata.load(folder).to_numpy().images, lusdata.load(built).to_numpy().images)


def test_the_digest_of_the_rows_is_that_of_their_content_in_any_order() -> None:
    rows = [{"id": f"c/{name}", "class": "healthy", "frames_sha256": name * 64} for name in "abc"]
    assert rows_digest(reversed(rows)) == rows_digest(rows)
    assert len({rows_digest(rows), rows_digest(rows[:2]), rows_digest([*rows[:2], {**rows[2], "class": "other"}])}) == 3
