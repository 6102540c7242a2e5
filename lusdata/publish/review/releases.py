"""The releases of a repository: whether those that a change touches are whole, and the folds of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lusdata.catalog.release import read_release, releases_folder, releases_of
from lusdata.errors import Issue, LusdataError
from lusdata.releases.check import broken_releases
from lusdata.releases.folds import frozen_table
from lusdata.splits.folds.table import FoldTable

__all__ = ["find_release_faults", "last_folds"]

_RELEASES = ("manifests", "releases")


def last_folds(root: Path, name: str) -> tuple[FoldTable | None, str]:
    """Return the folds by patient that the last release of a collection froze, and the release's name.

    Parameters
    ----------
    root : Path
        The repository.
    name : str
        The collection.

    Returns
    -------
    (table, release) : FoldTable or None, str
        None and an empty name, if there is no release, or none that can be read: that has a finding of its own.
    """
    folder = releases_folder(root.joinpath(_RELEASES[0], name))
    versions = releases_of(folder)
    if not versions:
        return None, ""
    try:
        release = read_release(folder / versions[-1])
        return frozen_table(release, "patient"), release.label
    except LusdataError:
        return None, ""


def find_release_faults(root: Path, paths: Iterable[str]) -> Iterator[Issue]:
    """Check the releases of every collection whose releases a change touches.

    Parameters
    ----------
    root : Path
        The repository.
    paths : iterable of str
        Files that differ from the base.

    Yields
    ------
    Issue
        Under a code of `lusdata.releases.check.RELEASE_RULES`. That a release of the base was edited is no
        matter of this: `lusdata.publish.review.files` holds it against the base.
    """
    parts = [PurePosixPath(path).parts for path in paths]
    for name in sorted({one[2] for one in parts if one[:2] == _RELEASES and len(one) > 3}):
        for issue in broken_releases(root / "manifests" / name):
            if issue.code != "RELEASE_ALTERED":
                # Paths of a review are those of the repository, wherever it was asked for.
                place = (Path.cwd() / issue.file).resolve()
                inside = place.is_relative_to(root.resolve())
                yield replace(issue, file=place.relative_to(root.resolve()).as_posix()) if inside else issue
