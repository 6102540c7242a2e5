"""Make a release: decide whether there may be one, freeze folds, and write it whole."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata import __version__
from lusdata.atomic import new_folder
from lusdata.catalog.changes import Change, Comparison, Kind, Weight, compare_collections
from lusdata.catalog.collection import Collection
from lusdata.catalog.counts import count_recordings
from lusdata.catalog.folders import collection_names, find_collection
from lusdata.catalog.release import (
    INDEX,
    RELEASE_FORMAT,
    Release,
    folds_file,
    manifest_files_of,
    read_release,
    releases_folder,
    releases_of,
    seal,
)
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.version import least_version, parse_version
from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.releases.certificate import certificate
from lusdata.releases.check import broken_releases
from lusdata.releases.folds import frozen_table, origin_of
from lusdata.splits.audit.report import audit_split
from lusdata.splits.audit.split import split_of_table
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.parts import DEFAULT_K, SplitUnit, Unknown
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import unit_ids

__all__ = ["FROZEN_UNITS", "ReleasePlan", "last_release", "plan_release", "write_release"]

FROZEN_UNITS: tuple[SplitUnit, ...] = ("patient", "video", "source")
"""What the fold tables of a release keep together. A split by frame is a rule and needs none."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class ReleasePlan:
    """A release that may be written.

    Attributes
    ----------
    folder : Path
        Where it will lie.
    files : Mapping of str to bytes
        The content of every file.
    comparison : Comparison or None
        What changed since the release before it; None for the first one.
    """

    folder: Path
    files: Mapping[str, bytes]
    comparison: Comparison | None


def last_release(collection: Collection) -> Release | None:
    """Return the newest release of a collection; None if there is none.

    Raises
    ------
    UsageError
        If the collection is itself a release.
    DataError
        If a release was changed; see `lusdata.releases.check.broken_releases`.
    """
    if collection.release is not None:
        raise UsageError("a release cannot be released again", where=collection.label, expected="a collection")
    broken = broken_releases(collection.root)
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        hint = broken[0].hint or "run: lusdata release --check"
        raise DataError(f"{broken[0].code}{more}: {broken[0].message}", where=broken[0].file, hint=hint)
    folder = releases_folder(collection.root)
    versions = releases_of(folder)
    return read_release(folder / versions[-1]) if versions else None


