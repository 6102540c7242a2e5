"""Where a contribution comes from: files and folders on disk, addresses on the web; and what is turned away there."""

from __future__ import annotations

import os
import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lusdata.errors import DataError, OutsideError, UsageError
from lusdata.media.diagnose import diagnose
from lusdata.media.facts import sha256_of
from lusdata.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from lusdata.media.fetch.patience import Limits

__all__ = ["candidates", "check_file", "download", "is_address"]

_HIDDEN_OR_LISTS = re.compile(r"\..*|thumbs\.db|desktop\.ini|dicomdir", re.IGNORECASE)
_MOST_FILES = 1000


def is_address(source: str) -> bool:
    """Tell whether a user means a web address.

    Examples
    --------
    >>> is_address("https://example.org/a.mp4"), is_address("a.mp4"), is_address("ftp://example.org/a")
    (True, False, True)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def candidates(source: Path) -> list[Path]:
    """Return the files that a path stands for: itself, or what a folder holds, sorted.

    Parameters
    ----------
    source : Path
        A file or a folder. Hidden files and lists of files are passed over; everything else is taken, also folders that
        may not be read, so that what is no recording is told and not left out in silence.

    Raises
    ------
    UsageError
        If far too much is there.
    DataError
        If a folder holds no file.
    """
    if not source.is_dir() or source.is_symlink():
        return [source]
    locked: list[OSError] = []
    found = {
        Path(folder, name)
        for folder, folders, names in os.walk(source, onerror=locked.append)
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink()))
    } | {Path(error.filename) for error in locked}
    files = sorted(
        path for path in found if not any(_HIDDEN_OR_LISTS.fullmatch(part) for part in path.relative_to(source).parts)
    )
    if not files:
        raise DataError("the folder holds no file", where=one_line(str(source)), expected="videos or pictures")
    if len(files) > _MOST_FILES:
        raise UsageError(
            "too many files at once",
            where=one_line(str(source)),
            expected=f"at most {_MOST_FILES:,}",
            found=f"{len(files):,}",
        )
    return files


def check_file(path: Path) -> None:
    """Refuse what is no plain file, without opening it.

    Raises
    ------
    UsageError
        If there is nothing of that name.
    DataError
        If it is a link, a pipe, a device, a socket, or empty.
    OutsideError
        If it is a folder: `candidates` leaves only those that may not be read.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError("no such file", where=one_line(str(path))) from error
    where = one_line(str(path))
    if stat.S_ISLNK(found.st_mode):
        raise DataError("a symbolic link", where=where, expected="a file", hint="name the file that it leads to")
    if not stat.S_ISREG(found.st_mode):
        if stat.S_ISDIR(found.st_mode):
            raise OutsideError("the folder may not be read", where=where)
        kind = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}.get(stat.S_IFMT(found.st_mode), "a device")
        raise DataError("not a file", where=where, expected="a video, a picture or a DICOM file", found=kind)
    if found.st_size == 0:
        raise DataError("the file is empty", where=where)


def download(address: str, folder: Path, *, limits: Limits | None = None, allowed: Collection[str] = ()) -> Path:
    """Bring a file from the web.

    Parameters
    ----------
    address : str
        Web address of the very file.
    folder : Path
        Where to put it.
    limits : Limits, optional
        Bounds of the transfer.
    allowed : collection of str
        Addresses ending in a slash; what lies below may be in a private network. By default none.

    Returns
    -------
    Path
        The file. Only the kind of its name is the address's: a server may call a file what it likes.

    Raises
    ------
    UsageError
        If the address is none that is asked.
    DataError
        If something else than a medium arrives.
    OutsideError
        If the network fails.
    """
    # The web packages take a tenth of a second to load.
    from lusdata.media.fetch.http import WebClient
    from lusdata.media.fetch.patience import Limits, World
    from lusdata.media.fetch.report import STATES, FetchFailure

    client = WebClient(limits or Limits(), World(), time.sleep, allowed=allowed, workers=1)
    part = folder / "arriving"
    try:
        client.download(address, part, size_bytes=None, pinned=False)
    except FetchFailure as error:
        kind = {1: UsageError, 3: OutsideError}.get(STATES[error.failure.state][0], OutsideError)
        raise kind(error.failure.detail, where=one_line(address)) from error
    finally:
        client.close()
    found = diagnose(part, found_sha256=sha256_of(part))
    if found.state != "medium":
        raise DataError(
            found.sentence,
            where=one_line(address),
            expected="the address of the very file",
            hint="a page that shows the recording is named with --page",
        )
    suffix = re.search(r"\.[A-Za-z0-9]{1,5}$", urlsplit(address).path)
    path = folder / f"arrived{suffix[0] if suffix else ''}"
    part.replace(path)
    return path
