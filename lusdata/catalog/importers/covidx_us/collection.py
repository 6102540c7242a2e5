"""COVIDx-US, from the user's own checkout: tables of addresses, classes and scores. Its rows stay with the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lusdata.catalog.about import about_header
from lusdata.catalog.age import age_band
from lusdata.catalog.importers.common import (
    Imported,
    Log,
    imported_rows,
    read_rows,
    read_text,
    skeleton,
    slug,
)
from lusdata.catalog.importers.covidx_us.rules import LEFT_BEHIND, RULES
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.terms import terms_of

__all__ = ["COLLECTION", "CovidxSources", "draft", "read"]

COLLECTION = "covidx-us"
_TABLE = "utils/video_metadata.csv"
_SCORES = "utils/LUSS_metadata.csv"
_ENCODINGS = ("utf-8-sig", "cp1252")
"""The tables come out of a spreadsheet of Windows, and some versions were saved as UTF-8."""

_READER = "covidx-us"
_SCALE = "covidx-us-luss-0-3"
_TASK = "covidx-us-class"
_SINCE = "2026-11-29"
"""Day on which this importer was made."""

_COLUMNS = (
    "id", "filename", "filetype", "source", "url", "probe", "class", "class_on_website", "type", "patient",
    "gender", "age", "paper_doi", "license", "link",
)  # fmt: skip
_SCORE_COLUMNS = ("id", "LUSS", "type")

_PROVIDERS = {
    "butterfly": ("butterfly-network", "Butterfly Network"),
    "clarius": ("clarius", "Clarius"),
    "coreultrasound": ("core-ultrasound", "CORE Ultrasound"),
    "grepmed": ("grepmed", "GrepMed"),
    "litfl": ("litfl", "Life in the Fast Lane"),
    "pocusatlas": ("pocus-atlas", "The POCUS Atlas"),
    "radiopaedia": ("radiopaedia", "Radiopaedia"),
    "uf": ("university-of-florida", "University of Florida, Center for Safety, Simulation and Advanced Learning"),
}
_PAPERS = {"10.1186/cc5668": "critical-care-2007", "10.1186/s13089-020-00171-w": "ultrasound-j-2020-171"}
"""Papers that `pocus` has under a name of its own; every other one is called by its DOI."""

_LICENCES = {"creativecommons.org/licenses/by/4.0": "CC-BY-4.0"}
_CLASSES = {"covid": "covid-19", "normal": "normal", "other": "other", "pneumonia": "unknown"}
_CLASSES_ON_SITE = {
    "chronic obstructive pulmonary disease": "copd",
    "chronic obstructive pulmonary disease (copd)": "copd",
    "malignancy - lung metastases": "malignancy",
    "pleural effusion": "pleural-effusion",
    "pneumothorax": "pneumothorax",
    "pulmonary contusion": "lung-contusion",
    "pulmonary edema": "pulmonary-oedema",
    "pulmonary oedema": "pulmonary-oedema",
}
_MEDIA_SUFFIXES = (".avi", ".gif", ".mov", ".mp4", ".mpeg", ".mpg", ".wmv")
_SESSION = re.compile(r"(?:^|&)x-amz-", re.IGNORECASE)
_ARTICLE = re.compile(r"/1-s2\.0-(S\w+)-")
"""The publisher's number of an article, in the address of a file that belongs to it."""

_PACKAGE = re.compile(r"\.getbynder\.com/transfer/", re.IGNORECASE)


@dataclass(frozen=True)
class CovidxSources:
    """The upstream tables as text: the recordings, and their scores (empty in older versions of the project)."""

    table: str
    scores: str = ""


def read(folder: Path, media: tuple[str, ...] = ()) -> CovidxSources:
    """Read the upstream tables of a checkout; where a recording's file lies follows from its id.

    Raises
    ------
    UsageError
        If the table of recordings is missing.
    DataError
        If one is no text.
    """
    del media
    scores = folder / _SCORES
    return CovidxSources(
        read_text(folder / _TABLE, encodings=_ENCODINGS),
        read_text(scores, encodings=_ENCODINGS) if scores.is_file() else "",
    )


