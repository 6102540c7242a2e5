"""What lusdata reads of a DICOM header: an allow-list, so that whatever else stands there is never looked at.

The elements below say how to turn the stored numbers into pictures, how fast they were taken, where on the screen the
scan lies and how large it is, and two facts about the patient that a manifest may hold: sex, and age as a band. Names,
numbers, days, institutions, people, devices, descriptions, private elements and unique identifiers are not on the list.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lusdata.media.crop import Box

__all__ = ["ALLOWED", "Region", "Subject", "frame_times_s", "probe_of", "regions_of", "subject_of"]

ALLOWED = (
    # What the pictures are.
    "Modality",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "PixelData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    # When they were taken, from the first on.
    "FrameIncrementPointer",
    "FrameTime",
    "FrameTimeVector",
    "CineRate",
    "RecommendedDisplayFrameRate",
    # Where the scan lies and how large it is.
    "SequenceOfUltrasoundRegions",
    "TransducerType",
    # Whether the scanner itself says that it wrote names into the pictures.
    "BurnedInAnnotation",
    # Of whom, as far as a manifest may say it.
    "PatientSex",
    "PatientAge",
)
"""Keywords of the elements that are read; of a region only those that `regions_of` names."""

_CENTIMETRES = 3
_FORMATS = {1: "2d", 2: "m-mode", 3: "spectral", 4: "waveform", 5: "graphics"}
_PROBES = {
    "CURVED LINEAR": "convex",
    "LINEAR": "linear",
    "SECTOR_PHASED": "phased",
}
_SEXES = {"F": "female", "M": "male", "O": "other"}
_LONGEST_STEP_S = 60.0


@dataclass(frozen=True)
class Region:
    """A part of the screen, as the scanner described it.

    Attributes
    ----------
    box : Box
        In pixels of the frame, cut to it.
    form : str
        ``2d`` for a scan; ``m-mode``, ``spectral``, ``waveform``, ``graphics`` or ``unknown``.
    cm_per_px : tuple of two floats, or None
        Width and height of a pixel in centimetres, where the region is one of lengths.
    """

    box: Box
    form: str
    cm_per_px: tuple[float, float] | None = None

    @property
    def depth_cm(self) -> float | None:
        """How deep into the body the region reaches, from its upper edge to its lower one."""
        return None if self.cm_per_px is None else round(self.cm_per_px[1] * self.box.height_px, 3)


@dataclass(frozen=True)
class Subject:
    """What a manifest may say of the patient.

    Attributes
    ----------
    age_band : str or None
        Ten years, such as ``40-49``; ``90+`` from 90 on.
    sex : str or None
        A word of the schema.
    """

    age_band: str | None = None
    sex: str | None = None


def regions_of(header: Any, *, width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return the regions that a header describes, without those that lie outside the frame or are nothing.

    Parameters
    ----------
    header : pydicom.Dataset
        The header.
    width_px, height_px : int
        Size of a frame.
    """
    return tuple(_regions(header.get("SequenceOfUltrasoundRegions") or (), width_px, height_px))


