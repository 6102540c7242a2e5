"""What a contributor says and what a file shows, put together as a manifest. No I/O.

The file's own name never becomes part of a manifest, unless it was published under that name: on a clinic's disk it
often names the patient.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import LICENCES, licence_entry
from lusdata.catalog.rules.privacy import ages, contacts, dates, dicom_names, titled_names
from lusdata.catalog.rules.table import broken_rules
from lusdata.catalog.schema import NEWEST, schema_faults
from lusdata.errors import DataError, Issue, UsageError
from lusdata.media.crop import Box
from lusdata.media.facts import MediaFacts

__all__ = [
    "SUFFIXES",
    "Answers",
    "Seen",
    "check_answers",
    "check_draft",
    "draft",
    "group_entry",
    "known_provider",
    "patient_code_fault",
    "private_words",
    "recording_slug",
    "slug_of",
]

SUFFIXES = {
    "matroska": ".mkv",
    "mpeg-video": ".mpg",
    "mpeg": ".mpg",
    "mpeg-ts": ".ts",
    "jpeg": ".jpg",
}
"""Usual suffix of a container, where it is not the container's own name."""

_SCHEMA_ADDRESS = f"../../schemas/manifest/{NEWEST}.json"
_MARKUP = re.compile(r"<\s*[a-zA-Z/!?]|&(?:#\d|#x|[a-zA-Z]+;)")
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
        A key of `lusdata.catalog.rights.LICENCES`.
    provider : str
        Slug of the source.
    class_basis : str
        A word of the schema.
    source_url, page, doi, attribution : str or None
        Where the file and its context are published, and whom to name.
    patient : str or None
        A code for the patient, never a name.
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
    same_patient: str | None = None
    link: str | None = None
    slug: str | None = None
    kind: str | None = None
    reviewer: str | None = None
    text_reviewed: str | None = None


@dataclass(frozen=True)
class Seen:
    """What the file itself shows.

    Attributes
    ----------
    facts : MediaFacts
        Of the file that goes into the dataset.
    sha256 : str
        Its digest.
    size_bytes : int
        Its size.
    fingerprint : str or None
        Perceptual signature.
    crop : Box or None
        The window to use; None for the largest centred square.
    crop_method : {"manual", "sector"}
        Whether a person drew it.
    changes : tuple of str
        What was done to the pictures on the way here, in the schema's words.
    patient : Mapping
        What the header says of the patient and a manifest may hold.
    text_regions : int
        Places where text was found that is still there.
    """

    facts: MediaFacts
    sha256: str
    size_bytes: int
    fingerprint: str | None = None
    crop: Box | None = None
    crop_method: str = "manual"
    changes: tuple[str, ...] = ()
    patient: Mapping[str, str] | None = None
    text_regions: int = 0

    @property
    def kind(self) -> str:
        """An image holds one frame, whatever its container."""
        return "video" if self.facts.frame_count > 1 else "image"


