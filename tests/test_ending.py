"""A file that ends early says so, whatever its container, and a whole one is never doubted."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ffmpeg_judge import encode, run_ffmpeg

from lusdata.errors import DecodeError
from lusdata.media.decode.decoder import survey
from lusdata.media.diagnose import identify
from lusdata.media.truncation import missing_part

H264 = ("-c:v", "libx264", "-qp", 14, "-preset", "fast", "-g", 8, "-bf", 3)
VP8 = ("-c:v", "libvpx", "-crf", 10, "-b:v", "1M", "-g", 8)
# Those that state where each part of them ends; a cut is seen without decoding.
SIZED = {
    "clip.mkv": H264,
    "live.mkv": (*H264, "-f", "matroska", "-live", 1),
    "clip.webm": VP8,
    "live.webm": (*VP8, "-f", "webm", "-live", 1),
    "clip.flv": H264,
    "clip.ogv": ("-c:v", "libtheora", "-q:v", 7),
    "clip.wmv": (
        "-c:v",
        "wmv2",
    ),
    "clip.avi": ("-c:v", "mpeg4"),
    "clip.mp4": H264,
    "fragments.mp4": (*H264, "-movflags", "frag_keyframe+empty_moov"),
    "clip.gif": ("-c:v", "gif"),
    "clip.apng": ("-c:v", "apng", "-f", "apng"),
    "clip.dv": ("-c:v", "dvvideo", "-s", "720x576", "-r", 25),
}
# Those of packets, by the size of one; a cut between two of them is for the decoder to notice.
IN_PACKETS = {
    "clip.ts": (188, H264),
    "clip.m2ts": (192, H264),
    "clip.mpg": (2048, ("-c:v", "mpeg1video", "-f", "mpeg", "-r", 25)),
    "clip.vob": (2048, ("-c:v", "mpeg2video", "-bf", 2, "-f", "vob", "-r", 25)),
}
OPTIONS = SIZED | {name: options for name, (_, options) in IN_PACKETS.items()}
PIXELS = {"clip.gif": "rgb8", "clip.apng": "rgb24"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            encode(path, *OPTIONS[name], count=12, rate_hz=25, pixels=PIXELS.get(name, "yuv420p"))
        return path

    return make


def missing(path: Path) -> str:
    with path.open("rb") as stream:
        return missing_part(path, identify(stream.read(16_384)).name)


def cut(source: Path, path: Path, size_bytes: int) -> Path:
    path.write_bytes(source.read_bytes()[:size_bytes])
    return path


@pytest.mark.parametrize("name", OPTIONS)
def test_a_whole_file_is_not_doubted(name, whole, tmp_path):
    path = whole(name)
    assert missing(path) == ""
    assert survey(path).times_s.size == 12
    padded = tmp_path / name
    padded.write_bytes(path.read_bytes() + bytes(100))
    assert missing(padded) == ""


def flash_tags(path: Path) -> list[int]:
    """Where the tags of a Flash video end, with the field behind each that repeats its length."""
    data, ends, place = path.read_bytes(), [], 13
    while place < len(data):
        place += 11 + int.from_bytes(data[place + 1 : place + 4], "big") + 4
        ends.append(place)
    return ends


def test_a_flash_video_cut_between_two_tags_is_told_by_the_size_that_it_states(whole, tmp_path):
    path = whole("clip.flv")
    *cuts, size_bytes = flash_tags(path)
    assert size_bytes == path.stat().st_size
    for kept in cuts[len(cuts) // 2 :]:
        assert missing(cut(path, tmp_path / "cut.flv", kept)) == f"its last {size_bytes - kept:,} bytes are missing"
    # A live recorder states no size, and none of these numbers is one.
    data = path.read_bytes()
    place = data.index(b"\x00\x08filesize\x00") + 11
    for stated in (0.0, -1.0, float("nan"), float("inf"), 1e300):
        (tmp_path / "live.flv").write_bytes(data[:place] + struct.pack(">d", stated) + data[place + 8 :])
        assert missing(tmp_path / "live.flv") == ""


@pytest.mark.parametrize("name", SIZED)
def test_a_cut_anywhere_is_seen_without_decoding(name, whole, tmp_path):
    path = whole(name)
    size_bytes = path.stat().st_size
    # A cut inside what comes before all frames leaves no video at all.
    for kept in [size_bytes - 5, *(size_bytes * part // 23 + 1 for part in range(5, 23))]:
        with pytest.raises(DecodeError, match=r"the file ends early: its .* (is|are) missing|holds no (video|frame)"):
            survey(cut(path, tmp_path / name, kept))


@pytest.mark.parametrize("name", IN_PACKETS)
def test_a_cut_inside_a_packet_is_seen_without_decoding(name, whole, tmp_path):
    path = whole(name)
    packet_bytes, _ = IN_PACKETS[name]
    packets = path.stat().st_size // packet_bytes
    for kept in range(packets // 2, packets, max(1, packets // 10)):
        with pytest.raises(DecodeError, match=r"the file ends early: its last .* bytes are missing"):
            survey(cut(path, tmp_path / name, kept * packet_bytes + packet_bytes // 2))


def test_the_words_say_how_much_is_missing(whole, tmp_path):
    path = whole("clip.mkv")
    assert missing(cut(path, tmp_path / "cut.mkv", path.stat().st_size - 1000)) == "its last 1,000 bytes are missing"


def test_the_later_parts_of_a_long_avi_count(tmp_path):
    part = b"RIFF" + (4 + 40).to_bytes(4, "little")
    data = part + b"AVI " + bytes(40) + part + b"AVIX" + bytes(40)
    path = tmp_path / "long.avi"
    for kept, expected in ((104, ""), (100, "its last 4 bytes are missing"), (70, "its last 34 bytes are missing")):
        path.write_bytes(data[:kept])
        assert missing_part(path, "AVI video") == expected


def test_a_fragment_without_its_data_is_missing_something(tmp_path):
    def box(kind: bytes, size: int) -> bytes:
        return (8 + size).to_bytes(4, "big") + kind + bytes(size)

    path = tmp_path / "f.mp4"
    data = box(b"ftyp", 8) + box(b"moov", 30) + box(b"moof", 20) + box(b"mdat", 50)
    path.write_bytes(data + box(b"moof", 20))
    assert missing_part(path, "MP4 video") == "the data of its last fragment is missing"
    path.write_bytes(data)
    assert missing_part(path, "MP4 video") == ""


def test_an_ogg_file_without_its_last_page_is_cut(whole, tmp_path):
    data = whole("clip.ogv").read_bytes()
    (tmp_path / "c.ogv").write_bytes(data[: data.rindex(b"OggS")])
    assert missing(tmp_path / "c.ogv") == "its last page is missing"


def test_the_same_picture_twice_is_one_file_after_the_other(whole, tmp_path):
    # What follows a whole file is no part of it.
    data = whole("clip.mkv").read_bytes()
    (tmp_path / "d.mkv").write_bytes(data + b"\x00" * 7 + b"appended by somebody")
    assert missing(tmp_path / "d.mkv") == ""


def test_tools_name_the_streams_that_have_no_container(tmp_path):
    h264 = encode(tmp_path / "r.h264", *H264, count=3)
    hevc = encode(tmp_path / "r.hevc", "-c:v", "libx265", "-x265-params", "log-level=none", count=3)
    delimited = tmp_path / "aud.h264"
    run_ffmpeg("-i", h264, "-c", "copy", "-bsf:v", "h264_metadata=aud=insert", delimited)
    names = [identify(path.read_bytes()).name for path in (h264, delimited, hevc)]
    assert names == ["raw H.264 stream", "raw H.264 stream", "raw H.265 stream"]
