"""Opening a collection: the working state of a folder, checked, or a release of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lusdata.arguments import list_of, path_of
from lusdata.catalog.about import read_about
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import find_collection, manifest_files
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import read_data
from lusdata.catalog.release import Release, find_release
from lusdata.catalog.validate import check_files
from lusdata.catalog.version import is_version
from lusdata.errors import DataError, OutsideError, UsageError, error_of
from lusdata.wording import listed

__all__ = [
    "as_collection",
    "collection_of_release",
    "manifests_of",
    "open_collection",
    "open_release",
    "split_release_name",
    "withdrawal_note",
    "withdrawn_today",
]


def open_collection(name_or_path: str | Path) -> Collection:
    """Read and check a collection.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a collection, or path of a folder; with ``@1.0.0`` behind it that release of it.

    Returns
    -------
    Collection
        Its manifests, sorted by id, each in the newest schema version.

    Raises
    ------
    UsageError
        If there is no such collection or release.
    DataError
        If the folder is empty or a manifest has a fault; the message names the first one and counts the rest. If a
        release was changed, or nobody can tell whether one of its recordings was withdrawn.
    """
    path_of(name_or_path, where="name_or_path")
    name, version = split_release_name(name_or_path)
    if version is not None:
        return open_release(name, version)
    folder = find_collection(name_or_path)
    checked = check_files(manifest_files(folder))
    if checked.errors:
        raise error_of(checked.errors, hint=f"run: lusdata validate {name_or_path}")
    manifests = tuple(sorted(checked.manifests, key=lambda manifest: manifest.id))
    return Collection(folder.resolve().name, folder, manifests, about=read_about(folder))


def as_collection(collection: Collection | str | Path) -> Collection:
    """Return a collection, opened where its name or path was given.

    Raises
    ------
    UsageError
        If it is neither a collection nor a name nor a path, or there is none of that name.
    DataError
        As `open_collection`.
    """
    if isinstance(collection, Collection):
        return collection
    if isinstance(collection, (str, Path)):
        return open_collection(collection)
    raise UsageError(
        "not a collection",
        where="collection",
        expected="a collection of lusdata.open_collection, or a name or path of one",
        found=type(collection).__name__,
    )


def manifests_of(collection: Collection | str | Path | Iterable[Manifest]) -> list[Manifest]:
    """Return the recordings of a collection, opened where its name or path was given, or some recordings as they are.

    Raises
    ------
    UsageError
        If it is none of these, or there is no collection of that name.
    DataError
        As `open_collection`.
    """
    if isinstance(collection, (Collection, str, Path)):
        return list(as_collection(collection).manifests)
    return list_of(Manifest, collection, where="manifests", expected="a collection, its name or path, or manifests")


def open_release(name_or_path: str | Path, version: str) -> Collection:
    """Open a release of a collection; see `collection_of_release`.

    Raises
    ------
    UsageError
        If there is no such collection or release.
    DataError
        If the release was changed, or nobody can tell whether one of its recordings was withdrawn.
    """
    return collection_of_release(find_release(name_or_path, version), find_collection(name_or_path))


def split_release_name(name_or_path: str | Path) -> tuple[str | Path, str | None]:
    """Split ``pocus@1.0.0`` into the collection and the version of a release, which is None where none is named.

    Examples
    --------
    >>> split_release_name("pocus@1.0.0"), split_release_name("pocus")
    (('pocus', '1.0.0'), ('pocus', None))
    """
    name, sign, version = str(name_or_path).rpartition("@")
    # A folder may have such a name; what is there comes first.
    if not sign or not name or not is_version(version) or Path(name_or_path).expanduser().exists():
        return name_or_path, None
    return name if isinstance(name_or_path, str) else Path(name), version


def collection_of_release(release: Release, root: Path) -> Collection:
    """Turn a release into a collection, without what its owners took back.

    Who withdraws a recording withdraws it from every dataset that is still to be made, so a recording that the
    working state of the folder calls withdrawn, or holds no more, is withdrawn from all its releases too.

    Parameters
    ----------
    release : Release
        The release.
    root : Path
        The collection's folder as it is today.

    Raises
    ------
    DataError
        If the manifest of one of its recordings cannot be read today, so that nobody can tell whether it may be used.
    """
    manifests = tuple(_as_of_today(manifest, root, release) for manifest in release.manifests)
    before = {manifest.id for manifest in release.manifests if manifest.state == "withdrawn"}
    withdrawn = (manifest.id for manifest in manifests if manifest.state == "withdrawn" and manifest.id not in before)
    return Collection(release.collection, root, manifests, release, tuple(withdrawn), read_about(root))


def withdrawal_note(collection: Collection) -> str:
    """Say in one line what a release misses today; empty if nothing was withdrawn since."""
    names = collection.withdrawn_since
    if not names:
        return ""
    shown = listed(names)
    subject = "a recording was" if len(names) == 1 else f"{len(names):,} recordings were"
    return f"{collection.label}: {subject} withdrawn since and may not be built any more: {shown}"


def withdrawn_today(names: Iterable[str], root: Path) -> tuple[str, ...]:
    """Return those of some recordings that a collection calls withdrawn today, in their order.

    Parameters
    ----------
    names : iterable of str
        Ids of recordings.
    root : Path
        The collection's folder. A manifest that is missing or cannot be read says nothing.
    """
    found = []
    for name in names:
        try:
            status = _status(read_data(root / f"{name.split('/')[-1]}.json"))
        except (DataError, OSError):
            continue
        if status.get("state") == "withdrawn":
            found.append(name)
    return tuple(found)


def _as_of_today(manifest: Manifest, root: Path, release: Release) -> Manifest:
    if manifest.state == "withdrawn":
        return manifest
    path = root / f"{manifest.id.split('/')[1]}.json"
    if not path.exists():
        return _tombstone(manifest.data, release, since=manifest.since, reason="its manifest was removed")
    try:
        data = read_data(path)
        if _status(data).get("state") != "withdrawn":
            return manifest
        # What its owners wanted to be kept of it is what stands there now.
        data = migrate_data(data)[1]
    except (DataError, OSError) as error:
        what = f"nobody can tell whether {manifest.id} of {release.label} was withdrawn since"
        hint = f"run: lusdata validate {path}"
        kind = OutsideError if isinstance(error, OSError) else DataError
        raise kind(what, where=str(path), found=str(error), hint=hint) from error
    return _tombstone(data, release, since=data["status"]["since"], reason=data["status"]["reason"])


def _tombstone(data: Mapping[str, Any], release: Release, *, since: str, reason: str) -> Manifest:
    told = f"withdrawn since release {release.version}: {reason}"
    status = {"state": "withdrawn", "since": since, "reason": told[:300]}
    return Manifest({**data, "status": status, "source": {**data["source"], "locations": []}})


def _status(data: Any) -> Mapping[str, Any]:
    status = data.get("status") if isinstance(data, dict) else None
    if not isinstance(status, dict):
        raise DataError("not a manifest", expected="an object with a status", found=type(data).__name__)
    return status
