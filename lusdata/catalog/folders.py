"""Where collections lie: by name, in ``./manifests`` or in what comes with lusdata, or by a path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lusdata.catalog.shipped import manifests_root
from lusdata.errors import DataError, UsageError
from lusdata.suggestion import meant

__all__ = [
    "ABOUT",
    "collection_names",
    "find_collection",
    "json_files",
    "manifest_files",
    "manifests_here",
    "shipped_names",
]

ABOUT = "collection.json"
"""Name of the file in which a collection says what is true of all of it."""

_NO_MANIFESTS = frozenset({ABOUT, "severity-scales.json", "provider-terms.json"})

_NOT_COLLECTIONS = {"releases"}
_OF_A_DATASET = ("dataset.json", "manifests.jsonl")


def shipped_names() -> tuple[str, ...]:
    """Return the names of the collections that come with lusdata, sorted."""
    return _names_in(manifests_root())


def collection_names() -> tuple[str, ...]:
    """Return every word that names a collection here: those of ``./manifests``, and those that come with lusdata."""
    return tuple(sorted({*_names_in(manifests_here()), *shipped_names()}))


def manifests_here() -> Path:
    """Return the folder of the collections that a user works on: ``./manifests``, or else what comes with lusdata.

    Who corrects a manifest in a clone wants that one to be read, and not the copy that was installed some day.
    """
    own, shipped = Path.cwd() / "manifests", manifests_root()
    if not _names_in(own) or (shipped.is_dir() and own.samefile(shipped)):
        return shipped
    return own


def _names_in(root: Path) -> tuple[str, ...]:
    if not root.is_dir():
        return ()
    folders = (path for path in root.iterdir() if path.is_dir() and path.name not in _NOT_COLLECTIONS)
    return tuple(sorted(path.name for path in folders if any(_may_be_manifests(path))))


def find_collection(name_or_path: str | Path) -> Path:
    """Return the folder that a user means by a name or a path.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a collection, or path of a folder. A bare word is a name first: of a collection in ``./manifests``, then
        of one that comes with lusdata.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    UsageError
        If there is neither.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, str):
        for root in (manifests_here(), manifests_root()):
            if text in _names_in(root):
                return root / text
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    raise UsageError(
        "no such collection",
        where=text,
        expected="a folder of manifests or one of " + (", ".join(collection_names()) or "(none here)"),
        found="a file" if path.is_file() else "nothing of that name",
        hint=meant(text, collection_names()) or None,
    )


def json_files(folder: Path) -> list[Path]:
    """Return what may be manifests in a folder, sorted by name; empty if it holds none."""
    return sorted(_may_be_manifests(folder))


def _may_be_manifests(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*.json") if path.name not in _NO_MANIFESTS)


def manifest_files(folder: Path) -> list[Path]:
    """Return the manifest files of a folder, sorted by name.

    Raises
    ------
    UsageError
        If it is the folder of a dataset.
    DataError
        If there is none.
    OSError
        If the folder cannot be read.
    """
    # Nothing is left out in silence: a folder or a dead link of such a name says what it is when it is read, and
    # a folder that cannot be listed says so here, where `Path.glob` would take it for an empty one.
    files = sorted(path for path in folder.iterdir() if path.match("*.json") and path.name not in _NO_MANIFESTS)
    if all((folder / name).is_file() for name in _OF_A_DATASET):
        raise UsageError(
            "a dataset, not a collection",
            where=str(folder),
            expected="a folder of manifests or one of " + (", ".join(collection_names()) or "(none here)"),
            hint="audit and folds of a dataset are those of its collection; report, cite and export take both",
        )
    if not files:
        raise DataError(
            "the folder holds no manifest",
            where=str(folder),
            expected="files named *.json",
            hint="see manifests/README.md for how to write one",
        )
    return files
