"""What differs between two states of a collection, field by field, and how much such a difference weighs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest

__all__ = [
    "WEIGHTS",
    "Change",
    "Comparison",
    "FieldChange",
    "Kind",
    "Weight",
    "compare_collections",
    "compare_fields",
    "compare_manifests",
    "weight_of",
]

Kind = Literal["added", "changed", "withdrawn", "removed"]
Weight = Literal["major", "minor", "patch"]

WEIGHTS: tuple[Weight, ...] = get_args(Weight)
"""The heaviest first: the parts of a version from left to right."""

_DECISIVE = (
    "$.kind",
    "$.status.state",
    "$.source.sha256",
    "$.source.provider",
    "$.class",
    "$.probe",
    "$.patterns",
    "$.severity",
    "$.labels",
    "$.group",
    "$.crop",
    "$.trim",
)
"""What pixels, labels and folds follow from. Who changes it for a recording that datasets hold makes other datasets."""

_SAID = ("$.patterns", "$.severity", "$.labels")
"""What readers say beside the class. Where nobody had said anything, it is an addition: what was there is as it was."""

_RIGHTS = ("$.source.licence", "$.source.access")
"""What may be done with a recording. Who publishes frames has to look again; what was measured stays comparable."""


@dataclass(frozen=True, order=True)
class FieldChange:
    """One field that differs.

    Attributes
    ----------
    json_path : str
        The field, such as ``$.crop.width_px``.
    before, after : str or None
        Its value as JSON; None where the field is not there.
    """

    json_path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Change:
    """One recording that differs.

    Attributes
    ----------
    id : str
        The recording.
    kind : {"added", "changed", "withdrawn", "removed"}
        What happened: a recording that is ``withdrawn`` keeps its manifest, one that is ``removed`` does not.
    before, after : Manifest or None
        The two states.
    fields : tuple of FieldChange
        The fields that differ, in the order of their paths; empty unless there are two states.
    """

    id: str
    kind: Kind
    before: Manifest | None
    after: Manifest | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def weight(self) -> Weight:
        """What the change weighs, see `weight_of`."""
        return weight_of(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plain data for JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "weight": self.weight,
            "fields": [asdict(field) for field in self.fields],
        }


@dataclass(frozen=True)
class Comparison:
    """What differs between two states of a collection.

    Attributes
    ----------
    changes : tuple of Change
        Sorted by id.
    regrouped : tuple of str
        Recordings that datasets held and hold, and that are now kept together with others of them than before; sorted.
    """

    changes: tuple[Change, ...]
    regrouped: tuple[str, ...]

    @cached_property
    def weight(self) -> Weight | None:
        """What everything together weighs; None if nothing differs."""
        if self.regrouped:
            return "major"
        weights = {change.weight for change in self.changes}
        return next((weight for weight in WEIGHTS if weight in weights), None)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        return {
            "weight": self.weight,
            "changes": [change.as_dict() for change in self.changes],
            "regrouped": list(self.regrouped),
        }


def compare_fields(before: Any, after: Any, *, path: str = "$") -> Iterator[FieldChange]:
    """Yield the fields in which two JSON documents differ.

    Parameters
    ----------
    before, after : object
        Parsed JSON. Objects are compared key by key and lists of objects entry by entry; other lists as a whole.
    path : str
        The place of both.

    Examples
    --------
    >>> [(f.json_path, f.before, f.after) for f in compare_fields({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}})]
    [('$.a.b', '1', '3'), ('$.c', '2', None)]
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            yield from _compare_entry(before, after, key, f"{path}.{key}")
    elif _entries(before) and _entries(after):
        first, second = dict(enumerate(before)), dict(enumerate(after))
        for number in range(max(len(first), len(second))):
            yield from _compare_entry(first, second, number, f"{path}[{number}]")
    # As texts: to Python 1, 1.0 and True are equal, to a digest they are not.
    elif _text(before) != _text(after):
        yield FieldChange(path, _text(before), _text(after))


