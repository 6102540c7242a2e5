"""Judging what arrived: a right file moves to its place in the cache, a wrong one is told apart and deleted."""

from __future__ import annotations

import os
from pathlib import Path

from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.errors import LusdataError, OutsideError
from lusdata.media import fetch_part
from lusdata.media.cache import Cache
from lusdata.media.diagnose import diagnose
from lusdata.media.fetch_plan import Attempt
from lusdata.media.fetch_report import Failure, FetchFailure, FetchResult

__all__ = ["admit"]


def admit(
    store: Cache, manifest: Manifest, *, attempt: Attempt, part: Path, found: str, announced_bytes: int | None = None
) -> FetchResult:
    """Move a right file to its place in the cache, and delete a wrong one.

    Parameters
    ----------
    store : Cache
        The cache.
    manifest : Manifest
        The recording. If it has no digest, any whole medium that decodes is right, and becomes its digest and facts.
    attempt : Attempt
        Where the file came from.
    part : Path
        The file, complete as far as its sender tells; it is gone afterwards.
    found : str
        Its digest.
    announced_bytes : int, optional
        Size of what the sender has, if it is too large and only the beginning was kept.

    Returns
    -------
    FetchResult
        With the state ``fetched``.

    Raises
    ------
    FetchFailure
        If the file is not the recording.
    OutsideError
        If the manifest cannot be written.
    OSError
        If the cache cannot be written.
    """
    size_bytes = part.stat().st_size
    pinned = False
    if found != manifest.sha256 or size_bytes != (manifest.size_bytes or size_bytes):
        try:
            _check_medium(manifest, attempt, part, found=found, announced_bytes=announced_bytes)
            pinned = _pin(manifest, attempt, part)
        except FetchFailure:
            fetch_part.discard(part)
            raise
    target = store.object_path(found)
    target.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as stream:
        # Size and name are all that is checked later, so they must not survive a power cut that the content does not.
        os.fsync(stream.fileno())
    part.replace(target)
    fetch_part.discard(part)
    detail = "" if pinned or manifest.sha256 is not None else "there is no manifest file to write its digest to"
    return FetchResult(manifest.id, "fetched", target, attempt.location, detail, found, size_bytes, pinned)


def _check_medium(manifest: Manifest, attempt: Attempt, part: Path, *, found: str, announced_bytes: int | None) -> None:
    """Raise what is wrong with a file whose digest is not the one asked for; a recording without one takes a medium."""
    if found == manifest.sha256:
        words = "the digest fits, but the size in the manifest does not"
        sizes = (f"{manifest.size_bytes:,} bytes", f"{part.stat().st_size:,} bytes")
        raise FetchFailure(Failure(attempt.location, "changed", words, attempt.mirror, *sizes))
    fault = diagnose(
        part,
        found_sha256=found,
        sha256=manifest.sha256,
        size_bytes=manifest.size_bytes,
        announced_bytes=announced_bytes,
    )
    if fault.state != "medium":
        failure = Failure(attempt.location, fault.state, fault.sentence, attempt.mirror, fault.expected, fault.found)
        raise FetchFailure(failure)


def _pin(manifest: Manifest, attempt: Attempt, part: Path) -> bool:
    """Write what a file is into its manifest; return whether there is a manifest file."""
    # Decoding loads the media packages, which a fetch does not need otherwise.
    from lusdata.media.facts import pin

    try:
        data = pin(manifest.data, part)
    except LusdataError as error:
        # The name of the part file means nothing to anybody.
        words = "; ".join(text for text in (error.what, error.found) if text)
        raise FetchFailure(Failure(attempt.location, "not-media", words)) from error
    if manifest.path is None:
        return False
    try:
        write_manifest(manifest.path, data)
    except OSError as error:
        raise OutsideError("cannot write the manifest", where=str(manifest.path), found=error.strerror) from error
    return True
