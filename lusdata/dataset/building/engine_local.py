"""Runs the jobs of a build in worker processes of this machine, or here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lusdata.budget import BUDGET, Budget
from lusdata.dataset.building.clip_file import ClipJob, Outcome, make_part, slow_outcome
from lusdata.limits import ended_by_time
from lusdata.workers import run_jobs, start_of

__all__ = ["Report", "run_here", "run_local"]

Report = Callable[[Outcome], None]
"""Is told about each outcome as it comes, in any order; may raise to stop the run."""

_START = start_of("lusdata.dataset.building.worker")


def run_here(jobs: Sequence[ClipJob], *, workers: int, report: Report) -> None:
    """Run jobs one after the other in this process, whatever `workers` says; for debugging."""
    for job in jobs:
        report(make_part(job))


def run_local(jobs: Sequence[ClipJob], *, workers: int, report: Report, budget: Budget = BUDGET) -> None:
    """Run jobs in worker processes; see `lusdata.workers.run_jobs`.

    Parameters
    ----------
    jobs : sequence of ClipJob
        The work, the longest first for an even end.
    workers : int
        Most processes at a time, at least 1.
    report : callable
        Is told about each outcome in the calling thread.
    budget : Budget
        What the processes are held to by the system.

    Raises
    ------
    OutsideError, InternalError
        As `lusdata.workers.run_jobs`.
    """

    def answered(number: int, answer: str, status: int | None) -> None:
        if answer:
            report(Outcome.from_json(answer))
        elif ended_by_time(status):
            report(slow_outcome(jobs[number]))
        else:
            reason = f"the decoder ended its process (exit status {status})"
            report(Outcome(jobs[number].id, "crashed", reason))

    run_jobs([job.to_json() for job in jobs], start=_START, workers=workers, answered=answered, budget=budget)
