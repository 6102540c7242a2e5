"""What a change does to the folds: which fold gains whom, and who moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError, Issue
from lusdata.publish.review.codes import finding
from lusdata.publish.review.states import CollectionChange
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import unit_ids
from lusdata.wording import counted

__all__ = ["FoldImpact", "Move", "find_fold_faults", "fold_impact"]

_FOLDS = 5
"""Folds by patient with the settings that every command has by default."""


@dataclass(frozen=True, order=True)
class Move:
    """A recording that was in one fold before and is in another now."""

    recording: str
    before: int
    after: int


@dataclass(frozen=True)
class FoldImpact:
    """What a change does to the folds of one collection, by patient.

    Attributes
    ----------
    sentences : tuple of str
        For each fold that changes what it gains and loses, such as ``fold 3 gains 1 patient group, 1 recording``.
    moves : tuple of Move
        Recordings that were there before and change their fold although old folds are kept.
    anew : tuple of Move
        Recordings that would change their fold if folds were made anew, without the old ones.
    trouble : str
        Why there are no folds; empty if there are.
    release : str
        The release whose folds are kept, such as ``pocus@1.0.0``; empty if there is none.
    """

    sentences: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    anew: tuple[Move, ...] = ()
    trouble: str = ""
    release: str = ""


def fold_impact(
    before: Sequence[Manifest], after: Sequence[Manifest], *, frozen: FoldTable | None = None, release: str = ""
) -> FoldImpact:
    """Compare the folds of a collection before and after a change, as the next release would make them.

    Parameters
    ----------
    before, after : sequence of Manifest
        All manifests of both states.
    frozen : FoldTable, optional
        What the last release froze by patient: the next one keeps to it.
    release : str
        Name of that release.

    Returns
    -------
    FoldImpact
        Empty, if nothing on which folds rest has changed.
    """
    if _grounds(before) == _grounds(after):
        return FoldImpact()
    old = _folds(before)
    fresh = _folds(after)
    frozen = frozen if frozen is not None and frozen.k == _FOLDS else None
    if isinstance(fresh, str):
        return FoldImpact(trouble=fresh)
    if isinstance(old, str):
        # The first recordings, or the first that suffice: nobody had a fold.
        return FoldImpact(sentences=tuple(_sentences({}, {}, fresh, before, after)))
    anew = _moves(old, fresh)
    if frozen is not None:
        old = make_folds(before, k=_FOLDS, previous=frozen, unknown="together")
    kept = make_folds(after, k=_FOLDS, previous=old, unknown="together") if anew or frozen else fresh
    sentences = tuple(_sentences(old.fold_of, old.unit_of, kept, before, after))
    return FoldImpact(sentences, _moves(old, kept), anew, release=release if frozen else "")


def _folds(manifests: Sequence[Manifest]) -> FoldTable | str:
    usable = [manifest for manifest in manifests if manifest.state == "included" and manifest.sha256 is not None]
    units = unit_ids(manifests, "patient", unknown="together")
    groups = {units[manifest.id] for manifest in usable}
    if len(groups) < _FOLDS:
        return f"{counted(len(groups), 'patient group')} with a digest cannot fill {_FOLDS} folds"
    try:
        return make_folds(manifests, k=_FOLDS, unknown="together")
    except DataError as error:
        # Two manifests with one id have a finding of their own.
        return error.what


def _grounds(manifests: Iterable[Manifest]) -> dict[str, tuple[str, ...]]:
    """Return of every recording all that folds rest on."""
    return {
        manifest.id: (
            manifest.state,
            manifest.since,
            manifest.sha256 or "",
            manifest.class_name,
            manifest.probe,
            manifest.kind,
            manifest.provider,
            *(str(manifest.data.get(field, "")) for field in ("group", "media", "trim")),
        )
        for manifest in manifests
    }


def _moves(old: FoldTable, new: FoldTable) -> tuple[Move, ...]:
    both = [name for name in old.recordings if name in new.unit_of]
    places = ((name, old.fold_of[old.unit_of[name]], new.fold_of[new.unit_of[name]]) for name in both)
    return tuple(Move(*place) for place in places if place[1] != place[2])


def _sentences(
    fold_of: Mapping[str, int],
    unit_of: Mapping[str, str],
    new: FoldTable,
    before: Sequence[Manifest],
    after: Sequence[Manifest],
) -> Iterator[str]:
    old_place = {name: fold_of[unit] for name, unit in unit_of.items()}
    new_place = {name: new.fold_of[unit] for name, unit in new.unit_of.items()}
    old_unit, new_unit = unit_ids(before, "patient"), unit_ids(after, "patient")
    for fold in range(new.k):
        came = [name for name in new.recordings if new_place[name] == fold and old_place.get(name) != fold]
        went = sorted(name for name, place in old_place.items() if place == fold and new_place.get(name) != fold)
        parts = []
        # A group that was in the fold already gains a recording, but the fold gains no group.
        held = {old_unit[name] for name, place in old_place.items() if place == fold}
        holds = {new_unit[name] for name, place in new_place.items() if place == fold}
        if came:
            groups = {new_unit[name] for name in came} - _heirs(held, old_unit, new_unit)
            parts.append(f"gains {_groups(len(groups), came, otherwise='that is there already')}")
        if went:
            groups = {old_unit[name] for name in went} - _heirs(holds, new_unit, old_unit)
            parts.append(f"loses {_groups(len(groups), went, otherwise='that stays there')}")
        if parts:
            yield f"fold {fold} {'; it '.join(parts)}"


def _heirs(units: set[str], of: Mapping[str, str], to: Mapping[str, str]) -> set[str]:
    """Return what units of one state are called in the other."""
    return {to[name] for name, unit in of.items() if unit in units and name in to}


def _groups(groups: int, recordings: Sequence[str], *, otherwise: str) -> str:
    number = counted(len(recordings), "recording")
    return f"{counted(groups, 'patient group')}, {number}" if groups else f"{number} of a patient group {otherwise}"


def find_fold_faults(change: CollectionChange, impact: FoldImpact, place: Mapping[str, str]) -> Iterator[Issue]:
    """Say who moves, and whether a date is to blame.

    Parameters
    ----------
    change : CollectionChange
        The change.
    impact : FoldImpact
        Of this change.
    place : Mapping of str to str
        Path of each manifest, by the recording's id.
    """
    units = unit_ids(change.after, "patient")
    changed = {item.id for item in change.changes}
    for move in impact.moves:
        group = units[move.recording]
        joined = sorted(name for name, unit in units.items() if unit == group and name in changed)
        message = f"moves from fold {move.before} to fold {move.after}"
        hint = "the change joins its group with another, and a group stands in one fold; make sure that they are one"
        found = f"group {group}, by {', '.join(joined[:3])}" if joined else f"group {group}"
        file = place.get(move.recording, move.recording)
        yield finding("FOLD_MOVED", file, message, json_path="$.group", found=found, hint=hint)
    newest = max((manifest.since for manifest in change.before), default="")
    if set(impact.anew) - set(impact.moves):
        for item in change.changes:
            if item.kind == "added" and item.after is not None and item.after.since <= newest:
                yield finding(
                    "FOLD_DATED_BACK",
                    place.get(item.id, item.id),
                    f"with this day, folds made anew move {len(impact.anew):,} recordings that were there before",
                    json_path="$.status.since",
                    expected=f"a day after {newest}, the newest that was there",
                    found=item.after.since,
                )
