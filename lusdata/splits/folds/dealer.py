"""Deals one catalog into folds, day after day, so that later recordings move nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from lusdata.catalog.manifest import Manifest
from lusdata.splits.folds.assign import Profile, assign
from lusdata.splits.folds.parts import NO_VALUE, VALIDATION_SHARE, Unit
from lusdata.splits.folds.strata import Strata
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import unit_ids

__all__ = ["Dealer"]


class Dealer:
    """Deals one catalog, day after day."""

    def __init__(
        self,
        catalog: Sequence[Manifest],
        frames: Mapping[str, int],
        *,
        by: str,
        k: int,
        seed: int,
        max_frames: int,
        previous: FoldTable | None,
        unknown: str | None,
        strata: Strata,
        homes: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.catalog = catalog
        self.frames = frames
        self.by = by
        self.k = k
        self.seed = seed
        self.max_frames = max_frames
        self.unknown = unknown
        self.strata = strata
        # With folds by collection, the collections of each recording that are tested together.
        self.homes = homes
        # What each recording counts as, as far as the recordings of a day tell: later ones change nothing of it.
        self.words: dict[str, str] = {}
        # Recordings of the earlier table: they are never outvoted by newcomers of their unit, however old these are.
        self.kept: frozenset[str] = frozenset()
        self.fold_of: dict[str, int] = {}
        # Per round: 0 for validation and 1 for training; what is tested in the round is not in it.
        self.side_of: list[dict[str, int]] = [{} for _ in range(k)]
        if previous is not None:
            self._take_over(previous)

    def _take_over(self, previous: FoldTable) -> None:
        kept = [manifest.id for manifest in self.catalog if manifest.id in previous.unit_of]
        self.kept = frozenset(kept)
        self.fold_of = {recording: previous.fold_of[previous.unit_of[recording]] for recording in kept}
        for i, sides in enumerate(self.side_of):
            validation = set(previous.validation[i])
            for recording in kept:
                if self.fold_of[recording] != i:
                    sides[recording] = 0 if previous.unit_of[recording] in validation else 1

    def deal(self) -> tuple[tuple[Unit, ...], tuple[tuple[str, ...], ...]]:
        """Return the units with their folds, and the validation units of each round."""
        fold_of_unit: dict[str, int] = {}
        validation: list[tuple[str, ...]] = []
        members: dict[str, list[Manifest]] = {}
        given = None if self.homes is None else self._by_home(self.homes)
        for day in sorted({manifest.since for manifest in self.catalog}):
            known = [manifest for manifest in self.catalog if manifest.since <= day]
            self.words = self.strata.words([manifest for manifest in known if manifest.id in self.frames])
            members = self._members(known)
            if given is None:
                fold_of_unit = self._assign(members, self.fold_of, shares=(1,) * self.k, seed=str(self.seed))
            else:
                fold_of_unit = {unit: given[recordings[0].id] for unit, recordings in members.items()}
            validation = []
            for i in range(self.k):
                rest = {unit: recordings for unit, recordings in members.items() if fold_of_unit[unit] != i}
                sides = self._assign(
                    rest, self.side_of[i], shares=(1, VALIDATION_SHARE - 1), seed=f"{self.seed}/validation/{i}"
                )
                validation.append(tuple(sorted(unit for unit, side in sides.items() if side == 0)))
        units = (
            Unit(unit, fold, tuple(sorted(manifest.id for manifest in members[unit])))
            for unit, fold in fold_of_unit.items()
        )
        return tuple(sorted(units, key=lambda unit: (unit.fold, unit.id))), tuple(validation)

    def _by_home(self, homes: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
        """Return the fold of each recording, which follows from its collection: in the order of their names."""
        usable = [manifest for manifest in self.catalog if manifest.id in self.frames]
        members: dict[str, list[Manifest]] = {}
        for manifest in usable:
            members.setdefault("+".join(homes[manifest.id]), []).append(manifest)
        fold_of = {name: fold for fold, name in enumerate(sorted(members))}
        if self.fold_of or len(members) > self.k:
            self.words = self.strata.words(usable)
            fold_of = self._assign(members, self.fold_of, shares=(1,) * self.k, seed=str(self.seed))
        return {manifest.id: fold_of["+".join(homes[manifest.id])] for manifest in usable}

    def _members(self, known: Sequence[Manifest]) -> dict[str, list[Manifest]]:
        unit_of = unit_ids(known, self.by, unknown=self.unknown)
        members: dict[str, list[Manifest]] = {}
        for manifest in known:
            if manifest.id in self.frames:
                members.setdefault(unit_of[manifest.id], []).append(manifest)
        return members

    def _assign(
        self,
        members: Mapping[str, Sequence[Manifest]],
        part_of: dict[str, int],
        *,
        shares: Sequence[int],
        seed: str,
    ) -> dict[str, int]:
        """Deal the units that hold no recording of `part_of`, and note the part of every recording there."""
        fixed = {}
        for unit, recordings in members.items():
            heirs = [manifest for manifest in recordings if manifest.id in part_of]
            elders = [manifest for manifest in heirs if manifest.id in self.kept]
            if heirs:
                fixed[unit] = _inherited(elders or heirs, part_of)
        profiles = {unit: self._profile(recordings) for unit, recordings in members.items()}
        dealt = assign(profiles, shares=shares, seed=seed, fixed=fixed)
        part_of.update((manifest.id, dealt[unit]) for unit, recordings in members.items() for manifest in recordings)
        return dealt

    def _profile(self, recordings: Sequence[Manifest]) -> Profile:
        amounts: Counter[tuple[str, ...]] = Counter()
        for manifest in recordings:
            name, frames = self.words[manifest.id], self.frames[manifest.id]
            # A recording weighs as much as the most frames one can have, so that both are counted on one scale.
            for key in (("recordings",), ("recordings", name), ("recordings", name, manifest.probe)):
                amounts[key] += self.max_frames
            for key in (("frames",), ("frames", name)):
                amounts[key] += frames
        return Profile(amounts, frozenset(self.words[manifest.id] for manifest in recordings) - {NO_VALUE})


def _inherited(recordings: Sequence[Manifest], part_of: Mapping[str, int]) -> int:
    """Return the part that holds most of the recordings; among equals, the one with the oldest."""
    votes = Counter(part_of[manifest.id] for manifest in recordings)
    most = max(votes.values())
    oldest = sorted((manifest.since, manifest.id) for manifest in recordings)
    return next(part_of[recording] for _, recording in oldest if votes[part_of[recording]] == most)
