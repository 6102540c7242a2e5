"""Checks of what is split: files used twice, rights, doubtful labels, and how even the folds are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.mixed_groups import mixed_groups, mixed_words
from lusdata.catalog.rights import rights_of
from lusdata.catalog.rules.table import RULES
from lusdata.splits.audit.finding import Finding, FindingLevel
from lusdata.splits.audit.split import AuditedSplit
from lusdata.splits.folds.units import expected_frames, unit_ids
from lusdata.wording import counted

__all__ = ["Cell", "cells", "find_doubtful_labels", "find_rights", "find_shared_files", "find_unevenness"]

_DOUBT = {"CLASS_CALLED_NORMAL", "CLASS_HEALTHY_SIGNS"}
"""Codes of the rules that hold a class against what readers saw."""

_DEFAULT_RATE_HZ, _DEFAULT_MAX_FRAMES = 3.0, 30


def find_shared_files(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for recordings that are cut from one and the same file."""
    folds = split.folds_of
    by_file: dict[str, list[Manifest]] = {}
    for manifest in collection.included:
        if manifest.sha256 is not None:
            by_file.setdefault(manifest.sha256, []).append(manifest)
    for digest, members in sorted(by_file.items()):
        if len(members) > 1:
            names = [_with_folds(manifest.id, folds) for manifest in members]
            yield Finding("FILE_SHARED", "warning", f"{digest[:12]}…", f"one file is used by {', '.join(names)}")


def find_doubtful_labels(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for classes that a reader of the picture, or the patient's other recordings, contradict."""
    folds = split.folds_of
    yield from _two_classes(collection, split, folds)
    rules = [rule for rule in RULES if rule.code in _DOUBT]
    for manifest in _concerned(collection, split):
        # The rules are silent once a review signed the class off; an audit names such recordings all the same.
        bare = Manifest({key: value for key, value in manifest.data.items() if key != "review"}, manifest.path)
        doubts = list(dict.fromkeys(finding.message for rule in rules for finding in rule.check(bare)))
        if not doubts:
            continue
        signed = [review for review in manifest.data.get("review", ()) if review["of"] == "class"]
        verdict = f"; reviewed by {signed[-1]['role']}: {signed[-1]['decision']}" if signed else "; not reviewed"
        subject = _with_folds(manifest.id, folds)
        yield Finding("LABEL_DOUBTFUL", "note" if signed else "warning", subject, "; ".join(doubts) + verdict)


def _two_classes(collection: Collection, split: AuditedSplit, folds: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    """Look for groups with recordings of two classes: one of them is wrong, or there are two patients."""
    groups, concerned = unit_ids(collection.manifests, "patient"), _concerned(collection, split)
    unsigned = {mixed.group for mixed in mixed_groups(concerned, groups=groups)}
    for mixed in mixed_groups(concerned, groups=groups, reviewed=True):
        told = {name: [_with_folds(member, folds) for member in members] for name, members in mixed.classes.items()}
        signed = "" if mixed.group in unsigned else "; reviewed"
        level: FindingLevel = "note" if signed else "warning"
        yield Finding("PATIENT_CLASSES", level, mixed.group, f"{mixed_words(told)}{signed}")


def find_rights(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Count what may be fetched, built and published, of the split and of the whole collection, and say why not."""
    concerned = _concerned(collection, split)
    yield Finding("RIGHTS", "note", split.source, f"of its {len(concerned):,} recordings {_allowed(concerned)}")
    included = collection.included
    message = f"of all {len(included):,} included recordings {_allowed(included)}"
    yield Finding("RIGHTS", "note", collection.name, message)
    reasons = Counter(reason for manifest in included if (reason := rights_of(manifest).reason))
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield Finding("RIGHTS_BARRED", "note", collection.name, f"{counted(number, 'recording')}: {reason}")


def _allowed(manifests: Sequence[Manifest]) -> str:
    rights = [rights_of(manifest) for manifest in manifests]
    return (
        f"{sum(right.fetch for right in rights):,} may be fetched, "
        f"{sum(right.build for right in rights):,} built on one's own machine, "
        f"and frames of {sum(right.publish for right in rights):,} published"
    )


def find_unevenness(collection: Collection, split: AuditedSplit) -> Iterator[Finding]:
    """Look for folds without a class, and say how even the folds are."""
    if split.by_frame:
        return
    rows = cells(collection, split)
    for name in sorted({cell.class_name for cell in rows}):
        missing = [fold for fold in split.folds if not any(c.fold == fold and c.class_name == name for c in rows)]
        if missing:
            groups = sum(cell.groups for cell in rows if cell.class_name == name)
            where = f"{'fold' if len(missing) == 1 else 'folds'} {', '.join(missing)}"
            message = f"is missing in {where}; it has {counted(groups, 'group')} in {counted(len(split.folds), 'fold')}"
            yield Finding("FOLD_WITHOUT_CLASS", "warning", name, message)
    recordings = [sum(cell.recordings for cell in rows if cell.fold == fold) for fold in split.folds]
    frames = [sum(cell.frames for cell in rows if cell.fold == fold) for fold in split.folds]
    message = f"{min(recordings):,} to {max(recordings):,} recordings, {min(frames):,} to {max(frames):,} frames a fold"
    yield Finding("BALANCE", "note", split.source, message)


@dataclass(frozen=True, order=True)
class Cell:
    """What one fold of a split holds of one class.

    Attributes
    ----------
    fold, class_name : str
        The fold and the diagnosis.
    recordings, groups : int
        Recordings, and united groups with at least one such recording.
    frames : int
        Frames that the recordings are expected to give; 1 for one that nobody has seen.
    """

    fold: str
    class_name: str
    recordings: int
    groups: int
    frames: int


def cells(collection: Collection, split: AuditedSplit) -> tuple[Cell, ...]:
    """Count what each fold of a split holds of each class, in the order of the folds; nothing for a split by frame."""
    groups = unit_ids(collection.manifests, "patient")
    rate_hz = split.table.rate_hz if split.table else _DEFAULT_RATE_HZ
    max_frames = split.table.max_frames if split.table else _DEFAULT_MAX_FRAMES
    members: dict[tuple[int, str], dict[str, Manifest]] = {}
    for place in split.places:
        manifest = collection.by_id[place.recording]
        members.setdefault((split.folds.index(place.fold), manifest.class_name), {})[manifest.id] = manifest
    return tuple(
        Cell(
            fold=split.folds[number],
            class_name=name,
            recordings=len(cell),
            groups=len({groups[recording] for recording in cell}),
            frames=sum(expected_frames(m, rate_hz=rate_hz, max_frames=max_frames) for m in cell.values()),
        )
        for (number, name), cell in sorted(members.items(), key=lambda item: item[0])
    )


def _concerned(collection: Collection, split: AuditedSplit) -> Sequence[Manifest]:
    """Return the recordings of the split; those that can be built, if it is a rule without a list."""
    return collection.buildable if split.by_frame else [collection.by_id[name] for name in split.folds_of]


def _with_folds(recording: str, folds: dict[str, tuple[str, ...]]) -> str:
    return f"{recording} (fold {', '.join(folds[recording])})" if recording in folds else recording
