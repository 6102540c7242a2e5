"""Facts about recordings, counted once, for every page and file that tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration
from lusdata.dataset.building.plan import LeftOut
from lusdata.publish.export.export_subject import ExportSubject
from lusdata.splits.audit.confounding import Confounding, comparable, measure_confounding

__all__ = [
    "ClassRow",
    "Reason",
    "SourceRow",
    "class_rows",
    "confounding_of",
    "last_change",
    "reasons",
    "source_rows",
    "words_of",
]


@dataclass(frozen=True)
class ClassRow:
    """What there is of one class.

    Attributes
    ----------
    class_name : str
        The diagnosis.
    by_probe : dict of str to int
        Recordings of each transducer that occurs.
    recordings, groups, frames : int
        Recordings, patient groups with at least one of them, and frames.
    """

    class_name: str
    by_probe: dict[str, int]
    recordings: int
    groups: int
    frames: int


def class_rows(subject: ExportSubject) -> list[ClassRow]:
    """Count recordings, groups and frames of each class that occurs, in the schema's order."""
    rows = []
    for name in enumeration("class"):
        members = [manifest for manifest in subject.recordings if manifest.class_name == name]
        if not members:
            continue
        probes = Counter(manifest.probe for manifest in members)
        rows.append(
            ClassRow(
                name,
                {probe: probes[probe] for probe in enumeration("probe") if probe in probes},
                len(members),
                len({subject.groups[manifest.id] for manifest in members}),
                sum(subject.frames.get(manifest.id, 0) for manifest in members),
            )
        )
    return rows


@dataclass(frozen=True, order=True)
class SourceRow:
    """What there is of one source under one licence.

    Attributes
    ----------
    provider, licence : str
        Slug of the source, and SPDX identifier.
    publish : bool
        Whether frames may be passed on.
    reason : str
        Why not.
    attribution : str
        Whom to name; empty if the manifests do not say.
    doi, page, licence_url : str
        The publication, a page that shows a recording in its context, the licence's text; empty where there is none.
    recordings : int
        How many.
    """

    provider: str
    licence: str
    publish: bool
    reason: str
    attribution: str
    doi: str
    page: str
    licence_url: str
    recordings: int


def source_rows(manifests: Iterable[Manifest]) -> list[SourceRow]:
    """Group recordings by where they come from, whom to name, and what is allowed; sorted."""
    held: dict[tuple[str, str, bool, str, str, str], list[Manifest]] = {}
    for manifest in manifests:
        rights, source = rights_of(manifest), manifest.data["source"]
        key = (
            manifest.provider,
            str(manifest.licence["id"]),
            rights.publish,
            rights.reason,
            str(source.get("attribution", "")),
            str(source.get("doi", "")),
        )
        held.setdefault(key, []).append(manifest)
    return [
        SourceRow(
            *key,
            page=min((str(m.data["source"]["page"]) for m in members if "page" in m.data["source"]), default=""),
            licence_url=str(members[0].licence.get("url", "")),
            recordings=len(members),
        )
        for key, members in sorted(held.items())
    ]


@dataclass(frozen=True)
class Reason:
    """Recordings that were left out for one reason."""

    code: str
    reason: str
    recordings: int


def reasons(left_out: Iterable[LeftOut]) -> list[Reason]:
    """Count what was left out by code and reason, the most first within a code."""
    counts = Counter((item.code, item.reason) for item in left_out)
    ordered = sorted(counts.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
    return [Reason(code, reason, count) for (code, reason), count in ordered]


def words_of(manifests: Iterable[Manifest], *path: str) -> Counter[str]:
    """Count the values at a place of the manifests; those without one are not counted.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings.
    path : str
        Keys from the outside in, such as ``"patient", "sex"``.
    """
    counts: Counter[str] = Counter()
    for manifest in manifests:
        value: Any = manifest.data
        for key in path:
            value = value.get(key, {})
        if value:
            counts[str(value)] += 1
    return counts


def last_change(subject: ExportSubject) -> str:
    """Return the newest day on which the state of a recording took effect, as an ISO date."""
    return max(manifest.since for manifest in subject.recordings)


def confounding_of(subject: ExportSubject) -> list[Confounding]:
    """Measure how well the class follows from source and file alone, as ``lusdata audit`` does.

    Returns
    -------
    list of Confounding
        For the source alone, and for source and file together, over five folds by patient. Empty if too few groups
        are there to measure anything.
    """
    recordings = comparable(subject.recordings, subject.units)
    if not recordings:
        return []
    table = subject.table
    if table is None:
        return []
    return [
        measure_confounding(recordings, table, features=features, units=subject.units)
        for features in ("source", "source and file")
    ]
