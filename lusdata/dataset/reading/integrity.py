"""Whether files are what ``dataset.json`` says: one answer for loading, exporting, building and verifying."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.errors import DataError, OutsideError

__all__ = ["FileFault", "file_faults", "require_intact"]

_SETTLED_NS = 2_000_000_000
"""How old a change must be before the times of a file tell later changes from it; some disks count whole seconds."""

_Version = tuple[str, int, int, int, int]

_digests: dict[_Version, str] = {}
"""Digests of what this process has read, by path, device, inode, size and time of the last change."""


@dataclass(frozen=True)
class FileFault:
    """A file that is not what a dataset says of it.

    Attributes
    ----------
    path : Path
        The file.
    what : str
        The fault, as a clause.
    expected, found : str or None
        What the dataset says, and what is there.
    """

    path: Path
    what: str
    expected: str | None = None
    found: str | None = None

    def error(self) -> DataError:
        """Return the fault as an error to raise."""
        return DataError(
            self.what, where=str(self.path), expected=self.expected, found=self.found, hint="build it anew"
        )


def file_faults(folder: Path, files: Iterable[Mapping[str, Any]], *, again: bool = True) -> Iterator[FileFault]:
    """Compare files with what a dataset says of them.

    Parameters
    ----------
    folder : Path
        The folder of the dataset.
    files : iterable of Mapping
        The ``file``, ``size_bytes`` and ``sha256`` of each; see `lusdata.dataset.reading.index.Index.files`.
    again : bool
        Read also what this process has read before and what looks unchanged since. False is enough for somebody who
        only wants to know whether a file was written to; a disk that loses bits needs True.

    Yields
    ------
    FileFault
        One for each file that is missing or differs, in the order of `files`.

    Raises
    ------
    OutsideError
        If a file is there and cannot be read.
    """
    for item in files:
        path = folder / item["file"]
        try:
            fault = _fault(path, item, again=again)
        except FileNotFoundError:
            fault = FileFault(path, "a file of the dataset is missing")
        except OSError as error:
            raise OutsideError("cannot read the dataset", where=str(path), found=error.strerror) from error
        if fault is not None:
            yield fault


def require_intact(folder: Path, files: Iterable[Mapping[str, Any]], *, again: bool = True) -> None:
    """Stop at the first file that is not what a dataset says of it; see `file_faults`.

    Raises
    ------
    DataError
        If a file is missing or differs.
    OutsideError
        If a file is there and cannot be read.
    """
    for fault in file_faults(folder, files, again=again):
        raise fault.error()


def _fault(path: Path, item: Mapping[str, Any], *, again: bool) -> FileFault | None:
    state = path.stat()
    # A pipe of that name would keep the reader waiting for ever.
    if not stat.S_ISREG(state.st_mode):
        return FileFault(path, "a file of the dataset is no file")
    changed = "a file of the dataset was changed"
    if state.st_size != item["size_bytes"]:
        return FileFault(path, changed, f"{item['size_bytes']:,} bytes", f"{state.st_size:,} bytes")
    found = _digest(path, state, again=again)
    return None if found == item["sha256"] else FileFault(path, changed, f"sha256 {item['sha256']}", found)


def _digest(path: Path, state: os.stat_result, *, again: bool) -> str:
    version = (str(path.absolute()), state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
    if again or version not in _digests:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if abs(time.time_ns() - state.st_mtime_ns) < _SETTLED_NS:
            return digest
        _digests[version] = digest
    return _digests[version]
