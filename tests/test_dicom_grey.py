"""Grey by the standard's formulas, held against NumPy and pydicom, and never by what the pictures hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

from dicom_files import dicom_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from lusdata.errors import DecodeError
from lusdata.media.dicom.recording import DicomRecording, read


def ramp(dtype: type = np.uint8, *, most: int = 255, count: int = 2) -> np.ndarray:
    """Frames that hold every value from 0 to a largest one."""
    values = np.linspace(0, most, 64 * 48).astype(dtype).reshape(48, 64)
    return np.stack([values] * count)


def told(tmp_path: Path, stored: np.ndarray, photometric: str = "MONOCHROME2", **extra: object) -> DicomRecording:
    return read(dicom_file(tmp_path / "a.dcm", stored, photometric=photometric, extra=extra))


def table(
    outputs: np.ndarray, *, first: int = 0, bits: int = 8, kind: str = "OW", data: bytes | None = None
) -> Sequence:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(outputs) % 65536, first, bits])
    if kind == "US":
        item.add_new("LUTData", "US", [int(value) for value in outputs])
    else:
        item.add_new("LUTData", kind, data or np.asarray(outputs).astype("<u2").tobytes())
    return Sequence([item])


def by_window(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, with white at 255."""
    shown = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    shown = np.where(values <= center - 0.5 - (width - 1) / 2, 0, shown)
    return np.where(values > center - 0.5 + (width - 1) / 2, 255, shown)


@pytest.mark.parametrize("most", [40, 255])
@pytest.mark.parametrize(
    "header",
    [
        {},
        {"RescaleSlope": "1", "RescaleIntercept": "0"},
        {"RescaleSlope": "1", "RescaleIntercept": "-1024"},
        {"RescaleSlope": "", "RescaleIntercept": ""},
        {"RescaleSlope": "0", "RescaleIntercept": "7"},
        {"RescaleSlope": "2.5"},
        {"WindowCenter": "128", "WindowWidth": "256"},
        {"WindowCenter": "", "WindowWidth": ""},
        {"WindowCenter": "40", "WindowWidth": ""},
        {"WindowCenter": "0", "WindowWidth": "0"},
        {"WindowCenter": "0", "WindowWidth": "-7"},
        {"WindowCenter": "128", "WindowWidth": "0.5"},
        {"WindowCenter": "127.5", "WindowWidth": "255", "VOILUTFunction": "LINEAR_EXACT"},
        {"WindowCenter": "-896", "WindowWidth": "256", "RescaleSlope": "1", "RescaleIntercept": "-1024"},
        {"PresentationLUTShape": "IDENTITY"},
    ],
    ids=lambda header: ",".join(f"{key}={value}" for key, value in header.items()) or "nothing",
)
def test_what_changes_nothing_leaves_dark_pictures_dark(tmp_path, header, most):
    stored = ramp(most=most)
    np.testing.assert_array_equal(told(tmp_path, stored, **header).frames, stored)


@pytest.mark.parametrize(("center", "width"), [(128, 256), (60, 80), (200, 31.5), (0, 100), (40, 1), (-300, 900)])
def test_a_window_follows_the_formula_of_the_standard_and_pydicom(tmp_path, center, width):
    from pydicom.pixels.processing import apply_windowing

    stored = ramp()
    shown = told(tmp_path, stored, WindowCenter=center, WindowWidth=width).frames
    if width > 1:
        np.testing.assert_allclose(shown, by_window(stored.astype(float), center, width), atol=0.51)
        header = Dataset()
        header.PhotometricInterpretation, header.BitsStored, header.PixelRepresentation = "MONOCHROME2", 8, 0
        header.WindowCenter, header.WindowWidth = center, width
        np.testing.assert_allclose(shown, apply_windowing(stored, header), atol=0.51)
    else:
        np.testing.assert_array_equal(shown, np.where(stored > center - 0.5, 255, 0))


