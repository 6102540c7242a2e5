"""What may be asked of a person while a recording comes in, and the shape of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Ask", "Question"]


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    text : str
        What is asked.
    words : sequence of str
        The answers that are allowed; any if empty.
    default : str or None
        What Enter means.
    optional : bool
        Whether Enter may mean nothing.
    fault : callable, optional
        Says what is wrong with an answer; empty if nothing is.
    note : str
        What to know before answering, on a line of its own; empty if nothing.
    """

    text: str
    words: Sequence[str] = ()
    default: str | None = None
    optional: bool = False
    fault: Callable[[str], str] | None = None
    note: str = ""


Ask = Callable[[Question], str | None]
"""Gets an answer that the question allows; None if it is optional and there is none."""
