"""Checks for leakage: who stands on two sides of a split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import unknown_patients
from lusdata.catalog.manifest import Manifest
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.names import Placement
from lusdata.splits.audit.split import AuditedSplit
from lusdata.splits.folds.units import catalog_digest, unit_ids

__all__ = ["find_coverage", "find_leaks", "find_names", "find_unknown", "find_validation_leaks"]


def find_names(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for names that fit no recording, several, or one that is named twice in a fold; and for a lone fold.

    A name that fits none is an error: whoever it is may stand on the other side, too.
    """
    if len(split.folds) == 1:
        message = f"fold {split.folds[0]} is the only one, so nothing can stand on two sides; where is the rest?"
        yield Finding("SPLIT_SINGLE", "warning", split.source, message)
    if split.names and not split.places:
        message = f"none of its {split.names:,} names is a recording of {collection.name}; is it the right collection?"
        yield Finding("SPLIT_FOREIGN", "error", split.source, message)
    if split.guessed and not all(entry.name.isascii() for entry in split.unmapped):
        message = "it is not UTF-8 and was read as Windows-1252; names with other signs may be read wrong"
        yield Finding("TEXT_GUESSED", "warning", split.source, message)
    for entry in split.unmapped:
        if entry.candidates:
            message = f"fold {entry.fold}: may be {_joined(entry.candidates)}"
            yield Finding("NAME_AMBIGUOUS", "error", entry.name, message)
        else:
            message = f"fold {entry.fold}: no recording of {collection.name} has this name"
            yield Finding("NAME_UNKNOWN", "error", entry.name, message)
    named: dict[tuple[str, str], list[Placement]] = {}
    for place in split.places:
        if not place.frames:
            named.setdefault((place.recording, place.fold), []).append(place)
    for (recording, fold), places in sorted(named.items()):
        if len(places) > 1:
            message = f"fold {fold} names it {len(places)} times: {_joined([place.name for place in places])}"
            yield Finding("NAME_REPEATED", "warning", recording, message, tuple(places))


def find_unknown(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Count the recordings of the split of which nobody knows whose they are: they may leak, and no check can tell."""
    nobodys = unknown_patients(collection.manifests)
    there = sorted(split.folds_of)
    count = sum(name in nobodys for name in there)
    if count:
        message = f"{count:,} of {len(there):,} recordings: patient not known"
        places = tuple(place for place in split.places if place.recording in nobodys)
        yield Finding("PATIENT_UNKNOWN", "warning", split.source, message, places, (("recordings", float(count)),))


def find_leaks(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for groups, and for single recordings, that stand in more than one fold."""
    groups = unit_ids(collection.manifests, "patient")
    if split.by_frame:
        torn = [manifest.id for manifest in collection.buildable if manifest.kind == "video"]
        message = (
            f"{len(torn):,} videos of {len({groups[name] for name in torn}):,} groups are torn over all folds: "
            "neighbouring frames of one patient are fitted on and tested"
        )
        yield Finding("FRAMES_LEAK", "error", split.source, message)
        return
    members: dict[str, list[Manifest]] = {}
    for manifest in collection.manifests:
        members.setdefault(groups[manifest.id], []).append(manifest)
    places = _places_by(split, groups)
    for group in sorted(places):
        there = {place.fold for place in places[group]}
        recordings = {place.recording for place in places[group]}
        if len(there) > 1 and len(recordings) > 1:
            held_in = _joined(fold for fold in split.folds if fold in there)
            message = f"{len(recordings)} recordings in folds {held_in}; basis: {_basis(members[group])}"
            yield Finding("GROUP_LEAKS", "error", group, message, tuple(sorted(places[group])))
    own = _places_by(split, {name: name for name in groups})
    for recording, held in split.folds_of.items():
        if len(held) > 1:
            yield Finding(
                "RECORDING_LEAKS", "error", recording, f"stands in folds {_joined(held)}", tuple(own[recording])
            )
    unknown: dict[str, list[str]] = {}
    for entry in split.unmapped:
        unknown.setdefault(entry.name, []).append(entry.fold)
    for name, held_by in unknown.items():
        folds = [fold for fold in split.folds if fold in held_by]
        if len(folds) > 1:
            yield Finding("NAME_LEAKS", "error", name, f"stands in folds {_joined(folds)}, whatever recording it is")


def find_validation_leaks(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for groups that are fitted on and stopped by in one round, though a single fold holds them."""
    if split.table is None or split.by_frame:
        return
    places = _places_by(split, unit_ids(collection.manifests, "patient"))
    for group in sorted(places):
        if len({place.fold for place in places[group]}) > 1:
            continue
        rounds = range(split.table.k)
        mixed = [i for i in rounds if len({split.table.part(i, place.recording) for place in places[group]}) > 1]
        if mixed:
            message = f"stands in training and in validation of round {_joined(map(str, mixed))}"
            yield Finding("VALIDATION_LEAKS", "error", group, message, tuple(places[group]))


def find_coverage(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for recordings that the split forgets or should not use, and for a table that is out of date."""
    table = split.table
    outdated = table is not None and table.catalog_digest != catalog_digest(collection.manifests)
    # What was withdrawn from a release changes the catalog and not the frozen folds; it has a finding of its own.
    if outdated and not collection.withdrawn_since:
        message = "manifests changed since it was made"
        yield Finding("TABLE_OUTDATED", "warning", split.source, message)
    if split.by_frame:
        return
    used = set(split.folds_of)
    left = [manifest.id for manifest in collection.buildable if manifest.id not in used]
    if left:
        message = f"{len(left):,} of {len(collection.buildable):,} buildable recordings are in no fold"
        yield Finding("SPLIT_PARTIAL", "note", split.source, message)
    barred = [collection.by_id[name] for name in sorted(used) if collection.by_id[name].state != "included"]
    for manifest in barred:
        reason = str(manifest.data["status"].get("reason", "no reason given"))
        message = f"is {reason if reason.startswith(manifest.state) else f'{manifest.state}: {reason}'}"
        yield Finding("RECORDING_NOT_INCLUDED", "warning", manifest.id, message)
    unseen = [name for name in used if collection.by_id[name].sha256 is None]
    if unseen:
        message = f"{len(unseen):,} of its recordings have no digest yet and cannot be built"
        yield Finding("SPLIT_UNSEEN", "note", split.source, message)


def _places_by(split: AuditedSplit, names: Mapping[str, str]) -> dict[str, list[Placement]]:
    """Sort the places of a split by a name that each recording has."""
    found: dict[str, list[Placement]] = {}
    for place in split.places:
        found.setdefault(names[place.recording], []).append(place)
    return found


def _basis(members: list[Manifest]) -> str:
    """Say what a united group rests on."""
    stated = {manifest.group_id: manifest.group_basis for manifest in members}
    links = {link["basis"] for manifest in members for link in manifest.data["group"].get("linked", ())}
    if len(stated) == 1 and not links:
        return next(iter(stated.values()))
    united = _joined(f"{group} ({basis})" for group, basis in sorted(stated.items()))
    return f"{united}, linked as {_joined(sorted(links))}" if links else f"{united}, cut from one file"


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
