"""What several collections say of themselves together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.joining.labels import MappedTask, Reading
from lusdata.catalog.severity import Scale, known_scales
from lusdata.catalog.tasks import Task
from lusdata.errors import DataError

__all__ = ["JoinedAbout", "joined_about"]


@dataclass(frozen=True)
class JoinedAbout(About):
    """What joined collections say of themselves; private as soon as one of them is.

    Attributes
    ----------
    parts : Mapping of str to About
        What each says, by its name.
    mapped : Mapping of str to MappedTask
        Targets that a table of labels states.
    """

    parts: Mapping[str, About] = field(default_factory=dict)
    mapped: Mapping[str, MappedTask] = field(default_factory=dict)

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """What can be predicted, by name.

        A task that collections define alike is one; of one that they define in two ways each has its own, named
        ``COLLECTION/TASK``. Recordings of a collection that does not define it have no value.
        """
        tasks: dict[str, Task] = {}
        for name in dict.fromkeys(name for about in self.parts.values() for name in about.tasks):
            stated = {part: about.tasks[name] for part, about in self.parts.items() if name in about.tasks}
            # Who says so may differ; what is said may not.
            if len({replace(task, said_by="") for task in stated.values()}) == 1:
                tasks[name] = _restricted(name, stated)
            else:
                tasks |= {f"{part}/{name}": _restricted(f"{part}/{name}", {part: stated[part]}) for part in stated}
        return {**{name: task for name, task in tasks.items() if name not in self.mapped}, **self.mapped}

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """Scales of severity by name: the registry's, and the collections' own."""
        scales: dict[str, Scale] = {}
        for part, about in self.parts.items():
            for name, scale in about.scales.items():
                if _differ(scales.setdefault(name, scale), scale):
                    what = "collections define one scale of severity in two ways"
                    raise DataError(what, where=part, found=name, hint="rename it in one of their collection.json")
        return scales


def _differ(one: Scale, other: Scale) -> bool:
    """Tell whether two scales of one name are two; one of the registry may be worded anew, and stays what it is."""
    if one.name in known_scales():
        return (one.minimum, one.maximum, one.whole) != (other.minimum, other.maximum, other.whole)
    return one != other


def joined_about(parts: Sequence[Collection], mapped: Mapping[str, MappedTask]) -> JoinedAbout:
    """Put together what collections say of themselves.

    Raises
    ------
    DataError
        If two of them define one scale of severity in two ways.
    """
    abouts = {part.name: part.about for part in parts}
    texts = {name: " + ".join(dict.fromkeys(filter(None, words))) for name, words in _texts(abouts)}
    data = {name: text for name, text in texts.items() if text} | {"private": any(a.private for a in abouts.values())}
    about = JoinedAbout(data, abouts, mapped)
    _ = about.scales
    return about


def _texts(abouts: Mapping[str, About]) -> list[tuple[str, list[str]]]:
    return [(name, [getattr(about, name) for about in abouts.values()]) for name in ("title", "owner", "citation")]


def _restricted(name: str, stated: Mapping[str, Task]) -> MappedTask:
    """Return a task that only the recordings of the collections that state it have a value of."""
    first = next(iter(stated.values()))
    plain = {item.name: getattr(first, item.name) for item in fields(Task)}
    said_by = "; ".join(dict.fromkeys(task.said_by for task in stated.values() if task.said_by))
    readings = {part: Reading(task) for part, task in stated.items()}
    return MappedTask(**{**plain, "name": name, "said_by": said_by}, readings=readings)
