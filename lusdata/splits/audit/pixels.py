"""Checks by pixels: recordings that look alike, wherever their ids and names put them. Fingerprints are enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lusdata.catalog.collection import Collection
from lusdata.catalog.fingerprint import decode, has_fingerprint
from lusdata.catalog.likeness import compare
from lusdata.catalog.near_duplicates import DUPLICATE, Match, find_duplicates
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.names import Placement
from lusdata.splits.audit.split import AuditedSplit
from lusdata.splits.folds.units import unit_ids

__all__ = ["LookAlike", "Standing", "find_pixel_leaks", "look_alikes"]

Standing = Literal["leak", "apart", "together"]


@dataclass(frozen=True)
class LookAlike:
    """Two recordings that look alike, and where they stand.

    Attributes
    ----------
    match : Match
        The recordings, and how much they are alike.
    groups : tuple of str
        Their united groups.
    folds : tuple of tuple of str
        The folds of each in the split that is audited.
    """

    match: Match
    groups: tuple[str, str]
    folds: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def standing(self) -> Standing:
        """``leak`` in several folds; else ``apart`` in two groups; else ``together``."""
        first, second = self.folds
        if first and second and len({*first, *second}) > 1:
            return "leak"
        return "together" if self.groups[0] == self.groups[1] else "apart"

    @property
    def likeness(self) -> str:
        """How much alike they are, as a clause."""
        mirrored = " mirrored" if self.match.mirrored else ""
        return f"looks like {self.match.second}{mirrored}, {self.match.similarity:.0%} by {self.match.points} points"


def look_alikes(
    collection: Collection, split: AuditedSplit, *, threshold: float = DUPLICATE, linked: bool = False
) -> list[LookAlike]:
    """Find the recordings of a collection that look alike, whether or not a split uses them.

    Parameters
    ----------
    collection : Collection
        All of it: an excluded recording may tell that two groups are one.
    split : AuditedSplit
        Says in which folds they stand.
    threshold : float
        Least similarity, above 0 and at most 1; see `lusdata.catalog.near_duplicates.find_duplicates`.
    linked : bool
        Add the pairs that manifests link as near-duplicates, however little they look alike.

    Returns
    -------
    list of LookAlike
        The most alike first.

    Raises
    ------
    DataError
        If a fingerprint cannot be read.
    UsageError
        If the threshold has no meaning.
    """
    groups, folds = unit_ids(collection.manifests, "patient"), split.folds_of
    prints = {
        manifest.id: str(manifest.data["fingerprint"])
        for manifest in collection.manifests
        if has_fingerprint(manifest.data)
    }
    matches = find_duplicates(prints, threshold=threshold)
    if linked:
        there = {(match.first, match.second) for match in matches}
        further = [_compared(prints, *pair) for pair in sorted(_linked(collection) - there) if prints.keys() >= {*pair}]
        matches = sorted([*matches, *further], key=lambda match: (-match.similarity, match.first, match.second))
    return [
        LookAlike(
            match,
            (groups[match.first], groups[match.second]),
            (folds.get(match.first, ()), folds.get(match.second, ())),
        )
        for match in matches
    ]


def _linked(collection: Collection) -> set[tuple[str, str]]:
    """Return the pairs of recordings whose groups a manifest links as near-duplicates, each in alphabetical order."""
    members: dict[str, list[str]] = {}
    for manifest in collection.manifests:
        members.setdefault(manifest.group_id, []).append(manifest.id)
    found = set()
    for manifest in collection.manifests:
        for link in manifest.data["group"].get("linked", ()):
            if link["basis"] == "near-duplicate":
                others = [other for other in members.get(link["id"], ()) if other != manifest.id]
                found |= {(min(manifest.id, other), max(manifest.id, other)) for other in others}
    return found


def _compared(prints: Mapping[str, str], first: str, second: str) -> Match:
    likeness = compare(decode(prints[first]), decode(prints[second]))
    return Match(first, second, likeness.similarity, likeness.mirrored, likeness.points)


def find_pixel_leaks(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for recordings that show the same and stand in several folds, in several groups, or twice in one.

    A leak by pixels is told apart from a leak by ids: it is an error whether or not the ids agree, since a model that
    saw the one has seen the other.
    """
    held: dict[str, list[Placement]] = {}
    for place in split.places:
        held.setdefault(place.recording, []).append(place)
    for pair in look_alikes(collection, split):
        first, second = pair.match.first, pair.match.second
        # A recording of no fold has a place without one, so that it can be named.
        there = (held.get(name, [Placement("", name, name)]) for name in (first, second))
        places = tuple(sorted(place for own in there for place in own))
        group = pair.groups[0]
        if pair.standing == "leak":
            known = f"both are in group {group}" if group == pair.groups[1] else "their groups differ"
            yield Finding("LEAK_PIXELS", "error", first, f"{pair.likeness}, in another fold; {known}", places)
        elif pair.standing == "apart":
            message = f"{pair.likeness}, in another group: {group} and {pair.groups[1]}"
            yield Finding("GROUPS_LOOK_ALIKE", "warning", first, message, places)
        else:
            yield Finding("ALIKE_TOGETHER", "note", first, f"{pair.likeness}; both are in group {group}", places)
    concerned = collection.buildable if split.by_frame else [collection.by_id[name] for name in split.folds_of]
    blind = sum(manifest.sha256 is not None and not has_fingerprint(manifest.data) for manifest in concerned)
    unseen = sum(manifest.sha256 is None for manifest in concerned)
    if blind or unseen:
        message = (
            f"of {len(concerned):,} recordings {unseen:,} have no file yet and {blind:,} no fingerprint: "
            "copies of them cannot be seen"
        )
        yield Finding("PIXELS_UNSEEN", "note", split.source, message)
