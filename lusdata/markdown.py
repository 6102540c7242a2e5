"""Markdown from strangers' words: every text that comes from a manifest passes through here and is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from lusdata.wording import cleaned

__all__ = ["Markup", "link", "plain", "table"]


class Markup(str):
    """Markdown that is safe to write as it is; a plain str is text and gets escaped."""

    __slots__ = ()


def plain(text: str) -> str:
    r"""Return a text as one line of Markdown that shows exactly this text.

    Parameters
    ----------
    text : str
        Anything; manifests come from many hands.

    Returns
    -------
    str
        Without line breaks, and with every sign escaped that could turn into markup.

    Examples
    --------
    >>> print(plain("A | <b>clinic</b>"))
    A \| \<b\>clinic\</b\>
    """
    words = cleaned(" ".join(text.split()))
    return "".join("\\" + sign if sign in "\\`*_[]<>|#" else sign for sign in words)


def link(address: str, text: str = "") -> Markup:
    """Return a link.

    Parameters
    ----------
    address : str
        A web address.
    text : str
        What to show; the address by default.

    Returns
    -------
    Markup
        The link, or escaped text where the address is of another scheme, which could run code.

    Examples
    --------
    >>> print(link("https://example.org/a_b|c"), link("javascript:alert(1)"))
    <https://example.org/a_b%7Cc> javascript:alert(1)
    """
    if not address.startswith(("http://", "https://")):
        return Markup(plain(text or address))
    # A bracket would end the link, and a vertical line the cell.
    target = quote(address, safe="/:?#@!$&'*+,;=%~")
    return Markup(f"[{plain(text)}]({target})" if text else f"<{target}>")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table.

    Parameters
    ----------
    head : sequence of str
        The column heads, which are ours and stay as they are.
    rows : iterable of sequence of str
        The cells; each is escaped, unless it is `Markup`.

    Returns
    -------
    str
        One line a row, with a line break at the end.
    """
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(cell: str) -> str:
    return cell if isinstance(cell, Markup) else plain(cell)
