"""Frames of every form come out with the right times, grey levels and geometry."""

from __future__ import annotations

import struct

import av
import cv2
import numpy as np
import pytest
from clips import write_clip

from lusdata.catalog.manifest import Crop, Trim
from lusdata.errors import DataError, DecodeError, UsageError
from lusdata.media.crop import Box
from lusdata.media.decode.orientation import Turn
from lusdata.media.decode.pixels import _expand, rgb_pixels
from lusdata.media.frames import read_frames
from lusdata.media.phantom import FORMS, draw, index_clip, index_level, typical, write_image, write_video

UNEVEN_S = np.cumsum([0.0, *([0.04, 0.1, 0.04] * 17)])[:50].tolist()


def write_form(path, form, frames):
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
def test_sampled_frames_of_every_form_are_the_ones_that_their_times_say(tmp_path, name):
    form = FORMS[name]
    path = tmp_path / f"clip{form.suffix}"
    write_form(path, form, index_clip(50, width_px=80, height_px=64))
    frames = read_frames(path, rate_hz=3, max_frames=5, size_px=32)
    times_s = np.array(UNEVEN_S) if form.variable else np.arange(50) / 25
    nearest = [int(np.abs(times_s - point / 3).argmin()) for point in range(5)]
    assert frames.indices.tolist() == nearest
    assert frames.times_s == pytest.approx(times_s[nearest], abs=1e-3)
    assert frames.images.shape == (5, 32, 32)
    assert frames.images.dtype == np.uint8
    assert frames.box == Box(8, 0, 64, 64)
    levels = frames.images.reshape(5, -1).mean(axis=1)
    assert levels == pytest.approx([index_level(index) for index in nearest], abs=1.5)


def test_limited_and_full_range_give_the_same_grey(tmp_path):
    picture = draw(typical("healthy"), 3).frames[:1]
    for name in ("mp4", "mp4-full-range"):
        write_form(tmp_path / name, FORMS[name], picture)
    limited, full = (read_frames(tmp_path / name).images.astype(int) for name in ("mp4", "mp4-full-range"))
    # Not quite the same: the encoder rounds other values.
    assert np.abs(limited - full).mean() < 2
    assert abs(limited.mean() - full.mean()) < 0.7


def test_limited_range_is_stretched_rounded_and_clipped():
    values = np.arange(256, dtype=np.uint8)[None]
    exact = np.clip((np.arange(256) - 16) * 255 / 219, 0, 255)
    assert _expand(values)[0].tolist() == np.floor(exact + 0.5).astype(int).tolist()


def test_a_crop_takes_its_window_and_a_trim_its_part(tmp_path):
    path = tmp_path / "clip.mp4"
    clip = index_clip(50, width_px=80, height_px=64).copy()
    clip[:, :32, :40] = 250
    write_video(path, clip, rate_hz=25)
    trim = Trim(start_s=1.0, end_s=1.5)
    bright = read_frames(path, crop=Crop(4, 4, 30, 24, 80, 64), trim=trim, rate_hz=5, size_px=30)
    assert bright.indices.tolist() == [25, 30, 35]
    assert bright.times_s.tolist() == [1.0, 1.2, 1.4]
    assert bright.box == Box(4, 4, 30, 24)
    # 30 x 24 px are padded to a square: three black rows above and below.
    assert (bright.images[:, :3] == 0).all()
    assert (bright.images[:, -3:] == 0).all()
    assert bright.images[:, 3:-3].min() > 240
    dark = read_frames(path, crop=Crop(45, 36, 24, 24), trim=trim, rate_hz=5, size_px=24)
    assert dark.images.reshape(3, -1).mean(axis=1) == pytest.approx([index_level(i) for i in (25, 30, 35)], abs=1.5)


