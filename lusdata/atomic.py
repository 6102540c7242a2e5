"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_bytes", "write_text"]


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary file in the same folder.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist. An older file is replaced in one step.
    data : bytes
        The content.

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
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 with Unix line ends; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))
