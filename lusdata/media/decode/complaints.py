"""What FFmpeg logs as an error while it reads a stream counts as one, though it goes on and returns something.

A decoder conceals damage: it repeats what it had, or leaves out what it lacks, and says so in its log only. PyAV drops
that log by default; here it is listened to while a stream is read, and nobody else's setting of it is changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import av.logging

__all__ = ["Complaints", "logged_errors"]

T = TypeVar("T")

# Not of the stream: these convert pictures that were decoded well.
_NOT_OF_THE_STREAM = frozenset({"swscaler"})
_LONGEST = 160

_lock = threading.Lock()
_listeners = 0
_before: tuple[int | None, bool] = (None, True)


@contextmanager
def logged_errors() -> Iterator[None]:
    """Make FFmpeg log its errors for as long as the context is open; contexts may overlap, in threads too.

    What is said while nobody listens, as when a file is opened, goes nowhere: least of all to a terminal.
    """
    global _listeners, _before
    with _lock:
        if not _listeners:
            _before = (av.logging.get_level(), bool(av.logging.get_skip_repeated()))
            if _before[0] is None or _before[0] < av.logging.ERROR:
                av.logging.set_level(av.logging.ERROR)
            # Else an error like the last one of another file would be left out.
            av.logging.set_skip_repeated(False)
        _listeners += 1
    try:
        with av.logging.Capture():
            yield
    finally:
        with _lock:
            _listeners -= 1
            if not _listeners:
                av.logging.set_level(_before[0])
                av.logging.set_skip_repeated(_before[1])


class Complaints:
    """The first error that FFmpeg logged, in this thread, during the calls made through `during`.

    Parameters
    ----------
    of : str, optional
        The only part of FFmpeg to listen to, such as a demuxer; by default every one that reads the stream.
    """

    def __init__(self, of: str | None = None) -> None:
        self.first = ""
        self._of = of
        self._capture = av.logging.Capture()

    def during(self, call: Callable[..., T], *arguments: object) -> T:
        """Call something and listen; `first` is empty as long as nothing was said."""
        with self._capture as said:
            result = call(*arguments)
        if said:
            self._note(said)
        return result

    def _note(self, said: list[tuple[int, str, str]]) -> None:
        for level, name, message in said:
            if not self.first and level <= av.logging.ERROR and self._heeds(name):
                self.first = " ".join(f"{name}: {message}".split())[:_LONGEST]
        said.clear()

    def _heeds(self, name: str) -> bool:
        return name not in _NOT_OF_THE_STREAM if self._of is None else name == self._of

    def forget(self) -> None:
        """Take back what was said so far."""
        self.first = ""
