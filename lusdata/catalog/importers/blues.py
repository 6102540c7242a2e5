"""The COVID-BLUES collection: a table of recordings, a table of patients, six BLUE points each, to drafts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.age import age_band
from lusdata.catalog.importers.common import (
    Imported,
    Log,
    Practice,
    class_review,
    imported_rows,
    raw_address,
    read_rows,
    read_text,
    skeleton,
)
from lusdata.catalog.rights import licence_entry

__all__ = ["COLLECTION", "BluesSources", "draft", "read"]

COLLECTION = "blues"
_REPOSITORY = "NinaWie/COVID-BLUES"
_COMMIT = "1857a6fba9b8d00614f133fe8ffb7bc1f1a14f78"
_DOI = "10.1109/JBHI.2025.3543686"
_LICENCE = "CC-BY-NC-ND-4.0"
_SINCE = "2025-09-09"
"""Day on which the paper that describes the collection was posted as an e-print (arXiv 2509.10556)."""
_READER = "blues-reader"
_NAME = re.compile(r"patient_(\d+)_([LR][1-3])(?:_(\d+))?")
_DIAGNOSES = {
    "clin_diagn#healthy_lung": "healthy",
    "clin_diagn#bacterial_pneumonia": "bacterial-pneumonia",
    "clin_diagn#other_viral_pneumonia": "viral-pneumonia",
    "clin_diagn#other_lung_disease": "other",
}
_SYMPTOMS = {
    "Fever": "fever",
    "Coughing": "cough",
    "Dyspnea": "dyspnea",
    "Headache": "headache",
    "AnosmiaHyposmia": "anosmia",
    "AgeusiaDysgeusia": "anosmia",
    "Fatigue": "fatigue",
    "Sore_throat": "sore-throat",
    "Diarrhea": "diarrhea",
    "Muscle_pain": "myalgia",
    "Chest_pain": "chest-pain",
    "Confusion": "confusion",
    "Nausea": "nausea",
    "Running_nose": "runny-nose",
}
# What a remark states for certain. A question mark or a 'possible' states nothing.
_REMARKS = (
    (re.compile(r"consolidat", re.IGNORECASE), "consolidation", "present"),
    (re.compile(r"effusion", re.IGNORECASE), "effusion", "present"),
    (
        re.compile(r"(?:broken|interrupted|thickened) pleura|pleura line thickened", re.IGNORECASE),
        "pleural_irregularity",
        "present",
    ),
    (re.compile(r"intact pleura|pleura line intact", re.IGNORECASE), "pleural_irregularity", "absent"),
)
_STRONG_SIGNS = ("consolidation", "effusion")

RULES = {
    "class-negative": Practice(
        "PCR negative",
        "A negative test tells what the patient does not have. The class is the physicians' diagnosis and its basis is "
        "'clinical'; a positive test makes covid-19 with the basis 'pcr'.",
    ),
    "class-conflict": Practice(
        "Diagnoses that contradict the test or each other",
        "The test decides; without one diagnosis the class is other.",
    ),
    "healthy-with-signs": Practice(
        "Healthy lung, and with signs",
        "The class is the diagnosis of the patient and stays. The manifest carries a signed review of its class.",
    ),
    "one-reader": Practice(
        "Two readers, one reading",
        "Two experts read the recordings, and the file has one reading for each and no column that says whose. All are "
        f"recorded under one reader, '{_READER}', who may be either of the two.",
    ),
    "remark": Practice(
        "Remarks",
        "Remarks are sentences and are not copied. What a remark states for certain became a finding beside the "
        "columns' A-lines and B-lines; a question or a possibility became nothing. Where a remark contradicts a "
        "column, the column stays.",
    ),
    "second-take": Practice(
        "Second takes", "The same point was recorded twice. Both are recordings of their own, in one group."
    ),
    "fewer-files": Practice(
        "Another number of files than the patients' table says", "The table of recordings decides."
    ),
    "blank-cell": Practice(
        "Blank or impossible values", "-99 and blanks mean that nobody knows. The field is left out."
    ),
}

_LEFT_BEHIND = (
    "The clinical table's blood values, vital signs, body measures, comorbidities, treatment and outcome: no fields of "
    "a manifest, and together they describe 63 people more closely than a ledger of recordings needs to.",
    "Exact ages: bands of ten years, 90+ from 90 on.",
    "Symptoms without a word in the schema: vomiting, wheezing, joint or abdominal pain, lower consciousness, other.",
    "The remarks' sentences.",
)


@dataclass(frozen=True)
class BluesSources:
    """The upstream files as text: ``severity.csv`` and ``clinical_variables.csv``."""

    recordings: str
    patients: str


def read(folder: Path, media: tuple[str, ...] = ()) -> BluesSources:
    """Read the upstream files of a folder; where a recording's file lies follows from its name.

    Raises
    ------
    UsageError
        If one is missing.
    DataError
        If one is not UTF-8.
    """
    del media
    return BluesSources(read_text(folder / "severity.csv"), read_text(folder / "clinical_variables.csv"))


def draft(sources: BluesSources) -> Imported:
    """Decide about every recording.

    Parameters
    ----------
    sources : BluesSources
        The upstream files.

    Returns
    -------
    Imported
        Drafts sorted by id, decisions, and the rows without a manifest; the same for the same sources.

    Raises
    ------
    DataError
        If a column is missing.
    """
    log = Log()
    columns: tuple[str, ...] = ("video_file", "Severity Score", "A-lines", "B-lines", "comments")
    recordings = read_rows(sources.recordings, where="severity.csv", columns=columns)
    columns = (
        "patient_id",
        "cov_test",
        "pat_sex",
        "pat_age",
        *_DIAGNOSES,
        *(f"patient_symp#{key}" for key in _SYMPTOMS),
    )
    patients = {
        row["patient_id"]: row for row in read_rows(sources.patients, where="clinical_variables.csv", columns=columns)
    }
    _count_files(recordings, patients, log)
    return imported_rows(
        recordings,
        lambda number, row: _draft(number, row, patients, log),
        log,
        name="video_file",
        collection=COLLECTION,
        title=f"COVID-BLUES at commit `{_COMMIT[:12]}`, its tables of recordings and of patients",
        renewal="lusdata import blues DIR",
        rules=RULES,
        left_behind=_LEFT_BEHIND,
        of_all={"one-reader": "{count} recordings"},
    )


def _count_files(recordings: list[dict[str, str]], patients: Mapping[str, Mapping[str, str]], log: Log) -> None:
    counts = Counter(row["video_file"].split("_")[1] for row in recordings if _NAME.fullmatch(row["video_file"]))
    for patient, row in sorted(patients.items(), key=lambda item: item[0].zfill(4)):
        stated = row.get("number_video_files", "")
        if stated and float(stated) != counts[patient]:
            log.note(
                "fewer-files", 0, f"patient {patient}: {counts[patient]} recordings, {float(stated):g} in the table"
            )


def _draft(
    number: int, row: Mapping[str, str], patients: Mapping[str, Mapping[str, str]], log: Log
) -> dict[str, Any] | str:
    name = _NAME.fullmatch(row["video_file"])
    if name is None:
        return "the name states no patient and no BLUE point"
    if name[1] not in patients:
        return "the patients' table has no such patient, so no diagnosis"
    patient = patients[name[1]]
    path = f"lus_videos/{row['video_file']}.mp4"
    class_name, basis = _class(number, patient, log)
    take = f"-{name[3]}" if name[3] else ""
    if take:
        log.note("second-take", number, row["video_file"])
    data: dict[str, Any] = {
        **skeleton(f"{COLLECTION}/patient-{name[1]}-{name[2].lower()}{take}"),
        "kind": "video",
        "status": {"state": "included", "since": _SINCE},
        "source": {
            "provider": "maastricht-umc",
            "page": f"https://github.com/{_REPOSITORY}",
            "doi": _DOI,
            "path": path,
            "access": "direct",
            "locations": [raw_address(_REPOSITORY, _COMMIT, path)],
            "licence": licence_entry(_LICENCE),
            "attribution": f"Maastricht UMC+, COVID-BLUES, https://doi.org/{_DOI}; {_LICENCE}",
        },
        # One device recorded all of them, with a convex transducer.
        "probe": "convex",
        "class": class_name,
        "class_basis": basis,
        "view": {"scheme": "blue", "zone": name[2]},
        "group": {"id": f"{COLLECTION}/patient-{name[1]}", "basis": "patient"},
    }
    reading = _reading(number, row, log)
    if reading:
        data["patterns"] = [{"reader": _READER, **reading}]
    score = re.fullmatch(r"([0-3])(?:\.0+)?", row["Severity Score"])
    if score:
        data["severity"] = [{"scale": "lus-0-3", "value": int(score[1]), "reader": _READER}]
    else:
        log.note("blank-cell", number, "severity")
    facts = _patient(number, patient, log)
    if facts:
        data["patient"] = facts
    signs = [sign for sign in _STRONG_SIGNS if reading.get(sign) == "present"]
    if class_name == "healthy" and signs:
        text = f"The class is the physicians' diagnosis of the patient and is kept; the reader sees {', '.join(signs)}."
        data["review"] = [class_review(text)]
        log.note("healthy-with-signs", number, f"{row['video_file']}: {', '.join(signs)}")
    return data


def _class(number: int, patient: Mapping[str, str], log: Log) -> tuple[str, str]:
    made = [name for column, name in _DIAGNOSES.items() if patient[column] == "1"]
    who = f"patient {patient['patient_id']}"
    if patient["cov_test"] == "1":
        if made:
            log.note("class-conflict", number, f"{who}: covid-19 by the test, beside {', '.join(made)}")
        return "covid-19", "pcr"
    if len(made) != 1 or patient["cov_test"] != "0":
        log.note("class-conflict", number, f"{who}: {', '.join(made) or 'no diagnosis'}")
        return "other", "unknown"
    log.note("class-negative", number, f"{who}: {made[0]}")
    return made[0], "clinical"


def _reading(number: int, row: Mapping[str, str], log: Log) -> dict[str, str]:
    words = {"yes": "present", "no": "absent"}
    reading = {}
    for column, finding in (("B-lines", "b_lines"), ("A-lines", "a_lines")):
        if row[column].lower() in words:
            reading[finding] = words[row[column].lower()]
        else:
            log.note("blank-cell", number, column)
    told = {}
    for clause in re.split(r"[,;]", row["comments"]):
        if "possible" in clause.lower() or "?" in clause:
            continue
        for pattern, finding, word in _REMARKS:
            if pattern.search(clause):
                told[finding] = word
    if row["comments"]:
        found = ", ".join(f"{finding.replace('_', ' ')} {word}" for finding, word in told.items()) or "no finding"
        log.note("remark", number, found)
    return {**reading, **told}


def _patient(number: int, patient: Mapping[str, str], log: Log) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    years = float(patient["pat_age"]) if re.fullmatch(r"\d+(?:\.\d+)?", patient["pat_age"]) else -1.0
    if 0 < years <= 120:
        facts["age_band"] = age_band(int(years))
    else:
        log.note("blank-cell", number, "age")
    sex = {"0": "female", "1": "male"}.get(patient["pat_sex"].removesuffix(".0"))
    if sex:
        facts["sex"] = sex
    symptoms = [symptom for key, symptom in _SYMPTOMS.items() if patient[f"patient_symp#{key}"] == "1"]
    if symptoms:
        facts["symptoms"] = list(dict.fromkeys(symptoms))
    return facts
