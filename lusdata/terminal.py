"""The last gate before a terminal: whatever text a command writes, nothing in it steers the terminal.

Strangers' words reach a user as file names, titles, reasons of servers, fields of manifests. Where they stand in a line
`lusdata.wording.one_line` keeps them from breaking it; here whatever was missed, and what stands in JSON, is escaped.

Behind the escaping, and nowhere else, colour is put in: the first word of a line that tells an error or a warning, and
the headings of help. Files and pipes get none.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO, cast

from lusdata.wording import escaped

__all__ = ["gated", "has_colour", "painted"]

_RESET = "\x1b[0m"
_PAINT = (
    (re.compile(r"(error|fault)\b"), "\x1b[1;31m"),
    (re.compile(r"warning\b"), "\x1b[1;33m"),
    (re.compile(r"(lusdata|train|usage):(?= )"), "\x1b[1m"),
    (re.compile(r"[a-z][a-z -]*:$"), "\x1b[1m"),
)
"""What may begin a line, with the sign that paints it."""


def has_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Tell whether a stream is painted: a terminal is, unless the environment says otherwise.

    Parameters
    ----------
    stream : text stream
        Where text goes.
    environment : mapping
        ``NO_COLOR`` takes colour away, then ``FORCE_COLOR`` puts it in wherever the text goes, then ``TERM=dumb``
        takes it away; empty ones say nothing.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    # The consoles of Windows show colours as signs, but for its newer terminal.
    shows = environment.get("TERM") != "dumb" and (sys.platform != "win32" or "WT_SESSION" in environment)
    return shows and stream.isatty()


def painted(line: str) -> str:
    r"""Return a line with its first word in colour, where that word is one that should be seen.

    Examples
    --------
    >>> painted("error E1 a.json: empty"), painted("4 errors")
    ('\x1b[1;31merror\x1b[0m E1 a.json: empty', '4 errors')
    """
    for pattern, sign in _PAINT:
        found = pattern.match(line)
        if found:
            return f"{sign}{found.group()}{_RESET}{line[found.end() :]}"
    return line


class _Gate:
    """A text stream that escapes before it writes, and is otherwise the stream behind it."""

    def __init__(self, stream: TextIO, *, also: str = "") -> None:
        self._stream = stream
        self._also = also if stream.isatty() else ""
        self._colour = has_colour(stream, os.environ)
        self._at_start = True

    def write(self, text: str) -> int:
        safe = escaped(text, keep="\n\t" + self._also)
        self._stream.write(self._painted(safe) if self._colour else safe)
        return len(text)

    def _painted(self, text: str) -> str:
        lines = text.split("\n")
        first = lines[0] if not self._at_start else painted(lines[0])
        # What has no line yet may still begin with a word in colour.
        self._at_start = lines[-1] == "" and (len(lines) > 1 or self._at_start)
        return "\n".join([first, *map(painted, lines[1:])])

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def gated() -> Iterator[None]:
    """Send what is written to standard output and standard error through the gate, inside the block."""
    # A bar of progress goes back to the start of its line.
    out, err = cast("TextIO", _Gate(sys.stdout)), cast("TextIO", _Gate(sys.stderr, also="\r"))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
