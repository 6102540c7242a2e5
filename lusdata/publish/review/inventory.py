"""What stands beside the pictures of a recording, as findings of a review: the verdict of `lusdata add`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lusdata.errors import Issue
from lusdata.intake.beside import shown_item
from lusdata.media.beside.judge import Remark
from lusdata.publish.review.codes import finding

__all__ = ["find_beside_faults"]

_SHOWN = 6


def find_beside_faults(file: str, findings: Sequence[Remark]) -> Iterator[Issue]:
    """Say what of a recording would have been refused, and what a person should read.

    Parameters
    ----------
    file : str
        Path of the manifest.
    findings : sequence of Remark
        What `lusdata.intake.beside.beside_findings` found.

    Yields
    ------
    Issue
        An error for each thing that is refused, by its place and without its words, since others may read a review;
        one warning for all that is left to a person.
    """
    for one in findings:
        if one.level == "refused":
            what = f"what stands beside the pictures may not go with the recording: {one.why}"
            hint = "replace the file by a clean copy: lusdata add --clean-copy"
            yield finding("BESIDE_PRIVATE", file, what, json_path="$.source", found=one.item.place, hint=hint)
    shown = [shown_item(one) for one in findings if one.level == "shown"]
    if shown:
        more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        what = "text goes with the recording beside its pictures"
        hint = "if any of it names a person, or a place or a day of an examination, replace the file by a clean copy"
        found = ", ".join(shown[:_SHOWN]) + more
        yield finding("BESIDE_UNREAD", file, what, json_path="$.source", found=found, hint=hint)
