"""Which recordings must never stand on two sides of a split."""

from __future__ import annotations

from collections.abc import Iterable

from lusdata.catalog.manifest import Manifest

__all__ = ["group_ids", "unknown_clause", "unknown_patients"]

_KNOWN = frozenset({"patient", "study", "publication"})
"""What a group must rest on for somebody to know who is in it."""


def group_ids(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Unite stated groups that a link joins.

    Two recordings share a group when they state the same one, or when a chain of links (a near-duplicate, a second
    examination of one patient) leads from one to the other.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings, in any order; the result does not depend on it.

    Returns
    -------
    dict of str to str
        For each recording id the id of its united group: the alphabetically first of the groups in it.
    """
    manifests = list(manifests)
    parent: dict[str, str] = {}

    def root(group: str) -> str:
        parent.setdefault(group, group)
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for manifest in manifests:
        for link in manifest.data["group"].get("linked", ()):
            first, second = sorted((root(manifest.group_id), root(link["id"])))
            parent[second] = first
    return {manifest.id: root(manifest.group_id) for manifest in manifests}


def unknown_patients(manifests: Iterable[Manifest]) -> frozenset[str]:
    """Return the recordings of which nobody knows whose they are.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings, whatever their state, in any order.

    Returns
    -------
    frozenset of str
        Ids of those whose united group rests on nothing but ``unknown``, and on pictures that agree: two copies of one
        recording are still nobody's.
    """
    manifests = list(manifests)
    groups = group_ids(manifests)
    known = {
        groups[manifest.id]
        for manifest in manifests
        for basis in (manifest.group_basis, *(link["basis"] for link in manifest.data["group"].get("linked", ())))
        if basis in _KNOWN
    }
    return frozenset(manifest.id for manifest in manifests if groups[manifest.id] not in known)


def unknown_clause(manifests: Iterable[Manifest]) -> str:
    """Say how many included recordings are nobody's; empty if it is known of all.

    Examples
    --------
    >>> unknown_clause([])
    ''
    """
    manifests = list(manifests)
    unknown = unknown_patients(manifests)
    included = [manifest for manifest in manifests if manifest.state == "included"]
    count = sum(manifest.id in unknown for manifest in included)
    return f"{count:,} of {len(included):,} recordings: patient not known" if count else ""
