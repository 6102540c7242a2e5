"""The regions that a scanner describes: right, or left out with a note, and never stretched on the way to a dataset."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra 'dicom' is not installed")

from dicom_files import dicom_file

from lusdata.catalog.manifest import Crop
from lusdata.intake.clean_copy import copy_of_dicom
from lusdata.media.crop import Box
from lusdata.media.dicom.regions import stated_regions
from lusdata.media.frames import read_frames

CENTIMETRES = {"PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}


def region(left: object, top: object, right: object, bottom: object, **more: object) -> dict[str, object]:
    edges = dict(zip(("MinX0", "MinY0", "MaxX1", "MaxY1"), (left, top, right, bottom), strict=True))
    scale = {**CENTIMETRES, "PhysicalDeltaX": 0.1, "PhysicalDeltaY": 0.1, "RegionSpatialFormat": 1}
    return {**{f"RegionLocation{name}": value for name, value in edges.items()}, **scale, **more}


def found_in(*items: dict[str, object], width_px: int = 100, height_px: int = 80):
    return stated_regions({"SequenceOfUltrasoundRegions": items}, width_px=width_px, height_px=height_px)


def test_a_region_is_a_box_with_a_scale_and_a_depth():
    (found,) = found_in(region(10, 20, 59, 69, PhysicalDeltaX=-0.1)).regions
    assert (found.box, found.form, found.cm_per_px) == (Box(10, 20, 50, 50), "2d", (0.1, 0.1))
    assert found.depth_cm == pytest.approx(5.0)


def test_the_width_in_the_place_of_the_last_column_is_understood():
    found = found_in(region(0, 0, 100, 80))
    assert found.regions[0].box == Box(0, 0, 100, 80)
    assert not found.notes


@pytest.mark.parametrize(
    "beyond",
    [region(0, 0, 199, 159), region(10, 20, 101, 70), region(10, 20, 90, 81), region(100, 10, 100, 20)],
    ids=["twice-as-large", "wide", "high", "beside"],
)
@pytest.mark.parametrize("place", [0, 1])
def test_one_region_beyond_the_picture_takes_all_of_them_with_it_and_a_note_says_so(beyond, place):
    # Those that happen to fit were drawn on the same larger picture.
    items = [region(5, 5, 49, 39)]
    items.insert(place, beyond)
    found = found_in(*items)
    assert found.regions == ()
    (note,) = found.notes
    assert "beyond a picture of 100 x 80 px" in note


def test_what_is_no_box_is_left_out():
    none = [region(50, 50, 40, 60), region(None, 0, 10, 10), region(-5, 0, 10, 10), region("a", 0, 1, 1), {}]
    found = found_in(*none, region(1, 2, 10, 20))
    assert [one.box for one in found.regions] == [Box(1, 2, 10, 19)]


@pytest.mark.parametrize(
    "units",
    [
        {"PhysicalUnitsXDirection": 4},
        {"PhysicalUnitsYDirection": 0},
        {"PhysicalUnitsXDirection": None},
        {"PhysicalDeltaY": 0},
        {"PhysicalDeltaX": None},
        {"PhysicalDeltaX": "nan"},
    ],
    ids=str,
)
def test_what_is_not_in_centimetres_has_no_scale(units):
    (found,) = found_in(region(0, 0, 50, 50, **units)).regions
    assert found.cm_per_px is None
    assert found.depth_cm is None


def test_a_reference_pixel_outside_of_the_region_changes_nothing():
    plain = found_in(region(10, 10, 59, 59))
    assert found_in(region(10, 10, 59, 59, ReferencePixelX0=-25, ReferencePixelY0=-300)) == plain


def test_several_scans_and_pixels_out_of_proportion_are_told():
    two = found_in(region(0, 0, 49, 79), region(50, 0, 99, 79), region(0, 70, 99, 79, RegionSpatialFormat=2))
    assert [one.form for one in two.regions] == ["2d", "2d", "m-mode"]
    assert any("2 scans on the screen" in note for note in two.notes)
    flat = found_in(region(0, 0, 99, 79, PhysicalDeltaX=0.05))
    assert any("0.05 cm wide and 0.1 cm high" in note for note in flat.notes)


@pytest.mark.parametrize(
    ("stated", "told"),
    [([2, 1], True), (["4", "3"], True), ([1, 1], False), ("1", False), ([], False), ("a\\b", False)],
)
def test_pixels_that_are_no_squares_are_told(stated, told):
    found = stated_regions({"PixelAspectRatio": stated}, width_px=100, height_px=80)
    assert any("out of proportion" in note for note in found.notes) == told


def test_a_region_of_a_larger_picture_gives_no_crop_and_no_scale(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (2, 120, 160)).astype(np.uint8)
    copy = copy_of_dicom(dicom_file(tmp_path / "a.dcm", frames, region=(40, 20, 240, 200)), tmp_path, black="none")
    assert (copy.crop, copy.depth_cm, copy.cm_per_px) == (None, None, None)
    assert any("beyond a picture of 160 x 120 px" in note for note in copy.notes)


@pytest.mark.parametrize("box", [(20, 10, 120, 60), (30, 5, 50, 110)], ids=["wide", "high"])
def test_a_circle_in_a_region_stays_a_circle_in_the_dataset(tmp_path, box):
    left, top, width, height = box
    frame = np.full((120, 160), 30, np.uint8)
    cv2.circle(frame, (left + width // 2, top + height // 2), 20, 220, -1)
    copy = copy_of_dicom(dicom_file(tmp_path / "a.dcm", np.stack([frame] * 4), region=box), tmp_path, black="none")
    assert copy.crop == Box(*box)
    image = read_frames(copy.path, crop=Crop(*copy.crop), size_px=224).images[0]
    rows, columns = np.nonzero(image > 125)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=2)
    assert np.ptp(rows) == pytest.approx(40 * 224 / max(width, height), abs=3)
