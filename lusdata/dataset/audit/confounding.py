"""The check for confounding: how well the class follows from where a file is from and how it was stored.

A model that reads the logo, the frame rate or the coding of a clinic instead of the lung scores well on every split
that holds that clinic on both sides. How much can be had so, without looking at a single pixel, is measured here: a
classifier that sees the provider and the facts of the file, and nothing else, is fitted and tested over folds that
share no patient. Its balanced accuracy is held against chance, and against the same classifier on classes that were
dealt anew among the patients.

The classifier is naive Bayes over categories, with every class equally likely beforehand: counts and logarithms, no
settings, no randomness. A forest of trees does about as well on the shipped collection (0.64 against 0.66) and needs a
thousand times longer, which matters because the comparison with dealt classes fits hundreds of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.dataset.audit.finding import Finding
from lusdata.dataset.audit.split import AuditedSplit
from lusdata.dataset.folds.make import make_folds
from lusdata.dataset.folds.table import FoldTable
from lusdata.dataset.folds.units import unit_ids

__all__ = ["FEATURES", "Confounding", "comparable", "find_confounding", "measure_confounding"]

FEATURES: Mapping[str, tuple[str, ...]] = {
    "source": ("provider",),
    "file": ("kind", "container", "codec", "rate_hz", "width_px", "height_px"),
    "source and file": ("provider", "kind", "container", "codec", "rate_hz", "width_px", "height_px"),
}
"""What the classifier may see, by name. Nothing of it says anything about a lung."""

_DEALS = 200
_SEED = 20_260
_SMALLEST_P = 1 / (_DEALS + 1)
_ALARM_P = 0.05
_K = 5
_LEAST_GROUPS = 5
_BINS = 8
_PRIOR = 1.0
"""So many recordings of no class are counted into each class, so that nothing is impossible."""

_TIE = 1e-9


@dataclass(frozen=True)
class Confounding:
    """How well the class follows from facts that have nothing to do with the lung.

    Attributes
    ----------
    features : str
        A key of `FEATURES`.
    balanced_accuracy : float
        Mean over classes of the share of their recordings that is told right, 0 to 1, over all test folds together.
    chance : float
        What guessing gives: one over the number of classes.
    dealt_mean, dealt_highest : float
        The same accuracy with classes dealt anew among the groups: mean, and highest of the deals.
    p : float
        Share of deals that do as well, counting the real one.
    recall : tuple of (str, float)
        For each class the share of its recordings that is told right.
    recordings, groups : int
        How many there were.
    """

    features: str
    balanced_accuracy: float
    chance: float
    dealt_mean: float
    dealt_highest: float
    p: float
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
        return (
            f"from {names} alone the class of a new patient is told with balanced accuracy "
            f"{self.balanced_accuracy:.2f} (guessing {self.chance:.2f}; "
            f"dealt classes {self.dealt_mean:.2f}, at most {self.dealt_highest:.2f}; "
            f"p {'<' if self.p <= _SMALLEST_P else '='} {max(self.p, _SMALLEST_P):.3f}); told right: {told}"
        )

    def numbers(self) -> dict[str, float]:
        """Return the measurement as plain data for JSON."""
        names = ("balanced_accuracy", "chance", "dealt_mean", "dealt_highest", "p", "recordings", "groups")
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
    """
    units = unit_ids(collection.manifests, "patient")
    recordings = comparable(collection.buildable, units)
    if not recordings:
        message = f"fewer than two classes have {_LEAST_GROUPS} patient groups, so confounding cannot be measured"
        yield Finding("CONFOUNDING_UNKNOWN", "note", collection.name, message)
        return
    own = split.table if split.table is not None and split.table.by == "patient" else None
    table = own or make_folds(collection.manifests, by="patient", k=_K, seed=0)
    for features in FEATURES:
        measured = measure_confounding(recordings, table, features=features, units=units)
        numbers = tuple(measured.numbers().items())
        if measured.found:
            yield Finding("CONFOUNDED", "warning", features, measured.text(), numbers=numbers)
        else:
            yield Finding("NOT_CONFOUNDED", "note", features, measured.text(), numbers=numbers)


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
    groups_of: dict[str, set[str]] = {}
    for manifest in known:
        groups_of.setdefault(manifest.class_name, set()).add(units[manifest.id])
    # A class of four patients says next to nothing, and would count as much as any other.
    classes = {name for name, groups in groups_of.items() if len(groups) >= _LEAST_GROUPS}
    return [manifest for manifest in known if manifest.class_name in classes] if len(classes) > 1 else []


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
    classes = sorted({manifest.class_name for manifest in known})
    labels = np.array([classes.index(manifest.class_name) for manifest in known])
    folds = np.array([table.fold_of[table.unit_of[manifest.id]] for manifest in known])
    columns = [_categories(known, name) for name in FEATURES[features]]
    seen, weights = _one_hot(columns), _weights(FEATURES[features], columns)
    told = _told_right(seen, weights, labels, folds, len(classes))
    accuracy = float(told.mean())
    blocks = _blocks([units[manifest.id] for manifest in known])
    rng = np.random.default_rng(_SEED)
    dealt = [
        float(_told_right(seen, weights, _deal(labels, blocks, rng), folds, len(classes)).mean()) for _ in range(deals)
    ]
    return Confounding(
        features=features,
        balanced_accuracy=accuracy,
        chance=1 / len(classes),
        dealt_mean=float(np.mean(dealt)),
        dealt_highest=max(dealt),
        p=(1 + sum(value >= accuracy for value in dealt)) / (1 + deals),
        recall=tuple((name, float(share)) for name, share in zip(classes, told, strict=True)),
        recordings=len(known),
        groups=len(blocks),
    )


