"""How many recordings a collection holds, in the numbers by which two states of it are compared, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration

__all__ = ["count_recordings", "counted"]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one.

    Examples
    --------
    >>> counted(1, "group"), counted(1200, "pair")
    ('1 group', '1,200 pairs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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
        included how many are ``buildable`` (their digest is known), how many ``groups`` they form, how many may be
        ``publishable``, and their numbers by ``class``, ``probe``, ``kind`` and ``licence``.
    """
    states = Counter(manifest.state for manifest in manifests)
    included = [manifest for manifest in manifests if manifest.state == "included"]
    groups = group_ids(manifests)
    return {
        "recordings": len(manifests),
        **{state: states[state] for state in enumeration("status", "state")},
        "buildable": sum(manifest.sha256 is not None for manifest in included),
        "groups": len({groups[manifest.id] for manifest in included}),
        "publishable": sum(rights_of(manifest).publish for manifest in included),
        "class": _by(included, lambda manifest: manifest.class_name, enumeration("class")),
        "probe": _by(included, lambda manifest: manifest.probe, enumeration("probe")),
        "kind": _by(included, lambda manifest: manifest.kind, enumeration("kind")),
        "licence": _by(included, lambda manifest: str(manifest.licence["id"])),
    }


def _by(
    manifests: Sequence[Manifest], key: Callable[[Manifest], str], order: Sequence[str] | None = None
) -> dict[str, int]:
    counts = Counter(map(key, manifests))
    return {name: counts[name] for name in (order or sorted(counts)) if name in counts}
