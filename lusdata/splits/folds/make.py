"""Folds from a catalog: which recordings are fitted on, stopped by and tested, decided before any pixel is read.

Folds are a pure function of the manifests, k and the seed. Dates make them stable: recordings are dealt in the order
of `status.since`, each day on top of what earlier days left, so that an addition moves nobody if its day is later than
every day that was there. With an earlier table, additions of any day move nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import unknown_patients
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import as_collection, manifests_of
from lusdata.errors import DataError, UsageError
from lusdata.splits.folds.census import Census
from lusdata.splits.folds.dealer import Dealer
from lusdata.splits.folds.parts import DEFAULT_K, UNITS, UNKNOWN, Split, SplitUnit, Unit, Unknown
from lusdata.splits.folds.strata import Strata, strata_of
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import catalog_digest, collection_homes, expected_frames, unit_ids
from lusdata.suggestion import unknown_word

__all__ = ["FoldTable", "Split", "make_folds"]


def make_folds(
    manifests: Collection | str | Path | Iterable[Manifest],
    *,
    by: SplitUnit = "patient",
    k: int | None = None,
    seed: int = 0,
    rate_hz: float = 3.0,
    max_frames: int = 30,
    previous: FoldTable | None = None,
    unknown: Unknown | None = None,
    target: str | Sequence[str] | Strata | None = None,
    about: About | None = None,
) -> FoldTable:
    """Split a catalog into folds that look alike and share nobody.

    Parameters
    ----------
    manifests : Collection, str, Path, or iterable of Manifest
        The catalog: a collection, its name or its folder, or manifests in any order. A collection tells what it says of
        itself, too. Recordings that are included and have a digest are dealt; the others only tell which groups belong
        together.
    by : {"patient", "video", "source", "collection", "frame"}
        What stays together: a patient group with everything linked to it (the default, and the only one whose scores
        say something about new patients); a recording; a provider with all its patients; a whole collection, where the
        catalog holds several (`lusdata.join_collections`); or nothing, so that frames of one recording stand on both
        sides and the absurd score of it can be shown.
    k : int, optional
        Number of folds, 2 to the number of units; 5 by default, and by collection one for each, in the order of their
        names.
    seed : int
        Decides among equally good tables.
    rate_hz, max_frames : float, int
        The sampling for which frames are balanced; see `lusdata.dataset.recipe.Recipe`.
    previous : FoldTable, optional
        An earlier table of the same `by` and `k`: its recordings stay where they are, whatever day additions have.
        Needed when manifests that were there before changed (a group was corrected, a file was pinned or withdrawn),
        and when an addition has a day that is not later than every day that was there. Other additions need none.
    unknown : {"apart", "together"}, optional
        What to do with recordings of which nobody knows whose they are, where patients are kept together: ``together``
        takes those of one provider as one patient, which cannot leak; ``apart`` takes each as a patient of its own,
        which may. Without it folds by patient are refused while there are such recordings.
    target : str or sequence of str, optional
        What folds are stratified by: a pattern such as ``b_lines``, ``severity``, a task of the collection, or several
        taken together; the class by default. Numbers count by the quarter of the recordings that they are in.
    about : About, optional
        What the collection says of itself (`Collection.about`), which knows its own tasks and scales.

    Returns
    -------
    FoldTable
        Each recording in exactly one fold, each unit whole. Per round, fold i is tested, and about a fifth of the
        rest, as whole units (by collection: as whole patients), is set aside for validation.

    Raises
    ------
    UsageError
        If a setting is out of range, `k` exceeds the number of units, `previous` has other settings, there is no such
        target, it is not known whose all recordings are and `unknown` does not say what to do, or no collection can be
        left out, since there is one or all share patients.
    DataError
        If nothing can be dealt, or two manifests have one id.

    Notes
    -----
    Recordings of each class (or value of the target) and probe, and expected frames of each, are spread evenly; see
    `lusdata.splits.folds.assign.assign`. When another manifest joins two groups that are in different folds, both go
    to the fold that holds more of their recordings (if as many: to that of the oldest), since a leak is worse than a
    move.
    """
    _check(by, k, seed, rate_hz, max_frames, unknown)
    if isinstance(manifests, (Collection, str, Path)):
        collection = as_collection(manifests)
        about, manifests = about or collection.about, collection.manifests
    catalog = manifests_of(manifests)
    catalog.sort(key=lambda manifest: manifest.id)
    _check_ids(catalog)
    usable = [manifest for manifest in catalog if manifest.state == "included" and manifest.sha256 is not None]
    if not usable:
        raise DataError(
            "there is nothing to split",
            expected="included recordings with a digest",
            found=f"{len(catalog):,} recordings, none of them such",
            hint="lusdata fetch --pin adds digests",
        )
    unknown = _answered(by, usable, catalog, unknown)
    strata = strata_of(target, usable, About() if about is None else about)
    frames = {m.id: expected_frames(m, rate_hz=rate_hz, max_frames=max_frames) for m in usable}
    units_of = {} if by == "frame" else _usable_units(catalog, by, unknown)
    homes = _homes(usable, units_of) if by == "collection" else None
    there = set(units_of.values()) if homes is None else set(homes.values())
    k = (DEFAULT_K if homes is None else len(there)) if k is None else k
    _check_k(k, by, sum(frames.values()) if by == "frame" else len(there), unknown)
    if previous is not None and (previous.by, previous.k) != (by, k):
        raise UsageError(
            "the previous folds were made with other settings",
            expected=f"by={by}, k={k}",
            found=f"by={previous.by}, k={previous.k}",
        )
    census = Census(usable, unit_ids(catalog, "patient"), frames, strata.words(usable))
    if by == "frame":
        units: tuple[Unit, ...] = ()
        validation: tuple[tuple[str, ...], ...] = ()
        counts = census.by_frame(k)
    else:
        dealer = Dealer(
            catalog,
            frames,
            by=by,
            k=k,
            seed=seed,
            max_frames=max_frames,
            previous=previous,
            unknown=unknown,
            strata=strata,
            homes=homes,
        )
        units, validation = dealer.deal()
        counts = census.of_folds({recording: unit.fold for unit in units for recording in unit.recordings})
    return FoldTable(
        by=by,
        k=k,
        seed=seed,
        rate_hz=float(rate_hz),
        max_frames=max_frames,
        catalog_digest=catalog_digest(catalog),
        units=units,
        validation=validation,
        counts=counts,
        unknown=unknown,
        target=strata.name,
    )


def _answered(
    by: SplitUnit, usable: Sequence[Manifest], catalog: Sequence[Manifest], unknown: Unknown | None
) -> Unknown | None:
    """Return what is done with recordings of nobody known; None where there are none, or patients do not matter."""
    if by != "patient":
        return None
    nobodys = unknown_patients(catalog)
    count = sum(manifest.id in nobodys for manifest in usable)
    if not count:
        return None
    if unknown is None:
        raise UsageError(
            "folds by patient need to know who is who",
            where="unknown",
            expected="together (those of one provider as one patient: cannot leak) or apart (each by itself: may leak)",
            found=f"{count:,} of {len(usable):,} recordings: patient not known",
            hint="say --unknown together, or let the manifests say whose they are",
        )
    return unknown


def _homes(usable: Sequence[Manifest], units: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the collections of each recording that are left out together, of which there must be two at least."""
    homes = collection_homes(usable, units)
    collections = sorted({manifest.collection for manifest in usable})
    if len(collections) < 2:
        raise UsageError(
            "folds by collection need several collections with recordings that can be built",
            where="by",
            found=", ".join(collections),
            hint="name them together: lusdata folds pocus blues --by collection",
        )
    if len(set(homes.values())) < 2:
        held: dict[str, set[str]] = {}
        for manifest in usable:
            held.setdefault(units[manifest.id], set()).add(manifest.collection)
        shared = sorted(unit for unit, names in held.items() if len(names) > 1)
        more = f" and {len(shared) - 3:,} more" if len(shared) > 3 else ""
        raise UsageError(
            "no collection can be left out, since they share patients",
            where=", ".join(collections),
            found=", ".join(shared[:3]) + more,
            hint="leave these recordings out of the later ones: shared='first', or --shared first",
        )
    return homes


