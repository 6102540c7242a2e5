"""What a fetch found: one result a recording, counted and laid out for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lusdata.wording import one_line

__all__ = ["STATES", "Failure", "FetchFailure", "FetchReport", "FetchResult", "State", "decisive"]

State = Literal[
    "present",
    "fetched",
    "changed",
    "html-page",
    "not-media",
    "refused",
    "too-large",
    "too-slow",
    "no-space",
    "truncated",
    "empty",
    "dead",
    "unreachable",
    "offline",
    "blocked",
    "manual",
    "gone",
    "unpinned",
]

STATES: Mapping[State, tuple[int, str]] = {
    "present": (0, "in the cache, verified when it arrived"),
    "fetched": (0, "arrived in this run and verified"),
    "changed": (1, "a whole medium arrived, but not the recording that the manifest describes"),
    "html-page": (1, "a web page arrived in place of the recording"),
    "not-media": (1, "something arrived that is no picture or video"),
    "refused": (1, "a place that is not asked: no web address, a private network, a link out of a mirror"),
    "too-large": (1, "larger than a recording may be"),
    "too-slow": (3, "took longer than a recording may; another run may succeed"),
    "no-space": (3, "the disk has no room for it; make some, or name another folder with --cache"),
    "truncated": (3, "only a part arrived"),
    "empty": (3, "nothing but an empty file arrived"),
    "dead": (3, "the address says for good that it has nothing"),
    "unreachable": (3, "no answer this time; another run may succeed"),
    "offline": (3, "not here, and the network was not to be used"),
    "blocked": (0, "its rights do not allow fetching it"),
    "manual": (0, "a person has to get it from a page"),
    "gone": (0, "its manifest knows no address any more"),
    "unpinned": (0, "its manifest has no digest yet, so nothing could be verified"),
}
"""Every state with the exit code that it asks for and what it means, in the order of a report."""

# Which finding speaks for a recording when several addresses failed: the one that tells a curator most.
_TELLING: tuple[State, ...] = (
    "changed",
    "html-page",
    "not-media",
    "truncated",
    "empty",
    "refused",
    "too-large",
    "no-space",
    "too-slow",
    "unreachable",
    "dead",
    "offline",
)


_MOST_ALIKE = 10
"""Recordings with the same state and reason that are named one by one."""


@dataclass(frozen=True)
class Failure:
    """One address that did not give the recording.

    Attributes
    ----------
    location : str
        Web address, or path in a mirror folder.
    state : str
        What kind of failure; a key of `STATES`.
    detail : str
        The finding, as a clause.
    mirror : bool
        Whether the address came from a mirror and not from the manifest.
    expected, found : str
        Digests and sizes, where something arrived.
    """

    location: str
    state: State
    detail: str
    mirror: bool = False
    expected: str = ""
    found: str = ""

    @property
    def is_absence(self) -> bool:
        """Whether a mirror just does not have the file, which says nothing about it."""
        return self.mirror and self.state == "dead"

    def line(self) -> str:
        """Return the failure as one line."""
        digests = "; ".join(
            f"{word} {text}" for word, text in (("expected", self.expected), ("found", self.found)) if text
        )
        return one_line(f"{self.detail}{'; ' + digests if digests else ''} <{self.location}>")


class FetchFailure(Exception):
    """Carries a `Failure` from where it is seen to where the next address is tried; never leaves `fetch`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


