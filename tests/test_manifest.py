"""Reading a stranger's file, typed access, and one layout for short diffs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording
from golden import FOLDER
from hypothesis import given
from hypothesis import strategies as st

from lusdata.catalog.manifest import Crop, Manifest, Trim, canonical_bytes, dumps, read_manifest, write_manifest
from lusdata.catalog.reading import UNREADABLE, UnreadableError, read_data
from lusdata.catalog.schema import NEWEST

COMPLETE = FOLDER / NEWEST / "complete-video" / "manifest.json"

STRANGE = [
    ("empty", b"", "NOT_JSON", "an empty file"),
    ("blank", b" \n", "NOT_JSON", "an empty file"),
    ("cut short", b'{"id": "a', "NOT_JSON", "line 1, column 8"),
    ("trailing comma", b'{"id": 1,}', "NOT_JSON", "line 1"),
    ("two documents", b"{} {}", "NOT_JSON", "Extra data"),
    ("not a number", b'{"a": NaN}', "NOT_JSON", "NaN, which is no JSON number"),
    ("infinite", b'{"a": -Infinity}', "NOT_JSON", "-Infinity, which is no JSON number"),
    ("infinite by size", b'{"a": 1e999}', "NOT_JSON", "too large to be held"),
    ("an integer of 5000 digits", b'{"a": ' + b"9" * 5000 + b"}", "NOT_JSON", "too large to be held exactly"),
    ("an integer beyond floats", b'{"a": -9007199254740993}', "NOT_JSON", "too large to be held exactly"),
    ("half a character", b'{"a": "\\ud800"}', "NOT_JSON", "half a character"),
    ("a control character", b'{"a": "\x01"}', "NOT_JSON", "Invalid control character"),
    ("Latin-1", b'{"a": "Z\xfcrich"}', "NOT_UTF8", "byte 0xfc at position 8"),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), "NOT_UTF8", "byte 0xff at position 0"),
    ("byte order mark", b'\xef\xbb\xbf{"a": 1}', "NOT_UTF8", "byte order mark"),
    ("a key twice", b'{"a": {"b": 1, "b": 2}}', "KEY_TWICE", "'b'"),
    ("deep lists", b"[" * 40 + b"]" * 40, "TOO_DEEP", "at most 32 levels"),
    ("a hundred thousand levels", b"[" * 100_000, "TOO_DEEP", "at most 32 levels"),
    ("deep objects", b'{"a":' * 5000 + b"1" + b"}" * 5000, "TOO_DEEP", "at most 32 levels"),
    ("two megabytes", b'"' + b"a" * 2_000_000 + b'"', "FILE_TOO_LARGE", "2,000,002 bytes"),
    ("a picture", b"\x89PNG\r\n\x1a\n", "NOT_UTF8", "byte 0x89 at position 0"),
]


@pytest.mark.parametrize(("content", "code", "said"), [case[1:] for case in STRANGE], ids=[case[0] for case in STRANGE])
def test_a_strange_file_gets_its_own_diagnosis_in_one_line(tmp_path: Path, content: bytes, code: str, said: str):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"a\.json: ") as caught:
        read_data(path)
    assert caught.value.code == code
    assert code in UNREADABLE
    line = str(caught.value)
    assert said in line
    assert "\n" not in line
    assert len(line) < 300 + len(str(tmp_path))


def test_a_folder_and_a_dead_link_are_no_files(tmp_path: Path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UnreadableError, match="not a file; expected a JSON file; found a folder"):
        read_data(tmp_path / "folder.json")
    with pytest.raises(UnreadableError, match=r"not a file; .* found nothing"):
        read_data(tmp_path / "missing.json")
    if sys.platform != "win32":
        (tmp_path / "dead.json").symlink_to(tmp_path / "missing.json")
        with pytest.raises(UnreadableError, match="found a link to nothing"):
            read_data(tmp_path / "dead.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(UnreadableError, match="nothing, or a device"):
        read_data(tmp_path / "pipe.json")


def test_a_link_to_a_manifest_is_a_manifest(tmp_path: Path):
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    if sys.platform != "win32":
        (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
        assert read_data(tmp_path / "link.json") == {}


def test_escapes_of_whole_characters_are_text(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"a": "\\u00fc \\ud83d\\ude00"}', encoding="utf-8")
    assert read_data(tmp_path / "a.json") == {"a": "ü 😀"}


def test_a_complete_manifest_is_read_into_typed_values():
    manifest = read_manifest(COMPLETE)
    assert (manifest.id, manifest.kind, manifest.state) == ("golden/complete-video", "video", "included")
    assert (manifest.class_name, manifest.probe, manifest.provider) == ("covid-19", "convex", "clinic-a")
    assert (manifest.since, manifest.access, manifest.size_bytes) == ("2021-02-25", "direct", 120_000)
    assert manifest.locations == ("https://example.org/media/case-4.mp4",)
    assert (manifest.group_id, manifest.group_basis) == ("golden/patient-4", "patient")
    assert manifest.crop == Crop(100, 0, 480, 480, 640, 480, sha256="a1" * 32)
    assert manifest.trim == Trim(0.5, 3.0)
    assert manifest.media["frame_count"] == 75
    assert [reading["reader"] for reading in manifest.patterns] == ["physician-1", "physician-2"]
    assert manifest.path == COMPLETE


def test_what_nobody_has_seen_is_none_or_empty():
    manifest = read_manifest(FOLDER / NEWEST / "unpinned-with-untied-crop" / "manifest.json")
    assert (manifest.sha256, manifest.size_bytes, dict(manifest.media)) == (None, None, {})
    assert manifest.crop == Crop(150, 40, 280, 280)
    assert manifest.trim == Trim(0.0, None)


def test_a_crop_is_made_of_integers_even_where_the_file_says_640_point_0():
    data = json.loads(COMPLETE.read_text(encoding="utf-8"))
    data["crop"] = {key: float(value) if key.endswith("_px") else value for key, value in data["crop"].items()}
    crop = Manifest(data).crop
    assert crop == Crop(100, 0, 480, 480, 640, 480, sha256="a1" * 32)
    assert all(isinstance(edge, int) for edge in (crop.left_px, crop.width_px, crop.source_width_px))


def test_writing_and_reading_give_the_same_manifest_and_the_same_bytes(tmp_path: Path):
    manifest = read_manifest(COMPLETE)
    write_manifest(tmp_path / "a.json", manifest.data)
    assert read_manifest(tmp_path / "a.json") == manifest
    assert (tmp_path / "a.json").read_bytes() == COMPLETE.read_bytes()


def _turned_round(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned_round(value[key]) for key in reversed(value)}
    return [_turned_round(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_keys_changes_neither_layout_nor_digest():
    data = json.loads(COMPLETE.read_text(encoding="utf-8"))
    assert dumps(_turned_round(data)) == dumps(data)
    assert Manifest(_turned_round(data)).digest == Manifest(data).digest


def test_every_change_of_content_changes_the_digest():
    assert recording("a").digest != recording("b").digest


def test_unknown_keys_are_kept_at_the_end_so_that_nothing_is_lost_by_writing():
    text = dumps({"zebra": 1, "probe": "convex", "apple": 2, "id": "a/b"})
    assert list(json.loads(text)) == ["id", "probe", "apple", "zebra"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(data=st.dictionaries(st.sampled_from(["id", "source", "crop", "patterns", "x"]), JSON))
def test_no_document_is_changed_by_writing_and_reading(data: dict[str, Any]):
    assert json.loads(dumps(data)) == data
    assert json.loads(canonical_bytes(data)) == data
