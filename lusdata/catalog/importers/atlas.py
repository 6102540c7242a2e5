"""POCUS Atlas Bench: one row a clip of a teaching case of The POCUS Atlas, with what the case's text mentions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lusdata.catalog.importers.common import (
    Imported,
    Log,
    Practice,
    imported_rows,
    read_rows,
    read_text,
    skeleton,
    slug,
)
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.rules.privacy import dates

__all__ = ["COLLECTION", "AtlasSources", "draft", "read"]

COLLECTION = "atlas"
_TABLE = "pocus_atlas_bench.csv"
_READER = "pocus-atlas-bench"
_LICENCE = "CC-BY-NC-4.0"
_SINCE = "2026-11-29"
"""Day on which the table was taken in."""

_FOUND = {
    "interp::Lung rockets": "b_lines",
    "interp_extra::Ground-glass rockets": "confluent_b_lines",
    "interp::Lung point": "lung_point",
    "interp_extra::Double lung point": "lung_point",
    "interp::Consolidation": "consolidation",
    "interp_extra::A-lines": "a_lines",
    "interp_extra::Air bronchogram": "air_bronchogram",
    "interp_extra::Air bronchogram (static)": "static_air_bronchogram",
    "interp_extra::Air bronchogram (dynamic)": "dynamic_air_bronchogram",
    "sign_extra::Curtain sign": "curtain_sign",
    "sign_extra::Jellyfish sign": "effusion",
    "sign_extra::Sinusoid sign": "effusion",
    "sign_extra::Quad sign": "effusion",
}
"""Column that says True or False, and the pattern that its True means."""

_SLIDING = {"present": "present", "absent": "absent", "both": "unknown", "not assessed": "not-assessed"}
_MORPHOLOGY = {"irregular": "present", "thin": "absent", "not assessed": "not-assessed"}

# The narrower column decides before the wider, and both before the atlas's own categories.
_CLASS_BY_EXTRA = {
    "COVID-19": "covid-19",
    "Malignancy / cancer": "malignancy",
    "Contusion": "lung-contusion",
    "Pulmonary embolism": "pulmonary-embolism",
    "Bronchiolitis": "bronchiolitis",
    "Empyema": "other",
    "Aspiration pneumonitis": "other",
    "Airway (intubation/stenosis)": "other",
}
_CLASS_BY_PATHOLOGY = {
    "Pneumothorax": "pneumothorax",
    "Pulmonary edema": "pulmonary-oedema",
    "Pulmonary embolism": "pulmonary-embolism",
    "Normal": "normal",
}
_CLASS_BY_CATEGORY = {"pleural effusion": "pleural-effusion", "pleuraleffusion": "pleural-effusion"}

_SAME_CASE = {
    "lung-us-findings-in-hypoxic-patient-with-suspected-covid19": "pocus/patient-41",
    "common-pleural-based-findings-in-covid19": "pocus/patient-42",
    "pr8gk6tad6m1ohl6imm8ck9mwz3yug": "pocus/patient-43",
    "ru6w5sgjyu1zn21jraypm2pfm0h6uf": "pocus/patient-36",
    "m2ra6cg22od32eryxmdr7im3qgw714": "pocus/patient-36",
    "3ytz1el5hly8cq6jigpy0y4irdmy1v": "pocus/patient-36",
    "5l9jgyaszu0othj5tidg0miqxkmvyv": "pocus/patient-40",
    "air-bronchograms": "pocus/patient-39",
    "0qbrvrw4ouvowjw3rqjd49q8ujia34": "pocus/patient-37",
    "improve-lung-sliding-visualization": "pocus/patient-38",
}
"""Last part of a case's page, and the group of `pocus` that shows the same case. The last two agree by title."""

