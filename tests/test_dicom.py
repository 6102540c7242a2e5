"""DICOM in: pictures, times and regions come, and nothing that names anyone."""

from __future__ import annotations

import contextlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

from dicom_files import SECRETS, dicom_file
from pydicom.data import get_testdata_file

from lusdata.errors import DataError, DecodeError, MissingExtraError
from lusdata.media.dicom.header import ALLOWED, subject_of
from lusdata.media.dicom.identity import identity_of
from lusdata.media.dicom.recording import DicomRecording, is_dicom, read


def sample(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip(f"this pydicom does not bring {name}")
    return Path(found)


def steps(count: int = 5, *, height: int = 48, width: int = 64) -> np.ndarray:
    """Frames whose grey level tells their place."""
    return np.stack([np.full((height, width), 20 + 200 * index // (count - 1), np.uint8) for index in range(count)])


def test_a_scanners_clip_comes_with_its_times_and_without_the_regions_of_the_larger_picture_it_was_made_from():
    recording = read(sample("examples_ybr_color.dcm"))
    assert recording.frames.shape == (30, 240, 320, 3)
    assert recording.times_s is not None
    np.testing.assert_allclose(np.diff(recording.times_s), 0.033333, atol=1e-6)
    assert recording.facts.photometric == "YBR_FULL_422"
    assert recording.scan is None
    assert "reaches to column 596 and row 415, beyond a picture of 320 x 240 px" in " ".join(recording.facts.notes)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("examples_palette.dcm", (1, 350, 800, 3)),
        ("examples_rgb_color.dcm", (1, 240, 320, 3)),
        ("examples_jpeg2k.dcm", (1, 480, 640, 3)),
        ("SC_rgb_rle_2frame.dcm", (2, 100, 100, 3)),
        ("SC_rgb_rle_16bit.dcm", (1, 100, 100, 3)),
        ("SC_ybr_full_422_uncompressed.dcm", (1, 100, 100, 3)),
        ("ExplVR_BigEnd.dcm", (1, 60, 80, 3)),
    ],
)
def test_every_way_of_storing_colours_is_read(name, shape):
    assert read(sample(name)).frames.shape == shape


def test_one_picture_has_the_same_colours_however_it_is_stored():
    plain = read(sample("SC_rgb_rle_2frame.dcm")).frames[0].astype(int)
    deep = read(sample("SC_rgb_rle_16bit.dcm")).frames[0].astype(int)
    ybr = read(sample("SC_ybr_full_422_uncompressed.dcm")).frames[0].astype(int)
    assert abs(plain - deep).max() <= 1
    # The sample's colours were halved sideways, so only the bars' insides agree.
    assert np.median(abs(plain - ybr)) <= 2


def test_monochrome_1_is_turned_round(tmp_path):
    frames = steps()
    white_is_zero = read(dicom_file(tmp_path / "a.dcm", 255 - frames, photometric="MONOCHROME1"))
    np.testing.assert_array_equal(white_is_zero.frames, frames)


def test_deep_grey_is_the_same_in_either_order_of_bytes_and_packed(tmp_path):
    import pydicom
    from pydicom.uid import ExplicitVRBigEndian, RLELossless

    deep = steps().astype(np.uint16) * 16
    plain = read(dicom_file(tmp_path / "a.dcm", deep)).frames
    turned = pydicom.dcmread(tmp_path / "a.dcm")
    # Elements that nobody looked at would be written in the old order.
    list(turned.iterall())
    turned.PixelData = deep.astype(">u2").tobytes()
    turned.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    pydicom.dcmwrite(tmp_path / "b.dcm", turned, little_endian=False, implicit_vr=False)
    np.testing.assert_array_equal(read(tmp_path / "b.dcm").frames, plain)
    packed = pydicom.dcmread(tmp_path / "a.dcm")
    packed.compress(RLELossless)
    packed.save_as(tmp_path / "c.dcm")
    np.testing.assert_array_equal(read(tmp_path / "c.dcm").frames, plain)


def test_an_overlay_in_the_spare_bits_of_the_pixels_is_not_seen(tmp_path):
    deep = steps().astype(np.uint16) * 16
    said = {"BitsStored": 12, "HighBit": 11}
    plain = read(dicom_file(tmp_path / "a.dcm", deep, extra=said)).frames
    drawn = deep.copy()
    drawn[:, 2:5, 2:5] |= 1 << 12
    np.testing.assert_array_equal(read(dicom_file(tmp_path / "b.dcm", drawn, extra=said)).frames, plain)


def test_colour_that_is_grey_everywhere_becomes_grey(tmp_path):
    frames = steps()
    recording = read(dicom_file(tmp_path / "a.dcm", np.repeat(frames[..., None], 3, axis=3), photometric="RGB"))
    np.testing.assert_array_equal(recording.frames, frames)


def test_a_video_stream_inside_is_decoded(tmp_path):
    import pydicom
    from pydicom.encaps import encapsulate

    from lusdata.media.phantom.media import write_video

    write_video(tmp_path / "clip.mp4", steps(8), rate_hz=20)
    path = dicom_file(tmp_path / "a.dcm", steps(8))
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    data.PixelData = encapsulate([(tmp_path / "clip.mp4").read_bytes()])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.save_as(path, enforce_file_format=True)
    recording = read(path)
    assert recording.frames.shape == (8, 48, 64)
    np.testing.assert_allclose(recording.times_s, np.arange(8) / 20, atol=1e-6)
    np.testing.assert_allclose(recording.frames[:, 24, 32].astype(int), steps(8)[:, 0, 0].astype(int), atol=4)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("045Y", "40-49"),
        ("089Y", "80-89"),
        ("090Y", "90+"),
        ("104Y", "90+"),
        ("012Y", "10-19"),
        ("004Y", "preschool"),
        ("002Y", "toddler"),
        ("018M", "toddler"),
        ("006M", "infant"),
        ("030W", "infant"),
        ("010D", "neonate"),
        ("003W", "neonate"),
        ("", None),
        ("old", None),
        ("45", None),
    ],
)
def test_an_age_becomes_a_band_that_names_nobody(age, band):
    assert subject_of({"PatientAge": age}).age_band == band


