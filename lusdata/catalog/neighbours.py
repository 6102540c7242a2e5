"""The collections beside one: whatever comes in new is compared with them, too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.folders import json_files
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.validate import check_files

__all__ = ["Neighbours", "neighbours_of"]

_NO_COLLECTION = "releases"


@dataclass(frozen=True)
class Neighbours:
    """What the folders beside a collection hold.

    Attributes
    ----------
    manifests : tuple of Manifest
        The recordings of the collections among them, whatever their state.
    unread : tuple of str
        Files of those collections that are no valid manifests, so that nothing is compared with them.
    """

    manifests: tuple[Manifest, ...] = ()
    unread: tuple[str, ...] = ()


def neighbours_of(folder: Path) -> Neighbours:
    """Read the collections in the folders beside one.

    Parameters
    ----------
    folder : Path
        Of the collection, which need not be there yet.

    Raises
    ------
    OSError
        If the folder around it cannot be listed.
    """
    folder = folder.resolve()
    manifests: list[Manifest] = []
    unread: list[Path] = []
    around = folder.parent.iterdir() if folder.parent.is_dir() else ()
    for beside in sorted(path for path in around if path.is_dir() and path.resolve() != folder):
        files = json_files(beside) if beside.name != _NO_COLLECTION else []
        read = check_files(files).manifests if files else ()
        # A folder without one manifest is something else.
        if read:
            manifests += read
            unread += sorted(set(files) - {manifest.path for manifest in read})
    return Neighbours(tuple(manifests), tuple("/".join(path.parts[-2:]) for path in unread))