_DUPLICATE = re.compile(r"colorized duplicate of (\d{4})")
_ONE_FRAME = "single-frame video (1 frame only)"
_COLUMNS = (
    "file_name",
    "id",
    "source",
    "categories",
    "case_page_url",
    "interp::Pleura::Sliding",
    "interp::Pleura::Morphology",
    *_FOUND,
    "pathology",
    "pathology_extra",
    "excluded",
)

RULES = {
    "excluded": Practice("Excluded by the benchmark", "Excluded here too, for the reason that the table gives."),
    "class": Practice(
        "Classes",
        "The narrower column of the pathology decides before the wider, and both before the atlas's categories. A "
        "'Pneumonia' of which nobody says whether bacteria or a virus caused it is no class here: the class is unknown "
        "and the table's word stands in the task 'pathology'.",
    ),
    "finding": Practice(
        "Findings",
        "What the text of a case mentions is present. What it does not mention, the table has as False; that is no "
        "absence, and no finding is recorded. Rockets are B-lines, ground-glass rockets confluent ones; "
        "jellyfish, sinusoid and quad sign mean an effusion; an irregular pleura is an irregularity, a thin one none. "
        "PLAPS is either an effusion or a consolidation and becomes nothing.",
    ),
    "sliding-both": Practice(
        "Sliding in one part of the picture and not in another",
        "One word cannot say it. Lung sliding is unknown; the lung point is recorded where it is mentioned.",
    ),
    "case": Practice(
        "One page is one case",
        "Nobody says whose the clips are. The clips of one page are one group, whose basis is a publication.",
    ),
    "same-case": Practice(
        "Cases of the collection `pocus`",
        "The page, or else the title of the case, is that of recordings of `pocus`: its files are partly the same "
        "clips, got elsewhere. The groups are linked.",
    ),
    "duplicate": Practice(
        "Coloured copies", "The table calls the clip a coloured copy of another. The groups are linked."
    ),
    "day-in-name": Practice(
        "A day in a name",
        "A day of the calendar in the page's address became part of the file name. It is left out of the id, and the "
        "file has no path: `lusdata pin` completes it by hand.",
    ),
}

_LEFT_BEHIND = (
    "Scan zone, BLUE profile and diagnosis by the BLUE protocol: the table calls them predicted.",
    "Signs of M-mode, spine, fractal, tissue-like and haematocrit sign: no patterns of a manifest.",
    "PLAPS and normal posterior: more than one pattern each.",
    "Adult or paediatric: the atlas's section; no age is stated.",
)


@dataclass(frozen=True)
class AtlasSources:
    """The upstream table as text."""

    table: str


def read(folder: Path, media: tuple[str, ...] = ()) -> AtlasSources:
    """Read the upstream table of a folder; where a clip's file lies is stated in it.

    Raises
    ------
    UsageError
        If it is missing.
    DataError
        If it is not UTF-8.
    """
    del media
    return AtlasSources(read_text(folder / _TABLE))


def draft(sources: AtlasSources) -> Imported:
    """Decide about every clip; see `lusdata.catalog.importers`.

    Raises
    ------
    DataError
        If a column is missing.
    """
    log = Log()
    rows = read_rows(sources.table, where=_TABLE, columns=_COLUMNS)
    groups = {row["id"][:4]: _group_id(row) for row in rows}
    return imported_rows(
        rows,
        lambda number, row: _draft(number, row, groups, log),
        log,
        name="file_name",
        collection=COLLECTION,
        title="the table of POCUS Atlas Bench (MIT)",
        renewal="lusdata import atlas FACTS",
        rules=RULES,
        left_behind=_LEFT_BEHIND,
        of_all={"case": f"{{count}} clips on {len(set(groups.values()))} pages"},
    )


