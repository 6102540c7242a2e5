"""What a file is: its digest, and the technical facts that only decoding tells."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lusdata.arguments import path_of
from lusdata.budget import BUDGET
from lusdata.catalog.fingerprint import has_fingerprint
from lusdata.errors import DataError, TooLargeError
from lusdata.media.decode.decoder import Survey, survey
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.spending import spending
from lusdata.media.fingerprint import fingerprint
from lusdata.wording import counted

__all__ = ["MediaFacts", "media_facts", "pin", "sha256_of"]

# FFmpeg's names of containers, where they are not those that people use.
_CONTAINERS = {
    "avi": "avi",
    "gif": "gif",
    "mpeg": "mpeg",
    "mpegts": "mpeg-ts",
    "mpegvideo": "mpeg-video",
}
_STILL_CONTAINERS = frozenset({"jpeg", "bmp", "png", "tiff", "webp", "avif"})
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1", "libdav1d"})
_DECIMALS = 6
_STEADY_WITHIN = 0.1


@dataclass(frozen=True)
class MediaFacts:
    """Technical facts of a file, found by decoding all of it.

    Attributes
    ----------
    container : str
        By the bytes, not by the file's name: mp4, mov, avi, mpeg, gif, png, jpeg and the like.
    codec : str
        As FFmpeg names it.
    width_px, height_px : int
        Size of the first frame as displayed.
    frame_count : int
        Number of frames that decode.
    duration_s : float or None
        From the first frame's presentation to the end of the last; None for pictures.
    rate_hz : float or None
        Mean rate, in frames per second; None for pictures.
    variable_frame_rate : bool or None
        Whether the time between frames varies by more than a tenth of its median; None for pictures.
    """

    container: str
    codec: str
    width_px: int
    height_px: int
    frame_count: int
    duration_s: float | None = None
    rate_hz: float | None = None
    variable_frame_rate: bool | None = None

    @property
    def is_still(self) -> bool:
        """Whether the container holds a single picture by its nature."""
        return self.container in _STILL_CONTAINERS

    def as_manifest(self) -> dict[str, Any]:
        """Return the facts as a manifest's `media`, without what is unknown."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def sha256_of(path: Path) -> str:
    """Return a file's sha256 as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def media_facts(path: str | Path) -> MediaFacts:
    """Decode a whole file and state its technical facts.

    Parameters
    ----------
    path : str or Path
        A video or a picture.

    Returns
    -------
    MediaFacts
        Durations and rates are rounded to six decimals.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video, or is damaged anywhere; see `lusdata.media.decode.decoder`.
    OSError
        If it cannot be read.
    """
    path = path_of(path, where="path")
    found = survey(path)
    container = _container(found)
    width_px, height_px = displayed_size(found.first, turn_of(path, found.first))
    frame_count = found.times_s.size
    if container in _STILL_CONTAINERS:
        return MediaFacts(container, found.codec, width_px, height_px, frame_count)
    duration_s = float(found.times_s[-1]) + found.last_duration_s
    rate_hz = round(frame_count / duration_s, _DECIMALS) if duration_s > 0 else None
    for value, most, unit in ((duration_s, BUDGET.duration_s, "s"), (rate_hz or 0.0, BUDGET.rate_hz, "Hz")):
        if value > most:
            expected, shown = f"at most {most:,.0f} {unit}", f"{value:,.3f} {unit}"
            raise TooLargeError("too large for a recording", where=str(path), expected=expected, found=shown)
    steps_s = np.diff(found.times_s)
    variable = bool(steps_s.size and np.ptp(steps_s) > _STEADY_WITHIN * np.median(steps_s))
    return MediaFacts(
        container=container,
        codec=found.codec,
        width_px=width_px,
        height_px=height_px,
        frame_count=frame_count,
        duration_s=round(duration_s, _DECIMALS),
        rate_hz=rate_hz,
        variable_frame_rate=variable,
    )


def _container(found: Survey) -> str:
    names = found.container.split(",")
    if "mov" in names:
        # Files older than brands are QuickTime's.
        return "mov" if found.brand in ("", "qt  ") else "mp4"
    if "matroska" in names:
        return "webm" if found.codec in _WEBM_CODECS else "matroska"
    return _CONTAINERS.get(names[0], names[0].replace("_", "-"))


def pin(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return a manifest's data with digest, size, technical facts and fingerprint of its file.

    Parameters
    ----------
    data : Mapping
        The manifest's data; left as it is.
    path : Path
        The file that arrived.

    Returns
    -------
    dict
        A copy with `source.sha256`, `source.size_bytes`, `media` and, unless the pictures are blank, `fingerprint` set.
        A fingerprint of the same bytes that can be compared is kept: the last bit of one may hang on the processor.

    Raises
    ------
    DataError
        If the file is of another kind than the manifest says: more than one frame for an image, or a format of
        single pictures for a video.
    DecodeError, OSError
        As `media_facts`.
    """
    with spending(path):
        return _pinned(data, path)


def _pinned(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    facts = media_facts(path)
    kind = data["kind"]
    if (kind == "image" and facts.frame_count > 1) or (kind == "video" and facts.is_still):
        raise DataError(
            "the file is of another kind than its manifest says",
            where=str(path),
            expected=f"kind '{kind}'",
            found=f"{facts.container} of {counted(facts.frame_count, 'frame')}",
            hint="correct `kind`, or the file",
        )
    pinned = copy.deepcopy(dict(data))
    sha256 = sha256_of(path)
    is_known = pinned["source"].get("sha256") == sha256 and has_fingerprint(pinned)
    known = pinned.pop("fingerprint", None)
    if not is_known:
        known = fingerprint(path, kind=kind)
    pinned["source"] = {**pinned["source"], "sha256": sha256, "size_bytes": path.stat().st_size}
    pinned["media"] = facts.as_manifest()
    if known:
        pinned["fingerprint"] = known
    return pinned
