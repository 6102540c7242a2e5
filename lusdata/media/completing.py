"""Completing a lead: a manifest that nobody had seen the file of gets digest, size, facts and fingerprint of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.catalog.leads import FileFacts, LeadMatch, Mismatch, compared
from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError
from lusdata.media.facts import pin

__all__ = ["completed", "contradiction", "file_facts", "other_digests"]

_CHUNK_BYTES = 1 << 20


def other_digests(path: Path) -> dict[str, str]:
    """Return the digests of a file that sources publish beside sha256, in the words of a manifest.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    blob = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    md5 = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            blob.update(chunk)
            md5.update(chunk)
    return {"git_blob_sha1": blob.hexdigest(), "md5": md5.hexdigest()}


def file_facts(
    path: Path, *, name: str, media: Mapping[str, Any] | None = None, addresses: Sequence[str] = ()
) -> FileFacts:
    """Return what can be told of a file beside the leads.

    Parameters
    ----------
    path : Path
        Where it lies.
    name : str
        What it is called.
    media : Mapping, optional
        Its technical facts, where it was decoded.
    addresses : sequence of str
        Where it was got from.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return FileFacts(name, path.stat().st_size, media or {}, tuple(addresses), other_digests(path))


def completed(
    manifest: Manifest, path: Path, *, day: str, name: str, addresses: Sequence[str] = ()
) -> tuple[dict[str, Any], LeadMatch]:
    """Return a lead's data with what its file is, and how far the two fit.

    An included recording takes part from the day on which its file was seen, since folds are dealt in the order of
    days: nobody who was dealt before changes the fold.

    Parameters
    ----------
    manifest : Manifest
        The lead.
    path : Path
        Its file.
    day : str
        Today, as year, month and day.
    name : str
        What the file is called.
    addresses : sequence of str
        Where it was got from.

    Returns
    -------
    data : dict
        The manifest, complete.
    match : LeadMatch
        What speaks for the file, and what of it contradicts the lead.

    Raises
    ------
    DataError, OSError
        As `lusdata.media.facts.pin`.
    """
    data = pin(manifest.data, path)
    facts = file_facts(path, name=name, media=data["media"], addresses=addresses)
    match = compared(facts, manifest)
    if manifest.state == "included":
        data["status"] = {**data["status"], "since": max(manifest.since, day)}
    return data, match


def contradiction(match: LeadMatch, where: str) -> DataError:
    """Return the refusal of a file that contradicts its lead; the first mismatch speaks for all."""
    first: Mismatch = match.mismatches[0]
    more = f" (and {len(match.mismatches) - 1} more)" if len(match.mismatches) > 1 else ""
    return DataError(
        f"not the file of {match.manifest.id}: {first.what}{more}",
        where=where,
        expected=first.expected,
        found=first.found,
    )
