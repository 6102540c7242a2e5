"""DICOM files made of phantoms, with names in every place where scanners write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

# Nobody's: made up so that no manifest, no copy and no message may hold any of it.
SECRETS = (
    "MUSTERFRAU",
    "Erika",
    "PID-4711",
    "19540321",
    "20240229",
    "St. Nirgendwo",
    "OPERATORIX",
    "ACC-0815",
    "1.2.826.0.1.3680043.10.543.77",
    "SN-90210",
    "Station-Z",
)


def dicom_file(
    path: Path,
    frames: np.ndarray,
    *,
    photometric: str = "MONOCHROME2",
    region: tuple[int, int, int, int] | None = None,
    cm_per_px: float = 0.05,
    frame_time_ms: float | None = 66.6,
    extra: dict[str, Any] | None = None,
) -> Path:
    """Write frames, shape (n, h, w) or (n, h, w, 3), as an ultrasound multi-frame file."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.10.543.77.1"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.SourceApplicationEntityTitle = "MUSTERFRAU"
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"MUSTERFRAU".ljust(128, b"\0"))
    data.SOPClassUID = UltrasoundMultiFrameImageStorage
    data.SOPInstanceUID = "1.2.826.0.1.3680043.10.543.77.1"
    data.StudyInstanceUID = "1.2.826.0.1.3680043.10.543.77.2"
    data.SeriesInstanceUID = "1.2.826.0.1.3680043.10.543.77.3"
    data.PatientName = "MUSTERFRAU^Erika"
    data.PatientID = "PID-4711"
    data.PatientBirthDate = "19540321"
    data.PatientAge = "069Y"
    data.PatientSex = "F"
    data.StudyDate = "20240229"
    data.InstitutionName = "St. Nirgendwo"
    data.OperatorsName = "OPERATORIX"
    data.AccessionNumber = "ACC-0815"
    data.DeviceSerialNumber = "SN-90210"
    data.StationName = "Station-Z"
    data.StudyDescription = data.SeriesDescription = data.ProtocolName = "MUSTERFRAU^Erika"
    data.TransducerData = ["OPERATORIX"]
    data.ImageComments = "Erika MUSTERFRAU, left lung"
    data.Modality = "US"
    data.TransducerType = "CURVED LINEAR"
    data.NumberOfFrames = len(frames)
    data.Rows, data.Columns = frames.shape[1:3]
    data.SamplesPerPixel = 1 if frames.ndim == 3 else 3
    if frames.ndim == 4:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = photometric
    bits = frames.dtype.itemsize * 8
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    if frame_time_ms is not None:
        data.FrameTime = f"{frame_time_ms:g}"
    if region is not None:
        left, top, width, height = region
        item = Dataset()
        item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
        item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
        item.RegionLocationMaxX1, item.RegionLocationMaxY1 = left + width - 1, top + height - 1
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
        item.PhysicalDeltaX = item.PhysicalDeltaY = cm_per_px
        data.SequenceOfUltrasoundRegions = [item]
        item.PatientName = "MUSTERFRAU^Erika"
    asked = Dataset()
    asked.RequestedProcedureDescription = "MUSTERFRAU^Erika"
    data.RequestAttributesSequence = [asked]
    # An overlay that covers everything: it belongs to a viewer and not into the pictures.
    rows, columns = frames.shape[1:3]
    for element, vr, value in (
        (0x0010, "US", rows),
        (0x0011, "US", columns),
        (0x0022, "LO", "MUSTERFRAU^Erika"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", b"\xff" * (2 * -(-rows * columns // 16))),
    ):
        data.add_new((0x6000, element), vr, value)
    private = data.private_block(0x0019, "Nobody 1.0", create=True)
    private.add_new(0x01, "LO", "Erika MUSTERFRAU")
    for keyword, value in (extra or {}).items():
        setattr(data, keyword, value)
    pixels = np.ascontiguousarray(frames).tobytes()
    data.PixelData = pixels + bytes(len(pixels) % 2)
    data["PixelData"].VR = "OB" if bits == 8 else "OW"
    data.save_as(path, enforce_file_format=True)
    return path
