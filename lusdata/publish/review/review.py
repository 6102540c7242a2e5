"""One review: the change, everything that was found about it, and whether it passes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lusdata.catalog.about import read_about
from lusdata.catalog.changes import Change
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.private_mark import owner_of
from lusdata.catalog.rights import rights_of
from lusdata.catalog.rules.run import RUN_RULES
from lusdata.catalog.validate import shown_path
from lusdata.errors import DataError, Issue
from lusdata.media.diagnose import identify
from lusdata.publish.review.counts import BeforeAfter, compare_counts
from lusdata.publish.review.files import find_file_faults
from lusdata.publish.review.fold_impact import FoldImpact, find_fold_faults, fold_impact
from lusdata.publish.review.ids import find_id_faults
from lusdata.publish.review.likeness import Likenesses, find_alike_faults, find_likenesses
from lusdata.publish.review.pictures import DrawnPictures, PictureMaker, ReviewPicture, draw_pictures
from lusdata.publish.review.places import ReviewScope
from lusdata.publish.review.releases import find_release_faults, last_folds
from lusdata.publish.review.repository import Base, Repository
from lusdata.publish.review.states import CollectionChange, States, read_states

__all__ = ["CollectionReview", "Review", "make_review"]

_HEAD_BYTES = 16_384


@dataclass(frozen=True)
class CollectionReview:
    """What is told about one collection.

    Attributes
    ----------
    change : CollectionChange
        What differs.
    counts : tuple of BeforeAfter
        Before and after.
    folds : FoldImpact
        What happens to the folds.
    private : str
        Whose it is, if some of it stays with its owner; empty if none does.
    """

    change: CollectionChange
    counts: tuple[BeforeAfter, ...]
    folds: FoldImpact
    private: str = ""


@dataclass(frozen=True)
class Review:
    """A change that was looked at.

    Attributes
    ----------
    base : Base
        What it was held against.
    parts : tuple of CollectionReview
        The collections with a change.
    likenesses : Likenesses
        Duplicates by pixels.
    issues : tuple of Issue
        Every finding, errors first, then by file.
    pictures : Mapping of str to tuple of ReviewPicture, or None
        By recording; None if none were asked for.
    place : Mapping of str to str
        Path of each manifest, by the recording's id.
    broken : tuple of str
        Paths of changed manifests that cannot be read.
    notes : tuple of str
        What a person should know besides.
    """

    base: Base
    parts: tuple[CollectionReview, ...]
    likenesses: Likenesses
    issues: tuple[Issue, ...]
    pictures: Mapping[str, tuple[ReviewPicture, ...]] | None
    place: Mapping[str, str]
    broken: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def errors(self) -> tuple[Issue, ...]:
        """The findings for which a change does not pass."""
        return tuple(issue for issue in self.issues if issue.level == "error")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """The findings that ask for a look."""
        return tuple(issue for issue in self.issues if issue.level == "warning")

    @property
    def passes(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every recording that differs, by collection and id."""
        return tuple(change for part in self.parts for change in part.change.changes)

    def as_dict(self) -> dict[str, Any]:
        """Return the review as plain data for JSON."""
        return {
            "passes": self.passes,
            "base": asdict(self.base),
            "broken": list(self.broken),
            "notes": list(self.notes),
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "issues": [issue.as_dict() for issue in self.issues],
            "collections": [
                {
                    "name": part.change.name,
                    "weight": part.change.weight,
                    "private": part.private or None,
                    "counts": [asdict(count) for count in part.counts],
                    "folds": asdict(part.folds),
                    "changes": [_as_dict(change) for change in part.change.changes],
                }
                for part in self.parts
            ],
            "alike": [asdict(pair) for pair in self.likenesses.pairs],
            "compared": {
                "new": list(self.likenesses.compared),
                "others": self.likenesses.others,
                "without_fingerprint": self.likenesses.blind,
            },
            "pictures": {
                name: [{"path": str(one.path) if one.path else None, "what": one.what} for one in found]
                for name, found in (self.pictures or {}).items()
            },
        }


def _as_dict(change: Change) -> dict[str, Any]:
    manifest = change.after or change.before
    rights = asdict(rights_of(manifest)) if manifest is not None else {}
    return {**change.as_dict(), "rights": rights}


