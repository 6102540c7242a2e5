"""How a build gets the files of recordings, and has parts made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.dataset.building.clip_file import ClipJob, Outcome, holds_part
from lusdata.dataset.building.plan import LeftOut, longest_first
from lusdata.dataset.folder import explained
from lusdata.errors import InternalError
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.report import STATES
from lusdata.progress import show_progress
from lusdata.scratch import sweep

__all__ = ["Crew", "Engine", "Files"]

Engine = Callable[..., None]
"""Runs jobs; see `lusdata.dataset.building.engine_local.run_local`."""

_LOST = "the file in the cache was damaged and set aside"


@dataclass(frozen=True)
class Files:
    """Where files come from, see `lusdata.media.fetch.collection.fetch`."""

    mirrors: tuple[str | Path, ...] = ()
    cache: str | Path | None = None
    offline: bool = False
    progress: bool = False

    def obtain(self, manifests: Sequence[Manifest], *, verify: bool = False) -> tuple[dict[str, Path], list[LeftOut]]:
        """Bring the files of recordings; return their paths by id, and what could not be had."""
        report = fetch(
            manifests,
            mirrors=self.mirrors,
            cache=self.cache,
            offline=self.offline,
            progress=self.progress,
            verify=verify,
        )
        missing = [
            LeftOut(result.id, result.state, STATES[result.state][1], result.detail)
            for result in report.results
            if result.path is None
        ]
        return report.paths, missing


@dataclass(frozen=True)
class Crew:
    """Who makes the parts of one dataset.

    Attributes
    ----------
    collection : Collection
        The recordings.
    files : Files
        Where their files come from.
    engine : callable
        Runs the jobs.
    workers : int
        Most jobs at a time.
    folder : Path
        The dataset's folder, for messages.
    """

    collection: Collection
    files: Files
    engine: Engine
    workers: int
    folder: Path

    def make(self, jobs: Sequence[ClipJob]) -> tuple[list[LeftOut], tuple[str, ...]]:
        """Make the parts that are not there yet.

        Returns
        -------
        tuple
            What could not be made; and the ids of the recordings whose file in the cache had lost its digest and was
            taken anew, sorted.
        """
        waiting = [job for job in jobs if not holds_part(Path(job.part))]
        failed = self._run(waiting)
        damaged = {item.id for item in failed if item.code == "damaged"}
        if not damaged:
            return failed, ()
        fresh, missing = self.files.obtain([self.collection.by_id[name] for name in sorted(damaged)], verify=True)
        failed = [item for item in failed if item.id not in damaged]
        failed += [replace(item, detail=f"{_LOST}; {item.detail or item.reason}") for item in missing]
        failed += self._run([job for job in waiting if job.id in fresh])
        return failed, tuple(sorted(damaged - {item.id for item in failed}))

    def _run(self, jobs: Sequence[ClipJob]) -> list[LeftOut]:
        failed: list[LeftOut] = []
        with show_progress(len(jobs), doing="build", shown=self.files.progress) as advance:

            def report(outcome: Outcome) -> None:
                if outcome.code == "fault":
                    raise InternalError(outcome.reason, where=outcome.id, trace=outcome.trace)
                if outcome.code == "failed":
                    with explained(self.folder):
                        raise OSError(None, outcome.reason)
                if outcome.code != "made":
                    failed.append(LeftOut(outcome.id, outcome.code, outcome.reason))
                advance()

            try:
                if jobs:
                    self.engine(longest_first(jobs, self.collection.by_id), workers=self.workers, report=report)
            finally:
                # Workers that were ended could not put away what they were writing.
                for folder in {Path(job.part).parent for job in jobs}:
                    sweep(folder)
        return failed
