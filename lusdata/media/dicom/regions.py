"""The parts of the screen that a scanner describes (PS3.3 C.8.5.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lusdata.media.crop import Box
from lusdata.media.dicom.values import first_number, items_of

__all__ = ["Region", "StatedRegions", "stated_regions"]

_CENTIMETRES = 3
_FORMATS = {1: "2d", 2: "m-mode", 3: "spectral", 4: "waveform", 5: "graphics"}
_EDGES = ("MinX0", "MinY0", "MaxX1", "MaxY1")
_IN_PROPORTION_WITHIN = 0.02


@dataclass(frozen=True)
class Region:
    """A part of the screen, as the scanner described it.

    Attributes
    ----------
    box : Box
        In pixels of the frame.
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
class StatedRegions:
    """What a header says of the regions.

    Attributes
    ----------
    regions : tuple of Region
        Those that can be used.
    notes : tuple of str
        What of the header was not followed, or should be looked at, a clause each.
    """

    regions: tuple[Region, ...]
    notes: tuple[str, ...] = ()


def stated_regions(header: Any, *, width_px: int, height_px: int) -> StatedRegions:
    """Return the regions that a header describes.

    Parameters
    ----------
    header : pydicom.Dataset
        The header.
    width_px, height_px : int
        Size of a frame.

    Returns
    -------
    StatedRegions
        None of them if one reaches beyond the frame: then all were drawn on a picture of another size, and neither
        their places nor their centimetres a pixel are this one's.
    """
    described = list(_described(items_of(header, "SequenceOfUltrasoundRegions")))
    beyond = [box for box, _ in described if _is_beyond(box, width_px, height_px)]
    if beyond:
        box = beyond[0]
        right_px, bottom_px = box.left_px + box.width_px, box.top_px + box.height_px
        return StatedRegions(
            (),
            (
                f"a region that the scanner describes reaches to column {right_px} and row {bottom_px}, beyond a "
                f"picture of {width_px} x {height_px} px: its regions and their scale belong to another picture and "
                "were not used",
            ),
        )
    regions = tuple(
        Region(
            Box(
                box.left_px,
                box.top_px,
                min(box.width_px, width_px - box.left_px),
                min(box.height_px, height_px - box.top_px),
            ),
            _FORMATS.get(int(first_number(item, "RegionSpatialFormat") or 0), "unknown"),
            _scale(item),
        )
        for box, item in described
    )
    return StatedRegions(regions, (*_notes(regions), *_shape_notes(header)))


def _described(items: Any) -> Iterator[tuple[Box, Any]]:
    for item in items:
        edges = [first_number(item, f"RegionLocation{edge}") for edge in _EDGES]
        left, top, right, bottom = (int(edge or 0) for edge in edges)
        # The corners are pixels of the region.
        if None not in edges and 0 <= left <= right and 0 <= top <= bottom:
            yield Box(left, top, right - left + 1, bottom - top + 1), item


def _is_beyond(box: Box, width_px: int, height_px: int) -> bool:
    # Scanners also write the frame's width where its last column is meant.
    ends = box.left_px + box.width_px > width_px + 1 or box.top_px + box.height_px > height_px + 1
    return ends or box.left_px >= width_px or box.top_px >= height_px


def _scale(item: Any) -> tuple[float, float] | None:
    units = [first_number(item, f"PhysicalUnits{axis}Direction") for axis in "XY"]
    # The sign says which way the axis points.
    steps = [abs(first_number(item, f"PhysicalDelta{axis}") or 0.0) for axis in "XY"]
    if units != [_CENTIMETRES, _CENTIMETRES] or not all(steps):
        return None
    return steps[0], steps[1]


def _notes(regions: tuple[Region, ...]) -> Iterator[str]:
    scans = [region for region in regions if region.form == "2d"]
    if len(scans) > 1:
        yield f"the scanner describes {len(scans)} scans on the screen, of which the largest was taken"
    for region in scans:
        if region.cm_per_px is not None:
            wide_cm, high_cm = region.cm_per_px
            if abs(wide_cm / high_cm - 1) > _IN_PROPORTION_WITHIN:
                yield f"a pixel is {wide_cm:g} cm wide and {high_cm:g} cm high, so the picture is out of proportion"


def _shape_notes(header: Any) -> Iterator[str]:
    """Tell of pixels that are no squares; the first number is their height."""
    high = first_number(header, "PixelAspectRatio")
    stated = header.get("PixelAspectRatio")
    wide = first_number({"wide": stated[1:]}, "wide") if isinstance(stated, Sequence) and len(stated) > 1 else None
    if high and wide and abs(wide / high - 1) > _IN_PROPORTION_WITHIN:
        yield f"a pixel is {wide:g} wide and {high:g} high, so the picture is out of proportion"
