"""A worker process: jobs as JSON lines on standard input, outcomes as JSON lines on standard output."""

from __future__ import annotations

import os
import signal
import sys

from lusdata.budget import BUDGET, Budget
from lusdata.dataset.limits import limit_memory, limited_time
from lusdata.dataset.parts import Job, make_part

__all__ = ["READY", "main"]

READY = "ready"
"""First line of a worker; what goes wrong before it concerns the installation and not a recording."""


def main(budget: Budget = BUDGET) -> None:
    """Serve until standard input ends, each job within the budget of a recording."""
    # Ctrl-C reaches every process of a terminal; the main process decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Keep the channel to ourselves: a decoder that prints would break the protocol.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    import lusdata.media.frames
    import lusdata.media.png  # noqa: F401  (loaded now, so that a broken installation shows before the first job)

    limit_memory(budget)
    _say(answers, READY)
    for line in sys.stdin:
        with limited_time(budget):
            outcome = make_part(Job.from_json(line))
        _say(answers, outcome.to_json())


def _say(stream: object, text: str) -> None:
    print(text, file=stream, flush=True)  # type: ignore[call-overload]
