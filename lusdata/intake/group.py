"""Which group a new recording belongs to: as wide as what is known. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.intake.answers import Answers
from lusdata.intake.codes import Codes
from lusdata.intake.grouping import Group

__all__ = ["coded", "group_entry", "patient_group"]


def patient_group(collection: str, provider: str, code: str, known: Sequence[Manifest] = ()) -> str:
    """Return the group of a patient's code, which means something to one provider alone.

    Parameters
    ----------
    collection, provider : str
        Namespace, and whose code it is.
    code : str
        The patient's.
    known : sequence of Manifest
        Recordings that are there: a group without the provider in its name is joined if all of it is the provider's.

    Examples
    --------
    >>> patient_group("pocus", "my-clinic", "13"), patient_group("mine", "mine", "13")
    ('pocus/patient-my-clinic-13', 'mine/patient-13')
    """
    short = f"{collection}/patient-{code}"
    providers = {manifest.provider for manifest in known if manifest.group_id == short}
    return short if provider == collection or providers == {provider} else f"{collection}/patient-{provider}-{code}"


def coded(group: Group, codes: Codes) -> dict[str, Any]:
    """Return what `Answers` has of a group of files: a patient's code, a whole group, or nothing if nobody is known.

    Parameters
    ----------
    group : Group
        Files that are taken for one patient's.
    codes : Codes
        Makes codes of what could name a patient.

    Examples
    --------
    >>> coded(Group("name", "13", "the name says 'p13'", "patient", ("p13.mp4",)), Codes("pocus", b"key"))
    {'patient': '13'}
    """
    if group.basis == "unknown":
        return {}
    if group.kind == "dicom":
        # Such a code is the same whoever provides the file.
        return {"group": (f"{group.basis}-{group.key}", group.basis)}
    if group.basis == "study":
        return {"group": (f"study-{codes.of(group.key, 'study')}", "study")}
    return {"patient": codes.of_patient(group.key)}


def group_entry(
    collection: str,
    slug: str,
    answers: Answers,
    *,
    joined: Sequence[Manifest] = (),
    known: Sequence[Manifest] = (),
) -> dict[str, Any]:
    """Return the group of a new recording, as wide as what is known.

    Parameters
    ----------
    collection, slug : str
        The parts of its id.
    answers : Answers
        Patient, and the recordings that it is said to belong to.
    joined : sequence of Manifest
        The recordings that it belongs to: those named, and those whose pictures agree.
    known : sequence of Manifest
        Recordings that are there; see `patient_group`.

    Returns
    -------
    dict
        A manifest's `group`.

    Examples
    --------
    >>> group_entry("pocus", "a", Answers("healthy", "convex", "CC0-1.0", "x", patient="12"))
    {'id': 'pocus/patient-x-12', 'basis': 'patient'}
    """
    named = next((other for other in joined if other.id == answers.same_patient), None)
    if answers.patient is not None:
        group = {"id": patient_group(collection, answers.provider, answers.patient, known), "basis": "patient"}
    elif answers.group is not None:
        group = {"id": f"{collection}/{answers.group[0]}", "basis": answers.group[1]}
    elif named is not None and named.group_basis in ("patient", "study", "publication"):
        group = {"id": named.group_id, "basis": named.group_basis}
    else:
        group = {"id": f"{collection}/unknown-{slug}", "basis": "unknown"}
    linked: dict[str, str] = {}
    for other in joined:
        if other.group_id != group["id"]:
            # What a person says goes before what pictures show.
            same = other is named and re.match(r"[^/]+/(patient|unknown|clip)-", other.group_id)
            linked.setdefault(other.group_id, "patient" if same else "near-duplicate")
    links = [{"id": identifier, "basis": basis} for identifier, basis in sorted(linked.items())]
    return {**group, "linked": links} if links else group
