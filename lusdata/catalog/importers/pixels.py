"""What fingerprints say about groups that were told from names and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest

__all__ = ["SHOWN_FROM", "alike_pairs"]

SHOWN_FROM = 0.05
"""Least similarity that a log shows. Most such pairs are unrelated; the log is where to see how unlike those are."""


def alike_pairs(
    manifests: Sequence[Mapping[str, Any]], looked_at: frozenset[frozenset[str]]
) -> list[tuple[str, str, str, str]]:
    """Return the pairs of recordings that look alike although upstream has them under different patients.

    Parameters
    ----------
    manifests : sequence of Mapping
        Manifests, those that are pinned with fingerprints.
    looked_at : frozenset of frozenset of str
        Pairs that were compared by eye.

    Returns
    -------
    list of (str, str, str, str)
        Both ids, the similarity in percent and what was decided, the most alike first.
    """
    from lusdata.catalog.near_duplicates import find_duplicates

    stated = group_ids(Manifest(_without_pixels(data)) for data in manifests)
    united = group_ids(map(Manifest, manifests))
    fingerprints = {data["id"]: data["fingerprint"] for data in manifests if "fingerprint" in data}
    rows = []
    for match in find_duplicates(fingerprints, threshold=SHOWN_FROM):
        if stated[match.first] == stated[match.second]:
            continue
        if united[match.first] == united[match.second]:
            verdict = "one group"
        else:
            seen = frozenset((match.first, match.second)) in looked_at
            verdict = "left apart" if seen else "left apart, not looked at yet"
        rows.append((match.first, match.second, f"{match.similarity:.0%}", verdict))
    return rows


def _without_pixels(data: Mapping[str, Any]) -> dict[str, Any]:
    group = data["group"]
    links = [link for link in group.get("linked", ()) if link["basis"] != "near-duplicate"]
    return {**data, "group": {**group, "linked": links}}
