"""What can be predicted on a collection: its class, a pattern, a severity score, or a task of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_names, pattern_word, verdicts
from lusdata.catalog.schema import enumeration
from lusdata.catalog.severity import Scale
from lusdata.errors import DataError, UsageError
from lusdata.suggestion import meant

__all__ = ["Kind", "Task", "Value", "find_task", "task_of", "value_word"]

Kind = Literal["binary", "categorical", "ordinal", "number"]
Value = str | float | bool


@dataclass(frozen=True)
class Task:
    """One thing that can be predicted.

    Attributes
    ----------
    name : str
        Name by which loaders ask for it.
    kind : {"binary", "categorical", "ordinal", "number"}
        Whether its values have an order, and whether any number of a range is one.
    meaning : str
        What the values mean.
    values : tuple
        The values there are, the lowest or the negative one first; empty for a number.
    field : {"class", "pattern", "severity", "labels"}
        Where the values stand in a manifest.
    source : str
        Which pattern, which scale, or which label; empty for the class.
    words : tuple of tuple
        For each value the words of the field that mean it; empty where the field holds the values themselves.
    minimum, maximum : float
        Range of a number.
    unit : str
        Unit of a number; empty if it has none.
    said_by : str
        On whose word the values rest; empty if nobody says.
    """

    name: str
    kind: Kind
    meaning: str
    values: tuple[Value, ...] = ()
    field: Literal["class", "pattern", "severity", "labels"] = "labels"
    source: str = ""
    words: tuple[tuple[Value, ...], ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    unit: str = ""
    said_by: str = ""

    def value_of(self, manifest: Manifest) -> Value | None:
        """Return the value of a recording; None where nobody says, or readers disagree.

        Several readers' numbers and scores are averaged; of an ordinal task the lower of the two middle ones counts.
        """
        said = self._said(manifest)
        if self.words:
            meant = list(zip(self.values, self.words, strict=True))
            said = [value for word in said for value, words in meant if word in words]
        if not said:
            return None
        if self.kind == "number":
            return sum(float(value) for value in said) / len(said)
        places = sorted(self.values.index(value) for value in said if value in self.values)
        if len(places) < len(said) or (self.kind != "ordinal" and places[0] != places[-1]):
            return None
        return self.values[places[(len(places) - 1) // 2]]

    def takes(self, value: Any) -> bool:
        """Tell whether a label's value is one of the task's."""
        if self.kind == "number":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and self.minimum <= value <= self.maximum
        # To Python 1 == True == 1.0.
        return any(value == known and isinstance(value, bool) is isinstance(known, bool) for known in self.values)

    def range_words(self) -> str:
        """Return the values there are, for a message."""
        if self.kind != "number":
            return "one of " + ", ".join(map(str, self.values))
        return f"a number from {self.minimum:g} to {self.maximum:g}"

    def _said(self, manifest: Manifest) -> list[Value]:
        if self.field == "class":
            return [] if manifest.class_name == "unknown" else [manifest.class_name]
        if self.field == "pattern":
            word = verdicts(manifest).get(self.source, "")
            return [word] if word in ("present", "absent") else []
        if self.field == "severity":
            return [entry["value"] for entry in manifest.data.get("severity", ()) if entry["scale"] == self.source]
        return [entry["value"] for entry in manifest.data.get("labels", ()) if entry["task"] == self.source]


def value_word(value: object) -> str:
    """Return a target's value as selections and tables of labels write it.

    Examples
    --------
    >>> value_word(True), value_word(2.0), value_word(1.5), value_word("died")
    ('true', '2', '1.5', 'died')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, (int, float)) else str(value)


