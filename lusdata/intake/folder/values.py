"""What the cells of a user's table mean: a stated table of words for each meaning of a column. No I/O."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from lusdata.catalog.age import Unit, age_band
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.schema import enumeration

__all__ = ["NOT_SAID", "CellValue", "day_order", "parse_values", "plain_cell", "read_day", "read_value"]

CellValue = str | float | int

NOT_SAID = frozenset({"", "-", ".", "--", "na", "n/a", "nan", "none", "null", "nd", "n.d.", "missing", "k.a.", "#n/a"})
"""Cells, in lower case, in which nothing is said."""

_CLASS_WORDS: Mapping[str, str] = {
    "covid-19": "covid, covid19, covid 19, corona, coronavirus, sars-cov-2, sars cov 2, sarscov2, cov, covid pneumonia,"
    " covid-19 pneumonia, covid19 pneumonia",
    "bacterial-pneumonia": "bacterial, bacterial pneumonia, pneumonia bacterial, bact pneumonia, cap bacterial",
    "viral-pneumonia": "viral, viral pneumonia, influenza, influenza pneumonia, flu, rsv",
    "healthy": "healthy, healthy lung, volunteer, healthy volunteer, control, healthy control, gesund",
    "normal": "normal, normal lung, no finding, no pathology, unremarkable, unauffallig",
    "pneumothorax": "ptx, pnx, pneumothorax",
    "pulmonary-oedema": "pulmonary edema, lung edema, cardiogenic pulmonary edema, cpe, oedema, edema, lungenodem",
    "ards": "ards, acute respiratory distress syndrome",
    "pleural-effusion": "effusion, pleural effusion, pleuraerguss",
    "interstitial-lung-disease": "ild, fibrosis, pulmonary fibrosis, lung fibrosis, interstitial lung disease",
    "copd": "copd",
    "pulmonary-embolism": "pe, pulmonary embolism, embolism, lungenembolie",
    "lung-contusion": "contusion, lung contusion, pulmonary contusion",
    "tuberculosis": "tb, tbc, tuberculosis, tuberkulose",
    "malignancy": "cancer, tumour, tumor, malignancy, lung cancer, carcinoma",
    "bronchiolitis": "bronchiolitis",
    "other": "other, other lung disease, other disease, sonstige",
    "uninformative": "uninformative, not informative, no lung",
    "unknown": "unknown, unclear, ?, unbekannt",
}
_PROBE_WORDS: Mapping[str, str] = {
    "convex": "convex, curved, curvilinear, curved linear, c, konvex, abdominal, curved array",
    "linear": "linear, lin, l, linear array, vascular",
    "phased": "phased, phased array, sector, cardiac, p, sektor",
    "unknown": "unknown, ?",
}
_SEX_WORDS: Mapping[str, str] = {
    "female": "f, female, w, weiblich, woman, femme, frau, mujer",
    "male": "m, male, mannlich, man, homme, mann, hombre",
    "other": "o, other, d, divers, diverse",
}
_SIDE_WORDS: Mapping[str, str] = {"left": "l, left, links, gauche", "right": "r, right, rechts, droite"}
_FINDING_WORDS: Mapping[str, str] = {
    "present": "present, yes, y, 1, 1.0, true, t, ja, j, +, positive, pos, x",
    "absent": "absent, no, n, 0, 0.0, false, f, nein, negative, neg",
    "unknown": "unknown, unclear, ?, maybe",
    "not-assessed": "not assessed, not-assessed, not examined",
}
_QUALITY_WORDS: Mapping[str, str] = {
    "good": "good, high, gut, excellent",
    "usable": "usable, fair, medium, acceptable, moderate, ok",
    "poor": "poor, bad, low, schlecht",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "class": _CLASS_WORDS,
    "probe": _PROBE_WORDS,
    "sex": _SEX_WORDS,
    "side": _SIDE_WORDS,
    "quality": _QUALITY_WORDS,
}
_ZONE = re.compile(r"([lr]?)\s*-?\s*(\d{1,2})")
_AGE = re.compile(r"(\d{1,3})(?:[.,]\d+)?\s*(?:y|yr|yrs|years?|years old|j|jahre?|a)?")
_YOUNG = re.compile(r"(\d{1,3})\s*(d|days?|tage?|w|weeks?|wochen?|m|mo|months?|monate?)")
_UNITS: Mapping[str, Unit] = {"d": "d", "t": "d", "w": "w", "m": "m"}
_OLDEST = 120


def parse_values(texts: Iterable[str]) -> dict[tuple[str, str], str]:
    """Read ``meaning:cell=value`` as a user writes it, several after each other with commas between.

    Raises
    ------
    ValueError
        If one is none; its words name it.

    Examples
    --------
    >>> parse_values(["class:Covi=covid-19,sex:1=-"])
    {('class', 'covi'): 'covid-19', ('sex', '1'): '-'}
    """
    found = {}
    for part in (piece.strip() for text in texts for piece in text.split(",")):
        match = re.fullmatch(r"([a-z_]+):(.+)=([^=]+)", part)
        if match is None:
            raise ValueError(part)
        found[match[1], plain_cell(match[2])] = match[3].strip()
    return found


def read_value(meaning: str, cell: str) -> CellValue | None:
    """Return what a cell says; None where it says nothing.

    Parameters
    ----------
    meaning : str
        What its column means.
    cell : str
        As it is written.

    Raises
    ------
    ValueError
        If it is not understood.

    Examples
    --------
    >>> read_value("class", "Corona"), read_value("probe", "Curved"), read_value("severity", "2,0")
    ('covid-19', 'convex', 2)
    >>> read_value("age", "93"), read_value("age", "7"), read_value("b_lines", "yes"), read_value("sex", "n/a")
    ('90+', '5-9', 'present', None)
    >>> read_value("class", "pneumonia")
    Traceback (most recent call last):
        ...
    ValueError: pneumonia
    """
    if cell.strip().casefold() in NOT_SAID and not (meaning in pattern_names() and cell.strip() == "-"):
        return None
    if meaning in pattern_names() and cell.strip() == "-":
        return "absent"
    if meaning in _READERS:
        return _READERS[meaning](cell)
    words = _words_of(meaning)
    plain = plain_cell(cell)
    if plain not in words:
        raise ValueError(cell)
    return words[plain]


@cache
def _words_of(meaning: str) -> Mapping[str, str]:
    listed = _WORDS.get(meaning, _FINDING_WORDS)
    told = {plain_cell(word): value for value, words in listed.items() for word in words.split(",")}
    own = enumeration(meaning) if meaning in ("class", "probe") else tuple(listed)
    return {**told, **{plain_cell(value): value for value in own}}


def plain_cell(cell: str) -> str:
    """Return a cell in lower case, without accents, with one blank for each run of blanks, hyphens and underscores.

    Examples
    --------
    >>> plain_cell("Pulmonary_Oedema"), plain_cell("1.0")
    ('pulmonary edema', '1')
    """
    letters = unicodedata.normalize("NFKD", cell).encode("ascii", "ignore").decode("ascii").casefold()
    plain = re.sub(r"[\s_-]+", " ", letters.replace("oedema", "edema")).strip() or cell.strip()
    # What a spreadsheet makes of whole numbers beside an empty cell.
    return re.sub(r"^(\d+)[.,]0+$", r"\1", plain)


def _number(cell: str) -> float | int:
    text = cell.strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?", text):
        raise ValueError(cell)
    number = float(text)
    return int(number) if number.is_integer() else number


def _whole(cell: str) -> int:
    number = _number(cell)
    if not isinstance(number, int):
        raise ValueError(cell)
    return number


def _zone(cell: str) -> str:
    match = _ZONE.fullmatch(cell.strip().casefold())
    if match is None:
        raise ValueError(cell)
    return f"{match[1].upper()}{int(match[2])}"


def _age(cell: str) -> str:
    text = cell.strip().casefold()
    if re.fullmatch(r"\d{1,2}-\d{1,3}|90\+|neonate|infant|toddler|preschool", text):
        return text
    young = _YOUNG.fullmatch(text)
    if young:
        return age_band(int(young[1]), _UNITS[young[2][0]])
    match = _AGE.fullmatch(text)
    if match is None or int(match[1]) > _OLDEST:
        raise ValueError(cell)
    return age_band(int(match[1]))


def _text(cell: str) -> str:
    return cell.strip()


_READERS: Mapping[str, Callable[[str], CellValue]] = {
    "file": _text,
    "patient": _text,
    "examination": _text,
    "date": _text,
    "severity": _number,
    "depth_cm": _number,
    "b_line_count": _whole,
    "day_offset": _whole,
    "zone": _zone,
    "age": _age,
}

_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?")
_OTHER = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")


def day_order(cells: Iterable[str]) -> str:
    """Tell from all days of a column whether the day or the month stands first: ``dmy``, ``mdy``, or empty.

    Examples
    --------
    >>> day_order(["03/04/2020", "25/04/2020"]), day_order(["3.4.2020"]), day_order(["03/04/2020"])
    ('dmy', 'dmy', '')
    """
    found = [match for cell in cells if (match := _OTHER.fullmatch(cell.strip()))]
    if any(int(match[1]) > 12 or match[2] == "." for match in found):
        return "dmy"
    return "mdy" if any(int(match[3]) > 12 for match in found) else ""


def read_day(cell: str, order: str) -> datetime.date:
    """Return the day of the calendar that a cell says; it is never written, only differences are.

    Raises
    ------
    ValueError
        If it is none, or nobody can tell the day from the month.
    """
    text = cell.strip()
    if match := _ISO.fullmatch(text):
        return datetime.date(int(match[1]), int(match[2]), int(match[3]))
    match = _OTHER.fullmatch(text)
    if match is None or not order:
        raise ValueError(cell)
    day, month = (match[1], match[3]) if order == "dmy" else (match[3], match[1])
    return datetime.date(int(match[4]), int(month), int(day))
