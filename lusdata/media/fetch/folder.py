"""Bytes from a mirror folder into a part file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from lusdata.budget import BUDGET
from lusdata.media.diagnose import diagnose
from lusdata.media.fetch.plan import FolderMirror
from lusdata.media.fetch.report import Failure, FetchFailure, State
from lusdata.media.fetch.room import missing_bytes

__all__ = ["copy_from_folder", "names_in"]

_CHUNK_BYTES = 1024 * 1024


def names_in(folder: Path) -> frozenset[str]:
    """Return the names in a folder exactly as they are written, also where the disk ignores upper and lower case."""
    return frozenset(entry.name for entry in folder.iterdir())


def copy_from_folder(
    mirror: FolderMirror,
    path: str,
    part: Path,
    *,
    sha256: str | None,
    size_bytes: int | None,
    most_bytes: int = BUDGET.file_bytes,
    names: Callable[[Path], Collection[str]] = names_in,
) -> str:
    """Copy one file out of a mirror folder and return its digest.

    A copy and not a link: the cache must survive that the mirror vanishes or that its file is edited in place.

    Parameters
    ----------
    mirror : FolderMirror
        The folder.
    path : str
        Path inside it, made of `lusdata.media.fetch.plan.safe_parts`.
    part : Path
        File to write.
    sha256 : str or None
        Digest asked for; None for any.
    size_bytes : int or None
        Size asked for; a file of another size is diagnosed where it is and not copied.
    most_bytes : int
        Larger files are not looked at.
    names : callable
        See `names_in`; a caller with many files passes one that remembers.

    Returns
    -------
    str
        Digest of what was copied.

    Raises
    ------
    FetchFailure
        If the mirror does not have the file, or a link leads out of it, or it cannot be read, or its size is wrong, or
        there is no room for it.
    OSError
        If the part file cannot be written.
    """
    source = mirror.root.joinpath(*PurePosixPath(path).parts)
    try:
        _check_inside(mirror.root, source, path=path, names=names)
        found_bytes = source.stat().st_size
        if found_bytes > most_bytes:
            sizes = (f"at most {most_bytes:,} bytes", f"{found_bytes:,} bytes")
            raise FetchFailure(Failure(str(source), "too-large", "more than is taken", True, *sizes))
        if size_bytes is not None and found_bytes != size_bytes:
            with source.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            fault = diagnose(source, found_sha256=found, sha256=sha256, size_bytes=size_bytes)
            state: State = "changed" if fault.state == "medium" else fault.state
            raise FetchFailure(Failure(str(source), state, fault.sentence, True, fault.expected, fault.found))
        reader = source.open("rb")
    except OSError as error:
        raise _failure(source, "unreachable", f"cannot be read ({error.strerror or error})") from error
    try:
        with reader:
            missing = missing_bytes(part.parent, found_bytes)
            if missing:
                raise _failure(source, "no-space", f"the disk of the cache lacks {missing:,} bytes for it")
            return _copy(reader, part, source=source)
    # Ctrl-C, too: nothing of a part can be continued, and the disk may be full; it goes on as it came.
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _copy(reader: BinaryIO, part: Path, *, source: Path) -> str:
    digest = hashlib.sha256()
    with part.open("wb") as writer:
        while True:
            try:
                chunk = reader.read(_CHUNK_BYTES)
            except OSError as error:
                raise _failure(source, "unreachable", f"cannot be read ({error.strerror or error})") from error
            if not chunk:
                return digest.hexdigest()
            digest.update(chunk)
            writer.write(chunk)


def _check_inside(root: Path, source: Path, *, path: str, names: Callable[[Path], Collection[str]]) -> None:
    try:
        real = source.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _failure(source, "dead", "not in the mirror") from error
    except RuntimeError as error:
        # A loop of links; newer versions of Python raise an OSError.
        raise _failure(source, "unreachable", "cannot be read (a loop of links)") from error
    if not real.is_relative_to(root.resolve()):
        raise _failure(source, "refused", "a link leads out of the mirror")
    folder = root
    for name in PurePosixPath(path).parts:
        if name not in names(folder):
            raise _failure(source, "dead", "not in the mirror under exactly this name")
        folder = folder / name
    if not real.is_file():
        raise _failure(source, "dead", "no regular file in the mirror")


def _failure(source: Path, state: State, detail: str) -> FetchFailure:
    return FetchFailure(Failure(str(source), state, detail, mirror=True))
