"""What is DICOM, in which forms it comes, and how those are named that are not read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

import pydicom
from dicom_files import SECRETS, dicom_file
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from lusdata.errors import DataError, DecodeError, LusdataError
from lusdata.media.diagnose import identify
from lusdata.media.dicom import reading
from lusdata.media.dicom.identity import identity_of
from lusdata.media.dicom.mark import starts_like_dicom
from lusdata.media.dicom.recording import is_dicom, read


def ramps(count: int = 3, *, dtype: type = np.uint8) -> np.ndarray:
    values = np.linspace(0, np.iinfo(dtype).max, 48 * 64).astype(dtype).reshape(48, 64)
    return np.stack([np.roll(values, index, axis=0) for index in range(count)])


def written(path: Path, frames: np.ndarray, syntax: str, *, header: bool = True, preamble: bool = True) -> Path:
    """Write a file in another order and without what comes before its data set."""
    dicom_file(path, frames)
    data = pydicom.dcmread(path)
    list(data.iterall())
    if syntax == ExplicitVRBigEndian:
        data.PixelData = frames.astype(frames.dtype.newbyteorder(">")).tobytes()
        data["PixelData"].VR = "OB" if frames.dtype == np.uint8 else "OW"
    data.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    kind = {"implicit_vr": syntax == ImplicitVRLittleEndian, "little_endian": syntax != ExplicitVRBigEndian}
    if header:
        pydicom.dcmwrite(buffer, data, **kind)
        path.write_bytes(buffer.getvalue()[0 if preamble else 132 :])
    else:
        bare = Dataset()
        bare.update({element.tag: element for element in data})
        pydicom.dcmwrite(buffer, bare, enforce_file_format=False, **kind)
        path.write_bytes(buffer.getvalue())
    return path


SYNTAXES = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "big-endian": ExplicitVRBigEndian}


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("before", ["all", "no-preamble", "nothing"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_file_is_told_and_read_with_and_without_what_comes_before_its_data_set(tmp_path, syntax, before, dtype):
    frames = ramps(dtype=dtype)
    path = written(
        tmp_path / "a.bin", frames, SYNTAXES[syntax], header=before != "nothing", preamble=before != "no-preamble"
    )
    assert (path.read_bytes()[128:132] == b"DICM") == (before == "all")
    assert is_dicom(path)
    assert identify(path.read_bytes()[:16_384]).name == "DICOM file"
    recording = read(path)
    np.testing.assert_allclose(recording.frames, frames / np.iinfo(dtype).max * 255, atol=0.51)
    assert recording.times_s is not None
    assert identity_of(path) == identity_of(dicom_file(tmp_path / "b.dcm", frames))


@pytest.mark.parametrize("name", ["ExplVR_LitEndNoMeta.dcm", "ExplVR_BigEndNoMeta.dcm", "no_meta_group_length.dcm"])
def test_bare_files_of_others_are_told(name):
    path = Path(get_testdata_file(name, download=False) or pytest.skip(f"this pydicom does not bring {name}"))
    assert is_dicom(path)
    with pytest.raises(DataError, match="without pictures"):
        read(path)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x08\x00\x05\x00",
        b"\x02\x00\x00\x00UL\x04\x00",
        bytes(16_384),
        b"\x08\x00" * 8192,
        b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" * 3,
        b"\x08\x00\x05\x00ZZ\x0a\x00ISO_IR 100" * 4,
        b"\x08\x00\x05\x00CS\xff\xffISO_IR 100",
        b"\x08\x00\x05\x00CS\x00\x00\x08\x00\x08\x00CS\x00\x00\x08\x00\x16\x00UI\x40\x001.2",
        b"\x00\x08the words DICM and CS and UI mean nothing here",
        np.random.default_rng(3).bytes(16_384),
    ],
    ids=range(11),
)
def test_other_bytes_are_not_taken_for_a_bare_data_set(head):
    assert not starts_like_dicom(head)


def test_no_random_bytes_are_taken_for_dicom():
    rng = np.random.default_rng(5)
    groups = (b"\x02\x00", b"\x08\x00", b"\x00\x08", b"\x10\x00")
    assert not any(starts_like_dicom(groups[index % 4] + rng.bytes(512)) for index in range(2000))


def test_a_deflated_file_is_read_within_a_limit(tmp_path, monkeypatch):
    frames = ramps()
    path = written(tmp_path / "a.dcm", frames, DeflatedExplicitVRLittleEndian)
    np.testing.assert_array_equal(read(path).frames, frames)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(DecodeError, match="deflated data set ends early"):
        read(path)
    path.write_bytes(whole[:600] + b"\xff" * 8 + whole[608:])
    with pytest.raises(DecodeError, match=r"deflated data set|DICOM file"):
        read(path)
    path.write_bytes(whole)
    monkeypatch.setattr(reading, "_INFLATED_BYTES", 2000)
    with pytest.raises(DecodeError, match=r"too large .*2,000 bytes when inflated"):
        read(path)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1.2.840.10008.1.2.4.110", r"JPEG XL Lossless \(1\.2\.840\.10008\.1\.2\.4\.110\)"),
        ("1.2.840.10008.1.2.4.111", r"JPEG XL JPEG Recompression \(1\.2\.840\.10008\.1\.2\.4\.111\)"),
        ("1.2.840.10008.1.2.4.112", r"JPEG XL \(1\.2\.840\.10008\.1\.2\.4\.112\)"),
        ("1.2.840.10008.1.2.4.201", r"High-Throughput JPEG 2000 .*\.201"),
        ("1.2.840.10008.1.2.4.203", r"High-Throughput JPEG 2000 .*\.203"),
        ("1.2.840.10008.1.2.4.204", r"JPIP HTJ2K Referenced \(1\.2\.840\.10008\.1\.2\.4\.204\)"),
        ("1.2.840.10008.1.2.4.94", r"JPIP Referenced \(1\.2\.840\.10008\.1\.2\.4\.94\)"),
        ("1.2.840.10008.1.2.4.55", r"JPEG .*\(1\.2\.840\.10008\.1\.2\.4\.55\)"),
        ("1.2.840.10008.1.2.4.80", r"JPEG-LS .*\(1\.2\.840\.10008\.1\.2\.4\.80\)"),
        ("1.2.840.10008.1.2.4.999", r"found 1\.2\.840\.10008\.1\.2\.4\.999"),
        ("1.2.840.113619.5.2", r"private to GE, .*big-endian.* \(1\.2\.840\.113619\.5\.2\)"),
        ("1.2.826.0.1.3680043.9", r"one that is not in the standard"),
    ],
)
def test_a_transfer_syntax_that_is_not_read_is_named(tmp_path, number, name):
    path = dicom_file(tmp_path / "a.dcm", ramps())
    # As it stands in a file: pydicom would not write what it does not know.
    text = number.encode() + bytes(len(number) % 2)
    stated = b"UI" + len(text).to_bytes(2, "little") + text
    path.write_bytes(path.read_bytes().replace(b"UI\x14\x001.2.840.10008.1.2.1\0", stated))
    with pytest.raises(DataError, match=name) as caught:
        read(path)
    assert "export it uncompressed" in str(caught.value)
    assert "3680043" not in str(caught.value)


def test_a_compressed_file_that_does_not_say_how_is_refused(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", ramps())
    data = pydicom.dcmread(path)
    data.compress(pydicom.uid.RLELossless)
    data.save_as(path)
    whole = path.read_bytes()
    path.write_bytes(whole[whole.index(b"\x08\x00\x16\x00UI") :])
    assert is_dicom(path)
    with pytest.raises(DecodeError, match="does not say how its pictures are compressed"):
        read(path)


def test_what_holds_no_pictures_is_named_by_its_kind(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", ramps())
    data = pydicom.dcmread(path)
    del data.PixelData
    data.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    data.EncapsulatedDocument = b"%PDF-1.4 Erika MUSTERFRAU"
    data.save_as(path)
    with pytest.raises(DataError, match=r"found none \(Encapsulated PDF Storage\)") as caught:
        read(path)
    assert not [secret for secret in SECRETS if secret in str(caught.value)]


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_pixels_with_fractions_are_named(tmp_path, keyword):
    path = dicom_file(tmp_path / "a.dcm", ramps())
    data = pydicom.dcmread(path)
    del data.PixelData
    setattr(data, keyword, np.zeros((3, 48, 64), "f8" if "Double" in keyword else "f4").tobytes())
    data.save_as(path)
    with pytest.raises(DataError, match="numbers with fractions"):
        read(path)


ODD = {
    "no-frame-count": ({"NumberOfFrames": None}, 1),
    "frame-count-with-nul": (b"IS\x02\x003 ", b"IS\x02\x003\0", 3),
    "frame-count-padded": (b"IS\x02\x003 ", b"IS\x02\x00 3", 3),
    "character-sets": ({"SpecificCharacterSet": ["", "ISO 2022 IR 87"]}, 3),
    "character-set": (b"\x08\x00\x16\x00UI", b"\x08\x00\x05\x00CS\x0c\x00ISO_IR 99999\x08\x00\x16\x00UI", 3),
    "pixel-spacing": ({"PixelSpacing": [0.1, 0.1]}, 3),
    "no-bits-stored": ({"BitsStored": None, "HighBit": None, "PixelRepresentation": None}, 3),
    "rows-of-another-kind": (b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x10\x00SS\x02\x00", 3),
    "interpretation-padded-with-nul": (b"CS\x0c\x00MONOCHROME2 ", b"CS\x0c\x00MONOCHROME2\0", 3),
    "modality-small": (b"CS\x02\x00US", b"CS\x02\x00us", 3),
    "no-modality": ({"Modality": None}, 3),
    "no-names": ({"PatientID": None, "StudyInstanceUID": None}, 3),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_headers_are_read_as_they_mean(tmp_path, odd):
    count = ODD[odd][-1]
    frames = ramps(count)
    path = dicom_file(tmp_path / "a.dcm", frames)
    if isinstance(ODD[odd][0], bytes):
        before, after, _ = ODD[odd]
        whole = path.read_bytes()
        assert before in whole
        path.write_bytes(whole.replace(before, after))
    else:
        data = pydicom.dcmread(path)
        for keyword, value in ODD[odd][0].items():
            if value is None:
                delattr(data, keyword)
            else:
                setattr(data, keyword, value)
        data.save_as(path)
    np.testing.assert_array_equal(read(path).frames, frames)


def test_a_frame_of_an_odd_number_of_bytes_is_read(tmp_path):
    frames = ramps()[:, :3, :5]
    np.testing.assert_array_equal(read(dicom_file(tmp_path / "a.dcm", frames)).frames, frames)


def test_one_picture_of_several_without_a_count_is_refused(tmp_path):
    path = dicom_file(tmp_path / "a.dcm", ramps())
    data = pydicom.dcmread(path)
    del data.NumberOfFrames
    data.save_as(path)
    with pytest.raises(DecodeError, match="expected 1 frame; found 3"):
        read(path)


def seeds(folder: Path) -> list[bytes]:
    """Small files of several kinds, of which each byte matters."""
    small = ramps()[:, :12, :12]
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [256, 0, 8])
    table.add_new("LUTData", "OW", bytes(range(256)))
    window, group = Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = "60", "64"
    group.FrameVOILUTSequence = pydicom.Sequence([window])
    grey = {
        "VOILUTSequence": pydicom.Sequence([table]),
        "RescaleSlope": "1",
        "RescaleIntercept": "0",
        "FrameTimeVector": ["0", "40", "40"],
        "PerFrameFunctionalGroupsSequence": pydicom.Sequence([group] * 3),
    }
    palette = {
        name: value
        for colour in ("Red", "Green", "Blue")
        for name, value in (
            (f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 8]),
            (f"Segmented{colour}PaletteColorLookupTableData", bytes([0, 1, 0, 1, 255, 200, 0, 0])),
        )
    }
    path = folder / "seed.dcm"
    found = [
        dicom_file(path, small, region=(1, 1, 9, 9), extra=grey).read_bytes(),
        dicom_file(path, small, photometric="PALETTE COLOR", extra=palette).read_bytes(),
        written(path, small, ImplicitVRLittleEndian, header=False).read_bytes(),
        written(path, small, DeflatedExplicitVRLittleEndian).read_bytes(),
    ]
    dicom_file(path, np.repeat(small[..., None], 3, axis=3), photometric="RGB")
    data = pydicom.dcmread(path)
    data.compress(pydicom.uid.RLELossless)
    data.save_as(path)
    return [*found, path.read_bytes()]


def line_of(path: Path) -> str:
    """Return what is said of a file, nothing of one that is read; anything but a fault of the data goes on."""
    try:
        read(path)
    except LusdataError as error:
        return str(error)
    return ""


def test_damage_of_any_kind_is_a_line_or_a_recording(tmp_path):
    rng, path = np.random.default_rng(8), tmp_path / "damaged.dcm"
    for seed in seeds(tmp_path):
        path.write_bytes(seed)
        read(path)
        for way in range(60):
            damaged = bytearray(seed)
            if way % 3 == 0:
                for place in rng.integers(0, len(seed), 4):
                    damaged[place] = int(rng.integers(256))
            elif way % 3 == 1:
                del damaged[int(rng.integers(1, len(seed))) :]
            else:
                place = int(rng.integers(len(seed)))
                damaged[place:place] = rng.bytes(int(rng.integers(1, 40)))
            path.write_bytes(damaged)
            line = line_of(path)
            assert line == "" or line.startswith(f"{path}: ")
            assert "\n" not in line
