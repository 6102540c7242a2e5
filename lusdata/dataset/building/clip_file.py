"""The frames of one recording as one file: what a worker makes and what a shard is made of.

A part is a line of JSON and then the PNG files, one after the other. It is named after everything that decides its
pixels, so that a build which was interrupted finds what it had finished, and never mistakes something else for it.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lusdata.budget import BUDGET
from lusdata.catalog.manifest import Crop, Trim, canonical_bytes
from lusdata.dataset.recipe import Colour
from lusdata.errors import DataError, InternalError, LusdataError, OutsideError, TooLargeError, TooSlowError
from lusdata.intact import DamagedError
from lusdata.media.decode.spending import too_slow
from lusdata.scratch import scratch_beside

__all__ = ["ClipFile", "ClipJob", "Outcome", "frames_digest", "holds_part", "make_part", "read_part", "slow_outcome"]

_FORMAT = "lusdata-part-1"
# What a system answers when it has run out of something, whichever recording was at hand.
_RUN_OUT = frozenset({errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC})


@dataclass(frozen=True)
class ClipJob:
    """One recording to turn into frames.

    Attributes
    ----------
    id : str
        The recording.
    source : str
        Path of its file.
    part : str
        Path of the part file to write.
    sha256 : str
        Digest of the file.
    kind : str
        Either ``video`` or ``image``.
    crop : Crop or None
        The stated window.
    trim : Trim
        The stated part, in seconds.
    rate_hz, max_frames, size_px, colour
        As in `lusdata.dataset.recipe.Recipe`.
    """

    id: str
    source: str
    part: str
    sha256: str
    kind: str
    crop: Crop | None
    trim: Trim
    rate_hz: float
    max_frames: int
    size_px: int
    colour: Colour

    def to_json(self) -> str:
        """Return the job as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> ClipJob:
        """Rebuild a job from `to_json`."""
        data = json.loads(line)
        data["crop"] = None if data["crop"] is None else Crop(**data["crop"])
        data["trim"] = Trim(**data["trim"])
        return cls(**data)


@dataclass(frozen=True)
class Outcome:
    """What became of a job; small, since it travels between processes.

    Attributes
    ----------
    id : str
        The recording.
    code : str
        ``made``; or why not: ``damaged``, ``undecodable``, ``too-large``, ``too-slow``, ``unreadable``, ``crashed``.
        Two are no fault of the recording and stop the build: ``failed``, of the machine, and ``fault``, of lusdata or
        of its installation.
    reason : str
        The reason as a clause; empty if the part was made.
    trace : str
        The traceback of a ``fault``.
    """

    id: str
    code: str
    reason: str = ""
    trace: str = ""

    def to_json(self) -> str:
        """Return the outcome as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """Rebuild an outcome from `to_json`."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class ClipFile:
    """The finished frames of one recording.

    Attributes
    ----------
    id : str
        The recording.
    crop : tuple of int
        The window that was used: left, top, width and height in pixels of the file.
    digest : str
        Sha256 of the decoded frames, see `frames_digest`.
    frame_indices : tuple of int
        Position of each frame in the file, rising.
    times_s : tuple of float
        Presentation time of each frame, in seconds from the recording's first, to the microsecond.
    frames : tuple of bytes
        Each frame as a PNG file.
    """

    id: str
    crop: tuple[int, int, int, int]
    digest: str
    frame_indices: tuple[int, ...]
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]


