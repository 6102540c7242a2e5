"""Giving a recording that has its digest a fingerprint of today's version, from its file in hand."""

from __future__ import annotations

from pathlib import Path

from lusdata.catalog.fingerprint import has_newest_fingerprint
from lusdata.catalog.leads import LeadMatch
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.intake.complete_lead import Completed
from lusdata.media.facts import sha256_of
from lusdata.media.fingerprint import fingerprint

__all__ = ["renew_fingerprint"]


def renew_fingerprint(manifest: Manifest, file: Path) -> Completed | None:
    """Write a fingerprint of today's version into the manifest of a recording, and nothing else.

    Parameters
    ----------
    manifest : Manifest
        The recording, read from a file.
    file : Path
        Its file.

    Returns
    -------
    Completed or None
        What was written. None, and nothing is written, if the recording is a lead or withdrawn, has such a fingerprint,
        is too blank for one, or if the file is not the very one that its manifest names.

    Raises
    ------
    DecodeError
        If the file is no whole picture or video.
    OSError
        If something cannot be read or written.
    """
    if manifest.path is None or manifest.state == "withdrawn" or has_newest_fingerprint(manifest.data):
        return None
    if manifest.sha256 is None or sha256_of(file) != manifest.sha256:
        return None
    text = fingerprint(file, kind=manifest.kind)
    if text is None:
        return None
    data = {**manifest.data, "fingerprint": text}
    write_manifest(manifest.path, data)
    note = "a fingerprint of today's version; nothing else was changed"
    return Completed(Manifest(data, manifest.path), LeadMatch(manifest, ("digest",), ()), (note,))
