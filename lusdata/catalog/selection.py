"""Which manifest files a user means by the arguments of a command."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lusdata.catalog.folders import collection_names, find_collection, json_files, manifest_files, manifests_here
from lusdata.errors import DataError, UsageError

__all__ = ["select_files"]

_NOT_COLLECTIONS = {"releases"}


def select_files(names_or_paths: Iterable[str]) -> tuple[Path, ...]:
    """Return the manifest files behind names and paths.

    Parameters
    ----------
    names_or_paths : iterable of str
        Each a file, a folder of manifests, a folder of such folders, or the name of a collection; a bare word is a
        name first. None at all means every collection of ``./manifests``, or else those that come with lusdata.

    Returns
    -------
    tuple of Path
        Every file once, in the order of the arguments and by name inside a folder.

    Raises
    ------
    UsageError
        If an argument is neither.
    DataError
        If a folder holds no manifest.
    """
    wanted = list(names_or_paths)
    if not wanted:
        wanted = [str(manifests_here())]
    files: dict[Path, Path] = {}
    for name in wanted:
        for path in _files_of(name):
            files.setdefault(path.absolute(), path)
    return tuple(files.values())


def _files_of(name: str) -> list[Path]:
    if name in collection_names():
        return manifest_files(find_collection(name))
    path = Path(name).expanduser()
    if path.is_dir():
        return _below(path)
    if path.exists() or path.is_symlink():
        return [path]
    raise UsageError(
        "no such file, folder or collection",
        where=name,
        expected="a path or one of " + (", ".join(collection_names()) or "(none here)"),
    )


def _below(folder: Path) -> list[Path]:
    found = json_files(folder)
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        if inner.name not in _NOT_COLLECTIONS and not inner.name.startswith("."):
            # A folder named x.json is already in the list, as a fault.
            found += json_files(inner) if inner.suffix != ".json" else []
    if not found:
        raise DataError(
            "the folder holds no manifest",
            where=str(folder),
            expected="files named *.json in it or in a folder below",
            hint="see manifests/README.md for how to write one",
        )
    return found
