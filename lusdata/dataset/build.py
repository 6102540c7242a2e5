"""The main job: a collection to a dataset folder.

Fetch, then one part per recording in worker processes, then shards in the order of the recordings' ids, then
``dataset.json``. Whatever the number of workers, and however often it was interrupted, equal inputs give equal bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.dataset.assemble import assemble
from lusdata.dataset.engine_local import Report, run_here, run_local
from lusdata.dataset.folder import claim, explained, finish, standing
from lusdata.dataset.index import Index, open_index
from lusdata.dataset.parts import Job, Outcome, holds_part
from lusdata.dataset.plan import LeftOut, choose, inputs_of, longest_first, make_jobs
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.shards import FORMATS
from lusdata.errors import DataError, InternalError, UsageError
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.report import STATES

__all__ = ["ENGINES", "BuildReport", "LeftOut", "build", "gained"]

Engine = Callable[..., None]

_LOST = "the file in the cache was damaged and set aside"


def _run_on_ray(jobs: Sequence[Job], *, workers: int, report: Report) -> None:
    from lusdata.dataset.engine_ray import run_on_ray

    run_on_ray(jobs, workers=workers, report=report)


ENGINES: Mapping[str, Engine] = {"local": run_local, "ray": _run_on_ray, "here": run_here}
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
    """

    index: Index
    up_to_date: bool
    left_out: tuple[LeftOut, ...]
    renewed: tuple[str, ...] = ()

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
        }


def build(
    collection: Collection,
    *,
    out: str | Path,
    recipe: Recipe | None = None,
    format: str = "parquet",
    mirrors: Iterable[str | Path] = (),
    cache: str | Path | None = None,
    workers: int | None = None,
    offline: bool = False,
    engine: str = "local",
    progress: bool = False,
) -> BuildReport:
    """Make a dataset of a collection.

    Parameters
    ----------
    collection : Collection
        The recordings.
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
        If a word or number is out of range, a mirror does not exist, or `out` holds something else.
    DataError
        If not a single recording could be built.
    OutsideError
        If the disk is full or a folder cannot be written. Finished recordings stay for the next try.
    InternalError
        If a worker fails in a way that no recording explains.
    """
    recipe = recipe or Recipe()
    workers = _checked(format, engine, workers)
    folder = Path(out).expanduser()
    inputs = inputs_of(collection, recipe, format)
    chosen = choose(collection, recipe)
    if standing(folder, inputs) == "finished":
        index = open_index(folder)
        gain = gained(index, chosen.pinned, mirrors=mirrors, cache=cache, offline=offline, progress=progress)
        if gain:
            raise UsageError(
                "the output folder holds this dataset, but more recordings can be had now",
                where=str(folder),
                expected="a new folder for the larger dataset",
                found=f"{len(gain)} more, such as {gain[0]}",
                hint="name another one with --out; nothing was changed",
            )
        return BuildReport(_whole(index), True, _left_out_in(index))
    paths, missing = _obtain(chosen.pinned, mirrors=mirrors, cache=cache, offline=offline, progress=progress)
    left_out = [*chosen.left_out, *missing]
    if not paths:
        raise _nothing(collection, left_out)
    with claim(folder, inputs) as parts:
        jobs = make_jobs(chosen.pinned, paths, recipe, parts)
        waiting = [job for job in jobs if not holds_part(Path(job.part))]
        run = partial(_run, collection=collection, engine=ENGINES[engine], workers=workers, folder=folder)
        failed = run(waiting, progress=progress)
        damaged = {item.id for item in failed if item.code == "damaged"}
        if damaged:
            again = [manifest for manifest in chosen.pinned if manifest.id in damaged]
            fresh, missing = _obtain(
                again, mirrors=mirrors, cache=cache, offline=offline, progress=progress, verify=True
            )
            failed = [item for item in failed if item.id not in damaged]
            failed += [replace(item, detail=f"{_LOST}; {item.detail or item.reason}") for item in missing]
            failed += run([job for job in waiting if job.id in fresh], progress=progress)
        left_out = sorted([*left_out, *failed], key=lambda item: item.id)
        made = [job for job in jobs if job.id not in {item.id for item in failed}]
        if not made:
            raise _nothing(collection, left_out)
        assemble(folder, parts, collection=collection, jobs=made, left_out=left_out, inputs=inputs, recipe=recipe)
        with explained(folder):
            finish(parts, [Path(job.part) for job in jobs])
    renewed = tuple(sorted(damaged - {item.id for item in left_out}))
    return BuildReport(open_index(folder), False, tuple(left_out), renewed)


