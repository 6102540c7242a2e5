"""The short way to the wanted frames gives exactly what decoding everything gives; damage and excess are errors."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from clips import plane_of, whole_decode, write_clip

from lusdata.budget import BUDGET
from lusdata.errors import DecodeError
from lusdata.media.beside.inventory import inventory
from lusdata.media.decode import decoder, open_file
from lusdata.media.decode.decoder import decode, survey
from lusdata.media.phantom import write_image
from lusdata.media.sample import frame_indices

REORDERING = {"x264-params": "bframes=3:b-adapt=0:keyint=12:min-keyint=12:scenecut=0:log-level=none"}
OPEN_GROUPS = {"x264-params": "bframes=3:b-adapt=0:keyint=12:open-gop=1:scenecut=0:log-level=none"}
SLOW_REFRESH = {"x264-params": "intra-refresh=1:keyint=12:bframes=0:log-level=none"}
PYRAMID = {"x265-params": "bframes=4:b-adapt=0:b-pyramid=1:keyint=15:log-level=none"}
UNEVEN_MS = np.cumsum([0, *([20, 70, 33] * 13)]).tolist()

# Name, whether the packets tell enough for the short way, and how to write the clip.
CLIPS: dict[str, tuple[bool, dict[str, object]]] = {
    "h264.mp4": (True, {"codec": "libx264", "options": REORDERING}),
    "h264-open-groups.mp4": (True, {"codec": "libx264", "options": OPEN_GROUPS}),
    "h264-slow-refresh.mp4": (True, {"codec": "libx264", "options": SLOW_REFRESH}),
    "h264-444.mov": (True, {"codec": "libx264", "options": REORDERING, "pixel_format": "yuv444p"}),
    "h264-uneven.mp4": (True, {"codec": "libx264", "options": REORDERING, "ticks": UNEVEN_MS}),
    "h264.mkv": (True, {"codec": "libx264", "options": OPEN_GROUPS}),
    "h264.ts": (True, {"codec": "libx264", "options": OPEN_GROUPS}),
    "h264.avi": (False, {"codec": "libx264", "options": REORDERING}),
    "h264.h264": (False, {"codec": "libx264", "options": REORDERING, "container": "h264"}),
    "hevc.mp4": (True, {"codec": "libx265", "options": PYRAMID}),
    "mpeg4.avi": (True, {"codec": "mpeg4", "options": {"g": "12"}}),
    "mpeg4-reordered.avi": (True, {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}}),
    "mpeg4-reordered.mp4": (True, {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}}),
    "mpeg2.mpeg": (True, {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}}),
    "mpeg2.ts": (True, {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}}),
    "mpeg2.m2v": (True, {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}, "container": "mpeg2video"}),
    "mpeg1.mpeg": (True, {"codec": "mpeg1video", "options": {"g": "12", "bf": "2"}}),
    "moving.gif": (True, {"codec": "gif", "pixel_format": "rgb8"}),
    "mjpeg.avi": (True, {"codec": "mjpeg", "pixel_format": "yuvj420p"}),
    "raw.avi": (True, {"codec": "rawvideo", "pixel_format": "bgr24"}),
    "ffv1.mkv": (True, {"codec": "ffv1", "pixel_format": "gray16le"}),
    "vp8.webm": (False, {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "10"}}),
    "vp9.webm": (
        False,
        {"codec": "libvpx-vp9", "options": {"auto-alt-ref": "1", "lag-in-frames": "10", "cpu-used": "8"}},
    ),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            codec = str(CLIPS[name][1]["codec"])
            if codec not in av.codecs_available:
                pytest.skip(f"this build of PyAV cannot write {codec}")
            write_clip(path, **CLIPS[name][1])
        return path

    return make


def choices(count: int) -> list[np.ndarray]:
    """Return sets of wanted frames: all, first, last, and some at random."""
    rng = np.random.default_rng(count)
    some = [np.sort(rng.choice(count, size=size, replace=False)) for size in (1, 2, 3, 5, 8) for _ in range(4)]
    return [np.arange(count), np.array([0]), np.array([count - 1]), *some]


@pytest.mark.parametrize("name", CLIPS)
def test_wanted_frames_are_those_of_a_whole_decode(name, clip, monkeypatch):
    path = clip(name)
    planes, times_s = whole_decode(path)
    assert len(planes) == 40
    taken_long_ways = []
    long_way = decoder._long_way
    monkeypatch.setattr(decoder, "_long_way", lambda *args: taken_long_ways.append(name) or long_way(*args))
    for wanted in choices(len(planes)):
        taken = decode(path, lambda times, wanted=wanted: wanted.astype(np.int64), plane_of)
        assert [one.index for one in taken] == wanted.tolist()
        assert [one.value for one in taken] == [planes[index] for index in wanted]
        np.testing.assert_allclose([one.time_s for one in taken], times_s[wanted], atol=1e-9)
    assert bool(taken_long_ways) is not CLIPS[name][0]


@pytest.mark.parametrize("name", ["h264.mp4", "mpeg2.mpeg", "mpeg4.avi"])
def test_frames_that_nothing_needs_are_not_decoded(name, clip, monkeypatch):
    decoded = []
    planned = decoder._planned_frames
    monkeypatch.setattr(
        decoder, "_planned_frames", lambda *args: (decoded.append(frame.pts) or frame for frame in planned(*args))
    )
    decode(clip(name), lambda times: np.array([0, 20]), plane_of)
    assert len(decoded) < 20


def test_the_short_way_gives_up_where_a_promised_frame_does_not_come(clip, monkeypatch):
    path = clip("h264.mp4")
    planes, _ = whole_decode(path)
    planned = decoder._planned_frames
    monkeypatch.setattr(decoder, "_planned_frames", lambda *args: list(planned(*args))[1:])
    taken = decode(path, lambda times: np.array([0, 7]), plane_of)
    assert [one.value for one in taken] == [planes[0], planes[7]]


def test_frames_hidden_by_an_edit_list_do_not_count(tmp_path, clip):
    source = clip("h264.mp4")
    path = tmp_path / "edited.mp4"
    with av.open(str(source)) as reader, av.open(path, "w", options={"avoid_negative_ts": "disabled"}) as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in reader.demux(stream):
            if packet.dts is None:
                continue
            # The first 15 frames come to lie before time 0, which the muxer writes as an edit.
            shift = int(15 / 25 / stream.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
            writer.mux(packet)
    planes, _ = whole_decode(source)
    times = []
    taken = decode(path, lambda times_s: times.append(times_s) or np.array([0, 3, times_s.size - 1]), plane_of)
    assert times[0].size == 25
    assert [one.value for one in taken] == [planes[15], planes[18], planes[39]]


@pytest.mark.parametrize("name", ["h264.mp4", "moving.gif", "mpeg2.mpeg", "h264.avi", "h264.h264"])
def test_a_survey_counts_and_times_all_frames(name, clip):
    found = survey(clip(name))
    _, times_s = whole_decode(clip(name))
    np.testing.assert_allclose(found.times_s, times_s, atol=1e-9)
    assert found.last_duration_s == pytest.approx(1 / 25)


def test_a_video_of_one_frame_works(tmp_path):
    path = write_clip(tmp_path / "one.mp4", codec="libx264", count=1)
    taken = decode(path, lambda times_s: frame_indices(times_s, rate_hz=3, max_frames=30), plane_of)
    assert [(one.index, one.time_s) for one in taken] == [(0, 0.0)]
    assert survey(path).times_s.tolist() == [0.0]


def every(times_s: np.ndarray) -> np.ndarray:
    return np.arange(times_s.size)


def cut(source: Path, path: Path, share: float) -> Path:
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("name", ["h264.mp4", "h264-444.mov", "mpeg4.avi", "moving.gif", "mjpeg.avi"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_file_that_ends_early_says_so(name, share, clip, tmp_path):
    path = cut(clip(name), tmp_path / name, share)
    for read in (lambda: decode(path, every, plane_of), lambda: survey(path)):
        with pytest.raises(DecodeError, match=r"the file ends early: its .* missing"):
            read()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_that_ends_early_says_so(suffix, tmp_path):
    whole = tmp_path / f"whole{suffix}"
    write_image(whole, np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8))
    with pytest.raises(DecodeError, match="the file ends early"):
        decode(cut(whole, tmp_path / f"cut{suffix}", 0.6), every, plane_of)


def test_a_file_with_its_index_in_front_that_ends_early_says_so(clip, tmp_path):
    path = tmp_path / "front.mp4"
    write_clip(path, codec="libx264", container_options={"movflags": "faststart"})
    with pytest.raises(DecodeError, match=r"the file ends early: its last .* bytes are missing"):
        decode(cut(path, path, 0.7), every, plane_of)


def spoil(source: Path, path: Path, after: float, until: float) -> Path:
    """Overwrite a stretch of a file with noise."""
    data = bytearray(source.read_bytes())
    start, end = int(len(data) * after), int(len(data) * until)
    data[start:end] = np.random.default_rng(0).integers(0, 256, end - start, np.uint8).tobytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["h264.mp4", "mpeg2.mpeg"])
def test_damage_before_the_last_wanted_frame_is_an_error(name, clip, tmp_path):
    path = spoil(clip(name), tmp_path / name, 0.3, 0.5)
    with pytest.raises(DecodeError, match=r"frame \d+ is damaged|decoding stops after"):
        decode(path, every, plane_of)
    with pytest.raises(DecodeError, match=r"frame \d+ is damaged|decoding stops after"):
        survey(path)


def test_damage_after_the_last_wanted_frame_does_no_harm(clip, tmp_path):
    planes, _ = whole_decode(clip("h264.mp4"))
    path = spoil(clip("h264.mp4"), tmp_path / "late.mp4", 0.6, 0.7)
    taken = decode(path, lambda times: np.array([0, 4]), plane_of)
    assert [one.value for one in taken] == [planes[0], planes[4]]


NO_MEDIUM = {
    "empty.mp4": (b"", "the file is empty"),
    "text.mp4": (b"This is not a video.\n" * 50, "not a picture or video.*found text file"),
    "page.gif": (b"<!DOCTYPE html><html><title>Gone</title></html>", "not a picture or video.*found HTML page"),
    "noise.avi": (np.random.default_rng(1).bytes(5000), "not a picture or video.*found unknown bytes"),
    "playlist.mp4": (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n", "not a picture"),
    "script.mp4": (b"ffconcat version 1.0\nfile other.mp4\n", "not a picture or video"),
}


@pytest.mark.parametrize("name", NO_MEDIUM)
def test_what_is_no_medium_is_named_in_one_line(name, tmp_path, clip):
    content, message = NO_MEDIUM[name]
    # What a playlist or script points at is there, and must not be opened.
    shutil.copy(clip("h264.ts"), tmp_path / "other.ts")
    shutil.copy(clip("h264.mp4"), tmp_path / "other.mp4")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DecodeError, match=message) as caught:
        decode(path, every, plane_of)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_sound_without_video_is_named(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(path, "w") as out:
        stream = out.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(DecodeError, match="holds no video"):
        decode(path, every, plane_of)


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        decode(tmp_path / "nothing.mp4", every, plane_of)


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("side_px", 63, "at most 63 px on a side; found 64 x 48 px"),
        ("frames", 39, "at most 39 frames"),
        ("duration_s", 1.0, "at most 1 s; found 2 s"),
        ("file_bytes", 100, "at most 100 bytes"),
    ],
)
@pytest.mark.parametrize("name", ["h264.mp4", "h264.avi"])
def test_each_limit_is_named_when_it_is_passed(limit, value, message, name, clip, monkeypatch):
    monkeypatch.setattr(open_file, "BUDGET", replace(BUDGET, **{limit: value}))
    for read in (lambda: decode(clip(name), every, plane_of), lambda: survey(clip(name))):
        with pytest.raises(DecodeError, match=f"too large for a recording; expected {message}"):
            read()


def test_a_picture_that_claims_a_giant_size_is_refused_unread(tmp_path):
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    path = tmp_path / "bomb.png"
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
    with pytest.raises(DecodeError, match="at most 8192 px on a side; found 3,600,000,000 px in all"):
        decode(path, every, plane_of)


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "mpeg4"), ("mp4", "mpeg4"), ("avi", "mpeg4"), ("flv", "flv")])
def test_tags_that_are_no_utf_8_keep_nothing_from_being_read(suffix, codec, tmp_path):
    path = write_clip(tmp_path / f"a.{suffix}", codec=codec, count=3, tags={"title": "Lunge, XQX"})
    assert b"XQX" in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"XQX", b"\xfc\xff\xe9"))
    tags = {item.name: item.text for item in inventory(path)}
    assert tags["title"] == "Lunge, " + 3 * "\N{REPLACEMENT CHARACTER}"
    assert len(decode(path, every, lambda frame: frame.pts)) == 3


def test_a_picture_that_ffmpeg_does_not_convert_is_a_fault_of_the_file(clip):
    def refuse(frame: av.VideoFrame) -> None:
        raise av.error.ArgumentError(22, "Invalid argument")

    with pytest.raises(DecodeError, match="cannot be converted; found Invalid argument"):
        decode(clip("mpeg4.avi"), every, refuse)


@pytest.mark.parametrize(
    ("offset", "whence"), [(-1, io.SEEK_SET), (1 << 62, io.SEEK_SET), (1 << 63, io.SEEK_SET), (-99, io.SEEK_CUR)]
)
def test_a_place_that_cannot_be_is_the_end_of_a_medium_and_no_fault_of_the_disk(offset, whence, tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    with open_file._Medium(io.FileIO(tmp_path / "a")) as medium:
        medium.seek(offset, whence)
        assert medium.read(1) == b""


@pytest.mark.parametrize("error", [TypeError, AttributeError, ValueError, ImportError])
def test_what_is_no_word_of_the_decoder_is_not_charged_to_the_file(error, clip, monkeypatch):
    def broken(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(open_file.av, "open", broken)
    with pytest.raises(error):
        survey(clip("mpeg4.avi"))


def test_the_decoders_own_chatter_stays_off_the_terminal(clip, tmp_path, capfd):
    with pytest.raises(DecodeError, match=r"damaged|decoding stops"):
        decode(spoil(clip("mpeg2.mpeg"), tmp_path / "spoilt.mpeg", 0.3, 0.5), every, plane_of)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
def test_real_recordings_give_the_frames_of_a_whole_decode(corpus_dir):
    paths = sorted(path for path in (corpus_dir / "pocus_videos").rglob("*.*") if path.is_file())
    assert len(paths) == 104
    for path in paths:
        planes, times_s = whole_decode(path)
        for start_s in (0.0, 1.0):
            wanted = frame_indices(times_s, rate_hz=3, max_frames=30, start_s=start_s if times_s[-1] > 1 else 0.0)
            taken = decode(path, lambda times, wanted=wanted: wanted, plane_of)
            assert [one.value for one in taken] == [planes[index] for index in wanted], path.name
            np.testing.assert_allclose([one.time_s for one in taken], times_s[wanted], atol=1e-9)
