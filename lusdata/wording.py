"""How numbers and strangers' text stand in a line for people."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

__all__ = ["cleaned", "counted", "escaped", "escaped_html", "listed", "one_line", "shortened"]


def counted(number: int, noun: str, several: str = "") -> str:
    """Return a number with its noun, in the plural where it is one.

    Parameters
    ----------
    number : int
        How many.
    noun, several : str
        What is counted; its plural where an s does not make it.

    Examples
    --------
    >>> counted(1, "group"), counted(1200, "pair"), counted(2, "table or text", "tables or texts")
    ('1 group', '1,200 pairs', '2 tables or texts')
    """
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def listed(names: Iterable[str], *, most: int = 3) -> str:
    """Return names in a row, and of many the first ones and how many more there are.

    Examples
    --------
    >>> listed("ab"), listed("abcdef")
    ('a, b', 'a, b, c and 3 more')
    """
    all_names = list(names)
    more = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {more:,} more" if more > 0 else "")


def cleaned(text: str, *, keep: str = "\n\t") -> str:
    r"""Return text with a question mark for each sign that nobody sees, or that steers whoever shows it.

    Those are control characters, marks that turn the direction of writing, signs without width and halves of signs.

    Parameters
    ----------
    text : str
        The text.
    keep : str
        Signs that stay, though they are not printable.

    Examples
    --------
    >>> cleaned("gpm.\u202e4pm\x1b[31m\n")
    'gpm.?4pm?[31m\n'
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in keep else "?" for sign in text)


def escaped_html(text: str, *, quote: bool = True) -> str:
    """Return text as it may stand in HTML: cleaned, and without a sign of markup.

    Examples
    --------
    >>> escaped_html("<b>\u202e")
    '&lt;b&gt;?'
    """
    return html.escape(cleaned(text), quote)


def one_line(text: str, *, most: int = 1_000) -> str:
    r"""Return text without what breaks a line or steers a terminal: a stranger's file name or title may hold both.

    Parameters
    ----------
    text : str
        The text; what `cleaned` takes out is taken out here, too.
    most : int
        Signs that are shown; what is longer is cut.

    Examples
    --------
    >>> one_line("a\x1b[31m\n.mp4: empty"), one_line("abcdef", most=4)
    ('a?[31m .mp4: empty', 'abc…')
    """
    return shortened(cleaned(" ".join(text[: 4 * most].split()), keep=""), most)


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
