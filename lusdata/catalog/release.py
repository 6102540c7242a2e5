"""Releases: a collection as it was, under a version that is never given twice.

``manifests/releases/<collection>/<version>.json`` tells what a release holds: the digest of every manifest, the folds,
the counts, what an audit found. ``<version>.jsonl.gz`` beside it holds the manifests themselves, so that a release can
be had after they changed. Both are sealed by digests, and never edited.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.catalog.collection import Collection, find_collection
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.migrate import migrate_data
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = [
    "FORMAT_VERSION",
    "Release",
    "find_release",
    "open_release",
    "pack",
    "parse_version",
    "read_release",
    "releases_folder",
    "releases_of",
    "seal",
]

FORMAT_VERSION = "1.0.0"
"""Version of the layout of a release file, apart from the version of a release."""

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
_KEYS = frozenset({"collection", "version", "date", "recordings", "manifests", "folds", "counts", "audit", "sha256"})
_MOST_BYTES = 200_000_000


@dataclass(frozen=True)
class Release:
    """A release that was read and is whole.

    Attributes
    ----------
    data : Mapping
        The content of its file.
    path : Path
        The file.
    """

    data: Mapping[str, Any]
    path: Path

    @property
    def collection(self) -> str:
        """Name of the collection."""
        return str(self.data["collection"])

    @property
    def version(self) -> str:
        """The version, such as ``1.0.0``."""
        return str(self.data["version"])

    @property
    def digest(self) -> str:
        """Sha256 of everything in the file but this digest."""
        return str(self.data["sha256"])

    @property
    def recordings(self) -> Mapping[str, str]:
        """The digest of every manifest, by the recording's id."""
        recordings: Mapping[str, str] = self.data["recordings"]
        return recordings

    @property
    def folds(self) -> Mapping[str, Any]:
        """The fold table, as `lusdata.dataset.folds.table.FoldTable.to_json` writes it."""
        folds: Mapping[str, Any] = self.data["folds"]
        return folds

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """Every manifest as it was released, sorted by id; older schema versions are brought to the newest.

        Raises
        ------
        DataError
            If the file beside the release is missing or was changed.
        OutsideError
            If it cannot be read.
        """
        entry = self.data["manifests"]
        path = self.path.with_name(Path(str(entry["file"])).name)
        content = _unpacked(path)
        found = hashlib.sha256(content).hexdigest()
        if found != entry["sha256"]:
            raise DataError(
                "the manifests of a release were changed", where=str(path), expected=entry["sha256"], found=found
            )
        # Not splitlines: a text of a manifest may hold a sign that Unicode counts as a line break.
        documents = [json.loads(line) for line in content.decode("utf-8").rstrip("\n").split("\n")]
        digests = {str(data["id"]): hashlib.sha256(canonical_bytes(data)).hexdigest() for data in documents}
        if digests != dict(self.recordings):
            raise DataError("a release and its manifests differ", where=str(path))
        found_manifests = (Manifest(migrate_data(data)[1]) for data in documents)
        return tuple(sorted(found_manifests, key=lambda manifest: manifest.id))

    def as_collection(self) -> Collection:
        """Return the release as a collection, which everything that takes a collection takes."""
        return Collection(self.collection, self.path.parent.parent.parent / self.collection, self.manifests)


def parse_version(text: str) -> tuple[int, int, int]:
    """Read a version.

    Raises
    ------
    UsageError
        If it is not three whole numbers.

    Examples
    --------
    >>> parse_version("1.10.0") > parse_version("1.9.3")
    True
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise UsageError("not a version of a release", expected="three numbers, such as 1.0.0", found=repr(text)[:60])
    return int(match[1]), int(match[2]), int(match[3])


def releases_folder(collection_root: Path) -> Path:
    """Return where the releases of a collection lie, given its folder."""
    root = collection_root.resolve()
    return root.parent / "releases" / root.name


def releases_of(folder: Path) -> tuple[str, ...]:
    """Return the versions in a folder of releases, the oldest first."""
    names = [path.stem for path in folder.glob("*.json") if _VERSION.fullmatch(path.stem)]
    return tuple(sorted(names, key=parse_version))


def read_release(path: Path) -> Release:
    """Read one release and check its seal.

    Raises
    ------
    OutsideError
        If it cannot be read.
    DataError
        If it is no release, of another layout, or was changed since it was made.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutsideError("cannot read the release", where=str(path), found=error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise DataError("not valid JSON", where=str(path), found=str(error)) from error
    version = data.get("release_format") if isinstance(data, dict) else None
    if version != FORMAT_VERSION:
        expected = f"release_format {FORMAT_VERSION}"
        raise DataError("not a release that this lusdata knows", where=str(path), expected=expected, found=str(version))
    if not data.keys() >= _KEYS:
        raise DataError("fields are missing", where=str(path), found=", ".join(sorted(_KEYS - data.keys())))
    expected = seal(data)["sha256"]
    if data["sha256"] != expected:
        hint = "a release is never edited: bring the file back with git, and make a new release"
        raise DataError(
            "a release was changed", where=str(path), expected=expected, found=str(data["sha256"]), hint=hint
        )
    if (data["collection"], data["version"]) != (path.parent.name, path.stem):
        found = f"{data['collection']} {data['version']}"
        raise DataError("a release lies in another place", where=str(path), found=found)
    return Release(data, path)


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
        raise UsageError("no such release", where=f"{collection}@{version}", expected=expected)
    return read_release(folder / f"{version}.json")


def open_release(text: str) -> Collection:
    """Open ``name@version`` as a collection: its manifests as they were released.

    Raises
    ------
    UsageError
        If there is no such release.
    """
    collection, _, version = text.rpartition("@")
    return find_release(collection, version).as_collection()


def seal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a release with the digest of it."""
    content = {key: value for key, value in data.items() if key != "sha256"}
    return {**content, "sha256": hashlib.sha256(canonical_bytes(content)).hexdigest()}


def pack(manifests: Sequence[Manifest] | Iterable[Manifest]) -> tuple[bytes, str]:
    """Return manifests as a compressed file, and the digest of what is in it.

    The digest is of the lines and not of the file: another version of the compressor may write other bytes.
    """
    lines = sorted((manifest.id, canonical_bytes(manifest.data)) for manifest in manifests)
    content = b"".join(line + b"\n" for _, line in lines)
    return gzip.compress(content, compresslevel=9, mtime=0), hashlib.sha256(content).hexdigest()


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as stream:
            # A small file from a stranger can unpack to more than the memory holds.
            content = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise DataError("the manifests of a release are missing", where=str(path)) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError("the manifests of a release are damaged", where=str(path), found=str(error)) from error
    except OSError as error:
        raise OutsideError("cannot read the manifests of a release", where=str(path), found=error.strerror) from error
    if len(content) > _MOST_BYTES:
        raise DataError("the manifests of a release are too large", where=str(path), expected=f"{_MOST_BYTES:,} bytes")
    return content