def test_nothing_that_names_anyone_is_read(tmp_path):
    recording = read(dicom_file(tmp_path / "a.dcm", steps(), region=(4, 4, 40, 30)))
    said = repr(recording) + repr(recording.facts) + repr(recording.regions)
    assert not [secret for secret in SECRETS if secret in said]
    naming = ("Name", "ID", "UID", "Date", "Birth", "Institution", "Physician", "Operator", "Serial", "Address")
    assert not [keyword for keyword in ALLOWED if any(word in keyword for word in naming)]
    assert recording.facts.subject == subject_of({"PatientAge": "069Y", "PatientSex": "F"})


def test_whose_a_file_is_is_known_and_never_shown(tmp_path):
    first = identity_of(dicom_file(tmp_path / "a.dcm", steps()))
    second = identity_of(dicom_file(tmp_path / "b.dcm", steps(3), extra={"StudyInstanceUID": "1.2.3.4"}))
    other = identity_of(dicom_file(tmp_path / "c.dcm", steps(), extra={"IssuerOfPatientID": "Ward 9"}))
    nobody = identity_of(dicom_file(tmp_path / "d.dcm", steps(), extra={"PatientID": "", "StudyInstanceUID": ""}))
    assert first.patient == second.patient != other.patient
    assert first.number == other.number == "PID-4711"
    assert first.study != second.study
    assert (nobody.patient, nobody.study, nobody.number) == ("", "", "")
    assert not [secret for secret in SECRETS if secret in repr(first)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CT_small.dcm", "another modality"),
        ("reportsi.dcm", "without pictures"),
        ("no_meta.dcm", "not a DICOM file"),
        ("meta_missing_tsyntax.dcm", "how large"),
        ("dicomdirtests/DICOMDIR", "list of DICOM files"),
        ("test-SR.dcm", r"found none \(.* SR Storage"),
    ],
)
def test_what_is_no_ultrasound_is_refused_in_a_line(name, message):
    with pytest.raises(DataError, match=message) as caught:
        read(sample(name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"Rows": 20_000}, "too large"),
        ({"NumberOfFrames": 2_000_000}, "too large"),
        ({"NumberOfFrames": 0}, "announces no frame"),
        ({"NumberOfFrames": 50}, "ends early.*15,.*5 whole frames"),
        ({"NumberOfFrames": 3}, "expected 3 frames; found 5"),
        ({"PhotometricInterpretation": "HSV"}, "photometric"),
        ({"BitsAllocated": 7}, "pixels of a size"),
    ],
    ids=["rows", "many-frames", "no-frames", "too-many", "too-few", "photometric", "bits"],
)
def test_a_lying_header_is_refused(tmp_path, extra, message):
    path = dicom_file(tmp_path / "a.dcm", steps(), extra=extra)
    with pytest.raises(DataError, match=message):
        read(path)


def test_more_than_an_hour_is_refused(tmp_path):
    with pytest.raises(DecodeError, match=r"too large .*3,600 s"):
        read(dicom_file(tmp_path / "a.dcm", steps(100, height=8, width=8), frame_time_ms=59_000))


