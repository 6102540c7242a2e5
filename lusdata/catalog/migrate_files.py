"""Bringing files of manifests to the newest schema version: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import write_manifest
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import read_data
from lusdata.catalog.validate import shown_path
from lusdata.errors import DataError

__all__ = ["Migrated", "migrate_files", "plan_files"]


@dataclass(frozen=True)
class Migrated:
    """One file of a run.

    Attributes
    ----------
    path : Path
        The manifest.
    path_taken : tuple of str
        The versions it went through; only one where it was at the newest already.
    data : Mapping
        Its content in the newest version.
    """

    path: Path
    path_taken: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        """Whether the file needs to be written."""
        return len(self.path_taken) > 1


def plan_files(paths: Iterable[Path]) -> tuple[Migrated, ...]:
    """Migrate files in memory, all or none.

    Parameters
    ----------
    paths : iterable of Path
        Manifests of any version.

    Returns
    -------
    tuple of Migrated
        One for each file, in their order.

    Raises
    ------
    DataError
        If one of them cannot be read or migrated; the message names the first.
    OSError
        If one of them cannot be opened.
    """
    plan = []
    for path in paths:
        data = read_data(path)
        try:
            taken, data = migrate_data(data)
        except DataError as error:
            # Steps know the field but not the file.
            found, hint = error.found, error.hint
            raise DataError(
                error.what, where=shown_path(path), expected=error.expected, found=found, hint=hint
            ) from error
        plan.append(Migrated(path, taken, data))
    return tuple(plan)


def migrate_files(plan: Iterable[Migrated]) -> None:
    """Write the files of a plan that changed, each whole or not at all.

    Raises
    ------
    OSError
        If one cannot be written; those before it are done, and a second run goes on from there.
    """
    for migrated in plan:
        if migrated.changed:
            write_manifest(migrated.path, migrated.data)
