"""Where a row of a dataset comes from, and whether its recording still gives the same picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_datasets import build_here, changed, small_collection

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import write_manifest
from lusdata.cli import main
from lusdata.dataset.reading.index import Index
from lusdata.dataset.trace.row import find_row
from lusdata.dataset.trace.trace import trace
from lusdata.errors import UsageError
from lusdata.media.phantom.media import write_image


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trace")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return small_collection(home, videos=4, images=8)


@pytest.fixture(scope="module")
def index(collection: Collection, home: Path) -> Index:
    return build_here(collection, home, home / "out").index


@pytest.fixture(scope="module")
def in_tfrecord(collection: Collection, home: Path) -> Index:
    return build_here(collection, home, home / "tfrecord", format="tfrecord").index


def test_every_row_is_found_by_its_number_as_the_shards_hold_it(index: Index) -> None:
    import pandas as pd

    rows = pd.read_parquet(index.folder / "data" / "part-00000.parquet")
    for number in range(len(rows)):
        found = find_row(index, str(number))
        expected = rows.iloc[number]
        assert (found.entry.id, found.frame_index) == (expected["recording"], expected["frame_index"])
        assert found.time_s == expected["time_s"]
        assert (found.number, found.shard, found.shard_row) == (number, "part-00000.parquet", number)


def test_a_shard_or_a_recording_leads_to_the_same_row(index: Index, in_tfrecord: Index) -> None:
    by_number = find_row(index, "10")
    by_shard = find_row(index, "some/where/part-00000.parquet:10")
    by_recording = find_row(index, by_number.entry.id, by_number.frame_index)
    in_other_format = find_row(in_tfrecord, "part-00000.tfrecord:10")
    found = {
        (row.number, row.entry.id, row.frame_index, row.pixels_sha256)
        for row in (by_number, by_shard, by_recording, in_other_format)
    }
    assert len(found) == 1
    assert find_row(index, "small/video-02").position == 0


@pytest.mark.parametrize(
    ("row", "frame_index", "message"),
    [
        ("32", None, "no such row; expected 0 to 31; found 32"),
        ("part-00000.parquet:32", None, "no such row; expected 0 to 31"),
        ("part-00007.parquet:0", None, "no such shard; expected one of part-00000.parquet"),
        ("small/nobody", None, "the dataset has no such row"),
        ("-1", None, "the dataset has no such row"),
        ("small/video-00", 1, "the dataset does not hold this frame; expected one of 0, 2, 4"),
        ("3", 1, "a frame index goes with a recording"),
    ],
)
def test_a_row_that_is_none_is_refused(index: Index, row: str, frame_index: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_row(index, row, frame_index)


def test_the_trace_says_where_the_frame_is_from(collection: Collection, index: Index, home: Path) -> None:
    told = trace(index, "small/video-02", 4, collection=collection.root, cache=home / "cache").as_dict()
    assert json.loads(json.dumps(told)) == told
    manifest = collection.by_id["small/video-02"]
    assert (told["recording"], told["frame_index"], told["frames"]) == ("small/video-02", 4, 6)
    assert told["time_s"] == pytest.approx(4 / 6, abs=1e-6)
    assert told["source"]["sha256"] == manifest.sha256
    assert told["manifest_sha256"] == manifest.digest
    assert told["crop"] == [4, 0, 32, 32]
    assert [fold["by"] for fold in told["folds"]] == ["patient", "video", "frame"]
    assert not any(fold["frozen"] for fold in told["folds"])
    assert told["today"] == {"state": "same", "fields": []}
    assert told["check"]["state"] == "agrees"


def test_a_mirror_does_for_the_cache(index: Index, home: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    assert trace(index, "0", **options).check.state == "not-here"
    assert trace(index, "0", mirrors=[home / "media"], **options).check.state == "agrees"


def test_every_row_of_a_dataset_agrees_with_its_file(index: Index, in_tfrecord: Index, home: Path) -> None:
    for one in (index, in_tfrecord):
        states = {trace(one, str(number), cache=home / "cache").check.state for number in range(0, 32, 5)}
        assert states == {"agrees"}


def test_a_frame_that_the_file_does_not_give_is_told(
    collection: Collection, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    import numpy as np

    from lusdata.dataset.trace import reread as again

    out = build_here(collection, home, tmp_path / "out").out
    real = again.read_frames

    def brighter(*args: Any, **options: Any) -> Any:
        frames = real(*args, **options)
        images = frames.images.copy()
        images[0, 0, :8] += np.uint8(3)
        return type(frames)(images, frames.indices, frames.times_s, frames.box)

    monkeypatch.setattr(again, "read_frames", brighter)
    command = ["trace", str(out), "small/image-05", "--cache", str(home / "cache")]
    assert main(command) == 1
    shown = capsys.readouterr().out
    assert "DIFFERS: 3.1% of the values differ, by at most 3 of 255" in shown


def test_a_file_of_another_content_counts_as_not_here(index: Index, tmp_path: Path) -> None:
    import numpy as np

    mirror = tmp_path / "mirror"
    mirror.mkdir()
    write_image(mirror / "image-05.png", np.full((32, 40), 9, np.uint8))
    found = trace(index, "small/image-05", mirrors=[mirror], cache=tmp_path / "cache")
    assert found.check.state == "not-here"


def test_what_was_changed_or_withdrawn_since_is_told(
    collection: Collection, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shutil import copytree

    today = tmp_path / "small"
    copytree(collection.root, today)
    out = build_here(collection, home, tmp_path / "out").out
    command = ["trace", str(out), "small/image-05", "--collection", str(today), "--cache", str(home / "cache")]
    path = today / "image-05.json"
    write_manifest(path, {**collection.by_id["small/image-05"].data, "class": "other"})
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "changed since:" in shown
    assert '-> "other"' in shown
    status = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    write_manifest(path, {**collection.by_id["small/image-05"].data, "status": status})
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "WITHDRAWN since; do not use the recording any more" in shown
    assert "not done: the recording is not read again, since it was withdrawn" in shown
    path.write_text("{", encoding="utf-8")
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["today"]["state"] == "unreadable"
    path.unlink()
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["today"]["state"] == "gone"


def test_releases_that_know_the_recording_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    collection = small_collection(tmp_path, videos=2, images=8)
    out = build_here(collection, tmp_path, tmp_path / "out").out
    release = ["release", str(collection.root), "--date", "2026-01-31", "--version"]
    assert main([*release, "1.0.0"]) == 0
    later = changed(collection, "small/image-05", **{"class": "other"})
    write_manifest(collection.root / "image-05.json", later.by_id["small/image-05"].data)
    assert main([*release, "2.0.0"]) == 0
    capsys.readouterr()
    command = ["trace", str(out), "small/image-05", "--collection", str(collection.root), "--json"]
    assert main([*command, "--cache", str(tmp_path / "cache")]) == 0
    assert json.loads(capsys.readouterr().out)["releases"] == [
        {"version": "1.0.0", "state": "same"},
        {"version": "2.0.0", "state": "other"},
    ]


def test_a_recording_that_was_left_out_is_told_with_the_reason(
    collection: Collection, home: Path, tmp_path: Path
) -> None:
    status = {"state": "excluded", "since": "2026-02-01", "reason": "shows a neck"}
    smaller = changed(collection, "small/image-05", status=status)
    index = build_here(smaller, home, tmp_path / "out").index
    with pytest.raises(UsageError, match="small/image-05 was left out: excluded, shows a neck"):
        find_row(index, "small/image-05")
