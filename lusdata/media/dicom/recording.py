"""Ultrasound from a DICOM file: pictures, times, regions, and nothing that names anyone.

What comes out was de-identified by this profile and is to be reviewed by a person: the header is read by an allow-list
(`header`), but a scanner may have written a name into the pictures, which no header tells reliably.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.budget import BUDGET
from lusdata.errors import DataError, DecodeError, LusdataError, MissingExtraError, came_through
from lusdata.media.dicom.header import (
    ALLOWED,
    Region,
    Subject,
    frame_times_s,
    probe_of,
    regions_of,
    subject_of,
)
from lusdata.media.dicom.pixels import MOVING, moving_frames, still_frames

__all__ = ["DicomFacts", "DicomRecording", "is_dicom", "read"]

# What a scan's screen may be filed under: ultrasound itself, or a picture of a screen.
_MODALITIES = frozenset({"US", "IVUS", "OT", "SC", "XC", ""})
# Those that may be repeated in a message; anything else in a header may be somebody's name.
_OTHER_MODALITIES = frozenset(
    {"CR", "CT", "DX", "ECG", "MG", "MR", "NM", "PT", "RF", "RTDOSE", "RTPLAN", "RTSTRUCT", "SEG", "SR", "XA"}
)
_DEFLATED = "1.2.840.10008.1.2.1.99"
# Known to this process only: tells whether two files are of one examination, and cannot be turned back.
_SALT = secrets.token_bytes(32)


@dataclass(frozen=True)
class DicomFacts:
    """What the header says of the recording.

    Attributes
    ----------
    transfer_syntax, photometric : str
        How the pictures were stored.
    probe : str or None
        Transducer, a word of the schema.
    subject : Subject
        Age band and sex, where stated.
    says_burned_in : bool or None
        Whether the scanner says that the pictures hold annotations that could name the patient.
    """

    transfer_syntax: str
    photometric: str
    probe: str | None
    subject: Subject
    says_burned_in: bool | None


@dataclass(frozen=True, eq=False)
class DicomRecording:
    """A recording out of a DICOM file.

    Attributes
    ----------
    frames : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey or RGB values, 0 to 255.
    times_s : np.ndarray, shape (n,), float64, or None
        Seconds from the first frame; None where neither header nor stream tells.
    regions : tuple of Region
        The parts of the screen that the scanner described.
    facts : DicomFacts
        What else is known.
    examination : str
        The same for two files of one patient, within one run of the program; it means nothing outside and is never
        written anywhere. Empty where the file names neither patient nor study.
    """

    frames: NDArray[np.uint8]
    times_s: NDArray[np.float64] | None
    regions: tuple[Region, ...]
    facts: DicomFacts
    examination: str = field(default="", repr=False)

    @property
    def scan(self) -> Region | None:
        """The largest region that holds a two-dimensional scan."""
        scans = [region for region in self.regions if region.form == "2d"]
        return max(scans, key=lambda region: region.box.width_px * region.box.height_px, default=None)


def is_dicom(path: Path) -> bool:
    """Tell whether a file is DICOM, by its bytes."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read(path: Path) -> DicomRecording:
    """Read an ultrasound recording.

    Parameters
    ----------
    path : Path
        A DICOM file.

    Returns
    -------
    DicomRecording
        Every frame, decoded.

    Raises
    ------
    MissingExtraError
        If pydicom is not installed.
    DataError
        If the file is no ultrasound, holds no pictures, or needs a decoder that is not installed.
    DecodeError
        If it is no DICOM file, damaged, or beyond the limits of `lusdata.media.decode.decoder`.
    OSError
        If it cannot be read.
    """
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtraError("pydicom", extra="dicom", purpose="reading DICOM files") from error

    size_bytes = path.stat().st_size
    if size_bytes > BUDGET.file_bytes:
        raise _beyond(f"at most {BUDGET.file_bytes:,} bytes", f"{size_bytes:,} bytes")
    with _pydicom_trouble(path):
        meta = pydicom.filereader.read_file_meta_info(path)
        if str(meta.get("TransferSyntaxUID") or "") == _DEFLATED:
            # Inflating comes before any limit could be checked.
            raise DataError("a deflated DICOM file", hint="export it with another transfer syntax")
        dataset = pydicom.dcmread(path, specific_tags=list(ALLOWED))
        _check(dataset)
        syntax = dataset.file_meta.TransferSyntaxUID
        limit = _most_frames(dataset)
        if str(syntax) in MOVING:
            frames, times_s = moving_frames(dataset, most=limit)
        else:
            frames = still_frames(dataset)
            times_s = frame_times_s(dataset, len(frames)) or ()
        if times_s and times_s[-1] > BUDGET.duration_s:
            raise _beyond(f"at most {BUDGET.duration_s:,.0f} s", f"{times_s[-1]:,.0f} s")
        height_px, width_px = frames.shape[1:3]
        burned_in = {"YES": True, "NO": False}.get(str(dataset.get("BurnedInAnnotation") or ""))
        return DicomRecording(
            frames=frames,
            times_s=np.array(times_s, dtype=np.float64) if times_s else None,
            regions=regions_of(dataset, width_px=width_px, height_px=height_px),
            facts=DicomFacts(
                transfer_syntax=str(syntax.name),
                photometric=str(dataset.PhotometricInterpretation),
                probe=probe_of(dataset),
                subject=subject_of(dataset),
                says_burned_in=burned_in,
            ),
            examination=_examination(pydicom.dcmread(path, specific_tags=["StudyInstanceUID", "PatientID"])),
        )


