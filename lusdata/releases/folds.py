"""Fold tables of a release: what was frozen is read, not made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lusdata.catalog.collection import Collection
from lusdata.catalog.release import Release, folds_file
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.parts import SplitUnit, Unknown
from lusdata.splits.folds.table import FoldTable

__all__ = ["DEFAULT_SEED", "frozen_table", "moved_recordings", "origin_of", "pick_table", "table_of"]

DEFAULT_SEED = 0


def frozen_table(release: Release, by: str) -> FoldTable | None:
    """Read a release's table; None if it froze none for this unit.

    Raises
    ------
    DataError
        If the file is missing or was changed.
    OutsideError
        If it cannot be read.
    """
    if by not in release.fold_units:
        return None
    return FoldTable.from_json(release.folds_text(by), where=str(release.folder / folds_file(by)))


def pick_table(
    frozen: FoldTable | None, *, k: int | None, seed: int | None, unknown: str | None = None, target: object = None
) -> FoldTable | None:
    """Return a frozen table if it has the wanted settings, or if none are wanted."""
    if frozen is None:
        return None
    wanted = (
        k in (None, frozen.k),
        seed in (None, frozen.seed),
        frozen.unknown is None or unknown in (None, frozen.unknown),
        target in (None, "class", frozen.target),
    )
    return frozen if all(wanted) else None


def table_of(
    collection: Collection,
    *,
    by: SplitUnit = "patient",
    k: int | None = None,
    seed: int | None = None,
    rate_hz: float | None = None,
    max_frames: int | None = None,
    previous: FoldTable | None = None,
    unknown: Unknown | None = None,
    target: str | Sequence[str] | None = None,
) -> FoldTable:
    """Return the folds of a collection: of a release those that it froze, otherwise made now.

    Parameters
    ----------
    collection : Collection
        The working state of a folder, or a release.
    by, k, seed, rate_hz, max_frames
        See `lusdata.make_folds`. Of a release, what is not given follows from its table; folds with other settings
        than that are made from the release's manifests.
    previous : FoldTable, optional
        An earlier table that folds which are made now keep to. What a release froze is as it is.
    unknown, target
        See `lusdata.make_folds`.

    Raises
    ------
    UsageError, DataError
        As `lusdata.make_folds`.
    """
    frozen = None if collection.release is None else frozen_table(collection.release, by)
    found = pick_table(frozen, k=k, seed=seed, unknown=unknown, target=target)
    wanted: Mapping[str, float | None] = {"rate_hz": rate_hz, "max_frames": max_frames}
    if found is not None and all(value in (None, getattr(found, name)) for name, value in wanted.items()):
        return found
    return make_folds(
        collection.manifests,
        by=by,
        k=k,
        seed=DEFAULT_SEED if seed is None else seed,
        rate_hz=3.0 if rate_hz is None else rate_hz,
        max_frames=30 if max_frames is None else max_frames,
        previous=previous,
        unknown=unknown,
        target=target,
        about=collection.about,
    )


def origin_of(collection: Collection, table: FoldTable) -> str:
    """Say for people where the folds of a collection come from."""
    more = f", unknown={table.unknown}" if table.unknown else ""
    more += f", target={table.target}" if table.target else ""
    origin = f"folds by {table.by}, k={table.k}, seed={table.seed}{more}"
    release = collection.release
    frozen = release is not None and table == frozen_table(release, table.by)
    return f"{origin}, frozen in release {release.version}" if release is not None and frozen else origin


def moved_recordings(before: FoldTable, after: FoldTable) -> dict[str, tuple[int, int]]:
    """Return the recordings that two tables test in different folds, each with both folds."""
    moved = {}
    for name in after.recordings:
        if name in before.unit_of:
            folds = before.fold_of[before.unit_of[name]], after.fold_of[after.unit_of[name]]
            if folds[0] != folds[1]:
                moved[name] = folds
    return moved
