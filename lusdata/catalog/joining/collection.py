"""Several collections as one collection: whose patients are apart, and what more than one of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.arguments import list_of
from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import group_ids
from lusdata.catalog.joining.about import joined_about
from lusdata.catalog.joining.copies import SharedRecording, find_copies
from lusdata.catalog.joining.labels import mapped_tasks, read_labels
from lusdata.catalog.manifest import Manifest
from lusdata.errors import UsageError
from lusdata.wording import counted, listed

__all__ = ["SHARED", "JoinedCollection", "Labels", "join_collections"]

SHARED = ("together", "first")
"""What may be done with patients that several collections hold; see `join_collections`."""

Labels = Mapping[str, Any] | str | Path | None
"""A table of labels, or its file; see `lusdata.catalog.joining.labels.mapped_tasks`."""


@dataclass(frozen=True, repr=False)
class JoinedCollection(Collection):
    """Several collections; made by `join_collections`.

    Attributes
    ----------
    parts : tuple of Collection
        The collections, as they were named.
    copies : tuple of SharedRecording
        Recordings that two of them have.
    left_out : tuple of str
        Recordings that were left out, since an earlier collection has their patient.
    labels : tuple of str
        Targets that a table of labels states.
    """

    parts: tuple[Collection, ...] = ()
    copies: tuple[SharedRecording, ...] = ()
    left_out: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name for people: those of the collections, with versions."""
        return "+".join(part.label for part in self.parts)

    @property
    def overlap(self) -> str:
        """What the collections share and what that came to, in one line; empty if they share nothing."""
        told = [*self._left_out_note(), *self._shared_note(), *self._withdrawn_note()]
        return f"{self.label}: {'; '.join(told)}" if told else ""

    @property
    def note(self) -> str:
        """The overlap, with what can be done about it."""
        if not _shared_groups(self.manifests):
            return self.overlap
        advice = (
            "shared='first' (--shared first) leaves them out of every collection but the first that has the patient"
        )
        return f"{self.overlap}; {advice}"

    def _left_out_note(self) -> Iterable[str]:
        if self.left_out:
            held = counted(len(self.left_out), "recording")
            yield f"{held} left out, since an earlier collection has the patient ({listed(self.left_out)})"

    def _shared_note(self) -> Iterable[str]:
        shared = _shared_groups(self.manifests)
        if shared:
            copies = f"; {listed(map(str, self.copies))}" if self.copies else ""
            yield (
                f"{counted(len(shared), 'patient group')} with recordings in several collections ({listed(shared)}"
                f"{copies}); each counts as one patient"
            )

    def _withdrawn_note(self) -> Iterable[str]:
        states = {manifest.id: manifest.state for manifest in self.manifests}
        for copy in self.copies:
            pair = (copy.first, copy.second)
            if {states[name] for name in pair} == {"included", "withdrawn"}:
                there = next(name for name in pair if states[name] == "withdrawn")
                yield f"{copy}, and {there} is withdrawn: ask whether the other may be used"


def join_collections(
    collections: Sequence[Collection], *, labels: Labels = None, shared: str = "together"
) -> JoinedCollection:
    """Join collections.

    Ids of recordings and groups begin with the name of their collection, so patient 13 of one is nobody of another.
    Groups of two collections are one where manifests link them, and where a recording of one is also in the other: by
    its digest, or by how it looks. The joined manifests carry a link for each such copy.

    Parameters
    ----------
    collections : sequence of Collection
        Two or more, of different names, each working state or release.
    labels : Mapping, str or Path, optional
        What targets mean in the words of each collection; see `lusdata.catalog.joining.labels.mapped_tasks`. A path is
        that of a file, JSON or a table; see `lusdata.catalog.joining.labels.read_labels`.
    shared : {"together", "first"}
        What to do with patients that several collections hold: keep them ``together`` as one patient each, or keep
        their recordings only in the ``first`` collection that has some which can be built.

    Raises
    ------
    UsageError
        If there are too few, two have one name, or the table of labels does not fit.
    DataError
        If two define one scale of severity in two ways.
    """
    expected = "several collections of lusdata.open_collection"
    parts = tuple(list_of(Collection, collections, where="collections", expected=expected))
    _check(parts, shared)
    copies = find_copies(parts)
    manifests = _linked([manifest for part in parts for manifest in part.manifests], copies)
    left_out = _later_ones(manifests, [part.name for part in parts]) if shared == "first" else ()
    table = read_labels(Path(labels).expanduser()) if isinstance(labels, (str, Path)) else labels
    mapped = mapped_tasks({} if table is None else table, parts)
    gone = frozenset(left_out)
    return JoinedCollection(
        name="+".join(part.name for part in parts),
        root=parts[0].root,
        manifests=tuple(manifest for manifest in manifests if manifest.id not in gone),
        withdrawn_since=tuple(name for part in parts for name in part.withdrawn_since),
        about=joined_about(parts, mapped),
        parts=parts,
        copies=tuple(copy for copy in copies if not gone & {copy.first, copy.second}),
        left_out=left_out,
        labels=tuple(mapped),
    )


def _check(parts: Sequence[Collection], shared: str) -> None:
    if shared not in SHARED:
        raise UsageError("unknown word", where="shared", expected=" or ".join(SHARED), found=repr(shared))
    if len(parts) < 2:
        raise UsageError("a join needs several collections", expected="two or more", found=str(len(parts)))
    names = Counter(part.name for part in parts)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise UsageError(
            "two collections have one name",
            where=" and ".join(part.label for part in parts if part.name == twice),
            hint="ids begin with it, so nobody could tell their recordings apart; import one under another name",
        )


def _linked(manifests: Iterable[Manifest], copies: Iterable[SharedRecording]) -> tuple[Manifest, ...]:
    """Return manifests, sorted by id, of which the later of each copy is linked to the group of the earlier."""
    by_id = {manifest.id: manifest for manifest in sorted(manifests, key=lambda manifest: manifest.id)}
    for copy in copies:
        first, second = by_id[copy.first], by_id[copy.second]
        group = second.data["group"]
        links = list(group.get("linked", ()))
        if first.group_id in {second.group_id, *(link["id"] for link in links)}:
            continue
        links.append({"id": first.group_id, "basis": "near-duplicate"})
        data = {**second.data, "group": {**group, "linked": links}}
        by_id[second.id] = Manifest(data, second.path)
    return tuple(by_id.values())


def _shared_groups(manifests: Sequence[Manifest]) -> list[str]:
    """Return the united groups with included recordings of several collections, sorted."""
    groups = group_ids(manifests)
    collections: dict[str, set[str]] = {}
    for manifest in manifests:
        if manifest.state == "included":
            collections.setdefault(groups[manifest.id], set()).add(manifest.collection)
    return sorted(group for group, names in collections.items() if len(names) > 1)


def _later_ones(manifests: Sequence[Manifest], names: Sequence[str]) -> tuple[str, ...]:
    """Return the recordings of shared patients outside of the first collection that has some which can be built."""
    groups = group_ids(manifests)
    buildable = [manifest for manifest in manifests if manifest.state == "included" and manifest.sha256 is not None]
    home: dict[str, str] = {}
    for manifest in sorted(buildable, key=lambda manifest: names.index(manifest.collection)):
        home.setdefault(groups[manifest.id], manifest.collection)
    return tuple(m.id for m in buildable if home[groups[m.id]] != m.collection)
