"""Runs the looking at files in processes of their own: one that a hostile file crashes takes one file with it."""

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
from pathlib import Path
from typing import IO

from lusdata.budget import BUDGET
from lusdata.errors import InternalError, LusdataError, OutsideError
from lusdata.intake.folder.examine import READY, Examined, Job, examined_before
from lusdata.intake.folder.files import FolderFile
from lusdata.media.cache import cache_dir
from lusdata.scratch import sweep

__all__ = ["Advance", "examine_all", "jobs_of", "media_of"]

Advance = Callable[[int, int, str], None]
"""Is told how many files of how many are done, and the name of the last one."""

# The child must find the same lusdata, wherever this process found it.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from lusdata.intake.folder.examine import serve; serve()"
)
_GRACE_S = 60.0
_FAREWELL_S = 5.0


def media_of(collection: str) -> Path:
    """Return the folder of the files that take the place of those which cannot stay as they are."""
    return cache_dir() / "own" / collection


def jobs_of(files: Sequence[FolderFile], collection: str) -> list[Job]:
    """Return what is to be done for some files of a folder."""
    media, results = str(media_of(collection)), str(cache_dir() / "import")
    return [Job(one.name, str(one.path), one.sha256, one.dicom, media, results) for one in files]


def examine_all(jobs: Sequence[Job], *, workers: int, advance: Advance) -> dict[str, Examined]:
    """Look at files; what an earlier run looked at already is taken from there.

    Parameters
    ----------
    jobs : sequence of Job
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
    OutsideError
        If no process can be started.
    InternalError
        If the looking itself fails.
    """
    found: dict[str, Examined] = {}
    left: list[Job] = []
    for job in jobs:
        before = examined_before(job)
        if before is None:
            left.append(job)
        else:
            found[job.name] = before
            advance(len(found), len(jobs), job.name)
    waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Examined | LusdataError | InternalError] = queue.SimpleQueue()
    crew = [_Worker(waiting, done) for _ in range(min(workers, len(left)))]
    for waits in (*left, *[None] * len(crew)):
        waiting.put(waits)
    for worker in crew:
        worker.start()
    try:
        for _ in left:
            one = done.get()
            if isinstance(one, (LusdataError, InternalError)):
                raise one
            found[one.name] = one
            advance(len(found), len(jobs), one.name)
    finally:
        for worker in crew:
            worker.stop()
        for worker in crew:
            worker.join()
        sweep()
    return found


class _Worker(threading.Thread):
    """Feeds one process, and starts another one when it dies."""

    def __init__(
        self,
        waiting: queue.SimpleQueue[Job | None],
        done: queue.SimpleQueue[Examined | LusdataError | InternalError],
    ) -> None:
        super().__init__(daemon=True)
        self._waiting, self._done = waiting, done
        self._process: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()
        self._guard = threading.Lock()

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        with self._guard:
            self._stopped.set()
            if self._process is not None:
                _end(self._process)

    def run(self) -> None:
        """Take jobs until none is left or the run is stopped."""
        try:
            with tempfile.TemporaryFile() as errors:
                while (job := self._waiting.get()) is not None and not self._stopped.is_set():
                    self._done.put(self._tried(job, errors))
        except (LusdataError, InternalError) as error:
            self._done.put(error)
        except OSError as error:
            found = error.strerror or type(error).__name__
            self._done.put(OutsideError("a worker process failed", where=sys.executable, found=found))
        except Exception as error:  # whatever it is, the thread that waits for an answer must get one
            self._done.put(InternalError.of(error))
        finally:
            self._close()

    def _tried(self, job: Job, errors: IO[bytes]) -> Examined:
        process = self._process or self._begin(errors)
        # Decoding counts its time by itself; this is for what hangs within one call.
        timer = threading.Timer(BUDGET.wall_s + _GRACE_S, _end, [process])
        timer.start()
        answer = ""
        try:
            with suppress(BrokenPipeError):
                _channel(process.stdin).write(json.dumps(asdict(job)) + "\n")
                _channel(process.stdin).flush()
                answer = _channel(process.stdout).readline()
        finally:
            timer.cancel()
        if answer.endswith("\n"):
            return Examined.from_dict(json.loads(answer))
        status = self._close()
        if status > 0:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            raise InternalError(said.splitlines()[-1] if said else "no words", where=job.name, trace=f"{said}\n")
        return Examined(job.name, fault="the decoder ended its process, or took longer than a recording may")

    def _close(self) -> int:
        """End the process, if there is one, and return its exit status."""
        with self._guard:
            process, self._process = self._process, None
        if process is None:
            return 0
        # A worker whose input ends goes by itself.
        with suppress(BrokenPipeError):
            _channel(process.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_FAREWELL_S)
        _end(process)
        status = process.wait()
        _channel(process.stdout).close()
        return status

    def _begin(self, errors: IO[bytes]) -> subprocess.Popen[str]:
        with self._guard:
            if self._stopped.is_set():
                raise OutsideError("the run was stopped")
            process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                # With what it starts itself it is one group, and ends as one.
                start_new_session=True,
            )
            self._process = process
        if _channel(process.stdout).readline().strip() != READY:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            if said:
                raise InternalError(said.splitlines()[-1], where="starting a worker process", trace=f"{said}\n")
            raise OutsideError("a worker process was ended before it started", where=sys.executable)
        return process


def _end(process: subprocess.Popen[str]) -> None:
    """End a worker with everything that it started; a worker whose input is closed goes by itself."""
    if process.poll() is not None:
        return
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
