"""Files and folders that are either whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lusdata.scratch import scratch_beside

__all__ = ["PRIVATE", "copy_file", "new_folder", "write_bytes", "write_text"]

PRIVATE = 0o600
"""For pictures of patients, and pages with them: nobody but their owner looks at them until the owner says so."""

_OPEN = 0o666
"""What programs ask for; the user's umask takes away what the user wants to keep from others."""

_PIECE_BYTES = 1 << 20


def write_bytes(path: Path, data: bytes, *, mode: int = _OPEN) -> None:
    """Write a file by way of a temporary file in the same folder.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist. An older file is replaced in one step.
    data : bytes
        The content.
    mode : int
        Who may do what with it, less what the user's umask forbids; from the beginning, so that nobody else sees what
        is its owner's alone.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; no temporary file is left behind and an older file
        keeps its content.
    """
    with _written(path, mode) as stream:
        stream.write(data)


def write_text(path: Path, text: str, *, mode: int = _OPEN) -> None:
    """Write a text file as UTF-8 with Unix line ends; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"), mode=mode)


def copy_file(source: Path, path: Path, *, mode: int = _OPEN) -> None:
    """Copy a file's content, in pieces; see `write_bytes`.

    Raises
    ------
    OSError
        Also if `source` cannot be read.
    """
    with source.open("rb") as reader, _written(path, mode) as stream:
        shutil.copyfileobj(reader, stream, _PIECE_BYTES)


@contextmanager
def _written(path: Path, mode: int) -> Iterator[BinaryIO]:
    temporary = scratch_beside(path)
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Fill a folder by way of a temporary folder beside it.

    Parameters
    ----------
    path : Path
        The folder to make; missing or empty. Its parent must exist.

    Yields
    ------
    Path
        The temporary folder, which becomes `path` when the block ends without an error.

    Raises
    ------
    OSError
        If the disk is full, or `path` holds something by now; no temporary folder is left behind.
    """
    temporary = scratch_beside(path)
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            # Only an empty folder can be removed so; Windows cannot put one folder in the place of another.
            path.rmdir()
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
