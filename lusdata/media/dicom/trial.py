"""Small DICOM files of known content, in the ways in which scanners store pictures, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lusdata.errors import LusdataError
from lusdata.media.dicom.recording import read
from lusdata.scratch import scratch_folder

__all__ = ["try_dicom", "write_dicom"]

_GREYS = (60, 120, 180)
_SLACK = 6
_FRAME_TIME_MS = 40
_START_OF_CODESTREAM = b"\xff\x4f\xff\x51"


def try_dicom() -> Iterator[tuple[str, str]]:
    """Write and read a file of each transfer syntax that lusdata claims; pydicom must be installed.

    Yields
    ------
    name : str
        How the pictures are stored.
    fault : str
        What is wrong, as a clause; empty if all is right.
    """
    pictures = np.stack([np.full((48, 64), grey, np.uint8) for grey in _GREYS])
    with scratch_folder() as scratch:
        for name, path in write_dicom(scratch, pictures):
            yield name, _fault(path)


def write_dicom(folder: Path, pictures: NDArray[np.uint8]) -> Iterator[tuple[str, Path]]:
    """Write a loop in each transfer syntax that lusdata claims; pydicom must be installed.

    Parameters
    ----------
    folder : Path
        Where to; it exists.
    pictures : np.ndarray, shape (n, h, w), uint8
        The loop.

    Yields
    ------
    name : str
        How the pictures are stored.
    path : Path
        The file.
    """
    from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

    ways: tuple[tuple[str, str, Callable[[NDArray[np.uint8]], bytes] | None], ...] = (
        ("DICOM, uncompressed", ExplicitVRLittleEndian, None),
        ("DICOM, RLE", RLELossless, None),
        ("DICOM, JPEG", JPEGBaseline8Bit, lambda picture: cv2.imencode(".jpg", picture)[1].tobytes()),
        ("DICOM, JPEG 2000", JPEG2000Lossless, _jpeg_2000),
    )
    for number, (name, syntax, encode) in enumerate(ways):
        path = folder / f"{number}.dcm"
        _write(path, pictures, syntax, encode)
        yield name, path


def _fault(path: Path) -> str:
    try:
        recording = read(path)
    except LusdataError as error:
        return "; found ".join(filter(None, (error.what, error.found)))
    greys = recording.frames.reshape(len(recording.frames), -1).mean(axis=1)
    if len(greys) != len(_GREYS) or np.abs(greys - _GREYS).max() > _SLACK:
        return f"wrong pictures; expected greys {_GREYS}; found {[round(float(grey)) for grey in greys]}"
    if recording.times_s is None or np.abs(np.diff(recording.times_s) - _FRAME_TIME_MS / 1000).max() > 1e-6:
        return "wrong times"
    return ""


def _jpeg_2000(picture: NDArray[np.uint8]) -> bytes:
    # Lossless, and without the boxes around the codestream, which DICOM does not have.
    data = bytes(cv2.imencode(".jp2", picture, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])[1].tobytes())
    return data[data.index(_START_OF_CODESTREAM) :]


def _write(
    path: Path, pictures: NDArray[np.uint8], syntax: str, encode: Callable[[NDArray[np.uint8]], bytes] | None
) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless, UltrasoundMultiFrameImageStorage

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = UltrasoundMultiFrameImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "2.25.1"
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    data.Modality, data.PhotometricInterpretation, data.SamplesPerPixel = "US", "MONOCHROME2", 1
    data.NumberOfFrames, data.Rows, data.Columns = pictures.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.FrameTime = _FRAME_TIME_MS
    data.PixelData = pictures.tobytes() if encode is None else encapsulate([encode(picture) for picture in pictures])
    data["PixelData"].VR = "OB"
    if syntax == RLELossless:
        data.compress(RLELossless)
    data.save_as(path, enforce_file_format=True)
