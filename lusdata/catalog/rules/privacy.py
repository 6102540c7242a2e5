"""Rules that keep people out of manifests: no dates, ages, names or ways to reach anybody in free text.

They read what people write or copy (attributions, reasons, decisions, file names) and not the fields whose form the
schema fixes. File names of this field are full of digits that are no dates (``Image_181602``, ``0409_set1``), so only
what cannot well be anything else is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rules.rule import Breach, Rule

__all__ = ["PRIVACY_RULES", "ages", "contacts", "dates", "dicom_names", "private_words", "titled_names"]

_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_WORD = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
    r"|januar|februar|m\u00e4rz|maerz|mai|juni|juli|oktober|okt|dezember|dez"
    r"|janvier|f\u00e9vrier|mars|avril|juin|juillet|ao\u00fbt|septembre|octobre|novembre|d\u00e9cembre)"
)
_DATE = re.compile(
    rf"(?<!\d)(?<!\d\.){_YEAR}([-./_:]){_MONTH}\1{_DAY}(?!\.?\d)"
    rf"|(?<!\d)(?<!\d\.){_DAY}([-./_]){_MONTH}\2{_YEAR}(?!\.?\d)"
    rf"|(?<!\d){_MONTH}/{_DAY}/{_YEAR}(?!\.?\d)"
    rf"|(?<!\d){_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)?(?!\d)"
    rf"|(?<![\w.]){_DAY}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH_WORD}\.?,?\s+{_YEAR}(?!\d)"
    rf"|(?<![\w.]){_DAY}-{_MONTH_WORD}-{_YEAR}(?!\d)"
    rf"|\b{_MONTH_WORD}\s+{_DAY}\s+\d\d:\d\d(?::\d\d)?\s+{_YEAR}(?!\d)"
    rf"|\b{_MONTH_WORD}\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"(?<!\d)(?P<years>9\d|1[0-2]\d)(?:[\s-]*years?[\s-]*old|[\s-]*y/?o\b|[\s-]+years?\s+of\s+age)"
    r"|\b(?:aged?|age\s+of)[\s:]+(?P<age>9\d|1[0-2]\d)(?!\d)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_TELEPHONE = re.compile(
    r"(?<![\w+.])\+\d{1,3}[\s.()/-]*\d(?:[\s.()/-]*\d){6,12}(?!\w)"
    r"|\b(?:tel|phone|fon|mobile|fax)[\s.:]*\+?\d(?:[\s.()/-]*\d){5,13}(?!\w)",
    re.IGNORECASE,
)
# DICOM writes FAMILY^GIVEN; nothing else does, save bytes that happen to look like one letter before the sign.
_DICOM_NAME = re.compile(r"\b[^\W\d_][\w'-]+\^[^\W\d_][\w'-]*")
_TITLED_NAME = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mister|Dr|Prof|Herrn?|Frau|Mme|Mlle|Sra?|Sig|Dott)\b\.?\s+"
    r"(?:[A-Z]\.\s*)*[A-Z](?:[\w'-]+|\.)"
    r"|\b[Pp]atient(?:'s)?\s+(?:name|named|called)\b[\s:]*(?:is\s+)?[A-Z][\w'-]+",
)


def dates(text: str) -> list[str]:
    """Return what is a day of the calendar in a text.

    Examples
    --------
    >>> dates("seen 13.03.2020 and on March 15, 2020"), dates("Cov-Atlas-Day+1.gif"), dates("Image_181602_0409.mp4")
    (['13.03.2020', 'March 15, 2020'], [], [])
    """
    return [match[0] for match in _DATE.finditer(text)]


def ages(text: str) -> list[str]:
    """Return ages of 90 and over in a text.

    Examples
    --------
    >>> ages("a 92-year-old with fever"), ages("a 45-year-old"), ages("aged 101")
    (['92-year-old'], [], ['aged 101'])
    """
    return [match[0] for match in _AGE.finditer(text)]


def contacts(text: str) -> list[str]:
    """Return mail addresses and telephone numbers in a text.

    Examples
    --------
    >>> contacts("ask j.doe@example.org or +49 30 1234567"), contacts("doi 10.1186/s13089-020-00177-4, 640x480 px")
    (['j.doe@example.org', '+49 30 1234567'], [])
    """
    return [match[0] for pattern in (_MAIL, _TELEPHONE) for match in pattern.finditer(text)]


def dicom_names(text: str) -> list[str]:
    """Return names as DICOM writes them in a text.

    Examples
    --------
    >>> dicom_names("DOE^JOHN lung"), dicom_names("10^6 cells")
    (['DOE^JOHN'], [])
    """
    return [match[0] for match in _DICOM_NAME.finditer(text)]


def titled_names(text: str) -> list[str]:
    """Return names behind a title, or said to be a patient's, in a text.

    Examples
    --------
    >>> titled_names("read by Dr. J. Smith"), titled_names("patient named Smith"), titled_names("the patient coughs")
    (['Dr. J. Smith'], ['patient named Smith'], [])
    """
    return [match[0] for match in _TITLED_NAME.finditer(text)]


def private_words(text: str, *, days: bool = True) -> list[str]:
    """Return what in a text may name a person or lead to one.

    Parameters
    ----------
    text : str
        What somebody, or some program, wrote.
    days : bool
        Whether days and great ages count; programs write the day of their release.

    Returns
    -------
    list of str
        The words, as they stand there.

    Examples
    --------
    >>> private_words("DOE^JOHN"), private_words("Lung, left side")
    (['DOE^JOHN'], [])
    """
    finders = (dicom_names, titled_names, contacts, *((dates, ages) if days else ()))
    return [words for find in finders for words in find(text)]


def _written(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield what somebody wrote about the recording."""
    if "reason" in manifest.data["status"]:
        yield "$.status.reason", manifest.data["status"]["reason"]
    for number, review in enumerate(manifest.data.get("review", ())):
        yield f"$.review[{number}].decision", review["decision"]


