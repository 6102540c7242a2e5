"""What runs that were killed left in a cache: halves that nobody goes on with, their notes and their locks."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from lusdata.media.fetch import unfinished
from lusdata.media.fetch.lock import free_lock

__all__ = ["sweep_cache"]

_LONGEST_S = 30 * 24 * 3600.0


def sweep_cache(root: Path, *, everything: bool = False) -> list[Path]:
    """Remove what dead runs left in a cache, and nothing that somebody works on.

    Parameters
    ----------
    root : Path
        The cache; it need not exist.
    everything : bool
        Also halves that the next fetch of the same recording would go on with. By default only those that are a month
        old, and what is left beside a file that arrived.

    Returns
    -------
    list of Path
        The halves that are gone, sorted.
    """
    found = [*(root / "objects").glob("??/*.part*"), *(root / "incoming").glob("*.part*")]
    gone = []
    for part in sorted({path.with_name(path.name.partition(".part")[0] + ".part") for path in found}):
        # What belongs to somebody else, or lies on a disk that cannot be written, is theirs to remove.
        with suppress(OSError), free_lock(part) as is_free:
            if is_free and (everything or _is_done(part)):
                if part.exists():
                    gone.append(part)
                unfinished.discard(part)
    return gone


def _is_done(part: Path) -> bool:
    if not part.exists() or part.with_name(part.name.removesuffix(".part")).exists():
        return True
    return time.time() - part.stat().st_mtime > _LONGEST_S
