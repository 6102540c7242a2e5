"""What a file shows and what the tables say of it, put together as a manifest. No I/O."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.spelling import spelt_alike
from lusdata.intake.answers import Answers
from lusdata.intake.codes import private_name
from lusdata.intake.compose import Seen, draft
from lusdata.intake.folder.examine import Examined
from lusdata.intake.folder.labels import day_offsets, fields_of
from lusdata.intake.folder.plan import ImportPlan
from lusdata.intake.group import coded, patient_group
from lusdata.intake.grouping import Group
from lusdata.media.crop import Box
from lusdata.media.facts import MediaFacts

__all__ = ["draft_of", "group_of", "kept_names", "link", "stated_fields"]

_DIGITS = 12
_LONGEST_NAME = 200


def draft_of(plan: ImportPlan, one: Examined, name: str, *, alias: str, today: datetime.date) -> dict[str, Any]:
    """Return the manifest of a new file.

    Parameters
    ----------
    plan : ImportPlan
        What the tables say, and who is one patient.
    one : Examined
        What the file shows.
    name : str
        What the file is called.
    alias : str
        The name that the recording keeps; empty for none.
    today : datetime.date
        Day from which it is included.
    """
    request, fields = plan.request, stated_fields(plan, name)
    class_name = fields.pop("class", "unknown")
    answers = Answers(
        class_name=class_name,
        probe=fields.pop("probe", "") or one.probe or "unknown",
        licence=request.licence,
        provider=plan.provider,
        class_basis="unknown" if class_name == "unknown" else request.class_basis,
        slug=f"{'video' if one.facts['frame_count'] > 1 else 'image'}-{one.sha256[:_DIGITS]}",
        text_reviewed=request.text_reviewed or None,
    )
    seen = Seen(
        facts=MediaFacts(**one.facts),
        sha256=one.sha256,
        size_bytes=one.size_bytes,
        fingerprint=one.fingerprint or None,
        crop=Box(*one.crop) if one.crop else None,
        crop_method="sector",
        changes=one.changes,
        patient=one.subject,
        text_regions=one.text_places,
    )
    data = draft(plan.collection, answers, seen, today=today)
    fields["patient"] = {**one.subject, **fields.get("patient", {})}
    if alias:
        fields["aliases"] = [alias]
    return {**data, **{key: value for key, value in fields.items() if value}}


def stated_fields(plan: ImportPlan, name: str) -> dict[str, Any]:
    """Return what tables and grouping say of a file as fields of a manifest; what they do not say is missing."""
    said = plan.said_of(name)
    fields: dict[str, Any] = {key: str(said[key]) for key in ("class", "probe") if key in said}
    fields |= fields_of(said, plan.words, view_scheme=plan.request.view_scheme)
    group = plan.group_of.get(name)
    if group is not None and group.basis != "unknown":
        fields["group"] = group_of(plan, group)
        offsets = _offsets(plan)
        if name in offsets:
            fields["examination"] = {"day_offset": offsets[name], **fields.get("examination", {})}
    return fields


def _offsets(plan: ImportPlan) -> dict[str, int]:
    """Return the days since the patient's first file in the tables, whether that is new or not."""
    days = {name: int(day) for name, one in plan.rows.of_file.items() if (day := one.get("date")) is not None}
    return day_offsets(days, {name: plan.group_of[name].key if name in plan.group_of else name for name in days})


def group_of(plan: ImportPlan, group: Group) -> dict[str, Any]:
    """Return the group that some files belong to, with links to where those of them stand that are there already.

    Where `Request.update` lets these move, too, there is nothing to link.
    """
    there = [plan.met.of_file[name] for name in group.files if name in plan.met.of_file]
    ids = sorted({(one.group_id, one.group_basis) for one in there if _is_own(plan, one)})
    beside = sorted({(one.group_id, _link_basis(one, group)) for one in there if one.collection != plan.collection})
    # Which moments are near each other changes with every file that comes; other keys last.
    chosen = ids[0] if ids and group.kind == "time" else _named(plan, group)
    entry: dict[str, Any] = {"id": chosen[0], "basis": chosen[1]}
    for identifier, basis in beside if plan.request.update else [*ids, *beside]:
        link(entry, identifier, basis)
    return entry


def _is_own(plan: ImportPlan, manifest: Manifest) -> bool:
    return manifest.collection == plan.collection and manifest.group_basis != "unknown"


def _link_basis(manifest: Manifest, group: Group) -> str:
    return group.basis if manifest.group_basis == "unknown" else manifest.group_basis


def _named(plan: ImportPlan, group: Group) -> tuple[str, str]:
    said = coded(group, plan.codes)
    if "group" in said:
        return f"{plan.collection}/{said['group'][0]}", group.basis
    known = plan.there.manifests if plan.there else ()
    return patient_group(plan.collection, plan.provider, said["patient"], known), group.basis


def link(group: dict[str, Any], other: str, basis: str) -> None:
    """Join another group to a manifest's, once."""
    links = group.get("linked", [])
    if other != group["id"] and other not in {entry["id"] for entry in links}:
        group["linked"] = [*links, {"id": other, "basis": basis}]


def kept_names(names: Iterable[str], there: Iterable[Manifest], private: frozenset[str]) -> dict[str, str]:
    """Return the name that each new recording keeps, so that results can be joined with the owner's table.

    A name that may say whose the recording is, or that differs from another one by its spelling alone, is left out.

    Parameters
    ----------
    names : iterable of str
        Paths below the folder.
    there : iterable of Manifest
        Recordings that are there already.
    private : frozenset of str
        Words that name persons, in lower case.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    for alias in (alias for one in there for alias in one.data.get("aliases", ())):
        taken[spelt_alike(alias)].add(alias)
    bases: Mapping[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        bases[PurePosixPath(name).name].append(name)
    kept: dict[str, str] = {}
    for base, same in bases.items():
        for name in same:
            alias = name if len(same) > 1 else base
            spelt = taken[spelt_alike(alias)]
            if len(alias) <= _LONGEST_NAME and alias.isprintable() and not private_name(alias, private) and not spelt:
                kept[name] = alias
                spelt.add(alias)
    return kept