def _draft(number: int, row: Mapping[str, str], groups: Mapping[str, str], log: Log) -> dict[str, Any] | str:
    if not row["id"] or not row["case_page_url"]:
        return "no id or no page"
    name = _without_days(row["id"])
    data: dict[str, Any] = {
        **skeleton(f"{COLLECTION}/{slug(name)}"),
        "kind": "image" if row["excluded"] == _ONE_FRAME else "video",
        "status": {"state": "included", "since": _SINCE},
        "source": {
            "provider": "pocus-atlas",
            "page": row["case_page_url"],
            "access": "manual",
            "locations": [],
            "licence": licence_entry(_LICENCE),
            "attribution": f"The POCUS Atlas; {_LICENCE}",
        },
        "probe": "unknown",
        "class": _class(number, row, log),
        "class_basis": "source-label",
        "group": {"id": _group_id(row), "basis": "publication"},
    }
    if name == row["id"]:
        data["source"]["path"] = row["file_name"]
    else:
        log.note("day-in-name", number, data["id"])
    if row["excluded"]:
        data["status"] = {"state": "excluded", "since": _SINCE, "reason": row["excluded"]}
        log.note("excluded", number, row["excluded"])
    linked = _links(number, row, groups, log)
    if linked:
        data["group"]["linked"] = linked
    reading = _reading(number, row, log)
    if reading:
        data["patterns"] = [{"reader": _READER, **reading}]
    if row["pathology"] != "unspecified":
        data["labels"] = [{"task": "pathology", "value": slug(row["pathology"]), "reader": _READER}]
    return data


def _without_days(name: str) -> str:
    for day in dates(name):
        name = re.sub(rf"[-_ ]?{re.escape(day)}", "", name)
    return name


def _last_part(row: Mapping[str, str]) -> str:
    return urlsplit(row["case_page_url"]).path.rstrip("/").rpartition("/")[2]


def _group_id(row: Mapping[str, str]) -> str:
    section = "paediatric" if row["source"] == "lung_jr" else "adult"
    return f"{COLLECTION}/case-{section}-{slug(_without_days(_last_part(row)))}"


def _links(number: int, row: Mapping[str, str], groups: Mapping[str, str], log: Log) -> list[dict[str, str]]:
    linked = []
    same = _SAME_CASE.get(_last_part(row))
    if same:
        linked.append({"id": same, "basis": "patient"})
        log.note("same-case", number, f"{row['id']}: {same}")
    copy = _DUPLICATE.search(row["excluded"])
    if copy and copy[1] in groups:
        linked.append({"id": groups[copy[1]], "basis": "near-duplicate"})
        log.note("duplicate", number, f"{row['id']}: {groups[copy[1]]}")
    return linked


def _class(number: int, row: Mapping[str, str], log: Log) -> str:
    words = row["categories"].casefold().split("|")
    by_category = next((_CLASS_BY_CATEGORY[word] for word in words if word in _CLASS_BY_CATEGORY), "unknown")
    narrow, wide = row["pathology_extra"], row["pathology"]
    found = _CLASS_BY_EXTRA.get(narrow) or _CLASS_BY_PATHOLOGY.get(wide)
    if found is None:
        # A parapneumonic effusion is a pneumonia of its own kind, whatever shelf the atlas puts it on.
        found = by_category if wide == "unspecified" else "unknown"
    log.note("class", number, f"{wide}, {narrow}: {found}")
    return found


def _reading(number: int, row: Mapping[str, str], log: Log) -> dict[str, str]:
    reading = {pattern: "present" for column, pattern in _FOUND.items() if row[column] == "True"}
    for column, pattern, words in (
        ("interp::Pleura::Sliding", "lung_sliding", _SLIDING),
        ("interp::Pleura::Morphology", "pleural_irregularity", _MORPHOLOGY),
    ):
        if row[column] in words:
            reading[pattern] = words[row[column]]
    if row["interp::Pleura::Sliding"] == "both":
        log.note("sliding-both", number, row["id"])
    seen = sorted(pattern.replace("_", " ") for pattern, word in reading.items() if word == "present")
    log.note("finding", number, ", ".join(seen) or "nothing mentioned")
    return reading
