"""Everything about one row: where it comes from, where it stands in splits, and what came of it since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lusdata.dataset.reading.index import Index
from lusdata.dataset.trace.history import Held, Today, releases_with, today_of
from lusdata.dataset.trace.reread import Reproduction, check_row
from lusdata.dataset.trace.row import TracedRow, find_row
from lusdata.errors import LusdataError
from lusdata.releases.folds import DEFAULT_SEED
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.parts import DEFAULT_K, UNITS, frame_draw
from lusdata.splits.folds.table import read_fold_table

__all__ = ["FoldPlace", "Trace", "trace"]


@dataclass(frozen=True)
class FoldPlace:
    """Where a row stands in one split.

    Attributes
    ----------
    by : str
        What the split keeps together.
    k, fold : int
        Number of folds, and that in which the row is tested.
    frozen : bool
        Whether a release froze the split, or it was made now from the dataset's manifests.
    """

    by: str
    k: int
    fold: int
    frozen: bool


@dataclass(frozen=True)
class Trace:
    """What is known of one row.

    Attributes
    ----------
    index : Index
        The dataset.
    row : TracedRow
        The row.
    crop : tuple of int
        The window that was used: left, top, width and height in pixels of the file.
    folds : tuple of FoldPlace
        Where it is tested.
    today : Today
        What became of the recording's manifest.
    releases : tuple of Held
        The releases that know the recording.
    check : Reproduction
        Whether the file gives the row again.
    """

    index: Index
    row: TracedRow
    crop: tuple[int, ...]
    folds: tuple[FoldPlace, ...]
    today: Today
    releases: tuple[Held, ...]
    check: Reproduction

    def as_dict(self) -> dict[str, Any]:
        """Return the trace as plain data for JSON."""
        row, manifest = self.row, self.row.manifest
        source = manifest.data["source"]
        told = ("provider", "doi", "page", "path", "locations", "sha256", "size_bytes", "licence", "attribution")
        return {
            "dataset": {
                "folder": str(self.index.folder),
                "name": self.index.name,
                "release": None if self.index.release is None else self.index.release["version"],
                "rows_sha256": self.index.rows_sha256,
                "recipe": self.index.recipe.as_dict(),
                "versions": self.index.data["versions"],
            },
            "row": row.number,
            "shard": row.shard,
            "shard_row": row.shard_row,
            "recording": row.entry.id,
            "kind": manifest.kind,
            "class": manifest.class_name,
            "probe": manifest.probe,
            "group": {"id": manifest.group_id, "basis": manifest.group_basis},
            "frame_index": row.frame_index,
            "time_s": row.time_s,
            "position": row.position,
            "frames": row.entry.place.rows,
            "pixels_sha256": row.pixels_sha256,
            "crop": list(self.crop),
            "source": {name: source[name] for name in told if name in source},
            "manifest_sha256": manifest.digest,
            "folds": [asdict(fold) for fold in self.folds],
            "today": asdict(self.today) | {"fields": [asdict(field) for field in self.today.fields]},
            "releases": [asdict(held) for held in self.releases],
            "check": asdict(self.check),
        }


def trace(
    index: Index,
    row: str,
    frame_index: int | None = None,
    *,
    collection: Path | None = None,
    mirrors: Iterable[str | Path] = (),
    cache: str | Path | None = None,
) -> Trace:
    """Find out everything about a row; no network is asked.

    Parameters
    ----------
    index : Index
        The dataset.
    row, frame_index
        Which row, see `lusdata.dataset.trace.row.find_row`.
    collection : Path, optional
        The collection's folder as it is today; without it nothing is said of today and of releases.
    mirrors : iterable of str or Path
        Folders that may hold the recording's file.
    cache : str or Path, optional
        The cache folder, which may hold it too.

    Raises
    ------
    UsageError
        If there is no such row, or a mirror does not exist.
    DataError
        If a shard is missing or damaged.
    OutsideError
        If the cache cannot be written.
    """
    found = find_row(index, row, frame_index)
    today = today_of(collection, found.manifest)
    if today.state in ("withdrawn", "gone"):
        check = Reproduction("withdrawn", "the recording is not read again, since it was withdrawn")
    else:
        check = check_row(index, found, mirrors=mirrors, cache=cache)
    recorded = next(item for item in index.data["recordings"] if item["id"] == found.entry.id)
    return Trace(
        index=index,
        row=found,
        crop=tuple(recorded["crop"]),
        folds=_folds(index, found),
        today=today,
        releases=() if collection is None else releases_with(collection, found.manifest),
        check=check,
    )


def _folds(index: Index, row: TracedRow) -> tuple[FoldPlace, ...]:
    """Tell where a row is tested, for every split; a split that the collection is too small for is left out."""
    found = []
    for by in UNITS:
        path = index.folds_path(by)
        try:
            frozen = None if path is None else read_fold_table(path)
            table = frozen or make_folds(index.manifests, by=by, unknown="together")
        except LusdataError:
            continue
        if table.by == "frame":
            fold, _ = frame_draw(row.entry.id, row.frame_index, k=DEFAULT_K, seed=DEFAULT_SEED)
        else:
            fold = table.fold_of[table.unit_of[row.entry.id]]
        found.append(FoldPlace(by, table.k, fold, frozen=path is not None))
    return tuple(found)
