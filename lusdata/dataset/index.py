"""``dataset.json``: what a dataset is, where its rows lie, and how to tell that it is whole."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from lusdata.catalog.about import About
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, parse_data, read_data
from lusdata.catalog.releases.release import folds_file
from lusdata.catalog.severity import Scale, scale_of
from lusdata.dataset.folder import INDEX, PARTS
from lusdata.dataset.index_fault import fault_of
from lusdata.dataset.integrity import require_intact
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.shards import FORMATS, Place
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = [
    "FORMAT_VERSION",
    "MANIFESTS",
    "Entry",
    "Index",
    "check_seal",
    "is_dataset",
    "open_index",
    "read_recordings",
    "rows_digest",
    "sealed",
    "verify",
]

FORMAT_VERSION = "1.1.0"
"""Version of the layout of a dataset folder, apart from the versions of lusdata and of the manifest schema."""

_READ_VERSIONS = ("1.0.0", FORMAT_VERSION)

MANIFESTS = "manifests.jsonl"
"""The whole collection's manifests, one a line, so that the folder explains itself."""


@dataclass(frozen=True)
class Entry:
    """One recording of a dataset.

    Attributes
    ----------
    id : str
        The recording.
    shard : int
        Position of its shard in the dataset's list.
    place : Place
        Where its rows lie in the shard.
    first_row : int
        Number of its first row, counted over all shards.
    digest : str
        Sha256 of its decoded frames.
    """

    id: str
    shard: int
    place: Place
    first_row: int
    digest: str


@dataclass(frozen=True)
class Index:
    """An opened dataset folder.

    Attributes
    ----------
    folder : Path
        The folder.
    data : Mapping
        The content of ``dataset.json``.
    """

    folder: Path
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the collection."""
        return str(self.data["name"])

    @property
    def format(self) -> str:
        """Format of the shards."""
        return str(self.data["format"])

    @property
    def release(self) -> Mapping[str, Any] | None:
        """The release that it was built from: ``version``, ``sha256`` and more; None for the working state."""
        release: Mapping[str, Any] | None = self.data.get("release")
        return release

    @property
    def label(self) -> str:
        """Name for people: with the version, if it was built from a release."""
        return self.name if self.release is None else f"{self.name}@{self.release['version']}"

    def folds_path(self, by: str) -> Path | None:
        """Return the file of the fold table that its release froze for a unit; None if there is none."""
        names = () if self.release is None else (str(item["file"]) for item in self.release["folds"])
        return self.folder / folds_file(by) if folds_file(by) in names else None

    @property
    def rows_sha256(self) -> str:
        """Logical digest: what the decoded rows are, whatever the format of the shards."""
        return str(self.data["rows_sha256"])

    @cached_property
    def recipe(self) -> Recipe:
        """The settings it was built with."""
        return Recipe.from_dict(self.data["recipe"])

    @cached_property
    def about(self) -> About:
        """What the collection said of itself when the dataset was built."""
        return About(self.data.get("about", {}))

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """Scales of severity by name: those that came with lusdata, and those that the dataset carries."""
        carried = (scale_of(entry) for entry in self.data.get("scales", ()))
        return {**self.about.scales, **{scale.name: scale for scale in carried}}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The recordings, in the order of the rows."""
        entries = []
        first_row = 0
        for item in self.data["recordings"]:
            place = Place(item["position"], item["rows"])
            entries.append(Entry(item["id"], item["shard"], place, first_row, item["frames_sha256"]))
            first_row += place.rows
        return tuple(entries)

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """The collection's manifests, whatever their state; sorted by id."""
        path = self.folder / MANIFESTS
        require_intact(self.folder, [self.data["manifests"]], again=False)
        try:
            ledger = path.read_bytes()
        except OSError as error:
            raise OutsideError("cannot read the dataset", where=str(path), found=error.strerror) from error
        # Not splitlines: a text of a manifest may hold a sign that Unicode counts as a line break.
        lines = ledger.rstrip(b"\n").split(b"\n")
        found = tuple(_manifest(line, f"{path}, line {number}") for number, line in enumerate(lines, 1))
        if len({manifest.id for manifest in found}) < len(found):
            raise DataError("a recording has two manifests", where=str(path))
        unknown = sorted({item["id"] for item in self.data["recordings"]} - {manifest.id for manifest in found})
        if unknown:
            raise DataError("a recording of the dataset has no manifest", where=str(path), found=unknown[0])
        return found

    @property
    def files(self) -> tuple[Mapping[str, Any], ...]:
        """Every file of the folder that has a digest: its ``file``, ``size_bytes`` and ``sha256``."""
        tables = () if self.release is None else self.release["folds"]
        return (*self.data["shards"], self.data["manifests"], *tables)

    def shard_path(self, number: int) -> Path:
        """Return the path of a shard."""
        return self.folder / str(self.data["shards"][number]["file"])


