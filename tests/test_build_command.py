"""``lusdata build``, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_datasets import changed, small_collection

from lusdata.catalog.collection import Collection
from lusdata.cli import main
from lusdata.commands.build import JSON_KEYS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("command")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return small_collection(home, videos=2, images=6)


@pytest.fixture
def arguments(collection: Collection, home: Path, tmp_path: Path) -> list[str]:
    places = {"--out": tmp_path / "out", "--mirror": home / "media", "--cache": home / "cache"}
    options = [str(word) for pair in places.items() for word in pair]
    return ["build", str(collection.root), *options, "--offline", "--size", "16", "--workers", "1"]


def test_a_build_ends_with_a_table_of_what_was_made(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["built", "recordings", "frames"]
    assert ["total", "8", "18"] in [line.split() for line in lines]
    assert "rights: 4 of 8 recordings may not be passed on" in "\n".join(lines)
    assert lines[-1].startswith(f"built: {tmp_path / 'out'}  (1 parquet, ")
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("up to date: ")


def test_what_was_left_out_is_told_by_reason_and_named_when_asked(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [*arguments, "--select", "class=healthy"]
    assert main(chosen) == 0
    out = capsys.readouterr().out
    assert "not-selected           6  the selection does not ask for it" in out
    assert "small/" not in out.split("built: ")[0]
    assert main([*chosen, "--verbose"]) == 0
    assert "  small/image-04: not-selected, the selection does not ask for it\n" in capsys.readouterr().out


def test_json_is_one_document_with_everything_in_it(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json", "--format", "tfrecord", "--select", "kind=video"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert set(document) <= set(JSON_KEYS)
    assert document["out"] == str(tmp_path / "out")
    assert document["format"] == "tfrecord"
    assert document["counts"]["recordings"] == 2
    assert document["counts"]["left_out"] == {"not-selected": 6}
    assert [item["code"] for item in document["left_out"]] == ["not-selected"] * 6
    assert captured.err == ""


@pytest.mark.parametrize(
    ("extra", "code", "message"),
    [
        (["--size", "8"], 2, "size_px: value out of range"),
        (["--rate-hz", "nan"], 2, "rate_hz: value out of range"),
        (["--select", "probe=round"], 2, "expected one of convex, linear, phased, unknown"),
        (["--mirror", "nowhere"], 2, "nowhere: the mirror does not exist"),
        (["--format", "zip"], 2, "argument --format: invalid choice: 'zip'"),
        (["--workers", "0"], 2, "too few workers"),
        (["--select", "probe=phased"], 1, "not one recording can be built; found 8 not-selected"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_gets_one_line_and_no_folder(
    arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
    code: int,
    message: str,
) -> None:
    assert main([*arguments, *extra]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.splitlines()[-1].startswith("lusdata")
    assert not (tmp_path / "out").exists()


def test_a_recording_that_will_not_decode_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import hashlib

    collection = small_collection(tmp_path, videos=1, images=1)
    data = b"this was never a video" * 9
    (tmp_path / "media" / "video-00.mp4").write_bytes(data)
    source = dict(collection.by_id["small/video-00"].data["source"])
    source |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
    manifest = changed(collection, "small/video-00", source=source).by_id["small/video-00"]
    (collection.root / "video-00.json").write_text(json.dumps(manifest.data), encoding="utf-8")
    places = ["--out", str(tmp_path / "out"), "--mirror", str(tmp_path / "media"), "--cache", str(tmp_path / "cache")]
    assert main(["build", str(collection.root), *places, "--offline", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "warning: 1 recordings are here but could not be decoded" in out
    assert "undecodable           1  small/video-00: " in out