def draft(sources: CovidxSources) -> Imported:
    """Decide about every row; see `lusdata.catalog.importers`.

    Raises
    ------
    DataError
        If a column is missing.
    """
    log = Log()
    rows = read_rows(sources.table, where=_TABLE, columns=_COLUMNS)
    scored = read_rows(sources.scores, where=_SCORES, columns=_SCORE_COLUMNS) if sources.scores else []
    scores = {row["id"]: row for row in scored}
    first: dict[str, tuple[int, dict[str, str]]] = {}
    rows = _with_one_doi(rows, log)
    return imported_rows(
        rows,
        lambda number, row: _draft(number, row, scores.get(row["id"], {}), first, log),
        log,
        name="id",
        collection=COLLECTION,
        title="a checkout of COVIDx-US, its tables of recordings and of scores",
        renewal="lusdata import covidx-us CHECKOUT",
        rules=RULES,
        left_behind=LEFT_BEHIND,
        about=_about(),
    )


def _about() -> dict[str, Any]:
    return {
        **about_header(),
        "title": "COVIDx-US",
        "description": "Lung ultrasound of nine sources, from somebody's own checkout of the COVIDx-US project.",
        "owner": "The COVIDx-US project for the tables; each recording's source for the recording",
        "private": False,
        "citation": "Ebadi A. et al. COVIDx-US, https://github.com/nrc-cnrc/COVID-US; and the source of every "
        "recording that was used",
        "contact": "https://github.com/nrc-cnrc/COVID-US/issues",
        "readers": [{"id": _READER, "expertise": "the tables of COVIDx-US; who read what they do not say"}],
        "severity_scales": [
            {
                "name": _SCALE,
                "title": "Lung ultrasound score of one video by COVIDx-US",
                "minimum": 0,
                "maximum": 3,
                "definition": "Four classes of one video, 0 the least and 3 the most severe, as the table gives them.",
            }
        ],
        "tasks": [
            {
                "name": _TASK,
                "kind": "categorical",
                "meaning": "Class of the table; pneumonia whatever caused it.",
                "values": sorted(_CLASSES),
                "said_by": "the table of COVIDx-US",
            }
        ],
    }


def _draft(
    number: int,
    row: Mapping[str, str],
    scored: Mapping[str, str],
    first: dict[str, tuple[int, dict[str, str]]],
    log: Log,
) -> dict[str, Any] | str:
    if not slug(row["id"]) or row["class"].casefold() not in _CLASSES:
        return "no id, or a class that nobody knows"
    provider = _provider(row)
    if provider is None:
        return "a source that nobody knows, or a paper without a DOI"
    identifier = f"{COLLECTION}/{slug(row['id'])}"
    group = _group(number, identifier, row, provider[0], log)
    reason = _reason(number, row, scored, log)
    address = _address(row["url"])
    if address and not _PACKAGE.search(address):
        earlier, owner = first.setdefault(address, (number, group))
        if earlier != number:
            log.note("same-address", number, f"{row['id']}: that of row {earlier}")
            reason = reason or f"its address is that of row {earlier} of the table"
            if owner["id"] != group["id"]:
                group = {**group, "linked": [{"id": owner["id"], "basis": "near-duplicate"}]}
    data: dict[str, Any] = {
        **skeleton(identifier),
        "kind": "video",
        "status": {"state": "excluded" if reason else "included", "since": _SINCE},
        "source": _source(number, row, provider, log),
        "probe": row["probe"].casefold() if row["probe"].casefold() in ("convex", "linear", "phased") else "unknown",
        "class": _class(number, row, log),
        "class_basis": "source-label",
        "group": group,
        "labels": [{"task": _TASK, "value": row["class"].casefold(), "reader": _READER}],
    }
    if reason:
        data["status"]["reason"] = reason
    if row["class_on_website"].casefold() == "lung point":
        data["patterns"] = [{"reader": _READER, "lung_point": "present"}]
        log.note("lung-point", number, row["id"])
    if re.fullmatch(r"[0-3]", scored.get("LUSS", "")):
        data["severity"] = [{"scale": _SCALE, "value": int(scored["LUSS"]), "reader": _READER}]
        log.note("score", number, f"score {scored['LUSS']}")
    if row["filename"]:
        data["aliases"] = [row["filename"]]
    patient = dict(_patient(row))
    return {**data, "patient": patient} if patient else data


