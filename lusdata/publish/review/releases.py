"""Whether the releases that a change brings or touches are whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lusdata.catalog.releases.check import broken_releases
from lusdata.errors import Issue

__all__ = ["find_release_faults"]

_RELEASES = ("manifests", "releases")


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
        Under a code of `lusdata.catalog.releases.check.RELEASE_RULES`. That a release of the base was edited is no
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
