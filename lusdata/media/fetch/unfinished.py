"""The unfinished file: how much of it may be kept, and whether an answer continues it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Arrival", "begun", "continues", "discard", "is_coded", "remember"]


@dataclass(frozen=True)
class Arrival:
    """A finished transfer.

    Attributes
    ----------
    resumed : bool
        Whether its beginning was there before this call.
    announced_bytes : int or None
        Size of what the server has, if only its beginning was taken because it is larger than it should be.
    """

    resumed: bool = False
    announced_bytes: int | None = None


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def begun(part: Path, url: str, *, size_bytes: int | None, pinned: bool) -> tuple[int, str]:
    """Return how much of a part file may be kept.

    Parameters
    ----------
    part : Path
        The part file, which need not exist.
    url : str
        Address that is about to be asked.
    size_bytes : int or None
        Size of the whole file; a part file that is longer cannot be a part of it.
    pinned : bool
        Whether a digest will judge the result. Without one, only the same address in the same version is continued.

    Returns
    -------
    size_bytes : int
        Bytes to keep; 0 to begin anew.
    validator : str
        What tells the version of the file that they came from; empty if nothing does.
    """
    try:
        begun_bytes = part.stat().st_size
        note = json.loads(_note(part).read_text(encoding="utf-8"))
        source, validator = str(note["url"]), str(note["validator"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0, ""
    if size_bytes is not None and begun_bytes > size_bytes:
        return 0, ""
    if source == url:
        return (begun_bytes, validator) if pinned or validator else (0, "")
    # A validator means nothing to another server; the digest will tell whether both have the same file.
    return (begun_bytes, "") if pinned else (0, "")


def remember(part: Path, url: str, headers: Mapping[str, str]) -> None:
    """Note where a part file comes from, unless it cannot be continued."""
    if is_coded(headers):
        _note(part).unlink(missing_ok=True)
        return
    _note(part).write_text(json.dumps({"url": url, "validator": _validator(headers)}), encoding="utf-8")


def discard(part: Path) -> None:
    """Delete a part file and the note of its source."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def continues(headers: Mapping[str, str], *, begun_bytes: int, validator: str) -> bool:
    """Tell whether a partial answer goes on where the part file ends, in the same version of the file."""
    if is_coded(headers) or not headers.get("Content-Range", "").startswith(f"bytes {begun_bytes}-"):
        return False
    return not validator or headers.get("ETag", validator) == validator


def is_coded(headers: Mapping[str, str]) -> bool:
    """Tell whether an answer's body is compressed, so that its lengths and ranges are not those of the file."""
    return headers.get("Content-Encoding", "identity").lower() not in ("", "identity")


def _validator(headers: Mapping[str, str]) -> str:
    """Return what tells this version of a file from the next: a strong ETag, else nothing."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else ""