def _categories(manifests: Sequence[Manifest], name: str) -> list[str]:
    """Return one word a recording; numbers become bins of about equally many recordings."""
    if name == "provider":
        return [manifest.provider for manifest in manifests]
    if name == "kind":
        return [manifest.kind for manifest in manifests]
    values: list[Any] = [manifest.media.get(name) for manifest in manifests]
    numbers = sorted({float(value) for value in values if isinstance(value, (int, float))})
    if len(numbers) <= _BINS:
        return [str(value) for value in values]
    held = Counter(float(value) for value in values if value is not None)
    # A size or a rate that many files share is a bin of its own: it is how their source stores things.
    common = {value for value, count in held.items() if count > len(values) / (4 * _BINS)}
    rest = sorted(value for value in held.elements() if value not in common)
    edges = np.quantile(rest, np.linspace(0, 1, _BINS + 1)[1:-1]) if rest else np.array([])
    return [_bin(value, common, edges) for value in values]


def _bin(value: float | None, common: set[float], edges: NDArray[np.float64]) -> str:
    if value is None:
        return "none"
    return f"={value:g}" if float(value) in common else f"bin {int(np.searchsorted(edges, value))}"


def _one_hot(columns: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return a row a recording and a column for each category of each fact, shape (n, m), 0 or 1."""
    parts = []
    for column in columns:
        _, codes = np.unique(np.array(column), return_inverse=True)
        parts.append(np.eye(int(codes.max()) + 1)[codes])
    return np.concatenate(parts, axis=1)


def _weights(names: Sequence[str], columns: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Return how much the categories of each fact count, shape (m,).

    The facts of a file follow from one another: together they have one voice, and the provider another.
    """
    facts = sum(name != "provider" for name in names)
    each = [1.0 if name == "provider" else 1 / facts for name in names]
    return np.repeat(each, [len(set(column)) for column in columns])


def _told_right(
    seen: NDArray[np.float64],
    weights: NDArray[np.float64],
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    classes: int,
) -> NDArray[np.float64]:
    """Return for each class the share of its recordings that is told right when its fold is tested.

    Where several classes are equally likely, such as for a provider that only the test fold holds, a guess among them
    counts by its chance to be right.
    """
    truth = np.eye(classes)[labels]
    credit = np.empty(len(labels))
    for fold in np.unique(folds):
        test = folds == fold
        members = truth[~test].sum(axis=0)[:, None]
        # Smoothed towards what all classes have in common, so that a fact which all share says nothing at all.
        common = seen[~test].mean(axis=0)
        shares = (truth[~test].T @ seen[~test] + _PRIOR * common) / (members + _PRIOR)
        # A category that the training part lacks says nothing; a class that it lacks cannot be guessed.
        voices = np.log(np.where(common > 0, shares, 1.0))
        lacking = np.where(members[:, 0] > 0, 0.0, -np.inf)
        scores = (seen[test] * weights) @ voices.T + lacking
        best = scores >= scores.max(axis=1, keepdims=True) - _TIE
        credit[test] = best[np.arange(len(best)), labels[test]] / best.sum(axis=1)
    present = truth.sum(axis=0)
    # A deal may give a class to nobody; it then counts as told by chance.
    told: NDArray[np.float64] = np.where(present > 0, (truth.T @ credit) / np.maximum(present, 1), 1 / classes)
    return told


def _blocks(groups: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return the positions of each group's recordings, which follow one another."""
    names = np.array(groups)
    return [np.flatnonzero(names == name) for name in sorted(set(groups))]


def _deal(
    labels: NDArray[np.int64], blocks: Sequence[NDArray[np.int64]], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give each group the classes of another group, from the beginning again where it has more recordings.

    So the recordings of one patient keep one class, and what patients alone explain is in the comparison.
    """
    dealt = np.empty_like(labels)
    for block, number in zip(blocks, rng.permutation(len(blocks)), strict=True):
        dealt[block] = np.resize(labels[blocks[number]], len(block))
    return dealt
