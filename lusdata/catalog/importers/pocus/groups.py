"""Which recordings of covid19_ultrasound belong to one patient: ids as typed, widened where they cannot be trusted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.importers.common import Log, slug
from lusdata.catalog.importers.pocus.cells import patient_of, typed_patient
from lusdata.catalog.importers.pocus.rows import PocusRow

__all__ = ["group_of", "groups_of", "looked_at", "patient_slugs"]

_SET = re.compile(r"northumbria_(\d{4})_set(\d+)", re.IGNORECASE)


def patient_slugs(typed: Iterable[str]) -> dict[str, str]:
    """Return a slug for each id; whatever is no number may be a person's name and becomes the next ``patient-n…``.

    Parameters
    ----------
    typed : iterable of str
        Ids in the order of the sheet, with repeats and blanks.

    Examples
    --------
    >>> patient_slugs(["4", "J. D.", "", "4", "j. d."])
    {'4': 'patient-4', 'J. D.': 'patient-n1', 'j. d.': 'patient-n1'}
    """
    slugs: dict[str, str] = {}
    people: dict[str, str] = {}
    for identifier in typed:
        if not identifier:
            continue
        if re.fullmatch(r"\d+", identifier):
            slugs[identifier] = f"patient-{int(identifier)}"
        else:
            slugs[identifier] = people.setdefault(identifier.casefold(), f"patient-n{len(people) + 1}")
    return slugs


def group_of(name: str, patient: str | None, provider: str, doi: str | None) -> dict[str, Any]:
    """Return the group of one recording.

    Parameters
    ----------
    name : str
        File name, which may name a set of one examination.
    patient : str or None
        Slug of the patient's id.
    provider : str
        Slug of the source: without an id, everything that it published may be one patient.
    doi : str or None
        The publication, if there is one.

    Examples
    --------
    >>> group_of("Pneu_northumbria_0409_set1_vid1", "patient-184", "northumbria", None)["linked"]
    [{'id': 'pocus/study-northumbria-0409-set1', 'basis': 'study'}]
    """
    if patient is None:
        return {"id": f"pocus/publication-{slug(doi) if doi else provider}", "basis": "publication"}
    group: dict[str, Any] = {"id": f"pocus/{patient}", "basis": "patient"}
    found = _SET.search(name)
    if found:
        group["linked"] = [{"id": f"pocus/study-northumbria-{found[1]}-set{found[2]}", "basis": "study"}]
    return group


def groups_of(
    rows: Sequence[PocusRow], table: Sequence[Mapping[str, str]], decisions: Mapping[str, Any], log: Log
) -> dict[int, dict[str, Any]]:
    """Return the group of each row, by row number.

    Parameters
    ----------
    rows : sequence of PocusRow
        The rows that become manifests.
    table : sequence of Mapping
        The whole sheet: rows without a manifest may still give a recording a second patient id.
    decisions : Mapping
        The curator's decisions: which rows are one recording, and whose pictures agree.
    log : Log
        Gets the decisions.
    """
    slugs = patient_slugs(typed_patient(cells)[0] for cells in table)
    groups: dict[int, dict[str, Any]] = {}
    described: dict[str, list[PocusRow]] = defaultdict(list)
    for row in rows:
        patient = slugs.get(row.patient)
        group = group_of(row.name, patient, str(row.provider["slug"]), row.doi)
        groups[row.number] = group
        if patient is None:
            log.note("no-patient", row.number, f"group {group['id']}")
            continue
        described[patient].append(row)
        if typed_patient(row.cells)[1]:
            log.note("patient-beside", row.number, patient)
        if not row.patient.isdigit():
            log.note("patient-name", row.number, patient)
        for link in group.get("linked", ()):
            log.note("study-set", row.number, f"group {link['id']}")
    for patient, members in described.items():
        differing = _differences(members)
        if differing:
            log.note("patient-differs", members[0].number, f"{patient} ({len(members)} rows): {'; '.join(differing)}")
    numbers = {row.name: row.number for row in rows}
    for cells in table:
        same = decisions["same_recording"].get(cells["Filename"])
        second = slugs.get(typed_patient(cells)[0])
        # An id that no other recording has joins nothing.
        if same and second in described and same["as"] in numbers:
            _link(groups[numbers[same["as"]]], f"pocus/{second}", "patient")
    _join(groups, numbers, decisions, log)
    return groups


def looked_at(
    rows: Sequence[PocusRow], named: Mapping[int, str], decisions: Mapping[str, Any]
) -> frozenset[frozenset[str]]:
    """Return the pairs of recordings whose pictures the curator compared, by id."""
    ids = {row.name: named[row.number] for row in rows}
    pairs = [pair["names"] for kind in ("joined", "seen_apart") for pair in decisions[kind]]
    return frozenset(frozenset(ids[name] for name in pair) for pair in pairs if all(name in ids for name in pair))


def _join(
    groups: Mapping[int, dict[str, Any]], numbers: Mapping[str, int], decisions: Mapping[str, Any], log: Log
) -> None:
    for kind, rule in (("joined", "joined"), ("joined_unseen", "joined-unseen")):
        for pair in decisions[kind]:
            if all(name in numbers for name in pair["names"]):
                first, second = (numbers[name] for name in pair["names"])
                _link(groups[first], groups[second]["id"], "near-duplicate")
                _link(groups[second], groups[first]["id"], "near-duplicate")
                log.note(rule, first, f"{' and '.join(pair['names'])}: {pair['because']}")
    for kind, rule in (("left_apart", "left-apart"), ("seen_apart", "seen-apart")):
        for pair in decisions[kind]:
            if all(name in numbers for name in pair["names"]):
                log.note(rule, numbers[pair["names"][1]], f"{' and '.join(pair['names'])}: {pair['because']}")


def _link(group: dict[str, Any], other: str, basis: str) -> None:
    known = {group["id"], *(link["id"] for link in group.get("linked", ()))}
    if other not in known:
        group.setdefault("linked", []).append({"id": other, "basis": basis})


def _differences(members: Sequence[PocusRow]) -> list[str]:
    facts = {
        "class": {row.class_name for row in members},
        "source": {str(row.provider["slug"]) for row in members},
        "sex": {patient_of(row.cells["Gender"], "")[0].get("sex", "") for row in members} - {""},
        "age": {patient_of("", row.cells["Age"])[0].get("age_band", "") for row in members} - {""},
    }
    return [f"{word} {' and '.join(sorted(values))}" for word, values in facts.items() if len(values) > 1]
