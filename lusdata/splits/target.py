"""What models shall predict: values of recordings by the words of a target, and the labels that count these."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.tasks import Kind, Task, Value
from lusdata.errors import UsageError

__all__ = ["Target", "TargetValues", "answers_of_function", "answers_of_task", "label_array", "listed_targets"]

Target = str | Sequence[str] | Callable[[Any], Any]
"""A target's name, several of them, or a function that takes a recording's row of `Dataset.table`."""


@dataclass(frozen=True)
class TargetValues:
    """What is known of one target.

    Attributes
    ----------
    name : str
        The target as the user wrote it; of a function its name.
    kind : {"binary", "categorical", "ordinal", "number"}
        Whether its values have an order, and whether any number of a range is one.
    choices : tuple
        The values that labels count, in their order; empty for a number.
    of : Mapping of str to value
        The value of each recording, by its id; recordings of which nobody says it are not in it.
    """

    name: str
    kind: Kind
    choices: tuple[Value, ...]
    of: Mapping[str, Value]

    def label(self, recording: str) -> int | float:
        """Return the label of a recording: its number, or the position of its value in `choices`."""
        value = self.of[recording]
        return float(value) if self.kind == "number" else self.choices.index(value)


def answers_of_task(task: Task, manifests: Iterable[Manifest]) -> TargetValues:
    """Read the values of a task from manifests.

    Parameters
    ----------
    task : Task
        What is asked for.
    manifests : iterable of Manifest
        The recordings to answer for.
    """
    said = ((manifest.id, task.value_of(manifest)) for manifest in manifests)
    of = {recording: value for recording, value in said if value is not None}
    values = task.values
    if task.field == "class" and not task.words:
        # Of the many diagnoses there are, those that occur.
        values = tuple(value for value in values if value in of.values())
    return TargetValues(task.name, task.kind, values, of)


def answers_of_function(function: Callable[[Any], Any], rows: Mapping[str, Any]) -> TargetValues:
    """Ask a function of the user for the value of each recording.

    Parameters
    ----------
    function : callable
        Takes a row; returns a bool, a text, a whole number, a float, or None where there is no value.
    rows : Mapping
        The row of each recording, by its id.

    Returns
    -------
    TargetValues
        Floats are numbers; anything else is counted in sorted order.

    Raises
    ------
    UsageError
        If it returns something else, or values of several types.
    """
    name = f"function {getattr(function, '__name__', type(function).__name__)}"
    said = ((recording, _plain(function(row), name)) for recording, row in rows.items())
    of = {recording: value for recording, value in said if value is not None}
    types = {type(value) for value in of.values()}
    if types == {int, float}:
        types = {float}
    if len(types) > 1:
        found = ", ".join(sorted(kind.__name__ for kind in types))
        raise UsageError("a target has values of several types", where=name, expected="one type", found=found)
    if types == {float}:
        return TargetValues(name, "number", (), of)
    choices = (False, True) if types == {bool} else tuple(sorted(set(of.values())))
    kinds: Mapping[type, Kind] = {bool: "binary", str: "categorical", int: "ordinal"}
    return TargetValues(name, kinds[next(iter(types), str)], choices, of)


def _plain(value: Any, name: str) -> Value | None:
    plain = value.item() if isinstance(value, np.generic) else value
    # pandas.NA is none of Python's types, and equal to nothing, not even itself.
    if plain is None or type(plain).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(plain, float) and math.isnan(plain):
        return None
    if not isinstance(plain, (bool, int, float, str)):
        expected = "a bool, a text, a number, or None where there is no value"
        raise UsageError("a target's function returns something else", where=name, expected=expected, found=repr(value))
    return plain


def label_array(answers: Sequence[TargetValues], recordings: Sequence[str], *, single: bool) -> NDArray[Any]:
    """Return the labels of recordings that have a value of every target.

    Parameters
    ----------
    answers : sequence of TargetValues
        The targets.
    recordings : sequence of str
        Ids of recordings.
    single : bool
        Whether one target was asked for, and not a list.

    Returns
    -------
    np.ndarray, shape (n,) or (n, m), int64 or float32
        A column for each target of a list; float32 if one of them is a number.
    """
    dtype = np.float32 if any(item.kind == "number" for item in answers) else np.int64
    labels = np.array([[item.label(name) for item in answers] for name in recordings], dtype=dtype)
    labels = labels.reshape(len(recordings), len(answers))
    return labels[:, 0] if single else labels


def listed_targets(names: object) -> tuple[list[Any], bool]:
    """Return the targets that were asked for as a list, and whether it was one and not a list.

    Raises
    ------
    UsageError
        If there are none, or a name stands there twice.

    Examples
    --------
    >>> listed_targets("severity"), listed_targets(["b_lines", "consolidation"])
    ((['severity'], True), (['b_lines', 'consolidation'], False))
    """
    if isinstance(names, str) or callable(names):
        return [names], True
    listed = list(names) if isinstance(names, Sequence) else []
    if not listed or not all(isinstance(name, str) or callable(name) for name in listed):
        expected = "a name, a list of names, or a function of a row"
        raise UsageError("not a target", where="target", expected=expected, found=repr(names))
    twice = next((name for name in listed if listed.count(name) > 1), None)
    if twice is not None:
        raise UsageError("a target stands in the list twice", where="target", found=repr(twice))
    return listed, False