def _compare_entry(before: Mapping[Any, Any], after: Mapping[Any, Any], key: Any, path: str) -> Iterator[FieldChange]:
    if key in before and key in after:
        yield from compare_fields(before[key], after[key], path=path)
    else:
        yield FieldChange(
            path,
            _text(before[key]) if key in before else None,
            _text(after[key]) if key in after else None,
        )


def _entries(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def compare_manifests(before: Iterable[Manifest], after: Iterable[Manifest]) -> tuple[Change, ...]:
    """Compare two states of a collection.

    Parameters
    ----------
    before, after : iterable of Manifest
        In any order; recordings are told apart by their ids.

    Returns
    -------
    tuple of Change
        Sorted by id; empty for equal states, however the files are laid out.
    """
    old = {manifest.id: manifest for manifest in before}
    new = {manifest.id: manifest for manifest in after}
    changes = []
    for name in sorted(old.keys() | new.keys()):
        first, second = old.get(name), new.get(name)
        if first is None:
            changes.append(Change(name, "added", None, second))
        elif second is None:
            changes.append(Change(name, "removed", first, None))
        elif first.digest != second.digest:
            fields = tuple(compare_fields(first.data, second.data))
            gone = second.state == "withdrawn" and first.state != "withdrawn"
            changes.append(Change(name, "withdrawn" if gone else "changed", first, second, fields))
    return tuple(changes)


def compare_collections(before: Sequence[Manifest], after: Sequence[Manifest]) -> Comparison:
    """Compare two states of a collection, and what they keep together.

    A change of one manifest can join the groups of two others, so what changes weigh together may be more than what
    the heaviest of them weighs alone.

    Parameters
    ----------
    before, after : sequence of Manifest
        In any order.
    """
    held = {manifest.id for manifest in before if _held(manifest)} & {
        manifest.id for manifest in after if _held(manifest)
    }
    mates = [_mates(manifests, held) for manifests in (before, after)]
    regrouped = sorted(name for name in held if mates[0][name] != mates[1][name])
    return Comparison(compare_manifests(before, after), tuple(regrouped))


def _mates(manifests: Sequence[Manifest], held: set[str]) -> dict[str, frozenset[str]]:
    """Return for each of some recordings those of them that share its group."""
    groups = group_ids(manifests)
    members: dict[str, set[str]] = {}
    for name in held:
        members.setdefault(groups[name], set()).add(name)
    return {name: frozenset(members[groups[name]]) for name in held}


def weight_of(change: Change) -> Weight:
    """Tell which part of a release's version a change must raise.

    Returns
    -------
    {"major", "minor", "patch"}
        ``major`` if what datasets held before is gone or other: scores on the old and the new release cannot be
        compared. ``minor`` if recordings come in, or leads to some, if readings or scores come to a recording that had
        none, or if rights changed. ``patch`` if only facts about them were corrected.
    """
    if change.kind == "added":
        return "minor"
    held, holds = _held(change.before), _held(change.after)
    if not held:
        return "minor" if holds or _touches(change, _RIGHTS) else "patch"
    others = replace(change, fields=tuple(field for field in change.fields if not _is_first_word(field)))
    if not holds or _touches(others, _DECISIVE):
        return "major"
    return "minor" if len(others.fields) < len(change.fields) or _touches(change, _RIGHTS) else "patch"


def _is_first_word(field: FieldChange) -> bool:
    """Tell whether readers say something where nobody had said anything."""
    return field.before is None and field.json_path in _SAID


def _held(manifest: Manifest | None) -> bool:
    """Tell whether datasets hold the recording."""
    return manifest is not None and manifest.state == "included" and manifest.sha256 is not None


def _touches(change: Change, places: Iterable[str]) -> bool:
    return any(
        field.json_path == place or field.json_path.startswith((f"{place}.", f"{place}["))
        for field in change.fields
        for place in places
        if not _same_value(field)
    )


def _same_value(field: FieldChange) -> bool:
    """Tell whether only the spelling differs, as of 640 and 640.0."""
    if field.before is None or field.after is None:
        return False
    before, after = json.loads(field.before), json.loads(field.after)
    return bool(before == after)
