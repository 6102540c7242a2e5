"""Joining groups that something else than the table says to be one patient's: DICOM numbers, and the pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from lusdata.catalog.fingerprint import has_fingerprint
from lusdata.catalog.near_duplicates import find_duplicates
from lusdata.intake.folder.drafts import link
from lusdata.intake.folder.plan import ImportPlan
from lusdata.intake.question import Ask, Question
from lusdata.wording import counted, one_line

__all__ = ["join_alike", "join_examinations"]

Drafts = dict[str, dict[str, Any]]
"""Manifests of new files by the file's name; their groups get links."""


def join_examinations(plan: ImportPlan, drafts: Drafts, known: Mapping[str, str]) -> list[str]:
    """Link the groups in which DICOM files of one patient, or else of one study, stand; return what was done."""
    there = plan.met.by_id
    members: dict[str, list[str]] = defaultdict(list)
    for name, (patient, study) in plan.dicom.items():
        if patient or study:
            members[patient or study].append(name)
    notes = []
    for names in members.values():
        new = [name for name in names if name in drafts]
        groups = {drafts[name]["group"]["id"] for name in new}
        groups |= {there[known[name]].group_id for name in names if known.get(name) in there}
        if new and len(groups) > 1:
            for name in new:
                for group in sorted(groups):
                    link(drafts[name]["group"], group, "patient")
            notes.append(f"{counted(len(groups), 'group')} joined: DICOM files of one patient stand in them")
    return notes


def join_alike(plan: ImportPlan, drafts: Drafts, ask: Ask | None) -> list[str]:
    """Link the groups of recordings whose pictures agree, which is weaker evidence; return what was done.

    Parameters
    ----------
    plan : ImportPlan
        With what is there already.
    drafts : dict
        The new manifests.
    ask : callable or None
        Is asked whether it is one patient; without it, it is taken to be: a group too wide leaks nothing.
    """
    there = plan.met.by_id
    groups = {identifier: manifest.group_id for identifier, manifest in there.items()}
    groups |= {data["id"]: data["group"]["id"] for data in drafts.values()}
    seen_as = [*(manifest.data for manifest in there.values()), *drafts.values()]
    prints = {data["id"]: str(data["fingerprint"]) for data in seen_as if has_fingerprint(data)}
    names = {data["id"]: name for name, data in drafts.items()}

    def asked(first: str, second: str) -> bool:
        return first in names or second in names

    notes: list[str] = []
    seen: set[frozenset[str]] = set()
    for match in find_duplicates(prints, asked=asked):
        first, second = match.first, match.second
        joined = frozenset((groups[first], groups[second]))
        if len(joined) == 1 or joined in seen:
            continue
        seen.add(joined)
        new, other = (first, second) if first in names else (second, first)
        shown = one_line(names[other]) if other in names else other
        told = f"{one_line(names[new])} looks like {shown}, {match.similarity:.0%} alike"
        if ask and ask(Question("Is it one patient?", ("yes", "no"), default="yes", note=told)) == "no":
            notes.append(f"{told}: left apart, as you say")
        else:
            link(drafts[names[new]]["group"], groups[other], "near-duplicate")
            notes.append(f"{told}: their groups are joined")
    return notes
