"""Counts of a collection before and after a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lusdata.catalog.counts import count_recordings
from lusdata.catalog.groups import unknown_patients
from lusdata.catalog.manifest import Manifest

__all__ = ["BeforeAfter", "compare_counts"]

_ALWAYS = ("recordings included", "patient groups")


@dataclass(frozen=True)
class BeforeAfter:
    """One quantity before and after."""

    name: str
    before: int
    after: int


def compare_counts(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[BeforeAfter, ...]:
    """Count two states of a collection.

    Parameters
    ----------
    before, after : sequence of Manifest
        All manifests of both states.

    Returns
    -------
    tuple of BeforeAfter
        What changes, and always the number of recordings and of patient groups.
    """
    old, new = _counted(before), _counted(after)
    rows = [
        BeforeAfter(name, old[name], new[name]) for name in dict.fromkeys((*_ALWAYS, *sorted(old.keys() | new.keys())))
    ]
    return tuple(row for row in rows if row.name in _ALWAYS or row.before != row.after)


def _counted(manifests: Sequence[Manifest]) -> Counter[str]:
    included = [manifest for manifest in manifests if manifest.state == "included"]
    nobodys, told = unknown_patients(manifests), count_recordings(manifests)
    counts = Counter(
        {
            "recordings included": told["included"],
            "patient groups": told["groups"],
            "sources": told["sources"],
            "patient not known": sum(manifest.id in nobodys for manifest in included),
            "with a digest, so that they can be built": told["buildable"],
            "obtainable": told["obtainable"],
            "frames of which may be passed on": told["publishable"],
        }
    )
    for kind in ("class", "probe"):
        counts.update({f"{kind} {word}": number for word, number in told[kind].items()})
    counts.update({f"recordings {state}": told[state] for state in ("excluded", "withdrawn") if told[state]})
    return counts