def test_the_other_functions_of_a_window_follow_their_formulas(tmp_path):
    stored = ramp()
    values = stored.astype(float)
    extra = {"WindowCenter": 90, "WindowWidth": 60}
    exact = told(tmp_path, stored, **extra, VOILUTFunction="LINEAR_EXACT").frames
    np.testing.assert_allclose(exact, np.clip((values - 90) / 60 + 0.5, 0, 1) * 255, atol=0.51)
    sigmoid = told(tmp_path, stored, **extra, VOILUTFunction="SIGMOID").frames
    np.testing.assert_allclose(sigmoid, 255 / (1 + np.exp(-4 * (values - 90) / 60)), atol=0.51)
    unknown = told(tmp_path, stored, **extra, VOILUTFunction="MUSTERFRAU")
    np.testing.assert_allclose(unknown.frames, by_window(values, 90, 60), atol=0.51)
    assert any("unknown function" in note and "MUSTER" not in note for note in unknown.facts.notes)


def test_of_several_windows_the_first_is_taken_and_a_note_says_so(tmp_path):
    stored = ramp()
    found = told(tmp_path, stored, WindowCenter=["128", "40"], WindowWidth=["256", "10"])
    np.testing.assert_array_equal(found.frames, stored)
    assert "of 2 windows for grey the first was taken" in found.facts.notes


@pytest.mark.parametrize("bits", [1, 5, 7, 8, 10, 12, 16, -5, -8, -12, -16], ids=lambda bits: f"{bits} bits")
def test_without_a_window_the_range_of_the_stored_bits_is_shown(tmp_path, bits):
    signed, bits = bits < 0, abs(bits)
    lowest = -(1 << (bits - 1)) if signed else 0
    values = np.linspace(lowest, lowest + (1 << bits) // 2, 64 * 48).astype(int).reshape(1, 48, 64)
    wide = 16 if bits > 8 else 8
    stored = values.astype(f"{'i' if signed else 'u'}{wide // 8}")
    extra = {"BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": int(signed)}
    shown = told(tmp_path, stored, **extra).frames
    np.testing.assert_allclose(shown, (values - lowest) / ((1 << bits) - 1) * 255, atol=0.51)


def test_a_deep_recording_without_a_window_that_comes_out_dark_is_told(tmp_path):
    notes = told(tmp_path, ramp(np.uint16, most=4000)).facts.notes
    assert any("all 16 bits were shown, and the brightest pixel is 16 of 255" in note for note in notes)
    assert not told(tmp_path, ramp(np.uint16, most=4000), BitsStored=12, HighBit=11).facts.notes


def test_bits_at_the_upper_end_of_a_word_are_moved_down(tmp_path):
    stored = ramp(np.uint16, most=4095)
    shown = told(tmp_path, stored << 4 | 0xA, BitsStored=12, HighBit=15).frames
    np.testing.assert_array_equal(shown, told(tmp_path, stored, BitsStored=12, HighBit=11).frames)


def test_32_bits_are_shown_by_their_range(tmp_path):
    stored = (ramp(np.uint8).astype(np.uint32) << 24) | 99
    np.testing.assert_allclose(told(tmp_path, stored).frames, ramp(), atol=1)


def test_a_falling_rescale_inverts(tmp_path):
    stored = ramp()
    np.testing.assert_array_equal(
        told(tmp_path, stored, RescaleSlope="-1", RescaleIntercept="255").frames, 255 - stored
    )


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
    ],
)
def test_white_is_inverted_once(tmp_path, photometric, shape, inverted):
    stored = ramp()
    extra = {} if shape is None else {"PresentationLUTShape": shape}
    for window in ({}, {"WindowCenter": "128", "WindowWidth": "256"}):
        shown = told(tmp_path, stored, photometric, **extra, **window).frames
        np.testing.assert_array_equal(shown, 255 - stored if inverted else stored)


@pytest.mark.parametrize("kind", ["words", "bytes", "numbers"])
def test_a_table_of_interest_is_followed_however_it_is_written(tmp_path, kind):
    stored, outputs = ramp(), np.arange(255, -1, -1)
    data = outputs.astype(np.uint8).tobytes() if kind == "bytes" else None
    tables = table(outputs, kind="US" if kind == "numbers" else "OW", data=data)
    # A table goes before a window.
    shown = told(tmp_path, stored, VOILUTSequence=tables, WindowCenter="9", WindowWidth="9").frames
    np.testing.assert_array_equal(shown, 255 - stored)


