"""``dataset.json``: what a dataset is, and where its rows lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.catalog.about import About
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import LONGEST_INDEX_BYTES, parse_data, read_data
from lusdata.catalog.release import folds_file
from lusdata.catalog.severity import Scale, scale_of
from lusdata.dataset.folder import INDEX, PARTS
from lusdata.dataset.formats.table import FORMATS, Place
from lusdata.dataset.reading.index_fault import fault_of
from lusdata.dataset.reading.integrity import require_intact
from lusdata.dataset.reading.seal import check_seal
from lusdata.dataset.recipe import Recipe
from lusdata.errors import DataError, OutsideError, UsageError

__all__ = ["FORMAT_VERSION", "MANIFESTS", "Entry", "Index", "is_dataset", "open_index"]

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