def is_dataset(folder: Path) -> bool:
    """Tell whether a folder holds a dataset, finished or not."""
    return (folder / INDEX).is_file() or (folder / PARTS).is_dir()


def open_index(folder: Path, *, unchanged: bool = True) -> Index:
    """Open a dataset folder.

    Parameters
    ----------
    folder : Path
        A folder that ``lusdata build`` finished.
    unchanged : bool
        Hold ``dataset.json`` against its seal; False for what reports a change itself.

    Raises
    ------
    UsageError
        If it is no dataset.
    DataError
        If the build was interrupted, the layout is of another version, or ``dataset.json`` was changed since.
    """
    path = folder / INDEX
    try:
        if not path.exists():
            raise _no_dataset(folder)
        data = read_data(path, what="a dataset", most_bytes=LONGEST_INDEX_BYTES)
    except OSError as error:
        raise OutsideError("cannot read the dataset", where=str(path), found=error.strerror) from error
    version = data.get("format_version") if isinstance(data, dict) else None
    if version not in _READ_VERSIONS or data.get("format") not in tuple(FORMATS):
        raise DataError(
            "a dataset of another version",
            where=str(path),
            expected="format version " + " or ".join(_READ_VERSIONS),
            found=f"{version}"[:80],
            hint="build it again, or use the lusdata that made it: " + str(_made_by(data))[:80],
        )
    fault = fault_of(data)
    if fault is not None:
        raise DataError("the dataset is damaged", where=str(path), found=fault, hint="build it again")
    index = Index(folder, data)
    if unchanged:
        check_seal(index)
    return index


def _no_dataset(folder: Path) -> DataError | UsageError:
    if (folder / PARTS).is_dir():
        hint = "run the same lusdata build again to go on"
        return DataError("the dataset is not finished", where=str(folder), hint=hint)
    return UsageError("not a dataset", where=str(folder), expected=f"a folder with {INDEX}")


def _manifest(line: bytes, where: str) -> Manifest:
    """Read a manifest of a dataset, which may come from a stranger or be of an older schema."""
    try:
        return Manifest(migrate_data(parse_data(line, where))[1])
    except DataError as error:
        error.where = where
        raise