def _checked(format_: str, engine: str, workers: int | None) -> int:
    for word, value, known in (("format", format_, FORMATS), ("engine", engine, ENGINES)):
        if value not in known:
            raise UsageError(f"unknown {word}", expected="one of " + ", ".join(sorted(known)), found=repr(value))
    if engine == "ray":
        # Before anything is fetched or written.
        from lusdata.dataset.engine_ray import require_ray

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


def _obtain(
    manifests: Sequence[Manifest],
    *,
    mirrors: Iterable[str | Path],
    cache: str | Path | None,
    offline: bool,
    progress: bool,
    verify: bool = False,
) -> tuple[dict[str, Path], list[LeftOut]]:
    report = fetch(manifests, mirrors=mirrors, cache=cache, offline=offline, progress=progress, verify=verify)
    missing = [
        LeftOut(result.id, result.state, STATES[result.state][1], result.detail)
        for result in report.results
        if result.path is None
    ]
    return report.paths, missing


def gained(
    index: Index,
    manifests: Sequence[Manifest],
    *,
    mirrors: Iterable[str | Path] = (),
    cache: str | Path | None = None,
    offline: bool = False,
    progress: bool = False,
) -> tuple[str, ...]:
    """Look for recordings that could not be had when a dataset was built.

    Parameters
    ----------
    index : Index
        The dataset.
    manifests : sequence of Manifest
        Recordings to look at.
    mirrors, cache, offline, progress
        As for `build`.

    Returns
    -------
    tuple of str
        Ids of those that are here now, sorted.
    """
    codes = {*STATES, "damaged"} - {"unpinned"}
    absent = {item["id"] for item in index.data["left_out"] if item["code"] in codes}
    wanted = [manifest for manifest in manifests if manifest.id in absent and manifest.sha256 is not None]
    if not wanted:
        return ()
    paths, _ = _obtain(wanted, mirrors=mirrors, cache=cache, offline=offline, progress=progress)
    return tuple(sorted(paths))


def _whole(index: Index) -> Index:
    for item in index.files:
        path = index.folder / item["file"]
        found_bytes = path.stat().st_size if path.is_file() else None
        if found_bytes != item["size_bytes"]:
            raise DataError(
                "a file of the finished dataset is missing or was changed",
                where=str(path),
                expected=f"{item['size_bytes']:,} bytes",
                found="nothing" if found_bytes is None else f"{found_bytes:,} bytes",
                hint="build into a new folder",
            )
    return index


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


def _run(
    jobs: Sequence[Job], *, collection: Collection, engine: Engine, workers: int, progress: bool, folder: Path
) -> list[LeftOut]:
    failed: list[LeftOut] = []
    with _bar(len(jobs), shown=progress) as advance:

        def report(outcome: Outcome) -> None:
            if outcome.code == "fault":
                raise InternalError(outcome.reason, where=outcome.id, trace=outcome.trace)
            if outcome.code == "failed":
                with explained(folder):
                    raise OSError(None, outcome.reason)
            if outcome.code != "made":
                failed.append(LeftOut(outcome.id, outcome.code, outcome.reason))
            advance()

        if jobs:
            engine(longest_first(jobs, collection.by_id), workers=workers, report=report)
    return failed


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[], object]]:
    if not shown:
        yield lambda: None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc="build", unit="recording", disable=None) as bar:
        yield bar.update
