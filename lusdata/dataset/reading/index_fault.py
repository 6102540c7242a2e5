"""Whether a ``dataset.json`` agrees with its schema and itself: it may come from a stranger, and is read first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lusdata.catalog.about import About
from lusdata.catalog.schema import schema_faults, versions
from lusdata.dataset.recipe import Recipe
from lusdata.errors import DataError, UsageError

__all__ = ["fault_of"]


def fault_of(data: Mapping[str, Any]) -> str | None:
    """Return the first fault of a parsed ``dataset.json``.

    Parameters
    ----------
    data : Mapping
        The content, of a format version that lusdata knows.

    Returns
    -------
    str or None
        Place and fault; None if there is none. Whether the files are there and unchanged is not looked at.
    """
    faults = schema_faults(data, data["format_version"], kind="dataset")
    return faults[0].clause if faults else next(_contradictions(data), None)


def _contradictions(data: Mapping[str, Any]) -> Iterator[str]:
    try:
        Recipe.from_dict(data["recipe"])
    except UsageError as error:
        yield f"$.recipe: {error}"
    yield from _of_about(data)
    names = Counter(item["file"] for item in data["shards"])
    yield from (f"$.shards names {name} twice" for name, count in names.items() if count > 1)
    seen = Counter(item["id"] for item in data["recordings"])
    yield from (f"$.recordings names {name} twice" for name, count in seen.items() if count > 1)
    rows: Counter[int] = Counter()
    for number, item in enumerate(data["recordings"]):
        if item["shard"] >= len(data["shards"]):
            yield f"$.recordings[{number}].shard is none of the {len(data['shards'])} shards"
        rows[item["shard"]] += item["rows"]
    for number, shard in enumerate(data["shards"]):
        if shard["rows"] != rows[number]:
            yield f"$.shards[{number}].rows is {shard['rows']}, but its recordings have {rows[number]}"
    counted = {"recordings": len(data["recordings"]), "frames": rows.total()}
    for name, number in counted.items():
        if data["counts"][name] != number:
            yield f"$.counts.{name} is {data['counts'][name]}, but there are {number}"


def _of_about(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of what the collection says of itself, and of the scales that came along."""
    about = data.get("about", {})
    if about:
        version = str(about.get("schema_version")) if isinstance(about, dict) else ""
        if version not in versions("collection"):
            yield "$.about is of no version of a collection's own file that this lusdata knows"
            return
        faults = [f"$.about: {fault.clause}" for fault in schema_faults(about, version, kind="collection")]
        if faults:
            yield from faults
            return
        try:
            _ = About(about).tasks
        except DataError as error:
            yield f"$.about: {error}"
    scales = {"$schema": "", "schema_version": "1.0.0", "scales": data.get("scales", [])}
    yield from (f"$.scales: {fault.clause}" for fault in schema_faults(scales, "1.0.0", kind="scales"))
