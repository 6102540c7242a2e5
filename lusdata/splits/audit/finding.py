"""What an audit finds, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lusdata.catalog.collection import Collection
from lusdata.splits.audit.advice import ADVICE
from lusdata.splits.audit.names import Placement
from lusdata.splits.audit.split import AuditedSplit

__all__ = ["Check", "Finding", "FindingLevel"]

FindingLevel = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One finding of an audit.

    Attributes
    ----------
    code : str
        Stable upper-case name; never reused for another finding.
    level : {"error", "warning", "note"}
        Errors are leaks, and names of nobody knows whom: scores on this split cannot be trusted. Warnings ask for a
        look. Notes are for the record.
    subject : str
        The group, recording, fold or name that it concerns.
    message : str
        The finding as a clause.
    places : tuple of Placement
        The recordings behind it, with their folds and the names by which the split calls them.
    numbers : tuple of (str, float)
        What was measured, by name, where something was.
    """

    code: str
    level: FindingLevel
    subject: str
    message: str
    places: tuple[Placement, ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()

    @property
    def advice(self) -> str:
        """What to do about it; empty if nothing is asked for."""
        return "" if self.level == "note" and self.code == "LABEL_DOUBTFUL" else ADVICE.get(self.code, "")

    def line(self) -> str:
        """Return the finding as one line for a terminal."""
        return " ".join(f"{self.level} {self.code} {self.subject}: {self.message}".split())

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for JSON."""
        return asdict(self) | {"numbers": dict(self.numbers), "advice": self.advice}


@dataclass(frozen=True)
class Check:
    """One question that an audit asks.

    Attributes
    ----------
    name : str
        Slug of the check.
    question : str
        What it asks, for people.
    find : callable
        Looks at a collection and a split laid beside it, and yields findings in a fixed order.
    """

    name: str
    question: str
    find: Callable[[Collection, AuditedSplit], Iterator[Finding]]
