"""What recordings a folder holds: plain files, DICOM trees, and ZIP files of either."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lusdata.budget import BUDGET
from lusdata.catalog.workbook import DAMAGED_ZIP
from lusdata.errors import DataError, LusdataError, OutsideError, UsageError
from lusdata.intake.sidecars import is_sidecar
from lusdata.media.dicom.recording import is_dicom
from lusdata.media.facts import sha256_of
from lusdata.wording import one_line

__all__ = ["FolderFile", "Listing", "list_folder"]

_HIDDEN_OR_LISTS = re.compile(r"\..*|thumbs\.db|desktop\.ini|dicomdir|__macosx", re.IGNORECASE)
_MOST_FILES = 20_000
_MOST_RATIO = 200
"""How many times larger than in its ZIP file a member may be; videos hardly shrink."""
_FREE_RATIO_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FolderFile:
    """A file that may be a recording.

    Attributes
    ----------
    name : str
        Path below the folder with forward slashes; of a member of a ZIP file behind the name of that file.
    path : Path
        Where it lies, or where it was unpacked.
    sha256 : str
        Its digest.
    size_bytes, changed_ns : int
        Its size, and when it was changed last.
    dicom : bool
        Whether it is DICOM.
    unpacked : bool
        Whether `path` is a copy out of a ZIP file, which is gone after the import.
    """

    name: str
    path: Path
    sha256: str
    size_bytes: int
    changed_ns: int
    dicom: bool = False
    unpacked: bool = False

    @property
    def kept(self) -> bool:
        """Whether datasets use the file itself, where it lies."""
        return not self.dicom and not self.unpacked


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes
    ----------
    files : tuple of FolderFile
        Sorted by name.
    beside : tuple of str
        Names of tables and texts, which are passed over.
    refused : tuple of (str, str)
        Names of what cannot be taken, each with the reason.
    """

    files: tuple[FolderFile, ...]
    beside: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def list_folder(folder: Path, scratch: Path) -> Listing:
    """List a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    scratch : Path
        Where members of ZIP files are unpacked.

    Raises
    ------
    UsageError
        If it is no folder, or holds far too much.
    DataError
        If it holds no file.
    OutsideError
        If it cannot be read.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing of that name"
        raise UsageError("no such folder", where=one_line(str(folder)), expected="a folder of recordings", found=found)
    files: list[FolderFile] = []
    beside: list[str] = []
    refused: list[tuple[str, str]] = []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        try:
            if path.suffix.lower() == ".zip":
                files += _unpacked(path, name, scratch, refused, beside)
            elif is_sidecar(path):
                beside.append(name)
            else:
                files.append(_file(path, name))
        except (LusdataError, OSError) as error:
            refused.append((name, _clause(error)))
    if not files and not refused:
        raise DataError("the folder holds no recording", where=one_line(str(folder)), expected="videos or pictures")
    return Listing(tuple(sorted(files, key=lambda file: file.name)), tuple(sorted(beside)), tuple(sorted(refused)))


def _clause(error: LusdataError | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return one_line(error.what + (f" ({error.found})" if error.found else ""))


def _walk(folder: Path) -> list[Path]:
    locked: list[OSError] = []
    found = []
    for root, folders, names in os.walk(folder, onerror=locked.append):
        folders[:] = [name for name in folders if not _HIDDEN_OR_LISTS.fullmatch(name)]
        # A link to a folder is told as one, and not followed: it may lead back.
        links = [name for name in folders if Path(root, name).is_symlink()]
        found += [Path(root, name) for name in (*names, *links) if not _HIDDEN_OR_LISTS.fullmatch(name)]
        if len(found) > _MOST_FILES:
            expected = f"at most {_MOST_FILES:,}"
            raise UsageError("too many files at once", where=one_line(str(folder)), expected=expected, found="more")
    if locked:
        raise OutsideError("a folder may not be read", where=one_line(str(locked[0].filename)))
    return sorted(found)


def _file(path: Path, name: str, *, unpacked: bool = False) -> FolderFile:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no plain file"
        raise DataError(kind, hint="name the file that it leads to")
    if found.st_size == 0:
        raise DataError("the file is empty")
    if found.st_size > BUDGET.file_bytes:
        raise DataError("too large for a recording", found=f"{found.st_size:,} bytes")
    return FolderFile(name, path, sha256_of(path), found.st_size, found.st_mtime_ns, is_dicom(path), unpacked)


def _unpacked(
    path: Path, name: str, scratch: Path, refused: list[tuple[str, str]], beside: list[str]
) -> Iterator[FolderFile]:
    """Unpack the members of a ZIP file, each under a number; their names say nothing about where they go."""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED_ZIP as error:
        raise DataError("not a ZIP file that can be read") from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > _MOST_FILES or sum(member.file_size for member in members) > 16 * BUDGET.file_bytes:
            raise DataError("the ZIP file unpacks to too much")
        for member in members:
            inside = member.filename.replace("\\", "/")
            full = f"{name}/{inside}"
            parts = PurePosixPath(inside).parts
            if any(_HIDDEN_OR_LISTS.fullmatch(part) for part in parts if part != ".."):
                continue
            if ".." in parts or inside.startswith("/") or re.match(r"[A-Za-z]:", inside):
                refused.append((full, "its path leads out of the ZIP file"))
            elif stat.S_ISLNK(member.external_attr >> 16):
                refused.append((full, "a symbolic link"))
            elif PurePosixPath(inside).suffix.lower() == ".zip":
                refused.append((full, "a ZIP file in a ZIP file; unpack it first"))
            elif member.flag_bits & 1:
                refused.append((full, "encrypted; unpack the ZIP file with its password first"))
            elif is_sidecar(Path(inside)):
                beside.append(full)
            else:
                try:
                    yield _file(_extracted(archive, member, scratch), full, unpacked=True)
                except (LusdataError, OSError) as error:
                    refused.append((full, _clause(error)))


def _extracted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, scratch: Path) -> Path:
    if member.file_size > BUDGET.file_bytes or (
        member.file_size > _FREE_RATIO_BYTES and member.file_size > _MOST_RATIO * max(1, member.compress_size)
    ):
        raise DataError("it unpacks to too much", found=f"{member.file_size:,} bytes")
    suffix = re.search(r"\.[A-Za-z0-9]{1,5}$", member.filename)
    target = scratch / f"{len(list(scratch.iterdir()))}{suffix[0].lower() if suffix else ''}"
    left = member.file_size
    try:
        with archive.open(member) as source, target.open("xb") as copy:
            while chunk := source.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise DataError("it unpacks to more than it says")
                copy.write(chunk)
    except DAMAGED_ZIP as error:
        target.unlink(missing_ok=True)
        raise DataError("damaged, or packed in a way that is not read", found=type(error).__name__) from error
    return target
