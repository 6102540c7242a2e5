"""One cell of the covid19_ultrasound sheet at a time: what was typed, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lusdata.catalog.rights import LICENCES

__all__ = [
    "COLUMNS",
    "PATTERNS",
    "class_of",
    "doi_of",
    "folder_of",
    "licence_of",
    "page_of",
    "patient_of",
    "reading_of",
    "says_hosted",
    "state_of",
    "symptoms_of",
    "typed_patient",
    "upstream_changes_of",
]

PATTERNS = {
    "B-lines": "b_lines",
    "A-lines": "a_lines",
    "Consolidations": "consolidation",
    "Effusion": "effusion",
    "Pleural line irregularities": "pleural_irregularity",
    "Air bronchogram": "air_bronchogram",
    "Healthy": "normal",
}
"""Column of a finding, and its name in a manifest."""

SYMPTOMS = {
    "Fever": "fever",
    "Cough": "cough",
    "Respiratory problems": "dyspnea",
    "Headache": "headache",
    "Loss of smell/taste": "anosmia",
    "Fatigue": "fatigue",
    "Sore throat": "sore-throat",
    "Asymptomatic": "asymptomatic",
}

COLUMNS = (
    "Current location",
    "Filename",
    "URL (Video Name)",
    "Label",
    "License",
    "LinkToLicense",
    "ChangesMade",
    "InThisRepo",
    "Type",
    "Probe",
    "DOI",
    "Source ID",
    "Framerate",
    "Resolution",
    "Gender",
    "Age",
    "Patient ID / Name",
    "Area according to DEGUM",
    *PATTERNS,
    *SYMPTOMS,
)
"""Columns that the importer reads."""

_CLASSES = {
    "covid-19": "covid-19",
    "regular": "healthy",
    "bacterial pneumonia": "bacterial-pneumonia",
    "viral pneumonia": "viral-pneumonia",
}
_SEXES = {"m": "male", "w": "female", "f": "female"}
_CHANGES = (("crop", "crop"), ("trim", "trim"), ("artifact", "artifact-removal"), ("frame", "frame-selection"))
_FOLDER = re.compile(r"(pocus_(?:videos|images)/(?:convex|linear))(?:/(label_uncertain))?", re.IGNORECASE)
_SESSION = {"casa_token"}
_BLANK = {"", "nd", "n/a", "n.a.", "none", "unknown", "-"}


def class_of(label: str) -> str | None:
    """Return the class of a label, whatever its capitals; None if nobody knows it.

    Examples
    --------
    >>> class_of("Regular"), class_of("COVID-19"), class_of("tumour")
    ('healthy', 'covid-19', None)
    """
    return _CLASSES.get(label.lower())


def licence_of(text: str, link: str) -> str:
    """Return the SPDX id of a licence as the sheet spells it; what is not understood allows nothing.

    Parameters
    ----------
    text, link : str
        The licence, and the address of its text, which fills in a version that was left out.

    Examples
    --------
    >>> licence_of("CC BY-NC -SA 4.0", ""), licence_of("CC-BY-NC-ND", "https://creativecommons.org/licenses/by-nc-nd/4.0/")
    ('CC-BY-NC-SA-4.0', 'CC-BY-NC-ND-4.0')
    >>> licence_of("None", "N.A."), licence_of("ask the author", "")
    ('LicenseRef-None', 'LicenseRef-None')
    """
    words = "-".join(re.findall(r"[A-Z]+|\d\.\d", text.upper()))
    if "COVID" in words and "EMERGENCY" in words:
        return "LicenseRef-COVID-19-Emergency"
    if not re.search(r"\d\.\d$", words):
        version = re.search(r"/(\d\.\d)(?:/|$)", link)
        words += f"-{version[1]}" if version else ""
    return words if words in LICENCES else "LicenseRef-None"


def doi_of(cell: str) -> str | None:
    """Return the DOI in a cell, without a resolver in front and in whatever it is wrapped.

    Examples
    --------
    >>> doi_of("DOI: 10.1016/j.ejro.2020.100231"), doi_of("see (DOI: https://doi.org/10.1093/bjaceaccp/mkv012)")
    ('10.1016/j.ejro.2020.100231', '10.1093/bjaceaccp/mkv012')
    """
    found = re.search(r"(?:^|doi[.:]?\s*|doi\.org/)(10\.\d{4,9}/[^\s)\"'<>]+)", cell, re.IGNORECASE)
    return found[1].rstrip(".,;") if found else None


def page_of(cell: str) -> str | None:
    """Return the first web address in a cell, without the tokens of somebody's session.

    Examples
    --------
    >>> page_of("http://www.thepocusatlas.com/covid19 (Day2)")
    'http://www.thepocusatlas.com/covid19'
    >>> page_of("https://a.org/x?casa_token=b8FW:H31#fig5"), page_of("Website donation")
    ('https://a.org/x#fig5', None)
    """
    # A bracket that opens inside the address belongs to it, as in a PII; one that does not, closes a remark.
    found = re.search(r"https?://(?:[^\s()\"'<>]|\([^\s()]*\))+", cell)
    if found is None:
        return None
    parts = urlsplit(found[0].rstrip(".,;"))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] not in _SESSION]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit(parts._replace(query=query))


def folder_of(location: str) -> str | None:
    """Return the folder that a location names, in the layout of the repository's ``data`` folder.

    Examples
    --------
    >>> folder_of("data/pocus_videos/Convex"), folder_of("not used")
    ('pocus_videos/convex', None)
    """
    folder = _FOLDER.fullmatch(location.removeprefix("data/"))
    return folder[0].lower() if folder else None


def state_of(location: str) -> tuple[str, str]:
    """Return the state of a recording and the rule by which its location decides it.

    Examples
    --------
    >>> state_of("pocus_videos/Linear"), state_of("data/data_with_artifacts")
    (('included', ''), ('excluded', 'artifacts'))
    """
    plain = location.lower().removeprefix("data/")
    if plain.startswith(("not used", "not_to_use")):
        return "excluded", "not-used"
    if plain == "data_with_artifacts":
        return "excluded", "artifacts"
    if plain.endswith("label_uncertain"):
        return "excluded", "label-uncertain"
    if plain == "butterfly" or folder_of(location):
        return "included", ""
    return "excluded", "location-unknown"


def says_hosted(cell: str) -> bool:
    """Tell whether the sheet says that the repository holds the file; anything but a yes is a no."""
    return cell.lower() == "yes"


def upstream_changes_of(cell: str) -> list[str]:
    """Return what was done to a file before it was published.

    Examples
    --------
    >>> upstream_changes_of("Cropping,  Artifact removal, frame subselection"), upstream_changes_of("N.A.")
    (['crop', 'artifact-removal', 'frame-selection'], [])
    """
    return [change for word, change in _CHANGES if word in cell.lower()]


def patient_of(sex: str, age: str) -> tuple[dict[str, str], str]:
    """Return what is published about a patient, and what was typed that cannot be believed.

    Parameters
    ----------
    sex : str
        ``m``, ``w`` or ``f``; everything else means unknown.
    age : str
        Years, or a number with ``months`` behind it.

    Returns
    -------
    facts, doubt : dict, str
        ``age_band`` and ``sex`` where known; the reason why an age was dropped, or nothing.

    Examples
    --------
    >>> patient_of("w", "97"), patient_of("nd", "8 months"), patient_of("m", "0")
    (({'age_band': '90+', 'sex': 'female'}, ''), ({'age_band': '0-9'}, ''), ({'sex': 'male'}, 'an age of 0'))
    """
    facts, doubt = {}, ""
    typed = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(m|mo|months?|y|yrs?|years?)?", age.lower())
    if typed:
        years = float(typed[1]) / (12 if (typed[2] or "").startswith("m") else 1)
        if 0 < years <= 120:
            facts["age_band"] = _ten_years(years)
        else:
            doubt = "an age of 0" if years == 0 else "an age over 120"
    elif age.lower() not in {"", "n/a", "nd", "n.a."}:
        doubt = "an age that is no number"
    if sex.lower() in _SEXES:
        facts["sex"] = _SEXES[sex.lower()]
    return facts, doubt


def _ten_years(years: float) -> str:
    # Not `lusdata.catalog.age`: releases of the collection hold these bands, and six children are no reason to differ.
    low = int(years) // 10 * 10
    return "90+" if years >= 90 else f"{low}-{low + 9}"


def typed_patient(row: Mapping[str, str]) -> tuple[str, bool]:
    """Return the patient id of a row as typed, and whether it stood in the column without a heading.

    Examples
    --------
    >>> typed_patient({"Patient ID / Name": "", "Unnamed: 27": "12.0"}), typed_patient({"Patient ID / Name": "n/A"})
    (('12', True), ('', False))
    """
    typed, beside = row["Patient ID / Name"], row.get("Unnamed: 27", "")
    # A spreadsheet that once held a blank in the column gives every number a decimal.
    number = re.compile(r"(\d+)\.0+")
    if typed.lower() not in _BLANK:
        return number.sub(r"\1", typed), False
    if re.fullmatch(r"\d+(?:\.0+)?", beside):
        return number.sub(r"\1", beside), True
    return "", False


def symptoms_of(row: Mapping[str, str]) -> list[str]:
    """Return the symptoms that the sheet marks with 1."""
    return [symptom for column, symptom in SYMPTOMS.items() if row[column] == "1"]


def reading_of(row: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the findings of a row, and the rule by which they were doubted.

    Seven blanks are no reading. Nor are seven zeros: a picture that shows nothing at all and is not normal either was
    not looked at, and the sheet gives such rows to recordings whose very names state a finding.

    Returns
    -------
    reading, rule : dict, str
        ``present`` or ``absent`` by finding; blanks are left out.
    """
    words = {"1": "present", "0": "absent"}
    reading = {name: words[row[column]] for column, name in PATTERNS.items() if row[column] in words}
    if not reading:
        return {}, "not-read"
    if set(reading.values()) == {"absent"}:
        return {}, "only-zeros"
    if reading.get("air_bronchogram") == "present" and reading.get("consolidation") == "absent":
        return {**reading, "consolidation": "unknown"}, "bronchogram-alone"
    return reading, "" if len(reading) == len(PATTERNS) else "part-read"
