"""What arrived in place of a recording is told apart by its bytes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from fetch_cases import mp4, sha256

from lusdata.media.diagnose import diagnose, identify
from lusdata.media.truncation import missing_part

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
AVI = b"RIFF" + (4 + 200).to_bytes(4, "little") + b"AVI " + bytes(200)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20) + b"\xff\xd9" + b"\xff\xda" + bytes(50) + b"\xff\xd9"


def png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("head", "name", "family"),
    [
        pytest.param(b"", "empty file", "empty", id="nothing"),
        pytest.param(mp4(), "MP4 video", "video", id="mp4"),
        pytest.param(b"\x00\x00\x00\x14ftypqt  " + bytes(8), "QuickTime video", "video", id="mov"),
        pytest.param(
            b"\x00\x00\x00\x08wide\x00\x01\x00\x00mdat", "QuickTime video", "video", id="old-mov-without-ftyp"
        ),
        pytest.param(
            b"\x00\x00\x00\x1cftypheic" + bytes(16), "HEIF picture (HEIC)", "other", id="telephones-photograph"
        ),
        pytest.param(b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0", "animated WebP picture", "other", id="moving-webp"),
        pytest.param(b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0", "WebP image", "image", id="still-webp"),
        pytest.param(AVI, "AVI video", "video", id="avi"),
        pytest.param(GIF, "GIF image", "image", id="gif"),
        pytest.param(JPEG, "JPEG image", "image", id="jpeg"),
        pytest.param(png(), "PNG image", "image", id="png"),
        pytest.param(b"\x00\x00\x01\xba" + bytes(20), "MPEG video", "video", id="mpeg-program-stream"),
        pytest.param((b"\x47" + bytes(187)) * 3, "MPEG transport stream", "video", id="mpeg-transport-stream"),
        pytest.param(bytes(128) + b"DICM" + bytes(9), "DICOM file", "video", id="dicom"),
        pytest.param(b"<!DOCTYPE html><html>", "HTML page", "html", id="html"),
        pytest.param(b"\xef\xbb\xbf\r\n  <HTML lang='en'>", "HTML page", "html", id="html-after-byte-order-mark"),
        pytest.param(b"<!-- saved -->\n<?xml version='1.0'?>\n<html>", "HTML page", "html", id="xhtml-after-comment"),
        pytest.param("<html>".encode("utf-16"), "HTML page", "html", id="html-in-utf-16"),
        pytest.param(b"<html><p>caf\xe9", "HTML page", "html", id="html-in-latin-1"),
        pytest.param(
            b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML document", "other", id="xml"
        ),
        pytest.param(b'{"error": "not found"}', "JSON document", "other", id="json"),
        pytest.param(b'[{"a": 1}]', "JSON document", "other", id="json-array"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "text file", "other", id="text"),
        pytest.param(b" \n \n", "blank text", "other", id="blank"),
        pytest.param("Ultraschall für Anfänger".encode()[:14], "text file", "other", id="text-cut-inside-a-letter"),
        pytest.param(b"%PDF-1.7\n", "PDF document", "other", id="pdf"),
        pytest.param(b"PK\x03\x04\x14\x00", "ZIP archive", "other", id="zip"),
        pytest.param(b"\x1f\x8b\x08\x00", "gzip archive", "other", id="gzip"),
        pytest.param(bytes(range(200, 256)) * 4, "unknown bytes", "other", id="noise"),
        pytest.param(bytes(600), "unknown bytes", "other", id="zeros"),
    ],
)
def test_first_bytes_tell_the_format(head: bytes, name: str, family: str) -> None:
    kind = identify(head)
    assert (kind.name, kind.family) == (name, family)


@pytest.mark.parametrize("data", [mp4(), AVI, GIF, JPEG, png()], ids=["mp4", "avi", "gif", "jpeg", "png"])
def test_a_cut_medium_is_seen_and_a_whole_one_is_not_doubted(data: bytes, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.write_bytes(data)
    cut.write_bytes(data[: len(data) * 2 // 3])
    kind = identify(data)
    assert missing_part(whole, kind.name) == ""
    assert "missing" in missing_part(cut, kind.name)


def test_an_mp4_without_its_index_is_cut_short_although_its_boxes_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(mp4()[:-48])
    assert missing_part(path, identify(mp4()).name) == "its index (moov) is missing"


def test_zeros_after_the_end_are_no_damage(tmp_path: Path) -> None:
    for name, data in {"mp4": mp4(), "gif": GIF}.items():
        (tmp_path / name).write_bytes(data + bytes(64))
        assert missing_part(tmp_path / name, identify(data).name) == ""


@pytest.mark.parametrize(
    ("data", "state", "words"),
    [
        pytest.param(b"", "empty", "empty file", id="empty"),
        pytest.param(b"<html><title>Log&nbsp;in</title>", "html-page", "its title: 'Log in'", id="html"),
        pytest.param(b'{"message": "gone"}', "not-media", "no medium but a JSON document", id="json"),
        pytest.param(mp4()[:900], "truncated", "an MP4 video that is cut short", id="truncated"),
        pytest.param(mp4(1), "changed", "not the one that the manifest describes", id="changed"),
        pytest.param(
            b"\x00\x00\x01\xba" + bytes(96), "truncated", "an MPEG video, 1,9", id="shorter-without-an-end-to-see"
        ),
    ],
)
def test_each_fault_has_its_own_state_and_names_both_digests(
    data: bytes, state: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "arrived.mp4"
    path.write_bytes(data)
    wanted = mp4(0)
    fault = diagnose(path, found_sha256=sha256(data), sha256=sha256(wanted), size_bytes=len(wanted))
    assert fault.state == state
    assert words in fault.sentence
    assert fault.expected == f"sha256:{sha256(wanted)} ({len(wanted):,} bytes)"
    assert fault.found == f"sha256:{sha256(data)} ({len(data):,} bytes)"


def test_any_whole_medium_will_do_where_no_digest_is_known(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(mp4())
    assert diagnose(path, found_sha256=sha256(mp4())).state == "medium"


def test_the_beginning_of_something_too_long_is_not_called_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(mp4(payload_bytes=9_000)[:500])
    fault = diagnose(path, found_sha256="0" * 64, sha256="1" * 64, size_bytes=500, announced_bytes=9_060)
    assert (fault.state, fault.found) == ("changed", "9,060 bytes")


def test_a_title_from_a_stranger_stays_short_and_printable(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(b"<html><title>\x1b[31m" + b"very long " * 30 + b"\n</title>")
    sentence = diagnose(path, found_sha256="0" * 64).sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 130


@pytest.mark.real
def test_every_file_of_the_corpus_is_a_whole_medium(corpus_dir: Path) -> None:
    wrong = []
    for path in sorted(corpus_dir.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                kind = identify(stream.read(16_384))
            if kind.family not in ("video", "image") or missing_part(path, kind.name):
                wrong.append((path.name, kind.name, missing_part(path, kind.name)))
    assert wrong == []