def test_a_table_of_more_entries_than_its_outputs_can_count_is_followed(tmp_path):
    stored = ramp(np.uint16, most=4095)
    outputs = (np.arange(4096) // 16)[::-1]
    shown = told(tmp_path, stored, BitsStored=12, HighBit=11, VOILUTSequence=table(outputs)).frames
    np.testing.assert_array_equal(shown, outputs[stored])


def test_a_table_begins_where_its_descriptor_says_and_goes_on_at_its_ends(tmp_path):
    stored = ramp()
    outputs = np.linspace(0, 4095, 100).astype(int)
    shown = told(tmp_path, stored, VOILUTSequence=table(outputs, first=50, bits=12)).frames
    places = np.clip(stored.astype(int) - 50, 0, 99)
    np.testing.assert_allclose(shown, outputs[places] / 4095 * 255, atol=0.51)


def test_a_table_of_interest_after_a_rescale_may_begin_below_zero(tmp_path):
    stored = ramp()
    outputs = np.arange(256)[::-1]
    rescaled = {"RescaleSlope": "1", "RescaleIntercept": "-128"}
    shown = told(tmp_path, stored, VOILUTSequence=table(outputs, first=-128), **rescaled).frames
    np.testing.assert_array_equal(shown, 255 - stored)


def test_a_modality_table_comes_before_the_window(tmp_path):
    stored = ramp()
    outputs = (np.arange(256) ** 2) // 2
    extra = {"ModalityLUTSequence": table(outputs, bits=16), "WindowCenter": "16000", "WindowWidth": "20000"}
    shown = told(tmp_path, stored, **extra).frames
    np.testing.assert_allclose(shown, by_window(outputs[stored].astype(float), 16000, 20000), atol=0.51)
    alone = told(tmp_path, stored, ModalityLUTSequence=table(outputs, bits=16)).frames
    np.testing.assert_allclose(alone, outputs[stored] / 65535 * 255, atol=0.51)


def test_a_presentation_table_comes_last(tmp_path):
    stored = ramp()
    outputs = np.linspace(0, 255, 256).astype(int)[::-1]
    shown = told(tmp_path, stored, PresentationLUTSequence=table(outputs), WindowCenter="128", WindowWidth="256").frames
    np.testing.assert_array_equal(shown, 255 - stored)


def test_a_table_that_announces_16_bits_and_holds_eight_is_not_black(tmp_path):
    stored = ramp()
    shown = told(tmp_path, stored, VOILUTSequence=table(np.arange(256), bits=16)).frames
    np.testing.assert_array_equal(shown, stored)


@pytest.mark.parametrize(
    ("descriptor", "data", "message"),
    [
        ([256, 0, 8], bytes(100), "ends early"),
        ([256, 0], bytes(256), "not described"),
        ([256, 0, 40], bytes(256), "not described"),
    ],
    ids=["short", "two-numbers", "bits"],
)
def test_a_damaged_table_is_refused(tmp_path, descriptor, data, message):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "OW", data)
    with pytest.raises(DecodeError, match=message):
        told(tmp_path, ramp(), VOILUTSequence=Sequence([item]))


def test_each_frame_follows_its_own_group_and_the_shared_one(tmp_path):
    stored = ramp(count=3)

    def group(center: str) -> Dataset:
        window, holder = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, "64"
        holder.FrameVOILUTSequence = Sequence([window])
        return holder

    rescale, shared = Dataset(), Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = "2", "0"
    shared.PixelValueTransformationSequence = Sequence([rescale])
    centers = (60, 200, 400)
    extra = {
        "SharedFunctionalGroupsSequence": Sequence([shared]),
        "PerFrameFunctionalGroupsSequence": Sequence([group(str(center)) for center in centers]),
        "DimensionOrganizationType": "3D",
    }
    found = told(tmp_path, stored, **extra)
    for frame, center in enumerate(centers):
        expected = by_window(stored[frame] * 2.0, center, 64)
        np.testing.assert_allclose(found.frames[frame], expected, atol=0.51)
    assert any("volume" in note for note in found.facts.notes)
