"""Runs jobs in worker processes of this machine.

Own processes in place of `multiprocessing`: a decoder that a hostile file crashes takes one process and one recording
with it, not the pool; and a script without ``if __name__ == "__main__"`` may still call `lusdata.load`.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import IO

from lusdata.budget import BUDGET, Budget
from lusdata.dataset.limits import ended_by_time
from lusdata.dataset.parts import Job, Outcome, make_part, slow_outcome
from lusdata.dataset.worker import READY
from lusdata.errors import InternalError, LusdataError, OutsideError
from lusdata.scratch import sweep

__all__ = ["Report", "run_here", "run_local"]

Report = Callable[[Outcome], None]
"""Is told about each outcome as it comes, in any order; may raise to stop the run."""

# The child must find the same lusdata, wherever this process found it.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from lusdata.budget import Budget; "
    "from lusdata.dataset.worker import main; main(Budget(**json.loads(sys.argv[2])))"
)


def run_here(jobs: Sequence[Job], *, workers: int, report: Report) -> None:
    """Run jobs one after the other in this process, whatever `workers` says; for debugging."""
    for job in jobs:
        report(make_part(job))


def run_local(jobs: Sequence[Job], *, workers: int, report: Report, budget: Budget = BUDGET) -> None:
    """Run jobs in worker processes.

    Parameters
    ----------
    jobs : sequence of Job
        The work, the longest first for an even end.
    workers : int
        Most processes at a time, at least 1.
    report : callable
        Is told about each outcome in the calling thread.
    budget : Budget
        What the processes are held to by the system, see `lusdata.dataset.limits`.

    Raises
    ------
    OutsideError
        If the system starts no worker process, or ends it.
    InternalError
        If something fails that neither a recording nor the system explains.
    """
    waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Outcome | LusdataError | InternalError] = queue.SimpleQueue()
    count = min(workers, len(jobs))
    for job in (*jobs, *[None] * count):
        waiting.put(job)
    crew = [_Worker(waiting, done, budget) for _ in range(count)]
    for worker in crew:
        worker.start()
    try:
        for _ in jobs:
            outcome = done.get()
            if isinstance(outcome, (LusdataError, InternalError)):
                raise outcome
            report(outcome)
    finally:
        for worker in crew:
            worker.stop()
        for worker in crew:
            worker.join()
        sweep()


class _Worker(threading.Thread):
    """Feeds one process, and starts another one when it dies."""

    def __init__(
        self,
        waiting: queue.SimpleQueue[Job | None],
        done: queue.SimpleQueue[Outcome | LusdataError | InternalError],
        budget: Budget,
    ) -> None:
        super().__init__(daemon=True)
        self._budget = budget
        self._waiting = waiting
        self._done = done
        self._process: subprocess.Popen[str] | None = None
        self._status: int | None = None
        self._stopped = threading.Event()
        # Only one of this thread and the one that calls `stop` may start or end a process at a time.
        self._guard = threading.Lock()

    def stop(self) -> None:
        """End the process, whatever it is doing; parts are written whole or not at all."""
        with self._guard:
            self._stopped.set()
            if self._process is not None and self._process.poll() is None:
                _end_group(self._process)

    def run(self) -> None:
        """Take jobs until none is left or the run is stopped."""
        try:
            with tempfile.TemporaryFile() as errors:
                while (job := self._waiting.get()) is not None and not self._stopped.is_set():
                    # Twice: the system may have killed it for a shortage of memory that is over by now.
                    self._done.put(self._try(job, errors) or self._try(job, errors) or self._given_up(job))
        except LusdataError as error:
            self._done.put(error)
        except OSError as error:
            found = error.strerror or type(error).__name__
            self._done.put(OutsideError("a worker process failed", where=sys.executable, found=found))
        except Exception as error:  # whatever it is, the thread that waits for an answer must get one
            self._done.put(InternalError.of(error))
        finally:
            self._end()

    def _try(self, job: Job, errors: IO[bytes]) -> Outcome | None:
        """Run one job; return None if the process died of it."""
        process = self._process if self._process is not None else self._begin(errors)
        answer = ""
        with suppress(BrokenPipeError):
            _channel(process.stdin).write(job.to_json() + "\n")
            _channel(process.stdin).flush()
            answer = _channel(process.stdout).readline()
        if answer.endswith("\n"):
            return Outcome.from_json(answer)
        self._status = self._end()
        return slow_outcome(job) if ended_by_time(self._status) else None

    def _given_up(self, job: Job) -> Outcome:
        return Outcome(job.id, "crashed", f"the decoder ended its process (exit status {self._status})")

    def _begin(self, errors: IO[bytes]) -> subprocess.Popen[str]:
        with self._guard:
            if self._stopped.is_set():
                raise OutsideError("the run was stopped")
            process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), json.dumps(asdict(self._budget))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                # With what it starts itself it is one group, and ends as one.
                start_new_session=True,
            )
            self._process = process
        if _channel(process.stdout).readline().strip() != READY:
            self._end()
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            if said:
                raise InternalError(said.splitlines()[-1], where="starting a worker process", trace=f"{said}\n")
            raise OutsideError("a worker process was ended before it started", where=sys.executable)
        return process

    def _end(self) -> int | None:
        with self._guard:
            process, self._process = self._process, None
        if process is None:
            return None
        # Closing its input tells an idle worker to go; a broken channel says that it already went.
        with suppress(BrokenPipeError):
            _channel(process.stdin).close()
        _channel(process.stdout).close()
        status = process.wait()
        if status:
            _end_group(process)
        return status


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a worker with everything that it started; it need not run any more."""
    if sys.platform == "win32":
        process.terminate()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _channel(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        message = "a worker process without its channels"
        raise RuntimeError(message)
    return stream
