"""What lusdata reads of a DICOM header: an allow-list, so that whatever else stands there is never looked at.

The elements below say how to turn the stored numbers into pictures, how fast they were taken, where on the screen the
scan lies and how large it is, and two facts about the patient that a manifest may hold: sex, and age as a band. Names,
numbers, days, institutions, people, devices, descriptions, private elements and unique identifiers are not on the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.age import Unit, age_band
from lusdata.media.dicom.values import first_value

__all__ = ["ALLOWED", "PatientFacts", "probe_of", "subject_of"]

ALLOWED = (
    # What the pictures are.
    "Modality",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "PixelAspectRatio",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "PresentationLUTSequence",
    "PresentationLUTShape",
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
    "FloatPixelData",
    "DoubleFloatPixelData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    # The same of single frames: of these groups only what `grey` names is looked at.
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    # Whether the frames are moments, or slices of a volume.
    "DimensionOrganizationType",
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
"""Keywords of the elements that are read; of a region only those that `regions` names."""

_PROBES = {
    "CURVED LINEAR": "convex",
    "LINEAR": "linear",
    "SECTOR_PHASED": "phased",
}
_UNITS: Mapping[str, Unit] = {"D": "d", "W": "w", "M": "m", "Y": "y"}
_SEXES = {"F": "female", "M": "male", "O": "other"}


@dataclass(frozen=True)
class PatientFacts:
    """What a manifest may say of the patient.

    Attributes
    ----------
    age_band : str or None
        See `lusdata.catalog.age.age_band`.
    sex : str or None
        A word of the schema.
    """

    age_band: str | None = None
    sex: str | None = None


def probe_of(header: Any) -> str | None:
    """Return the transducer as a word of the schema, if the header names one that the schema knows.

    Examples
    --------
    >>> probe_of({"TransducerType": "CURVED LINEAR"}), probe_of({})
    ('convex', None)
    """
    return _PROBES.get(str(first_value(header, "TransducerType") or "").strip().upper())


def subject_of(header: Any) -> PatientFacts:
    """Return what a manifest may say of the patient.

    Examples
    --------
    >>> subject_of({"PatientAge": "045Y", "PatientSex": "F"})
    PatientFacts(age_band='40-49', sex='female')
    >>> [subject_of({"PatientAge": age}).age_band for age in ("093Y", "002Y", "007M", "005D", "45")]
    ['90+', 'toddler', 'infant', 'neonate', None]
    """
    match = re.fullmatch(r"(\d{1,3})([DWMY])", str(first_value(header, "PatientAge") or "").strip().upper())
    band = age_band(int(match[1]), _UNITS[match[2]]) if match else None
    return PatientFacts(band, _SEXES.get(str(first_value(header, "PatientSex") or "").strip().upper()))