def slug_of(text: str) -> str:
    """Return text as a slug; empty if nothing of it can stay.

    Examples
    --------
    >>> slug_of("Côvid: Lung #4 (left).MP4"), slug_of("<b>!</b>")
    ('covid-lung-4-left-mp4', 'b-b')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-")


def recording_slug(answers: Answers, seen: Seen) -> str:
    """Return the last part of a recording's id.

    It is what the contributor says, else the name under which the file is published, else class, transducer and the
    digest's beginning.
    """
    if answers.slug:
        return answers.slug
    published = PurePosixPath(unquote(urlsplit(answers.source_url or "").path)).stem
    # A published name of digits only, or none, tells nobody anything.
    if re.search(r"[A-Za-z]{2}", published) and slug_of(published):
        return slug_of(published)
    return f"{answers.class_name}-{answers.probe}-{seen.sha256[:8]}"


def private_words(text: str) -> list[str]:
    """Return what in a text may name a person or lead to one.

    Examples
    --------
    >>> private_words("DOE^JOHN"), private_words("Lung, left side")
    (['DOE^JOHN'], [])
    """
    finders = (dicom_names, titled_names, contacts, dates, ages)
    return [words for find in finders for words in find(text)]


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


def check_answers(answers: Answers) -> None:
    """Refuse what may not stand in a manifest, before anything is decoded.

    Raises
    ------
    UsageError
        If a licence is unknown or missing where nothing was published, an answer holds markup, or a patient's code
        could be a name.
    """
    if answers.licence not in LICENCES:
        raise UsageError(
            "unknown licence: what may not be used cannot be added",
            where="--license",
            expected="one of " + ", ".join(sorted(LICENCES)),
            found=repr(answers.licence),
            hint="ask whoever made the recording",
        )
    if answers.licence == "LicenseRef-None" and not (answers.source_url or answers.page or answers.doi):
        raise UsageError(
            "a recording that was never published needs a licence",
            where="--license",
            expected="a licence by its owner, such as CC-BY-4.0, or --source-url or --page where it is published",
            found="LicenseRef-None",
        )
    for option, text in (("--attribution", answers.attribution), ("--page", answers.page), ("--doi", answers.doi)):
        if text and (_MARKUP.search(text) or not text.isprintable()):
            raise UsageError("markup or control characters in a plain text", where=option, found=repr(text[:60]))
    fault = patient_code_fault(answers.patient) if answers.patient is not None else ""
    if fault:
        raise UsageError("not a code for a patient", where="--patient", expected=fault, found=repr(answers.patient))
    for option, slug in (
        ("--provider", answers.provider),
        ("--id", answers.slug),
        ("--reviewer", answers.reviewer),
        ("--text-reviewed", answers.text_reviewed),
    ):
        if slug is not None and not _SLUG.fullmatch(slug):
            hint = f"such as {slug_of(slug)}" if slug_of(slug) else None
            raise UsageError(
                "not a slug",
                where=option,
                expected="lower-case letters, digits and single hyphens",
                found=repr(slug[:60]),
                hint=hint,
            )


def patient_code_fault(code: str) -> str:
    """Say why a code for a patient could be a name; empty if it is a code.

    Examples
    --------
    >>> patient_code_fault("c-07"), patient_code_fault("john-doe")
    ('', 'a number or short code of your own with a digit, such as 12 or c-07; never a name')
    """
    is_code = _SLUG.fullmatch(code) and re.search(r"\d", code) and not re.search(r"[a-z]{4}|\d{7}", code)
    return "" if is_code else "a number or short code of your own with a digit, such as 12 or c-07; never a name"


def group_entry(
    collection: str, slug: str, answers: Answers, *, joined: Sequence[Manifest] = (), study: str | None = None
) -> dict[str, Any]:
    """Return the group of a new recording, as wide as what is known.

    Parameters
    ----------
    collection, slug : str
        The parts of its id.
    answers : Answers
        Patient, and the recordings that it is said to belong to.
    joined : sequence of Manifest
        The recordings that it belongs to: those named, and those whose pictures agree.
    study : str, optional
        Code of an examination that several files of one run share.

    Returns
    -------
    dict
        A manifest's `group`.

    Examples
    --------
    >>> group_entry("pocus", "a", Answers("healthy", "convex", "CC0-1.0", "x", patient="12"))
    {'id': 'pocus/patient-12', 'basis': 'patient'}
    """
    named = next((other for other in joined if other.id == answers.same_patient), None)
    if answers.patient is not None:
        group = {"id": f"{collection}/patient-{answers.patient}", "basis": "patient"}
    elif named is not None and named.group_basis in ("patient", "study", "publication"):
        group = {"id": named.group_id, "basis": named.group_basis}
    elif study is not None:
        group = {"id": f"{collection}/study-{study}", "basis": "study"}
    else:
        group = {"id": f"{collection}/clip-{slug}", "basis": "clip"}
    linked: dict[str, str] = {}
    for other in joined:
        if other.group_id != group["id"]:
            # What a person says goes before what pictures show.
            same = other is named and re.match(r"[^/]+/(patient|clip)-", other.group_id)
            linked.setdefault(other.group_id, "patient" if same else "near-duplicate")
    links = [{"id": identifier, "basis": basis} for identifier, basis in sorted(linked.items())]
    return {**group, "linked": links} if links else group


def draft(
    collection: str,
    answers: Answers,
    seen: Seen,
    *,
    today: datetime.date,
    joined: Sequence[Manifest] = (),
    study: str | None = None,
) -> dict[str, Any]:
    """Put a manifest together.

    Parameters
    ----------
    collection : str
        Namespace.
    answers, seen
        What a person says, and what the file shows.
    today : datetime.date
        Day from which the recording is included; the newest of all, so that nobody else's fold moves.
    joined, study
        See `group_entry`.

    Returns
    -------
    dict
        The manifest's data; `check_draft` tells whether it may stand.
    """
    slug = recording_slug(answers, seen)
    suffix = SUFFIXES.get(seen.facts.container, f".{seen.facts.container}")
    source: dict[str, Any] = {
        "provider": answers.provider,
        "path": f"{collection}/{slug}{suffix}",
        "access": "direct",
        "locations": [answers.source_url] if answers.source_url and not seen.changes else [],
        "sha256": seen.sha256,
        "size_bytes": seen.size_bytes,
        "licence": licence_entry(answers.licence),
    }
    page = answers.page or (answers.source_url if seen.changes else None)
    source |= {
        key: value
        for key, value in (("page", page), ("doi", answers.doi), ("attribution", answers.attribution))
        if value
    }
    if seen.changes:
        source["upstream_changes"] = list(seen.changes)
    kind = answers.kind or seen.kind
    media = seen.facts.as_manifest()
    if kind == "image":
        media = {key: media[key] for key in ("container", "codec", "width_px", "height_px", "frame_count")}
    data: dict[str, Any] = {
        "$schema": _SCHEMA_ADDRESS,
        "schema_version": NEWEST,
        "id": f"{collection}/{slug}",
        "kind": kind,
        "status": {"state": "included", "since": today.isoformat()},
        "source": source,
        "media": media,
        "probe": answers.probe,
        "class": answers.class_name,
        "class_basis": answers.class_basis,
        "group": group_entry(collection, slug, answers, joined=joined, study=study),
    }
    if seen.patient:
        data["patient"] = dict(seen.patient)
    if seen.crop is not None:
        data["crop"] = {
            **seen.crop._asdict(),
            "source_width_px": seen.facts.width_px,
            "source_height_px": seen.facts.height_px,
            "sha256": seen.sha256,
            "method": seen.crop_method,
            **({"reviewer": answers.reviewer} if answers.reviewer else {}),
        }
    if seen.fingerprint:
        data["fingerprint"] = seen.fingerprint
    if seen.text_regions and answers.text_reviewed:
        places = "1 place" if seen.text_regions == 1 else f"{seen.text_regions} places"
        decision = f"The text in the picture, in {places}, was read and names nobody."
        data["review"] = [
            {"of": "burned-in-text", "role": answers.text_reviewed, "on": today.isoformat(), "decision": decision}
        ]
    return data


def check_draft(data: Mapping[str, Any], others: Sequence[Manifest], *, folder: Path) -> tuple[Issue, ...]:
    """Hold a draft against schema and rules, beside the recordings that are there.

    Parameters
    ----------
    data : Mapping
        The manifest.
    others : sequence of Manifest
        The collection.
    folder : Path
        Where the manifest would lie.

    Returns
    -------
    tuple of Issue
        Warnings, sorted, that are not there without it.

    Raises
    ------
    DataError
        If anything is an error; the message names the first and counts the rest.
    """
    file = f"{data['id'].split('/')[-1]}.json"
    issues = [
        Issue(file, fault.json_path, fault.code, "error", fault.message, fault.expected, fault.found, fault.hint)
        for fault in schema_faults(data)
    ]
    if not issues:
        before = {(manifest.id, rule.code, finding) for manifest, rule, finding in broken_rules(others)}
        issues = [
            finding.issue(rule.code, rule.level, f"{manifest.id.split('/')[-1]}.json")
            for manifest, rule, finding in broken_rules([*others, Manifest(data, folder / file)])
            if (manifest.id, rule.code, finding) not in before
        ]
    errors = sorted(issue for issue in issues if issue.level == "error")
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise DataError(
            f"{errors[0].code}{more}: {errors[0].message}",
            where=f"{errors[0].file} {errors[0].json_path}",
            expected=errors[0].expected or None,
            found=errors[0].found or None,
            hint=errors[0].hint or None,
        )
    return tuple(sorted(issues))
