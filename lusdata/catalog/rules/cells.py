"""What in the cells of a table may name a person: by the titles of its columns and by what stands in them. No I/O.

For tables that come along with recordings, before anything is written from them. A title tells what cells mean that
look like nothing (``4711`` below ``MRN``), and cells tell what a title hides (``notes``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from lusdata.catalog.rules.privacy import ages, contacts, dates, dicom_names, titled_names

__all__ = ["CellFinding", "Meaning", "private_cells"]

Meaning = Literal["name", "day", "identifier", "contact", "place", "age"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Whole words of titles, in the languages that clinics of this field write most.
_TITLES: Mapping[Meaning, frozenset[str]] = {
    "name": _set(
        "name surname forename firstname lastname givenname familyname fullname patientname initials vorname nachname"
        " familienname patientenname nom prenom nombre apellido apellidos nome cognome physician doctor operator"
        " sonographer radiologist arzt untersucher medecin medico"
    ),
    "day": _set(
        "dob birth birthdate birthday dateofbirth geburtsdatum geburtstag naissance nacimiento date datum fecha data"
        " examdate studydate scandate acquisitiondate untersuchungsdatum"
    ),
    "identifier": _set(
        "mrn pid patientid ssn nhs nhsnumber insurance insurancenumber accession accessionnumber caseid fallnummer"
        " patientennummer patientnumber medicalrecordnumber studyinstanceuid seriesinstanceuid sopinstanceuid uid"
        " passport dni nif"
    ),
    "contact": _set("phone telephone tel mobile fax email mail telefon telefono courriel"),
    "place": _set(
        "address street city town zip zipcode postcode postalcode plz ort adresse strasse stadt ville direccion"
        " hospital ward room institution krankenhaus klinik station gps latitude longitude"
    ),
}
# Words of titles with which a name is one of a file or a thing.
_OF_THINGS = _set("file filename video image clip class label path folder column probe device model task")
_AGE_TITLES = _set("age alter edad eta years patientage")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d*)?")
_OLDEST = 90
_SURNAME_FIRST = re.compile(r"[^\W\d_][^\W\d_'-]+, [^\W\d_]+(?: [^\W\d_]+\.?)?")
_LONG_NUMBER = re.compile(r"(?<![\w.])[A-Z]{0,3}\d{7,12}(?![\w.])")
_UID = re.compile(r"(?<![\w.])[012](?:\.\d+){5,}(?![\w.])")


@dataclass(frozen=True)
class CellFinding:
    """What some cells of a column may say.

    Attributes
    ----------
    column : str
        Title of the column; empty for text without one.
    meaning : {"name", "day", "identifier", "contact", "place", "age"}
        What they may say of a person.
    count : int
        Number of such cells.
    words : str
        From the first of them.
    """

    column: str
    meaning: Meaning
    count: int
    words: str


def private_cells(table: Mapping[str, Iterable[str]]) -> tuple[CellFinding, ...]:
    """Find what may name a person in a table.

    Parameters
    ----------
    table : Mapping of str to iterable of str
        Cells by their column's title; text without columns stands under an empty title, a line a cell.

    Returns
    -------
    tuple of CellFinding
        In the order of the columns.

    Examples
    --------
    >>> found = private_cells({"file": ["a.mp4", "b.mp4"], "Patient name": ["E. M.", ""], "notes": ["seen 13.03.2020"]})
    >>> [(one.column, one.meaning, one.count) for one in found]
    [('Patient name', 'name', 1), ('notes', 'day', 1)]
    """
    return tuple(finding for column, cells in table.items() for finding in _of_column(column, list(cells)))


def _of_column(column: str, cells: list[str]) -> Iterator[CellFinding]:
    filled = [cell for cell in cells if cell.strip()]
    titled = _titled(column)
    if titled is not None and filled:
        yield CellFinding(column, titled, len(filled), filled[0].strip())
    for meaning, find in _FINDERS.items():
        if meaning != titled:
            found = [words[0] for cell in filled if (words := find(cell))]
            if found:
                yield CellFinding(column, meaning, len(found), found[0])
    if set(_words(column)) & _AGE_TITLES:
        old = [cell for cell in filled if _NUMBER.fullmatch(cell.strip()) and float(cell) >= _OLDEST]
        if old:
            yield CellFinding(column, "age", len(old), old[0].strip())


def _words(title: str) -> list[str]:
    """Return the words of a title in lower case, and all of them as one.

    Examples
    --------
    >>> _words("patientName (full)")
    ['patient', 'name', 'full', 'patientname', 'namefull', 'patientnamefull']
    """
    parts = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title))
    words = [part.casefold() for part in parts]
    pairs = [first + second for first, second in pairwise(words)]
    return [*words, *pairs, "".join(words)]


def _titled(column: str) -> Meaning | None:
    words = set(_words(column))
    if words & _OF_THINGS and not words & {"patient"}:
        return None
    return next((meaning for meaning, titles in _TITLES.items() if words & titles), None)


def _names(cell: str) -> list[str]:
    whole = _SURNAME_FIRST.fullmatch(cell.strip())
    return [*dicom_names(cell), *titled_names(cell), *([whole[0]] if whole else [])]


def _identifiers(cell: str) -> list[str]:
    # A day without signs between is told as a day.
    rest = cell
    for day in dates(cell):
        rest = rest.replace(day, " ")
    return [match[0] for pattern in (_UID, _LONG_NUMBER) for match in pattern.finditer(rest)]


_FINDERS: Mapping[Meaning, Callable[[str], list[str]]] = {
    "name": _names,
    "day": dates,
    "identifier": _identifiers,
    "contact": contacts,
    "age": ages,
}
