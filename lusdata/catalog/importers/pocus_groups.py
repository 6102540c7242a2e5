"""Which recordings of covid19_ultrasound belong to one patient: ids as typed, widened where they cannot be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lusdata.catalog.importers.common import Log, slug

__all__ = ["group_of", "join", "patient_slugs", "typed_patient"]

_BLANK = {"", "nd", "n/a", "n.a.", "none", "unknown", "-"}
_SET = re.compile(r"northumbria_(\d{4})_set(\d+)", re.IGNORECASE)


def typed_patient(row: Mapping[str, str]) -> tuple[str, bool]:
    """Return the patient id of a row as typed, and whether it stood in the column without a name.

    Examples
    --------
    >>> typed_patient({"Patient ID / Name": "", "Unnamed: 27": "12.0"}), typed_patient({"Patient ID / Name": "n/A"})
    (('12', True), ('', False))
    """
    typed, beside = row["Patient ID / Name"], row.get("Unnamed: 27", "")
    if typed.lower() not in _BLANK:
        return _whole(typed), False
    if re.fullmatch(r"\d+(?:\.0+)?", beside):
        return _whole(beside), True
    return "", False


def _whole(typed: str) -> str:
    # A spreadsheet that once held a blank in the column gives every number a decimal.
    return re.sub(r"\.0+\Z", "", typed)


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


def join(groups: Mapping[str, dict[str, Any]], joined: Sequence[Mapping[str, Any]], rows: Mapping[str, int], log: Log) -> None:
    """Link the groups of recordings that the curator joined, each to the other.

    Parameters
    ----------
    groups : Mapping of str to dict
        Groups by file name; links are added in place.
    joined : sequence of Mapping
        Names, basis and reason; pairs of which the sheet lacks one are passed over.
    rows : Mapping of str to int
        Row of each file name.
    log : Log
        Gets a note for each pair.
    """
    for pair in joined:
        first, second = pair["names"]
        if first not in groups or second not in groups:
            continue
        for one, other in ((first, second), (second, first)):
            link = {"id": groups[other]["id"], "basis": pair["basis"]}
            links = groups[one].setdefault("linked", [])
            if link["id"] != groups[one]["id"] and link["id"] not in {known["id"] for known in links}:
                links.append(link)
        log.note("joined", rows[first], f"{first} with {second}: {pair['because']}")
