"""Groups whose recordings have two classes: one of them is wrong, or they are two patients. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.wording import counted, listed

__all__ = ["MIXED_HINT", "MixedGroup", "mixed_groups", "mixed_note", "mixed_words"]

MIXED_HINT = "correct the class, or the group if these are two patients"
"""What to do with a group of two classes."""

_TELLS_NOTHING = frozenset({"uninformative", "unknown"})


@dataclass(frozen=True)
class MixedGroup:
    """A group with recordings of two classes.

    Attributes
    ----------
    group : str
        Its id.
    classes : Mapping of str to tuple of str
        Ids of the recordings of each class, both sorted.
    """

    group: str
    classes: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """Return what is wrong as people read it."""
        return mixed_words(self.classes, self.group)


def mixed_words(classes: Mapping[str, Sequence[str]], group: str = "") -> str:
    """Say that a group has several classes, in the one way in which that is said.

    Parameters
    ----------
    classes : Mapping of str to sequence of str
        Names of the recordings of each class.
    group : str
        Its id, if it has one.

    Examples
    --------
    >>> mixed_words({"covid-19": ["a/1"], "healthy": ["a/2", "a/3"]}, "a/patient-7")
    '2 classes in one group, a/patient-7: covid-19 (a/1); healthy (a/2, a/3)'
    """
    told = "; ".join(f"{name} ({listed(members)})" for name, members in classes.items())
    return f"{counted(len(classes), 'class', 'classes')} in one group{f', {group}' if group else ''}: {told}"


def mixed_groups(
    manifests: Iterable[Manifest], *, groups: Mapping[str, str] | None = None, reviewed: bool = False
) -> tuple[MixedGroup, ...]:
    """Find the groups with included recordings of two classes.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings, in any order. Those of a publication are of many patients and have many classes.
    groups : Mapping of str to str, optional
        The united group of each recording; by default that of `lusdata.catalog.groups.group_ids`.
    reviewed : bool
        Count recordings, too, whose class somebody signed.

    Returns
    -------
    tuple of MixedGroup
        Sorted by group.
    """
    manifests = list(manifests)
    groups = group_ids(manifests) if groups is None else groups
    held: dict[str, dict[str, list[str]]] = {}
    for manifest in manifests:
        told = manifest.state == "included" and manifest.class_name not in _TELLS_NOTHING
        signed = any(review["of"] == "class" for review in manifest.data.get("review", ()))
        if told and manifest.group_basis != "publication" and (reviewed or not signed):
            held.setdefault(groups[manifest.id], {}).setdefault(manifest.class_name, []).append(manifest.id)
    return tuple(
        MixedGroup(group, {name: tuple(sorted(members)) for name, members in sorted(classes.items())})
        for group, classes in sorted(held.items())
        if len(classes) > 1
    )


def mixed_note(manifests: Iterable[Manifest]) -> str:
    """Say in one line which groups have two classes; empty if none has."""
    found = mixed_groups(manifests)
    if not found:
        return ""
    more = f" (and {counted(len(found) - 1, 'more such group')})" if len(found) > 1 else ""
    return f"{found[0]}{more}; {MIXED_HINT}"
