"""A dataset of a stranger is read right or refused in one line, whatever its files say."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile_pictures import png_of
from small_datasets import build_here, index_of, small_collection

import lusdata
from lusdata.dataset.formats.tfrecord import frame_record
from lusdata.dataset.reading.index import open_index
from lusdata.errors import DataError
from lusdata.splits.folds.table import read_fold_table


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("hostile")
    collection = small_collection(home, videos=2, images=2)
    return {name: build_here(collection, home, home / name, format=name).out for name in ("parquet", "tfrecord")}


def sealed_by_a_stranger(folder: Path, data: dict[str, Any] | None = None) -> None:
    """Make ``dataset.json`` agree with the files, as whoever means harm would."""
    data = data or index_of(folder)
    data.pop("sha256", None)
    for item in (data["manifests"], *data["shards"]):
        content = (folder / item["file"]).read_bytes()
        item |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "dataset.json").write_text(json.dumps(data), encoding="utf-8")


def png(width_px: int, height_px: int) -> bytes:
    return png_of(width_px, height_px, zlib.compress(bytes(1000), 9))


# --- dataset.json ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 10**6 + "]" * 10**6, "nested too deeply"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested too deeply"),
        ('{"format_version": 1' + "0" * 5000 + "}", "too large to be held exactly"),
        ('{"format_version": NaN}', "NaN, which is no JSON number"),
        ('{"format_version": "1.0.0", "format_version": "1.0.0"}', "a key stands twice"),
        ('{"format_version": "\\ud800"}', "half a character"),
        ("\ufeff{}", "byte order mark"),
        ("[]", "a dataset of another version"),
        ('{"format_version": ["1.0.0"]}', "a dataset of another version"),
        ("null", "a dataset of another version"),
        ("", "an empty file"),
    ],
    ids=["deep", "a little deep", "long", "NaN", "twice", "half", "mark", "list", "list as version", "null", "empty"],
)
def test_a_file_that_is_no_index_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "dataset.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        lusdata.load(tmp_path)


def test_a_huge_index_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "dataset.json").open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(DataError, match="too large for a dataset; expected at most 32,000,000 bytes"):
        lusdata.load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_for_an_index_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dataset.json")
    with pytest.raises(DataError, match="not a file"):
        open_index(tmp_path)


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "window": (lambda d: d["recordings"][0].update(crop=[0, 0, 10**9, 10**9]), r"crop\[2\]: out of range"),
    "counts": (lambda d: d.update(counts={}), r"\$\.counts\.\w+: a required field is missing"),
    "counts that lie": (lambda d: d["counts"].update(recordings=99), r"\$\.counts\.recordings is 99, but there are 4"),
    "no inputs": (lambda d: d.pop("inputs"), r"\$\.inputs: a required field is missing"),
    "escapes": (lambda d: d.update(name="\x1b]0;evil\x07"), r"\$\.name: malformed value"),
    "climbing": (lambda d: d.update(name="../../evil"), r"\$\.name: malformed value"),
    "code": (lambda d: d["left_out"].append({"id": "a", "code": "\x1b[31m", "reason": "b"}), r"left_out\[0\]\.code"),
    "absolute": (lambda d: d["shards"][0].update(file="/etc/passwd"), r"shards\[0\]\.file: malformed value"),
    "no shards": (lambda d: d.update(shards=[]), r"\$\.shards: out of range"),
    "rows": (lambda d: d["recordings"][0].update(rows=10**12), r"rows: out of range"),
    "negative": (lambda d: d["recordings"][0].update(position=-1), r"position: out of range"),
    "fraction": (lambda d: d["recordings"][0].update(position=0.5), r"position: wrong type"),
    "true": (lambda d: d["recordings"][0].update(shard=True), r"shard: wrong type"),
    "twice": (lambda d: d["recordings"][1].update(id=d["recordings"][0]["id"]), "names .* twice"),
    "release": (lambda d: d.update(release={"version": "../../x"}), r"\$\.release\."),
    "side": (lambda d: d["recipe"].update(size_px=10**9), r"\$\.recipe\.size_px: out of range"),
    "selection": (lambda d: d["recipe"].update(select="probe=evil"), r"\$\.recipe: "),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_index_that_lies_is_refused_at_its_place(made: dict[str, Path], tmp_path: Path, name: str) -> None:
    change, message = CHANGES[name]
    data = index_of(made["parquet"])
    change(data)
    (tmp_path / "dataset.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DataError, match="the dataset is damaged; .*" + message):
        open_index(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("class"),
        lambda m: m.pop("source"),
        lambda m: m.update(status="x"),
        lambda m: m["source"].pop("licence"),
        lambda m: m.update(crop="x"),
        lambda m: m.pop("group"),
        lambda m: m.update({"class": "evil"}),
        lambda m: m["source"].update(locations="x"),
        lambda m: m.update(patterns=[1]),
        lambda m: m.clear(),
    ],
)
def test_manifests_of_a_stranger_are_held_against_the_schema(
    made: dict[str, Path], tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    folder = Path(shutil.copytree(made["parquet"], tmp_path / "copy"))
    manifests = [json.loads(line) for line in (folder / "manifests.jsonl").read_text(encoding="utf-8").splitlines()]
    change(manifests[1])
    (folder / "manifests.jsonl").write_text("".join(json.dumps(data) + "\n" for data in manifests), encoding="utf-8")
    sealed_by_a_stranger(folder)
    with pytest.raises(DataError, match=r"manifests\.jsonl, line 2: not a"):
        lusdata.load(folder)


# --- shards ---


def column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def of_picture(table: pa.Table, picture: bytes | None) -> pa.Table:
    kind = table.schema.field("image").type
    return column(table, "image", pa.array([{"bytes": picture, "path": "/etc/passwd"}] * table.num_rows, type=kind))


TABLES: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "no pictures": (lambda t: t.drop(["image"]), "expected a column image"),
    "texts": (lambda t: column(t, "image", pa.array(["x"] * t.num_rows)), "found string"),
    "null": (lambda t: column(t, "image", pa.nulls(t.num_rows, t.schema.field("image").type)), "without a picture"),
    "path alone": (lambda t: of_picture(t, None), "a row without a picture"),
    "bomb": (lambda t: of_picture(t, png(30_000, 30_000)), "no PNG file of 16 x 16 px"),
    "other size": (lambda t: of_picture(t, png(17, 16)), "no PNG file of 16 x 16 px"),
    "no picture": (lambda t: of_picture(t, b"\x89PNG"), "no PNG file of 16 x 16 px"),
    "NaN": (lambda t: column(t, "time_s", pa.array([float("nan")] * t.num_rows)), "times that do not rise"),
    "falling": (lambda t: column(t, "time_s", pa.array([-1.0] * t.num_rows)), "times that do not rise"),
    "no index": (lambda t: column(t, "frame_index", pa.nulls(t.num_rows, pa.int32())), "indices that do not rise"),
    "negative": (lambda t: column(t, "frame_index", pa.array([-1] * t.num_rows, pa.int32())), "indices that do not"),
    "wide": (lambda t: column(t, "frame_index", pa.array([2**40] * t.num_rows)), "found int64"),
    "fewer rows": (lambda t: t.slice(0, max(0, t.num_rows - 1)), "in row group"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_parquet_shard_that_lies_is_one_line(made: dict[str, Path], tmp_path: Path, name: str) -> None:
    change, message = TABLES[name]
    folder = Path(shutil.copytree(made["parquet"], tmp_path / "copy"))
    path = folder / "data" / "part-00000.parquet"
    groups = pq.ParquetFile(path)
    tables = [change(groups.read_row_group(number)) for number in range(groups.num_row_groups)]
    with pq.ParquetWriter(path, tables[0].schema, compression="none", use_dictionary=False) as writer:
        for table in tables:
            writer.write_table(table)
    sealed_by_a_stranger(folder)
    with pytest.raises(DataError, match=message):
        lusdata.load(folder).to_numpy()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"compression": "zstd"}, "expected no compression; found ZSTD"),
        ({"compression": "none", "use_dictionary": True}, "pictures that are larger than the file"),
    ],
    ids=["compressed", "dictionary"],
)
def test_a_small_shard_does_not_become_a_large_one(
    made: dict[str, Path], tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    folder = Path(shutil.copytree(made["parquet"], tmp_path / "copy"))
    path = folder / "data" / "part-00000.parquet"
    data = index_of(folder)
    table = pq.ParquetFile(path).read_row_group(0).slice(0, 1)
    large = of_picture(table, png(16, 16) + bytes(200_000))
    many = pa.concat_tables([large] * 100).combine_chunks()
    pq.write_table(many, path, row_group_size=100, **options)
    assert path.stat().st_size < 1_000_000
    data["recordings"] = [{**data["recordings"][0], "rows": 100, "position": 0}]
    data["shards"][0]["rows"] = 100
    data["counts"] |= {"recordings": 1, "frames": 100}
    sealed_by_a_stranger(folder, data)
    index = open_index(folder)
    with pytest.raises(DataError, match=message):
        list(lusdata.dataset.reading.shard_rows.read_recordings(index, index.entries))


def checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFF_FFFF)


@pytest.mark.parametrize("length", [2**62, 2**63 + 5, 8 << 30, 2**64 - 1])
def test_a_length_that_lies_takes_no_memory(made: dict[str, Path], tmp_path: Path, length: int) -> None:
    folder = Path(shutil.copytree(made["tfrecord"], tmp_path / "copy"))
    path = folder / "data" / "part-00000.tfrecord"
    header = struct.pack("<Q", length)
    path.write_bytes(header + checksum(header) + path.read_bytes()[12:])
    sealed_by_a_stranger(folder)
    with pytest.raises(DataError, match="a shard is damaged"):
        lusdata.load(folder).to_numpy()


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\x08\x0a\x06\x0a\x01a\x12\x01\x00",
        b"",
        b"\x0a\x0e\x0a\x0c\x0a\x01a\x12\x07\x12\x05\x0a\x03abc",
        b"\x0a\x0d\x0a\x0b\x0a\x01a\x12\x06\x0a\x01\x00\x12\x01\x00",
        b"\x0a" + b"\xff" * 100,
        b"\x0a\x05\x0a\x03\x0a\x01\xff",
    ],
    ids=["odd", "empty", "floats", "two lists", "endless", "no text"],
)
def test_a_record_that_is_no_frame_is_one_line(made: dict[str, Path], tmp_path: Path, body: bytes) -> None:
    folder = Path(shutil.copytree(made["tfrecord"], tmp_path / "copy"))
    (folder / "data" / "part-00000.tfrecord").write_bytes(frame_record(body) * 200)
    data = index_of(folder)
    for item in data["recordings"]:
        item["position"] = 0
    sealed_by_a_stranger(folder, data)
    with pytest.raises(DataError, match="a shard is damaged; found a record"):
        lusdata.load(folder).to_numpy()


# --- fold tables ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":' * 10**6, "nested too deeply|not valid JSON"),
        ("[]", "not a fold table"),
        ("null", "not a fold table"),
        ('{"folds_version": {"a": 1}}', "unknown version of the fold table"),
        ('{"folds_version": "1.0.0", "settings": 3}', "the fold table is damaged"),
        ('{"k": 1' + "0" * 5000 + "}", "too large to be held exactly"),
    ],
)
def test_a_fold_table_that_is_none_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "folds.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_fold_table(tmp_path / "folds.json")


@pytest.mark.parametrize(("by", "message"), [("frame", "k=9007199254740992, more than 10,000"), ("patient", "k=9007")])
def test_a_fold_table_of_endless_rounds_is_refused(tmp_path: Path, by: str, message: str) -> None:
    settings = {"by": by, "k": 2**53, "seed": 0, "rate_hz": 3.0, "max_frames": 30}
    table = {
        "$schema": "x",
        "folds_version": "1.0.0",
        "settings": settings,
        "catalog_sha256": "0" * 64,
        "counts": {},
        "units": [],
        "validation": {},
    }
    (tmp_path / "folds.json").write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_fold_table(tmp_path / "folds.json")
