"""Text of strangers inside Markdown: it is shown, and does nothing.

A summary is posted where Markdown is rendered for people who trust the page. Manifests and file names come from
anybody, so none of their text may become markup, a link, a picture, a mention, or a reference to an issue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["code", "plain", "table"]

_LONGEST = 300
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$#!^{}])")
# A word joiner breaks what a renderer would turn into a link of its own accord: mentions, issues, addresses.
_SELF_MADE = re.compile(r"(@|#|(?<![a-z])www(?=\.)|\b[a-z][a-z0-9+.-]*:(?=//)|\bmailto:|\bxmpp:|\bGH-)", re.IGNORECASE)
_JOINER = "\u2060"
_WIDEST = 60


def code(text: object, *, most: int = _LONGEST) -> str:
    """Show text as it is, as code: nothing inside is markup, a link or a mention.

    Parameters
    ----------
    text : object
        What to show; line breaks become spaces, invisible characters are shown by number, and a bar is shown as a
        broken one, since in a table it would end the cell, and with it the code.
    most : int
        Characters after which it is cut.

    Examples
    --------
    >>> code("<img src=x> @all"), code("a `tick`"), code("")
    ('`<img src=x> @all`', '`` a `tick` ``', '')
    """
    shown = _visible(str(text), most).replace("|", "\u00a6")
    if not shown:
        return ""
    runs = [len(run) for run in re.findall(r"`+", shown)]
    fence = "`" * next(length for length in range(1, len(shown) + 2) if length not in runs)
    # A fence must not touch a tick of the text; the space on both sides is not shown.
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(text: object, *, most: int = _LONGEST) -> str:
    r"""Show text as prose: markup is escaped, and what would become a link by itself is broken invisibly.

    Examples
    --------
    >>> print(plain("*b* <script>"))
    \*b\* &lt;script&gt;
    """
    shown = _SELF_MADE.sub(rf"\1{_JOINER}", _visible(str(text), most))
    shown = shown.replace("&", "&amp;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # Characters that a backslash does not disarm everywhere.
    return shown.replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\|", "&#124;")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False) -> str:
    """Lay out a table whose cells are Markdown already; padded, so that it can be read as text, too.

    Parameters
    ----------
    head : sequence of str
        Column heads.
    rows : sequence of sequences of str
        Cells; each row as long as the head.
    numbers : bool
        Align every column but the first to the right.
    """
    lines = [head, *rows]
    widths = [min(max(3, *(len(row[place]) for row in lines)), _WIDEST) for place in range(len(head))]
    right = [numbers and place > 0 for place in range(len(head))]
    rule = ["-" * (width - 1) + ":" if side else "-" * width for width, side in zip(widths, right, strict=True)]
    laid = [
        [cell.rjust(width) if side else cell.ljust(width) for cell, width, side in zip(row, widths, right, strict=True)]
        for row in lines
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in [laid[0], rule, *laid[1:]])


def _visible(text: str, most: int) -> str:
    shown = "".join(_shown(character) for character in " ".join(text.split()))
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def _shown(character: str) -> str:
    """Return a character, or its number where nobody would see it, or where it turns the line around."""
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"\\u{{{ord(character):x}}}"
    return character
