"""Bringing a manifest to the newest schema version through a chain of pure steps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

from lusdata.catalog.migrations import from_0_9_0, from_1_0_0
from lusdata.catalog.schema import NEWEST, schema_faults
from lusdata.catalog.schema_version import version_fault
from lusdata.errors import DataError

__all__ = ["STEPS", "Step", "migrate_data", "migration_path"]

Step = Callable[[Mapping[str, Any]], dict[str, Any]]
"""From a manifest that is valid in one version to the same facts in the next."""

STEPS: Mapping[str, tuple[str, Step]] = {
    "0.9.0": ("1.0.0", from_0_9_0.migrate),
    "1.0.0": ("1.1.0", from_1_0_0.migrate),
}
"""For each older version the next one and the step that leads there."""


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
