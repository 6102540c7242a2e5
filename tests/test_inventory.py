"""Whatever a file holds beside its pictures is listed and judged: every container, every place."""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import texture
from PIL import Image

from lusdata.media.beside.coded import coded_text
from lusdata.media.beside.ends import end_of_medium
from lusdata.media.beside.inventory import inventory
from lusdata.media.beside.item import Item
from lusdata.media.beside.judge import judge
from lusdata.media.lossless import lossless_bytes

NAME = "MUSTERFRAU^ERIKA"
NAMED = f"left {NAME} lung"
CODECS = {
    "mp4": ("libx264", "yuv420p"),
    "mov": ("mpeg4", "yuv420p"),
    "mkv": ("mpeg4", "yuv420p"),
    "webm": ("libvpx", "yuv420p"),
    "avi": ("mpeg4", "yuv420p"),
    "asf": ("mpeg4", "yuv420p"),
    "flv": ("flv", "yuv420p"),
    "ogg": ("libvpx", "yuv420p"),
    "mpg": ("mpeg2video", "yuv420p"),
    "ts": ("mpeg2video", "yuv420p"),
    "gif": ("gif", "rgb8"),
}


def clip(
    path: Path,
    *,
    tags: dict[str, str] | None = None,
    stream_tags: dict[str, str] | None = None,
    chapter: str = "",
    videos: int = 1,
    sound: float | None = None,
) -> Path:
    """Write five frames of texture, with whatever is asked for beside them."""
    codec, form = CODECS[path.suffix[1:]]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV writes no {codec}")
    with av.open(path, "w") as out:
        out.metadata.update(tags or {})
        streams = [out.add_stream(codec, rate=25) for _ in range(videos)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, form
            stream.thread_count = 1
        streams[-1].metadata.update(stream_tags or {})
        heard = out.add_stream("aac" if path.suffix in (".mp4", ".mkv") else "mp2", rate=44100) if sound else None
        heard = out.add_stream("aac", rate=44100) if sound is not None and heard is None else heard
        if chapter:
            whole = {"id": 0, "start": 0, "end": 5, "time_base": Fraction(1, 25), "metadata": {"title": chapter}}
            out.set_chapters([whole])
        for index in range(5):
            grey = texture(index)
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
                frame = frame.reformat(format=form)
                frame.pts, frame.time_base = index, Fraction(1, 25)
                out.mux(stream.encode(frame))
        if heard is not None:
            wave = np.full((1, 1024), sound, dtype=np.float32)
            noise = av.AudioFrame.from_ndarray(wave * np.sin(np.arange(1024, dtype=np.float32)), "fltp", "mono")
            noise.rate, noise.pts = 44100, 0
            out.mux(heard.encode(noise))
        for stream in (*streams, *([heard] if heard is not None else [])):
            out.mux(stream.encode(None))
    return path


def found(path: Path) -> list[tuple[str, str, str]]:
    return [(one.level, one.item.kind, one.item.place) for one in judge(inventory(path))]


def refused(path: Path) -> str:
    """Return the places that are refused, in one string."""
    return "; ".join(place for level, _, place in found(path) if level == "refused")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


@pytest.mark.parametrize("suffix", CODECS)
def test_a_plain_clip_of_any_container_holds_nothing_that_matters(tmp_path, suffix):
    assert found(clip(tmp_path / f"a.{suffix}")) == []


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "avi", "asf", "flv", "ogg"])
@pytest.mark.parametrize("name", ["title", "comment", "artist", "description"])
def test_a_name_in_a_tag_of_the_file_is_refused(tmp_path, suffix, name):
    path = clip(tmp_path / f"a.{suffix}", tags={name: NAMED})
    if NAME.encode() not in path.read_bytes():
        pytest.skip("this container has no room for that tag")
    assert refused(path)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "avi", "ts", "ogg"])
@pytest.mark.parametrize("name", ["title", "handler_name", "service_name"])
def test_a_name_in_a_tag_of_a_stream_is_refused(tmp_path, suffix, name):
    path = clip(tmp_path / f"a.{suffix}", tags={name: NAMED}, stream_tags={name: NAMED})
    if NAME.encode() not in path.read_bytes():
        pytest.skip("this container has no room for that tag")
    assert refused(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "asf", "ogg"])
