"""From finished parts to a finished folder: shards first, ``dataset.json`` last."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lusdata.atomic import write_bytes
from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.release import Release, folds_file
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import NEWEST, enumeration
from lusdata.dataset.building.clip_file import ClipJob, read_part
from lusdata.dataset.building.plan import LeftOut, versions
from lusdata.dataset.building.readme import readme
from lusdata.dataset.building.shards import Shard, cut, write_shard
from lusdata.dataset.folder import INDEX, explained
from lusdata.dataset.formats.columns import Column, fact_columns, facts_of
from lusdata.dataset.formats.table import FORMATS, Recording
from lusdata.dataset.reading.index import FORMAT_VERSION, MANIFESTS
from lusdata.dataset.reading.seal import rows_digest, sealed
from lusdata.dataset.recipe import Recipe

__all__ = ["SHARD_BYTES", "assemble", "frozen_folds", "index_text", "ledger_of", "write_rows"]

SHARD_BYTES = 64_000_000
"""Size that a shard should not exceed: large enough to read in one go, small enough to move around."""


def assemble(
    folder: Path,
    parts: Path,
    *,
    collection: Collection,
    jobs: Sequence[ClipJob],
    left_out: Sequence[LeftOut],
    inputs: Mapping[str, Any],
    recipe: Recipe,
) -> None:
    """Write everything that a dataset folder holds.

    Parameters
    ----------
    folder : Path
        The dataset's folder.
    parts : Path
        Folder on the same disk for what is not finished.
    collection : Collection
        The recordings.
    jobs : sequence of ClipJob
        Those whose part is there, in the order of the rows.
    left_out : sequence of LeftOut
        All others.
    inputs : Mapping
        What decides the dataset, see `lusdata.dataset.building.plan.inputs_of`.
    recipe : Recipe
        The settings.

    Raises
    ------
    OutsideError
        If something cannot be written. Files stand under their final names only when they are whole, and the folder
        is no dataset before ``dataset.json`` is there.
    DataError
        If a part is damaged.
    """
    format_ = str(inputs["format"])
    shards: list[Shard] = []
    entries: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    sizes_bytes = [Path(job.part).stat().st_size for job in jobs]
    for number, members in enumerate(cut(sizes_bytes, target_bytes=SHARD_BYTES)):
        shard, own_entries, own_rows = write_rows(
            folder,
            FORMATS[format_].shard_name(number),
            [jobs[member] for member in members],
            number=number,
            staging=parts,
            collection=collection,
            format_=format_,
        )
        shards.append(shard)
        entries += own_entries
        rows += own_rows
    ledger = ledger_of(collection)
    frozen = frozen_folds(collection.release)
    data = {
        "format_version": FORMAT_VERSION,
        "name": collection.name,
        **_release(collection, frozen),
        **_about(collection),
        "format": format_,
        "recipe": recipe.as_dict(),
        "recipe_text": recipe.text(),
        "recipe_sha256": recipe.digest,
        "versions": {**versions(), "manifest_schema": NEWEST},
        "inputs": dict(inputs),
        "counts": _counts(entries, left_out, collection.by_id),
        "rows_sha256": rows_digest(rows),
        "manifests": {"file": MANIFESTS, "size_bytes": len(ledger), "sha256": hashlib.sha256(ledger).hexdigest()},
        "shards": [shard.as_dict() for shard in shards],
        "recordings": entries,
        "left_out": [
            {
                "id": item.id,
                "code": item.code,
                "reason": item.reason,
                "manifest_sha256": collection.by_id[item.id].digest,
            }
            for item in left_out
        ],
    }
    built = [collection.by_id[entry["id"]] for entry in entries]
    page = readme(data, built, fact_columns(collection.manifests))
    with explained(folder):
        write_bytes(folder / MANIFESTS, ledger)
        for name, table in frozen.items():
            write_bytes(folder / name, table)
        write_bytes(folder / "README.md", page.encode("utf-8"))
        write_bytes(folder / INDEX, index_text(sealed(data)).encode("utf-8"))


def write_rows(
    folder: Path,
    name: str,
    jobs: Sequence[ClipJob],
    *,
    number: int,
    staging: Path,
    collection: Collection,
    format_: str,
) -> tuple[Shard, list[dict[str, Any]], list[dict[str, Any]]]:
    """Write one shard from parts.

    Parameters
    ----------
    folder : Path
        Where the shard is to lie.
    name : str
        Its file name.
    jobs : sequence of ClipJob
        The recordings, in the order of the rows.
    number : int
        Position of the shard in the dataset.
    staging : Path
        Folder on the same disk for what is not finished.
    collection : Collection
        Manifests of the recordings.
    format_ : str
        Format of the shard.

    Returns
    -------
    tuple
        The shard; what ``dataset.json`` says of each recording; and what its logical digest is taken over.
    """
    columns = fact_columns(collection.manifests)
    stream = _Recordings(jobs, collection, group_ids(collection.manifests), columns)
    shard, places = write_shard(folder, name, stream, columns=columns, staging=staging, form=FORMATS[format_])
    entries = [
        {
            "id": row["id"],
            "shard": number,
            "position": place.position,
            "rows": place.rows,
            "crop": row["crop"],
            "frames_sha256": row["frames_sha256"],
            "manifest_sha256": collection.by_id[row["id"]].digest,
        }
        for place, row in zip(places, stream.seen, strict=True)
    ]
    return shard, entries, stream.seen


def ledger_of(collection: Collection) -> bytes:
    """Return the collection's manifests, one a line, as a dataset carries them."""
    return b"".join(canonical_bytes(manifest.data) + b"\n" for manifest in collection.manifests)


