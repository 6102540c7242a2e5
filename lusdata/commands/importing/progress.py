"""How far an import is: a bar on a terminal, a line every some seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]

_EVERY_S = 10.0


@contextmanager
def progress(total: int, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that is told how many of how many are done, and the name of the last one."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(total=total, desc="import", unit="recording") as bar:
            yield lambda done, of, name: bar.update(done - bar.n) and None
        return
    began = last = clock()

    def tell(done: int, of: int, name: str) -> None:
        nonlocal last
        now = clock()
        if now - last >= _EVERY_S:
            last = now
            left_s = (now - began) / done * (of - done)
            sys.stderr.write(f"lusdata: {done:,} of {of:,} recordings looked at, about {left_s:,.0f} s left\n")
            sys.stderr.flush()

    yield tell