def test_a_tall_window_is_padded_left_and_right(tmp_path):
    write_image(tmp_path / "grey.png", np.full((40, 60), 200, np.uint8))
    image = read_frames(tmp_path / "grey.png", kind="image", crop=Crop(10, 0, 20, 40), size_px=20).images[0]
    assert (image[:, :5] == 0).all()
    assert (image[:, 5:15] == 200).all()
    assert (image[:, 15:] == 0).all()


def test_windows_are_shrunk_by_area_averaging(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (96, 96), np.uint8)
    write_image(tmp_path / "noise.png", picture)
    image = read_frames(tmp_path / "noise.png", kind="image", size_px=24).images[0]
    averages = picture.reshape(24, 4, 24, 4).mean(axis=(1, 3))
    assert np.abs(image - averages).max() <= 0.5
    same = read_frames(tmp_path / "noise.png", kind="image", size_px=96).images[0]
    assert (same == picture).all()
    assert read_frames(tmp_path / "noise.png", kind="image", size_px=200).images.shape == (1, 200, 200)


def ramp(height: int = 48, width: int = 64) -> np.ndarray:
    return np.add.outer(np.arange(height) * 2, np.arange(width) * 2).astype(np.uint8)


PICTURES = (
    "png grey",
    "png grey 16 bit",
    "png colour",
    "png colour 16 bit",
    "png opaque",
    "jpeg grey",
    "jpeg colour",
    "bmp",
    "tiff 16 bit",
    "webp",
)


def encode_picture(kind: str) -> bytes:
    grey = ramp()
    colour = np.dstack([grey] * 3)
    alpha = np.full((*grey.shape, 1), 255, np.uint8)
    pictures = {
        "png grey": (".png", grey),
        "png grey 16 bit": (".png", grey.astype(np.uint16) * 257),
        "png colour": (".png", colour),
        "png colour 16 bit": (".png", colour.astype(np.uint16) * 257),
        "png opaque": (".png", np.dstack([colour, alpha])),
        "jpeg grey": (".jpg", grey),
        "jpeg colour": (".jpg", colour),
        "bmp": (".bmp", colour),
        "tiff 16 bit": (".tiff", grey.astype(np.uint16) * 257),
        "webp": (".webp", colour),
    }
    suffix, picture = pictures[kind]
    options = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 100], ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101]}.get(suffix, [])
    return cv2.imencode(suffix, picture, options)[1].tobytes()


@pytest.mark.parametrize(
    "kind",
    PICTURES,
)
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_pictures_keep_their_grey_levels(tmp_path, kind, colour):
    path = tmp_path / "picture.of-any-name"
    path.write_bytes(encode_picture(kind))
    frames = read_frames(path, kind="image", size_px=48, colour=colour)
    assert frames.box == Box(8, 0, 48, 48)
    expected = ramp()[:, 8:56].astype(int)
    image = frames.images[0].astype(int)
    assert np.abs(image - (expected if colour == "grey" else expected[:, :, None])).max() <= 2


