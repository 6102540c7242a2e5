"""The covid19_ultrasound collection: a sheet typed by hand, boxes, downloads and published folds, to drafts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from lusdata.catalog.importers.common import (
    CURATED_ON,
    Imported,
    Log,
    class_review,
    read_rows,
    read_text,
    skeleton,
)
from lusdata.catalog.importers.pocus.cells import (
    COLUMNS,
    folder_of,
    licence_of,
    page_of,
    patient_of,
    reading_of,
    says_hosted,
    state_of,
    symptoms_of,
    upstream_changes_of,
)
from lusdata.catalog.importers.pocus.groups import groups_of, looked_at
from lusdata.catalog.importers.pocus.places import REPOSITORY, FilePlaces, box_of, trim_of
from lusdata.catalog.importers.pocus.rows import PocusRow, identifiers, usable_rows, with_aliases, without_days
from lusdata.catalog.importers.pocus.rules import LEFT_BEHIND, RULES
from lusdata.catalog.importers.pocus.severity import severity_of
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.terms import terms_of
from lusdata.errors import DataError

__all__ = ["COLLECTION", "PocusSources", "draft", "read"]

COLLECTION = "pocus"
_SINCE = "2021-02-25"
_REPOSITORY_PAGE = f"https://github.com/{REPOSITORY}"
_DISEASED = {"covid-19", "bacterial-pneumonia", "viral-pneumonia"}
_STRONG_SIGNS = ("consolidation", "effusion", "air_bronchogram")
_WEAK_SIGNS = ("b_lines", "pleural_irregularity")
_REASONS = {
    "not-used": "not used by the collectors",
    "artifacts": "arrows, callipers or text lie over the lung",
    "label-uncertain": "the collectors doubt the label",
    "location-unknown": "the sheet's location is not understood",
}


@dataclass(frozen=True)
class PocusSources:
    """The upstream files as text.

    Attributes
    ----------
    sheet : str
        ``dataset_metadata.csv``.
    boxes, downloads, gallery, folds : str
        ``crop.json``, ``web_sources.csv``, ``butterfly_files.json`` and ``published_folds.json``.
    severity : str
        ``pocus_severity.csv``; empty for none.
    media : tuple of str
        Paths of the files that are there, with forward slashes, sorted.
    """

    sheet: str
    boxes: str
    downloads: str
    gallery: str
    folds: str
    severity: str = ""
    media: tuple[str, ...] = ()


def read(folder: Path, media: tuple[str, ...]) -> PocusSources:
    """Read the upstream files of a folder.

    Raises
    ------
    UsageError
        If one is missing.
    DataError
        If one is not UTF-8.
    """
    names = (
        "dataset_metadata.csv",
        "crop.json",
        "web_sources.csv",
        "butterfly_files.json",
        "published_folds.json",
        "pocus_severity.csv",
    )
    sheet, boxes, downloads, gallery, folds, severity = (read_text(folder / name) for name in names)
    return PocusSources(sheet, boxes, downloads, gallery, folds, severity, media)


def draft(sources: PocusSources) -> Imported:
    """Decide about every row of the sheet.

    Parameters
    ----------
    sources : PocusSources
        The upstream files.

    Returns
    -------
    Imported
        Drafts sorted by id, decisions, and the rows without a manifest; the same for the same sources.

    Raises
    ------
    DataError
        If a file has not the form that is expected.
    """
    log = Log()
    table = without_days(read_rows(sources.sheet, where="dataset_metadata.csv", columns=COLUMNS), log)
    places = _places(sources)
    rows, unmade = usable_rows(table, places, log)
    rows = with_aliases(rows, table, places, log)
    named = identifiers(rows, COLLECTION, log)
    groups = groups_of(rows, table, places.decisions, log)
    scores = severity_of(sources.severity, rows, log)
    drafts = [_draft(row, named[row.number], groups[row.number], scores.get(row.number), places, log) for row in rows]
    return Imported(
        collection=COLLECTION,
        title=f"covid19_ultrasound, its sheet of {_SINCE}",
        renewal="lusdata import pocus FACTS --media CORPUS",
        rows=len(table),
        drafts=tuple(sorted(drafts, key=lambda data: data["id"])),
        rules=RULES,
        decisions=tuple(sorted(log.decisions, key=lambda decision: decision.row)),
        unmade=tuple(unmade),
        left_behind=LEFT_BEHIND,
        row_of={identifier: number for number, identifier in named.items()},
        looked_at=looked_at(rows, named, places.decisions),
    )


def _places(sources: PocusSources) -> FilePlaces:
    decisions = files("lusdata.catalog.importers.pocus").joinpath("decisions.json")
    downloads = read_rows(sources.downloads, where="web_sources.csv", columns=("path", "url"))
    folds = _json(sources.folds, "published_folds.json", dict)
    boxes = _json(sources.boxes, "crop.json", dict)
    for path, box in boxes.items():
        if not (isinstance(box, list) and len(box) == 2 and len(box[0]) == 3 and len(box[1]) == 2):
            raise DataError(
                "a box has another form", where=f"crop.json {path}", expected="[[top, left, size], [first, end]]"
            )
    return FilePlaces(
        files=tuple(sorted(sources.media)),
        web={row["path"]: row["url"] for row in downloads},
        boxes=boxes,
        gallery=tuple(_json(sources.gallery, "butterfly_files.json", list)),
        published=tuple(dict.fromkeys(name for names in folds.values() for name in names)),
        decisions=json.loads(decisions.read_text(encoding="utf-8")),
    )


def _json(text: str, where: str, form: type) -> Any:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise DataError("not valid JSON", where=where, found=str(error)) from error
    if not isinstance(data, form):
        raise DataError("another form", where=where, expected=form.__name__, found=type(data).__name__)
    return data


def _draft(
    row: PocusRow, identifier: str, group: dict[str, Any], score: dict[str, Any] | None, places: FilePlaces, log: Log
) -> dict[str, Any]:
    cells = row.cells
    state, rule = state_of(cells["Current location"])
    class_name = places.decisions["classes"].get(row.name, row.class_name)
    if class_name != row.class_name:
        log.note("class-by-name", row.number, row.name)
    data = {
        **skeleton(identifier),
        "kind": cells["Type"].lower(),
        "status": {"state": state, "since": _SINCE},
        "source": _source(row, log),
        "probe": cells["Probe"].lower(),
        "class": class_name,
        "class_basis": row.provider.get("basis", "publication" if row.doi else "source-label"),
        "group": group,
    }
    if rule:
        data["status"]["reason"] = _REASONS[rule]
        log.note(rule, row.number, "")
    folder = folder_of(cells["Current location"])
    if folder and data["probe"] not in folder:
        log.note("probe-by-folder", row.number, f"{row.name} is {data['probe']}")
    if cells["Area according to DEGUM"] in {"1", "2", "3", "4", "5", "6"}:
        data["view"] = {"scheme": "degum", "zone": cells["Area according to DEGUM"]}
    data.update(_patient(row, log))
    data.update(_reading(row, class_name, log))
    if score is not None:
        data["severity"] = [score]
    data.update(_window(row, places, log))
    words = [word for word in places.decisions["words_in_addresses"] if word in "".join(row.place.locations).lower()]
    if class_name == "healthy" and words:
        text = f"The label is regular and the address says {words[0]}; kept until somebody sees the file."
        data["review"] = [*data.get("review", ()), class_review(text)]
        log.note("class-by-address", row.number, f"{row.name}: {words[0]}")
    if row.aliases:
        data["aliases"] = list(row.aliases)
    return data


def _source(row: PocusRow, log: Log) -> dict[str, Any]:
    cells, place = row.cells, row.place
    licence_id = licence_of(cells["License"], cells["LinkToLicense"])
    _log_licence(row, licence_id, log)
    if place.rule:
        log.note(place.rule, row.number, row.name)
    if cells["InThisRepo"].lower() not in ("yes", "no"):
        log.note("hosted-typo", row.number, row.name)
    page = page_of(cells["URL (Video Name)"])
    if page is None:
        detail = "the DOI" if row.doi else "the repository's" if says_hosted(cells["InThisRepo"]) else "none"
        page = {"the DOI": f"https://doi.org/{row.doi}", "the repository's": _REPOSITORY_PAGE}.get(detail)
        log.note("no-address", row.number, f"page: {detail}")
    elif "casa_token=" in cells["URL (Video Name)"]:
        log.note("session-token", row.number, row.name)
    source: dict[str, Any] = {"provider": row.provider["slug"]}
    if page is not None:
        source["page"] = page
    if row.doi is not None:
        source["doi"] = row.doi
    if place.path is not None:
        source["path"] = place.path
    reachable = "manual" if page is not None else "restricted"
    source["access"] = "direct" if place.locations else reachable
    source["locations"] = list(place.locations)
    source["licence"] = {**_licence(licence_id, cells["LinkToLicense"]), **terms_of(row.provider["slug"]).licence}
    source["attribution"] = f"{row.provider['name']}; {licence_id}"
    changes = upstream_changes_of(cells["ChangesMade"])
    if changes and not place.is_original:
        source["upstream_changes"] = changes
    return source


def _licence(licence_id: str, link: str) -> dict[str, Any]:
    entry = licence_entry(licence_id)
    if "url" not in entry and link.startswith(("http://", "https://")) and licence_id != "LicenseRef-None":
        entry["url"] = link
    return entry


def _log_licence(row: PocusRow, licence_id: str, log: Log) -> None:
    typed = row.cells["License"]
    if licence_id == "LicenseRef-None" and typed.lower() not in ("none", ""):
        log.note("licence-unknown", row.number, row.name)
    elif licence_id.startswith("CC-") and not any(character.isdigit() for character in typed):
        log.note("licence-version", row.number, f"{row.name} is {licence_id}")
    if licence_id == "LicenseRef-COVID-19-Emergency":
        log.note("licence-ended", row.number, row.name)
    if terms_of(row.provider["slug"]).licence:
        log.note("licence-terms", row.number, row.name)
    if "-ND" in licence_id:
        log.note("no-derivatives", row.number, row.name)


def _patient(row: PocusRow, log: Log) -> dict[str, Any]:
    facts, doubt = patient_of(row.cells["Gender"], row.cells["Age"])
    if doubt:
        log.note("age-doubt", row.number, doubt)
    if facts.get("age_band") == "0-9":
        log.note("age-wide", row.number, row.name)
    patient: dict[str, Any] = dict(facts)
    symptoms = symptoms_of(row.cells)
    if symptoms:
        patient["symptoms"] = symptoms
    return {"patient": patient} if patient else {}


def _reading(row: PocusRow, class_name: str, log: Log) -> dict[str, Any]:
    reading, rule = reading_of(row.cells)
    if rule:
        log.note(rule, row.number, row.name if rule == "bronchogram-alone" else "")
    if not reading:
        return {}
    present = {name for name, word in reading.items() if word == "present"}
    strong = [sign.replace("_", " ") for sign in _STRONG_SIGNS if sign in present]
    weak = [sign.replace("_", " ").replace("b lines", "B-lines") for sign in _WEAK_SIGNS if sign in present]
    review = []
    if class_name in _DISEASED and "normal" in present:
        text = "The class is the diagnosis of the patient and is kept; the sheet reads this recording as normal."
        review.append(class_review(text))
        log.note("class-called-normal", row.number, f"{row.name}: {class_name}")
    if class_name == "healthy" and (strong or weak):
        signs = ", ".join((*strong, *weak))
        review.append(class_review(f"The class is kept as the source gives it; the sheet also reads {signs}."))
        log.note("healthy-with-signs", row.number, f"{row.name}: {signs}")
    if "normal" in present and strong and class_name != "healthy":
        text = f"The sheet reads {', '.join(strong)} and marks the recording normal; both are kept as typed."
        review.append({"of": "patterns", "role": "curator", "on": CURATED_ON, "decision": text})
        log.note("normal-with-signs", row.number, f"{row.name}: {', '.join(strong)}")
    return {"patterns": [{"reader": "pocus-sheet", **reading}], **({"review": review} if review else {})}


def _window(row: PocusRow, places: FilePlaces, log: Log) -> dict[str, Any]:
    """Return crop and trim of a file that its users download as its source published it."""
    path = row.place.path
    if not row.place.is_original or path is None or path not in places.boxes:
        return {}
    box, frames = places.boxes[path]
    crop, crop_rule = box_of(box, row.cells["Resolution"])
    trim, trim_rule = trim_of(
        frames,
        rate=row.cells["Framerate"],
        kind=row.cells["Type"].lower(),
        changes=upstream_changes_of(row.cells["ChangesMade"]),
    )
    if crop_rule:
        log.note(crop_rule, row.number, f"{row.name}: {crop['width_px']} x {crop['height_px']} px")
    if trim_rule:
        times = f": {trim.get('start_s', 0):g} to {trim['end_s']:g} s" if trim else ""
        log.note(trim_rule, row.number, row.name + times if trim else "")
    return {"crop": crop, **({"trim": trim} if trim else {})}
