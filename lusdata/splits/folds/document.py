"""A fold table as the document that is written: small, versioned JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lusdata.catalog.schema import schema_faults
from lusdata.errors import DataError
from lusdata.splits.folds.parts import UNITS, ClassCount, Unit

if TYPE_CHECKING:
    from lusdata.splits.folds.table import FoldTable

__all__ = ["VERSIONS", "is_fold_table", "table_of_data", "text_of"]

_PLAIN, _WITH_TARGET, _BY_COLLECTION = VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
"""The versions that lusdata reads. A table that needs nothing new is written as it always was."""

_MOST_FOLDS = 10_000

_SCHEMA = "https://github.com/lusdata/lusdata/schemas/folds/{}.json"


def text_of(table: FoldTable) -> str:
    """Return the table as text, one recording a line, so that additions make short diffs."""
    units = [{"id": unit.id, "fold": unit.fold, "recordings": list(unit.recordings)} for unit in table.units]
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for row in table.counts:
        cell = {"recordings": row.recordings, "groups": row.groups, "frames": row.frames}
        counts.setdefault(str(row.fold), {})[row.class_name] = cell
    version = _PLAIN if table.unknown is None and table.target is None else _WITH_TARGET
    if table.by == "collection":
        version = _BY_COLLECTION
    document = {
        "$schema": _SCHEMA.format(version),
        "folds_version": version,
        "settings": table.settings,
        "catalog_sha256": table.catalog_digest,
        "counts": counts,
        "units": units,
        "validation": {str(i): list(names) for i, names in enumerate(table.validation)},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def table_of_data(cls: type[FoldTable], data: Any, where: str | None) -> FoldTable:
    """Rebuild a table from the parsed document; see `lusdata.splits.folds.table.FoldTable.from_json`."""
    if not is_fold_table(data):
        raise DataError("not a fold table", where=where, expected="a file written by lusdata folds")
    version = data["folds_version"]
    if version not in VERSIONS:
        raise DataError(
            "unknown version of the fold table",
            where=where,
            expected=f"{', '.join(VERSIONS[:-1])} or {VERSIONS[-1]}",
            found=repr(version)[:80],
            hint="a newer lusdata may know it: python -m pip install --upgrade lusdata",
        )
    faults = schema_faults(data, version, kind="folds")
    if faults:
        raise DataError("the fold table is damaged", where=where, found=faults[0].clause, hint="make it again")
    lacking = _missing_round(data)
    if lacking is not None:
        raise DataError("the fold table is damaged", where=where, found=lacking, hint="make it again")
    table = _rebuilt(cls, data)
    fault = _contradiction(table)
    if fault:
        raise DataError("the fold table contradicts itself", where=where, found=fault, hint="make it again")
    return table


def is_fold_table(data: object) -> bool:
    """Tell whether a parsed document is a fold table of ours, of whatever version."""
    return isinstance(data, Mapping) and "folds_version" in data


def _rebuilt(cls: type[FoldTable], data: Mapping[str, Any]) -> FoldTable:
    settings = data["settings"]
    k = int(settings["k"])
    units = (Unit(str(row["id"]), int(row["fold"]), tuple(map(str, row["recordings"]))) for row in data["units"])
    counts = (
        ClassCount(int(fold), name, int(cell["recordings"]), int(cell["groups"]), int(cell["frames"]))
        for fold, cells in data["counts"].items()
        for name, cell in cells.items()
    )
    rounds = range(k) if settings["by"] != "frame" else ()
    return cls(
        by=str(settings["by"]),
        k=k,
        seed=int(settings["seed"]),
        rate_hz=float(settings["rate_hz"]),
        max_frames=int(settings["max_frames"]),
        catalog_digest=str(data["catalog_sha256"]),
        units=tuple(sorted(units, key=_by_fold)),
        validation=tuple(tuple(sorted(map(str, data["validation"][str(i)]))) for i in rounds),
        counts=tuple(sorted(counts)),
        unknown=settings.get("unknown"),
        target=settings.get("target"),
    )


def _missing_round(data: Mapping[str, Any]) -> str | None:
    settings, named = data["settings"], data["validation"]
    if settings["k"] > _MOST_FOLDS:
        return f"k={settings['k']}, more than {_MOST_FOLDS:,}"
    if settings["by"] == "frame":
        return None
    return next((f"no validation of round {i}" for i in range(settings["k"]) if str(i) not in named), None)


def _by_fold(unit: Unit) -> tuple[int, str]:
    return unit.fold, unit.id


def _contradiction(table: FoldTable) -> str:
    if table.by not in UNITS:
        return f"by={table.by!r}, which is none of {', '.join(UNITS)}"
    if table.k < 2:
        return f"k={table.k}"
    twice = _repeated(unit.id for unit in table.units)
    if twice:
        return f"unit {twice} twice"
    twice = _repeated(recording for unit in table.units for recording in unit.recordings)
    if twice:
        return f"recording {twice} twice"
    for unit in table.units:
        if not 0 <= unit.fold < table.k:
            return f"unit {unit.id} in fold {unit.fold} of {table.k}"
    for i, names in enumerate(table.validation):
        for name in names:
            if table.fold_of.get(name, i) == i:
                known = "the test part" if name in table.fold_of else "no unit"
                return f"validation of round {i} names {name}, which is {known}"
    return ""


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
