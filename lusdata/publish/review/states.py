"""The two states of every collection: as the base has it, and as it is now. Only what changed is read twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lusdata.catalog.changes import Change, Weight, compare_collections
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.validate import Checked, check_files
from lusdata.errors import DataError
from lusdata.publish.review.places import ReviewScope
from lusdata.publish.review.repository import FileChange, Repository

__all__ = ["CollectionChange", "States", "read_states"]


@dataclass(frozen=True)
class CollectionChange:
    """One collection before and after.

    Attributes
    ----------
    name : str
        The folder's name.
    before, after : tuple of Manifest
        Every manifest that could be read, sorted by id.
    changes : tuple of Change
        What differs, sorted by id; only what was asked for.
    weight : {"major", "minor", "patch"} or None
        Which part of a release's version all of it together raises.
    """

    name: str
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]
    changes: tuple[Change, ...]
    weight: Weight | None = None


@dataclass(frozen=True)
class States:
    """Everything that a review looks at.

    Attributes
    ----------
    collections : tuple of CollectionChange
        Those with a change, sorted by name.
    before, after : tuple of Manifest
        Every manifest of every collection.
    checked : Checked
        What validation says about the present files.
    unreadable : tuple of str
        Paths of manifests that could not be read as they were before.
    broken : tuple of str
        Paths of changed manifests that cannot be read as they are now. They count neither before nor after: what became
        of such a recording, nobody can tell.
    """

    collections: tuple[CollectionChange, ...]
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]
    checked: Checked
    unreadable: tuple[str, ...]
    broken: tuple[str, ...]


def read_states(
    repository: Repository, changes: Iterable[FileChange], places: ReviewScope, files: Iterable[str]
) -> States:
    """Read the collections of a repository before and after a change.

    Parameters
    ----------
    repository : Repository
        Where.
    changes : iterable of FileChange
        All that differs, manifests or not.
    places : ReviewScope
        Where manifests lie, and which of them are looked at. Other changed manifests count as they are now, before and
        after.
    files : iterable of str
        Paths of all files that are there now.

    Raises
    ------
    OutsideError
        If git lacks the earlier content.
    """
    changed = {change.path: change for change in changes if places.is_manifest(change.path)}
    looked_at = {path: change for path, change in changed.items() if places.concern(path)}
    # A link would be read wherever it leads; it has a finding of its own.
    present = sorted(path for path in files if places.is_manifest(path) and not _is_link(changed.get(path)))
    checked = check_files(repository.root / path for path in present)
    now = {_relative(repository.root, manifest): manifest for manifest in checked.manifests}
    broken = tuple(path for path in present if path in looked_at and path not in now)
    old = {path: change.blob for path, change in looked_at.items() if change.blob and path not in broken}
    contents = repository.contents(old.values())
    then: dict[str, Manifest] = {path: manifest for path, manifest in now.items() if path not in looked_at}
    unreadable = []
    for path, blob in sorted(old.items()):
        manifest = _as_it_was(repository.root / path, contents[blob])
        if manifest is None:
            unreadable.append(path)
        else:
            then[path] = manifest
    collections = []
    for folder in sorted({str(PurePosixPath(path).parent) for path in looked_at}):
        before, after = (_of_collection(state, folder) for state in (then, now))
        found = compare_collections(before, after)
        if found.changes:
            name = PurePosixPath(folder).name
            collections.append(CollectionChange(name, before, after, found.changes, found.weight))
    return States(
        collections=tuple(collections),
        before=_sorted(then.values()),
        after=_sorted(now.values()),
        checked=checked,
        unreadable=tuple(unreadable),
        broken=broken,
    )


def _is_link(change: FileChange | None) -> bool:
    return change is not None and change.is_link


def _relative(root: Path, manifest: Manifest) -> str:
    return manifest.path.relative_to(root).as_posix() if manifest.path is not None else ""


def _of_collection(state: Mapping[str, Manifest], folder: str) -> tuple[Manifest, ...]:
    return _sorted(manifest for path, manifest in state.items() if str(PurePosixPath(path).parent) == folder)


def _sorted(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    return tuple(sorted(manifests, key=lambda manifest: (manifest.id, str(manifest.path))))


def _as_it_was(path: Path, content: bytes) -> Manifest | None:
    try:
        data = json.loads(content.decode("utf-8"))
        return Manifest(migrate_data(data)[1], path)
    except (DataError, ValueError, RecursionError):
        return None