def _regions(items: Any, width_px: int, height_px: int) -> Iterator[Region]:
    for item in items:
        edges = [_number(item.get(f"RegionLocation{edge}")) for edge in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if any(edge is None for edge in edges):
            continue
        left, top, right, bottom = (int(edge or 0) for edge in edges)
        # The corners are pixels of the region. Scanners also write the frame's width where its last column is meant.
        left, top = max(0, left), max(0, top)
        right, bottom = min(width_px, right + 1), min(height_px, bottom + 1)
        if right > left and bottom > top:
            form = _FORMATS.get(int(_number(item.get("RegionSpatialFormat")) or 0), "unknown")
            yield Region(Box(left, top, right - left, bottom - top), form, _scale(item))


def _scale(item: Any) -> tuple[float, float] | None:
    units = [_number(item.get(f"PhysicalUnits{axis}Direction")) for axis in "XY"]
    # The sign says which way the axis points.
    steps = [abs(_number(item.get(f"PhysicalDelta{axis}")) or 0.0) for axis in "XY"]
    if units != [_CENTIMETRES, _CENTIMETRES] or not all(steps):
        return None
    return steps[0], steps[1]


def frame_times_s(header: Any, count: int) -> tuple[float, ...] | None:
    """Return each frame's time in seconds from the first, or None where the header does not tell.

    Parameters
    ----------
    header : pydicom.Dataset
        The header. A vector of the times between frames goes before one time for all, which goes before a rate, unless
        the header itself points at another of them.
    count : int
        Number of frames.

    Examples
    --------
    >>> frame_times_s({"FrameTimeVector": [0, 40, 60], "FrameTime": 20}, 3)
    (0.0, 0.04, 0.1)
    >>> frame_times_s({"FrameTime": "20"}, 3), frame_times_s({"CineRate": 25}, 2), frame_times_s({}, 2)
    ((0.0, 0.02, 0.04), (0.0, 0.04), None)
    """
    if count == 1:
        return (0.0,)
    steps_s = _vector_s(header.get("FrameTimeVector"), count)
    if steps_s is not None and not _points_at_one_time(header.get("FrameIncrementPointer")):
        times_s, now_s = [0.0], 0.0
        for step_s in steps_s:
            now_s += step_s
            times_s.append(round(now_s, 9))
        return tuple(times_s)
    even_step_s = _usable_step_s(_number(header.get("FrameTime")), per=1000.0)
    if even_step_s is None:
        rates_hz = (_number(header.get(name)) for name in ("CineRate", "RecommendedDisplayFrameRate"))
        even_step_s = next((1.0 / rate_hz for rate_hz in rates_hz if rate_hz and rate_hz > 0), None)
    return None if even_step_s is None else tuple(round(index * even_step_s, 9) for index in range(count))


def _vector_s(vector: Any, count: int) -> list[float] | None:
    """Return the times between frames: the first of the vector belongs to the first frame and is 0."""
    if vector is None or isinstance(vector, (str, bytes, int, float)):
        return None
    numbers = [_number(value) for value in vector]
    # Some writers leave the first frame's zero out.
    gaps = numbers[1:] if len(numbers) == count else numbers
    steps = [_usable_step_s(gap, per=1000.0) for gap in gaps]
    whole = [step for step in steps if step is not None]
    return whole if len(whole) == len(steps) == count - 1 else None


def _usable_step_s(step: float | None, *, per: float) -> float | None:
    return step / per if step is not None and 0 < step / per <= _LONGEST_STEP_S else None


def _points_at_one_time(pointer: Any) -> bool:
    return pointer is not None and not isinstance(pointer, (list, tuple)) and int(pointer) == 0x00181063


def probe_of(header: Any) -> str | None:
    """Return the transducer as a word of the schema, if the header names one that the schema knows.

    Examples
    --------
    >>> probe_of({"TransducerType": "CURVED LINEAR"}), probe_of({})
    ('convex', None)
    """
    return _PROBES.get(str(header.get("TransducerType") or "").strip().upper())


def subject_of(header: Any) -> Subject:
    """Return what a manifest may say of the patient.

    Examples
    --------
    >>> subject_of({"PatientAge": "045Y", "PatientSex": "F"})
    Subject(age_band='40-49', sex='female')
    >>> subject_of({"PatientAge": "093Y"}).age_band, subject_of({"PatientAge": "007M"}).age_band
    ('90+', '0-9')
    """
    match = re.fullmatch(r"(\d{1,3})([DWMY])", str(header.get("PatientAge") or "").strip().upper())
    band = None
    if match:
        years = int(match[1]) // {"D": 365, "W": 52, "M": 12, "Y": 1}[match[2]]
        decade = years // 10 * 10
        band = "90+" if years >= 90 else f"{decade}-{decade + 9}"
    return Subject(band, _SEXES.get(str(header.get("PatientSex") or "").strip().upper()))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
