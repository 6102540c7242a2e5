"""What a contributor says and what a file shows, put together as a manifest. No I/O.

The file's own name never becomes part of a manifest, unless it was published under that name: on a clinic's disk it
often names the patient.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import licence_entry
from lusdata.catalog.schema import schema_header
from lusdata.intake.answers import Answers, slug_of
from lusdata.intake.group import group_entry
from lusdata.media.crop import Box
from lusdata.media.facts import MediaFacts
from lusdata.wording import counted

__all__ = ["SUFFIXES", "Seen", "draft", "recording_slug"]

SUFFIXES = {
    "matroska": ".mkv",
    "mpeg-video": ".mpg",
    "mpeg": ".mpg",
    "mpeg-ts": ".ts",
    "jpeg": ".jpg",
}
"""Usual suffix of a container, where it is not the container's own name."""


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


def draft(
    collection: str,
    answers: Answers,
    seen: Seen,
    *,
    today: datetime.date,
    joined: Sequence[Manifest] = (),
    known: Sequence[Manifest] = (),
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
    joined, known
        See `group_entry`.

    Returns
    -------
    dict
        The manifest's data; `check_draft` tells whether it may stand.
    """
    slug = recording_slug(answers, seen)
    kind = answers.kind or seen.kind
    media = seen.facts.as_manifest()
    if kind == "image":
        media = {key: media[key] for key in ("container", "codec", "width_px", "height_px", "frame_count")}
    data: dict[str, Any] = {
        **schema_header(),
        "id": f"{collection}/{slug}",
        "kind": kind,
        "status": {"state": "included", "since": today.isoformat()},
        "source": _source(f"{collection}/{slug}", answers, seen),
        "media": media,
        "probe": answers.probe,
        "class": answers.class_name,
        "class_basis": answers.class_basis,
        "group": group_entry(collection, slug, answers, joined=joined, known=known),
    }
    if seen.patient:
        data["patient"] = dict(seen.patient)
    if seen.crop is not None:
        data["crop"] = _crop(seen.crop, answers, seen)
    if seen.fingerprint:
        data["fingerprint"] = seen.fingerprint
    if seen.text_regions and answers.text_reviewed:
        places = counted(seen.text_regions, "place")
        decision = f"The text in the picture, in {places}, was read and names nobody."
        data["review"] = [
            {"of": "burned-in-text", "role": answers.text_reviewed, "on": today.isoformat(), "decision": decision}
        ]
    return data


def _source(identifier: str, answers: Answers, seen: Seen) -> dict[str, Any]:
    suffix = SUFFIXES.get(seen.facts.container, f".{seen.facts.container}")
    source: dict[str, Any] = {
        "provider": answers.provider,
        "path": f"{identifier}{suffix}",
        "access": "direct",
        "locations": [answers.source_url] if answers.source_url and not seen.changes else [],
        "sha256": seen.sha256,
        "size_bytes": seen.size_bytes,
        "licence": licence_entry(answers.licence),
    }
    page = answers.page or (answers.source_url if seen.changes else None)
    told = (("page", page), ("doi", answers.doi), ("attribution", answers.attribution))
    source |= {key: value for key, value in told if value}
    if seen.changes:
        source["upstream_changes"] = list(seen.changes)
    return source


def _crop(box: Box, answers: Answers, seen: Seen) -> dict[str, Any]:
    return {
        **box._asdict(),
        "source_width_px": seen.facts.width_px,
        "source_height_px": seen.facts.height_px,
        "sha256": seen.sha256,
        "method": seen.crop_method,
        **({"reviewer": answers.reviewer} if answers.reviewer else {}),
    }