def _usable_units(catalog: Sequence[Manifest], by: str, unknown: str | None) -> dict[str, str]:
    units = unit_ids(catalog, by, unknown=unknown)
    return {m.id: units[m.id] for m in catalog if m.state == "included" and m.sha256 is not None}


def _check(by: str, k: int | None, seed: int, rate_hz: float, max_frames: int, unknown: str | None) -> None:
    if unknown not in (None, *UNKNOWN):
        raise unknown_word("unknown word", unknown, UNKNOWN, where="unknown")
    if by not in UNITS:
        raise unknown_word("unknown split unit", by, UNITS, where="by")
    wanted_k = DEFAULT_K if k is None else k
    for name, value, least in (("k", wanted_k, 2), ("seed", seed, None), ("max_frames", max_frames, 1)):
        # bool is an int to Python, but True is no number of folds.
        if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
            expected = "a whole number" if least is None else f"a whole number, at least {least}"
            raise UsageError("value out of range", where=name, expected=expected, found=repr(value))
    if isinstance(rate_hz, bool) or not isinstance(rate_hz, (int, float)) or not 0 < rate_hz < math.inf:
        raise UsageError("value out of range", where="rate_hz", expected="a number above 0", found=repr(rate_hz))


def _check_ids(catalog: Sequence[Manifest]) -> None:
    for first, second in pairwise(catalog):
        if first.id == second.id:
            raise DataError("two manifests have one id", where=first.id, hint="run: lusdata validate")


def _check_k(k: int, by: str, units: int, unknown: Unknown | None) -> None:
    if k > units:
        names = {
            "patient": "patient groups",
            "video": "recordings",
            "source": "sources",
            "collection": "collections that share no patient",
            "frame": "frames",
        }
        hint = (
            "recordings of nobody known are one patient a provider; --unknown apart takes each by itself, and may leak"
        )
        some = "2" if units == 2 else f"2 to {units:,}"
        raise UsageError(
            f"more folds than {names[by]}",
            where="k",
            expected=some if units > 1 else f"at least 2 {names[by]}, but the collection has {units}",
            found=f"{k:,}",
            hint=hint if by == "patient" and unknown == "together" else None,
        )
