"""What differs between two states of a collection, field by field, and how much such a difference weighs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lusdata.catalog.manifest import Manifest

__all__ = ["Change", "FieldChange", "Kind", "Weight", "compare_fields", "compare_manifests", "weight_of"]

Kind = Literal["added", "changed", "removed"]
Weight = Literal["major", "minor", "patch"]

_DECISIVE = (
    "$.kind",
    "$.status.state",
    "$.source.sha256",
    "$.class",
    "$.probe",
    "$.patterns",
    "$.severity",
    "$.group",
    "$.crop",
    "$.trim",
)
"""What pixels, labels and folds follow from. Who changes it for a recording that datasets hold makes other datasets."""


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
    kind : {"added", "changed", "removed"}
        What happened to its manifest.
    before, after : Manifest or None
        The two states.
    fields : tuple of FieldChange
        The fields that differ, in the order of their paths; empty unless the manifest changed.
    """

    id: str
    kind: Kind
    before: Manifest | None
    after: Manifest | None
    fields: tuple[FieldChange, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plain data for JSON."""
        return {"id": self.id, "kind": self.kind, "fields": [vars(field) for field in self.fields]}


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
    if before == after and type(before) is type(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            yield from _compare_entry(before, after, key, f"{path}.{key}")
    elif _entries(before) and _entries(after):
        first, second = dict(enumerate(before)), dict(enumerate(after))
        for number in range(max(len(first), len(second))):
            yield from _compare_entry(first, second, number, f"{path}[{number}]")
    else:
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
            changes.append(Change(name, "changed", first, second, fields))
    return tuple(changes)


def weight_of(change: Change) -> Weight:
    """Tell which part of a release's version a change must raise.

    Returns
    -------
    {"major", "minor", "patch"}
        ``major`` if what datasets held before is gone or other: scores on the old and the new release cannot be
        compared. ``minor`` if recordings come in, or leads to some. ``patch`` if only facts about them were corrected.
    """
    if change.kind == "added":
        return "minor"
    held, holds = _held(change.before), _held(change.after)
    if not held:
        return "minor" if holds else "patch"
    if not holds or any(_decisive(field.json_path) for field in change.fields):
        return "major"
    return "patch"


def _held(manifest: Manifest | None) -> bool:
    """Tell whether datasets hold the recording."""
    return manifest is not None and manifest.state == "included" and manifest.sha256 is not None


def _decisive(path: str) -> bool:
    return any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in _DECISIVE)
