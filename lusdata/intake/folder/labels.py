"""Scale and tasks of a collection from its tables, and what a row says as fields of a manifest. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.about import About
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.rules.cells import private_cells
from lusdata.catalog.severity import Scale
from lusdata.catalog.tasks import Task, task_of
from lusdata.intake.folder.rows import Doubt, Said
from lusdata.intake.folder.values import read_value
from lusdata.wording import one_line

__all__ = ["READER", "Vocabulary", "day_offsets", "fields_of", "vocabulary_of"]

READER = "owner-table"
"""Who says so, where a user's table does."""

_SIDES = {"L": "left", "R": "right"}
_MOST_VALUES = 50
_MOST_STEPS = 10


@dataclass(frozen=True)
class Vocabulary:
    """What a collection's labels are taken from.

    Attributes
    ----------
    scale : Scale or None
        Of the severity.
    own_scale : bool
        Whether the collection itself has to define it.
    tasks : Mapping of str to Task
        The user's own labels, by name.
    entries : tuple of dict
        The tasks as ``collection.json`` has them.
    doubts : tuple of Doubt
        Values that are on no scale and of no task.
    """

    scale: Scale | None
    own_scale: bool
    tasks: Mapping[str, Task]
    entries: tuple[dict[str, Any], ...]
    doubts: tuple[Doubt, ...] = ()


def vocabulary_of(said: Mapping[str, Said], about: About, *, scale: str, most_severe: float = 0.0) -> Vocabulary:
    """Find the scale and the tasks that values are of; those that the collection has already hold.

    Parameters
    ----------
    said : Mapping of str to Said
        What the tables say of each file.
    about : About
        The collection as it is.
    scale : str
        Name of the severity's scale; empty if nobody says.
    most_severe : float
        How far a scale of the collection's own goes at least.
    """
    doubts: list[Doubt] = []
    scores = {name: float(one["severity"]) for name, one in said.items() if "severity" in one}
    chosen, own = _scale_of(scores, about, scale, most_severe, doubts)
    if chosen is not None:
        doubts += [
            Doubt(one_line(name), f"severity {score:g} is not on the scale {chosen.name}", _range(chosen, about))
            for name, score in scores.items()
            if not chosen.minimum <= score <= chosen.maximum or (chosen.whole and not score.is_integer())
        ]
    names = sorted({meaning.removeprefix("task:") for one in said.values() for meaning in one if ":" in meaning})
    tasks: dict[str, Task] = {}
    entries = []
    for name in names:
        cells = {file: str(one[f"task:{name}"]) for file, one in said.items() if f"task:{name}" in one}
        if name in about.tasks:
            tasks[name] = about.tasks[name]
        elif entry := _entry_of(name, list(cells.values()), doubts):
            tasks[name] = task_of(entry)
            entries.append(entry)
        if name in tasks:
            task = tasks[name]
            doubts += [
                Doubt(one_line(file), f"'{one_line(cell, most=40)}' is no value of the task {name}", task.range_words())
                for file, cell in cells.items()
                if not task.takes(_value_of(task, cell))
            ]
    return Vocabulary(chosen, own, tasks, tuple(entries), tuple(doubts))


def _range(scale: Scale, about: About) -> str:
    whole = "whole numbers from" if scale.whole else "numbers from"
    own = any(entry["name"] == scale.name for entry in about.data.get("severity_scales", ()))
    more = "; correct the table, or widen the scale in collection.json" if own else ""
    return f"it has {whole} {scale.minimum:g} to {scale.maximum:g}{more}"


