"""What decoding one recording has cost so far, held against the budget while it runs.

Time is that of the thread, so that recordings which are decoded side by side are not charged for each other.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from lusdata.budget import BUDGET
from lusdata.errors import TooLargeError, TooSlowError

__all__ = ["Spending", "charged", "spending", "spent", "too_slow"]

P = ParamSpec("P")
R = TypeVar("R")

_RUNNING = threading.local()


@dataclass
class Spending:
    """The costs of one recording; made by `spending`.

    Attributes
    ----------
    path : Path
        Its file.
    frame_pixels : int
        Pixels of the largest frame that was announced or seen.
    """

    path: Path
    frame_pixels: int = 0
    _began_s: float = field(default_factory=time.monotonic)
    _worked_s: float = field(default_factory=time.thread_time)

    def see_size(self, width_px: int, height_px: int) -> None:
        """Take note of a frame's size, and refuse to go on when the time is over."""
        self.frame_pixels = max(self.frame_pixels, width_px * height_px)
        self._check_time()

    def see_count(self, count: int) -> None:
        """Refuse more pixels than one recording may have in all its frames, or to go on when the time is over."""
        pixels = count * self.frame_pixels
        if pixels > BUDGET.pixels:
            raise TooLargeError(
                "too large for a recording",
                where=str(self.path),
                expected=f"at most {BUDGET.pixels:,} pixels (frames x width x height)",
                found=f"{pixels:,} or more",
            )
        self._check_time()

    def _check_time(self) -> None:
        worked_s, lasted_s = time.thread_time() - self._worked_s, time.monotonic() - self._began_s
        if worked_s > BUDGET.processor_s or lasted_s > BUDGET.wall_s:
            raise too_slow(self.path)


def too_slow(path: Path | None = None) -> TooSlowError:
    """Return the error for a recording that takes longer than one may."""
    expected = f"at most {BUDGET.processor_s:,.0f} s of a processor and {BUDGET.wall_s:,.0f} s in all"
    return TooSlowError("too slow to decode", where=None if path is None else str(path), expected=expected)


@contextmanager
def spending(path: Path) -> Iterator[Spending]:
    """Charge all decoding inside the block to one recording; a block inside another one counts with it.

    Parameters
    ----------
    path : Path
        The recording's file.

    Raises
    ------
    TooLargeError
        If the block runs out of memory.
    """
    outer = spent()
    if outer is not None:
        # A copy that was made of the same recording begins with sizes of its own.
        outer.frame_pixels = 0
        yield outer
        return
    _RUNNING.spending = Spending(path)
    try:
        yield _RUNNING.spending
    except MemoryError as error:
        raise TooLargeError(
            "too large for a recording",
            where=str(path),
            expected=f"to decode within {BUDGET.memory_bytes:,} bytes of memory, and of what is free",
        ) from error
    finally:
        _RUNNING.spending = None


def charged(read: Callable[Concatenate[Path, P], R]) -> Callable[Concatenate[Path, P], R]:
    """Charge all that a function decodes to the recording whose file is its first argument; see `spending`."""

    @functools.wraps(read)
    def within_budget(path: Path, /, *args: P.args, **options: P.kwargs) -> R:
        with spending(path):
            return read(path, *args, **options)

    return within_budget


def spent() -> Spending | None:
    """Return the costs of the recording that this thread is decoding, if it is."""
    running: Spending | None = getattr(_RUNNING, "spending", None)
    return running