def _made_by(data: object) -> object:
    versions = data.get("versions") if isinstance(data, dict) else None
    return versions.get("lusdata", "unknown") if isinstance(versions, dict) else "unknown"


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of ``dataset.json`` with the digest of it, its seal.

    Examples
    --------
    >>> sealed(sealed({"name": "pocus"})) == sealed({"name": "pocus"})
    True
    """
    content = {key: value for key, value in data.items() if key != "sha256"}
    return {**content, "sha256": hashlib.sha256(canonical_bytes(content)).hexdigest()}


def check_seal(index: Index) -> None:
    """Refuse a ``dataset.json`` that is not what its seal says; one without a seal is of an earlier lusdata.

    Raises
    ------
    DataError
        If it was changed.
    """
    expected = sealed(index.data)["sha256"]
    if index.data.get("sha256", expected) != expected:
        raise DataError(
            "the file was changed since the dataset was built",
            where=str(index.folder / INDEX),
            expected=f"sha256 {index.data['sha256']}, its seal",
            found=expected,
            hint="build into a new folder",
        )


def rows_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of a dataset's content.

    Parameters
    ----------
    rows : iterable of Mapping
        For each recording its id, class, probe, group, crop, source_sha256 and frames_sha256.

    Returns
    -------
    str
        Sha256 as 64 hexadecimal digits; the same for any order, format, compression and number of shards.
    """
    lines = sorted(canonical_bytes(row) for row in rows)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def read_recordings(index: Index, entries: Sequence[Entry]) -> Iterator[tuple[list[int], list[float], list[bytes]]]:
    """Read recordings in the given order, from shards that are what ``dataset.json`` says.

    Parameters
    ----------
    index : Index
        The dataset.
    entries : sequence of Entry
        Some of its recordings. Reading is fastest in the order of the rows.

    Yields
    ------
    tuple
        Frame indices, times in seconds, and the PNG files of one recording.

    Raises
    ------
    DataError
        If a shard is missing, or was changed since it was built.
    OutsideError
        If a shard cannot be read.
    """
    start = 0
    while start < len(entries):
        shard = entries[start].shard
        stop = start
        while stop < len(entries) and entries[stop].shard == shard:
            stop += 1
        path = index.shard_path(shard)
        require_intact(index.folder, [index.data["shards"][shard]], again=False)
        try:
            found = _reader(index.format)(path, [entry.place for entry in entries[start:stop]])
            for entry, rows in zip(entries[start:stop], found, strict=True):
                _check_rows(index, entry, *rows)
                yield rows
        except OSError as error:
            raise OutsideError("a shard cannot be read", where=str(path), found=str(error)) from error
        start = stop


def _check_rows(
    index: Index, entry: Entry, indices: Sequence[Any], times_s: Sequence[Any], files: Sequence[Any]
) -> None:
    """Refuse rows that no build writes: what reads them may rely on their form."""
    from lusdata.media.png import png_size

    recipe = index.recipe
    if not all(isinstance(value, int) for value in indices) or any(a >= b for a, b in pairwise((-1, *indices))):
        fault = "frame indices that do not rise from 0 on"
    elif not all(isinstance(value, float) and math.isfinite(value) for value in times_s) or any(
        a > b for a, b in pairwise((0.0, *times_s))
    ):
        fault = "times that do not rise from 0 on"
    elif not all(isinstance(value, bytes) for value in files):
        fault = "a row without a picture"
    elif any(png_size(value) != (recipe.size_px, recipe.size_px) for value in files):
        fault = f"a picture that is no PNG file of {recipe.size_px} x {recipe.size_px} px"
    else:
        return
    raise DataError("a recording of the dataset is damaged", where=entry.id, found=fault, hint="build it anew")


def _reader(format_: str) -> Any:
    # Only the package of the dataset's own format is loaded.
    if format_ == "parquet":
        from lusdata.dataset import parquet

        return parquet.read_rows
    from lusdata.dataset import tfrecord

    return tfrecord.read_rows


def verify(index: Index, *, deep: bool = False) -> None:
    """Check that a dataset is whole.

    Parameters
    ----------
    index : Index
        The dataset.
    deep : bool
        Decode every frame as well and compare it with the digest of its recording.

    Raises
    ------
    DataError
        At the first file or recording that is not what ``dataset.json`` says.
    """
    require_intact(index.folder, index.files)
    if deep:
        _verify_frames(index)


def _verify_frames(index: Index) -> None:
    import numpy as np

    from lusdata.dataset.parts import frames_digest
    from lusdata.media.png import decode_png

    for entry, (frame_indices, times_s, pictures) in zip(
        index.entries, read_recordings(index, index.entries), strict=True
    ):
        times_us = np.rint(np.asarray(times_s) * 1e6).astype(np.int64)
        images = np.stack([decode_png(picture) for picture in pictures])
        found = frames_digest(images, np.asarray(frame_indices), times_us)
        if found != entry.digest:
            raise DataError("a recording's frames were changed", where=entry.id, expected=entry.digest, found=found)
