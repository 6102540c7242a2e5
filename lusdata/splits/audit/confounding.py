"""The check for confounding: how well the class follows from where a file is from and how it was stored.

A model that reads the logo, the frame rate or the coding of a clinic instead of the lung scores well on every split
that holds that clinic on both sides. How much can be had so, without looking at a single pixel, is measured here: a
classifier that sees the provider and the facts of the file, and nothing else (`lusdata.splits.audit.pixel_free`), is
fitted and tested over folds that share no patient. Its balanced accuracy is given with an interval over patient groups,
and is held against chance and against the same classifier on classes that were dealt anew among the groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.pixel_free import credit_of, prepare_round
from lusdata.splits.audit.split import AuditedSplit
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable
from lusdata.splits.folds.units import unit_ids

__all__ = ["FEATURES", "Confounding", "comparable", "find_confounding", "measure_confounding"]

FEATURES: Mapping[str, tuple[str, ...]] = {
    "source": ("provider",),
    "file": ("kind", "container", "codec", "rate_hz", "width_px", "height_px"),
    "source and file": ("provider", "kind", "container", "codec", "rate_hz", "width_px", "height_px"),
}
"""What the classifier may see, by name. Nothing of it says anything about a lung."""

_NUMBERS = ("rate_hz", "width_px", "height_px")
_DEALS = 200
_DRAWS = 1000
_SEED = 20_260
_ALARM_P = 0.05
_K = 5
_LEAST_GROUPS = 5


@dataclass(frozen=True)
class Confounding:
    """How well the class follows from facts that have nothing to do with the lung.

    Attributes
    ----------
    features : str
        A key of `FEATURES`.
    balanced_accuracy : float
        Mean over classes of the share of their recordings that is told right, 0 to 1, over all test folds together.
    low, high : float
        Its 95 % interval, from drawing groups anew with replacement.
    chance : float
        What guessing gives: one over the number of classes.
    dealt_mean, dealt_highest : float
        The same accuracy with classes dealt anew among the groups: mean, and highest of the deals.
    p : float
        Share of deals that do as well, counting the real one.
    deals : int
        Number of deals.
    recall : tuple of (str, float)
        For each class the share of its recordings that is told right.
    recordings, groups : int
        How many there were.
    """

    features: str
    balanced_accuracy: float
    low: float
    high: float
    chance: float
    dealt_mean: float
    dealt_highest: float
    p: float
    deals: int
    recall: tuple[tuple[str, float], ...]
    recordings: int
    groups: int

    @property
    def found(self) -> bool:
        """Whether the class follows from the facts more than chance explains."""
        return self.p <= _ALARM_P

    def text(self) -> str:
        """Return the measurement as one clause."""
        names = ", ".join(name.removesuffix("_px").removesuffix("_hz") for name in FEATURES[self.features])
        told = ", ".join(f"{name} {share:.0%}" for name, share in self.recall)
        # No deal did as well: p is as small as so many deals can show, and may be smaller.
        sign = "<=" if self.p <= 1 / (self.deals + 1) else "="
        return (
            f"from {names} alone the class of a new patient is told with balanced accuracy "
            f"{self.balanced_accuracy:.2f} (95 % interval {self.low:.2f} to {self.high:.2f} over "
            f"{self.groups:,} patient groups; guessing {self.chance:.2f}; dealt classes {self.dealt_mean:.2f}, "
            f"at most {self.dealt_highest:.2f}; p {sign} {self.p:.3f}); told right: {told}"
        )

    def numbers(self) -> dict[str, float]:
        """Return the measurement as plain data for JSON."""
        names = (
            "balanced_accuracy",
            "low",
            "high",
            "chance",
            "dealt_mean",
            "dealt_highest",
            "p",
            "recordings",
            "groups",
        )
        numbers: dict[str, float] = {name: getattr(self, name) for name in names}
        return numbers | {f"recall {name}": share for name, share in self.recall}


def find_confounding(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Ask whether the class of a recording follows from its source and its file.

    Parameters
    ----------
    collection : Collection
        The recordings; those that can be built are looked at.
    split : AuditedSplit
        Its folds are used if it is a table of ours by patient; else five such folds are made, since what is measured is
        the collection and not the split.

    Yields
    ------
    Finding
        ``CONFOUNDED``, or ``NOT_CONFOUNDED``, with the number, for each set of `FEATURES`; or ``CONFOUNDING_UNKNOWN``.
        ``CLASS_TOO_RARE`` names the classes that could not take part.
    """
    units = unit_ids(collection.manifests, "patient")
    recordings = comparable(collection.buildable, units)
    if not recordings:
        message = f"fewer than two classes have {_LEAST_GROUPS} patient groups, so confounding cannot be measured"
        yield Finding("CONFOUNDING_UNKNOWN", "note", collection.name, message)
        return
    own = split.table if split.table is not None and split.table.by == "patient" else None
    table = own or make_folds(collection.manifests, by="patient", k=_K, seed=0, unknown="together")
    for features in FEATURES:
        measured = measure_confounding(recordings, table, features=features, units=units)
        numbers = tuple(measured.numbers().items())
        if measured.found:
            yield Finding("CONFOUNDED", "warning", features, measured.text(), numbers=numbers)
        else:
            yield Finding("NOT_CONFOUNDED", "note", features, measured.text(), numbers=numbers)
    for name, count in sorted(_groups_of_classes(collection.buildable, units).items()):
        if count < _LEAST_GROUPS:
            message = f"is not in these numbers: it has {count} patient groups, and {_LEAST_GROUPS} are needed"
            yield Finding("CLASS_TOO_RARE", "note", name, message)


