"""Worker processes that take harm in the harness's place: one that dies or hangs is counted, and another one starts."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Answer", "ask", "serve"]

_READY = "ready"


@dataclass(frozen=True)
class Answer:
    """What became of one try.

    Attributes
    ----------
    number : int
        The try.
    failures : tuple of tuple
        Name of a failure and what was seen, each; see `benchmarks.harden.tally.FAILURES`.
    """

    number: int
    failures: tuple[tuple[str, str], ...]


def ask(
    module: str, arguments: list[str], numbers: Iterable[int], *, deadline_s: float, workers: int = 2
) -> Iterator[Answer]:
    """Have tries made by worker processes.

    Parameters
    ----------
    module : str
        What a worker runs; it calls `serve`.
    arguments : list of str
        Its command line.
    numbers : iterable of int
        The tries.
    deadline_s : float
        Time by the clock of one try, after which its worker is killed.
    workers : int
        Processes at a time.

    Yields
    ------
    Answer
        One for each number, in any order.
    """
    waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    tries = list(numbers)
    for number in (*tries, *[None] * workers):
        waiting.put(number)
    command = [sys.executable, "-m", module, *arguments]
    for _ in range(workers):
        threading.Thread(target=_work, args=(command, waiting, done, deadline_s), daemon=True).start()
    for _ in tries:
        yield done.get()


def _work(
    command: list[str],
    waiting: queue.SimpleQueue[int | None],
    done: queue.SimpleQueue[Answer],
    deadline_s: float,
) -> None:
    process: subprocess.Popen[str] | None = None
    while (number := waiting.get()) is not None:
        process = process or _begin(command)
        timer = threading.Timer(deadline_s, process.kill)
        timer.start()
        answer = ""
        try:
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            pass
        in_time = timer.is_alive()
        timer.cancel()
        if answer.endswith("\n"):
            done.put(Answer(number, tuple((name, what) for name, what in json.loads(answer))))
            continue
        status, process = _over(process), None
        what = f"its process ended with status {status}" if in_time else f"not over after {deadline_s:g} s"
        done.put(Answer(number, (("death" if in_time else "hang", what),)))
    if process is not None:
        _over(process)


def _begin(command: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
        encoding="utf-8",
    )
    said = process.stdout.readline().strip()
    if said != _READY:
        message = f"a worker does not start: {' '.join(command)}"
        raise RuntimeError(message)
    return process


def _over(process: subprocess.Popen[str]) -> int:
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.stdout.close()
    return process.wait()


def serve(make_try: Callable[[int], list[tuple[str, str]]]) -> None:
    """Make tries in this process, a number a line on standard input, until it ends."""
    # A decoder that prints must not speak for us.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    print(_READY, file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(make_try(int(line))), file=answers, flush=True)