def part_key(job: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Return the name of a part: a digest of all that decides its pixels.

    Parameters
    ----------
    job : Mapping
        The fields of a `ClipJob`; its paths play no role.
    versions : Mapping
        The packages that decode and resize, with their versions.
    """
    decisive = {name: value for name, value in job.items() if name not in ("source", "part")}
    return hashlib.sha256(canonical_bytes({"format": _FORMAT, "job": decisive, "versions": dict(versions)})).hexdigest()


def frames_digest(images: np.ndarray, frame_indices: np.ndarray, times_us: np.ndarray) -> str:
    """Return the digest of a recording's decoded frames.

    Parameters
    ----------
    images : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        The frames.
    frame_indices : np.ndarray, shape (n,), int64
        Their positions in the file.
    times_us : np.ndarray, shape (n,), int64
        Their presentation times, in microseconds.

    Returns
    -------
    str
        Sha256 as 64 hexadecimal digits. It depends on the decoded values only: not on how they are compressed,
        stored or split into files.
    """
    digest = hashlib.sha256(repr(tuple(images.shape)).encode("ascii"))
    for column in (frame_indices, times_us):
        digest.update(np.ascontiguousarray(column, dtype="<i8").data)
    digest.update(np.ascontiguousarray(images, dtype=np.uint8).data)
    return digest.hexdigest()


def make_part(job: ClipJob) -> Outcome:
    """Decode, crop, sample and encode one recording, and write its part.

    Parameters
    ----------
    job : ClipJob
        The recording; the folder of `job.part` exists.

    Returns
    -------
    Outcome
        Never raises: what a recording does must not stop the others, and what it did not do must stop them by name.
    """
    try:
        return _make_part(job)
    except DamagedError as error:
        return Outcome(job.id, "damaged", error.what)
    except TooLargeError as error:
        return Outcome(job.id, "too-large", _reason(error))
    except TooSlowError as error:
        return Outcome(job.id, "too-slow", _reason(error))
    except MemoryError:
        return Outcome(job.id, "too-large", f"{BUDGET.memory_bytes:,} bytes of memory are not enough, or not free")
    except DataError as error:
        # Without the path: the same fault must read the same on every machine.
        return Outcome(job.id, "undecodable", "; found ".join(filter(None, (error.what, error.found))))
    except OutsideError as error:
        return Outcome(job.id, "failed", str(error))
    except OSError as error:
        code = "failed" if error.errno in _RUN_OUT else "unreadable"
        return Outcome(job.id, code, error.strerror or type(error).__name__)
    # Anything else is a fault of lusdata: it is told as one, with its trace, and the other recordings go on.
    except Exception as error:
        fault = InternalError.of(error)
        return Outcome(job.id, "fault", fault.found, fault.trace)


def slow_outcome(job: ClipJob) -> Outcome:
    """Return the outcome of a job whose process was ended because its time was over."""
    return Outcome(job.id, "too-slow", _reason(too_slow()))


def _reason(error: LusdataError) -> str:
    # Without the path: the same fault must read the same on every machine.
    parts = (error.what, error.expected and f"expected {error.expected}", error.found and f"found {error.found}")
    return "; ".join(part for part in parts if part)


def _make_part(job: ClipJob) -> Outcome:
    # Here and not at the top: the process that only hands out jobs needs neither OpenCV nor a decoder.
    from lusdata.media.frames import read_frames
    from lusdata.media.png import encode_png

    frames = read_frames(
        Path(job.source),
        # By the process that decodes it: no frame is kept of bytes that are not the recording's.
        sha256=job.sha256,
        kind=job.kind,
        crop=job.crop,
        trim=job.trim,
        rate_hz=job.rate_hz,
        max_frames=job.max_frames,
        size_px=job.size_px,
        colour=job.colour,
    )
    pictures = [encode_png(image) for image in frames.images]
    times_us = np.rint(np.asarray(frames.times_s, dtype=np.float64) * 1e6).astype(np.int64)
    box = frames.box
    header = {
        "format": _FORMAT,
        "id": job.id,
        "crop": [box.left_px, box.top_px, box.width_px, box.height_px],
        "digest": frames_digest(frames.images, frames.indices, times_us),
        "frame_indices": frames.indices.tolist(),
        "times_us": times_us.tolist(),
        "sizes_bytes": [len(picture) for picture in pictures],
    }
    try:
        _write(Path(job.part), header, b"".join(pictures))
    except OSError as error:
        return Outcome(job.id, "failed", error.strerror or type(error).__name__)
    return Outcome(job.id, "made")


def _write(path: Path, header: dict[str, Any], payload: bytes) -> None:
    header["sha256"] = hashlib.sha256(payload).hexdigest()
    # Not forced to the disk: a part says itself whether it is whole, and one that is not is simply made again.
    temporary = scratch_beside(path)
    try:
        with temporary.open("wb") as stream:
            stream.write(json.dumps(header).encode("ascii") + b"\n")
            stream.write(payload)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def holds_part(path: Path) -> bool:
    """Tell whether a whole part lies at a path."""
    try:
        read_part(path)
    except (OutsideError, DataError):
        return False
    return True


def read_part(path: Path) -> ClipFile:
    """Read a part and check that it is whole.

    Raises
    ------
    OutsideError
        If the file cannot be read.
    DataError
        If it is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OutsideError("cannot read a part of the build", where=str(path), found=error.strerror) from error
    line, _, payload = data.partition(b"\n")
    try:
        header = json.loads(line)
        whole = header["format"] == _FORMAT and hashlib.sha256(payload).hexdigest() == header["sha256"]
        sizes_bytes = header["sizes_bytes"]
    except (ValueError, KeyError, TypeError):
        whole, sizes_bytes = False, []
    if not whole:
        raise DataError("a part of the build is damaged", where=str(path), hint="run the same build again")
    ends = [int(end) for end in np.cumsum(sizes_bytes)]
    return ClipFile(
        id=header["id"],
        crop=tuple(header["crop"]),
        digest=header["digest"],
        frame_indices=tuple(header["frame_indices"]),
        times_s=tuple(time_us / 1e6 for time_us in header["times_us"]),
        frames=tuple(payload[end - size : end] for size, end in zip(sizes_bytes, ends, strict=True)),
    )
