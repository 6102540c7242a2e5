"""How long to wait, how often to try, how much to take: pure decisions about a web that fails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lusdata.budget import BUDGET
from lusdata.media.fetch.address import Resolve, resolve_host

__all__ = ["Limits", "World", "may_pass", "retry_after_s", "retry_delay_s"]


@dataclass(frozen=True)
class Limits:
    """Bounds of a fetch.

    Attributes
    ----------
    connect_s, read_s : float
        Longest silence while connecting, and while an answer is read.
    tries : int
        Requests for one address, the first one included.
    first_delay_s, longest_delay_s : float
        Waiting after the first failure, doubled after each further one; a server that asks for more than the longest
        is not waited for.
    slowest_bytes_per_s : float
        A transfer that is slower on average, after `read_s`, is broken off and resumed.
    per_host : int
        Requests to one host at a time.
    host_failures : int
        Recordings in a row that a host may fail before it is left alone.
    redirects : int
        Redirects followed for one request.
    largest_bytes : int
        Most that is taken for a recording.
    transfer_s : float
        Longest time until one address has given the file, all tries together.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    tries: int = 4
    first_delay_s: float = 1.0
    longest_delay_s: float = 120.0
    slowest_bytes_per_s: float = 1_000.0
    per_host: int = 4
    host_failures: int = 6
    redirects: int = 5
    largest_bytes: int = BUDGET.file_bytes
    transfer_s: float = BUDGET.transfer_s


@dataclass(frozen=True)
class World:
    """What a fetch asks of its surroundings, so that tests can put their own in place.

    Attributes
    ----------
    clock : callable
        Seconds that only rise.
    jitter : callable
        A number in [0, 1) that keeps many waiting clients from coming back at the same instant.
    resolve : callable
        From host and port to numerical addresses.
    sleep : callable, optional
        Waits for seconds. By default the wait ends early when the run is interrupted.
    """

    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = field(default=random.random)
    resolve: Resolve = resolve_host
    sleep: Callable[[float], object] | None = None


def may_pass(status: int) -> bool:
    """Tell whether an HTTP status is worth another try.

    Examples
    --------
    >>> [status for status in (403, 404, 408, 410, 429, 500, 501, 503) if may_pass(status)]
    [408, 429, 500, 503]
    """
    return status in (408, 425, 429) or (500 <= status < 600 and status not in (501, 505))


def retry_after_s(text: str | None, *, now: datetime | None = None) -> float | None:
    """Read a ``Retry-After`` header.

    Parameters
    ----------
    text : str or None
        Seconds or a date.
    now : datetime, optional
        The present, with a time zone.

    Returns
    -------
    float or None
        Seconds to wait, 0 for a date that is past; None if nothing sensible is said.

    Examples
    --------
    >>> retry_after_s("7")
    7.0
    >>> retry_after_s("Wed, 21 Oct 2026 07:28:00 GMT", now=datetime(2026, 10, 21, 7, 27, tzinfo=UTC))
    60.0
    """
    if text is None:
        return None
    words = text.strip()
    if words.isascii() and words.isdigit():
        return float(words)
    try:
        moment = parsedate_to_datetime(words)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        # What the standard library stumbles over in dates that are none.
        return None


def retry_delay_s(failures: int, *, limits: Limits, jitter: float, asked_s: float | None = None) -> float | None:
    """Decide how long to wait before the next try.

    Parameters
    ----------
    failures : int
        Tries that failed so far, from 1.
    limits : Limits
        Bounds.
    jitter : float
        Number in [0, 1).
    asked_s : float, optional
        What the server asked for.

    Returns
    -------
    float or None
        Seconds: doubling, at least half of it kept, and never less than was asked for; None to give up.

    Examples
    --------
    >>> [retry_delay_s(n, limits=Limits(), jitter=0.0) for n in (1, 2, 3, 4)]
    [0.5, 1.0, 2.0, None]
    """
    if failures >= limits.tries or (asked_s is not None and asked_s > limits.longest_delay_s):
        return None
    full_s = min(limits.longest_delay_s, limits.first_delay_s * 2.0 ** (failures - 1))
    return max(asked_s or 0.0, full_s * (0.5 + 0.5 * jitter))