def _credited(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if "attribution" in manifest.data["source"]:
        yield "$.source.attribution", manifest.data["source"]["attribution"]


def _named(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the names of files, which scanners like to make of the patient and the day."""
    if manifest.source_path is not None:
        yield "$.source.path", manifest.source_path
    for number, alias in enumerate(manifest.data.get("aliases", ())):
        yield f"$.aliases[{number}]", alias


def _no_dates(manifest: Manifest) -> Iterator[Breach]:
    for path, text in (*_written(manifest), *_credited(manifest), *_named(manifest)):
        for day in dates(text):
            hint = "a day of an examination can name its patient; say the month or year, or nothing"
            yield Breach(path, "a date in free text", "no days", repr(day), hint)


def _no_great_ages(manifest: Manifest) -> Iterator[Breach]:
    for path, text in (*_written(manifest), *_credited(manifest), *_named(manifest)):
        for age in ages(text):
            yield Breach(path, "an age of 90 or over", "90+", repr(age), "there are so few that the age can name them")


def _no_contacts(manifest: Manifest) -> Iterator[Breach]:
    for path, text in (*_written(manifest), *_credited(manifest), *_named(manifest)):
        for contact in contacts(text):
            yield Breach(path, "a way to reach a person", "none", repr(contact), "name the institution instead")


def _no_dicom_names(manifest: Manifest) -> Iterator[Breach]:
    for path, text in (*_written(manifest), *_credited(manifest), *_named(manifest)):
        for name in dicom_names(text):
            hint = "take it out here, in the file's name and in the file"
            yield Breach(path, "a name as scanners write patients' names", "no names", repr(name), hint)


def _no_titled_names(manifest: Manifest) -> Iterator[Breach]:
    # Attributions may name people: whoever made a recording is owed the credit.
    for path, text in _written(manifest):
        for name in titled_names(text):
            yield Breach(path, "a person's name", "a role, such as physician", repr(name))


PRIVACY_RULES = (
    Rule("PRIVACY_DATE", "warning", "No free text holds a day of the calendar.", _no_dates),
    Rule("PRIVACY_AGE", "error", "No free text holds an age of 90 or over.", _no_great_ages),
    Rule("PRIVACY_CONTACT", "error", "No free text holds a mail address or a telephone number.", _no_contacts),
    Rule("PRIVACY_DICOM_NAME", "error", "No text holds a name as scanners write it.", _no_dicom_names),
    Rule("PRIVACY_NAME", "warning", "No reason and no decision names a person.", _no_titled_names),
)
