"""How numbers and strangers' text stand in a line for people."""

from __future__ import annotations

import json

__all__ = ["counted", "escaped", "one_line", "shortened"]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one.

    Examples
    --------
    >>> counted(1, "group"), counted(1200, "pair")
    ('1 group', '1,200 pairs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_line(text: str, *, most: int = 1_000) -> str:
    r"""Return text without what breaks a line or steers a terminal: a stranger's file name or title may hold both.

    Control characters, marks that turn the direction of writing and signs without width become question marks.

    Parameters
    ----------
    text : str
        The text.
    most : int
        Signs that are shown; what is longer is cut.

    Examples
    --------
    >>> one_line("a\x1b[31m\n.mp4: empty"), one_line("abcdef", most=4)
    ('a?[31m .mp4: empty', 'abc…')
    """
    line = "".join(sign if sign.isprintable() else "?" for sign in " ".join(text[: 4 * most].split()))
    return shortened(line, most)


def shortened(text: str, most: int) -> str:
    """Return text of at most so many signs; what was cut is told by an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def escaped(text: str, *, keep: str = "\n\t") -> str:
    r"""Return text in which whatever is not printable stands as JSON would escape it; so JSON stays the same JSON.

    Parameters
    ----------
    text : str
        The text.
    keep : str
        Signs that stay, though they are not printable.

    Examples
    --------
    >>> print(escaped("a\x1b[31m \u202e"))
    a\u001b[31m \u202e
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in keep else json.dumps(sign)[1:-1] for sign in text)
