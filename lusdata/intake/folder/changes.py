"""What tables say now of recordings that are there already, and said otherwise when they were brought in. No I/O."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from lusdata.catalog.patterns import pattern_names
from lusdata.intake.folder.drafts import link, stated_fields
from lusdata.intake.folder.labels import READER
from lusdata.intake.folder.plan import ImportPlan

__all__ = ["Change", "changes_of", "updated"]

Change = tuple[str, str, str]
"""What was said, in the words of a column's meaning; before, and now; empty where nothing is said."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "patterns": ("reader",),
    "severity": ("scale", "reader"),
    "quality": ("reader",),
    "labels": ("task", "reader"),
}
"""What tells the entries of a field apart."""
_PARTS = ("view", "patient", "examination", "acquisition")


def changes_of(plan: ImportPlan) -> dict[str, tuple[Change, ...]]:
    """Return what the tables say otherwise now, by the file's name.

    A meaning without a column says nothing; an empty cell of a column takes back what it said. A file without a row,
    and a group that nobody knows now, change nothing. Nothing is said any more of what was withdrawn.
    """
    there = plan.there.by_id if plan.there else {}
    columns = {column.meaning for column in plan.rows.columns}
    columns |= {"day_offset"} if "date" in columns else set()
    found = {}
    for name, identifier in plan.known.items():
        if there[identifier].state == "withdrawn":
            # Nothing more is to be kept of it.
            continue
        before = _said_in(there[identifier].data)
        now = _said_in(stated_fields(plan, name))
        asked = {key for key in {*before, *now} if key in columns and plan.has_row(name)} | {"patient"} & {*now}
        changes = tuple(
            (key, before.get(key, ""), now.get(key, "")) for key in sorted(asked) if before.get(key) != now.get(key)
        )
        if changes:
            found[name] = changes
    return found


def updated(plan: ImportPlan, name: str, changes: tuple[Change, ...]) -> dict[str, Any]:
    """Return the manifest of a recording that is there with the tables' word taken for what changed."""
    data: dict[str, Any] = copy.deepcopy(dict(plan.there.by_id[plan.known[name]].data)) if plan.there else {}
    for meaning in (meaning for meaning, _, now in changes if not now):
        _take_back(data, meaning)
    fields = stated_fields(plan, name)
    for field, keys in _KEYS.items():
        if field in fields:
            data[field] = _merged(data.get(field, []), fields[field], keys)
    for field in _PARTS:
        if field in fields:
            data[field] = {**data.get(field, {}), **fields[field]}
    if any(meaning == "patient" for meaning, _, _ in changes):
        alike = [entry for entry in data["group"].get("linked", ()) if entry["basis"] == "near-duplicate"]
        data["group"] = fields["group"]
        for entry in alike:
            link(data["group"], entry["id"], entry["basis"])
    data |= {key: fields[key] for key in ("class", "probe") if key in fields}
    if data["class"] == "unknown":
        data["class_basis"] = "unknown"
    elif data["class_basis"] == "unknown":
        data["class_basis"] = plan.request.class_basis
    return {key: value for key, value in data.items() if value not in ([], {})}


def _merged(old: list[dict[str, Any]], new: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    entries = {tuple(one.get(key) for key in keys): one for one in old}
    for one in new:
        key = tuple(one.get(part) for part in keys)
        entries[key] = {**entries.get(key, {}), **one}
    return list(entries.values())


def _said_in(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what a manifest holds of what a table can say, by the meaning of its column."""
    said: dict[str, Any] = {}
    for reading in _owners(data, "patterns"):
        said |= {key: value for key, value in reading.items() if key != "reader"}
    for entry in _owners(data, "severity"):
        said["severity"] = f"{entry['value']:g}"
    for entry in _owners(data, "quality"):
        said["quality"] = entry["value"]
    said |= {f"task:{entry['task']}": entry["value"] for entry in _owners(data, "labels")}
    said |= {key: data[key] for key in ("class", "probe") if data.get(key, "unknown") != "unknown"}
    said |= {key: value for key, value in data.get("view", {}).items() if key in ("zone", "side")}
    patient = data.get("patient", {})
    said |= {key: patient[field] for key, field in (("age", "age_band"), ("sex", "sex")) if field in patient}
    for key, field in (("depth_cm", "acquisition"), ("day_offset", "examination")):
        if key in data.get(field, {}):
            said[key] = data[field][key]
    group = data.get("group", {})
    if group.get("basis", "unknown") != "unknown":
        said["patient"] = group["id"]
    return {key: str(value) for key, value in said.items()}


def _owners(data: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    return [entry for entry in data.get(field, ()) if entry["reader"] == READER]


def _take_back(data: dict[str, Any], meaning: str) -> None:
    """Remove what a table said once and does not say any more."""
    if meaning in ("class", "probe"):
        data[meaning] = "unknown"
    elif meaning in (*pattern_names(), "b_line_count"):
        for reading in _owners(data, "patterns"):
            reading.pop(meaning, None)
        data["patterns"] = [reading for reading in data.get("patterns", ()) if set(reading) != {"reader"}]
    elif meaning in ("severity", "quality"):
        data[meaning] = [entry for entry in data.get(meaning, ()) if entry["reader"] != READER]
    elif meaning.startswith("task:"):
        said = {"task": meaning.removeprefix("task:"), "reader": READER}
        data["labels"] = [entry for entry in data.get("labels", ()) if not said.items() <= entry.items()]
    else:
        key = {"age": "age_band"}.get(meaning, meaning)
        for field in _PARTS:
            if field in data:
                data[field] = {name: value for name, value in data[field].items() if name != key}
