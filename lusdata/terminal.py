"""The last gate before a terminal: whatever text a command writes, nothing in it steers the terminal.

Strangers' words reach a user as file names, titles, reasons of servers, fields of manifests. Where they stand in a line
`lusdata.wording.one_line` keeps them from breaking it; here whatever was missed, and what stands in JSON, is escaped.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from lusdata.wording import escaped

__all__ = ["gated"]


class _Gate:
    """A text stream that escapes before it writes, and is otherwise the stream behind it."""

    def __init__(self, stream: TextIO, *, also: str = "") -> None:
        self._stream = stream
        self._also = also

    def write(self, text: str) -> int:
        self._stream.write(escaped(text, keep="\n\t" + self._also))
        return len(text)

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
