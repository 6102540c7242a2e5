"""Bringing manifests to the newest schema version through a chain of pure steps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.manifest import write_manifest
from lusdata.catalog.migrations import from_0_9_0, from_1_0_0
from lusdata.catalog.reading import read_data
from lusdata.catalog.schema import NEWEST, schema_faults
from lusdata.catalog.validate import shown_path, version_fault
from lusdata.errors import DataError

__all__ = ["STEPS", "Migrated", "Step", "migrate_data", "migrate_files", "migration_path", "plan_files"]

Step = Callable[[Mapping[str, Any]], dict[str, Any]]
"""From a manifest that is valid in one version to the same facts in the next."""

STEPS: Mapping[str, tuple[str, Step]] = {
    "0.9.0": ("1.0.0", from_0_9_0.migrate),
    "1.0.0": ("1.1.0", from_1_0_0.migrate),
}
"""For each older version the next one and the step that leads there."""


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


def migration_path(version: str, steps: Mapping[str, tuple[str, Step]] = STEPS) -> tuple[str, ...]:
    """Return the versions from one to the newest.

    Raises
    ------
    DataError
        If no chain of steps leads there.

    Examples
    --------
    >>> migration_path("0.9.0"), migration_path("1.1.0")
    (('0.9.0', '1.0.0', '1.1.0'), ('1.1.0',))
    """
    taken = [version]
    while taken[-1] != NEWEST:
        if taken[-1] not in steps:
            known = ", ".join([*sorted(steps), NEWEST])
            raise DataError("no migration from this schema version", expected=f"one of {known}", found=taken[-1])
        taken.append(steps[taken[-1]][0])
    return tuple(taken)


def migrate_data(data: Any, steps: Mapping[str, tuple[str, Step]] = STEPS) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Bring one manifest to the newest version.

    Parameters
    ----------
    data : object
        The parsed document, in any version; it is not changed.
    steps : Mapping, optional
        The chain.

    Returns
    -------
    path_taken : tuple of str
        The versions it went through, the newest last.
    data : dict
        The manifest, valid against the newest schema.

    Raises
    ------
    DataError
        If the version is unknown, if the manifest breaks the schema of its own version, or if a field holds what a
        newer version has no place for.
    """
    version = _version(data)
    taken = migration_path(version, steps)
    _require_valid(data, version)
    for older, newer in itertools.pairwise(taken):
        data = steps[older][1](data)
        data["$schema"] = re.sub(rf"{re.escape(older)}(?=\.json\Z)", newer, data["$schema"])
        _require_valid(data, newer)
    return taken, data


def _version(data: Any) -> str:
    if not isinstance(data, dict) or "schema_version" not in data:
        raise DataError("not a manifest", expected="an object with a schema_version", found=type(data).__name__)
    wrong = version_fault(data)
    if wrong is not None and wrong[0] != "SCHEMA_OLDER":
        finding = wrong[1]
        hint = finding.hint or None
        raise DataError(finding.message, expected=finding.expected, found=finding.found, hint=hint)
    return str(data["schema_version"])


def _require_valid(data: Any, version: str) -> None:
    faults = schema_faults(data, version)
    if faults:
        first, more = faults[0], f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DataError(
            f"not a valid {version} manifest at {first.json_path}{more}: {first.message}",
            expected=first.expected,
            found=first.found,
            hint=first.hint or None,
        )


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
