"""Makes again what is damaged in a finished dataset; what is whole stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.atomic import write_bytes
from lusdata.catalog.collection import Collection
from lusdata.dataset.building.assemble import frozen_folds, index_text, ledger_of, write_rows
from lusdata.dataset.building.clip_file import ClipJob
from lusdata.dataset.building.crew import Crew
from lusdata.dataset.building.plan import make_jobs
from lusdata.dataset.folder import INDEX, explained
from lusdata.dataset.reading.index import MANIFESTS, Index
from lusdata.dataset.reading.seal import sealed
from lusdata.errors import DataError
from lusdata.intact import DAMAGED, set_aside

__all__ = ["mend"]

_ELSEWHERE = "build into a new folder"


def mend(index: Index, damaged: Sequence[str], parts: Path, crew: Crew) -> None:
    """Make the damaged files of a dataset again.

    Parameters
    ----------
    index : Index
        The dataset.
    damaged : sequence of str
        Names of its files that are missing or changed.
    parts : Path
        Folder for parts.
    crew : Crew
        Who makes the parts, of the same inputs as the dataset. Damaged files lie in the folder ``damaged`` of the
        dataset afterwards.

    Raises
    ------
    DataError
        If a recording cannot be had or decoded any more, or gives other frames than it did. Nothing was changed then.
    OutsideError
        If the folder cannot be written.
    """
    collection = crew.collection
    plain = {MANIFESTS: ledger_of(collection), **frozen_folds(collection.release)}
    fresh: dict[str, bytes] = {}
    shards: list[int] = []
    for item in index.files:
        if item["file"] not in damaged:
            continue
        if item["file"] in plain:
            content = plain[item["file"]]
            _agree(index, item["file"], item["sha256"], hashlib.sha256(content).hexdigest())
            fresh[item["file"]] = content
        else:
            shards.append([shard["file"] for shard in index.data["shards"]].index(item["file"]))
    jobs = _made_parts(index, shards, parts, crew)
    data = dict(index.data)
    with explained(index.folder):
        for number in shards:
            data = _mend_shard(index, data, number, jobs[number], parts, collection)
        for name, content in fresh.items():
            set_aside(index.folder / name, index.folder / DAMAGED)
            write_bytes(index.folder / name, content)
        if data != index.data:
            write_bytes(index.folder / INDEX, index_text(sealed(data)).encode("utf-8"))


def _made_parts(index: Index, shards: Sequence[int], parts: Path, crew: Crew) -> dict[int, list[ClipJob]]:
    """Make the parts of all recordings of some shards, before anything is moved."""
    of_shard = {number: [entry for entry in index.entries if entry.shard == number] for number in shards}
    manifests = [crew.collection.by_id[entry.id] for entries in of_shard.values() for entry in entries]
    if not manifests:
        return {number: [] for number in shards}
    paths, _ = crew.files.obtain(manifests)
    absent = [manifest.id for manifest in manifests if manifest.id not in paths]
    if absent:
        raise _cannot(index, f"{absent[0]}, whose file cannot be had")
    made = {job.id: job for job in make_jobs(manifests, paths, index.recipe, parts)}
    failed, _ = crew.make(list(made.values()))
    if failed:
        raise _cannot(index, f"{failed[0].id}: {failed[0].reason}")
    return {number: [made[entry.id] for entry in entries] for number, entries in of_shard.items()}


def _mend_shard(
    index: Index, data: Mapping[str, Any], number: int, jobs: Sequence[ClipJob], parts: Path, collection: Collection
) -> dict[str, Any]:
    """Write one shard again, and return the index with its size, digest and places."""
    old = index.data["shards"][number]
    frames = {entry.id: entry.digest for entry in index.entries if entry.shard == number}
    target = index.folder / old["file"]
    name, staged = target.name, parts / "mended"
    staged.mkdir(exist_ok=True)
    try:
        shard, entries, _ = write_rows(
            staged, name, jobs, number=number, staging=parts, collection=collection, format_=index.format
        )
        for entry in entries:
            _agree(index, entry["id"], frames[entry["id"]], entry["frames_sha256"])
        set_aside(target, index.folder / DAMAGED / target.parent.relative_to(index.folder))
        target.parent.mkdir(exist_ok=True)
        (staged / name).replace(target)
    finally:
        (staged / name).unlink(missing_ok=True)
        staged.rmdir()
    # The same frames in other bytes, where another version of a package wrote them.
    replaced = {entry["id"]: entry for entry in entries}
    return {
        **data,
        "shards": [
            {**shard.as_dict(), "file": old["file"]} if at == number else item for at, item in enumerate(data["shards"])
        ],
        "recordings": [replaced.get(item["id"], item) for item in data["recordings"]],
    }


def _agree(index: Index, name: str, expected: str, found: str) -> None:
    if found != expected:
        raise DataError(
            f"the dataset is damaged, and {name} made again is not what it was",
            where=str(index.folder),
            expected=f"sha256 {expected}",
            found=found,
            hint=_ELSEWHERE,
        )


def _cannot(index: Index, found: str) -> DataError:
    return DataError(
        "the dataset is damaged and cannot be mended",
        where=str(index.folder),
        expected="every recording of the damaged shard",
        found=found,
        hint=f"name a folder that has it with --mirror, or {_ELSEWHERE}",
    )
