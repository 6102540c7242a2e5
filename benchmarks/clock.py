"""CPU time, which other programs on the machine disturb less than the clock on the wall."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Cost", "cost_of", "cost_of_program"]


@dataclass(frozen=True)
class Cost:
    """What a piece of work took, child processes included."""

    cpu_s: float
    wall_s: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Do some work once and return what it took."""
    wall_s, cpu_s = time.perf_counter(), time.process_time() + _children_s()
    work()
    return Cost(time.process_time() + _children_s() - cpu_s, time.perf_counter() - wall_s)


def cost_of_program(command: Sequence[str]) -> Cost:
    """Run a program once, without its output, and return what it and its children took."""

    def run() -> None:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            message = f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
            raise RuntimeError(message)

    before_s = _children_s()
    wall_s = cost_of(run).wall_s
    return Cost(_children_s() - before_s, wall_s)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
