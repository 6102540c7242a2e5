"""Worker processes of this machine: jobs as lines go to them, answers as lines of JSON come back.

Own processes in place of `multiprocessing`: a decoder that a hostile file crashes takes one process and one recording
with it, not the pool; and a script without ``if __name__ == "__main__"`` may still call `lusdata.load`.
`lusdata.serving` is the other end.
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
from lusdata.errors import InternalError, LusdataError, OutsideError
from lusdata.limits import ended_by_time
from lusdata.scratch import sweep
from lusdata.serving import FAILED, READY, RUN_OUT

__all__ = ["Answered", "run_jobs", "start_of"]

Answered = Callable[[int, str, int | None], None]
"""Is told the number of a job and its answer; or, with no answer, the exit status of the process that died of it."""

_Answer = tuple[int, str, int | None]


def start_of(module: str) -> str:
    """Return the program of a worker: a module's ``main``, which gets the budget.

    The child must find the same lusdata, wherever this process found it.
    """
    return (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from lusdata.budget import Budget; "
        f"from {module} import main; main(Budget(**json.loads(sys.argv[2])))"
    )


def run_jobs(jobs: Sequence[str], *, start: str, workers: int, answered: Answered, budget: Budget = BUDGET) -> None:
    """Run jobs in worker processes.

    Parameters
    ----------
    jobs : sequence of str
        The work, a line each, the longest first for an even end.
    start : str
        Program of a worker, see `start_of`.
    workers : int
        Most processes at a time, at least 1.
    answered : callable
        Is told about each job in the calling thread, in any order; may raise to stop the run.
    budget : Budget
        What the processes are held to by the system, see `lusdata.limits`.

    Raises
    ------
    OutsideError
        If the system starts no worker process, or ends it, or the disk is full.
    InternalError
        If something fails that neither a recording nor the system explains.
    """
    waiting: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[_Answer | LusdataError | InternalError] = queue.SimpleQueue()
    count = min(workers, len(jobs))
    for job in (*enumerate(jobs), *[None] * count):
        waiting.put(job)
    crew = [_Worker(waiting, done, start, budget) for _ in range(count)]
    for worker in crew:
        worker.start()
    try:
        for _ in jobs:
            answer = done.get()
            if isinstance(answer, (LusdataError, InternalError)):
                raise answer
            answered(*answer)
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
        waiting: queue.SimpleQueue[tuple[int, str] | None],
        done: queue.SimpleQueue[_Answer | LusdataError | InternalError],
        start: str,
        budget: Budget,
    ) -> None:
        super().__init__(daemon=True)
        self._program = [sys.executable, "-c", start, json.dumps(sys.path), json.dumps(asdict(budget))]
        self._waiting = waiting
        self._done = done
        self._process: subprocess.Popen[str] | None = None
        self._status: int | None = None
        self._stopped = threading.Event()
        # Only one of this thread and the one that calls `stop` may start or end a process at a time.
        self._guard = threading.Lock()

    def stop(self) -> None:
        """End the process, whatever it is doing; files are written whole or not at all."""
        with self._guard:
            self._stopped.set()
            if self._process is not None and self._process.poll() is None:
                _end_group(self._process)

    def run(self) -> None:
        """Take jobs until none is left or the run is stopped."""
        try:
            with tempfile.TemporaryFile() as errors:
                while (job := self._waiting.get()) is not None and not self._stopped.is_set():
                    number, line = job
                    self._status = None
                    # Twice: the system may have killed it for a shortage of memory that is over by now.
                    answer = self._try(line, errors) or self._try(line, errors)
                    self._done.put((number, answer, None if answer else self._status))
        except LusdataError as error:
            self._done.put(error)
        except OSError as error:
            found = error.strerror or type(error).__name__
            self._done.put(OutsideError("a worker process failed", where=sys.executable, found=found))
        except Exception as error:  # whatever it is, the thread that waits for an answer must get one
            self._done.put(InternalError.of(error))
        finally:
            self._end()

    def _try(self, line: str, errors: IO[bytes]) -> str:
        """Run one job and return its answer; empty if the process died of it, or its time was over before."""
        if ended_by_time(self._status):
            return ""
        process = self._process if self._process is not None else self._begin(errors)
        answer = ""
        with suppress(BrokenPipeError):
            _channel(process.stdin).write(line + "\n")
            _channel(process.stdin).flush()
            answer = _channel(process.stdout).readline()
        if answer.endswith("\n"):
            _raise_failure(json.loads(answer))
            return answer
        self._status = self._end()
        return ""

    def _begin(self, errors: IO[bytes]) -> subprocess.Popen[str]:
        with self._guard:
            if self._stopped.is_set():
                raise OutsideError("the run was stopped")
            process = subprocess.Popen(
                self._program,
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


def _raise_failure(answer: object) -> None:
    """Raise what went wrong in a worker and is no fault of a recording."""
    if isinstance(answer, dict) and RUN_OUT in answer:
        raise OutsideError("a worker process failed", where=answer["where"] or None, found=answer[RUN_OUT])
    if isinstance(answer, dict) and FAILED in answer:
        raise InternalError(answer[FAILED], where="a worker process", trace=answer["trace"])


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
