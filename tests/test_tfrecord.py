"""The wire format of TFRecord, held against TensorFlow's own."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_datasets import build_here, changed, small_collection

from lusdata.dataset.formats.tfrecord import Feature, decode_example, encode_example, frame_record, read_rows
from lusdata.errors import DataError

features = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.lists(st.binary(max_size=200), min_size=1, max_size=4),
        st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4),
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4),
    ),
    max_size=5,
)


@given(features)
def test_an_example_survives_the_wire(example: dict[str, Feature]) -> None:
    assert decode_example(encode_example(example)) == example


def test_the_order_of_features_does_not_show() -> None:
    assert encode_example({"a": [1], "b": [b"x"]}) == encode_example({"b": [b"x"], "a": [1]})


@pytest.mark.parametrize("data", [b"\x0a\xff", b"\x08\x01", b"\xff" * 12, b"\x0a\x04abcd"])
def test_bytes_that_are_no_example_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"not a tf\.train\.Example"):
        decode_example(data)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path
    index = build_here(small_collection(folder, videos=1, images=0), folder, folder / "out", format="tfrecord").index
    path = index.shard_path(0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="a shard is damaged"):
        list(read_rows(path, [entry.place for entry in index.entries]))


def test_tensorflow_reads_the_shards_without_lusdata(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'lusdata[tf]'")
    scored = changed(small_collection(tmp_path, videos=2, images=1), "small/video-01", severity=[])
    report = build_here(scored, tmp_path, tmp_path / "out", format="tfrecord")
    wanted = {
        "recording": tf.io.FixedLenFeature([], tf.string),
        "image": tf.io.FixedLenFeature([], tf.string),
        "crop": tf.io.FixedLenFeature([4], tf.int64),
        "frame_index": tf.io.FixedLenFeature([], tf.int64),
        "time_s": tf.io.FixedLenFeature([], tf.float32),
        "time_us": tf.io.FixedLenFeature([], tf.int64),
        "b_lines": tf.io.FixedLenFeature([], tf.string),
        "severity_lus_0_3": tf.io.FixedLenFeature([], tf.float32, default_value=math.nan),
    }
    from lusdata.dataset.view.dataset import Dataset

    ours = Dataset(report.index).to_numpy()
    records = tf.data.TFRecordDataset([str(path) for path in sorted(report.out.glob("data/*.tfrecord"))])
    rows = list(records.map(lambda record: tf.io.parse_single_example(record, wanted)).as_numpy_iterator())
    assert [row["recording"].decode() for row in rows] == ours.recordings.tolist()
    assert [row["frame_index"] for row in rows] == ours.frame_indices.tolist()
    images = np.stack([tf.io.decode_png(row["image"]).numpy()[..., 0] for row in rows])
    assert np.array_equal(images, ours.images)
    scores = {row["recording"].decode(): float(row["severity_lus_0_3"]) for row in rows}
    assert (scores["small/video-00"], scores["small/image-02"]) == (0, 2)
    assert math.isnan(scores["small/video-01"])
    assert {row["b_lines"] for row in rows} == {b"absent", b"present"}
    for row, time_s in zip(rows, ours.times_s.tolist(), strict=True):
        assert row["time_us"] / 1e6 == time_s
        assert math.isclose(row["time_s"], time_s, abs_tol=1e-6)


def test_tensorflow_encodes_an_example_to_the_same_values() -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'lusdata[tf]'")
    example = {"b": [b"one", b""], "f": [0.5, -2.0], "i": [0, 1, -1, 2**40], "long": [b"x" * 1000]}
    message = tf.train.Example.FromString(encode_example(example))
    assert list(message.features.feature["b"].bytes_list.value) == example["b"]
    assert list(message.features.feature["f"].float_list.value) == example["f"]
    assert list(message.features.feature["i"].int64_list.value) == example["i"]
    assert decode_example(message.SerializeToString(deterministic=True)) == example


def test_the_frame_of_a_record_is_tensorflows(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install 'lusdata[tf]'")
    messages = [b"", b"a", bytes(range(256)) * 20]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for message in messages:
            writer.write(message)
    assert (tmp_path / "theirs").read_bytes() == b"".join(map(frame_record, messages))


def test_the_former_place_of_the_module_still_works_and_names_the_new_one():
    sys.modules.pop("lusdata.dataset.tfrecord", None)
    with pytest.warns(DeprecationWarning, match=r"lusdata\.dataset\.formats\.tfrecord now"):
        former = importlib.import_module("lusdata.dataset.tfrecord")
    assert former.frame_record is frame_record
