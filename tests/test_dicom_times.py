"""When the frames of a DICOM file were taken: what the header means, and what to do where it means nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

import imageio_ffmpeg
import pydicom
from dicom_files import dicom_file
from pydicom.encaps import encapsulate

from lusdata.errors import DataError, DecodeError
from lusdata.intake.clean_copy import copy_of_dicom
from lusdata.media.decode.decoder import survey
from lusdata.media.dicom.recording import read
from lusdata.media.dicom.times import stated_times
from lusdata.media.phantom.media import write_video

FRAME_TIME, VECTOR = 0x00181063, 0x00181065


def steps(count: int = 5) -> np.ndarray:
    """Frames whose grey level tells their place."""
    return np.stack([np.full((48, 64), 20 + 200 * index // (count - 1), np.uint8) for index in range(count)])


def test_a_vector_of_frame_times_gives_uneven_times(tmp_path):
    extra = {"FrameTimeVector": [0, 40, 50, 60, 70], "FrameIncrementPointer": VECTOR}
    recording = read(dicom_file(tmp_path / "a.dcm", steps(), extra=extra))
    np.testing.assert_allclose(recording.times_s, [0, 0.04, 0.09, 0.15, 0.22])


@pytest.mark.parametrize(
    ("header", "times_s", "note"),
    [
        ({"FrameTimeVector": ["0", "40", "60"]}, (0.0, 0.04, 0.1), ""),
        ({"FrameTimeVector": [40, 60]}, (0.0, 0.04, 0.1), ""),
        ({"FrameTimeVector": [0, 40, 60], "FrameTime": 10, "FrameIncrementPointer": FRAME_TIME}, (0.0, 0.01, 0.02), ""),
        ({"FrameTimeVector": [0, 40, 60], "FrameTime": "", "FrameIncrementPointer": FRAME_TIME}, (0.0, 0.04, 0.1), ""),
        ({"FrameTimeVector": [0, 40, 60, 50], "FrameTime": 10}, (0.0, 0.01, 0.02), "do not fit the frames"),
        ({"FrameTimeVector": [0, 40, -60], "FrameTime": 10}, (0.0, 0.01, 0.02), "do not fit the frames"),
        ({"FrameTimeVector": [0, 40, "nan"], "FrameTime": 10}, (0.0, 0.01, 0.02), "do not fit the frames"),
        ({"FrameTimeVector": [0, 0, 0], "FrameTime": 10}, (0.0, 0.01, 0.02), "most of its frames share"),
        ({"FrameTimeVector": [0, 0, 40]}, (0.0, 0.001, 0.04), "1 are 0 ms"),
        ({"FrameTimeVector": [0, 40, 0]}, (0.0, 0.04, 0.041), "1 are 0 ms"),
        ({"FrameTime": "0", "RecommendedDisplayFrameRate": 50}, (0.0, 0.02, 0.04), "a frame time of 0 ms"),
        ({"FrameTime": "-40", "CineRate": 50}, (0.0, 0.02, 0.04), "a frame time of -40 ms"),
        ({"FrameTime": "", "CineRate": 50}, (0.0, 0.02, 0.04), ""),
        ({"FrameTime": ["40", "50"]}, (0.0, 0.04, 0.08), ""),
        ({"FrameTime": 40, "CineRate": 25, "RecommendedDisplayFrameRate": 10}, (0.0, 0.04, 0.08), ""),
        ({"FrameTime": 33.37, "CineRate": 30}, (0.0, 0.03337, 0.06674), ""),
        ({"FrameTime": 40, "CineRate": 50}, (0.0, 0.04, 0.08), "25 Hz and the cine rate 50 Hz"),
        ({"FrameTime": "nan", "CineRate": 0}, None, ""),
        ({"FrameTime": 1e9}, None, "none"),
        ({}, None, ""),
    ],
)
def test_times_come_from_what_the_header_means(header, times_s, note):
    found = stated_times(header, 3)
    assert found.times_s == times_s
    assert note in " ".join(found.notes)
    assert bool(found.notes) == bool(note)


def test_one_zero_in_a_long_vector_moves_no_other_frame(tmp_path):
    vector = [0, 40, 0, 80, 40, 40, 40, 40]
    path = dicom_file(tmp_path / "a.dcm", steps(8), extra={"FrameTimeVector": vector, "FrameIncrementPointer": VECTOR})
    recording = read(path)
    np.testing.assert_allclose(recording.times_s, [0, 0.04, 0.041, 0.12, 0.16, 0.2, 0.24, 0.28], atol=1e-9)
    assert any("0 ms" in note for note in copy_of_dicom(path, tmp_path).notes)
    np.testing.assert_allclose(survey(copy_of_dicom(path, tmp_path).path).times_s, recording.times_s, atol=1e-6)


def test_hours_between_two_frames_are_no_frame_time(tmp_path):
    assert read(dicom_file(tmp_path / "a.dcm", steps(), frame_time_ms=3.6e6)).times_s is None


@pytest.mark.parametrize("frame_time", ["0", "-40", "nan", "", "abc", "3600000", None])
def test_without_a_usable_time_the_error_says_what_to_do_and_the_option_does_it(tmp_path, frame_time):
    path = dicom_file(tmp_path / "a.dcm", steps(), frame_time_ms=None)
    if frame_time is not None:
        # Written as it is: pydicom would refuse to.
        whole = path.read_bytes()
        text = frame_time.encode().ljust(len(frame_time) + len(frame_time) % 2)
        element = b"\x18\x00\x63\x10DS" + len(text).to_bytes(2, "little") + text
        place = whole.index(b"\x28\x00\x02\x00US")
        path.write_bytes(whole[:place] + element + whole[place:])
    with pytest.raises(DataError, match=r"a\.dcm: .*does not say when.*--rate-hz"):
        copy_of_dicom(path, tmp_path)
    np.testing.assert_allclose(survey(copy_of_dicom(path, tmp_path, rate_hz=20).path).times_s, np.arange(5) / 20)


@pytest.mark.parametrize(("frame_time_ms", "suggested"), [(0.04, "25"), (0.4, "2.5"), (0.0333, "30")])
def test_seconds_in_the_place_of_milliseconds_are_told_with_the_rate_that_they_would_mean(
    tmp_path, frame_time_ms, suggested
):
    path = dicom_file(tmp_path / "a.dcm", steps(), frame_time_ms=frame_time_ms)
    with pytest.raises(
        DataError, match=rf"a\.dcm: .*found frames {frame_time_ms:g} ms apart.*--rate-hz.* {suggested} "
    ):
        copy_of_dicom(path, tmp_path)
    np.testing.assert_allclose(survey(copy_of_dicom(path, tmp_path, rate_hz=25).path).times_s, np.arange(5) / 25)


def test_a_rate_that_is_given_does_not_replace_times_that_the_header_states(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", steps(), frame_time_ms=50)
    np.testing.assert_allclose(survey(copy_of_dicom(path, tmp_path, rate_hz=9).path).times_s, np.arange(5) / 20)


def video(path: Path, stream: bytes, syntax: str, **extra: object) -> Path:
    frame_time_ms = extra.pop("frame_time_ms", None)
    dicom_file(path, steps(8), frame_time_ms=frame_time_ms, extra=extra)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate([stream + bytes(len(stream) % 2)])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(scope="module")
def contained(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("videos") / "clip.mp4"
    write_video(path, steps(8), rate_hz=20)
    return path.read_bytes()


@pytest.fixture(scope="module", params=["h264", "mpeg2video"])
def bare(request, tmp_path_factory) -> tuple[bytes, str]:
    """A stream without a container, that its codec takes for 25 Hz."""
    import av

    form, syntax = {"h264": ("h264", "102"), "mpeg2video": ("mpeg2video", "100")}[request.param]
    path = tmp_path_factory.mktemp("videos") / f"clip.{form}"
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream({"h264": "libx264"}.get(form, form), rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in steps(8):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    return path.read_bytes(), f"1.2.840.10008.1.2.4.{syntax}"


def test_the_header_goes_before_the_rate_of_a_bare_stream(tmp_path, bare):
    stream, syntax = bare
    recording = read(video(tmp_path / "a.dcm", stream, syntax, frame_time_ms=50))
    assert len(recording.frames) == 8
    np.testing.assert_allclose(recording.times_s, np.arange(8) / 20, atol=1e-6)


def test_without_a_header_time_a_bare_stream_has_the_rate_that_it_states(tmp_path, bare):
    stream, syntax = bare
    recording = read(video(tmp_path / "a.dcm", stream, syntax))
    np.testing.assert_allclose(recording.times_s, np.arange(8) / 25, atol=1e-6)


def test_a_rate_that_a_bare_stream_does_not_state_is_not_made_up(tmp_path):
    path = tmp_path / "clip.hevc"
    options = ["-c:v", "libx265", "-x265-params", "log-level=none:vui-timing-info=0"]
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "64x48", "-r", "10", "-i", "-"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run(
        [program, "-loglevel", "error", *source, "-pix_fmt", "yuv420p", *options, str(path)],
        input=steps(8).tobytes(),
        check=True,
    )
    hevc = "1.2.840.10008.1.2.4.107"
    assert read(video(tmp_path / "a.dcm", path.read_bytes(), hevc)).times_s is None
    timed = read(video(tmp_path / "b.dcm", path.read_bytes(), hevc, frame_time_ms=50))
    np.testing.assert_allclose(timed.times_s, np.arange(8) / 20, atol=1e-6)


def test_the_times_of_a_container_go_before_the_header_and_a_note_says_so(tmp_path, contained):
    recording = read(video(tmp_path / "a.dcm", contained, "1.2.840.10008.1.2.4.102", frame_time_ms=66.6))
    np.testing.assert_allclose(recording.times_s, np.arange(8) / 20, atol=1e-6)
    assert any("0.466 s and the video 0.35 s" in note for note in recording.facts.notes)
    agreeing = read(video(tmp_path / "b.dcm", contained, "1.2.840.10008.1.2.4.102", frame_time_ms=50))
    assert not agreeing.facts.notes


@pytest.mark.parametrize("announced", [7, 12])
def test_a_video_of_other_frames_than_announced_is_refused(tmp_path, contained, announced):
    path = video(tmp_path / "a.dcm", contained, "1.2.840.10008.1.2.4.102", NumberOfFrames=announced)
    with pytest.raises(DecodeError, match=rf"other frames.*expected {announced} frames; found 8"):
        read(path)


def test_a_video_of_another_size_than_the_header_says_is_refused(tmp_path, contained):
    path = video(tmp_path / "a.dcm", contained, "1.2.840.10008.1.2.4.102", Rows=96, Columns=128)
    with pytest.raises(DecodeError, match=r"another size.*expected 128 x 96 px; found 64 x 48 px"):
        read(path)
