"""What folds are made of, read from manifests: the units that stay together, and how many frames to expect."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping

from lusdata.catalog.groups import group_ids, unknown_patients
from lusdata.catalog.manifest import Manifest, canonical_bytes

__all__ = ["catalog_digest", "collection_homes", "expected_frames", "unit_ids"]


def expected_frames(manifest: Manifest, *, rate_hz: float, max_frames: int) -> int:
    """Estimate how many frames a recording gives, from the facts in its manifest.

    Parameters
    ----------
    manifest : Manifest
        A recording.
    rate_hz : float
        Frames wanted per second.
    max_frames : int
        Most frames of one recording.

    Returns
    -------
    int
        1 to `max_frames`: one for an image; for a video as many as the grid of times has inside the trimmed part, but
        no more than the file has. A video without facts counts as one frame.
    """
    media, trim = manifest.media, manifest.trim
    if manifest.kind == "image" or not media.get("duration_s"):
        return 1
    duration_s, frame_count = float(media["duration_s"]), int(media["frame_count"])
    used_s = max(0.0, min(duration_s, math.inf if trim.end_s is None else trim.end_s) - trim.start_s)
    # The tolerance keeps 3.3 s at 10 Hz at 33 frames, whatever the last bit of the product is.
    there = max(1, math.ceil(used_s / duration_s * frame_count - 1e-6))
    last_s = (there - 1) * duration_s / frame_count
    return min(there, math.floor(last_s * rate_hz + 1e-6) + 1, max_frames)


def unit_ids(manifests: Iterable[Manifest], by: str, *, unknown: str | None = None) -> dict[str, str]:
    """Name the unit that each recording belongs to.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings, whatever their state.
    by : {"patient", "video", "source", "collection"}
        What stays together. A provider takes along every provider with which it shares a patient group, and whatever
        is kept together, recordings cut from one file stay together. With ``collection`` the units are patients too:
        `collection_homes` tells which of them are left out at once.
    unknown : {"apart", "together"}, optional
        With ``together`` the recordings of a provider of which nobody knows whose they are count as one patient's. With
        ``collection`` they always do, those of each collection by themselves.

    Returns
    -------
    dict of str to str
        For each recording id its unit, named after the alphabetically first group, recording or provider in it.
    """
    manifests = list(manifests)
    groups = group_ids(manifests)
    asked = (unknown == "together" and by == "patient") or by == "collection"
    nobodys = unknown_patients(manifests) if asked else frozenset()
    names = {
        "patient": groups,
        "collection": groups,
        "video": {manifest.id: manifest.id for manifest in manifests},
        "source": {manifest.id: manifest.provider for manifest in manifests},
    }[by]
    first: dict[tuple[str, str], tuple[str, str]] = {}

    def root(tie: tuple[str, str]) -> tuple[str, str]:
        while first.setdefault(tie, tie) != tie:
            tie = first[tie]
        return tie

    for manifest in manifests:
        ties = [("unit", names[manifest.id])]
        if by != "video":
            ties.append(("group", groups[manifest.id]))
        if manifest.sha256 is not None:
            ties.append(("file", manifest.sha256))
        if manifest.id in nobodys:
            within = f"{manifest.collection}/" if by == "collection" else ""
            ties.append(("unknown", within + manifest.provider))
        for tie in ties[1:]:
            first[root(tie)] = root(ties[0])
    united: dict[tuple[str, str], list[str]] = {}
    for manifest in manifests:
        united.setdefault(root(("unit", names[manifest.id])), []).append(names[manifest.id])
    return {manifest.id: min(united[root(("unit", names[manifest.id]))]) for manifest in manifests}


def collection_homes(manifests: Iterable[Manifest], units: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the collections that can only be left out together, for each recording.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings that are split.
    units : Mapping of str to str
        The unit of each, from `unit_ids`.

    Returns
    -------
    dict of str to tuple of str
        For each recording id its collection, with those that a chain of shared units leads to, sorted.
    """
    manifests = list(manifests)
    homes: dict[str, set[str]] = {manifest.collection: {manifest.collection} for manifest in manifests}
    of_unit: dict[str, str] = {}
    for manifest in manifests:
        other = of_unit.setdefault(units[manifest.id], manifest.collection)
        if other not in homes[manifest.collection]:
            joined = homes[manifest.collection] | homes[other]
            homes.update(dict.fromkeys(joined, joined))
    return {manifest.id: tuple(sorted(homes[manifest.collection])) for manifest in manifests}


def catalog_digest(manifests: Iterable[Manifest]) -> str:
    """Return the digest of a catalog: sha256 over the ids and digests of its manifests, in any order."""
    return hashlib.sha256(canonical_bytes({manifest.id: manifest.digest for manifest in manifests})).hexdigest()
