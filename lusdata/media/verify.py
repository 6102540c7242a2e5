"""Are the files of recordings still what their digests say? What is not is set aside, never deleted."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.errors import OutsideError
from lusdata.intact import DAMAGED, set_aside, sha256_in
from lusdata.media.fetch.plan import safe_parts

__all__ = ["Damage", "Verdict", "cached_digests", "shelved", "verify_cache", "verify_media"]

_OBJECT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Damage:
    """One file that is not what it should be.

    Attributes
    ----------
    file : str
        The file, as a path below the folder that was looked at.
    what : str
        The fault, as a clause.
    expected, found : str or None
        What should be there, and what is.
    moved_to : str or None
        Where it lies now, below the same folder; None if it was missing or is left where it is.
    how : str
        How to get it again.
    """

    file: str
    what: str
    expected: str | None = None
    found: str | None = None
    moved_to: str | None = None
    how: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of a folder whose files were held against their digests.

    Attributes
    ----------
    kind : {"dataset", "media", "cache"}
        What the folder is.
    folder : Path
        The folder.
    intact : int
        Files that have their digest.
    damages : tuple of Damage
        Files that do not.
    unknown : int
        Files that no manifest knows, and that nothing can be said of.
    """

    kind: str
    folder: Path
    intact: int
    damages: tuple[Damage, ...]
    unknown: int = 0


def cached_digests(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield digest and path of every finished file in a cache, sorted."""
    for path in sorted((root / "objects").glob("??/*")):
        if _OBJECT.fullmatch(path.name) and path.parent.name == path.name[:2]:
            yield path.name, path


def verify_cache(root: Path, *, how: Callable[[str], str], advance: Callable[[], object] = lambda: None) -> Verdict:
    """Hold every file of a cache against the digest that it is named after.

    Parameters
    ----------
    root : Path
        The cache.
    how : callable
        Says how to get the file of a digest again.
    advance : callable
        Called after each file.

    Raises
    ------
    OutsideError
        If a file cannot be read.
    """
    intact = 0
    damages = []
    for sha256, path in cached_digests(root):
        damage = _damage(root, path, sha256=sha256, how=how(sha256))
        intact += damage is None
        damages += [damage] if damage is not None else []
        advance()
    return Verdict("cache", root, intact, tuple(damages))


def verify_media(
    root: Path,
    manifests: Iterable[Manifest],
    *,
    how: Callable[[Manifest], str],
    advance: Callable[[], object] = lambda: None,
) -> Verdict:
    """Hold the files of a mirror against the digests in the manifests that name them by ``source.path``.

    Parameters
    ----------
    root : Path
        The mirror.
    manifests : iterable of Manifest
        Recordings; those whose file is not there are passed over, since a mirror need not hold everything.
    how : callable
        Says how to get the file of a recording again.
    advance : callable
        Called after each file.

    Raises
    ------
    OutsideError
        If a file cannot be read.
    """
    intact = 0
    damages = []
    wanted: dict[Path, dict[str, Manifest]] = {}
    for manifest in manifests:
        names = safe_parts(manifest.source_path or "")
        if names is not None and manifest.sha256 is not None and (root.joinpath(*names)).is_file():
            wanted.setdefault(root.joinpath(*names), {})[manifest.sha256] = manifest
    for path, digests in sorted(wanted.items()):
        # Two collections may name one path: the file of either is right.
        damage = None
        for sha256, manifest in digests.items():
            damage = _look(root, path, sha256=sha256, how=how(manifest))
            if damage is None:
                break
        intact += damage is None
        damages += [shelved(root, path, damage)] if damage is not None else []
        advance()
    known = set(wanted)
    others = (path for path in root.rglob("*") if path.is_file() and path not in known)
    unknown = sum(DAMAGED not in path.relative_to(root).parts for path in others)
    return Verdict("media", root, intact, tuple(damages), unknown)


def _damage(root: Path, path: Path, *, sha256: str, how: str) -> Damage | None:
    damage = _look(root, path, sha256=sha256, how=how)
    return None if damage is None else shelved(root, path, damage)


def _look(root: Path, path: Path, *, sha256: str, how: str) -> Damage | None:
    name = path.relative_to(root).as_posix()
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Damage(name, "not a file", how=how)
        with path.open("rb") as stream:
            found = sha256_in(stream)
    except OSError as error:
        raise OutsideError("cannot be read", where=str(path), found=error.strerror) from error
    if found == sha256:
        return None
    return Damage(name, "the file does not have its digest", f"sha256 {sha256}", found, how=how)


def shelved(root: Path, path: Path, damage: Damage) -> Damage:
    """Set a damaged file aside, in a folder of its own below the folder that was looked at, and say where.

    Raises
    ------
    OutsideError
        If the folder cannot be written; the file stays where it is.
    """
    below = path.parent.relative_to(root)
    try:
        target = set_aside(path, root / DAMAGED / (below if damage.file.split("/")[0] != "objects" else ""))
    except OSError as error:
        raise OutsideError(
            "a damaged file cannot be set aside", where=str(path), found=error.strerror, hint=damage.how or None
        ) from error
    moved_to = None if target is None else target.relative_to(root).as_posix()
    return Damage(damage.file, damage.what, damage.expected, damage.found, moved_to, damage.how)
