"""Digests and facts of files that an import does not see, taken from manifests whose files somebody has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lusdata.catalog.folders import manifest_files
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import parse_data, read_data
from lusdata.errors import DataError, UsageError

__all__ = ["joined", "read_pins", "with_pin"]

_SOURCE_FACTS = ("sha256", "size_bytes")
_FACTS = ("media", "fingerprint")
_MOST_BYTES = 256 << 20


def read_pins(source: Path) -> dict[str, dict[str, Any]]:
    """Read the manifests that have a digest.

    Parameters
    ----------
    source : Path
        A folder of manifests, or a file with one manifest a line, of any schema version.

    Returns
    -------
    dict of str to dict
        Manifests of the newest schema version by id; those without a digest are left out.

    Raises
    ------
    UsageError
        If it is not there.
    DataError
        If a manifest is none, or two of one id differ in their digest.
    OSError
        If it cannot be read.
    """
    if not source.exists():
        raise UsageError(
            "no such file or folder", where=str(source), expected="a folder of manifests, or a file with one a line"
        )
    pins: dict[str, dict[str, Any]] = {}
    for where, document in _documents(source):
        try:
            _, data = migrate_data(document)
        except DataError as error:
            error.where = where
            raise
        if "sha256" in data["source"]:
            pins[data["id"]] = joined(pins.get(data["id"]), data, where=where)
    return pins


def _documents(source: Path) -> Iterator[tuple[str, Any]]:
    if source.is_dir():
        for path in manifest_files(source):
            yield str(path), read_data(path)
        return
    if source.stat().st_size > _MOST_BYTES:
        raise DataError("too large for a file of manifests", where=str(source), expected=f"{_MOST_BYTES:,} bytes")
    for number, line in enumerate(source.read_bytes().splitlines(), start=1):
        if line.strip():
            where = f"{source} line {number}"
            yield where, parse_data(line, where)


def joined(first: dict[str, Any] | None, second: dict[str, Any], *, where: str) -> dict[str, Any]:
    """Return one of two manifests of a recording that agree on its file; the first, if there is one.

    Raises
    ------
    DataError
        If their digests differ.
    """
    if first is None:
        return second
    digests = (first["source"]["sha256"], second["source"]["sha256"])
    if digests[0] != digests[1]:
        raise DataError(
            f"two digests of {second['id']}",
            where=where,
            expected=digests[0],
            found=digests[1],
            hint="one of them is of another file; nothing was written",
        )
    return first


def with_pin(draft: Mapping[str, Any], pin: Mapping[str, Any]) -> dict[str, Any]:
    """Return a draft with what another manifest of the recording knows of its file.

    That is digest, size, decoded facts and fingerprint, and the day from which the recording takes part: who joined
    later than the collection began keeps that day, since folds are dealt in the order of days.

    Raises
    ------
    DataError
        If the two are not of the same file.
    """
    paths = (draft["source"].get("path"), pin["source"].get("path"))
    if paths[0] != paths[1] or draft["kind"] != pin["kind"]:
        raise DataError(
            "digest and facts are of another file",
            where=str(draft["id"]),
            expected=f"{draft['kind']} {paths[0]}",
            found=f"{pin['kind']} {paths[1]}",
        )
    status = dict(draft["status"])
    if pin["status"]["state"] == status["state"]:
        status["since"] = max(status["since"], pin["status"]["since"])
    return {
        **draft,
        "status": status,
        "source": {**draft["source"], **{key: pin["source"][key] for key in _SOURCE_FACTS if key in pin["source"]}},
        **{key: pin[key] for key in _FACTS if key in pin},
    }
