"""How numbers and strangers' text stand in a line for people."""

from __future__ import annotations

__all__ = ["counted", "one_line"]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one.

    Examples
    --------
    >>> counted(1, "group"), counted(1200, "pair")
    ('1 group', '1,200 pairs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    r"""Return text without what breaks a line or steers a terminal: a stranger's file name or title may hold both.

    Examples
    --------
    >>> one_line("a\x1b[31m\n.mp4: empty")
    'a?[31m .mp4: empty'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