def _scale_of(
    scores: Mapping[str, float], about: About, name: str, most_severe: float, doubts: list[Doubt]
) -> tuple[Scale | None, bool]:
    if not scores:
        return None, False
    own = [entry["name"] for entry in about.data.get("severity_scales", ())]
    wanted = name or (own[0] if len(own) == 1 else "")
    if wanted:
        if wanted not in about.scales:
            doubts.append(Doubt("--scale", f"no such scale: {wanted}", f"there are {', '.join(sorted(about.scales))}"))
        return about.scales.get(wanted), False
    largest = max(1, -int(-max(most_severe, *scores.values()) // 1))
    definition = (
        f"A score from 0 to {largest} as the owner's table states it. Which published scale it stands on was not said."
    )
    title = "Severity as the owner's table states it"
    whole = all(score.is_integer() for score in scores.values())
    return Scale(f"severity-0-{largest}", title, definition, 0, largest, whole), True


def _entry_of(name: str, cells: list[str], doubts: list[Doubt]) -> dict[str, Any] | None:
    """Return a task as its values show it: yes and no, steps, a number, or words."""
    values = sorted(set(cells))
    meaning = f"The column '{name}' of the owner's table."
    entry: dict[str, Any] = {"name": name, "meaning": meaning, "said_by": "the owner's table"}
    if len(values) < 2:
        doubts.append(Doubt(f"task:{name}", "all rows say the same", "leave the column out"))
        return None
    if all(_finding(cell) for cell in values):
        return {**entry, "kind": "binary", "values": ["absent", "present"]}
    numbers = [_number(cell) for cell in values]
    if all(number is not None for number in numbers):
        found = sorted({float(number) for number in numbers if number is not None})
        if len(found) <= _MOST_STEPS and all(number.is_integer() for number in found):
            return {**entry, "kind": "ordinal", "values": [int(number) for number in found]}
        return {**entry, "kind": "number", "minimum": found[0], "maximum": found[-1]}
    if private := private_cells({"": values}):
        doubts.append(Doubt(f"task:{name}", f"its cells may hold a {private[0].meaning}", "leave the column out"))
        return None
    if len(values) > _MOST_VALUES:
        doubts.append(Doubt(f"task:{name}", f"{len(values)} different texts are no labels", "leave the column out"))
        return None
    return {**entry, "kind": "categorical", "values": values}


def _finding(cell: str) -> str:
    try:
        said = read_value("b_lines", cell)
    except ValueError:
        return ""
    return str(said) if said in ("present", "absent") else ""


def _number(cell: str) -> float | None:
    text = cell.replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d{1,9}(?:\.\d{1,9})?", text) else None


def _value_of(task: Task, cell: str) -> str | float | int:
    if task.kind == "binary" and set(task.values) == {"absent", "present"}:
        return _finding(cell)
    number = _number(cell)
    if number is not None and (task.kind == "number" or any(not isinstance(value, str) for value in task.values)):
        return int(number) if number.is_integer() else number
    return cell


def fields_of(said: Said, words: Vocabulary, *, view_scheme: str) -> dict[str, Any]:
    """Return what a row says as fields of a manifest.

    Parameters
    ----------
    said : Said
        Values by meaning.
    words : Vocabulary
        Scale and tasks.
    view_scheme : str
        Scheme of the zones; without one only the side is kept.
    """
    fields: dict[str, Any] = {}
    reading = {name: said[name] for name in (*pattern_names(), "b_line_count") if name in said}
    if reading:
        fields["patterns"] = [{"reader": READER, **reading}]
    if "severity" in said and words.scale is not None:
        fields["severity"] = [{"scale": words.scale.name, "value": said["severity"], "reader": READER}]
    if "quality" in said:
        fields["quality"] = [{"reader": READER, "value": said["quality"]}]
    if view := _view(said, view_scheme):
        fields["view"] = view
    patient = {field: said[name] for name, field in (("age", "age_band"), ("sex", "sex")) if name in said}
    if patient:
        fields["patient"] = patient
    if said.get("depth_cm"):
        fields["acquisition"] = {"depth_cm": said["depth_cm"], "basis": "person"}
    labels = [
        {"task": name, "value": _value_of(task, str(said[f"task:{name}"])), "reader": READER}
        for name, task in words.tasks.items()
        if f"task:{name}" in said
    ]
    if labels:
        fields["labels"] = labels
    if "day_offset" in said:
        fields["examination"] = {"day_offset": said["day_offset"]}
    return fields


def _view(said: Said, scheme: str) -> dict[str, Any]:
    zone = str(said.get("zone", ""))
    side = said.get("side") or _SIDES.get(zone[:1])
    view: dict[str, Any] = {"scheme": scheme, "zone": zone} if scheme and zone else {}
    return view | ({"side": side} if side else {})


def day_offsets(days: Mapping[str, int], group_of: Mapping[str, str]) -> dict[str, int]:
    """Return how many days after the first of its group each file was taken.

    Examples
    --------
    >>> day_offsets({"a": 737000, "b": 737003, "c": 737001}, {"a": "p", "b": "p", "c": "q"})
    {'a': 0, 'b': 3, 'c': 0}
    """
    first: dict[str, int] = {}
    for name, day in days.items():
        group = group_of[name]
        first[group] = min(day, first.get(group, day))
    return {name: day - first[group_of[name]] for name, day in days.items()}
