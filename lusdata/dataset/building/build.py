"""The main job: a collection to a dataset folder.

Fetch, then one part per recording in worker processes, then shards in the order of the recordings' ids, then
``dataset.json``. Whatever the number of workers, and however often it was interrupted, equal inputs give equal bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lusdata.arguments import path_of
from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import as_collection
from lusdata.dataset.building.assemble import assemble
from lusdata.dataset.building.clip_file import ClipJob
from lusdata.dataset.building.crew import Crew, Engine, Files
from lusdata.dataset.building.engine_local import Report, run_here, run_local
from lusdata.dataset.building.mend import mend
from lusdata.dataset.building.plan import LeftOut, choose, inputs_of, make_jobs
from lusdata.dataset.folder import PARTS, claim, explained, finish, standing, sweep
from lusdata.dataset.formats.table import DEFAULT_FORMAT, FORMATS, FormatName
from lusdata.dataset.reading.index import Index, open_index
from lusdata.dataset.reading.integrity import file_faults
from lusdata.dataset.recipe import Recipe
from lusdata.errors import DataError, UsageError
from lusdata.media.fetch.report import STATES
from lusdata.suggestion import unknown_word

__all__ = ["ENGINES", "BuildReport", "LeftOut", "build", "gained"]


def _run_on_ray(jobs: Sequence[ClipJob], *, workers: int, report: Report) -> None:
    from lusdata.dataset.building.engine_ray import run_on_ray

    run_on_ray(jobs, workers=workers, report=report)


EngineName = Literal["local", "ray", "here"]
ENGINES: Mapping[EngineName, Engine] = {"local": run_local, "ray": _run_on_ray, "here": run_here}
"""What can run the work: processes of this machine, a Ray cluster, or this very process (for debugging)."""


@dataclass(frozen=True)
class BuildReport:
    """What a build made.

    Attributes
    ----------
    index : Index
        The dataset.
    up_to_date : bool
        Whether it was there already and nothing had to be done.
    left_out : tuple of LeftOut
        Every recording of the collection that is not in it, sorted by id.
    renewed : tuple of str
        Recordings whose file in the cache had lost its digest: it was set aside, and another copy taken. Sorted.
    mended : tuple of str
        Files of a finished dataset that were damaged: they were set aside and made again.
    """

    index: Index
    up_to_date: bool
    left_out: tuple[LeftOut, ...]
    renewed: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    @property
    def out(self) -> Path:
        """The folder of the dataset."""
        return self.index.folder

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        data = self.index.data
        told = ("name", "release", "format", "recipe", "versions", "counts", "rows_sha256", "shards")
        return {
            "out": str(self.out),
            "up_to_date": self.up_to_date,
            **{name: data[name] for name in told if name in data},
            "left_out": [asdict(item) for item in self.left_out],
            "renewed": list(self.renewed),
            "mended": list(self.mended),
        }


def build(
    collection: Collection | str | Path,
    *,
    out: str | Path,
    recipe: Recipe | None = None,
    format: FormatName = DEFAULT_FORMAT,
    mirrors: Iterable[str | Path] = (),
    cache: str | Path | None = None,
    workers: int | None = None,
    offline: bool = False,
    engine: EngineName = "local",
    progress: bool = False,
) -> BuildReport:
    """Make a dataset of a collection.

    Parameters
    ----------
    collection : Collection, str or Path
        The recordings: a collection, its name or its folder.
    out : str or Path
        Folder to write: new, empty, or with a build of the same inputs, which is then continued.
    recipe : Recipe, optional
        Settings; the default ones if none are given.
    format : {"parquet", "tfrecord"}
        Format of the shards.
    mirrors, cache, offline
        Where files come from, see `lusdata.media.fetch.collection.fetch`.
    workers : int, optional
        Processes that decode at a time; one per core by default.
    engine : {"local", "ray", "here"}
        What runs them, see `ENGINES`.
    progress : bool
        Show bars on standard error, if that is a terminal.

    Returns
    -------
    BuildReport
        What was made and what was left out. A recording that cannot be had or decoded is left out and stops nothing.

    Raises
    ------
    UsageError
        If there is no such collection, a word or number is out of range, a mirror does not exist, or `out` holds
        something else.
    DataError
        If not a single recording could be built.
    OutsideError
        If the disk is full or a folder cannot be written. Finished recordings stay for the next try.
    InternalError
        If a worker fails in a way that no recording explains.
    """
    collection = as_collection(collection)
    recipe = recipe or Recipe()
    workers = _checked(format, engine, workers)
    folder = path_of(out, where="out").expanduser()
    inputs = inputs_of(collection, recipe, format)
    chosen = choose(collection, recipe)
    files = Files(tuple(mirrors), cache, offline, progress)
    crew = Crew(collection, files, ENGINES[engine], workers, folder)
    if standing(folder, inputs) == "finished":
        index, mended = _whole(open_index(folder), crew)
        gain = gained(index, chosen.pinned, files)
        if gain:
            raise UsageError(
                "the output folder holds this dataset, but more recordings can be had now",
                where=str(folder),
                expected="a new folder for the larger dataset",
                found=f"{len(gain)} more, such as {gain[0]}",
                hint="name another one with --out; nothing was changed",
            )
        return BuildReport(index, not mended, _left_out_in(index), mended=mended)
    paths, missing = files.obtain(chosen.pinned)
    left_out = [*chosen.left_out, *missing]
    if not paths:
        raise _nothing(collection, left_out)
    with claim(folder, inputs) as parts:
        jobs = make_jobs(chosen.pinned, paths, recipe, parts)
        failed, renewed = crew.make(jobs)
        left_out = sorted([*left_out, *failed], key=lambda item: item.id)
        made = [job for job in jobs if job.id not in {item.id for item in failed}]
        if not made:
            raise _nothing(collection, left_out)
        assemble(folder, parts, collection=collection, jobs=made, left_out=left_out, inputs=inputs, recipe=recipe)
        with explained(folder):
            finish(parts, [Path(job.part) for job in jobs])
    return BuildReport(open_index(folder), False, tuple(left_out), renewed)


def _checked(format_: str, engine: str, workers: int | None) -> int:
    for word, value, known in (("format", format_, FORMATS), ("engine", engine, ENGINES)):
        if value not in known:
            raise unknown_word(f"unknown {word}", value, sorted(known))
    if engine == "ray":
        # Before anything is fetched or written.
        from lusdata.dataset.building.engine_ray import require_ray

        require_ray()
    if workers is None:
        return _cores()
    if workers < 1:
        raise UsageError("too few workers", expected="at least 1", found=str(workers))
    return workers


def _cores() -> int:
    # A container may own fewer cores than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gained(index: Index, manifests: Sequence[Manifest], files: Files) -> tuple[str, ...]:
    """Look for recordings that could not be had when a dataset was built.

    Parameters
    ----------
    index : Index
        The dataset.
    manifests : sequence of Manifest
        Recordings to look at.
    files : Files
        Where their files come from.

    Returns
    -------
    tuple of str
        Ids of those that are here now, sorted.
    """
    absent = {item["id"] for item in index.data["left_out"] if _was_missing(item)}
    wanted = [manifest for manifest in manifests if manifest.id in absent and manifest.sha256 is not None]
    return tuple(sorted(files.obtain(wanted)[0])) if wanted else ()


def _was_missing(item: Mapping[str, str]) -> bool:
    """Tell whether a recording was left out because its file could not be had, and not for what the file is."""
    # Decoding knows some of the same states, and has reasons of its own.
    could_not_be_had = item["code"] in STATES and item["reason"] == STATES[item["code"]][1]  # type: ignore[index]
    return item["code"] == "damaged" or (could_not_be_had and item["code"] != "unpinned")


def _whole(index: Index, crew: Crew) -> tuple[Index, tuple[str, ...]]:
    """Hold a finished dataset against its digests, make again what is damaged, and return the names of these files."""
    faults = file_faults(index.folder, index.files)
    damaged = tuple(fault.path.relative_to(index.folder).as_posix() for fault in faults)
    # A run that was killed at its end, or while it mended, leaves its folder of parts.
    if not damaged and not (index.folder / PARTS).is_dir():
        return index, ()
    with claim(index.folder, index.data["inputs"], finished=True) as parts:
        if damaged:
            mend(index, damaged, parts, crew)
        with explained(index.folder):
            sweep(parts)
    return open_index(index.folder), damaged


def _left_out_in(index: Index) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(item["id"], item["code"], item["reason"]) for item in index.data["left_out"])


def _nothing(collection: Collection, left_out: Sequence[LeftOut]) -> DataError:
    counts = Counter(item.code for item in left_out)
    found = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    # A mirror that was meant and not read has a reason that is worth a word.
    details = {item.detail for item in left_out if item.code == "refused" and item.detail}
    found += f" ({min(details)})" if details else ""
    return DataError(
        "not one recording can be built",
        where=collection.name,
        found=found,
        hint=f"name a folder that has the files with --mirror; lusdata fetch {collection.name} tells what can be had",
    )
