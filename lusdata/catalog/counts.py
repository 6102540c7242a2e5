"""How many recordings, groups and sources a collection holds: one count for every page and command that tells numbers.

A recording is a manifest, whatever its state. It is *included* if it takes part in datasets, *buildable* if besides its
digest is known, and *obtainable* if besides a stranger can get its file from an address, or it is its owner's own.
Its source is its provider, and a group is what no split may tear apart, joined through whatever links it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import is_private, rights_of
from lusdata.catalog.schema import enumeration
from lusdata.wording import counted

__all__ = ["count_recordings", "counts_clause", "is_obtainable"]


def is_obtainable(manifest: Manifest) -> bool:
    """Tell whether a recording that is buildable can be had: it has an address, or its owner keeps it."""
    if manifest.state != "included" or manifest.sha256 is None:
        return False
    return is_private(manifest) or (manifest.access == "direct" and bool(manifest.locations))


def count_recordings(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Count recordings.

    Parameters
    ----------
    manifests : sequence of Manifest
        All of a collection, whatever their state.

    Returns
    -------
    dict
        Plain data for JSON: ``recordings``, then how many are ``included``, ``excluded`` and ``withdrawn``; of the
        included how many are ``buildable`` and ``obtainable``, how many ``groups`` they form, from how many
        ``sources`` they are, how many may be ``publishable``, and their numbers by ``class``, ``probe``, ``kind`` and
        ``licence``.
    """
    states = Counter(manifest.state for manifest in manifests)
    included = [manifest for manifest in manifests if manifest.state == "included"]
    groups = group_ids(manifests)
    return {
        "recordings": len(manifests),
        **{state: states[state] for state in enumeration("status", "state")},
        "buildable": sum(manifest.sha256 is not None for manifest in included),
        "obtainable": sum(map(is_obtainable, included)),
        "groups": len({groups[manifest.id] for manifest in included}),
        "sources": len({manifest.provider for manifest in included}),
        "publishable": sum(rights_of(manifest).publish for manifest in included),
        "class": _by(included, lambda manifest: manifest.class_name, enumeration("class")),
        "probe": _by(included, lambda manifest: manifest.probe, enumeration("probe")),
        "kind": _by(included, lambda manifest: manifest.kind, enumeration("kind")),
        "licence": _by(included, lambda manifest: str(manifest.licence["id"])),
    }


def counts_clause(recordings: int, sources: int, *, included: int, buildable: int) -> str:
    """Say of how many recordings something tells, and of how many the collection is.

    Examples
    --------
    >>> counts_clause(1, 1, included=275, buildable=161)
    '1 recording from 1 source, of 275 included and 161 buildable'
    """
    told = f"{counted(recordings, 'recording')} from {counted(sources, 'source')}"
    return f"{told}, of {included:,} included and {buildable:,} buildable"


def _by(
    manifests: Sequence[Manifest], key: Callable[[Manifest], str], order: Sequence[str] | None = None
) -> dict[str, int]:
    counts = Counter(map(key, manifests))
    return {name: counts[name] for name in (order or sorted(counts)) if name in counts}
