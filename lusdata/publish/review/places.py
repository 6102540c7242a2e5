"""Where manifests lie in a repository, and which of them are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lusdata.errors import UsageError

__all__ = ["ReviewScope", "find_places"]

_MANIFESTS = "manifests"
_NOT_COLLECTIONS = {"releases"}


@dataclass(frozen=True)
class ReviewScope:
    """What is looked at.

    Attributes
    ----------
    roots : frozenset of str
        Folders, relative to the repository's root, that hold a folder for each collection.
    wanted : tuple of str
        Files and folders, relative to the repository's root, to which a review is limited; all of it if empty.
    """

    roots: frozenset[str] = frozenset({_MANIFESTS})
    wanted: tuple[str, ...] = ()

    def is_manifest(self, path: str) -> bool:
        """Tell whether a path is a manifest's place.

        Examples
        --------
        >>> ReviewScope().is_manifest("manifests/pocus/a.json")
        True
        >>> ReviewScope().is_manifest("manifests/releases/x.json")
        False
        """
        parts = PurePosixPath(path)
        folder = parts.parent
        return parts.suffix == ".json" and folder.name not in _NOT_COLLECTIONS and str(folder.parent) in self.roots

    def concern(self, path: str) -> bool:
        """Tell whether a path is among what is looked at.

        Examples
        --------
        >>> ReviewScope(wanted=("manifests/pocus",)).concern("manifests/pocus/a.json")
        True
        >>> ReviewScope(wanted=("manifests/pocus",)).concern("manifests/pocus-2/a.json")
        False
        """
        return not self.wanted or any(name in ("", path) or path.startswith(f"{name}/") for name in self.wanted)


def find_places(root: Path, names: Iterable[str], *, files: Collection[str], start: Path) -> ReviewScope:
    """Understand which collections, folders and files a user means.

    Parameters
    ----------
    root : Path
        Top folder of the repository.
    names : iterable of str
        Each a collection of this repository, or a path. None at all means everything.
    files : collection of str
        Paths of the files that are there now or were there before, relative to `root`.
    start : Path
        Folder from which paths are meant.

    Raises
    ------
    UsageError
        If there is no such thing in the repository.
    """
    roots = {_MANIFESTS}
    wanted = []
    for name in names:
        path = _relative(root, name, files, start)
        wanted.append(path)
        inside = path == _MANIFESTS or path.startswith(f"{_MANIFESTS}/")
        if inside or path in ("", "."):
            continue
        if path in files:
            roots.add(str(PurePosixPath(path).parent.parent))
        elif any(PurePosixPath(file).parent == PurePosixPath(path) and file.endswith(".json") for file in files):
            roots.add(str(PurePosixPath(path).parent))
        else:
            roots.add(path)
    return ReviewScope(frozenset(roots), tuple(wanted))


def _relative(root: Path, name: str, files: Collection[str], start: Path) -> str:
    """Return a path relative to the repository, empty for its root."""
    if (
        name
        and "/" not in name
        and "\\" not in name
        and any(file.startswith(f"{_MANIFESTS}/{name}/") for file in files)
    ):
        return f"{_MANIFESTS}/{name}"
    # Only the folder is resolved: a link is looked at where it is and not where it leads.
    given = start / Path(name).expanduser()
    whole = given.resolve() if given.is_dir() else given.parent.resolve() / given.name
    try:
        path = whole.relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise UsageError("outside the repository", where=name, expected=f"a path in {root}") from error
    path = "" if path == "." else path
    if path and path not in files and not any(file.startswith(f"{path}/") for file in files):
        known = sorted(
            {file.split("/")[1] for file in files if file.startswith(f"{_MANIFESTS}/") and file.count("/") == 2}
        )
        expected = "a path or one of " + (", ".join(known) or "(no collection)")
        raise UsageError("git knows no such file, folder or collection", where=name, expected=expected)
    return path