def _with_one_doi(rows: Sequence[Mapping[str, str]], log: Log) -> list[dict[str, str]]:
    """Return the rows with the first DOI of an article for all of its files."""
    dois: dict[str, str] = {}
    corrected = []
    for number, row in enumerate(rows, start=2):
        article = _ARTICLE.search(row["url"])
        doi = dois.setdefault(article[1], row["paper_doi"]) if article else row["paper_doi"]
        if doi != row["paper_doi"]:
            log.note("doi-counts-up", number, f"{row['paper_doi']} is {doi}")
        corrected.append({**row, "paper_doi": doi})
    return corrected


def _doi(row: Mapping[str, str]) -> str:
    found = re.search(r"10\.\d{4,9}/\S+", row["paper_doi"])
    return found[0] if found else ""


def _provider(row: Mapping[str, str]) -> tuple[str, str] | None:
    doi = _doi(row)
    if row["source"].casefold() == "paper":
        return (_PAPERS.get(doi) or f"doi-{slug(doi)}", f"doi {doi}") if doi else None
    return _PROVIDERS.get(row["source"].casefold())


def _reason(number: int, row: Mapping[str, str], scored: Mapping[str, str], log: Log) -> str:
    """Return why a recording is not used; empty if it is."""
    organs = {organ.casefold() for organ in (row["type"], scored.get("type", "")) if organ}
    others = sorted(organs - {"lung"})
    if others:
        log.note("not-lung", number, f"{row['id']}: {', '.join(others)}")
        return f"the tables say {', '.join(others)}, not lung"
    if not organs:
        log.note("organ-unsaid", number, row["id"])
        return "the tables do not say which organ it shows"
    if row.get("comment", "").casefold().startswith("removed"):
        log.note("removed", number, row["id"])
        return "removed by the project"
    return ""


def _address(url: str) -> str:
    """Return an address without what a server signed for one session; empty if it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or re.search(r"\s", url):
        return ""
    return urlunsplit(parts._replace(query="")) if _SESSION.search(parts.query) else url


def _source(number: int, row: Mapping[str, str], provider: tuple[str, str], log: Log) -> dict[str, Any]:
    address, doi = _address(row["url"]), _doi(row)
    parts = urlsplit(row["license"])
    licence = _LICENCES.get(f"{parts.netloc}{parts.path}".rstrip("/"), "LicenseRef-None")
    log.note("licence", number, f"{row['license'] or 'none stated'}: {licence}")
    terms = terms_of(provider[0]).licence
    if terms:
        log.note("terms", number, provider[1])
    is_session = address != row["url"] and bool(address)
    is_file = urlsplit(address).path.lower().endswith(_MEDIA_SUFFIXES) and not is_session
    if not is_file:
        log.note("session" if is_session else "no-file-address", number, row["id"])
    page = next((one for one in (_address(row["link"]), doi and f"https://doi.org/{doi}", address) if one), "")
    source: dict[str, Any] = {"provider": provider[0]}
    if page:
        source["page"] = page
    if doi:
        source["doi"] = doi
    source["path"] = f"data/video/{row['id']}.{row['filetype'].casefold() or 'mp4'}"
    source["access"] = "direct" if is_file else "manual" if page else "restricted"
    source["locations"] = [address] if is_file else []
    source["licence"] = {**licence_entry(licence), **terms}
    source["attribution"] = f"{provider[1]}; {licence}"
    return source


def _class(number: int, row: Mapping[str, str], log: Log) -> str:
    word, on_site = row["class"].casefold(), row["class_on_website"].casefold()
    found = _CLASSES_ON_SITE.get(on_site, "other") if word == "other" else _CLASSES[word]
    log.note("class", number, f"{row['class']}, {row['class_on_website'] or 'no word of the site'}: {found}")
    return found


def _group(number: int, identifier: str, row: Mapping[str, str], provider: str, log: Log) -> dict[str, Any]:
    if row["patient"]:
        group = f"{COLLECTION}/patient-{provider}-{slug(row['patient'])}"
        log.note("patient", number, group)
        return {"id": group, "basis": "patient"}
    if doi := _doi(row):
        group = f"{COLLECTION}/publication-{slug(doi)}"
        log.note("publication", number, group)
        return {"id": group, "basis": "publication"}
    log.note("no-patient", number, provider)
    return {"id": identifier.replace("/", "/unknown-"), "basis": "unknown"}


def _patient(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if re.fullmatch(r"\d+(?:\.\d+)?", row["age"]) and 0 < float(row["age"]) <= 120:
        yield "age_band", age_band(int(float(row["age"])))
    if row["gender"].casefold() in ("female", "male"):
        yield "sex", row["gender"].casefold()
