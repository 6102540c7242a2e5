"""Limits that the system itself holds a worker process to, whatever a decoder does and however long one call takes.

Decoding looks at the budget by itself between two frames, and says so in a line of its own; this is for what happens
within one. Limits that a platform lacks are left out: Windows has none of them, and only Linux limits memory so.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from lusdata.budget import Budget

__all__ = ["ended_by_time", "limit_memory", "limited_time"]

_GRACE_S = 5.0
"""What a process gets on top, so that decoding can be the first to notice."""


def limit_memory(budget: Budget) -> None:
    """Let this process take no more than the budget on top of what it holds; allocations beyond it fail."""
    if sys.platform != "linux":
        return
    import resource

    held_bytes = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held_bytes + budget.memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


@contextlib.contextmanager
def limited_time(budget: Budget) -> Iterator[None]:
    """End this process if the block takes longer than the budget, by its processor or by the clock."""
    if sys.platform == "win32":
        yield
        return
    timers = ((signal.ITIMER_PROF, budget.processor_s), (signal.ITIMER_REAL, budget.wall_s))
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    for timer, seconds in timers:
        signal.setitimer(timer, seconds + _GRACE_S)
    try:
        yield
    finally:
        for timer, _ in timers:
            signal.setitimer(timer, 0)


_SIGNALS = () if sys.platform == "win32" else (signal.SIGPROF, signal.SIGALRM)


def ended_by_time(status: int | None) -> bool:
    """Tell from the exit status of a process whether its time was over."""
    return status is not None and -status in _SIGNALS
