"""A worker process: jobs as JSON lines on standard input, outcomes as JSON lines on standard output."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading

from lusdata.budget import BUDGET, Budget
from lusdata.dataset.limits import limit_memory, limited_time
from lusdata.dataset.parts import Job, make_part
from lusdata.scratch import remove_own

__all__ = ["READY", "main"]

READY = "ready"
"""First line of a worker; what goes wrong before it concerns the installation and not a recording."""


def main(budget: Budget = BUDGET) -> None:
    """Serve until standard input ends, and then end, each job within the budget of a recording."""
    # Ctrl-C reaches every process of a terminal; the main process decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Keep the channel to ourselves: a decoder that prints would break the protocol.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    import lusdata.media.frames
    import lusdata.media.png  # noqa: F401  (loaded now, so that a broken installation shows before the first job)

    limit_memory(budget)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_listen, args=(lines, busy), daemon=True).start()
    _say(answers, READY)
    while True:
        line = lines.get()
        busy.set()
        with limited_time(budget):
            outcome = make_part(Job.from_json(line))
        busy.clear()
        _say(answers, outcome.to_json())


def _listen(lines: queue.SimpleQueue[str], busy: threading.Event) -> None:
    """Take jobs; when their giver is done or was killed, end this process and what it started, whatever it is doing."""
    for line in sys.stdin:
        lines.put(line)
    if busy.is_set():
        # Its giver was killed: nobody waits for an answer.
        remove_own()
        if sys.platform != "win32" and os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _say(stream: object, text: str) -> None:
    print(text, file=stream, flush=True)  # type: ignore[call-overload]
