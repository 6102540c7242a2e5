"""Colours of DICOM files: what the stream says goes before what the header says of it. Pillow and NumPy judge."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

import pydicom
from dicom_files import dicom_file
from PIL import Image
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000, ExplicitVRBigEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from lusdata.errors import DataError, DecodeError
from lusdata.media.dicom.recording import read

Pixels = np.ndarray


def painted(count: int = 3, *, height: int = 32, width: int = 48) -> Pixels:
    """Frames of smooth colours that change from frame to frame."""
    rows, columns = np.mgrid[:height, :width]
    frames = [
        np.stack([40 + 60 * frame + rows * 2, 220 - columns * 4, 90 + columns + rows], axis=-1)
        for frame in range(count)
    ]
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


def luma_chroma(frames: Pixels) -> Pixels:
    """PS3.3 C.7.6.3.1.2."""
    red, green, blue = (frames[..., index].astype(float) for index in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.clip(np.rint(np.stack([luma, (blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128], axis=-1)), 0, 255)


def jpeg(frame: Pixels, **options: object) -> bytes:
    if "keep_rgb" in options and PIL.__version__ < "10.2":
        pytest.skip("this Pillow cannot write it")
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, format="JPEG", quality=97, **options)
    return buffer.getvalue()


def without(stream: bytes, marker: int) -> bytes:
    """Take a JPEG stream's segments of one kind out."""
    kept, place = stream[:2], 2
    while stream[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
        kept += b"" if stream[place + 1] == marker else stream[place:end]
        place = end
    return kept + stream[place:]


def with_adobe(stream: bytes, transform: int) -> bytes:
    return stream[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes([transform]) + stream[2:]


def with_names(stream: bytes, names: bytes) -> bytes:
    """Name the components of a JPEG stream anew, in its frame and in its scan."""
    changed = bytearray(stream)
    for marker, first, step in ((b"\xff\xc0", 10, 3), (b"\xff\xda", 5, 2)):
        start = stream.index(marker)
        for index, name in enumerate(names):
            changed[start + first + index * step] = name
    return bytes(changed)


def packed(path: Path, frames: Pixels, streams: list[bytes], syntax: str, photometric: str, **extra: object) -> Path:
    """Write streams, one a frame."""
    dicom_file(path, frames, photometric=photometric, extra=extra)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate([stream + bytes(len(stream) % 2) for stream in streams])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.save_as(path, enforce_file_format=True)
    return path


def by_pillow(streams: list[bytes]) -> Pixels:
    return np.stack([np.asarray(Image.open(io.BytesIO(stream)).convert("RGB")) for stream in streams])


MADE = {
    "jfif": lambda frame: jpeg(frame, subsampling=0),
    "jfif-422": lambda frame: jpeg(frame, subsampling=1),
    "jfif-420": lambda frame: jpeg(frame, subsampling=2),
    "bare-422": lambda frame: without(jpeg(frame, subsampling=1), 0xE0),
    "bare-420": lambda frame: without(jpeg(frame, subsampling=2), 0xE0),
    "adobe-ycc": lambda frame: with_adobe(without(jpeg(frame, subsampling=0), 0xE0), 1),
    "adobe-ycc-420": lambda frame: with_adobe(without(jpeg(frame, subsampling=2), 0xE0), 1),
    "adobe-rgb": lambda frame: with_adobe(without(without(jpeg(frame, keep_rgb=True), 0xE0), 0xEE), 0),
    "named-rgb": lambda frame: with_names(without(without(jpeg(frame, keep_rgb=True), 0xE0), 0xEE), b"RGB"),
    "progressive-420": lambda frame: without(jpeg(frame, subsampling=2, progressive=True), 0xE0),
}


@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("made", MADE)
def test_a_jpeg_stream_that_says_its_colours_is_read_so_whatever_the_header_says(tmp_path, made, tag):
    frames = painted()
    streams = [MADE[made](frame) for frame in frames]
    # The layout of planes is for uncompressed pictures, and often left in.
    found = read(packed(tmp_path / "a.dcm", frames, streams, JPEGBaseline8Bit, tag, PlanarConfiguration=1)).frames
    assert abs(found.astype(int) - by_pillow(streams)).mean() < 1.0
    assert abs(found.astype(int) - frames).mean() < 4


@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_of_a_jpeg_stream_that_does_not_say_the_header_does(tmp_path, tag):
    frames = painted()
    stored = frames if tag == "RGB" else luma_chroma(frames).astype(np.uint8)
    streams = [with_names(without(without(jpeg(frame, keep_rgb=True), 0xE0), 0xEE), b"\1\2\3") for frame in stored]
    found = read(packed(tmp_path / "a.dcm", frames, streams, JPEGBaseline8Bit, tag)).frames
    assert abs(found.astype(int) - frames).mean() < 3


@pytest.mark.parametrize("tag", ["RGB", "YBR_RCT", "YBR_ICT", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEG2000])
def test_jpeg_2000_that_mixes_colours_itself_gives_them_back_under_any_tag(tmp_path, tag, syntax):
    frames = painted()
    streams = []
    for frame in frames:
        buffer = io.BytesIO()
        options = {"irreversible": True, "quality_layers": [3]} if syntax == JPEG2000 else {}
        Image.fromarray(frame).save(buffer, format="JPEG2000", no_jp2=True, mct=1, **options)
        streams.append(buffer.getvalue())
    found = read(packed(tmp_path / "a.dcm", frames, streams, syntax, tag)).frames
    assert abs(found.astype(int) - frames).max() <= (12 if syntax == JPEG2000 else 0)


def test_jpeg_2000_of_luma_and_chroma_is_turned_into_colours(tmp_path):
    frames, streams = painted(), []
    for frame in luma_chroma(frames).astype(np.uint8):
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, format="JPEG2000", no_jp2=True, mct=0)
        streams.append(buffer.getvalue())
    found = read(packed(tmp_path / "a.dcm", frames, streams, JPEG2000Lossless, "YBR_FULL")).frames
    assert abs(found.astype(int) - frames).max() <= 2


@pytest.mark.parametrize(("stated", "held"), [(16, 8), (12, 8), (8, 16), (16, 16)])
def test_the_bits_of_a_jpeg_2000_stream_go_before_those_of_the_header(tmp_path, stated, held):
    grey, streams = painted()[..., 0], []
    for frame in grey:
        buffer = io.BytesIO()
        deep = Image.fromarray(frame if held == 8 else frame.astype(np.uint16) * 257)
        deep.save(buffer, format="JPEG2000", no_jp2=True)
        streams.append(buffer.getvalue())
    stored = grey.astype(np.uint8 if stated == 8 else np.uint16)
    said = {"BitsStored": stated, "HighBit": stated - 1}
    found = read(packed(tmp_path / "a.dcm", stored, streams, JPEG2000Lossless, "MONOCHROME2", **said)).frames
    np.testing.assert_array_equal(found, grey)


@pytest.mark.parametrize("planes", [0, 1])
@pytest.mark.parametrize("tag", ["RGB", "YBR_FULL", "YBR_RCT"])
@pytest.mark.parametrize("form", ["plain", "big-endian", "rle"])
def test_uncompressed_and_run_length_colours_are_read(tmp_path, tag, planes, form):
    frames = painted()
    stored = luma_chroma(frames).astype(np.uint8) if tag == "YBR_FULL" else frames
    path = dicom_file(tmp_path / "a.dcm", stored, photometric=tag, extra={"PlanarConfiguration": planes})
    data = pydicom.dcmread(path)
    # Elements that nobody looked at would be written in the old order.
    list(data.iterall())
    data.PixelData = (stored.transpose(0, 3, 1, 2) if planes else stored).tobytes()
    data["PixelData"].VR = "OB"
    if form == "big-endian":
        data.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        pydicom.dcmwrite(path, data, little_endian=False, implicit_vr=False)
    else:
        if form == "rle":
            data.PhotometricInterpretation, data.PlanarConfiguration = "RGB", 0
            data.compress(RLELossless, stored)
            data.PhotometricInterpretation, data.PlanarConfiguration = tag, planes
        data.save_as(path)
    assert abs(read(path).frames.astype(int) - frames).max() <= 2


def thinned(frames: Pixels) -> bytes:
    """Two lumas, then the chroma of both."""
    stored = luma_chroma(frames).astype(np.uint8)
    pairs = [stored[..., 0::2, 0], stored[..., 1::2, 0], stored[..., 0::2, 1], stored[..., 0::2, 2]]
    return np.stack(pairs, axis=-1).tobytes()


def test_every_frame_of_thinned_out_colours_is_read(tmp_path):
    frames = np.repeat(painted(width=24), 2, axis=2)
    path = dicom_file(tmp_path / "a.dcm", frames, photometric="YBR_FULL_422")
    data = pydicom.dcmread(path)
    data.PixelData = thinned(frames)
    data.save_as(path)
    found = read(path)
    assert abs(found.frames.astype(int) - frames).max() <= 2
    data.PixelData = thinned(frames[:2])
    data.save_as(path)
    with pytest.raises(DecodeError, match=r"ends early.* 2 whole frames"):
        read(path)


def test_colours_tagged_as_thinned_out_that_are_not_are_refused(tmp_path):
    with pytest.raises(DecodeError, match=r"YBR_FULL_422 but not thinned out.*export it as RGB"):
        read(dicom_file(tmp_path / "a.dcm", painted(), photometric="YBR_FULL_422"))


@pytest.mark.parametrize("tag", ["YBR_PARTIAL_420", "YBR_PARTIAL_422"])
def test_colours_of_videos_outside_of_a_video_are_refused(tmp_path, tag):
    with pytest.raises(DataError, match=f"as only videos have them; found {tag}"):
        read(dicom_file(tmp_path / "a.dcm", painted(), photometric=tag))


@pytest.mark.parametrize(("photometric", "frames"), [("RGB", painted()[..., 0]), ("MONOCHROME2", painted())])
def test_samples_that_do_not_fit_the_colours_are_refused(tmp_path, photometric, frames):
    with pytest.raises(DecodeError, match=f"another number of samples than {photometric}"):
        read(dicom_file(tmp_path / "a.dcm", frames, photometric=photometric))


def test_deep_colours_are_shown_by_their_range(tmp_path):
    frames = painted()
    deep = frames.astype(np.uint16) * 257
    np.testing.assert_array_equal(read(dicom_file(tmp_path / "a.dcm", deep, photometric="RGB")).frames, frames)
    ten = np.rint(frames / 255 * 1023).astype(np.uint16)
    extra = {"BitsStored": 10, "HighBit": 9}
    found = read(dicom_file(tmp_path / "b.dcm", ten, photometric="RGB", extra=extra)).frames
    assert abs(found.astype(int) - frames).max() <= 1


@pytest.mark.parametrize("announced", [1, 2, 4])
@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, RLELossless])
def test_other_pictures_than_announced_are_refused(tmp_path, announced, syntax):
    frames = painted()
    path = dicom_file(tmp_path / "a.dcm", frames, photometric="RGB")
    data = pydicom.dcmread(path)
    if syntax == RLELossless:
        data.compress(RLELossless)
        data.NumberOfFrames = announced
        data.save_as(path)
    else:
        streams = [jpeg(frame) for frame in frames]
        packed(path, frames, streams, syntax, "RGB", NumberOfFrames=announced)
    with pytest.raises(DecodeError, match=rf"expected {announced} frames?; found 3"):
        read(path)
    # Without a table of offsets all pieces of one picture belong to it, and a decoder sees the first alone.
    data = pydicom.dcmread(path)
    pieces = list(generate_frames(data.PixelData, number_of_frames=3))
    data.PixelData = encapsulate(pieces, has_bot=False)
    data.save_as(path)
    with pytest.raises(DecodeError, match=rf"expected {announced} frames?; found 3"):
        read(path)


def test_pictures_in_several_pieces_and_without_a_table_of_offsets_are_read(tmp_path):
    frames = painted()
    streams = [jpeg(frame, subsampling=0) for frame in frames]
    path = packed(tmp_path / "a.dcm", frames, streams, JPEGBaseline8Bit, "YBR_FULL_422")
    whole = read(path).frames
    data = pydicom.dcmread(path)
    for fragments, table in ((1, False), (3, False), (3, True)):
        data.PixelData = encapsulate(
            [stream + bytes(len(stream) % 2) for stream in streams], fragments_per_frame=fragments, has_bot=table
        )
        data.save_as(path)
        np.testing.assert_array_equal(read(path).frames, whole)


def test_a_jpeg_of_another_size_than_the_header_says_is_refused(tmp_path):
    frames = painted()
    streams = [jpeg(frame[:16]) for frame in frames]
    with pytest.raises(DecodeError, match=r"DICOM file that can be read|size"):
        read(packed(tmp_path / "a.dcm", frames, streams, JPEGBaseline8Bit, "YBR_FULL_422"))