def make_review(
    repository: Repository, base: Base, places: ReviewScope, *, gallery: PictureMaker | None = None
) -> Review:
    """Look at a change as a whole.

    Parameters
    ----------
    repository : Repository
        Where the change is.
    base : Base
        What it is held against.
    places : ReviewScope
        What of it is looked at.
    gallery : PictureMaker, optional
        How pictures are made; none are by default.

    Returns
    -------
    Review
        Everything that was found.

    Raises
    ------
    OutsideError
        If git lacks something, or a file cannot be read or written.
    UsageError
        If a mirror does not exist.
    """
    files = repository.changes(base)
    looked_at = tuple(change for change in files if places.concern(change.path))
    states = read_states(repository, files, places, repository.files())
    changes = [change for collection in states.collections for change in collection.changes]
    place = _places_by_id(repository.root, states)
    parts: list[CollectionReview] = []
    issues: list[Issue] = []
    for collection in states.collections:
        frozen, release = last_folds(repository.root, collection.name)
        folds = fold_impact(collection.before, collection.after, frozen=frozen, release=release)
        counts = compare_counts(collection.before, collection.after)
        parts.append(CollectionReview(collection, counts, folds, _private(repository.root, collection, place)))
        issues += find_fold_faults(collection, folds, place)
    found = find_likenesses(changes, states.after)
    issues += find_alike_faults(changes, found, place)
    base_files = repository.base_files(base)
    gone = _ids_gone(repository, base, places, changes, base_files)
    issues += find_id_faults(changes, known=states.before, removed_before=gone, place=place)
    issues += _rule_issues(repository.root, states, {change.path for change in looked_at})
    issues += find_release_faults(repository.root, (change.path for change in looked_at))
    issues += find_file_faults(
        looked_at,
        base_files=base_files,
        size_bytes=lambda path: (repository.root / path).stat().st_size,
        format_name=lambda path: _format_name(repository.root / path),
    )
    drawn = DrawnPictures({})
    if gallery is not None:
        known = {manifest.id: manifest for manifest in states.after}
        drawn = draw_pictures(gallery, changes, found.pairs, known=known, place=place)
        issues += drawn.issues
    notes = [base.note] if base.note else []
    notes += [f"{path} could not be read as it was before, and counts as new" for path in states.unreadable]
    return Review(
        base=base,
        parts=tuple(parts),
        likenesses=found,
        issues=tuple(sorted(issues, key=lambda issue: (issue.level, issue))),
        pictures=drawn.pictures if gallery is not None else None,
        place=place,
        broken=states.broken,
        notes=tuple(notes),
    )


def _private(root: Path, collection: CollectionChange, place: Mapping[str, str]) -> str:
    """Return whose a collection is, if it or a recording of it stays with its owner."""
    manifests = (*collection.before, *collection.after)
    folders = {(root / place[manifest.id]).parent for manifest in manifests if manifest.id in place}
    abouts = []
    for folder in sorted(folders):
        try:
            abouts.append(read_about(folder))
        except (DataError, OSError):
            # A page that cannot be read is a finding of its own.
            continue
    return owner_of(manifests, abouts)


def _places_by_id(root: Path, states: States) -> dict[str, str]:
    return {manifest.id: path for path, manifest in _with_paths(root, (*states.before, *states.after))}


def _ids_gone(
    repository: Repository, base: Base, places: ReviewScope, changes: Sequence[Change], base_files: Collection[str]
) -> frozenset[str]:
    """Return the ids that were in use at some time before the base, but are not in it."""
    if not any(change.kind == "added" for change in changes):
        return frozenset()
    removed = (path for path in repository.removed_before(base) if places.is_manifest(path) and path not in base_files)
    names = {"/".join(Path(path).with_suffix("").parts[-2:]) for path in removed}
    for path in base_files:
        if path.startswith("manifests/releases/") and path.endswith(".json"):
            names.update(_ids_of_release(repository.root / path))
    return frozenset(names)


def _ids_of_release(path: Path) -> Iterable[str]:
    """Return the ids that a release names; a release that cannot be read is a matter of the check of releases."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ()
    recordings = data.get("recordings") if isinstance(data, dict) else None
    return map(str, recordings) if isinstance(recordings, Mapping) else ()


def _rule_issues(root: Path, states: States, looked_at: Collection[str]) -> Iterator[Issue]:
    """Yield the faults of changed manifests, and those that the change brings to others."""
    paths = {*looked_at, *(path for path, _ in _with_paths(root, states.after))}
    path_of = {shown_path(root / path): path for path in paths}
    id_of = {path: manifest.id for path, manifest in _with_paths(root, states.after)}
    before = set(_run_findings(states.before))
    run_codes = {rule.code for rule in RUN_RULES}
    for issue in states.checked.issues:
        path = path_of.get(issue.file, issue.file)
        brought = issue.code in run_codes and (issue.code, id_of.get(path), issue.json_path, issue.found) not in before
        if path in looked_at or brought:
            yield replace(issue, file=path)


def _run_findings(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str, str, str]]:
    for rule in RUN_RULES:
        for manifest, found in rule.check(manifests):
            yield rule.code, manifest.id, found.json_path, found.found


def _with_paths(root: Path, manifests: Iterable[Manifest]) -> Iterator[tuple[str, Manifest]]:
    return ((manifest.path.relative_to(root).as_posix(), manifest) for manifest in manifests if manifest.path)


def _format_name(path: Path) -> str:
    """Return what a file's first bytes say that it is, if that is a recording or a picture."""
    with path.open("rb") as stream:
        found = identify(stream.read(_HEAD_BYTES))
    return found.name if found.family in ("video", "image") else ""
