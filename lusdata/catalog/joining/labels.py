"""The table of labels: what a target of several collections means in the words of each, stated and checked.

Two collections seldom say one thing in one word, and often mean two things by one. So a value of one collection becomes
a value of a joined target only where somebody said so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.joining.label_table import read_written
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.reading import read_data
from lusdata.catalog.tasks import Kind, Task, Value, find_task, value_word
from lusdata.errors import OutsideError, UsageError
from lusdata.wording import counted

__all__ = ["MappedTask", "Reading", "mapped_tasks", "read_labels"]

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FIRST_BYTES = 64
_BOOLS = {"yes": "true", "no": "false"}
_OWN_NAMES = ("class", "severity")
_FORM = '{"TARGET": {"COLLECTION": {"from": "class", "values": {"WORD": "LABEL", ...}}, ...}}'


@dataclass(frozen=True)
class Reading:
    """How the recordings of one collection answer a target.

    Attributes
    ----------
    task : Task
        What is read.
    words : Mapping of str to value, or None
        What each value of the task becomes, None where it says nothing of the target; without words values stay.
    """

    task: Task
    words: Mapping[str, Value | None] | None = None

    def value_of(self, manifest: Manifest) -> Value | None:
        """Return the value of a recording; None where there is none."""
        value = self.task.value_of(manifest)
        return value if value is None or self.words is None else self.words.get(value_word(value))


@dataclass(frozen=True)
class MappedTask(Task):
    """A task of several collections.

    Attributes
    ----------
    readings : Mapping of str to Reading
        How each collection answers; the recordings of one that is not in it have no value.
    """

    readings: Mapping[str, Reading] = field(default_factory=dict)

    def value_of(self, manifest: Manifest) -> Value | None:
        """Return the value of a recording, read as its collection says it."""
        reading = self.readings.get(manifest.collection)
        return None if reading is None else reading.value_of(manifest)


def read_labels(path: Path) -> Any:
    """Read a table of labels from a file, JSON or a table as people write it; `mapped_tasks` tells whether it fits.

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it is neither; see `lusdata.catalog.joining.label_table.read_written`.
    OutsideError
        If it cannot be read.
    """
    if not path.is_file():
        raise UsageError("no such table of labels", where=str(path), expected="a file: JSON, CSV, TSV or XLSX")
    try:
        with path.open("rb") as stream:
            is_json = path.suffix.lower() == ".json" or stream.read(_FIRST_BYTES).lstrip().startswith(b"{")
        return read_data(path) if is_json else read_written(path)
    except OSError as error:
        raise OutsideError("cannot read the table of labels", where=str(path), found=error.strerror) from error


def mapped_tasks(table: Any, parts: Sequence[Collection]) -> dict[str, MappedTask]:
    """Turn a table of labels into tasks, and check it against the collections.

    Parameters
    ----------
    table : Mapping
        For each target and each collection where its values come from: ``from`` (``class``, a pattern, ``severity``, a
        task of the collection), and ``values``, what each value becomes: a text, a bool, a number, or None for
        recordings that have no label. Without ``values`` they stay as they are. None in place of both for a collection
        that says nothing of the target.
    parts : sequence of Collection
        The collections.

    Returns
    -------
    dict of str to MappedTask
        The targets by name.

    Raises
    ------
    UsageError
        If the table has another form, names what is not there, forgets a collection or a value that occurs, or gives
        labels of several types.
    """
    if not isinstance(table, Mapping):
        raise UsageError("not a table of labels", where="labels", expected=_FORM, found=type(table).__name__)
    return {_checked_name(name): _mapped(name, of, parts) for name, of in table.items()}


def _checked_name(name: object) -> str:
    if name in _OWN_NAMES or name in pattern_names():
        hint = "give the target a name of its own, and ask for it by that"
        raise UsageError("the word means the same in every collection", where="labels", found=repr(name), hint=hint)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError("not the name of a target", where="labels", expected="a word such as covid", found=repr(name))
    return name


def _mapped(name: str, of: Any, parts: Sequence[Collection]) -> MappedTask:
    names = [part.name for part in parts]
    if not isinstance(of, Mapping):
        raise UsageError("not a table of labels", where=f"labels, {name}", expected=_FORM, found=repr(of)[:80])
    for what, some in (
        ("the table of labels names a collection that is not there", sorted(set(map(str, of)) - set(names))),
        ("the table of labels says nothing of a collection", sorted(set(names) - set(map(str, of)))),
    ):
        if some:
            hint = "None (null in a file) says that a collection has no such label"
            raise UsageError(what, where=name, expected=" and ".join(names), found=", ".join(some), hint=hint)
    stated = {part.name: _reading(name, of[part.name], part) for part in parts}
    readings = {part: reading for part, reading in stated.items() if reading is not None}
    kind, values = _values(name, readings, parts)
    told = "; ".join(f"{part}: {reading.task.name}" for part, reading in readings.items())
    ranges = [reading.task for reading in readings.values() if reading.words is None]
    return MappedTask(
        name=name,
        kind=kind,
        meaning=f"As a table of labels says, from {told}.",
        values=values,
        minimum=min((task.minimum for task in ranges), default=-float("inf")),
        maximum=max((task.maximum for task in ranges), default=float("inf")),
        readings=readings,
    )


def _reading(name: str, stated: Any, part: Collection) -> Reading | None:
    if stated is None:
        return None
    where = f"{name} of {part.name}"
    entry = {"from": stated} if isinstance(stated, str) else stated
    if not isinstance(entry, Mapping) or "from" not in entry or not entry.keys() <= {"from", "values"}:
        expected = '{"from": NAME, "values": {...}}'
        raise UsageError("not a table of labels", where=where, expected=expected, found=repr(stated)[:80])
    about = part.about
    try:
        task = find_task(str(entry["from"]), manifests=part.manifests, tasks=about.tasks, scales=about.scales)
    except UsageError as error:
        error.where = f"{where}, {error.where}"
        raise
    if "values" not in entry:
        return Reading(task)
    words = entry["values"]
    if not isinstance(words, Mapping):
        expected = '{"WORD": "LABEL", ...}'
        raise UsageError("not a table of labels", where=where, expected=expected, found=repr(words)[:80])
    spelt = Counter(_spelt(task, word) for word in words)
    twice = next((word for word, count in spelt.items() if count > 1), None)
    if twice is not None:
        raise UsageError("the table of labels maps a value twice", where=where, found=repr(twice))
    _check_values(where, task, spelt, part.included)
    for value in words.values():
        if value is not None and not isinstance(value, (str, bool, int, float)):
            expected = "a text, a bool, a number, or None"
            raise UsageError("not a label", where=where, expected=expected, found=repr(value)[:80])
    return Reading(task, {_spelt(task, word): value for word, value in words.items()})


def _spelt(task: Task, word: object) -> str:
    """Return a value as it is compared; spreadsheet programs have words of their own for true and false."""
    said = value_word(word)
    return _BOOLS.get(said.casefold(), said.casefold()) if task.values == (False, True) else said


def _check_values(where: str, task: Task, words: Iterable[str], manifests: Sequence[Manifest]) -> None:
    """Hold the words that a table maps against those that there are."""
    said = Counter(value_word(value) for manifest in manifests if (value := task.value_of(manifest)) is not None)
    given = set(words)
    where = f"{where}, from {task.name}"
    missing = sorted(set(said) - given)
    if missing:
        raise UsageError(
            "the table of labels does not map every value",
            where=where,
            found="nothing for " + ", ".join(f"{word} ({counted(said[word], 'recording')})" for word in missing),
            hint="map each; None (null in a file) leaves its recordings without a label",
        )
    known = {*said, *map(value_word, task.values)} - {"unknown"}
    if strange := sorted(given - known):
        expected = "one of " + ", ".join(sorted(known))
        raise UsageError("the table of labels maps what is no value", where=where, expected=expected, found=strange[0])


def _values(name: str, readings: Mapping[str, Reading], parts: Sequence[Collection]) -> tuple[Kind, tuple[Value, ...]]:
    """Return the kind of a mapped target, and the labels that there are in their order."""
    kept = {part: reading.task for part, reading in readings.items() if reading.words is None}
    made = [value for reading in readings.values() for value in (reading.words or {}).values() if value is not None]
    if kept:
        return _values_kept(name, kept, made, parts)
    types = {float if type(value) is int else type(value) for value in made}
    if len(types) != 1:
        found = ", ".join(sorted(kind.__name__ for kind in types)) or "no label at all"
        raise UsageError("labels of one type are needed", where=f"labels, {name}", expected="one type", found=found)
    values = tuple(dict.fromkeys(made))
    if types == {str}:
        return ("binary" if len(values) == 2 else "categorical"), values
    return ("binary", (False, True)) if types == {bool} else ("ordinal", tuple(sorted(values)))


def _values_kept(
    name: str, kept: Mapping[str, Task], made: Sequence[Value], parts: Sequence[Collection]
) -> tuple[Kind, tuple[Value, ...]]:
    """Return kind and labels where collections keep their values as they are: all must mean the same by them."""
    tasks = list(kept.values())
    forms = {(task.kind, task.values, task.minimum, task.maximum, task.unit) for task in tasks}
    if len(forms) > 1:
        found = "; ".join(f"{part}: {task.range_words()}" for part, task in kept.items())
        hint = "map their values with 'values'"
        raise UsageError("values kept as they are differ", where=f"labels, {name}", found=found, hint=hint)
    task = tasks[0]
    strange = [value for value in made if not task.takes(value)]
    if strange:
        raise UsageError(
            "a label that the values kept as they are do not know",
            where=f"labels, {name}",
            expected=task.range_words(),
            found=repr(strange[0]),
        )
    if task.field == "class" and not task.words:
        # Of the many diagnoses there are, those that occur.
        held = {manifest.class_name for part in parts if part.name in kept for manifest in part.included}
        return task.kind, tuple(value for value in task.values if value in held | set(made) and value != "unknown")
    return task.kind, task.values
