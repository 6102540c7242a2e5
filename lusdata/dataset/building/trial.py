"""Whether this installation decodes what it should: clips of known content through the way of a build."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lusdata.catalog.manifest import Trim
from lusdata.dataset.building.clip_file import ClipJob, Outcome, read_part
from lusdata.dataset.building.engine_local import run_local
from lusdata.media.phantom.trial import GREYS, RATE_HZ, TRIALS, Trial, fault_of, write_trial
from lusdata.media.png import decode_png
from lusdata.scratch import scratch_folder

__all__ = ["Tried", "try_decoding"]

_SIDE_PX = 32


@dataclass(frozen=True)
class Tried:
    """What came of one trial.

    Attributes
    ----------
    name : str
        Container and codec.
    fault : str or None
        What is wrong, as a clause; empty if nothing is; None if the clip could not be written, and so not be tried.
    """

    name: str
    fault: str | None


def try_decoding() -> list[Tried]:
    """Write a clip of every container and codec, and decode each in a worker process.

    Returns
    -------
    list of Tried
        In the order of `lusdata.media.phantom.trial.TRIALS`.

    Raises
    ------
    OutsideError, InternalError
        If no worker process can be had.
    OSError
        If nothing can be written for the time of the trial.
    """
    with scratch_folder() as scratch:
        written = {trial.name: write_trial(trial, scratch) for trial in TRIALS}
        jobs = {trial.name: _job(trial, path) for trial in TRIALS if (path := written[trial.name]) is not None}
        outcomes: dict[str, Outcome] = {}
        run_local(list(jobs.values()), workers=1, report=lambda outcome: outcomes.update({outcome.id: outcome}))
        return [
            Tried(trial.name, _fault(trial, outcomes[trial.name], jobs[trial.name]) if trial.name in jobs else None)
            for trial in TRIALS
        ]


def _job(trial: Trial, path: Path) -> ClipJob:
    return ClipJob(
        id=trial.name,
        source=str(path),
        part=f"{path}.part",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        kind=trial.kind,
        crop=None,
        trim=Trim(),
        # A sampling grid as fine as the clip takes every frame.
        rate_hz=float(RATE_HZ),
        max_frames=2 * len(GREYS),
        size_px=_SIDE_PX,
        colour="grey",
    )


def _fault(trial: Trial, outcome: Outcome, job: ClipJob) -> str:
    if outcome.code != "made":
        return f"{outcome.code}: {outcome.reason}"
    part = read_part(Path(job.part))
    greys = [float(np.mean(decode_png(frame))) for frame in part.frames]
    return fault_of(trial, greys, part.times_s)
