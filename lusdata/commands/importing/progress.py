"""How far an import is: a bar on a terminal, a line every some seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lusdata.intake.folder.examine import Examined, Job

__all__ = ["looked_at", "progress"]

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


def looked_at(jobs: Sequence[Job], *, workers: int) -> Mapping[str, Examined]:
    """Look at files before anything is decided, and tell how far it is; what is seen is kept."""
    from lusdata.intake.folder.crew import examine_all

    with progress(len(jobs)) as advance:
        return examine_all(jobs, workers=workers, advance=advance)
