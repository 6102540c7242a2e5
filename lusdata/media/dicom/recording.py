"""Ultrasound from a DICOM file: pictures, times, regions, and nothing that names anyone.

What comes out was de-identified by this profile and is to be reviewed by a person: the header is read by an allow-list
(`header`), but a scanner may have written a name into the pictures, which no header tells reliably.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.budget import BUDGET
from lusdata.errors import DataError, DecodeError, LusdataError, MissingExtraError, TooLargeError, came_through
from lusdata.media.decode.spending import charged
from lusdata.media.dicom.header import ALLOWED, PatientFacts, probe_of, subject_of
from lusdata.media.dicom.mark import HEAD_BYTES, starts_like_dicom
from lusdata.media.dicom.moving import Moving, moving_pictures
from lusdata.media.dicom.pixels import check_photometric, still_pictures
from lusdata.media.dicom.reading import kind_of, open_dataset
from lusdata.media.dicom.regions import Region, stated_regions
from lusdata.media.dicom.syntax import MOVING
from lusdata.media.dicom.times import StatedTimes, stated_times
from lusdata.media.dicom.values import first_value, whole_number

__all__ = ["DicomFacts", "DicomRecording", "is_dicom", "pydicom_trouble", "read"]

# What a scan's screen may be filed under: ultrasound itself, or a picture of a screen.
_MODALITIES = frozenset({"US", "IVUS", "OT", "SC", "XC", ""})
# Those that may be repeated in a message; anything else in a header may be somebody's name.
_OTHER_MODALITIES = frozenset(
    {"CR", "CT", "DX", "ECG", "MG", "MR", "NM", "PT", "RF", "RTDOSE", "RTPLAN", "RTSTRUCT", "SEG", "SR", "XA"}
)
# A rate in a header is a whole number more often than not.
_AGREES_WITHIN = 0.05


@dataclass(frozen=True)
class DicomFacts:
    """What the header says of the recording.

    Attributes
    ----------
    transfer_syntax, photometric : str
        How the pictures were stored.
    probe : str or None
        Transducer, a word of the schema.
    subject : PatientFacts
        Age band and sex, where stated.
    says_burned_in : bool or None
        Whether the scanner says that the pictures hold annotations that could name the patient.
    notes : tuple of str
        What of the header was not followed, and what should be looked at, a clause each.
    """

    transfer_syntax: str
    photometric: str
    probe: str | None
    subject: PatientFacts
    says_burned_in: bool | None
    notes: tuple[str, ...] = ()


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
    """

    frames: NDArray[np.uint8]
    times_s: NDArray[np.float64] | None
    regions: tuple[Region, ...]
    facts: DicomFacts

    @property
    def scan(self) -> Region | None:
        """The largest region that holds a two-dimensional scan."""
        scans = [region for region in self.regions if region.form == "2d"]
        return max(scans, key=lambda region: region.box.width_px * region.box.height_px, default=None)


def is_dicom(path: Path) -> bool:
    """Tell whether a file is DICOM, by its bytes; see `lusdata.media.dicom.mark`."""
    with path.open("rb") as stream:
        return starts_like_dicom(stream.read(HEAD_BYTES))


@charged
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
        import pydicom  # noqa: F401 - asked for here, so that its absence is told first
    except ImportError as error:
        raise MissingExtraError("pydicom", extra="dicom", purpose="reading DICOM files") from error

    size_bytes = path.stat().st_size
    if size_bytes > BUDGET.file_bytes:
        raise _beyond(f"at most {BUDGET.file_bytes:,} bytes", f"{size_bytes:,} bytes")
    with pydicom_trouble(path):
        dataset = open_dataset(path, ALLOWED)
        _check(dataset, path)
        photometric = check_photometric(dataset)
        limit = _most_frames(dataset)
        frames, times, notes = _pictures(dataset, limit)
        times_s = times.times_s
        if times_s and times_s[-1] > BUDGET.duration_s:
            raise _beyond(f"at most {BUDGET.duration_s:,.0f} s", f"{times_s[-1]:,.0f} s")
        height_px, width_px = frames.shape[1:3]
        if (width_px, height_px) != (int(dataset.Columns), int(dataset.Rows)):
            raise DecodeError(
                "the pictures are of another size than the header says",
                expected=f"{dataset.Columns} x {dataset.Rows} px",
                found=f"{width_px} x {height_px} px",
            )
        regions = stated_regions(dataset, width_px=width_px, height_px=height_px)
        burned_in = {"YES": True, "NO": False}.get(str(first_value(dataset, "BurnedInAnnotation") or "").strip())
        return DicomRecording(
            frames=frames,
            times_s=np.array(times_s, dtype=np.float64) if times_s else None,
            regions=regions.regions,
            facts=DicomFacts(
                transfer_syntax=str(dataset.file_meta.TransferSyntaxUID.name),
                photometric=photometric,
                probe=probe_of(dataset),
                subject=subject_of(dataset),
                says_burned_in=burned_in,
                notes=(*notes, *times.notes, *regions.notes, *_volume_notes(dataset)),
            ),
        )


