"""What only a person can say of a recording, and which of it may stand in a manifest. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import licence_of, licence_words
from lusdata.errors import UsageError

__all__ = ["Answers", "check_answers", "known_provider", "patient_code_fault", "slug_of"]

_MARKUP = re.compile(r"<\s*[a-zA-Z/!?]|&(?:#\d|#x|[a-zA-Z]+;)")
_ADDRESS = re.compile(r"https?://\S+")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 60


@dataclass(frozen=True)
class Answers:
    """What only a person can say of a recording.

    Attributes
    ----------
    class_name, probe : str
        Words of the schema.
    licence : str
        A licence that `lusdata.catalog.rights.licence_of` knows.
    provider : str
        Slug of the source.
    class_basis : str
        A word of the schema.
    source_url, page, doi, attribution : str or None
        Where the file and its context are published, and whom to name.
    patient : str or None
        A code for the patient, never a name.
    group : tuple of str, or None
        A group of several files, without the collection's name, and what it rests on; in place of `patient`.
    same_patient, link : str or None
        Id of another recording: of the same patient, or another cut of the same one.
    slug : str or None
        Last part of the id.
    kind : str or None
        ``video`` or ``image``; by default what the file is.
    reviewer, text_reviewed : str or None
        Role of the person who looked at the crop, and who read the text in the picture.
    """

    class_name: str
    probe: str
    licence: str
    provider: str
    class_basis: str = "unknown"
    source_url: str | None = None
    page: str | None = None
    doi: str | None = None
    attribution: str | None = None
    patient: str | None = None
    group: tuple[str, str] | None = None
    same_patient: str | None = None
    link: str | None = None
    slug: str | None = None
    kind: str | None = None
    reviewer: str | None = None
    text_reviewed: str | None = None


def slug_of(text: str) -> str:
    """Return text as a slug; empty if nothing of it can stay.

    Examples
    --------
    >>> slug_of("Côvid: Lung #4 (left).MP4"), slug_of("<b>!</b>")
    ('covid-lung-4-left-mp4', 'b-b')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-")


def known_provider(address: str | None, manifests: Iterable[Manifest]) -> str | None:
    """Return the source that other recordings from the same host name, if they agree."""
    host = urlsplit(address or "").hostname
    if not host:
        return None
    places = {
        manifest.provider
        for manifest in manifests
        for url in (manifest.data["source"].get("page", ""), *manifest.locations)
        if urlsplit(url).hostname == host
    }
    return places.pop() if len(places) == 1 else None


def check_answers(answers: Answers, *, whole: bool = True) -> None:
    """Refuse what may not stand in a manifest, before anything is decoded.

    Parameters
    ----------
    answers : Answers
        What was said.
    whole : bool
        Whether nothing more is going to be said; else what is empty is passed over.

    Raises
    ------
    UsageError
        If a licence is unknown or missing where nothing was published, an answer holds markup, an address is none, or
        a patient's code could be a name.
    """
    if licence_of(answers.licence) is None and (answers.licence or whole):
        raise UsageError(
            "unknown licence: what may not be used cannot be added",
            where="--license",
            expected="one of " + licence_words(),
            found=repr(answers.licence),
            hint="ask whoever made the recording",
        )
    if whole and answers.licence == "LicenseRef-None" and not (answers.source_url or answers.page or answers.doi):
        raise UsageError(
            "a recording that was never published needs a licence",
            where="--license",
            expected="its owner's licence, LicenseRef-Private for your own, or --source-url or --page where it stands",
            found="LicenseRef-None",
        )
    addresses = (("--source-url", answers.source_url), ("--page", answers.page))
    for option, text in (*addresses, ("--attribution", answers.attribution), ("--doi", answers.doi)):
        if text and (_MARKUP.search(text) or not text.isprintable()):
            raise UsageError("markup or control characters in a plain text", where=option, found=repr(text[:60]))
    for option, address in addresses:
        if address and not _ADDRESS.fullmatch(address):
            raise UsageError(
                "not a web address", where=option, expected="https://..., without spaces", found=repr(address[:60])
            )
    fault = patient_code_fault(answers.patient) if answers.patient is not None else ""
    if fault:
        raise UsageError("not a code for a patient", where="--patient", expected=fault, found=repr(answers.patient))
    for option, slug in (
        ("--provider", answers.provider),
        ("--id", answers.slug),
        ("--reviewer", answers.reviewer),
        ("--text-reviewed", answers.text_reviewed),
    ):
        if slug is not None and (slug or whole) and not _SLUG.fullmatch(slug):
            hint = f"such as {slug_of(slug)}" if slug_of(slug) else None
            raise UsageError(
                "not a slug",
                where=option,
                expected="lower-case letters, digits and single hyphens",
                found=repr(slug[:60]),
                hint=hint,
            )


def patient_code_fault(code: str) -> str:
    """Say which rule a code for a patient breaks; empty if it is a code.

    Examples
    --------
    >>> patient_code_fault("c-07"), patient_code_fault("john-doe")
    ('', 'four letters in a row may be a name; give a number or short code of your own such as c-07, never a name')
    """
    if not _SLUG.fullmatch(code):
        broken = "only lower-case letters, digits and single hyphens between them"
    elif re.search(r"[a-z]{4}", code):
        broken = "four letters in a row may be a name"
    elif re.search(r"\d{7}", code):
        broken = "seven digits in a row may be a hospital's number"
    elif not re.search(r"\d", code):
        broken = "a code has a digit, since letters alone may be initials"
    else:
        return ""
    return f"{broken}; give a number or short code of your own such as c-07, never a name"
