"""Files and folders that are either whole or not there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["new_folder", "write_bytes", "write_text"]


def write_bytes(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file by way of a temporary file in the same folder.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist. An older file is replaced in one step.
    data : bytes
        The content.
    mode : int
        Who may do what with it; from the beginning, so that nobody else sees what is its owner's alone.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; no temporary file is left behind and an older file
        keeps its content.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files for the owner alone; a dataset is usually shared.
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 with Unix line ends; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


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
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        # mkdtemp makes folders for the owner alone.
        temporary.chmod(0o755)
        if path.exists():
            # Only an empty folder can be removed so; Windows cannot put one folder in the place of another.
            path.rmdir()
        temporary.replace(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