def comparable(recordings: Iterable[Manifest], units: Mapping[str, str]) -> list[Manifest]:
    """Return the recordings whose classes can be told apart, or not, with some certainty.

    Parameters
    ----------
    recordings : iterable of Manifest
        Some recordings.
    units : Mapping
        The group of each.

    Returns
    -------
    list of Manifest
        Those with known facts of their files, of classes with five groups or more; none if fewer than two classes have.
    """
    known = [manifest for manifest in recordings if manifest.media]
    # A class of four patients says next to nothing, and would count as much as any other.
    classes = {name for name, count in _groups_of_classes(known, units).items() if count >= _LEAST_GROUPS}
    return [manifest for manifest in known if manifest.class_name in classes] if len(classes) > 1 else []


def _groups_of_classes(recordings: Iterable[Manifest], units: Mapping[str, str]) -> dict[str, int]:
    """Count the groups of each class among the recordings with known facts of their files."""
    groups_of: dict[str, set[str]] = {}
    for manifest in recordings:
        if manifest.media:
            groups_of.setdefault(manifest.class_name, set()).add(units[manifest.id])
    return {name: len(groups) for name, groups in groups_of.items()}


def measure_confounding(
    recordings: Sequence[Manifest], table: FoldTable, *, features: str, units: Mapping[str, str], deals: int = _DEALS
) -> Confounding:
    """Measure how well the class follows from some facts, by cross-validation over folds.

    Parameters
    ----------
    recordings : sequence of Manifest
        Recordings with known facts of their files; those that the table does not hold are left out.
    table : FoldTable
        Folds; those by patient keep what is known of one patient out of the test of another recording of that patient.
    features : str
        A key of `FEATURES`.
    units : Mapping
        The group of each recording: classes are dealt anew among groups and not among recordings.
    deals : int
        How often.

    Returns
    -------
    Confounding
        The same for the same catalog and table, in any order.
    """
    known = [manifest for manifest in recordings if manifest.id in table.unit_of]
    known.sort(key=lambda manifest: (units[manifest.id], manifest.id))
    classes, labels = np.unique([manifest.class_name for manifest in known], return_inverse=True)
    _, groups, sizes = np.unique([units[manifest.id] for manifest in known], return_inverse=True, return_counts=True)
    folds = np.array([table.fold_of[table.unit_of[manifest.id]] for manifest in known])
    columns = [_column(known, name) for name in FEATURES[features]]
    voice = _voices(FEATURES[features])
    positions = np.arange(len(known))
    rounds = [
        prepare_round(columns, voice, groups, positions[folds != fold], positions[folds == fold])
        for fold in np.unique(folds)
    ]

    def credit(given: NDArray[np.int64]) -> NDArray[np.float64]:
        told = np.empty(len(given))
        for one in rounds:
            told[one.test] = credit_of(one, given, len(classes))
        return told

    own = credit(labels)
    recall = _recall(own, labels, len(classes))
    accuracy = float(recall.mean())
    rng = np.random.default_rng(_SEED)
    dealt = []
    for _ in range(deals):
        given = _deal(labels, sizes, rng)
        dealt.append(float(_recall(credit(given), given, len(classes)).mean()))
    low, high = _interval(own, labels, groups, len(classes), rng)
    return Confounding(
        features=features,
        balanced_accuracy=accuracy,
        low=low,
        high=high,
        chance=1 / len(classes),
        dealt_mean=float(np.mean(dealt)),
        dealt_highest=max(dealt),
        p=(1 + sum(value >= accuracy for value in dealt)) / (1 + deals),
        deals=deals,
        recall=tuple((str(name), float(share)) for name, share in zip(classes, recall, strict=True)),
        recordings=len(known),
        groups=len(sizes),
    )


