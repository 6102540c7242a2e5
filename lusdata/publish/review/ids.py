"""Whether ids keep their meaning: none removed, none reused, nothing withdrawn that comes back by another door."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from lusdata.catalog.changes import Change
from lusdata.catalog.manifest import Manifest
from lusdata.errors import Issue
from lusdata.publish.review.codes import finding

__all__ = ["find_id_faults"]


def find_id_faults(
    changes: Sequence[Change],
    *,
    known: Sequence[Manifest],
    removed_before: Collection[str],
    place: Mapping[str, str],
) -> Iterator[Issue]:
    """Look at what became of ids and of the files behind them.

    Parameters
    ----------
    changes : sequence of Change
        What differs.
    known : sequence of Manifest
        Every manifest of before.
    removed_before : collection of str
        Ids whose manifest was removed at some time before, or that a release names.
    place : Mapping of str to str
        Path of each manifest of before and after, by the recording's id.

    Yields
    ------
    Issue
        In the order of the changes.
    """
    idle = {manifest.sha256: manifest for manifest in known if manifest.sha256 and manifest.state != "included"}
    for change in changes:
        file = place.get(change.id, change.id)
        before, after = change.before, change.after
        if before is not None and after is None:
            yield _removed(file, before, changes)
        elif after is not None and before is None:
            if change.id in removed_before:
                message, hint = "the id was in use before", "give the recording another id and file name"
                yield finding("ID_REUSED", file, message, json_path="$.id", found=change.id, hint=hint)
            if after.state == "included" and after.access == "direct" and not after.locations:
                message = "nobody else can get the file"
                hint = "publish it, such as on Zenodo, and write its address into source.locations"
                yield finding("ADDRESS_NONE", file, message, json_path="$.source.locations", hint=hint)
            if after.sha256 in idle and idle[after.sha256].id != after.id:
                yield _known(file, idle[after.sha256])
        elif before is not None and after is not None:
            yield from _changed(file, before, after)


def _removed(file: str, before: Manifest, changes: Sequence[Change]) -> Issue:
    renamed = next(
        (change.id for change in changes if change.kind == "added" and _same_file(before, change.after)), None
    )
    if renamed is not None:
        message, hint = "an id was renamed", "keep the old id and file name: datasets and papers name recordings by it"
        return finding("ID_REMOVED", file, message, json_path="$.id", expected=before.id, found=renamed, hint=hint)
    message = "a manifest was removed"
    hint = "bring it back and set status to withdrawn (or excluded) with a reason, so that nobody adds it again"
    return finding("ID_REMOVED", file, message, expected=before.id, found="nothing", hint=hint)


def _same_file(one: Manifest, other: Manifest | None) -> bool:
    """Tell whether two manifests describe one file: by digest, or where nobody has seen it, by all of its source."""
    if other is None or one.sha256 != other.sha256:
        return False
    return one.sha256 is not None or one.data["source"] == other.data["source"]


def _known(file: str, other: Manifest) -> Issue:
    reason = str(other.data["status"].get("reason", ""))
    found = f"{other.id}, {other.state}: {reason}"
    if other.state == "withdrawn":
        message, hint = "the very file of a recording that was withdrawn", "leave it out"
        return finding("WITHDRAWN_AGAIN", file, message, json_path="$.source.sha256", found=found, hint=hint)
    message, hint = "the very file of a recording that is excluded", "change the status of that one, if it was wrong"
    return finding("FILE_KNOWN", file, message, json_path="$.source.sha256", found=found, hint=hint)


def _changed(file: str, before: Manifest, after: Manifest) -> Iterator[Issue]:
    other_file = bool(before.sha256 and after.sha256 and before.sha256 != after.sha256)
    path = "$.source.sha256"
    expected, found = f"{str(before.sha256)[:12]}…", f"{str(after.sha256)[:12]}…"
    if before.state == "withdrawn" and other_file:
        message, hint = "a withdrawn id names another file now", "give the recording another id and file name"
        yield finding("ID_REUSED", file, message, json_path=path, expected=expected, found=found, hint=hint)
        return
    if other_file:
        message = "the file is another one"
        hint = "right if its source replaced it; another recording needs an id of its own"
        yield finding("DIGEST_CHANGED", file, message, json_path=path, expected=expected, found=found, hint=hint)
    if before.state == "withdrawn" and after.state != "withdrawn":
        message, hint = f"withdrawn before, {after.state} now", "say with the change who allows it again"
        yield finding("WITHDRAWN_BACK", file, message, json_path="$.status.state", hint=hint)
