"""What folds are stratified by: a word for each recording, from the values of a target."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lusdata.catalog.about import About
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.tasks import find_task
from lusdata.errors import UsageError
from lusdata.splits.folds.parts import NO_VALUE
from lusdata.splits.target import TargetValues, answers_of_task, listed_targets

__all__ = ["ByClass", "ByTarget", "Strata", "strata_of"]

_QUANTILES = 4
_LONGEST_NAME = 80


class Strata(Protocol):
    """Gives each recording the word that it is balanced by."""

    @property
    def name(self) -> str | None:
        """The target for people and for the table; None for the class."""

    def words(self, known: Sequence[Manifest]) -> dict[str, str]:
        """Return the word of each recording, by its id, as far as these recordings tell."""


class ByClass:
    """The class, which folds are stratified by where nothing else is asked for."""

    name = None

    def words(self, known: Sequence[Manifest]) -> dict[str, str]:
        """Return the class of each recording."""
        return {manifest.id: manifest.class_name for manifest in known}


@dataclass(frozen=True)
class ByTarget:
    """The values of one target, or of several together.

    Attributes
    ----------
    answers : tuple of TargetValues
        The targets.
    """

    answers: tuple[TargetValues, ...]

    @property
    def name(self) -> str:
        """The targets' names."""
        return "+".join(item.name for item in self.answers)[:_LONGEST_NAME]

    def words(self, known: Sequence[Manifest]) -> dict[str, str]:
        """Return the value of each recording as a word; numbers by the quarter that they are in."""
        ids = [manifest.id for manifest in known]
        columns = [_words(item, ids) for item in self.answers]
        return {name: _joined([column.get(name, NO_VALUE) for column in columns]) for name in ids}


def _joined(words: Sequence[str]) -> str:
    return NO_VALUE if set(words) == {NO_VALUE} else ", ".join(words)


def _words(answers: TargetValues, ids: Iterable[str]) -> dict[str, str]:
    values = {name: answers.of[name] for name in ids if name in answers.of}
    if answers.kind != "number":
        return {name: str(value) for name, value in values.items()}
    numbers = {name: float(value) for name, value in values.items()}
    ordered = sorted(numbers.values())
    # Equal numbers are never torn apart, so a quarter may be larger, or missing.
    edges = [ordered[len(ordered) * part // _QUANTILES] for part in range(1, _QUANTILES)] if ordered else []
    quarter_of = {name: bisect_right(edges, number) for name, number in numbers.items()}
    words = {}
    for quarter in sorted(set(quarter_of.values())):
        members = [numbers[name] for name in numbers if quarter_of[name] == quarter]
        words[quarter] = f"{min(members):g} to {max(members):g}"
    return {name: words[quarter] for name, quarter in quarter_of.items()}


def strata_of(target: str | Sequence[str] | Strata | None, catalog: Sequence[Manifest], about: About) -> Strata:
    """Return what a catalog is stratified by.

    Parameters
    ----------
    target : str, sequence of str or Strata, optional
        A target, several that are taken together, or the words themselves; the class by default.
    catalog : sequence of Manifest
        All recordings.
    about : About
        What their collection says of itself: its tasks and scales.

    Raises
    ------
    UsageError
        If there is no such target, or no recording has a value of it.
    """
    if target is None or target == "class":
        return ByClass()
    if isinstance(target, (str, Sequence)):
        names, _ = listed_targets(target)
        if not all(isinstance(name, str) for name in names):
            raise UsageError("folds need a target's name", where="target", found=repr(target))
        tasks = [find_task(name, manifests=catalog, tasks=about.tasks, scales=about.scales) for name in names]
        strata: Strata = ByTarget(tuple(answers_of_task(task, catalog) for task in tasks))
    else:
        strata = target
    if set(strata.words(catalog).values()) == {NO_VALUE}:
        raise UsageError("folds cannot be stratified by what no recording has", where="target", found=repr(strata.name))
    return strata