def test_a_name_in_a_chapter_is_refused(tmp_path, suffix):
    path = clip(tmp_path / f"a.{suffix}", chapter=NAMED)
    if NAME.encode() not in path.read_bytes():
        pytest.skip("this container has no room for chapters")
    assert "chapter 1" in refused(path) or "byte" in refused(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts"])
def test_a_second_video_is_refused_since_nobody_looked_at_it(tmp_path, suffix):
    assert "(video)" in refused(clip(tmp_path / f"a.{suffix}", videos=2))


def test_a_sound_track_is_refused_unless_nothing_can_be_heard(tmp_path):
    assert "(audio)" in refused(clip(tmp_path / "loud.mp4", sound=0.5))
    assert found(clip(tmp_path / "silent.mp4", sound=0.0)) == []


BOXES: dict[str, bytes] = {
    "XMP": box(b"uuid", bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC") + f"<x dc:title='{NAME}'/>".encode()),
    "XMP_ box": box(b"udta", box(b"XMP_", f"<x dc:title='{NAME}'/>".encode())),
    "padding": box(b"free", f"{NAME}".encode()),
    "user data in UTF-16": box(b"udta", box(b"name", NAME.encode("utf-16-be"))),
    "unknown box": box(b"abcd", NAME.encode()),
}


@pytest.mark.parametrize("place", BOXES)
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_name_in_a_box_that_no_player_shows_is_refused(tmp_path, suffix, place):
    path = clip(tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes() + BOXES[place])
    assert refused(path)


def test_a_cover_in_a_box_is_refused(tmp_path):
    path = clip(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes() + box(b"udta", box(b"abcd", b"\xff\xd8\xff\xe0" + bytes(40))))
    assert "where a picture begins" in refused(path)


CHUNKS: dict[str, bytes] = {
    "day of recording": chunk(b"IDIT", b"SAT MAR 04 10:11:12 2023\n\0"),
    "INFO list": chunk(b"LIST", b"INFO" + chunk(b"IART", NAME.encode())),
    "day in the INFO list": chunk(b"LIST", b"INFO" + chunk(b"ICRD", b"2023-03-04")),
    "padding": chunk(b"JUNK", NAME.encode()),
    "XMP": chunk(b"_PMX", f"<x dc:title='{NAME}'/>".encode()),
}


@pytest.mark.parametrize("place", CHUNKS)
def test_a_name_or_a_day_in_a_chunk_of_avi_is_refused(tmp_path, place):
    data = clip(tmp_path / "a.avi").read_bytes()
    body = data[8:] + CHUNKS[place]
    (tmp_path / "b.avi").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert refused(tmp_path / "b.avi")


def with_element(data: bytes, element: bytes, body: bytes) -> bytes:
    """Return a Matroska file with one more element at the end of the description of its segment."""
    inside = element + (0x80 | len(body)).to_bytes(1, "big") + body
    # Padding that the writer left before the clusters takes the place of the element.
    # The description of the segment, behind the padding; before that, it is only spoken of.
    start = data.find(b"\x15\x49\xa9\x66", data.find(b"\xec\x01"))
    width = 9 - data[start + 4].bit_length()
    length = int.from_bytes(data[start + 4 : start + 4 + width], "big") & ((1 << 7 * width) - 1)
    old = data[start + 4 + width : start + 4 + width + length]
    new = b"\x15\x49\xa9\x66" + (0x0100000000000000 | (length + len(inside))).to_bytes(8, "big") + old + inside
    segment = data.find(b"\x18\x53\x80\x67")
    return (
        data[: segment + 4] + b"\x01" + b"\xff" * 7 + data[segment + 12 : start] + new
        + data[start + 4 + width + length :]
    )  # fmt: skip


@pytest.mark.parametrize("element", [b"\x73\x84", b"\x44\x85", b"\xec", b"\x4d\x99", b"\x73\xa4", b"\x44\x44"])
def test_a_name_in_an_element_of_matroska_that_ffmpeg_does_not_list_is_refused(tmp_path, element):
    data = clip(tmp_path / "a.mkv").read_bytes()
    (tmp_path / "b.mkv").write_bytes(with_element(data, element, NAME.encode()))
    assert refused(tmp_path / "b.mkv")


@pytest.mark.parametrize("element", [b"\x73\xa4", b"\x3c\xb9\x23", b"\x3e\xb9\x23", b"\x44\x44"])
def test_letters_that_an_identifier_drawn_at_random_holds_are_no_text(tmp_path, element):
    data = clip(tmp_path / "a.mkv").read_bytes()
    drawn = bytes.fromhex("9f02") + b"Hans Maier" + bytes.fromhex("d8 11 e4 07")
    (tmp_path / "b.mkv").write_bytes(with_element(data, element, drawn))
    assert found(tmp_path / "b.mkv") == []
    (tmp_path / "b.mkv").write_bytes(with_element(data, b"\x4d\x99", drawn))
    assert found(tmp_path / "b.mkv")


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi", "asf", "flv", "ogg", "gif"])
def test_bytes_behind_the_end_are_refused(tmp_path, suffix):
    path = clip(tmp_path / f"a.{suffix}")
    whole = path.read_bytes()
    kind = {"mp4": "MP4 video", "mov": "QuickTime video", "mkv": "Matroska video", "avi": "AVI video"}
    kind |= {"asf": "ASF video", "flv": "Flash video", "ogg": "Ogg video", "gif": "GIF image"}
    assert end_of_medium(path, kind[suffix]) == len(whole)
    behind = bytes.fromhex("00000004") + bytes(range(1, 200)) + (b";" if suffix == "gif" else b"")
    path.write_bytes(whole + behind)
    assert "behind the end" in refused(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_bytes_behind_a_still_picture_are_refused(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(texture(0)).convert("RGB").save(path)
    assert found(path) == []
    end = {"jpg": b"\xff\xd9", "png": b"IEND\xaeB`\x82"}.get(suffix, b"")
    path.write_bytes(path.read_bytes() + bytes(range(1, 60)) + end)
    assert "behind" in refused(path)


def test_a_thumbnail_in_a_photograph_is_refused(tmp_path):
    thumbnail = b"\xff\xd8\xff\xe0" + bytes(30) + b"\xff\xd9"
    block = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0\0\0" + thumbnail
    Image.fromarray(texture(0)).save(tmp_path / "a.jpg", exif=block)
    assert "a thumbnail in APP1" in refused(tmp_path / "a.jpg")


def test_the_day_of_a_photograph_is_refused_and_that_of_its_file_is_shown(tmp_path):
    for tag, level in ((0x0132, "shown"), (0x9003, "refused")):
        block = Image.Exif()
        day = {tag: "2024:03:09 10:11:12"}
        block.update(day if tag == 0x0132 else {0x8769: day})
        Image.fromarray(texture(0)).save(tmp_path / "a.jpg", exif=block.tobytes())
        assert [one[0] for one in found(tmp_path / "a.jpg")] == [level]


@pytest.mark.parametrize(
    "name", ["encoder", "major_brand", "compatible_brands", "handler_name", "software", "language"]
)
def test_a_tag_of_programs_is_passed_over_by_its_words_and_not_by_its_name(name):
    assert judge([Item("a tag", "text", "Hans Maier", name)])[0].level == "shown"
    assert judge([Item("a tag", "text", NAMED, name)])[0].level == "refused"
    assert judge([Item("a tag", "text", "Maier Hans 1950-03-04", name)]) != ()


def test_what_programs_write_about_themselves_is_passed_over():
    tags = {"encoder": "Lavc61.19.100 libx264", "handler_name": "VideoHandler", "compatible_brands": "isomiso2avc1mp41"}
    tags |= {"software": "Lavf58.29.100", "language": "und", "creation_time": "1970-01-01T00:00:00.000000Z"}
    assert judge([Item("a tag", "text", text, name) for name, text in tags.items()]) == ()


def test_a_copy_without_loss_holds_pictures_and_times_alone(tmp_path):
    frames = np.stack([texture(index) for index in range(3)])
    (tmp_path / "a.mkv").write_bytes(lossless_bytes(frames, [0.0, 0.1, 0.2]))
    (tmp_path / "a.png").write_bytes(lossless_bytes(frames[:1]))
    assert found(tmp_path / "a.mkv") == found(tmp_path / "a.png") == []


SEI_BODY = bytes(16) + NAMED.encode()
SEI = bytes([5, len(SEI_BODY)]) + SEI_BODY + b"\x80"
PACKETS = {
    "h264 with lengths": ("h264", struct.pack(">I", len(SEI) + 1) + b"\x06" + SEI + struct.pack(">I", 2) + b"\x65\x01"),
    "h264 with start codes": ("h264", b"\0\0\0\1\x06" + SEI + b"\0\0\1\x65\x01"),
    "hevc": ("hevc", b"\0\0\1\x4e\x01" + SEI + b"\0\0\1\x26\x01"),
    "mpeg2": ("mpeg2video", b"\0\0\1\xb3abcd\0\0\1\xb2" + NAMED.encode() + b"\0\0\1\xb8"),
    "mjpeg": ("mjpeg", b"\xff\xd8\xff\xfe" + struct.pack(">H", len(NAMED) + 2) + NAMED.encode() + b"\xff\xd9"),
}


@pytest.mark.parametrize("name", PACKETS)
def test_text_inside_a_coded_picture_is_read(name):
    assert NAMED in " ".join(coded_text(*PACKETS[name]))


def test_text_that_no_encoder_writes_into_pictures_is_refused(tmp_path):
    path = clip(tmp_path / "a.mkv")
    whole = path.read_bytes()
    own = whole[whole.find(b"\0\0\1\xb2") + 4 :][:13]
    assert own.startswith(b"Lavc")
    path.write_bytes(whole.replace(b"\0\0\1\xb2" + own, b"\0\0\1\xb2MUSTER^ERIKA "))
    assert "text inside the coded pictures" in refused(path)


def test_the_long_line_of_an_encoder_is_told_from_a_name_behind_it():
    line = (
        "x264 - core 165 r3222 b35605a - H.264/MPEG-4 AVC codec - Copyleft 2003-2025 - http://www.videolan.org/x264.html"
        " - options: cabac=1 deblock=1:0:0 analyse=0x3:0x113 qcomp=0.60 aq=1:1.00"
    )
    assert judge([Item("in pictures", "text", line, "coded")]) == ()
    assert judge([Item("in pictures", "text", f"{line} Erika: Musterfrau", "coded")])[0].level == "shown"


@pytest.mark.real
def test_the_cases_of_the_field_are_refused_or_shown_with_their_place(tmp_path, cases_dir):
    script = cases_dir / "field" / "cases_privacy.py"
    run = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, cwd=script.parent)
    assert run.returncode == 0, run.stderr[-500:]
    for name, expected in pickle.loads((tmp_path / "expected.pkl").read_bytes()).items():
        said = judge(inventory(Path(expected["file"])))
        assert said, name
        assert all(one.item.place for one in said), name
