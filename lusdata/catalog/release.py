"""Releases: a collection as it was, under a version that is never given twice.

``manifests/releases/<collection>/<version>/`` holds ``release.json``, which names the digest of every manifest, the
counts and what an audit found; ``folds-<unit>.json``, the fold tables; and ``manifests-<n>.jsonl``, the manifests
themselves, one a line, so that a release can be had after they changed. All of it is plain text for reviewers, sealed
by digests, and never edited.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.catalog.folders import find_collection
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, parse_data, read_data
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.version import is_version, parse_version
from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.suggestion import meant

__all__ = [
    "INDEX",
    "RELEASE_FORMAT",
    "Release",
    "find_release",
    "folds_file",
    "manifest_files_of",
    "read_release",
    "releases_folder",
    "releases_of",
    "seal",
]

RELEASE_FORMAT = "1.0.0"
"""Version of the layout of a release folder, apart from the version of a release."""

INDEX = "release.json"

_PART_BYTES = 900_000
"""Files stay small enough for a reviewer's page to show them."""

_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Release:
    """A release whose seal was checked.

    Attributes
    ----------
    data : Mapping
        The content of ``release.json``.
    folder : Path
        The folder that holds it.
    """

    data: Mapping[str, Any]
    folder: Path

    @property
    def collection(self) -> str:
        """Name of the collection."""
        return str(self.data["collection"])

    @property
    def version(self) -> str:
        """The version, such as ``1.0.0``."""
        return str(self.data["version"])

    @property
    def label(self) -> str:
        """Name for people and commands, such as ``pocus@1.0.0``."""
        return f"{self.collection}@{self.version}"

    @property
    def digest(self) -> str:
        """Sha256 over all that is in ``release.json``, and so over all that is in the release."""
        return str(self.data["sha256"])

    @property
    def recordings(self) -> Mapping[str, str]:
        """The digest of every manifest, by the recording's id."""
        recordings: Mapping[str, str] = self.data["recordings"]
        return recordings

    @property
    def fold_units(self) -> tuple[str, ...]:
        """What the frozen fold tables keep together: ``patient`` and others."""
        names = (re.fullmatch(r"folds-([a-z]+)\.json", name) for name in self.data["files"])
        return tuple(name[1] for name in names if name)

    def folds_text(self, by: str) -> str:
        """Return a frozen fold table as `lusdata.splits.folds.table.FoldTable.to_json` wrote it.

        Raises
        ------
        DataError
            If the file is missing or was changed.
        OutsideError
            If it cannot be read.
        """
        return self._content(folds_file(by)).decode("utf-8")

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """Every manifest as it was released, sorted by id; older schema versions are brought to the newest.

        Raises
        ------
        DataError
            If a file is missing or was changed.
        OutsideError
            If one cannot be read.
        """
        documents: list[Any] = []
        for name in self.data["files"]:
            if name.startswith("manifests-"):
                # Not splitlines: a text of a manifest may hold a sign that Unicode counts as a line break.
                lines = self._content(name).rstrip(b"\n").split(b"\n")
                documents += (parse_data(line, str(self.folder / name)) for line in lines)
        if not all(isinstance(data, dict) and isinstance(data.get("id"), str) for data in documents):
            raise DataError("the release holds something that is no manifest", where=str(self.folder))
        digests = {data["id"]: hashlib.sha256(canonical_bytes(data)).hexdigest() for data in documents}
        if digests != dict(self.recordings):
            raise DataError("the release does not hold the manifests that it names", where=str(self.folder))
        manifests = (Manifest(migrate_data(data)[1]) for data in documents)
        return tuple(sorted(manifests, key=lambda manifest: manifest.id))

    def _content(self, name: str) -> bytes:
        """Read one of the files and hold it against its digest."""
        path = self.folder / name
        try:
            with path.open("rb") as stream:
                content = stream.read(_MOST_BYTES)
        except FileNotFoundError as error:
            raise DataError("a file of the release is missing", where=str(path), hint=_BRING_BACK) from error
        except OSError as error:
            raise OutsideError("cannot read the release", where=str(path), found=error.strerror) from error
        expected, found = self.data["files"][name]["sha256"], hashlib.sha256(content).hexdigest()
        if found != expected:
            raise DataError(
                "a file of the release was changed",
                where=str(path),
                expected=f"sha256 {expected}",
                found=found,
                hint=_BRING_BACK,
            )
        return content


