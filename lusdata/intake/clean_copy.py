"""A copy of a contribution without header and without text: from DICOM always, from other files when asked for.

It is de-identified by this profile, to be reviewed: nobody can promise that no picture of it names anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lusdata.atomic import write_bytes
from lusdata.errors import DataError, InternalError
from lusdata.intake.look import all_frames, evenly
from lusdata.media.beside.inventory import inventory
from lusdata.media.beside.judge import judge
from lusdata.media.crop import Box
from lusdata.media.dicom.header import PatientFacts
from lusdata.media.dicom.recording import DicomRecording, read
from lusdata.media.lossless import LEAST_STEP_S, lossless_bytes, lossless_suffix
from lusdata.media.sector.finder import SURE, Sector, find_sector
from lusdata.media.text.finder import find_text
from lusdata.media.text.gaps import gaps_between
from lusdata.wording import counted

__all__ = ["Blacking", "CleanCopy", "ScanLoss", "clean_copy", "copy_of_dicom"]

# A described region smaller than this part of the frame is no scan's.
_LEAST_PART = 0.05
_SHOWN = 16


Blacking = Literal["none", "outside", "all"]
"""Which text is blacked: none, what lies outside the scan, or, when a person says so, what lies over it as well."""


@dataclass(frozen=True)
class ScanLoss:
    """What blacking took of the scan.

    Attributes
    ----------
    area, light : float
        Part of its pixels, and of all its brightness, from 0 to 1.
    sure : bool
        Whether the finder is sure where the scan lies; else this is told of what it takes for the scan.
    """

    area: float
    light: float
    sure: bool = True


@dataclass(frozen=True, eq=False)
class CleanCopy:
    """A file that lusdata wrote in place of the one that came.

    Attributes
    ----------
    path : Path
        FFV1 in Matroska, or PNG.
    changes : tuple of str
        What was done, in the schema's words.
    before : np.ndarray, shape (n, height, width, 3), uint8
        A few frames as they came.
    notes : tuple of str
        What a reviewer should know, a clause each.
    crop : Box or None
        The scan, as the scanner described it.
    probe : str or None
        Transducer, as the scanner names it.
    subject : PatientFacts
        What may be said of the patient.
    depth_cm, cm_per_px : float or None
        Depth of the scan, and height of a pixel.
    lost : ScanLoss
        What of the scan was blacked.
    """

    path: Path
    changes: tuple[str, ...]
    before: NDArray[np.uint8] = field(repr=False)
    notes: tuple[str, ...]
    crop: Box | None = None
    probe: str | None = None
    subject: PatientFacts = field(default_factory=PatientFacts)
    depth_cm: float | None = None
    cm_per_px: float | None = None
    lost: ScanLoss = field(default_factory=lambda: ScanLoss(0.0, 0.0))


def copy_of_dicom(path: Path, folder: Path, *, rate_hz: float | None = None, black: Blacking = "outside") -> CleanCopy:
    """Write the recording of a DICOM file without its header.

    What lies outside the scans that the scanner describes is blacked: there stand names. So is text outside the scan
    that is seen; text over it may as well be echoes, and stays unless a person says that it goes.

    Parameters
    ----------
    path : Path
        A DICOM file.
    folder : Path
        Where to write the copy.
    rate_hz : float, optional
        Frames per second, for files that do not tell.
    black : {"none", "outside", "all"}
        See `Blacking`.

    Returns
    -------
    CleanCopy
        The copy.

    Raises
    ------
    DataError
        If the file has no ultrasound pictures, or several and no times.
    LusdataError, OSError
        As `lusdata.media.dicom.recording.read`.
    """
    recording = read(path)
    frames = recording.frames.copy()
    before = _colour(evenly(frames, _SHOWN))
    notes = ["de-identified by this profile, to be reviewed: no header, no names, numbers, days or places were kept"]
    notes.extend(recording.facts.notes)
    outside = _outside_scans(recording)
    if outside is not None:
        frames[:, outside] = 0
        notes.append("all outside the scan that the scanner describes was blacked")
    if recording.facts.says_burned_in:
        notes.append("the scanner says that the pictures hold annotations that can name the patient")
    blacked, lost = _black_text(frames, black)
    if blacked:
        notes.append(f"text in {counted(blacked, 'place')} was blacked")
    notes += _told_loss(lost)
    times_s = _times_s(recording, rate_hz, path)
    scan = recording.scan
    return CleanCopy(
        path=_written(folder, frames, times_s),
        changes=("artifact-removal", "conversion") if blacked or outside is not None else ("conversion",),
        before=before,
        notes=tuple(notes),
        crop=scan.box if scan and outside is not None else None,
        probe=recording.facts.probe,
        subject=recording.facts.subject,
        depth_cm=scan.depth_cm if scan else None,
        cm_per_px=scan.cm_per_px[1] if scan and scan.cm_per_px else None,
        lost=lost,
    )


def clean_copy(path: Path, folder: Path, *, black: Blacking = "outside") -> CleanCopy:
    """Write a video or picture again, without any loss and with pictures and times alone, its text blacked.

    Parameters
    ----------
    path : Path
        A video or a picture.
    folder : Path
        Where to write the copy.
    black : {"none", "outside", "all"}
        See `Blacking`.

    Returns
    -------
    CleanCopy
        The copy.

    Raises
    ------
    DataError
        If it does not fit into memory.
    DecodeError, OSError
        As `lusdata.media.decode.decoder.decode`.
    """
    colours, times_s = all_frames(path)
    before = evenly(colours, _SHOWN).copy()
    blacked, lost = _black_text(colours, black)
    grey = bool((colours[..., :1] == colours[..., 1:]).all())
    frames = np.ascontiguousarray(colours[..., 0]) if grey else colours
    return CleanCopy(
        path=_written(folder, frames, times_s),
        changes=("artifact-removal", "conversion") if blacked else ("conversion",),
        before=before,
        notes=(
            "de-identified by this profile, to be reviewed: written again with pictures and times alone,"
            f" text blacked in {counted(blacked, 'place')}",
            *_told_loss(lost),
        ),
        lost=lost,
    )


def _outside_scans(recording: DicomRecording) -> NDArray[np.bool_] | None:
    """Return the pixels outside every described scan, or None where none of a sensible size is described."""
    height_px, width_px = recording.frames.shape[1:3]
    scans = [region.box for region in recording.regions if region.form == "2d"]
    outside = np.ones((height_px, width_px), dtype=np.bool_)
    for box in scans:
        outside[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px] = False
    return None if outside.mean() > 1 - _LEAST_PART else outside


def _black_text(frames: NDArray[np.uint8], black: Blacking) -> tuple[int, ScanLoss]:
    """Black text in place; return in how many places, and what it took of the scan."""
    if black == "none":
        return 0, ScanLoss(0.0, 0.0)
    shown = _colour(evenly(frames, _SHOWN))
    sector = find_sector(shown)
    regions = find_text(shown, sector=sector).regions
    beside = [region.box for region in regions if not region.inside_sector]
    over = [region.box for region in regions if region.inside_sector and black == "all"]
    gaps = [gap for gap in gaps_between(beside) if not sector.mask[_window(gap)].any()]
    gone = np.zeros(sector.mask.shape, dtype=np.bool_)
    for box in (*beside, *over, *gaps):
        gone[_window(box)] = True
    frames[:, gone] = 0
    return len(beside) + len(over), _loss(shown, sector, gone)


def _loss(shown: NDArray[np.uint8], sector: Sector, gone: NDArray[np.bool_]) -> ScanLoss:
    """Return what was blacked of a scan, by its pixels and by their brightness in some frames."""
    scan = sector.mask
    light = shown.max(axis=3).mean(axis=0, dtype=np.float64)
    whole = float(light[scan].sum())
    part = float(light[scan & gone].sum()) / whole if whole else 0.0
    area = float((scan & gone).sum()) / max(1, int(scan.sum()))
    return ScanLoss(round(area, 4), round(part, 4), sure=sector.confidence >= SURE)


def _told_loss(lost: ScanLoss) -> list[str]:
    if not lost.area:
        return []
    unsure = "" if lost.sure else "; where the scan lies is not sure, so look"
    return [f"blacking took {lost.area:.1%} of the scan's area and {lost.light:.1%} of its light{unsure}"]


def _window(box: Box) -> tuple[slice, slice]:
    return slice(box.top_px, box.top_px + box.height_px), slice(box.left_px, box.left_px + box.width_px)


def _times_s(recording: DicomRecording, rate_hz: float | None, path: Path) -> Sequence[float]:
    times_s = None if recording.times_s is None else [float(time_s) for time_s in recording.times_s]
    step_s = min((later - earlier for earlier, later in pairwise(times_s or ())), default=LEAST_STEP_S)
    if times_s is not None and step_s > 0.999 * LEAST_STEP_S:
        return times_s
    if rate_hz is not None:
        return [index / rate_hz for index in range(len(recording.frames))]
    if times_s is None:
        found, hint = None, "give --rate-hz"
    else:
        found = f"frames {step_s * 1000:g} ms apart"
        # A frame time is in milliseconds; some writers give seconds.
        hint = f"give --rate-hz, such as {0.001 / step_s:.3g} if the header means seconds"
    raise DataError(
        "the DICOM file does not say when its frames were taken",
        where=str(path),
        expected=f"a frame time or a frame rate, frames at least {LEAST_STEP_S * 1000:g} ms apart",
        found=found,
        hint=hint,
    )


def _written(folder: Path, frames: NDArray[np.uint8], times_s: Sequence[float]) -> Path:
    path = folder / f"copy{lossless_suffix(len(frames))}"
    write_bytes(path, lossless_bytes(frames, times_s))
    # What it promises is looked up in what was written, by the same eyes that judge a stranger's file.
    left = judge(inventory(path))
    if left:
        raise InternalError(f"a copy that holds more than pictures and times: {left[0].item.place}", where=path.name)
    return path


def _colour(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(frames[..., None], 3, axis=3) if frames.ndim == 3 else frames.copy()
