"""Runs the looking at files in processes of their own: one that a hostile file crashes takes one file with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from lusdata.intake.folder.examine import Examined, ExamineJob, examined_before
from lusdata.intake.folder.files import FolderFile
from lusdata.limits import ended_by_time
from lusdata.media.cache import cache_dir
from lusdata.workers import run_jobs, start_of

__all__ = ["Advance", "examine_all", "jobs_of", "media_of"]

Advance = Callable[[int, int, str], None]
"""Is told how many files of how many are done, and the name of the last one."""

_START = start_of("lusdata.intake.folder.examine")


def media_of(collection: str) -> Path:
    """Return the folder of the files that take the place of those which cannot stay as they are."""
    return cache_dir() / "own" / collection


def jobs_of(files: Sequence[FolderFile], collection: str) -> list[ExamineJob]:
    """Return what is to be done for some files of a folder."""
    media, results = str(media_of(collection)), str(cache_dir() / "import")
    return [ExamineJob(one.name, str(one.path), one.sha256, one.dicom, media, results) for one in files]


def examine_all(jobs: Sequence[ExamineJob], *, workers: int, advance: Advance) -> dict[str, Examined]:
    """Look at files; what an earlier run looked at already is taken from there.

    Parameters
    ----------
    jobs : sequence of ExamineJob
        The files.
    workers : int
        Processes at a time.
    advance : callable
        See `Advance`; called in the calling thread.

    Returns
    -------
    dict of str to Examined
        By name.

    Raises
    ------
    OutsideError, InternalError
        As `lusdata.workers.run_jobs`.
    """
    found: dict[str, Examined] = {}
    left: list[ExamineJob] = []
    for job in jobs:
        before = examined_before(job)
        if before is None:
            left.append(job)
        else:
            found[job.name] = before
            advance(len(found), len(jobs), job.name)

    def answered(number: int, answer: str, status: int | None) -> None:
        job = left[number]
        if answer:
            found[job.name] = Examined.from_dict(json.loads(answer))
        else:
            why = "took longer than a recording may" if ended_by_time(status) else "ended its process"
            found[job.name] = Examined(job.name, fault=f"the decoder {why}")
        advance(len(found), len(jobs), job.name)

    run_jobs([json.dumps(asdict(job)) for job in left], start=_START, workers=workers, answered=answered)
    return found