_BRING_BACK = "a release is never edited: bring the file back, and make a new release"


def folds_file(by: str) -> str:
    """Return the name of the file that holds the fold table of a unit."""
    return f"folds-{by}.json"


def releases_folder(collection_root: Path) -> Path:
    """Return where the releases of a collection lie, given its folder."""
    root = collection_root.resolve()
    return root.parent / "releases" / root.name


def releases_of(folder: Path) -> tuple[str, ...]:
    """Return the versions in a folder of releases, the oldest first."""
    if not folder.is_dir():
        return ()
    return tuple(sorted((path.name for path in folder.iterdir() if is_version(path.name)), key=parse_version))


def read_release(folder: Path) -> Release:
    """Read one release and check its seal; its other files are held against their digests when they are read.

    Parameters
    ----------
    folder : Path
        The release's own folder, named after its version.

    Raises
    ------
    OutsideError
        If it cannot be read.
    DataError
        If it is no release, of another layout, or was changed since it was made.
    """
    path = folder / INDEX
    try:
        if not path.exists():
            raise DataError("a file of the release is missing", where=str(path), hint=_BRING_BACK)
        data = read_data(path, what="a release", most_bytes=LONGEST_INDEX_BYTES)
    except OSError as error:
        raise OutsideError("cannot read the release", where=str(path), found=error.strerror) from error
    version = data.get("release_format") if isinstance(data, dict) else None
    if version != RELEASE_FORMAT:
        expected = f"release_format {RELEASE_FORMAT}"
        raise DataError(
            "not a release that this lusdata knows", where=str(path), expected=expected, found=str(version)[:80]
        )
    faults = schema_faults(data, version, kind="release")
    if faults:
        raise DataError("not a release", where=str(path), found=faults[0].clause)
    expected = seal(data)["sha256"]
    if data["sha256"] != expected:
        raise DataError(
            "the release was changed",
            where=str(path),
            expected=f"sha256 {data['sha256']}, its seal",
            found=expected,
            hint=_BRING_BACK,
        )
    if (data["collection"], data["version"]) != (folder.parent.name, folder.name):
        found = f"{data['collection']} {data['version']}"
        raise DataError("a release lies in another place", where=str(folder), found=found)
    return Release(data, folder)


def find_release(collection: str | Path, version: str) -> Release:
    """Find a release by the collection's name, or its folder, and the version.

    Raises
    ------
    UsageError
        If there is no such collection or release; the message lists those that there are.
    DataError, OutsideError
        As `read_release`.
    """
    parse_version(version)
    folder = releases_folder(find_collection(collection))
    known = releases_of(folder)
    if version not in known:
        expected = ("one of " + ", ".join(known)) if known else "a release, but none was made yet"
        hint = meant(version, known) or None
        raise UsageError("no such release", where=f"{collection}@{version}", expected=expected, hint=hint)
    return read_release(folder / version)


def seal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a release with the digest of it.

    Examples
    --------
    >>> seal(seal({"version": "1.0.0"})) == seal({"version": "1.0.0"})
    True
    """
    content = {key: value for key, value in data.items() if key != "sha256"}
    return {**content, "sha256": hashlib.sha256(canonical_bytes(content)).hexdigest()}


def manifest_files_of(manifests: Iterable[Manifest], *, part_bytes: int = _PART_BYTES) -> dict[str, bytes]:
    """Lay manifests out as the files of a release.

    Parameters
    ----------
    manifests : iterable of Manifest
        In any order.
    part_bytes : int
        Size that a file does not exceed, unless a single manifest does.

    Returns
    -------
    dict of str to bytes
        For each file name its lines, in the canonical form that manifests' digests are taken over, sorted by id.
    """
    parts: list[list[bytes]] = [[]]
    filled = 0
    for manifest in sorted(manifests, key=lambda manifest: manifest.id):
        line = canonical_bytes(manifest.data) + b"\n"
        if parts[-1] and filled + len(line) > part_bytes:
            parts.append([])
            filled = 0
        parts[-1].append(line)
        filled += len(line)
    return {f"manifests-{number}.jsonl": b"".join(lines) for number, lines in enumerate(parts)}
