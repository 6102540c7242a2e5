"""Every container and codec of the public collections can be written, and decodes to the frames that went in."""

from __future__ import annotations

import os
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from lusdata.errors import UsageError
from lusdata.media.phantom import FORMS, draw, index_clip, index_level, typical, write_image, write_video

COUNT = 20
UNEVEN_S = np.cumsum([0.0, *([0.04, 0.1, 0.04] * 7)])[:COUNT].tolist()


def write(path, form, frames):
    write_video(
        path,
        frames,
        rate_hz=25,
        container=form.container,
        codec=form.codec,
        pixel_format=form.pixel_format,
        full_range=form.full_range,
        times_s=UNEVEN_S[: len(frames)] if form.variable else None,
    )


@pytest.mark.parametrize("name", FORMS)
def test_each_form_decodes_to_the_frames_that_were_written(tmp_path, name):
    form = FORMS[name]
    path = tmp_path / f"clip{form.suffix}"
    write(path, form, index_clip(COUNT, width_px=80, height_px=64))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == {"libx264": "h264"}.get(form.codec, form.codec)
        assert (stream.width, stream.height) == (80, 64)
        frames = list(container.decode(stream))
    levels = [frame.to_ndarray(format="gray").mean() for frame in frames]
    assert levels == pytest.approx([index_level(index) for index in range(COUNT)], abs=1.5)
    times = np.array([frame.time for frame in frames])
    expected = UNEVEN_S if form.variable else np.arange(COUNT) / 25
    assert times - times[0] == pytest.approx(np.array(expected), abs=1e-3)


@pytest.mark.parametrize("name", FORMS)
def test_the_same_frames_give_the_same_bytes(tmp_path, name):
    form = FORMS[name]
    frames = draw(typical("covid-19"), 1).frames[:6]
    one, other = tmp_path / f"one{form.suffix}", tmp_path / f"other{form.suffix}"
    write(one, form, frames)
    write(other, form, frames)
    assert one.read_bytes() == other.read_bytes()


DIGESTS = """
import hashlib, pathlib, sys
from lusdata.media.phantom import FORMS, draw, typical, write_video
frames = draw(typical("covid-19"), 1).frames[:5]
for name, form in FORMS.items():
    path = pathlib.Path(sys.argv[1]) / f"{name}{form.suffix}"
    write_video(path, frames, rate_hz=25, container=form.container, codec=form.codec, pixel_format=form.pixel_format,
                full_range=form.full_range)
    print(name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_bytes_do_not_depend_on_what_was_in_memory_before(tmp_path):
    # glibc fills fresh memory with the given pattern; elsewhere the variable has no effect.
    runs = [
        subprocess.run(
            [sys.executable, "-c", DIGESTS, str(tmp_path)],
            env={**os.environ, "MALLOC_PERTURB_": pattern},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for pattern in ("1", "170")
    ]
    assert len(runs[0].splitlines()) == len(FORMS)
    assert runs[0] == runs[1]


def test_odd_sides_can_be_written_without_halved_colour(tmp_path):
    path = tmp_path / "odd.mp4"
    write_video(path, index_clip(4, width_px=81, height_px=65), pixel_format="yuv444p")
    with av.open(str(path)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (81, 65)


def test_full_and_limited_range_hold_different_luma_for_the_same_picture(tmp_path):
    def first_luma(full_range):
        path = tmp_path / f"{full_range}.mp4"
        write_video(path, np.full((2, 64, 64), 255, np.uint8), full_range=full_range)
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            return int(np.frombuffer(frame.planes[0], np.uint8)[0])

    assert first_luma(full_range=False) == pytest.approx(235, abs=1)
    assert first_luma(full_range=True) == pytest.approx(255, abs=1)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".gif"])
def test_colour_survives(tmp_path, suffix):
    frames = np.zeros((3, 64, 64, 3), np.uint8)
    frames[..., 0] = 220
    path = tmp_path / f"red{suffix}"
    write_video(path, frames, rate_hz=10)
    with av.open(str(path)) as container:
        red, green, blue = next(container.decode(video=0)).to_ndarray(format="rgb24")[32, 32]
    assert red > 180 > 60 > max(green, blue)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg"])
def test_a_still_picture_reads_back(tmp_path, suffix):
    picture = draw(typical("healthy"), 2).frames[0]
    path = tmp_path / f"still{suffix}"
    write_image(path, picture)
    back = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert np.abs(back.astype(int) - picture).mean() < (0.01 if suffix == ".png" else 4)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("clip.mkv", {}, "unknown container"),
        ("clip.mp4", {"codec": "prores"}, "unknown codec"),
        ("clip.mpeg", {"rate_hz": 17}, "no such frame rate"),
        ("clip.mp4", {"times_s": [0.0, 0.1, 0.1]}, "times do not fit"),
        ("clip.mp4", {"times_s": [0.0]}, "times do not fit"),
        ("clip.mp4", {"frames": index_clip(3, width_px=65, height_px=64)}, "even"),
        ("clip.mp4", {"frames": np.zeros((3, 64, 64), np.float32)}, "not a series of pictures"),
        ("clip.mp4", {"frames": np.zeros((0, 64, 64), np.uint8)}, "not a series of pictures"),
    ],
    ids=["container", "codec", "rate", "times", "count", "odd", "dtype", "empty"],
)
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path, name, options, message):
    frames = options.pop("frames", index_clip(3))
    with pytest.raises(UsageError, match=message):
        write_video(tmp_path / name, frames, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_still_picture_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match="unknown picture format"):
        write_image(tmp_path / "still.bmp", np.zeros((4, 4), np.uint8))


def test_full_range_colour_keeps_its_brightness(tmp_path):
    path = tmp_path / "bright.mp4"
    write_video(path, np.full((2, 64, 64, 3), 250, np.uint8), full_range=True)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).to_ndarray(format="rgb24").mean() == pytest.approx(250, abs=2)