def test_a_file_cut_short_is_refused(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", steps())
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(DecodeError, match=r"ends early; .*15,360 bytes for 5 frames.* 3 whole frames"):
        read(path)


def test_random_damage_never_escapes_as_anything_but_a_data_fault(tmp_path):
    whole = bytearray(dicom_file(tmp_path / "a.dcm", steps(2, height=16, width=16), region=(1, 1, 9, 9)).read_bytes())
    rng = np.random.default_rng(4)
    path = tmp_path / "b.dcm"
    for _ in range(150):
        damaged = whole.copy()
        for place in rng.integers(132, len(whole), 4):
            damaged[place] = int(rng.integers(256))
        path.write_bytes(damaged)
        with contextlib.suppress(DataError):
            assert isinstance(read(path), DicomRecording)


def test_an_error_repeats_nothing_of_the_header(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", steps())
    # A name's length runs into all that follows.
    path.write_bytes(path.read_bytes().replace(b"PN\x10\x00MUSTERFRAU", b"PN\xff\xffMUSTERFRAU"))
    with pytest.raises(DataError) as caught:
        read(path)
    assert not [secret for secret in SECRETS if secret in str(caught.value)]


@pytest.mark.parametrize("keyword", ["Modality", "PhotometricInterpretation", "TransducerType"])
def test_a_name_in_a_field_that_is_read_is_not_repeated(tmp_path, keyword):
    path = dicom_file(tmp_path / "a.dcm", steps(), extra={keyword: "MUSTERFRAU"})
    told = ""
    try:
        told = repr(read(path).facts)
    except DataError as error:
        told = str(error)
    assert "MUSTERFRAU" not in told


def test_a_transfer_syntax_of_ones_own_is_refused_without_its_number(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", steps())
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.826.0.1.3680043\0"))
    with pytest.raises(DataError, match=r"transfer syntax .*not in the standard") as caught:
        read(path)
    assert "3680043" not in str(caught.value)


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch):
    path = dicom_file(tmp_path / "a.dcm", steps())
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"lusdata\[dicom\]"):
        read(path)


@pytest.mark.parametrize(
    "error", [ImportError("no such name"), AttributeError("gone"), TypeError("unexpected keyword")]
)
def test_a_pydicom_that_does_not_fit_is_not_charged_to_the_file(tmp_path, monkeypatch, error):
    def broken(*args, **options):
        raise error

    path = dicom_file(tmp_path / "a.dcm", steps())
    monkeypatch.setattr("pydicom.dcmread", broken)
    with pytest.raises(type(error)):
        read(path)


def test_a_missing_decoder_is_named_with_its_transfer_syntax():
    from pydicom.pixels import get_decoder

    path = sample("SC_rgb_jpeg_gdcm.dcm")
    if get_decoder("1.2.840.10008.1.2.4.70").is_available:
        pytest.skip("a decoder for lossless JPEG is installed here")
    with pytest.raises(DataError, match=r"no decoder .*JPEG Lossless.*pylibjpeg"):
        read(path)


def test_pictures_that_the_decoders_give_up_on_are_named_with_their_transfer_syntax(tmp_path):
    import pydicom

    if find_spec("libjpeg"):
        pytest.skip("a decoder for twelve bits in a JPEG is installed here")
    # Pillow does not read them.
    data = pydicom.dcmread(sample("JPGExtended.dcm"))
    data.Modality = "US"
    data.save_as(tmp_path / "a.dcm")
    with pytest.raises(DataError, match=r"no decoder .*JPEG Extended.*pylibjpeg"):
        read(tmp_path / "a.dcm")


def test_overlay_planes_beside_and_within_the_pixels_are_not_drawn(tmp_path):
    import pydicom

    grey = np.full((2, 16, 16), 100, dtype=np.uint16)
    grey[:, 0, 0], grey[:, 0, 1] = 0, 4095
    plain = read(dicom_file(tmp_path / "plain.dcm", grey, extra={"BitsStored": 12, "HighBit": 11})).frames
    inside = grey.copy()
    inside[:, 4:8] |= 0x8000
    path = dicom_file(tmp_path / "planes.dcm", inside, extra={"BitsStored": 12, "HighBit": 11})
    data = pydicom.dcmread(path)
    for group, bits, position in ((0x6000, 16, 15), (0x6002, 1, 0)):
        for element, representation, value in (
            (0x10, "US", 16),
            (0x11, "US", 16),
            (0x22, "LO", "Erika MUSTERFRAU"),
            (0x40, "CS", "G"),
            (0x50, "SS", [1, 1]),
            (0x100, "US", bits),
            (0x102, "US", position),
        ):
            data.add_new((group, element), representation, value)
    data.add_new((0x6002, 0x3000), "OW", b"\xff" * 32)
    data.save_as(path)
    np.testing.assert_array_equal(read(path).frames, plain)


def test_dicom_is_told_by_its_bytes(tmp_path):
    assert is_dicom(dicom_file(tmp_path / "a.mp4", steps()))
    (tmp_path / "b.dcm").write_bytes(b"no")
    assert not is_dicom(tmp_path / "b.dcm")