@dataclass(frozen=True)
class FetchResult:
    """What became of one recording.

    Attributes
    ----------
    id : str
        The recording.
    state : str
        A key of `STATES`.
    path : Path or None
        The verified file in the cache; None unless the state is ``present`` or ``fetched``.
    location : str or None
        Where it came from in this run, or the page to visit.
    detail : str
        The reason, as a clause; empty where there is nothing to say.
    sha256 : str or None
        Digest of the file at `path`.
    size_bytes : int or None
        Its size.
    pinned : bool
        Whether this run wrote the file's digest and facts into the manifest.
    failures : tuple of Failure
        Addresses that were tried in vain, in order; also where a later one succeeded.
    """

    id: str
    state: State
    path: Path | None = None
    location: str | None = None
    detail: str = ""
    sha256: str | None = None
    size_bytes: int | None = None
    pinned: bool = False
    failures: tuple[Failure, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data for JSON; what is unknown is left out."""
        data = asdict(self)
        data["path"] = None if self.path is None else str(self.path)
        data["failures"] = [_filled(asdict(failure)) for failure in self.failures]
        return {"id": self.id, "state": self.state} | _filled(data)


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", (), [], False)}


def decisive(failures: tuple[Failure, ...]) -> Failure:
    """Choose the failure that speaks for a recording.

    Parameters
    ----------
    failures : tuple of Failure
        At least one.

    Returns
    -------
    Failure
        The most telling one of the manifest's own addresses; of the mirrors only if there were no others, since a
        mirror that lacks a file or holds another one says nothing about the original.
    """
    own = [failure for failure in failures if not failure.mirror] or list(failures)
    return min(own, key=lambda failure: _TELLING.index(failure.state))


@dataclass(frozen=True)
class FetchReport:
    """What became of a collection.

    Attributes
    ----------
    results : tuple of FetchResult
        One a recording that takes part in datasets, in the order of the manifests.
    cache : Path
        The cache folder.
    left_out : int
        Manifests that were not looked at because they are excluded or withdrawn.
    """

    results: tuple[FetchResult, ...]
    cache: Path
    left_out: int = 0

    @property
    def paths(self) -> dict[str, Path]:
        """The file of every recording that is there, by the recording's id."""
        return {result.id: result.path for result in self.results if result.path is not None}

    @property
    def counts(self) -> dict[State, int]:
        """Number of recordings in each state that occurs, in the order of `STATES`."""
        found = [result.state for result in self.results]
        return {state: found.count(state) for state in STATES if state in found}

    @property
    def exit_code(self) -> int:
        """0 if all is there or known not to be had; 1 if a manifest no longer fits the world; 3 if the world failed.

        1 wins over 3: another run may mend what the outside world broke, but not what a manifest says.
        """
        codes = {STATES[state][0] for state in self.counts}
        return 1 if 1 in codes else max(codes, default=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        return {
            "cache": str(self.cache),
            "counts": dict(self.counts),
            "left_out": self.left_out,
            "exit_code": self.exit_code,
            "recordings": [result.as_dict() for result in self.results],
        }

    def text(self) -> str:
        """Return the report as a table, then each recording that is not there, then each mirror that was wrong."""
        rows: list[tuple[str, str, str]] = [
            (state, str(count), STATES[state][1]) for state, count in self.counts.items()
        ]
        left_out = f"and {self.left_out} excluded or withdrawn" if self.left_out else ""
        rows.append(("total", str(len(self.results)), left_out))
        lines = ["state        recordings"]
        lines += [f"{state:<11}  {count:>10}  {words}".rstrip() for state, count, words in rows]
        missing = [result for result in self.results if result.path is None]
        order = list(STATES)
        missing.sort(key=lambda result: order.index(result.state))
        if missing:
            alike: dict[tuple[str, str], list[str]] = {}
            for result in missing:
                alike.setdefault((result.state, one_line(result.detail)), []).append(result.id)
            each = [
                (state, name, detail)
                for (state, detail), ids in alike.items()
                for name in (ids if len(ids) <= _MOST_ALIKE else [f"{len(ids):,} recordings"])
            ]
            width = max(len(name) for _, name, _ in each)
            lines += ["", "not here:"]
            lines += [f"  {state:<11}  {name:<{width}}  {detail}".rstrip() for state, name, detail in each]
            if len(each) < len(missing):
                lines += ["  (--json names every recording)"]
        here = [result for result in self.results if result.path is not None]
        wrong = [(result, failure) for result in here for failure in result.failures if not failure.is_absence]
        if wrong:
            lines += ["", "here, but not from everywhere:"]
            lines += [f"  {failure.state:<11}  {result.id}  {failure.line()}" for result, failure in wrong]
        return "\n".join(lines) + "\n"
