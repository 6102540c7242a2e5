"""Which files of a change may not be there: recordings, large files, edits of what is never edited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePosixPath

from lusdata.errors import Issue
from lusdata.publish.review.codes import finding
from lusdata.publish.review.repository import FileChange

__all__ = ["LARGEST_BYTES", "find_file_faults"]

LARGEST_BYTES = 1_000_000
"""Most bytes of one file of the repository."""

_SCHEMAS, _RELEASES = ("schemas", "manifest"), ("manifests", "releases")
_MEDIA_SUFFIXES = {
    *(".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv", ".dcm", ".dicom", ".gif", ".bmp"),
    *(".jpeg", ".jpg", ".tif", ".tiff", ".webp", ".npy", ".npz", ".nii"),
}

Sizes = Callable[[str], int]
Families = Callable[[str], str]


def find_file_faults(
    changes: Iterable[FileChange], *, base_files: Collection[str], size_bytes: Sizes, format_name: Families
) -> Iterator[Issue]:
    """Look through the files of a change by their names, sizes and first bytes.

    Parameters
    ----------
    changes : iterable of FileChange
        All of the change.
    base_files : collection of str
        Paths of all files of the base.
    size_bytes : callable
        Gives the size of a file by its path.
    format_name : callable
        Gives what the first bytes of a file say that it is, if that is a video, DICOM or picture; else nothing.

    Yields
    ------
    Issue
        At most one for each file.
    """
    newest = max((path for path in base_files if _lies_in(path, _SCHEMAS)), key=_version, default="")
    released = any(_lies_in(path, _RELEASES) for path in base_files)
    for change in changes:
        # The newest schema may still be refined as long as no release was made with it.
        if change.kind != "added" and _lies_in(change.path, _SCHEMAS) and (released or change.path != newest):
            hint = "bring the file back, and make a new version beside it; schemas/README.md says how"
            yield finding("SCHEMA_EDITED", change.path, f"a released schema was {change.kind}", hint=hint)
        elif change.kind != "added" and _lies_in(change.path, _RELEASES):
            hint = "bring the file back; a correction goes into the next release"
            yield finding("RELEASE_EDITED", change.path, f"a file of a release was {change.kind}", hint=hint)
        elif change.kind != "removed" and change.is_link:
            if change.path.startswith("manifests/"):
                hint = "put the manifest itself there"
                yield finding("FILE_LINK", change.path, "a link, or something else that is no file", hint=hint)
        elif change.kind != "removed":
            yield from _of_content(change, size_bytes(change.path), format_name(change.path))


def _of_content(change: FileChange, size: int, named: str) -> Iterator[Issue]:
    path = PurePosixPath(change.path)
    # Drawings of the pages are pictures, too; they are small, and lie where pages are.
    drawing = path.parts[0] == "docs" and path.suffix == ".png"
    if (named or path.suffix.lower() in _MEDIA_SUFFIXES) and not drawing:
        found = named or f"a file named {path.suffix}"
        if change.is_untracked:
            # A clip that lies beside the manifests is no part of a change until somebody adds it.
            hint = "keep it outside of the repository, so that no git add takes it along"
            yield finding("MEDIA_BESIDE", change.path, "a recording or a picture", found=found, hint=hint)
        else:
            hint = "take it out of the change and of its commits; a manifest says where a recording is published"
            yield finding("MEDIA_IN_CHANGE", change.path, "a recording or a picture", found=found, hint=hint)
    elif size > LARGEST_BYTES and not change.is_untracked:
        expected, told = f"at most {LARGEST_BYTES:,} bytes", f"{size:,} bytes"
        yield finding("FILE_LARGE", change.path, "too large for the repository", expected=expected, found=told)


def _lies_in(path: str, folder: tuple[str, ...]) -> bool:
    return PurePosixPath(path).parts[: len(folder)] == folder


def _version(path: str) -> tuple[int, ...]:
    numbers = PurePosixPath(path).stem.split(".")
    return tuple(int(number) for number in numbers) if all(number.isdigit() for number in numbers) else ()
