"""Which recordings must never stand on two sides of a split."""

from __future__ import annotations

from collections.abc import Iterable

from lusdata.catalog.manifest import Manifest

__all__ = ["group_ids"]


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
