"""From stored numbers to grey by the standard: modality, values of interest, presentation (PS3.3 C.11.1, C.11.2).

What comes out depends on the header only, never on what the pictures hold, so that dark stays dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.media.dicom.tables import LookupTable, grey_table
from lusdata.media.dicom.values import first_number, first_value, items_of, whole_number

__all__ = ["Greys", "Window", "greys_of"]

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_MOST_BITS_IN_A_TABLE = 16


@dataclass(frozen=True)
class Window:
    """The values of interest, of which the lowest becomes black and the highest white.

    Attributes
    ----------
    center, width : float
        In modality values.
    function : str
        How grey rises between them: ``LINEAR``, ``LINEAR_EXACT`` or ``SIGMOID``.
    """

    center: float
    width: float
    function: str = "LINEAR"

    def part(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return grey as a part of white.

        Examples
        --------
        >>> Window(128, 256).part(np.array([0.0, 51.0, 255.0]))
        array([0. , 0.2, 1. ])
        >>> Window(50, 100, "LINEAR_EXACT").part(np.array([-5.0, 50.0, 200.0]))
        array([0. , 0.5, 1. ])
        >>> Window(50, 100, "SIGMOID").part(np.array([50.0]))
        array([0.5])
        """
        if self.function == "SIGMOID":
            # Beyond these parts of a window grey is black or white in any number of bits.
            return 1 / (1 + np.exp(np.clip(-4 * (values - self.center) / self.width, -500, 500)))
        if self.function == "LINEAR_EXACT":
            return np.clip((values - self.center) / self.width + 0.5, 0.0, 1.0)
        if self.width == 1:
            return (values > self.center - 0.5).astype(np.float64)
        return np.clip((values - (self.center - 0.5)) / (self.width - 1) + 0.5, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Greys:
    """How the numbers of a frame become grey.

    Attributes
    ----------
    low, high : int
        The range of stored numbers.
    slope, intercept : float
        From stored numbers to modality values, where there is no table for that.
    modality : LookupTable or None
        The same by a table.
    interest : LookupTable, Window or None
        From modality values to grey; None for all of them, the lowest black.
    presentation : LookupTable or None
        From that grey to what is shown.
    inverted : bool
        Whether the lowest is white.
    notes : tuple of str
        What of the header was not followed, a clause each.
    """

    low: int
    high: int
    slope: float = 1.0
    intercept: float = 0.0
    modality: LookupTable | None = None
    interest: LookupTable | Window | None = None
    presentation: LookupTable | None = None
    inverted: bool = False
    notes: tuple[str, ...] = ()

    def shown(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Return grey values, 0 to 255, for stored numbers of any shape."""
        if self.high - self.low < 1 << _MOST_BITS_IN_A_TABLE:
            levels = self._levels(np.arange(self.low, self.high + 1))
            places = stored.astype(np.int32) - self.low if self.low else stored
            return np.take(levels, places, mode="clip")
        return self._levels(stored)

    def _levels(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        part = self._of_interest(stored)
        if self.presentation is not None:
            part = self.presentation.part(part * (len(self.presentation.entries) - 1))
        return np.rint(255 * (1 - part if self.inverted else part)).astype(np.uint8)

    def _of_interest(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        if self.modality is not None:
            values: NDArray[np.float64] = self.modality.at(stored).astype(np.float64)
            lowest, highest = 0.0, float((1 << self.modality.bits) - 1)
        else:
            values = stored.astype(np.float64) * self.slope + self.intercept
            lowest, highest = sorted(number * self.slope + self.intercept for number in (self.low, self.high))
        if self.interest is not None:
            return self.interest.part(values)
        return np.clip((values - lowest) / (highest - lowest), 0.0, 1.0)


def greys_of(header: Any, *, big_endian: bool, frame: int = 0) -> Greys:
    """Read how the numbers of a frame become grey.

    Parameters
    ----------
    header : pydicom.Dataset
        The header. What its functional groups say of the frame goes before what it says of all frames.
    big_endian : bool
        Whether the file's numbers have their high byte first.
    frame : int
        Place of the frame, from 0.

    Raises
    ------
    DecodeError
        If a table is damaged.
    """
    bits = whole_number(header, "BitsStored", 8)
    signed = whole_number(header, "PixelRepresentation", 0) == 1
    low = -(1 << (bits - 1)) if signed else 0
    notes: list[str] = []
    values = _group(header, frame, "PixelValueTransformationSequence")
    modality = _table(header, "ModalityLUTSequence", big_endian=big_endian, signed=signed)
    slope, intercept = (1.0, 0.0) if modality else _rescale(values, notes)
    of_interest = _group(header, frame, "FrameVOILUTSequence")
    lowest = min(low * slope, (low + (1 << bits) - 1) * slope) + intercept
    below_zero = modality is None and lowest < 0
    interest = _table(of_interest, "VOILUTSequence", big_endian=big_endian, signed=below_zero, notes=notes)
    return Greys(
        low=low,
        high=low + (1 << bits) - 1,
        slope=slope,
        intercept=intercept,
        modality=modality,
        interest=interest or _window(of_interest, notes),
        presentation=_table(header, "PresentationLUTSequence", big_endian=big_endian, signed=False),
        inverted=_is_inverted(header, notes),
        notes=tuple(notes),
    )


def _group(header: Any, frame: int, keyword: str) -> Any:
    """Return what holds an element for a frame: its own group, the group of all frames, or the header itself."""
    own, shared = (items_of(header, f"{kind}FunctionalGroupsSequence") for kind in ("PerFrame", "Shared"))
    for group in (*own[frame : frame + 1], *shared[:1]):
        if items := items_of(group, keyword):
            return items[0]
    return header


def _table(
    holder: Any, keyword: str, *, big_endian: bool, signed: bool, notes: list[str] | None = None
) -> LookupTable | None:
    items = items_of(holder, keyword)
    if not items or "LUTData" not in items[0]:
        return None
    if len(items) > 1 and notes is not None:
        notes.append(f"of {len(items)} tables for grey the first was taken")
    return grey_table(items[0], big_endian=big_endian, signed=signed)


def _rescale(holder: Any, notes: list[str]) -> tuple[float, float]:
    slope, intercept = first_number(holder, "RescaleSlope"), first_number(holder, "RescaleIntercept")
    if slope == 0:
        notes.append("a rescale slope of 0, which would make all one grey, was not followed")
        return 1.0, 0.0
    return slope or 1.0, intercept or 0.0


def _window(holder: Any, notes: list[str]) -> Window | None:
    center, width = first_number(holder, "WindowCenter"), first_number(holder, "WindowWidth")
    if center is None or width is None:
        return None
    count = _count(holder, "WindowCenter")
    if count > 1:
        notes.append(f"of {count} windows for grey the first was taken")
    function = str(first_value(holder, "VOILUTFunction") or "LINEAR").strip().upper()
    if function not in _FUNCTIONS:
        notes.append("a window of an unknown function was taken for a linear one")
        function = "LINEAR"
    if width < 1 if function == "LINEAR" else width <= 0:
        notes.append(f"a window {width:g} wide, which is none, was not followed")
        return None
    return Window(center, width, function)


def _count(holder: Any, keyword: str) -> int:
    value = holder.get(keyword)
    return len(value) if hasattr(value, "__len__") and not isinstance(value, (str, bytes)) else 1


def _is_inverted(header: Any, notes: list[str]) -> bool:
    shape = str(first_value(header, "PresentationLUTShape") or "").strip().upper()
    white_is_zero = first_value(header, "PhotometricInterpretation") == "MONOCHROME1"
    if white_is_zero and shape == "IDENTITY":
        notes.append("the header says both that zero is white and that it is shown as it is; it was shown white")
    # An inverse shape is how the standard writes that zero is white; it never turns MONOCHROME1 back.
    return white_is_zero or shape == "INVERSE"
