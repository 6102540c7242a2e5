"""Opening a collection: the working state of a folder, checked, or a release of it."""

from __future__ import annotations

from pathlib import Path

from lusdata.catalog.collection import Collection, find_collection, manifest_files
from lusdata.catalog.release import open_release
from lusdata.catalog.validate import check_files
from lusdata.errors import DataError

__all__ = ["open_collection"]


def open_collection(name_or_path: str | Path) -> Collection:
    """Read and check a collection.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped collection, or path of a folder; with ``@1.0.0`` behind it that release of it.

    Returns
    -------
    Collection
        Its manifests, sorted by id, each in the newest schema version.

    Raises
    ------
    UsageError
        If there is no such collection.
    DataError
        If the folder is empty or a manifest has a fault; the message names the first one and counts the rest.
    """
    if _names_release(str(name_or_path)):
        return open_release(str(name_or_path))
    folder = find_collection(name_or_path)
    checked = check_files(manifest_files(folder))
    faults = checked.errors
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DataError(
            f"{faults[0].code}{more}: {faults[0].message}",
            where=f"{faults[0].file} {faults[0].json_path}",
            expected=faults[0].expected or None,
            found=faults[0].found or None,
            hint=f"run: lusdata validate {name_or_path}",
        )
    manifests = tuple(sorted(checked.manifests, key=lambda manifest: manifest.id))
    return Collection(folder.resolve().name, folder, manifests)


def _names_release(text: str) -> bool:
    # A folder may have such a name; what is there comes first.
    return "@" in text and not Path(text).expanduser().exists()
