"""Runs jobs on a Ray cluster; needs the extra ``lusdata[ray]``.

Every machine of the cluster must see the cache and the output folder under the same path, as on a shared disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lusdata.dataset.building.clip_file import ClipJob, Outcome, make_part
from lusdata.dataset.building.engine_local import Report
from lusdata.errors import MissingExtraError

__all__ = ["require_ray", "run_on_ray"]


def require_ray() -> Any:
    """Return the module ``ray``.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("ray", extra="ray", purpose="the engine 'ray'") from error
    return ray


def run_on_ray(jobs: Sequence[ClipJob], *, workers: int, report: Report) -> None:
    """Run jobs on Ray: on the cluster that the environment names, else on this machine.

    Parameters
    ----------
    jobs : sequence of ClipJob
        The work, the longest first.
    workers : int
        Most jobs at a time.
    report : callable
        Is told about each outcome in the calling thread.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    """
    ray = require_ray()
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, include_dashboard=False)
    try:
        # Retries of Ray's own would repeat a job that crashes its process; it is left out instead, as everywhere.
        task = ray.remote(num_cpus=1, max_retries=0)(make_part)
        waiting = iter(jobs)
        running: dict[Any, ClipJob] = {}
        while True:
            while len(running) < workers and (job := next(waiting, None)) is not None:
                running[task.remote(job)] = job
            if not running:
                return
            [done], _ = ray.wait(list(running), num_returns=1)
            job = running.pop(done)
            try:
                outcome = ray.get(done)
            except ray.exceptions.RayError as error:
                outcome = Outcome(job.id, "crashed", f"the decoder ended its process ({type(error).__name__})")
            report(outcome)
    finally:
        if started:
            ray.shutdown()