def _pictures(dataset: Any, most: int) -> tuple[NDArray[np.uint8], StatedTimes, tuple[str, ...]]:
    """Return the frames, their times, and what of the header the pictures did not follow."""
    if str(dataset.file_meta.TransferSyntaxUID) not in MOVING:
        pictures = still_pictures(dataset)
        return pictures.frames, stated_times(dataset, len(pictures.frames)), pictures.notes
    moving = moving_pictures(dataset, most=most)
    count = len(moving.frames)
    announced = whole_number(dataset, "NumberOfFrames", count)
    if announced != count:
        raise DecodeError(
            "the video holds other frames than the header announces",
            expected=f"{announced:,} frames",
            found=f"{count:,}",
            hint="export it again",
        )
    return moving.frames, _times_of_video(moving, stated_times(dataset, count)), ()


def _times_of_video(moving: Moving, stated: StatedTimes) -> StatedTimes:
    """Choose between the times of a container, those of the header, and the rate of a stream without a container."""
    if moving.times_s is None:
        if stated.times_s is not None or moving.rate_hz is None:
            return stated
        return StatedTimes(tuple(index / moving.rate_hz for index in range(len(moving.frames))), stated.notes)
    stated_s, found_s = (stated.times_s or moving.times_s)[-1], moving.times_s[-1]
    if abs(stated_s - found_s) > _AGREES_WITHIN * found_s:
        note = f"the header says {stated_s:.3g} s and the video {found_s:.3g} s; the video was followed"
        return StatedTimes(moving.times_s, (note,))
    return StatedTimes(moving.times_s)


def _check(dataset: Any, path: Path) -> None:
    pixels = dataset.get("PixelData")
    if not pixels or not isinstance(pixels, bytes):
        floating = any(name in dataset for name in ("FloatPixelData", "DoubleFloatPixelData"))
        found = "numbers with fractions, as maps of measurements have them" if floating else "none"
        kind = kind_of(path)
        raise DataError(
            "a DICOM file without pictures", expected="pixel data", found=f"{found} ({kind})" if kind else found
        )
    modality = str(first_value(dataset, "Modality") or "").strip().upper()
    if modality not in _MODALITIES:
        found = modality if modality in _OTHER_MODALITIES else "a word of its own"
        raise DataError("a DICOM file of another modality", expected="ultrasound (US)", found=found)
    sides = [whole_number(dataset, name, 0) for name in ("Columns", "Rows")]
    if min(sides) < 1:
        raise DecodeError("the DICOM file does not say how large its pictures are")
    if max(sides) > BUDGET.side_px:
        raise _beyond(f"at most {BUDGET.side_px} px on a side", f"{sides[0]} x {sides[1]} px")
    dataset.Columns, dataset.Rows = sides


def _volume_notes(dataset: Any) -> tuple[str, ...]:
    if str(first_value(dataset, "DimensionOrganizationType") or "").startswith("3D"):
        return ("the scanner says that this is a volume, whose frames may be slices and not moments",)
    return ()


def _most_frames(dataset: Any) -> int:
    """Return how many frames fit; refuse more before anything is decoded."""
    sample_bytes = max(1, -(-whole_number(dataset, "BitsAllocated", 8) // 8))
    frame_bytes = int(dataset.Rows) * int(dataset.Columns) * 3 * sample_bytes
    most = max(1, min(BUDGET.frames, BUDGET.held_bytes // frame_bytes))
    count = whole_number(dataset, "NumberOfFrames", 1)
    if count < 1:
        raise DecodeError("the DICOM file announces no frame", expected="at least 1", found=str(count))
    if count > most:
        raise _beyond(f"at most {most:,} frames of this size", f"{count:,}")
    return most


def _beyond(limit: str, found: str) -> TooLargeError:
    return TooLargeError("too large for a recording", expected=limit, found=found)


@contextlib.contextmanager
def pydicom_trouble(path: Path) -> Iterator[None]:
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
