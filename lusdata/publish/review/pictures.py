"""Pictures of the recordings of a change: frames with the crop drawn, as files beside the summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusdata.atomic import PRIVATE, write_bytes
from lusdata.catalog.changes import Change
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.errors import DataError, Issue, LusdataError, OutsideError
from lusdata.intake.beside import beside_findings
from lusdata.intake.look import evenly, sampled_frames
from lusdata.media.beside.judge import Remark
from lusdata.media.crop import crop_box
from lusdata.media.fetch.collection import fetch
from lusdata.media.fetch.report import STATES, FetchResult
from lusdata.media.pictures.preview import beside, preview
from lusdata.media.png import encode_png
from lusdata.media.sector.finder import find_sector
from lusdata.media.text.finder import find_text
from lusdata.publish.review.codes import finding
from lusdata.publish.review.inventory import find_beside_faults
from lusdata.publish.review.likeness import AlikePair
from lusdata.wording import counted

__all__ = ["DrawnPictures", "PictureMaker", "ReviewPicture", "draw_pictures", "find_media_faults"]

_MOST = 40
_FRAMES = 4
_NEW_TO_DATASETS = ("$.crop", "$.trim", "$.source.sha256", "$.status")
"""Fields whose change brings another picture into datasets: whoever reviews it looks for writing, too."""
_SEEN_IN_THE_PICTURE = (*_NEW_TO_DATASETS, "$.class", "$.probe", "$.patterns")
"""Fields whose change is judged by the picture."""


@dataclass(frozen=True)
class ReviewPicture:
    """A picture of one recording, or why there is none.

    Attributes
    ----------
    path : Path or None
        The file.
    what : str
        What it shows, or why it is missing, as a clause of ours.
    """

    path: Path | None
    what: str


@dataclass(frozen=True)
class PictureMaker:
    """How pictures are made.

    Attributes
    ----------
    folder : Path
        Where they go; made if it is not there.
    mirrors : sequence of str or Path
        Where files may be found.
    cache : Path or None
        The cache folder, if it is not the usual one.
    online : bool
        Whether files may be fetched from where they were published.
    publishable : bool
        Whether pictures that may not be passed on are left out.
    """

    folder: Path
    mirrors: Sequence[str | Path] = ()
    cache: Path | None = None
    online: bool = False
    publishable: bool = False


@dataclass(frozen=True)
class DrawnPictures:
    """What came of drawing.

    Attributes
    ----------
    pictures : Mapping of str to tuple of ReviewPicture
        By the recording's id.
    issues : tuple of Issue
        What was found out about the files on the way.
    """

    pictures: Mapping[str, tuple[ReviewPicture, ...]]
    issues: tuple[Issue, ...] = ()


def draw_pictures(
    gallery: PictureMaker,
    changes: Sequence[Change],
    pairs: Iterable[AlikePair],
    *,
    known: Mapping[str, Manifest],
    place: Mapping[str, str],
) -> DrawnPictures:
    """Draw what was added, what changed in a way that the picture shows, and what looks alike.

    Parameters
    ----------
    gallery : PictureMaker
        How.
    changes : sequence of Change
        What differs.
    pairs : iterable of AlikePair
        Recordings that look alike; both are drawn, one above the other.
    known : Mapping of str to Manifest
        Every present manifest, by its recording's id.
    place : Mapping of str to str
        Path of each manifest, by the recording's id.

    Returns
    -------
    DrawnPictures
        That a file cannot be had is a reason and never an error; that it cannot be decoded, or is another one than the
        manifest says, is an issue.

    Raises
    ------
    OutsideError
        If a picture or the cache cannot be written.
    UsageError
        If a mirror does not exist.
    """
    shown = [change for change in changes if _is_shown(change)]
    pairs = [pair for pair in pairs if pair.id in known and pair.other in known]
    wanted = [change.after for change in shown[:_MOST] if change.after is not None]
    others = [known[name] for pair in pairs[:_MOST] for name in (pair.id, pair.other)]
    manifests = list({manifest.id: manifest for manifest in (*wanted, *others)}.values())
    asked = [manifest for manifest in manifests if not gallery.publishable or rights_of(manifest).publish]
    report = fetch(asked, mirrors=gallery.mirrors, cache=gallery.cache, offline=not gallery.online)
    results = {result.id: result for result in report.results}
    artist = _Artist(gallery.folder, results)
    pictures: dict[str, list[ReviewPicture]] = {}
    issues: list[Issue] = []
    for number, change in enumerate(shown):
        after = change.after
        if after is None or number >= _MOST:
            why = f"pictures are drawn of {_MOST} recordings at most"
            pictures[change.id] = [ReviewPicture(None, why)]
            continue
        file = place.get(change.id, change.id)
        try:
            pictures[change.id] = artist.of_change(change, after, withheld=after not in asked)
        except DataError as error:
            pictures[change.id] = [ReviewPicture(None, "it cannot be drawn; see the findings")]
            path, expected, found = "$.source.sha256", error.expected or "", error.found or ""
            issues.append(finding("MEDIA_BROKEN", file, error.what, json_path=path, expected=expected, found=found))
        if change.id in artist.unread:
            issues.append(_unread(file, artist.unread[change.id]))
        issues += find_beside_faults(file, artist.beside.get(change.id, ()))
        if change.id in results:
            issues += find_media_faults(file, results[change.id])
    for pair in pairs[:_MOST]:
        picture = artist.of_pair(known[pair.id], known[pair.other])
        if picture is not None:
            pictures.setdefault(pair.id, []).append(picture)
    return DrawnPictures({name: tuple(found) for name, found in pictures.items()}, tuple(issues))


def _is_shown(change: Change) -> bool:
    if change.after is None or change.after.state != "included":
        return False
    return change.kind == "added" or _touches(change, _SEEN_IN_THE_PICTURE)


def _touches(change: Change, paths: Sequence[str]) -> bool:
    return any(re.match(rf"{re.escape(path)}(?![\w-])", field.json_path) for field in change.fields for path in paths)


def _unread(file: str, regions: int) -> Issue:
    hint = (
        "see the picture; if it names nobody, add a review of 'burned-in-text'; else replace the file by a clean copy"
    )
    return finding(
        "TEXT_UNREAD",
        file,
        f"text is burned into the picture in {counted(regions, 'place')}",
        json_path="$.review",
        hint=hint,
    )


def find_media_faults(file: str, result: FetchResult) -> Iterator[Issue]:
    """Say what the recording's own addresses gave in its place; an address that did not answer is no fault.

    Parameters
    ----------
    file : str
        Path of the manifest.
    result : FetchResult
        What became of the recording.
    """
    for failure in result.failures:
        # A mirror with another file says nothing about the recording.
        if not failure.mirror and STATES[failure.state][0] == 1:
            hint = "open the address and look; a file that was replaced there needs another digest, or another address"
            found = f"{failure.detail} at {failure.location}"
            yield finding("MEDIA_DIFFERS", file, STATES[failure.state][1], json_path="$.source", found=found, hint=hint)


class _Artist:
    """Draws into one folder, from files that were fetched."""

    def __init__(self, folder: Path, results: Mapping[str, FetchResult]) -> None:
        self.folder = folder
        self.results = results
        self.unread: dict[str, int] = {}
        self.beside: dict[str, tuple[Remark, ...]] = {}

    def of_change(self, change: Change, after: Manifest, *, withheld: bool) -> list[ReviewPicture]:
        if withheld:
            return [ReviewPicture(None, "left out, since its licence does not allow passing frames on")]
        result = self.results.get(after.id)
        if result is None or result.path is None:
            return [ReviewPicture(None, _absence(result))]
        frames = sampled_frames(result.path, sha256=result.sha256)
        is_new = change.kind == "added" or _touches(change, _NEW_TO_DATASETS)
        if is_new:
            self.beside[after.id] = beside_findings(result.path)
        text = find_text(frames, sector=find_sector(frames)).regions if is_new and not _text_was_read(after) else ()
        if text:
            self.unread[after.id] = len(text)
        size = frames.shape[2], frames.shape[1]
        box = crop_box(*size, after.crop)
        few = evenly(frames, _FRAMES)
        sheet = preview(few, class_name=after.class_name, crop=box, title=after.id, text=text)
        drawn = [
            self._written(after.id, sheet, "whole frames with the crop in green; below, what a dataset would hold")
        ]
        before = change.before
        if before is not None and before.sha256 == after.sha256 and before.crop != after.crop:
            box, title = crop_box(*size, before.crop), f"{after.id} before the change"
            sheet = preview(few, class_name=before.class_name, crop=box, title=title)
            drawn.insert(0, self._written(f"{after.id}-before", sheet, "before the change"))
        return drawn

    def of_pair(self, one: Manifest, other: Manifest) -> ReviewPicture | None:
        held = [result for m in (one, other) if (result := self.results.get(m.id)) and result.path]
        if len(held) < 2:
            return None
        try:
            frames = [sampled_frames(result.path, most=_FRAMES, sha256=result.sha256) for result in held if result.path]
        except LusdataError:
            # A new recording that cannot be decoded is an issue already.
            return None
        names, classes = (one.id, other.id), (one.class_name, other.class_name)
        sheet = beside(frames[0], frames[1], titles=names, class_names=classes)
        name = f"{one.id}-beside-{other.id.split('/')[1]}"
        return self._written(name, sheet, "the new recording above, the one that it looks like below")

    def _written(self, name: str, sheet: NDArray[np.uint8], what: str) -> ReviewPicture:
        path = self.folder / f"{name.replace('/', '-')}.png"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # The densest PNG would take most of the time of a whole review.
            write_bytes(path, encode_png(np.ascontiguousarray(sheet[..., ::-1])), mode=PRIVATE)
        except OSError as error:
            raise OutsideError("cannot write a picture", where=str(path), found=error.strerror) from error
        return ReviewPicture(path, what)


def _absence(result: FetchResult | None) -> str:
    if result is None:
        return "the recording takes part in no dataset"
    # What the addresses answered may hold a stranger's words; the state is ours.
    if result.state == "offline":
        return "the file is neither in the cache nor in a mirror; --fetch looks where it was published"
    return STATES[result.state][1]


def _text_was_read(manifest: Manifest) -> bool:
    return any(review["of"] == "burned-in-text" for review in manifest.data.get("review", ()))
