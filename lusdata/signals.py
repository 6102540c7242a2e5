"""SIGTERM and SIGHUP end a run as Ctrl-C does: blocks are left, scratch is removed, and soon it is over in any case."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from lusdata.scratch import remove_own

__all__ = ["Ended", "ended_by_signals"]

_PATIENCE_S = 2.0
"""How long blocks may take to be left: a thread that waits for a server would keep the process."""

_SOON_S = 0.01

_NAMES = ("SIGTERM", "SIGHUP")


class Ended(BaseException):
    """The system or a person ended this run.

    Parameters
    ----------
    number : int
        The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Ended` in the block when a signal asks this process to end.

    A signal that somebody else handles, or that is ignored as after ``nohup``, is left to them.
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    taken = []
    if threading.current_thread() is threading.main_thread():
        taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in taken:
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    # Whoever asks twice gets what was promised once.
    for name in _NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    last = threading.Timer(_PATIENCE_S, _end_now, (number,))
    last.daemon = True
    last.start()
    _ask_again_where_it_is_lost()
    raise Ended(number)


def _ask_again_where_it_is_lost() -> None:
    """Let `Ended` get out of functions that a library in C calls: there Python prints an exception and goes on."""
    excepthook, unraisablehook = sys.excepthook, sys.unraisablehook

    def printed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Ended):
            excepthook(kind, error, trace)

    def lost(found: sys.UnraisableHookArgs) -> None:
        if isinstance(found.exc_value, Ended):
            number = found.exc_value.exit_code - 128
            signal.signal(number, _raise_again)
            # Not from here, where it would be lost again.
            threading.Timer(_SOON_S, os.kill, (os.getpid(), number)).start()
        else:
            unraisablehook(found)

    sys.excepthook, sys.unraisablehook = printed, lost


def _raise_again(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)


def _end_now(number: int) -> None:
    remove_own()
    os._exit(128 + number)
