"""Asking a person on a terminal for what only a person knows."""

from __future__ import annotations

import sys

from lusdata.errors import UsageError
from lusdata.intake.question import Question

__all__ = ["ask", "is_terminal"]

_TRIES = 5


def is_terminal() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: Question) -> str | None:
    """Ask until an answer is allowed.

    Parameters
    ----------
    question : Question
        What to ask. The beginning of a word is enough, if no other word begins so.

    Returns
    -------
    str or None
        The answer; None if the question is optional and Enter was pressed.

    Raises
    ------
    UsageError
        If the input ends, or no answer of five was allowed.
    """
    words = f" [{', '.join(question.words)}]" if question.words else ""
    enter = f" (Enter: {question.default})" if question.default else " (Enter: none)" if question.optional else ""
    # Standard output may be read by a program.
    if question.note:
        sys.stderr.write(f"{question.note}\n")
    for _ in range(_TRIES):
        sys.stderr.write(f"{question.text}{words}{enter}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            break
        answer = line.strip()
        if not answer:
            if question.default or question.optional:
                return question.default
            sys.stderr.write("  an answer is needed; Ctrl-C stops without writing anything\n")
            continue
        answer, fault = _understood(answer, question)
        if not fault:
            return answer
        sys.stderr.write(f"  {fault}\n")
    raise UsageError("stopped without an answer; nothing was written", where=question.text)


def _understood(answer: str, question: Question) -> tuple[str, str]:
    """Return the answer that is meant, and what is wrong with it."""
    if question.words and answer not in question.words:
        begun = [word for word in question.words if word.lower().startswith(answer.lower())]
        exact = [word for word in begun if word.lower() == answer.lower()]
        if len(exact or begun) != 1:
            several = f"{answer!r} may mean {', '.join(begun)}" if begun else f"not among {', '.join(question.words)}"
            return answer, several
        return (exact or begun)[0], ""
    return answer, question.fault(answer) if question.fault else ""
