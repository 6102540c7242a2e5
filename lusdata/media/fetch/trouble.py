"""What can become of one try at one address."""

from __future__ import annotations

from lusdata.media.fetch.report import Failure, FetchFailure, State
from lusdata.wording import one_line

__all__ = ["Trouble", "failure"]

_LONGEST = 300
"""Signs of a finding: it may hold a server's own words, or the address that it led to."""


class Trouble(Exception):
    """A failed try that another try may mend.

    Parameters
    ----------
    state : str
        What the recording's state becomes if no try is left.
    detail : str
        The finding, as a clause.
    asked_s : float, optional
        How long the server wants to be left alone.
    at_once : bool
        Whether the next try needs no waiting.
    """

    def __init__(self, state: State, detail: str, *, asked_s: float | None = None, at_once: bool = False) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = one_line(detail, most=_LONGEST)
        self.asked_s = asked_s
        self.at_once = at_once


def failure(url: str, state: State, detail: str, *, expected: str = "", found: str = "") -> FetchFailure:
    """Return what ends the tries at one address."""
    return FetchFailure(Failure(url, state, one_line(detail, most=_LONGEST), expected=expected, found=one_line(found)))
