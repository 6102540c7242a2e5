"""Whether a ``dataset.json`` agrees with itself: it may come from a stranger, and is read before anything else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lusdata.dataset.recipe import Recipe
from lusdata.errors import UsageError

__all__ = ["fault_of"]

_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_JSON: Mapping[type, str] = {str: "string", dict: "object", list: "array"}
_KINDS: Mapping[str, type] = {
    "name": str,
    "recipe": dict,
    "versions": dict,
    "counts": dict,
    "manifests": dict,
    "shards": list,
    "recordings": list,
    "left_out": list,
}


def fault_of(data: Mapping[str, Any]) -> str | None:
    """Return the first fault of a parsed ``dataset.json``.

    Parameters
    ----------
    data : Mapping
        With all keys that a dataset has.

    Returns
    -------
    str or None
        Place and fault; None if there is none. Whether the files are there and unchanged is not looked at.
    """
    return next(_faults(data), None)


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    wrong = [f"$.{name} is no {_JSON[kind]}" for name, kind in _KINDS.items() if not isinstance(data[name], kind)]
    yield from wrong
    if wrong:
        return
    yield from _recipe_faults(data["recipe"])
    if not all(isinstance(version, str) for version in (data["versions"].get("lusdata"), *data["versions"].values())):
        yield "$.versions names no version of lusdata"
    if not _is_sha256(data["rows_sha256"]):
        yield "$.rows_sha256 is no sha256"
    yield from _file_faults("$.manifests", data["manifests"])
    for number, shard in enumerate(data["shards"]):
        yield from _file_faults(f"$.shards[{number}]", shard)
    if "release" in data:
        yield from _release_faults(data["release"])
    for number, item in enumerate(data["left_out"]):
        if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in ("id", "code", "reason")):
            yield f"$.left_out[{number}] lacks id, code or reason"
    yield from _recording_faults(data)


def _recipe_faults(recipe: Mapping[str, Any]) -> Iterator[str]:
    try:
        Recipe.from_dict(recipe)
    except KeyError as error:
        yield f"$.recipe has no {error}"
    except (UsageError, TypeError, AttributeError) as error:
        yield f"$.recipe: {error}"


def _file_faults(place: str, item: object) -> Iterator[str]:
    if not isinstance(item, dict):
        yield f"{place} is no object"
    # A path could lead out of the folder.
    elif not isinstance(item.get("file"), str) or not _BARE.fullmatch(item["file"]):
        yield f"{place}.file is no plain file name"
    elif not _is_count(item.get("size_bytes")) or not _is_sha256(item.get("sha256")):
        yield f"{place} lacks size_bytes or sha256"
    elif not _is_count(item.get("rows", 0)):
        yield f"{place}.rows is no number of rows"


def _release_faults(release: object) -> Iterator[str]:
    told = ("version", "date", "sha256")
    if not isinstance(release, dict) or not all(isinstance(release.get(key), str) for key in told):
        yield "$.release lacks version, date or sha256"
    elif not isinstance(release.get("folds"), list):
        yield "$.release.folds is no array"
    else:
        for number, table in enumerate(release["folds"]):
            yield from _file_faults(f"$.release.folds[{number}]", table)


def _recording_faults(data: Mapping[str, Any]) -> Iterator[str]:
    shards = data["shards"]
    seen: set[str] = set()
    rows: Counter[int] = Counter()
    for number, item in enumerate(data["recordings"]):
        place = f"$.recordings[{number}]"
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or item["id"] in seen:
            yield f"{place} has no id of its own"
            return
        seen.add(item["id"])
        if not _is_count(item.get("shard")) or item["shard"] >= len(shards):
            yield f"{place}.shard is none of the {len(shards)} shards"
            return
        if not _is_count(item.get("position")) or not _is_count(item.get("rows")) or item["rows"] < 1:
            yield f"{place} lacks position or rows"
            return
        crop = item.get("crop")
        if not isinstance(crop, list) or len(crop) != 4 or not all(map(_is_count, crop)):
            yield f"{place}.crop is no window"
        if not _is_sha256(item.get("frames_sha256")):
            yield f"{place}.frames_sha256 is no sha256"
        rows[item["shard"]] += item["rows"]
    for number, shard in enumerate(shards):
        if isinstance(shard, dict) and shard.get("rows") != rows[number]:
            yield f"$.shards[{number}].rows is {shard.get('rows')}, but its recordings have {rows[number]}"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None
