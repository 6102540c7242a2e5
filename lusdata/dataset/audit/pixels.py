"""Checks by pixels: recordings that look alike, wherever their ids and names put them. Fingerprints are enough."""

from __future__ import annotations

from collections.abc import Iterator

from lusdata.catalog.collection import Collection
from lusdata.catalog.fingerprint import ALGORITHM
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import Match, find_duplicates
from lusdata.dataset.audit.finding import Finding
from lusdata.dataset.audit.names import Place
from lusdata.dataset.audit.split import AuditedSplit
from lusdata.dataset.folds.units import unit_ids

__all__ = ["find_pixel_leaks"]


def find_pixel_leaks(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for recordings that show the same and stand in several folds, or in several groups.

    A leak by pixels is told apart from a leak by ids: it is an error whether or not the ids agree, since a model that
    saw the one has seen the other.
    """
    groups = unit_ids(collection.manifests, "patient")
    folds = split.folds_of
    readable = [manifest for manifest in collection.manifests if _has_fingerprint(manifest)]
    matches = find_duplicates({manifest.id: str(manifest.data["fingerprint"]) for manifest in readable})
    for match in matches:
        one_group = groups[match.first] == groups[match.second]
        held = [folds.get(name, ()) for name in (match.first, match.second)]
        if all(held) and len({fold for names in held for fold in names}) > 1:
            known = "one group" if one_group else "different groups"
            message = f"{_likeness(match)}, and stands in another fold; {known} by their ids"
            yield Finding("LEAK_PIXELS", "error", match.first, message, _places(split, match))
        elif not one_group:
            message = (
                f"{_likeness(match)}, and stands in another group; link the groups as near-duplicate, or say why not"
            )
            yield Finding("GROUPS_LOOK_ALIKE", "warning", match.first, message, _places(split, match))
    concerned = collection.buildable if split.by_frame else [collection.by_id[name] for name in folds]
    blind = sum(manifest.sha256 is not None and not _has_fingerprint(manifest) for manifest in concerned)
    unseen = sum(manifest.sha256 is None for manifest in concerned)
    if blind or unseen:
        message = (
            f"of {len(concerned):,} recordings {unseen:,} have no file yet and {blind:,} no fingerprint: "
            "copies of them cannot be seen"
        )
        yield Finding("PIXELS_UNSEEN", "note", split.source, message)


def _likeness(match: Match) -> str:
    mirrored = " mirrored" if match.mirrored else ""
    return f"looks like {match.second}{mirrored}, {match.similarity:.0%} by {match.points} points"


def _places(split: AuditedSplit, match: Match) -> tuple[Place, ...]:
    return tuple(sorted(place for place in split.places if place.recording in (match.first, match.second)))


def _has_fingerprint(manifest: Manifest) -> bool:
    # One by an older algorithm cannot be compared with today's.
    return str(manifest.data.get("fingerprint", "")).startswith(f"{ALGORITHM}:")
