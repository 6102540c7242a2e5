"""What a repository of git remembers of a folder: its manifests as they were, and which of its files changed."""

from __future__ import annotations

from pathlib import Path

from lusdata.catalog import git
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import parse_data
from lusdata.errors import DataError, LusdataError, UsageError

__all__ = ["altered_since", "has_revision", "manifests_at"]

_MOST_BYTES = 1_000_000


def has_revision(folder: Path, revision: str) -> bool:
    """Tell whether a folder lies in a repository that knows a revision; False where git is not installed."""
    try:
        git.commit_of(folder, revision)
    except LusdataError:
        return False
    return True


def altered_since(folder: Path, revision: str) -> tuple[tuple[str, Path], ...]:
    """List the files of a revision that are other or gone today, committed or not.

    Parameters
    ----------
    folder : Path
        An existing folder in a repository; only what lies, or lay, below it counts.
    revision : str
        What to compare with, such as ``HEAD`` or ``origin/main``.

    Returns
    -------
    tuple of (str, Path)
        ``changed`` or ``gone``, and the file; sorted by file.

    Raises
    ------
    UsageError
        If there is no such revision.
    OutsideError
        If git fails, or is not installed.
    """
    commit = git.commit_of(folder, revision)
    told = git.names(git.ask(folder, "diff", "--name-status", "--no-renames", "--relative", "-z", commit, "--", "."))
    words = {"D": "gone", "M": "changed", "T": "changed"}
    found = []
    for letter, name in zip(told[::2], told[1::2], strict=False):
        word = words.get(letter[:1])
        if word is not None:
            found.append((word, folder / name))
    return tuple(sorted(found, key=lambda entry: entry[1]))


def manifests_at(repository: Path, revision: str, path: str) -> tuple[Manifest, ...]:
    """Read the manifests that a folder held at a revision.

    Parameters
    ----------
    repository : Path
        Any folder in the repository.
    revision : str
        Such as ``HEAD~1`` or a tag.
    path : str
        The folder of manifests, as seen from the root of the repository.

    Returns
    -------
    tuple of Manifest
        Sorted by id, each brought to the newest schema version.

    Raises
    ------
    UsageError
        If there is no such revision, or it holds no manifest there.
    DataError
        If a manifest of that time cannot be read.
    OutsideError
        If git fails, or is not installed.
    """
    commit = git.commit_of(repository, revision)
    place = path.strip("/") or "."
    blobs: dict[str, str] = {}
    for entry in git.names(git.ask(repository, "ls-tree", "--full-tree", "-z", commit, "--", f"{place}/")):
        facts, _, name = entry.partition("\t")
        mode, kind, blob = facts.split()
        # A link is a file to git, whose content is the place that it leads to.
        if kind == "blob" and mode != "120000" and name.endswith(".json"):
            blobs[name] = blob
    if not blobs:
        raise UsageError("no manifest was there", where=f"{revision}:{path}", expected="a folder of manifests")
    contents = git.contents(repository, blobs.values())
    manifests = [_manifest(contents[blob], f"{revision}:{name}") for name, blob in blobs.items()]
    return tuple(sorted(manifests, key=lambda manifest: manifest.id))


def _manifest(content: bytes, where: str) -> Manifest:
    if len(content) > _MOST_BYTES:
        raise DataError("too large for a manifest", where=where, found=f"{len(content):,} bytes")
    try:
        return Manifest(migrate_data(parse_data(content, where))[1])
    except DataError as error:
        error.where = error.where or where
        raise
