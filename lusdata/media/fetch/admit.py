"""Judging what arrived: a right file moves to its place in the cache, a wrong one is told apart and deleted."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.errors import DataError, LusdataError, OutsideError, TooLargeError, TooSlowError
from lusdata.media.cache import Cache
from lusdata.media.diagnose import diagnose
from lusdata.media.fetch import unfinished
from lusdata.media.fetch.plan import Attempt
from lusdata.media.fetch.report import Failure, FetchFailure, FetchResult, State

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
        The recording. If it has no digest, any whole medium that decodes and does not contradict it is right, and
        becomes its digest and facts.
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
    facts: Mapping[str, Any] | None = None
    if found != manifest.sha256 or size_bytes != (manifest.size_bytes or size_bytes):
        try:
            _check_medium(manifest, attempt, part, found=found, announced_bytes=announced_bytes)
            facts = _decoded_facts(manifest, attempt, part)
        except FetchFailure:
            unfinished.discard(part)
            raise
    target = store.object_path(found)
    target.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as stream:
        # Size and name are all that is checked later, so they must not survive a power cut that the content does not.
        os.fsync(stream.fileno())
    part.replace(target)
    unfinished.discard(part)
    pinned, detail = False, ""
    if facts is not None and manifest.path is not None:
        _write_facts(manifest.path, facts)
        pinned = True
    elif facts is not None:
        detail = "there is no manifest file to write its digest to"
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


def _decoded_facts(manifest: Manifest, attempt: Attempt, part: Path) -> Mapping[str, Any]:
    """Return the manifest's data with what the file is; raise that it does not decode, or is another recording."""
    # Decoding loads the media packages, which a fetch does not need otherwise.
    from lusdata.media.completing import completed, contradiction

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    addresses = () if attempt.folder is not None else (attempt.location,)
    name = attempt.path or attempt.location
    try:
        data, match = completed(manifest, part, day=today, name=name, addresses=addresses)
        if match.mismatches:
            raise FetchFailure(_as_failure(contradiction(match, attempt.location), attempt, "changed"))
    except DataError as error:
        # The name of the part file means nothing to anybody.
        words = "; ".join(text for text in (error.what, error.found) if text)
        beyond: dict[type[LusdataError], State] = {TooLargeError: "too-large", TooSlowError: "too-slow"}
        state = beyond.get(type(error), "not-media")
        raise FetchFailure(Failure(attempt.location, state, words, expected=error.expected or "")) from error
    return data


def _as_failure(error: DataError, attempt: Attempt, state: State) -> Failure:
    return Failure(attempt.location, state, error.what, attempt.mirror, error.expected or "", error.found or "")


def _write_facts(path: Path, data: Mapping[str, Any]) -> None:
    try:
        write_manifest(path, data)
    except OSError as error:
        raise OutsideError("the manifest cannot be written", where=str(path), found=error.strerror) from error
