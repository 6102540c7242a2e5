"""One thing that stands beside the pictures of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SILENT", "Item", "Kind", "plain"]

Kind = Literal["text", "sound", "subtitle", "video", "picture", "attachment", "data", "bytes"]

SILENT = "silent"
"""What a sound track says in which no sample rises above the least step of 16 bits."""

_MOST_TEXT = 2000


@dataclass(frozen=True)
class Item:
    """One thing that stands beside the pictures of a file.

    Attributes
    ----------
    place : str
        Where it stands, for people, such as ``tag 'title'`` or ``chapter 2``.
    kind : str
        What it is; everything but ``text`` can hold what nobody has read.
    text : str
        What it says, on one line and without control characters; empty if it is no text.
    name : str
        The tag's name in lower case; empty for what has none.
    """

    place: str
    kind: Kind
    text: str = ""
    name: str = ""


def plain(text: str) -> str:
    r"""Return text on one line, without control characters, of bounded length.

    Examples
    --------
    >>> plain("Left\n\x1b[31m lung\0")
    'Left [31m lung'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_MOST_TEXT]