class _Recordings:
    """Reads parts one at a time, and keeps their facts for the index."""

    def __init__(
        self, jobs: Sequence[ClipJob], collection: Collection, groups: Mapping[str, str], columns: Sequence[Column]
    ) -> None:
        self._jobs = jobs
        self._collection = collection
        self._groups = groups
        self._columns = columns
        self.seen: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[Recording]:
        for job in self._jobs:
            manifest = self._collection.by_id[job.id]
            part = read_part(Path(job.part))
            group = self._groups[job.id]
            # What the digest of rows is taken over. Columns that follow from the manifest beyond this are no part of
            # it: what a reader adds to a recording leaves its rows what they are.
            self.seen.append(
                {
                    "id": part.id,
                    "class": manifest.class_name,
                    "probe": manifest.probe,
                    "group": group,
                    "crop": list(part.crop),
                    "source_sha256": job.sha256,
                    "frames_sha256": part.digest,
                }
            )
            yield Recording(part, facts_of(manifest, group, self._columns))


def frozen_folds(release: Release | None) -> dict[str, bytes]:
    """Return the fold tables that a dataset of a release carries, by file name."""
    if release is None:
        return {}
    return {folds_file(by): release.folds_text(by).encode("utf-8") for by in release.fold_units}


def _release(collection: Collection, frozen: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what ``dataset.json`` says of the release that it was built from; nothing if there was none."""
    release = collection.release
    if release is None:
        return {}
    tables = [
        {"file": name, "size_bytes": len(table), "sha256": hashlib.sha256(table).hexdigest()}
        for name, table in frozen.items()
    ]
    return {
        "release": {
            "version": release.version,
            "date": release.data["date"],
            "sha256": release.digest,
            "withdrawn_since": list(collection.withdrawn_since),
            "folds": tables,
        }
    }


def _about(collection: Collection) -> dict[str, Any]:
    """Return what tells a reader elsewhere which targets there are: the collection's own file, and the scales used."""
    about = collection.about
    used = {entry["scale"] for manifest in collection.manifests for entry in manifest.data.get("severity", ())}
    found = [asdict(scale) for name, scale in sorted(about.scales.items()) if name in used]
    scales = [{name: value for name, value in scale.items() if value != ""} for scale in found]
    return {**({"about": dict(about.data)} if about.data else {}), **({"scales": scales} if scales else {})}


def _counts(
    entries: Sequence[Mapping[str, Any]], left_out: Sequence[LeftOut], by_id: Mapping[str, Manifest]
) -> dict[str, Any]:
    recordings: Counter[str] = Counter()
    frames: Counter[str] = Counter()
    for entry in entries:
        recordings[by_id[entry["id"]].class_name] += 1
        frames[by_id[entry["id"]].class_name] += entry["rows"]
    classes = [name for name in enumeration("class") if name in recordings]
    return {
        "recordings": recordings.total(),
        "frames": frames.total(),
        "recordings_by_class": {name: recordings[name] for name in classes},
        "frames_by_class": {name: frames[name] for name in classes},
        "left_out": dict(sorted(Counter(item.code for item in left_out).items())),
        "not_publishable": sum(not rights_of(by_id[entry["id"]]).publish for entry in entries),
    }


def index_text(data: Mapping[str, Any]) -> str:
    """Lay ``dataset.json`` out with a line for each recording, so that two datasets can be compared by eye."""
    blocks = []
    for name, value in data.items():
        if isinstance(value, list):
            lines = ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in value)
            text = f"[\n{lines}\n  ]" if value else "[]"
        else:
            text = json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        blocks.append(f'  "{name}": {text}')
    return "{\n" + ",\n".join(blocks) + "\n}\n"
