"""Palettes of DICOM files in every way they are written, held against tables that NumPy applies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

import pydicom
from dicom_files import dicom_file
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from lusdata.errors import DecodeError
from lusdata.media.dicom.recording import read
from lusdata.media.dicom.tables import colour_table

COLOURS = ("Red", "Green", "Blue")


def indices(dtype: str = "u1", *, low: int = 0, high: int = 255) -> np.ndarray:
    """Three frames that hold every index, each frame in another order."""
    values = np.linspace(low, high, 48 * 64).astype(dtype).reshape(48, 64)
    return np.stack([values, values[::-1], values[:, ::-1]])


def tables(count: int = 256) -> np.ndarray:
    """Three curves of eight bits, shape (count, 3)."""
    part = np.linspace(0, 1, count)
    return np.rint(np.stack([255 * part, 127 * part**2, 255 - 200 * part], axis=-1)).astype(np.uint8)


def palette(entries: list[bytes], descriptor: list[int], *, segmented: bool = False) -> dict[str, object]:
    word = "Segmented" if segmented else ""
    return {
        name: value
        for colour, data in zip(COLOURS, entries, strict=True)
        for name, value in (
            (f"{colour}PaletteColorLookupTableDescriptor", descriptor),
            (f"{word}{colour}PaletteColorLookupTableData", data),
        )
    }


def columns(entries: np.ndarray, dtype: str) -> list[bytes]:
    return [entries[:, index].astype(dtype).tobytes() for index in range(3)]


def shown(path: Path, frames: np.ndarray, extra: dict[str, object], **options: object) -> np.ndarray:
    return read(dicom_file(path, frames, photometric="PALETTE COLOR", extra=extra, **options)).frames


WRITTEN = {
    "16-bits": (lambda entries: columns(entries * np.uint16(257), "<u2"), 16),
    "16-bits-upper-byte": (lambda entries: columns(entries.astype(int) << 8, "<u2"), 16),
    "16-bits-lower-byte": (lambda entries: columns(entries, "<u2"), 16),
    "8-bits-in-words": (lambda entries: columns(entries, "<u2"), 8),
    "8-bits-in-bytes": (lambda entries: columns(entries, "u1"), 8),
    "8-bits-in-upper-bytes": (lambda entries: columns(entries.astype(int) << 8, "<u2"), 8),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("order", ["little", "implicit", "big"])
def test_a_loop_has_the_colours_of_its_palette_however_that_is_written(tmp_path, written, order):
    frames, entries = indices(), tables()
    make, bits = WRITTEN[written]
    path = tmp_path / "a.dcm"
    extra = palette(make(entries), [256, 0, bits])
    dicom_file(path, frames, photometric="PALETTE COLOR", extra=extra)
    if order != "little":
        data = pydicom.dcmread(path)
        list(data.iterall())
        if order == "big":
            data.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
            for colour in COLOURS:
                name = f"{colour}PaletteColorLookupTableData"
                data[name].value = np.frombuffer(data[name].value, "<u2").astype(">u2").tobytes()
                assert data[name].VR == "OW"
            pydicom.dcmwrite(path, data, little_endian=False, implicit_vr=False)
        else:
            data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            pydicom.dcmwrite(path, data, little_endian=True, implicit_vr=True)
    np.testing.assert_array_equal(read(path).frames, entries[frames])


def test_a_palette_begins_where_it_says_and_goes_on_at_its_ends(tmp_path):
    frames, entries = indices(), tables(100)
    extra = palette(columns(entries, "u1"), [100, 50, 8])
    np.testing.assert_array_equal(
        shown(tmp_path / "a.dcm", frames, extra), entries[np.clip(frames.astype(int) - 50, 0, 99)]
    )


@pytest.mark.parametrize("first", [-128, 65408], ids=["signed", "written-as-unsigned"])
def test_a_palette_of_signed_indices_may_begin_below_zero(tmp_path, first):
    frames, entries = indices("i1", low=-128, high=127), tables()
    extra = {**palette(columns(entries, "u1"), [256, first, 8]), "PixelRepresentation": 1}
    if first > 0:
        path = dicom_file(tmp_path / "a.dcm", frames, photometric="PALETTE COLOR", extra={"PixelRepresentation": 1})
        data = pydicom.dcmread(path)
        for index, tag in enumerate((0x00281101, 0x00281102, 0x00281103)):
            data.add_new(tag, "US", [256, first, 8])
            data.add_new(tag + 0x100, "OW", columns(entries, "u1")[index])
        data.save_as(path)
        found = read(path).frames
    else:
        found = shown(tmp_path / "a.dcm", frames, extra)
    np.testing.assert_array_equal(found, entries[frames.astype(int) + 128])


def test_a_length_of_zero_means_all_of_65536(tmp_path):
    frames, entries = indices("u2", high=65535), tables(65536)
    extra = palette(columns(entries, "u1"), [0, 0, 8])
    np.testing.assert_array_equal(shown(tmp_path / "a.dcm", frames, extra), entries[frames])


@pytest.mark.parametrize("bits", [8, 16])
def test_segments_of_a_palette_are_expanded(tmp_path, bits):
    size = f"<u{bits // 8}"
    top = (1 << bits) - 1
    # Two values, a line, and the line once more: its place is counted in bytes.
    place = 4 * bits // 8
    offset = [place, 0, 0, 0] if bits == 8 else [place, 0]
    words = [0, 2, 0, top, 1, 126, 0, 2, 1, *offset, 0, 2, 0, 0]
    data = np.array(words, dtype=size).tobytes()
    falling = np.rint(np.linspace(top, 0, 127))[1:]
    expected = np.concatenate([[0, top], falling, np.zeros(126), [0, 0]])
    extra = palette([data + bytes(len(data) % 2)] * 3, [256, 0, bits], segmented=True)
    frames = indices()
    found = shown(tmp_path / "a.dcm", frames, extra)
    np.testing.assert_array_equal(found, (expected.astype(int) >> (bits - 8))[frames])


@pytest.mark.parametrize(
    "words",
    [[1, 9, 200], [2, 1, 0, 0, 0, 0], [0, 2, 0, 9, 2, 1, 4, 0, 0, 0], [7, 1, 0], [0, 9, 1], [0, 2, 1, 2]],
    ids=["line-first", "again-first", "again-itself", "unknown", "cut", "short"],
)
def test_segments_that_are_none_are_refused(words):
    from pydicom.dataset import Dataset

    header = Dataset()
    data = bytes(words) + bytes(len(words) % 2)
    for name, value in palette([data] * 3, [256, 0, 8], segmented=True).items():
        setattr(header, name, value)
    with pytest.raises(DecodeError, match="lookup table"):
        colour_table(header, big_endian=False, signed=False)


def test_segments_that_repeat_without_end_are_refused_at_once():
    from pydicom.dataset import Dataset

    header = Dataset()
    # Empty segments, and many that say: those once more, 65535 times.
    data = np.array([0, 0] * 40_000 + [2, 65535, 0, 0] * 10_000, dtype="<u2").tobytes()
    for name, value in palette([data] * 3, [0, 0, 16], segmented=True).items():
        setattr(header, name, value)
    with pytest.raises(DecodeError, match="too many segments"):
        colour_table(header, big_endian=False, signed=False)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({}, "not described"),
        (palette([bytes(100)] * 3, [256, 0, 8]), "ends early"),
        (palette([bytes(256)] * 3, [256, 0, 32]), "not described"),
        ({**palette([bytes(256)] * 3, [256, 0, 8]), "RedPaletteColorLookupTableDescriptor": [256, 9, 8]}, "belong"),
        ({**palette([bytes(256)] * 3, [256, 0, 8]), "BluePaletteColorLookupTableData": b""}, "missing"),
    ],
    ids=["none", "short", "bits", "other-first", "two"],
)
def test_a_palette_that_cannot_be_followed_is_refused(tmp_path, extra, message):
    with pytest.raises(DecodeError, match=message):
        shown(tmp_path / "a.dcm", indices(), extra)


def test_the_sample_of_a_scanner_is_read_as_pydicom_reads_it():
    from pydicom.data import get_testdata_file
    from pydicom.pixels import apply_color_lut

    path = get_testdata_file("examples_palette.dcm", download=False)
    if path is None:
        pytest.skip("this pydicom does not bring it")
    data = pydicom.dcmread(path)
    judged = apply_color_lut(data.pixel_array, data)
    np.testing.assert_array_equal(read(Path(path)).frames[0], (judged >> 8).astype(np.uint8))
