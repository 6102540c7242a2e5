"""The inside of a worker process: jobs as lines on standard input, answers as lines of JSON on standard output."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable

from lusdata.budget import Budget
from lusdata.limits import limit_memory, limited_time
from lusdata.scratch import remove_own

__all__ = ["FAILED", "READY", "RUN_OUT", "serve"]

READY = "ready"
"""First line of a worker; what goes wrong before it concerns the installation and not a recording."""

FAILED, RUN_OUT = "worker-failed", "worker-run-out"
"""Keys of answers that tell no result: lusdata's own fault, and what the system did not give."""


def serve(handle: Callable[[str], str], budget: Budget) -> None:
    """Serve until standard input ends, and then end, each job within the budget of a recording.

    Parameters
    ----------
    handle : callable
        Does one job and returns the answer, one line of JSON.
    budget : Budget
        See `lusdata.limits`.
    """
    # Ctrl-C reaches every process of a terminal; the main process decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Keep the channel to ourselves: a decoder that prints would break the protocol.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    limit_memory(budget)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_listen, args=(lines, busy), daemon=True).start()
    print(READY, file=answers, flush=True)
    while True:
        line = lines.get()
        busy.set()
        with limited_time(budget):
            answer = _handled(handle, line)
        busy.clear()
        print(answer, file=answers, flush=True)


def _handled(handle: Callable[[str], str], line: str) -> str:
    try:
        return handle(line)
    except OSError as error:
        found = error.strerror or type(error).__name__
        return json.dumps({RUN_OUT: found, "where": str(error.filename or "")})
    except Exception as error:  # whatever it is, the process that waits for an answer must get one
        told = f"{type(error).__name__}: {error}"
        return json.dumps({FAILED: told, "trace": traceback.format_exc()})


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
