"""The rules that only a change can break, in one table: each code with its level and its sentence."""

from __future__ import annotations

from collections.abc import Mapping

from lusdata.errors import Issue, Level
from lusdata.releases.check import RELEASE_RULES

__all__ = ["CHANGE_RULES", "finding"]

CHANGE_RULES: Mapping[str, tuple[Level, str]] = {
    "ID_REMOVED": ("error", "A manifest stays where it is: what may not be used any more is withdrawn, not removed."),
    "ID_REUSED": ("error", "An id names one recording for ever, also after it was withdrawn or removed."),
    "WITHDRAWN_BACK": ("warning", "A withdrawn recording comes back only if its owner says so."),
    "WITHDRAWN_AGAIN": ("error", "A withdrawn recording is not added again under another id."),
    "DIGEST_CHANGED": ("warning", "The file behind an id stays the same."),
    "FILE_KNOWN": ("warning", "A recording that was excluded is not added again under another id."),
    "LOOKS_ALIKE": ("error", "Recordings that look alike belong to one group."),
    "FOLD_MOVED": ("warning", "Recordings that were there before keep their folds."),
    "FOLD_DATED_BACK": ("warning", "A new recording is dated so that folds made anew move nobody."),
    "PIXELS_UNSEEN": ("warning", "An included recording with a digest has a fingerprint, so that copies can be seen."),
    "FINGERPRINT_BROKEN": ("error", "A fingerprint can be read."),
    "ADDRESS_NONE": ("warning", "A new recording is published where anybody can get it."),
    "MEDIA_DIFFERS": ("error", "What lies at a recording's address is the recording."),
    "MEDIA_BROKEN": ("error", "A recording can be decoded, and its crop lies inside its frames."),
    "TEXT_UNREAD": (
        "warning",
        "Text that is burned into a picture was read by a person, who signed that it names nobody.",
    ),
    "BESIDE_PRIVATE": (
        "error",
        "Nothing beside a recording's pictures names a person, a place or the day of an examination, or can hold what"
        " nobody has read.",
    ),
    "BESIDE_UNREAD": ("warning", "What else stands beside a recording's pictures was read by a person."),
    "MEDIA_IN_CHANGE": ("error", "A change holds no recording and no picture of one."),
    "MEDIA_BESIDE": ("warning", "No recording that git does not track lies among the manifests and the code."),
    "FILE_LARGE": ("error", "A file in a change is at most a megabyte."),
    "FILE_LINK": ("error", "A manifest is a file, not a link to one."),
    "SCHEMA_EDITED": ("error", "A released schema never changes."),
    "RELEASE_EDITED": ("error", "A release never changes."),
    **{code: ("error", sentence) for code, sentence in RELEASE_RULES.items()},
}
"""Every code under which a review reports beyond those of `lusdata.catalog.rules.table.codes`."""


def finding(
    code: str,
    file: str,
    message: str,
    *,
    json_path: str = "$",
    expected: str = "",
    found: str = "",
    hint: str = "",
) -> Issue:
    """Return an issue under a code of `CHANGE_RULES`."""
    return Issue(file, json_path, code, CHANGE_RULES[code][0], message, expected, found, hint)