def _check(dataset: Any) -> None:
    if "PixelData" not in dataset or not dataset.PixelData:
        raise DataError("a DICOM file without pictures", expected="pixel data", found="none")
    modality = str(dataset.get("Modality") or "")
    if modality not in _MODALITIES:
        found = modality if modality in _OTHER_MODALITIES else "a word of its own"
        raise DataError("a DICOM file of another modality", expected="ultrasound (US)", found=found)
    if "TransferSyntaxUID" not in dataset.file_meta:
        raise DecodeError("the DICOM file does not say how it is written", expected="a transfer syntax")
    sides = [int(dataset.get(name) or 0) for name in ("Columns", "Rows")]
    if min(sides) < 1:
        raise DecodeError("the DICOM file does not say how large its pictures are")
    if max(sides) > BUDGET.side_px:
        raise _beyond(f"at most {BUDGET.side_px} px on a side", f"{sides[0]} x {sides[1]} px")


def _most_frames(dataset: Any) -> int:
    """Return how many frames fit; refuse more before anything is decoded."""
    frame_bytes = int(dataset.Rows) * int(dataset.Columns) * 3 * -(-int(dataset.get("BitsAllocated") or 8) // 8)
    most = max(1, min(BUDGET.frames, BUDGET.held_bytes // frame_bytes))
    count = int(dataset.get("NumberOfFrames", 1) or 0)
    if count < 1:
        raise DecodeError("the DICOM file announces no frame", expected="at least 1", found=str(count))
    if count > most:
        raise _beyond(f"at most {most:,} frames of this size", f"{count:,}")
    return most


def _examination(names: Any) -> str:
    stated = [str(names.get(name) or "").strip() for name in ("PatientID", "StudyInstanceUID")]
    # One patient's examinations belong together; files whose number was taken out are told by their study.
    chosen = next((text for text in stated if text), "")
    return hashlib.blake2b(chosen.encode(), key=_SALT).hexdigest() if chosen else ""


def _beyond(limit: str, found: str) -> DecodeError:
    return DecodeError("too large for a recording", expected=limit, found=found)


@contextlib.contextmanager
def _pydicom_trouble(path: Path) -> Iterator[None]:
    """Turn whatever a malformed file makes pydicom stumble over into one error, and silence its warnings."""
    log = logging.getLogger("pydicom")
    level = log.level
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # It would tell a terminal what it stumbles over, header values included.
            log.setLevel(logging.CRITICAL + 1)
            yield
    except LusdataError as error:
        error.where = str(path)
        raise
    except (ImportError, MemoryError, NameError, OSError):
        raise
    except Exception as error:
        if isinstance(error, (AttributeError, TypeError)) and not came_through(error, "pydicom"):
            # A call that does not fit says nothing of the file.
            raise
        # Its words may quote the header; only the kind of trouble is told.
        raise DecodeError(
            "not a DICOM file that can be read",
            where=str(path),
            found=type(error).__name__,
            hint="export it again, or save it as a video",
        ) from error
    finally:
        log.setLevel(level)
