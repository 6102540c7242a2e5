"""What became of a recording since a dataset was built, and which releases know it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lusdata.catalog.changes import FieldChange, compare_fields
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.reading import read_data
from lusdata.catalog.release import read_release, releases_folder, releases_of
from lusdata.errors import LusdataError

__all__ = ["Held", "Today", "releases_with", "today_of"]


@dataclass(frozen=True)
class Held:
    """A release that knows the recording.

    Attributes
    ----------
    version : str
        Of the release.
    state : {"same", "other", "broken"}
        Whether it holds the dataset's manifest, or another one of the recording; or cannot be read.
    """

    version: str
    state: Literal["same", "other", "broken"]


@dataclass(frozen=True)
class Today:
    """What became of the manifest.

    Attributes
    ----------
    state : {"same", "changed", "withdrawn", "gone", "unreadable", "unknown"}
        ``unknown`` if the collection is not at hand.
    fields : tuple of FieldChange
        What was changed since.
    """

    state: Literal["same", "changed", "withdrawn", "gone", "unreadable", "unknown"]
    fields: tuple[FieldChange, ...] = ()


def releases_with(root: Path, manifest: Manifest) -> tuple[Held, ...]:
    """List the releases of a collection that know a recording, the oldest first.

    Parameters
    ----------
    root : Path
        The collection's folder.
    manifest : Manifest
        The recording.
    """
    folder, found = releases_folder(root), []
    for version in releases_of(folder):
        try:
            digest = read_release(folder / version).recordings.get(manifest.id)
        except LusdataError:
            found.append(Held(version, "broken"))
            continue
        if digest is not None:
            found.append(Held(version, "same" if digest == manifest.digest else "other"))
    return tuple(found)


def today_of(root: Path | None, manifest: Manifest) -> Today:
    """Compare a manifest with what the collection says of the recording today.

    Parameters
    ----------
    root : Path or None
        The collection's folder; None if it is not at hand.
    manifest : Manifest
        The recording, as a dataset keeps it.
    """
    if root is None:
        return Today("unknown")
    path = root / f"{manifest.id.split('/')[1]}.json"
    if not path.exists():
        return Today("gone")
    try:
        data = read_data(path)
        state = str(data["status"]["state"])
    except (LusdataError, OSError, KeyError, TypeError):
        return Today("unreadable")
    fields = tuple(compare_fields(manifest.data, data))
    if state == "withdrawn":
        return Today("withdrawn", fields)
    return Today("changed" if fields else "same", fields)
