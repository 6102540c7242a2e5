"""Audit a split: who stands on both sides, what is used twice, what may be done with it, and how even it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from lusdata.catalog.collection import Collection
from lusdata.splits.audit.catalog import (
    Cell,
    cells,
    find_doubtful_labels,
    find_rights,
    find_shared_files,
    find_unevenness,
)
from lusdata.splits.audit.confounding import find_confounding
from lusdata.splits.audit.finding import Check, Finding, FindingLevel
from lusdata.splits.audit.leaks import find_coverage, find_leaks, find_names, find_unknown, find_validation_leaks
from lusdata.splits.audit.pixels import find_pixel_leaks
from lusdata.splits.audit.split import AuditedSplit
from lusdata.wording import counted, one_line

__all__ = ["CHECKS", "AuditReport", "Check", "Finding", "audit_split"]

CHECKS: tuple[Check, ...] = (
    Check("leaks", "does a patient group stand in several folds?", find_leaks),
    Check("unknown", "is it known whose every recording is?", find_unknown),
    Check("validation-leaks", "does a group stand in training and validation?", find_validation_leaks),
    Check("names", "is every name one recording?", find_names),
    Check("coverage", "does the split fit the collection?", find_coverage),
    Check("shared-files", "is a file used twice?", find_shared_files),
    Check("pixels", "do recordings look alike across folds or groups?", find_pixel_leaks),
    Check("balance", "do the folds look alike?", find_unevenness),
    Check("confounding", "does the class follow from the source and the file alone?", find_confounding),
    Check("labels", "does a reader, or another recording, contradict a class?", find_doubtful_labels),
    Check("rights", "what may be done with the recordings?", find_rights),
)
"""Every check, in the order in which a report shows them."""


_UNMATCHED = ("NAME_UNKNOWN", "NAME_AMBIGUOUS")
"""Codes of names that fit no recording, or several; together they are one part of the verdict."""

_NAMES_TOLD, _LONGEST_NAME = 3, 60


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    Attributes
    ----------
    collection : str
        Name of the collection.
    split : AuditedSplit
        The split, laid beside it.
    findings : tuple of (str, Finding)
        Each finding with the name of its check, in the order of the checks.
    balance : tuple of Cell
        What each fold holds of each class; empty for a split by frame.
    """

    collection: str
    split: AuditedSplit
    findings: tuple[tuple[str, Finding], ...]
    balance: tuple[Cell, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing leaks, and every name of the split is known, so that nothing can leak unseen."""
        return not any(finding.level == "error" for _, finding in self.findings)

    @property
    def leaked_groups(self) -> tuple[Finding, ...]:
        """The groups that straddle folds."""
        return self.of("leaks", "GROUP_LEAKS")

    @property
    def leaked_recordings(self) -> tuple[str, ...]:
        """The recordings that such groups, or themselves, have in several folds, sorted."""
        leaks = self.of("leaks")
        return tuple(sorted({place.recording for finding in leaks for place in finding.places}))

    @property
    def alike_leaks(self) -> tuple[Finding, ...]:
        """The pairs that stand in several folds and look alike, whatever their ids say."""
        return self.of("pixels", "LEAK_PIXELS")

    @property
    def verdict(self) -> str:
        """What the audit comes to, as one sentence without a full stop."""
        unknown = "".join(f"; {finding.message}" for finding in self.of("unknown"))
        if self.clean:
            who = "nobody who is known" if unknown else "nobody"
            return f"clean: {who} stands on two sides{unknown}"
        leaking = any(finding.level == "error" and finding.code not in _UNMATCHED for _, finding in self.findings)
        told = ["scores on this split are not scores on new patients"] if leaking else []
        if self.split.unmapped:
            told.append(f"{_unmatched(self.split)}, and may stand on any side")
        return f"NOT CLEAN: {'; '.join(told)}{unknown}"

    @property
    def leaks(self) -> tuple[tuple[str, str], ...]:
        """What leaks by the ids and what by the pixels, each as a name and a clause."""
        if self.split.by_frame:
            torn = "every video is torn over all folds"
            return ("leaks by id", torn), ("leaks by pixels", torn)
        groups, recordings, pairs = len(self.leaked_groups), len(self.leaked_recordings), len(self.alike_leaks)
        by_id = "none"
        if recordings:
            stand = "stands" if groups == 1 else "stand"
            by_id = f"{counted(groups, 'group')} {stand} in several folds, {counted(recordings, 'recording')} concerned"
        elif found := self.of("leaks"):
            by_id = f"{counted(len(found), 'name')} in several folds"
        by_pixels = f"{counted(pairs, 'pair')} in several folds" if pairs else "none"
        if self.of("pixels", "PIXELS_UNSEEN"):
            by_pixels += "; not all recordings can be compared"
        return ("leaks by id", by_id), ("leaks by pixels", by_pixels)

    def count(self, level: FindingLevel) -> int:
        """Return how many findings have a level."""
        return sum(finding.level == level for _, finding in self.findings)

    def by_code(self, check: str) -> tuple[tuple[Finding, ...], ...]:
        """Return the findings of one check under each code, errors first and notes last."""
        found = self.of(check)
        levels = get_args(FindingLevel)
        codes = sorted(
            dict.fromkeys((finding.level, finding.code) for finding in found), key=lambda pair: levels.index(pair[0])
        )
        return tuple(tuple(one for one in found if (one.level, one.code) == pair) for pair in codes)

    def of(self, check: str, code: str | None = None) -> tuple[Finding, ...]:
        """Return the findings of one check, or those of them under one code."""
        return tuple(found for name, found in self.findings if name == check and code in (None, found.code))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        split = self.split
        return {
            "collection": self.collection,
            "split": {
                "source": split.source,
                "by": None if split.table is None else split.table.by,
                "folds": list(split.folds),
                "names": split.names,
                "mapped": split.mapped,
                "unmatched": len(split.unmapped),
                "recordings": len(split.folds_of),
            },
            "clean": self.clean,
            "verdict": self.verdict,
            "leaked": {
                "groups": len(self.leaked_groups),
                "recordings": len(self.leaked_recordings),
                "pairs_by_pixels": len(self.alike_leaks),
            },
            "counts": {level: self.count(level) for level in get_args(FindingLevel)},
            "findings": [{"check": name, **finding.as_dict()} for name, finding in self.findings],
            "balance": [asdict(cell) for cell in self.balance],
        }


def _unmatched(split: AuditedSplit) -> str:
    """Say how many names of a split are no recording, and which."""
    names = list(dict.fromkeys(entry.name for entry in split.unmapped))
    shown = ", ".join(
        name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…" for name in names[:_NAMES_TOLD]
    )
    more = f" and {len(names) - _NAMES_TOLD:,} more" if len(names) > _NAMES_TOLD else ""
    share = f"{len(split.unmapped):,} of {counted(split.names, 'name')}"
    return one_line(f"{share} {'fits' if len(split.unmapped) == 1 else 'fit'} no single recording ({shown}{more})")


def audit_split(collection: Collection, split: AuditedSplit, *, checks: Sequence[Check] = CHECKS) -> AuditReport:
    """Ask every question about a split.

    Parameters
    ----------
    collection : Collection
        All of it, whatever the state of a recording: groups reach beyond what a split uses.
    split : AuditedSplit
        From `lusdata.splits.audit.split.read_split` or `split_of_table`.
    checks : sequence of Check
        The questions.

    Returns
    -------
    AuditReport
        All findings; nothing is raised for a bad split.
    """
    found = tuple((check.name, finding) for check in checks for finding in check.find(collection, split))
    return AuditReport(collection.label, split, found, cells(collection, split))