def task_of(entry: Mapping[str, Any]) -> Task:
    """Return a task from its entry in a collection's own file.

    Raises
    ------
    DataError
        If its kind and its values contradict each other.
    """
    name, kind = str(entry["name"]), entry["kind"]
    values, where = tuple(entry.get("values", ())), f"task {entry['name']}"
    if kind == "number" and values:
        raise DataError("a number has a range and no list of values", where=where, found=f"{len(values)} values")
    if kind != "number" and (len(values) < 2 or (kind == "binary" and len(values) != 2)):
        expected = "two values" if kind == "binary" else "at least two values"
        what = f"a task of kind {kind} has too few or too many values"
        raise DataError(what, where=where, expected=expected, found=str(len(values)))
    if len({(type(value), value) for value in values}) < len(values):
        raise DataError("a value stands in the task twice", where=where)
    source = entry.get("from", {})
    words = tuple(tuple(words) for words in source.get("values", ()))
    if words and len(words) != len(values):
        raise DataError(
            "each value has its words in the field", where=where, expected=f"{len(values)} lists", found=str(len(words))
        )
    field = source.get("field", "labels")
    wanted = name if field == "labels" else source.get("name", "")
    if field == "pattern" and wanted not in pattern_names():
        expected = "one of " + ", ".join(pattern_names())
        raise DataError("no such pattern", where=where, expected=expected, found=repr(wanted))
    return Task(
        name=name,
        kind=kind,
        meaning=entry["meaning"],
        values=values,
        field=field,
        source=wanted,
        words=words,
        minimum=entry.get("minimum", -math.inf),
        maximum=entry.get("maximum", math.inf),
        unit=entry.get("unit", ""),
        said_by=entry.get("said_by", ""),
    )


def find_task(
    name: str, *, manifests: Iterable[Manifest], tasks: Mapping[str, Task], scales: Mapping[str, Scale]
) -> Task:
    """Return the task of a name.

    Parameters
    ----------
    name : str
        A task of the collection, ``class``, a pattern such as ``b_lines``, ``severity`` where one scale is used, or
        ``severity:`` and the name of a scale.
    manifests : iterable of Manifest
        The recordings, which tell the scale and the classes that are used.
    tasks, scales : Mapping
        The collection's own tasks, and all scales, by name.

    Raises
    ------
    UsageError
        If there is none; the message lists those that there are.

    Examples
    --------
    >>> find_task("b_lines", manifests=[], tasks={}, scales={}).values
    ('absent', 'present')
    """
    if name in tasks:
        return tasks[name]
    if name == "class":
        return Task("class", "categorical", "Diagnosis of the patient.", enumeration("class"), field="class")
    if name in pattern_names():
        meaning = f"Whether readers see: {pattern_word(name)}."
        return Task(name, "binary", meaning, ("absent", "present"), field="pattern", source=name)
    used = sorted({entry["scale"] for manifest in manifests for entry in manifest.data.get("severity", ())})
    if name == "severity" and len(used) == 1:
        return _severity(name, used[0], scales)
    if name.startswith("severity:") and name.removeprefix("severity:") in used:
        return _severity(name, name.removeprefix("severity:"), scales)
    apart = sorted(known for known in tasks if known.endswith(f"/{name}"))
    if apart:
        raise UsageError(
            "collections mean different things by one target",
            where=name,
            expected=" or ".join(apart),
            hint="ask for one of these, or state in a table of labels what it means in each collection",
        )
    known = [*tasks, "class", *(["severity"] if len(used) == 1 else [f"severity:{scale}" for scale in used])]
    raise UsageError(
        "no such target",
        where=name,
        expected=f"one of {', '.join(known)}, or a pattern such as b_lines",
        hint=meant(name, [*known, *pattern_names()]) or None,
    )


def _severity(name: str, scale_name: str, scales: Mapping[str, Scale]) -> Task:
    scale = scales.get(scale_name)
    if scale is None:
        return Task(name, "number", f"Score on the scale {scale_name}.", field="severity", source=scale_name)
    kind: Kind = "ordinal" if scale.whole else "number"
    return Task(name, kind, scale.definition, scale.values, "severity", scale_name, (), scale.minimum, scale.maximum)
