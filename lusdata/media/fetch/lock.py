"""One download of a file at a time, also where several processes share a cache."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["alone", "free_lock"]

_POLL_S = 0.2


@contextmanager
def alone(part: Path, *, wait: Callable[[float], object]) -> Iterator[None]:
    """Hold a part file for oneself.

    Parameters
    ----------
    part : Path
        The part file; its folder exists. The lock is a file beside it and vanishes afterwards. The system lets go of
        it when a process dies, so that a killed run blocks nobody.
    wait : callable
        Waits for seconds while somebody else works on the same file.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    path = part.with_name(part.name + ".lock")
    while True:
        stream = path.open("ab")
        if _lock(stream) and _is_same(path, stream):
            break
        stream.close()
        wait(_POLL_S)
    with _held(path, stream):
        yield


@contextmanager
def free_lock(part: Path) -> Iterator[bool]:
    """Hold a part file if nobody else does, and tell whether that is so; nobody is waited for.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    path = part.with_name(part.name + ".lock")
    stream = path.open("ab")
    if not (_lock(stream) and _is_same(path, stream)):
        stream.close()
        yield False
        return
    with _held(path, stream):
        yield True


@contextmanager
def _held(path: Path, stream: IO[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        # Windows cannot remove an open file, and elsewhere a closed one may already be another process's lock.
        if sys.platform == "win32":
            stream.close()
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            # Somebody else opened it in between and will remove it.
            pass
        finally:
            stream.close()


def _is_same(path: Path, stream: IO[bytes]) -> bool:
    """Tell whether the locked file is still the one under that name: its last holder removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _lock(stream: IO[bytes]) -> bool:
        import msvcrt

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _lock(stream: IO[bytes]) -> bool:
        import fcntl

        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A network disk without locks: better a second download than none.
            return True
        return True