def plan_release(
    collection: Collection,
    previous: Release | None,
    *,
    version: str,
    date: str,
    notes: str = "",
    unknown: Unknown | None = None,
) -> ReleasePlan:
    """Decide what a release holds, or why there may be none.

    Parameters
    ----------
    collection : Collection
        The working state, checked.
    previous : Release or None
        The release before it, from `last_release`.
    version : str
        Its version: three numbers, above those of `previous` by at least what the changes weigh.
    date : str
        Its date, as 2026-01-31.
    notes : str
        What a user should know about it, in a sentence or two.

    Returns
    -------
    ReleasePlan
        The same for the same collection, previous release, version, date and notes.

    Raises
    ------
    UsageError
        If the version is none, is taken, or is too low; or if the date is none.
    DataError
        If a recording of the release before it is gone, nothing changed, or the folds leak.
    """
    numbers = parse_version(version)
    if not _DATE.fullmatch(date):
        raise UsageError("not a date", expected="year-month-day, such as 2026-01-31", found=repr(date)[:40])
    comparison = None
    if previous is not None:
        if numbers <= parse_version(previous.version):
            known = releases_of(previous.folder.parent)
            what = "the version was given before" if version in known else "the version is not above the last one"
            raise UsageError(what, where=version, expected=f"above {previous.version}")
        comparison = compare_collections(previous.manifests, collection.manifests)
        _check_changes(comparison, previous, version, spoken=_spoken(collection))
    tables = {by: table for by in FROZEN_UNITS if (table := _frozen(collection, previous, by, unknown)) is not None}
    if "patient" not in tables:
        raise DataError(
            "there are too few patient groups for folds",
            where=collection.name,
            expected="at least 2 with a recording that can be built",
        )
    by_patient = tables["patient"]
    split = split_of_table(by_patient, collection.manifests, source=origin_of(collection, by_patient))
    report = audit_split(collection, split)
    if not report.clean:
        first = next(finding for _, finding in report.findings if finding.level == "error")
        raise DataError(
            f"the folds leak: {first.message}", where=first.subject, hint=f"run: lusdata audit {_spoken(collection)}"
        )
    files = {
        **{folds_file(by): table.to_json().encode("utf-8") for by, table in tables.items()},
        **manifest_files_of(collection.manifests),
    }
    data = seal(
        {
            "release_format": RELEASE_FORMAT,
            "collection": collection.name,
            "version": version,
            "date": date,
            "notes": " ".join(notes.split()),
            "previous": None if previous is None else {"version": previous.version, "sha256": previous.digest},
            "changes": None if comparison is None else _tally(comparison),
            "versions": {"lusdata": __version__, "manifest_schema": NEWEST},
            "counts": count_recordings(collection.manifests),
            "audit": certificate(collection, report),
            "withdrawn": _withdrawn(collection),
            "files": {
                name: {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in files.items()
            },
            "recordings": {manifest.id: manifest.digest for manifest in collection.manifests},
        }
    )
    index = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    folder = releases_folder(collection.root) / version
    return ReleasePlan(folder, {**files, INDEX: index.encode("utf-8")}, comparison)


def _spoken(collection: Collection) -> str:
    """Return what a command line calls a collection."""
    shipped = collection.name in collection_names() and collection.root == find_collection(collection.name)
    return collection.name if shipped else str(collection.root)


def _check_changes(comparison: Comparison, previous: Release, version: str, *, spoken: str) -> None:
    removed = comparison.of("removed")
    if removed:
        raise DataError(
            "a recording of the last release has no manifest any more",
            where=_named(change.id for change in removed),
            hint='bring the file back; to take a recording out, set its status to "withdrawn" with a reason',
        )
    weight = comparison.weight
    if weight is None:
        raise DataError("nothing changed", where=previous.label, hint="there is nothing to release")
    least = least_version(previous.version, weight)
    if parse_version(version) < parse_version(least):
        raise UsageError(
            f"the changes are {weight}, the version is too low for them",
            where=version,
            expected=f"at least {least}",
            found=_reasons(comparison, weight),
            hint=f"lusdata diff {spoken}@{previous.version} {spoken} shows every change",
        )


def _reasons(comparison: Comparison, weight: Weight) -> str:
    """Name what weighs the most."""
    heavy = [f"{change.id} ({_why(change)})" for change in comparison.changes if change.weight == weight]
    joined = [f"{name} (other group)" for name in comparison.regrouped] if not heavy else []
    return _named(heavy or joined)


def _why(change: Change) -> str:
    if change.kind != "changed":
        return change.kind
    return ", ".join(field.json_path for field in change.fields[:3]) + (" …" if len(change.fields) > 3 else "")


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3:,} more" if len(listed) > 3 else "")


def _frozen(
    collection: Collection, previous: Release | None, by: SplitUnit, unknown: Unknown | None
) -> FoldTable | None:
    """Make the table of one unit on top of the last release's; None if there are too few units for folds."""
    earlier = None if previous is None else frozen_table(previous, by)
    units = unit_ids(collection.manifests, by, unknown=unknown)
    number = len({units[manifest.id] for manifest in collection.buildable})
    k = min(earlier.k if earlier else DEFAULT_K, number)
    if k < 2:
        return None
    kept = earlier if earlier is not None and earlier.k == k else None
    return make_folds(collection.manifests, by=by, k=k, seed=kept.seed if kept else 0, previous=kept, unknown=unknown)


def _tally(comparison: Comparison) -> dict[str, Any]:
    kinds: tuple[Kind, ...] = ("added", "changed", "withdrawn")
    return {
        "weight": comparison.weight,
        **{kind: len(comparison.of(kind)) for kind in kinds},
        "regrouped": len(comparison.regrouped),
    }


def _withdrawn(collection: Collection) -> list[dict[str, str]]:
    return [
        {"id": manifest.id, "since": manifest.since, "reason": str(manifest.data["status"].get("reason", ""))}
        for manifest in collection.manifests
        if manifest.state == "withdrawn"
    ]


def write_release(plan: ReleasePlan) -> Release:
    """Write a release, whole or not at all.

    Raises
    ------
    UsageError
        If somebody made this release in the meantime.
    OutsideError
        If it cannot be written.
    """
    home = plan.folder.parent
    try:
        home.mkdir(parents=True, exist_ok=True)
        with new_folder(plan.folder) as temporary:
            for name, content in plan.files.items():
                (temporary / name).write_bytes(content)
            if plan.folder.exists():
                raise UsageError("the version was given before", where=str(plan.folder))
    except OSError as error:
        raise OutsideError("cannot write the release", where=str(home), found=error.strerror) from error
    return read_release(plan.folder)
