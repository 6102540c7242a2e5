"""Counts of a collection before and after a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lusdata.catalog.groups import group_ids, unknown_patients
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of

__all__ = ["Count", "compare_counts"]

_ALWAYS = ("recordings included", "patient groups")


@dataclass(frozen=True)
class Count:
    """One quantity before and after."""

    name: str
    before: int
    after: int


def compare_counts(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[Count, ...]:
    """Count two states of a collection.

    Parameters
    ----------
    before, after : sequence of Manifest
        All manifests of both states.

    Returns
    -------
    tuple of Count
        What changes, and always the number of recordings and of patient groups.
    """
    old, new = _counted(before), _counted(after)
    rows = [Count(name, old[name], new[name]) for name in dict.fromkeys((*_ALWAYS, *sorted(old.keys() | new.keys())))]
    return tuple(row for row in rows if row.name in _ALWAYS or row.before != row.after)


def _counted(manifests: Sequence[Manifest]) -> Counter[str]:
    included = [manifest for manifest in manifests if manifest.state == "included"]
    groups, nobodys = group_ids(manifests), unknown_patients(manifests)
    counts = Counter(
        {
            "recordings included": len(included),
            "patient groups": len({groups[manifest.id] for manifest in included}),
            "patient not known": sum(manifest.id in nobodys for manifest in included),
            "with a digest, so that they can be built": sum(manifest.sha256 is not None for manifest in included),
            "frames of which may be passed on": sum(rights_of(manifest).publish for manifest in included),
        }
    )
    counts.update(f"class {manifest.class_name}" for manifest in included)
    counts.update(f"probe {manifest.probe}" for manifest in included)
    counts.update(f"recordings {manifest.state}" for manifest in manifests if manifest.state != "included")
    return counts
