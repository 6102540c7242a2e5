"""Whether new recordings look like others, told from the fingerprints in the manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lusdata.catalog.changes import Change
from lusdata.catalog.fingerprint import decode, has_fingerprint
from lusdata.catalog.likeness import compare
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.errors import DataError, Issue
from lusdata.publish.review.codes import finding
from lusdata.splits.folds.units import unit_ids

__all__ = ["AlikePair", "Likenesses", "find_alike_faults", "find_likenesses"]

_ONE_BY_ONE = 60
"""Up to so many new fingerprints are compared one by one, each with all others; more of them all at once."""
_MOST = 10


@dataclass(frozen=True, order=True)
class AlikePair:
    """A new recording and one that it looks like.

    Attributes
    ----------
    id, other : str
        Both recordings; `other` may be new, too.
    similarity : float
        From 0 to 1.
    one_group : bool
        Whether they stand in one group, so that no split tears them apart.
    state : str
        State of the other one.
    group : str
        Group that the other one states.
    mirrored : bool
        Whether one shows the other with left and right exchanged.
    """

    id: str
    other: str
    similarity: float
    one_group: bool
    state: str
    group: str
    mirrored: bool


@dataclass(frozen=True)
class Likenesses:
    """What a comparison by pixels found.

    Attributes
    ----------
    pairs : tuple of AlikePair
        By recording, the most alike first.
    compared : tuple of str
        New recordings that were compared.
    others : int
        Recordings that they were compared with.
    blind : int
        Included recordings without a fingerprint, copies of which nobody can see.
    """

    pairs: tuple[AlikePair, ...]
    compared: tuple[str, ...]
    others: int
    blind: int


def find_likenesses(changes: Sequence[Change], after: Sequence[Manifest]) -> Likenesses:
    """Compare what is new by its pixels with everything else.

    Parameters
    ----------
    changes : sequence of Change
        What differs. Compared is what is included and has another fingerprint or another group than before.
    after : sequence of Manifest
        Every manifest of every collection as it is now.
    """
    seen = {manifest.id: manifest for manifest in after if has_fingerprint(manifest.data)}
    new = [change.id for change in changes if _is_to_compare(change) and change.id in seen]
    groups = unit_ids(after, "patient")
    pairs = [
        AlikePair(
            id=name,
            other=other,
            similarity=similarity,
            one_group=groups[name] == groups[other],
            state=seen[other].state,
            group=seen[other].group_id,
            mirrored=compare(*(decode(str(seen[one].data["fingerprint"])) for one in (name, other))).mirrored,
        )
        for name, other, similarity in _matches(new, seen)
    ]
    blind = sum(manifest.state == "included" and manifest.id not in seen for manifest in after)
    pairs.sort(key=lambda pair: (pair.id, -pair.similarity, pair.other))
    return Likenesses(tuple(pairs), tuple(new), len(seen) - 1 if new else len(seen), blind)


def _matches(new: Sequence[str], seen: Mapping[str, Manifest]) -> Iterator[tuple[str, str, float]]:
    prints = {name: str(manifest.data["fingerprint"]) for name, manifest in seen.items() if not _damage(manifest)}
    asked = [name for name in new if name in prints]
    told: set[tuple[str, str]] = set()
    if len(asked) > _ONE_BY_ONE:
        for match in find_duplicates(prints):
            for one, other in ((match.first, match.second), (match.second, match.first)):
                if one in asked and (other, one) not in told:
                    told.add((one, other))
                    yield one, other, match.similarity
        return
    for name in asked:
        others = {other: text for other, text in prints.items() if other != name}
        for other, similarity in nearest(prints[name], others, _MOST, threshold=DUPLICATE):
            # Two new ones are one pair.
            if (other, name) not in told:
                told.add((name, other))
                yield name, other, similarity


def _is_to_compare(change: Change) -> bool:
    if change.after is None or change.after.state != "included":
        return False
    if change.before is None or change.before.state != "included":
        return True
    return any(change.before.data.get(field) != change.after.data.get(field) for field in ("fingerprint", "group"))


def _damage(manifest: Manifest) -> str:
    """Return what keeps a fingerprint of today's algorithm from being read; empty if nothing does."""
    try:
        decode(str(manifest.data["fingerprint"]))
    except DataError as error:
        return error.found or error.what
    return ""


def find_alike_faults(changes: Sequence[Change], found: Likenesses, place: Mapping[str, str]) -> Iterator[Issue]:
    """Say which recordings would leak, and which cannot be compared.

    Parameters
    ----------
    changes : sequence of Change
        What differs.
    found : Likenesses
        Of these changes.
    place : Mapping of str to str
        Path of each manifest, by the recording's id.
    """
    for pair in found.pairs:
        file = place.get(pair.id, pair.id)
        told = f"{pair.other}, {pair.similarity:.0%} alike{', mirrored' if pair.mirrored else ''}"
        path = "$.fingerprint"
        if pair.state == "withdrawn":
            message, hint = "looks like a recording that was withdrawn", "leave it out"
            yield finding("WITHDRAWN_AGAIN", file, message, json_path=path, found=told, hint=hint)
        elif pair.one_group:
            # Nothing can leak; often the other one was excluded for this one.
            continue
        elif pair.state == "excluded":
            message, hint = "looks like a recording that is excluded", "change the status of that one, if it was wrong"
            yield finding("FILE_KNOWN", file, message, json_path=path, found=told, hint=hint)
        else:
            message = "looks like a recording of another group"
            hint = (
                f"leave it out if it is a copy; else link the groups: group.linked names {pair.group}, near-duplicate"
            )
            yield finding("LOOKS_ALIKE", file, message, json_path=path, found=told, hint=hint)
    for change in changes:
        if change.after is not None and change.after.state == "included" and change.after.sha256:
            yield from _unseen(place.get(change.id, change.id), change.before, change.after)


def _unseen(file: str, before: Manifest | None, after: Manifest) -> Iterator[Issue]:
    path = "$.fingerprint"
    if has_fingerprint(after.data):
        damage = _damage(after)
        if damage:
            message, hint = "the fingerprint cannot be read", "take it out; lusdata pin ID FILE writes it anew"
            yield finding("FINGERPRINT_BROKEN", file, message, json_path=path, found=damage, hint=hint)
    elif before is None or "fingerprint" in before.data or not before.sha256:
        message, hint = "copies of it cannot be seen", "lusdata add and lusdata pin ID FILE write a fingerprint"
        yield finding("PIXELS_UNSEEN", file, message, json_path=path, hint=hint)