def _column(manifests: Sequence[Manifest], name: str) -> NDArray[np.str_] | NDArray[np.float64]:
    """Return one fact of every recording: words, or floats with NaN where it is not known."""
    if name in _NUMBERS:
        return np.array([float(manifest.media.get(name, np.nan)) for manifest in manifests])
    if name == "provider":
        return np.array([manifest.provider for manifest in manifests])
    if name == "kind":
        return np.array([manifest.kind for manifest in manifests])
    return np.array([str(manifest.media.get(name)) for manifest in manifests])


def _voices(names: Sequence[str]) -> NDArray[np.float64]:
    """Return how much each fact counts: those of a file follow from one another, and have one voice together."""
    facts = sum(name != "provider" for name in names)
    return np.array([1.0 if name == "provider" else 1 / facts for name in names])


def _recall(credit: NDArray[np.float64], labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Return for each class the share that is told right; chance for a class that a deal gave to nobody."""
    held = np.bincount(labels, minlength=classes)
    told = np.bincount(labels, weights=credit, minlength=classes)
    recall: NDArray[np.float64] = np.where(held > 0, told / np.maximum(held, 1), 1 / classes)
    return recall


def _deal(labels: NDArray[np.int64], sizes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Give each group the classes of another group, from the beginning again where it has more recordings.

    So the recordings of one patient keep one class, and what patients alone explain is in the comparison. Recordings of
    a group follow one another.
    """
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(sizes)), sizes)
    other = rng.permutation(len(sizes))[group]
    dealt: NDArray[np.int64] = labels[starts[other] + (np.arange(len(labels)) - starts[group]) % sizes[other]]
    return dealt


def _interval(
    credit: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    classes: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the middle 95 % of the balanced accuracy over draws of as many groups, with replacement."""
    number = int(groups.max()) + 1
    held = np.zeros((number, classes))
    told = np.zeros((number, classes))
    np.add.at(held, (groups, labels), 1.0)
    np.add.at(told, (groups, labels), credit)
    means = np.empty(_DRAWS)
    for draw in range(_DRAWS):
        times = np.bincount(rng.integers(number, size=number), minlength=number)
        members, right = times @ held, times @ told
        # A draw may miss a class; the others speak for it.
        means[draw] = (right[members > 0] / members[members > 0]).mean()
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
