"""What is read was hashed: a file is held against its digest, and stays the same until it has been read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from lusdata.errors import DataError

__all__ = ["DAMAGED", "DamagedError", "held_against", "intact", "set_aside", "sha256_in"]

DAMAGED = "damaged"
"""Folder beside the files that takes those which lost their digest."""

_TICK_NS = 2_000_000_000
"""Longest step between two times that a disk can tell apart; some count in steps of two seconds."""


class DamagedError(DataError):
    """A file does not have its digest, or changed while it was read (exit code 1)."""


def sha256_in(stream: BufferedReader) -> str:
    """Return the sha256 of what follows in an open file, as 64 hexadecimal digits."""
    return hashlib.file_digest(stream, "sha256").hexdigest()


def held_against(path: Path, found: str, sha256: str, *, what: str = "the file", hint: str | None = None) -> None:
    """Refuse content of another digest than it should have.

    Parameters
    ----------
    path : Path
        Where the content came from.
    found : str
        Its sha256.
    sha256 : str
        The sha256 that it should have.
    what : str
        What it is, for the message.
    hint : str, optional
        What to do about it.

    Raises
    ------
    DamagedError
        If the two differ.
    """
    if found != sha256:
        raise DamagedError(
            f"{what} does not have its digest", where=str(path), expected=f"sha256 {sha256}", found=found, hint=hint
        )


@contextmanager
def intact(path: Path, sha256: str | None = None, *, what: str = "the file", hint: str | None = None) -> Iterator[None]:
    """Hold a file against its digest, and make sure that it stays what it is until the block has read it.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str, optional
        Its digest; without one the file may be anything, but must stay the same.
    what : str
        What it is, for the message.
    hint : str, optional
        What to do if it is damaged.

    Raises
    ------
    DamagedError
        Before the block if the file has another digest; after it if the file was written, replaced or removed
        meanwhile. What the block took from the file must then not be used.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        stamp = _stamp(os.fstat(stream.fileno()))
        # Two writes within one tick of the disk's clock leave the same times: only the bytes tell them apart.
        fresh = time.time_ns() - max(stamp[-2:]) < _TICK_NS
        found = sha256_in(stream) if sha256 is not None or fresh else ""
    if sha256 is not None:
        held_against(path, found, sha256, what=what, hint=hint)
    changed = DamagedError(f"{what} changed while it was read", where=str(path), hint="run the same again")
    try:
        yield
    except DataError as error:
        # Whatever else was found in it, the cause is that it changed.
        if not _is_same(path, stamp, found if fresh else None):
            raise changed from error
        raise
    if not _is_same(path, stamp, found if fresh else None):
        raise changed


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    # The time of the last change of anything is the one that a writer cannot set back.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_same(path: Path, stamp: tuple[int, ...], sha256: str | None) -> bool:
    try:
        with path.open("rb") as stream:
            same = _stamp(os.fstat(stream.fileno())) == stamp
            return same and (sha256 is None or sha256_in(stream) == sha256)
    except FileNotFoundError:
        return False


def set_aside(path: Path, folder: Path) -> Path | None:
    """Move a damaged file to a folder under a name that is free there, and return where it lies now.

    Returns
    -------
    Path or None
        None if there is no such file any more.

    Raises
    ------
    OSError
        If the folder cannot be written, or is on another disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    try:
        path.replace(target)
    except FileNotFoundError:
        return None
    return target
