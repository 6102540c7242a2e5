"""When two names are one name, written otherwise: by case, by Unicode's forms, as part of an address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

__all__ = ["plain", "spellings", "spelt_alike"]

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_DEEPEST_ESCAPE = 3


def plain(name: str) -> str:
    r"""Return a name as most programs would write it: composed, with forward slashes, and no address around it.

    Examples
    --------
    >>> plain("a\\Mu\u0308ller.mp4") == "a/M\u00fcller.mp4"
    True
    >>> plain("https://example.org/media/clip.mp4?raw=1#t=2")
    'example.org/media/clip.mp4'
    """
    text = unicodedata.normalize("NFC", name.strip())
    if address := _ADDRESS.match(text):
        text = re.split(r"[?#]", text[address.end() :])[0]
    return re.sub(r"/(\./)+|/{2,}", "/", text.replace("\\", "/")).removeprefix("./")


def spellings(name: str) -> Iterator[str]:
    r"""Yield what a name may stand for, the likeliest first.

    Examples
    --------
    >>> list(spellings("M%C3%BCller%2001.mp4"))
    ['M%C3%BCller%2001.mp4', 'Müller 01.mp4']

    UTF-8 that somebody's spreadsheet took for Windows-1252:

    >>> list(spellings("MÃ¼ller.mp4"))
    ['MÃ¼ller.mp4', 'Müller.mp4']
    """
    seen = [plain(name)]
    yield seen[0]
    for read in (_unescaped(seen[0]), _decoded_again(seen[0])):
        if read not in seen:
            seen.append(read)
            yield read


def spelt_alike(name: str) -> str:
    r"""Return a key that two names share if they differ only by case, normal form, slashes or escapes.

    Examples
    --------
    >>> spelt_alike("Lunge/Mu\u0308ller 1.MP4") == spelt_alike("lunge\\M%C3%BCller%201.mp4")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", _unescaped(plain(name))).casefold())


def _unescaped(text: str) -> str:
    # What was escaped twice comes out of some web servers' logs.
    for _ in range(_DEEPEST_ESCAPE):
        if not _ESCAPE.search(text):
            break
        text = plain(unquote(text, errors="replace"))
    return text


def _decoded_again(text: str) -> str:
    try:
        return plain(text.encode("cp1252").decode("utf-8"))
    except UnicodeError:
        return text
