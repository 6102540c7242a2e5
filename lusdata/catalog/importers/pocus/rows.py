"""The rows of the covid19_ultrasound sheet that stand for a recording: whose they are and what they are called."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lusdata.catalog.importers.common import Log, Unmade, slug
from lusdata.catalog.importers.pocus.cells import class_of, doi_of, licence_of, page_of, typed_patient
from lusdata.catalog.importers.pocus.places import FilePlace, FilePlaces
from lusdata.catalog.rules.privacy import dates

__all__ = ["PocusRow", "identifiers", "usable_rows", "with_aliases", "without_days"]


@dataclass(frozen=True)
class PocusRow:
    """One row that becomes a manifest.

    Attributes
    ----------
    number : int
        As a spreadsheet counts: the header is row 1.
    cells : Mapping
        The row as typed.
    name : str
        File name without its ending.
    place : FilePlace
        Where the file is.
    class_name : str
        Class by the row's label.
    provider : Mapping
        Slug and name of the source.
    doi : str or None
        Of the publication.
    patient : str
        Patient id as typed; empty where there is none.
    aliases : tuple of str
        Other names of the recording.
    """

    number: int
    cells: Mapping[str, str]
    name: str
    place: FilePlace
    class_name: str
    provider: Mapping[str, Any]
    doi: str | None
    patient: str
    aliases: tuple[str, ...] = ()


def without_days(table: Sequence[Mapping[str, str]], log: Log) -> list[dict[str, str]]:
    """Take days of the calendar out of file names: a day of an examination can name its patient."""
    plain = []
    for number, cells in enumerate(table, start=2):
        name = cells["Filename"]
        for day in dates(name):
            name = re.sub(rf"[-_ ]?{re.escape(day)}", "", name)
        if name != cells["Filename"]:
            log.note("day-in-name", number, f"now {name}")
        plain.append({**cells, "Filename": name})
    return plain


def usable_rows(
    table: Sequence[Mapping[str, str]], places: FilePlaces, log: Log
) -> tuple[list[PocusRow], list[Unmade]]:
    """Part the rows that become manifests from those that cannot.

    Parameters
    ----------
    table : sequence of Mapping
        The sheet.
    places : FilePlaces
        Where files are, and the curator's decisions.
    log : Log
        Gets the decisions about sources, licences and repeated rows.
    """
    rows, unmade = [], []
    names = {cells["Filename"] for cells in table}
    for number, cells in enumerate(table, start=2):
        name = cells["Filename"]
        same = places.decisions["same_recording"].get(name)
        provider, doi = _provider(number, cells, places.decisions["providers"], log)
        licence_id = licence_of(cells["License"], cells["LinkToLicense"])
        log.note("licence", number, f"'{cells['License']}' is {licence_id}")
        class_name = class_of(cells["Label"])
        if not name:
            unmade.append(Unmade(number, "(no name)", "no file name"))
        elif same and same["as"] in names:
            log.note("same-recording", number, f"{name} is {same['as']}: {same['because']}")
            unmade.append(Unmade(number, name, f"the recording of {same['as']}; its name is an alias there"))
        elif class_name is None:
            unmade.append(Unmade(number, name, "the label is none that lusdata knows"))
        elif cells["Probe"].lower() not in ("convex", "linear") or cells["Type"].lower() not in ("video", "image"):
            unmade.append(Unmade(number, name, "the transducer or the type is not understood"))
        elif provider is None:
            unmade.append(Unmade(number, name, "no address, no DOI and no source id: nobody can find it again"))
        else:
            patient, _ = typed_patient(cells)
            rows.append(PocusRow(number, cells, name, places.place(cells), class_name, provider, doi, patient))
    return rows, unmade


def _provider(
    number: int, cells: Mapping[str, str], providers: Sequence[Mapping[str, Any]], log: Log
) -> tuple[Mapping[str, Any] | None, str | None]:
    doi, address = doi_of(cells["DOI"]), cells["URL (Video Name)"]
    if doi and doi != cells["DOI"]:
        log.note("doi-spelling", number, "normalised")
    if doi is None:
        doi = doi_of(address)
        if doi:
            log.note("doi-elsewhere", number, doi)
    host = (urlsplit(page_of(address) or "").hostname or "").removeprefix("www.")
    by_doi = _first(known for known in providers if doi and doi in known.get("dois", ()))
    by_host = _first(known for known in providers if _at(host, known))
    by_id = _first(known for known in providers if cells["Source ID"] in known["source_ids"])
    found = by_doi or by_host or by_id
    if found is None and (doi or host):
        found = {"slug": slug(doi or host), "name": doi or host}
    if found is not None and found is not by_id:
        if by_id is not None:
            log.note("provider-by-address", number, f"{found['slug']}, not {by_id['slug']}")
        elif not cells["Source ID"]:
            log.note("provider-without-id", number, str(found["slug"]))
    return found, doi


def _first(providers: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next(iter(providers), None)


def _at(host: str, provider: Mapping[str, Any]) -> bool:
    return any(host == known or host.endswith("." + known) for known in provider.get("hosts", ()))


def with_aliases(
    rows: Sequence[PocusRow], table: Sequence[Mapping[str, str]], places: FilePlaces, log: Log
) -> list[PocusRow]:
    """Give every row the other names of its recording, so that published splits find it.

    Names are compared without capitals, endings and punctuation: the published folds call
    ``Cov-Butterfly-Consolidation.mp4`` ``Cov_Butterfly_Consolidation.avi``.
    """
    aliases: dict[str, list[str]] = defaultdict(list)
    spelled: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in (row.name, *places.decisions["other_names"].get(row.name, ())):
            spelled[slug(name)].add(row.name)
        if row.place.path is None or PurePosixPath(row.place.path).stem != row.name:
            aliases[row.name].append(row.name)
    numbers = {row.name: row.number for row in rows}
    paths = {PurePosixPath(row.place.path).name for row in rows if row.place.path}
    for name in (*places.gallery, *places.published):
        owners = spelled[slug(PurePosixPath(name).stem)]
        if not owners:
            log.note("published-unknown", 0, name)
        elif len(owners) == 1 and name not in paths:
            (owner,) = owners
            aliases[owner].append(name)
            if PurePosixPath(name).stem != owner:
                log.note("published-name", numbers[owner], f"{name} is {owner}")
    typed = {cells["Filename"] for cells in table}
    for name, same in places.decisions["same_recording"].items():
        if name in typed:
            aliases[same["as"]].append(name)
    return [replace(row, aliases=tuple(dict.fromkeys(aliases[row.name]))) for row in rows]


def identifiers(rows: Sequence[PocusRow], collection: str, log: Log) -> dict[int, str]:
    """Return the id of each row's recording, by row number; no two are the same."""
    names = Counter(row.name for row in rows)
    found: dict[int, str] = {}
    for row in rows:
        word = slug(row.name) or f"row-{row.number}"
        if names[row.name] > 1:
            word += "-" + row.cells["Probe"].lower()
            log.note("name-twice", row.number, f"{row.name} is {collection}/{word}")
        if f"{collection}/{word}" in found.values():
            word += f"-row-{row.number}"
            log.note("name-alike", row.number, f"{row.name} is {collection}/{word}")
        found[row.number] = f"{collection}/{word}"
    return found
