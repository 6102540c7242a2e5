"""How far a long run is: a bar on a terminal, a line every some seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lusdata.wording import counted

__all__ = ["Progress", "show_progress"]

_EVERY_S = 10.0


class Progress:
    """Counts what is done, and shows it.

    Parameters
    ----------
    done : int
        How many an earlier run did.
    show : callable
        Takes how many are done.
    """

    def __init__(self, done: int, show: Callable[[int], object]) -> None:
        self._done = done
        self._show = show

    def __call__(self, more: int = 1) -> None:
        """Tell that some more are done."""
        self.to(self._done + more)

    def to(self, done: int) -> None:
        """Tell how many are done."""
        self._done = done
        self._show(done)


@contextmanager
def show_progress(
    total: int,
    *,
    doing: str,
    unit: str = "recording",
    shown: bool = True,
    done: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Show on standard error how far a run is, inside the block.

    Parameters
    ----------
    total : int
        How many there are.
    doing : str
        What is done, in a word or two.
    unit : str
        What is counted.
    shown : bool
        Show anything at all.
    done : int
        How many an earlier run did.
    clock : callable
        Gives seconds.

    Yields
    ------
    Progress
        To be called when one more is done.
    """
    if not shown:
        yield Progress(done, lambda now: None)
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(total=total, initial=done, desc=doing, unit=unit) as bar:
            yield Progress(done, lambda now: bar.update(now - bar.n))
    else:
        yield Progress(done, _lines(total, done, doing=doing, unit=unit, clock=clock))


def _lines(total: int, before: int, *, doing: str, unit: str, clock: Callable[[], float]) -> Callable[[int], None]:
    """Return a function that writes a line when the last one is old enough."""
    began = told = clock()
    several = counted(total, unit, f"{unit}es" if unit.endswith("ch") else "")

    def show(done: int) -> None:
        nonlocal told
        now = clock()
        if now - told < _EVERY_S or not before < done < total:
            return
        told = now
        left_s = (now - began) / (done - before) * (total - done)
        sys.stderr.write(f"lusdata: {doing}: {done:,} of {several}, about {_duration(left_s)} left\n")
        sys.stderr.flush()

    return show


def _duration(seconds: float) -> str:
    """Return a duration as people say it.

    Examples
    --------
    >>> _duration(8.2), _duration(95), _duration(7260)
    ('8 s', '1 min 35 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