def test_what_is_transparent_is_black(tmp_path):
    picture = np.full((20, 20, 4), 200, np.uint8)
    picture[:, :, 3] = 255
    picture[:, :10, 3] = 0
    picture[:, 15:, 3] = 128
    (tmp_path / "clear.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    image = read_frames(tmp_path / "clear.png", kind="image", size_px=20).images[0]
    assert [int(image[0, column]) for column in (0, 12, 19)] == [0, 200, 100]


def exif_jpeg(picture: np.ndarray, orientation: int, order: str) -> bytes:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = mark + struct.pack(order + "IH", 8, 1) + entries + bytes(4)
    segment = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_as_exif_says(tmp_path, orientation, order):
    # Brightness differs in all four corners.
    data = exif_jpeg(ramp(), orientation, order)
    (tmp_path / "photo.jpg").write_bytes(data)
    upright = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    height, width = upright.shape
    box = Crop(3, 5, 30, 30, width, height)
    image = read_frames(tmp_path / "photo.jpg", kind="image", crop=box, size_px=30).images[0]
    assert np.abs(image.astype(int) - upright[5:35, 3:33]).max() <= 2


def turned_by(path, degrees: int):
    """Write a one-second clip whose header asks for a turn against the clock."""
    picture = np.broadcast_to(ramp(), (5, 48, 64))
    write_video(path, picture, rate_hz=25)
    data = path.read_bytes()
    one, zero = 1 << 16, 0
    upright = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    cosine, sine = {90: (zero, one), 180: (-one, zero), 270: (zero, -one)}[degrees]
    turned = struct.pack(">9i", cosine, -sine, 0, sine, cosine, 0, 0, 0, 1 << 30)
    # The second matrix is the track's; the first is the film's.
    assert data.count(upright) == 2
    place = data.rindex(upright)
    path.write_bytes(data[:place] + turned + data[place + len(upright) :])


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_videos_are_turned_as_their_header_says(tmp_path, degrees):
    path = tmp_path / "phone.mp4"
    turned_by(path, degrees)
    frames = read_frames(path, size_px=48)
    expected = np.rot90(ramp(), degrees // 90)
    height, width = expected.shape
    left, top = (width - 48) // 2, (height - 48) // 2
    assert frames.box == Box(left, top, 48, 48)
    assert np.abs(frames.images[0].astype(int) - expected[top : top + 48, left : left + 48]).mean() < 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ten-bit.mp4", {"codec": "libx264", "pixel_format": "yuv420p10le", "options": {"qp": "0"}}),
        ("ten-bit-444.mp4", {"codec": "libx264", "pixel_format": "yuv444p10le", "options": {"qp": "0"}}),
        ("sixteen-bit.mkv", {"codec": "ffv1", "pixel_format": "gray16le"}),
        ("bottom-up.avi", {"codec": "rawvideo", "pixel_format": "bgr24"}),
        ("colour.mkv", {"codec": "ffv1", "pixel_format": "bgra"}),
        ("packed.avi", {"codec": "rawvideo", "pixel_format": "yuyv422"}),
        ("reds.mp4", {"codec": "libx264rgb", "pixel_format": "rgb24", "options": {"qp": "0"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_unusual_pixel_formats_keep_their_grey_levels(tmp_path, name, options, colour):
    from clips import texture

    path = write_clip(tmp_path / name, count=3, size=(64, 64), **options)
    image = read_frames(path, size_px=64, colour=colour).images[0].astype(int)
    expected = texture(0, width=64, height=64).astype(int)
    # Sharp noise and halved chroma: single pixels of RGB may be far off, levels not.
    assert np.abs(image - (expected if colour == "grey" else expected[:, :, None])).mean() < 1.5


def test_rgb_keeps_colours(tmp_path):
    clip = np.zeros((3, 64, 64, 3), np.uint8)
    clip[:] = (200, 40, 90)
    write_video(tmp_path / "red.mp4", clip, rate_hz=25)
    image = read_frames(tmp_path / "red.mp4", colour="rgb", size_px=32).images[0]
    assert image.shape == (32, 32, 3)
    assert np.abs(image.reshape(-1, 3).mean(axis=0) - (200, 40, 90)).max() < 4


def test_grey_and_rgb_of_a_grey_clip_agree(tmp_path):
    write_video(tmp_path / "lung.mp4", draw(typical("covid-19"), 2).frames[:5], rate_hz=5)
    grey = read_frames(tmp_path / "lung.mp4").images.astype(int)
    rgb = read_frames(tmp_path / "lung.mp4", colour="rgb").images.astype(int)
    assert np.abs(rgb - grey[..., None]).max() <= 3


def test_an_image_is_the_first_frame_even_of_a_film(tmp_path):
    write_video(tmp_path / "moving.gif", index_clip(10), rate_hz=10)
    frames = read_frames(tmp_path / "moving.gif", kind="image", size_px=16)
    assert frames.indices.tolist() == [0]
    assert frames.times_s.tolist() == [0.0]
    assert read_frames(tmp_path / "moving.gif", rate_hz=10, size_px=16).indices.tolist() == list(range(10))


def test_a_video_of_one_frame_gives_one_frame(tmp_path):
    write_video(tmp_path / "one.mp4", index_clip(1), rate_hz=25)
    assert read_frames(tmp_path / "one.mp4", size_px=16).images.shape == (1, 16, 16)


def test_a_frame_size_that_changes_within_the_video_is_refused(tmp_path):
    parts = [
        write_clip(tmp_path / f"{width}.h264", codec="libx264", container="h264", count=10, size=(width, 48))
        for width in (64, 96)
    ]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(DecodeError, match="the frame size changes within the video"):
        read_frames(path, rate_hz=25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crop": Crop(0, 0, 10, 10, 99, 99)}, "drawn on a frame of another size"),
        ({"crop": Crop(60, 60, 10, 10)}, "does not lie inside the frame"),
        ({"trim": Trim(start_s=9.0)}, "no frame lies inside the trim"),
    ],
    ids=["another size", "outside", "trim"],
)
def test_faults_of_a_recording_name_its_file(tmp_path, options, message):
    path = tmp_path / "clip.mp4"
    write_video(path, index_clip(10), rate_hz=25)
    with pytest.raises(DataError, match=message) as caught:
        read_frames(path, **options)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": "gray"}, "unknown colour; expected one of grey, rgb; found 'gray'; did you mean 'grey'"),
        ({"size_px": 0}, "side of an image must be positive"),
        ({"rate_hz": 0}, "sampling rate must be a positive number"),
        ({"max_frames": 0}, "at least one frame"),
    ],
    ids=["colour", "size", "rate", "most"],
)
def test_options_without_meaning_are_refused(tmp_path, options, message):
    path = tmp_path / "clip.mp4"
    write_video(path, index_clip(2), rate_hz=25)
    with pytest.raises(UsageError, match=message):
        read_frames(path, **options)


def test_opencvs_threads_are_left_as_they_were(tmp_path):
    write_video(tmp_path / "clip.mp4", index_clip(2), rate_hz=25)
    before = cv2.getNumThreads()
    read_frames(tmp_path / "clip.mp4")
    assert cv2.getNumThreads() == before


@pytest.mark.real
def test_every_real_recording_gives_frames(corpus_dir, blues_dir):
    media = {".mp4", ".mov", ".avi", ".mpeg", ".gif", ".png", ".jpg"}
    paths = [p for folder in (corpus_dir, blues_dir) for p in folder.rglob("*") if p.suffix.lower() in media]
    assert len(paths) == 104 + 32 + 58
    for path in sorted(paths):
        frames = read_frames(path, kind="image" if "images" in str(path) else "video")
        assert frames.images.shape == (len(frames.indices), 224, 224), path.name
        assert frames.images.max() > 100, path.name
        assert np.diff(frames.times_s).min(initial=1.0) > 0.2, path.name


@pytest.mark.parametrize(
    ("colour_space", "red", "green", "blue"),
    [
        (5, 1.402, (-0.344136, -0.714136), 1.772),
        (1, 1.5748, (-0.187324, -0.468124), 1.8556),
        (9, 1.4746, (-0.164553, -0.571353), 1.8814),
    ],
    ids=["bt601", "bt709", "bt2020"],
)
def test_colours_follow_the_standard_that_the_file_names(colour_space, red, green, blue):
    frame = av.VideoFrame(16, 16, "yuv444p")
    for plane, value in zip(frame.planes, (120, 100, 150), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace, frame.color_range = colour_space, 2
    blue_difference, red_difference = 100 - 128, 150 - 128
    expected = (
        120 + red * red_difference,
        120 + green[0] * blue_difference + green[1] * red_difference,
        120 + blue * blue_difference,
    )
    found = rgb_pixels(frame, Box(0, 0, 16, 16), Turn())
    assert np.abs(found - np.array(expected)).max() <= 0.51
