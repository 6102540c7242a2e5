"""Bytes from the web into a part file: redirects, resume, retries, limits. Judges nothing but the transfer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urldefrag, urljoin

import requests
import urllib3

from lusdata.media.fetch import unfinished
from lusdata.media.fetch.address import Origin, origin_of, refusal, resolve_literal
from lusdata.media.fetch.patience import Limits, World, may_pass, retry_after_s, retry_delay_s
from lusdata.media.fetch.report import Failure, FetchFailure, State
from lusdata.media.fetch.session import PrivatePeerError, is_proxied, open_session

__all__ = ["WebClient"]

_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass
class _Host:
    """What is known about one host during a run."""

    slots: threading.BoundedSemaphore
    failures_in_a_row: int = 0


class _Trouble(Exception):
    """A failed try that another try may mend."""

    def __init__(self, state: State, detail: str, *, asked_s: float | None = None, at_once: bool = False) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail
        self.asked_s = asked_s
        self.at_once = at_once


@dataclass
class WebClient:
    """Downloads for one run; safe to share between threads.

    Parameters
    ----------
    limits : Limits
        Bounds of every transfer.
    world : World
        Clock, names and chance.
    pause : callable
        Waits for seconds; raises to stop the run.
    allowed : collection of Origin
        Origins in private networks that the user named.
    workers : int
        Threads that share the client.
    """

    limits: Limits
    world: World
    pause: Callable[[float], None]
    allowed: Collection[Origin] = ()
    workers: int = 8
    _session: requests.Session = field(init=False, repr=False)
    _hosts: dict[Origin | None, _Host] = field(init=False, repr=False, default_factory=dict)
    _hosts_lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open the session."""
        self._session = open_session(self.allowed, answer_s=self.limits.read_s, connections=self.workers)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def download(self, url: str, part: Path, *, size_bytes: int | None, pinned: bool) -> unfinished.Arrival:
        """Bring one file, going on where an earlier transfer stopped.

        Parameters
        ----------
        url : str
            Web address.
        part : Path
            File to write; may hold the beginning. Its source is kept beside it while it is incomplete.
        size_bytes : int or None
            Size that the file should have; no more is taken.
        pinned : bool
            Whether a digest will judge the result. Only then may a beginning from another address be continued, or
            one whose version the server does not vouch for.

        Returns
        -------
        Arrival
            The part file is complete as far as the server tells.

        Raises
        ------
        FetchFailure
            If the address did not give the file; what arrived so far stays for another run.
        OSError
            If the part file cannot be written.
        """
        host = self._host(url)
        with host.slots:
            if host.failures_in_a_row >= self.limits.host_failures:
                words = f"not asked: the host failed {host.failures_in_a_row} times in a row"
                raise _failure(url, "unreachable", words)
            failures = 0
            while True:
                try:
                    arrival = self._try_once(url, part, size_bytes=size_bytes, pinned=pinned)
                except _Trouble as trouble:
                    failures += 1
                    delay_s = retry_delay_s(
                        failures, limits=self.limits, jitter=self.world.jitter(), asked_s=trouble.asked_s
                    )
                    if delay_s is None:
                        host.failures_in_a_row += 1
                        tries = f" ({failures} tries)" if failures > 1 else ""
                        raise _failure(url, trouble.state, trouble.detail + tries) from trouble
                    self.pause(0.0 if trouble.at_once else delay_s)
                except FetchFailure as failure:
                    # A host that answers, if only with 404, is alive.
                    host.failures_in_a_row = host.failures_in_a_row + 1 if failure.failure.state == "unreachable" else 0
                    raise
                else:
                    host.failures_in_a_row = 0
                    return arrival

    def _host(self, url: str) -> _Host:
        with self._hosts_lock:
            slots = threading.BoundedSemaphore(self.limits.per_host)
            return self._hosts.setdefault(origin_of(url), _Host(slots))

    def _try_once(self, url: str, part: Path, *, size_bytes: int | None, pinned: bool) -> unfinished.Arrival:
        begun_bytes, validator = unfinished.begun(part, url, size_bytes=size_bytes, pinned=pinned)
        if begun_bytes and begun_bytes == size_bytes:
            return unfinished.Arrival(resumed=True)
        headers = {}
        if begun_bytes:
            headers["Range"] = f"bytes={begun_bytes}-"
            if validator:
                headers["If-Range"] = validator
        with _network_trouble(url), self._open(url, headers) as response:
            status = response.status_code
            if status == 416 and begun_bytes:
                unfinished.discard(part)
                raise _Trouble("unreachable", "the server has no such range", at_once=True)
            if status == 206 and begun_bytes:
                if not unfinished.continues(response.headers, begun_bytes=begun_bytes, validator=validator):
                    unfinished.discard(part)
                    raise _Trouble("unreachable", "the file changed while it was fetched", at_once=True)
                return self._receive(url, response, part, begun_bytes=begun_bytes, size_bytes=size_bytes)
            if status == 200:
                unfinished.discard(part)
                unfinished.remember(part, url, response.headers)
                return self._receive(url, response, part, begun_bytes=0, size_bytes=size_bytes)
            words = _status_words(status)
            if may_pass(status):
                asked_s = retry_after_s(response.headers.get("Retry-After"))
                again = "" if asked_s is None else f", try again in {asked_s:.0f} s"
                raise _Trouble("unreachable", words + again, asked_s=asked_s)
            raise _failure(url, "dead", words)

    @contextmanager
    def _open(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """Send a request and follow its redirects, checking every address before it is asked."""
        address = url
        for _ in range(self.limits.redirects + 1):
            self._check(url, address)
            response = self._session.get(
                address,
                headers=dict(headers),
                stream=True,
                allow_redirects=False,
                timeout=(self.limits.connect_s, self.limits.read_s),
            )
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            # Headers arrive as Latin-1, but addresses in them are UTF-8 where they are not ASCII.
            target = target.encode("latin-1", "replace").decode("utf-8", "replace")
            address = urldefrag(urljoin(address, target)).url
        raise _failure(url, "dead", f"more than {self.limits.redirects} redirects")

    def _check(self, url: str, address: str) -> None:
        # Behind a proxy this machine may know no names at all; the proxy has rules of its own.
        proxied = is_proxied(address)
        try:
            reason = refusal(address, allowed=self.allowed, resolve=resolve_literal if proxied else self.world.resolve)
        except socket.gaierror as error:
            words = f"the host's name is not known ({(error.strerror or str(error)).lower()})"
            if error.errno == socket.EAI_AGAIN:
                raise _Trouble("unreachable", words) from error
            raise _failure(url, "unreachable", words) from error
        except OSError as error:
            raise _Trouble("unreachable", f"the host's name cannot be looked up ({error})") from error
        if reason:
            raise _failure(url, "refused", reason if address == url else f"redirected to {address}: {reason}")

    def _receive(
        self, url: str, response: requests.Response, part: Path, *, begun_bytes: int, size_bytes: int | None
    ) -> unfinished.Arrival:
        limit = self.limits.largest_bytes if size_bytes is None else size_bytes
        rest = _number(response.headers.get("Content-Length"))
        announced = None if rest is None or unfinished.is_coded(response.headers) else begun_bytes + rest
        if size_bytes is None and announced is not None and announced > limit:
            raise _failure(url, "refused", f"larger than {limit:,} bytes", found=f"{announced:,} bytes")
        too_long = announced is not None and announced > limit
        # Of a file that cannot be the right one, its beginning is enough to tell what it is.
        take = min(limit, _CHUNK_BYTES) if too_long else limit
        with part.open("ab" if begun_bytes else "wb") as stream:
            received, more = self._copy(response, stream, begun_bytes=begun_bytes, limit=take)
        if not more and not too_long:
            return unfinished.Arrival(resumed=begun_bytes > 0)
        if size_bytes is None:
            unfinished.discard(part)
            raise _failure(url, "refused", f"larger than {limit:,} bytes")
        return unfinished.Arrival(resumed=begun_bytes > 0, announced_bytes=announced or received)

    def _copy(self, response: requests.Response, stream: BinaryIO, *, begun_bytes: int, limit: int) -> tuple[int, bool]:
        """Copy a body up to a limit; return the bytes seen in all, and whether there was more than the limit."""
        received, began_s = begun_bytes, self.world.clock()
        # read1 returns what has come; read would wait for a whole chunk, and a slow drip would never time out.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            stream.write(chunk[: max(0, limit - received)])
            received += len(chunk)
            if received > limit:
                return received, True
            self.pause(0.0)
            lasted_s = self.world.clock() - began_s
            if lasted_s > self.limits.read_s and received - begun_bytes < lasted_s * self.limits.slowest_bytes_per_s:
                stream.flush()
                raise _Trouble("unreachable", f"too slow: {received - begun_bytes:,} bytes in {lasted_s:.0f} s")
        return received, False


@contextmanager
def _network_trouble(url: str) -> Iterator[None]:
    """Turn what the network packages raise into our two kinds of failure."""
    try:
        yield
    except PrivatePeerError as error:
        raise _failure(url, "refused", f"{error} is in a private network, where manifests may not point") from error
    except requests.exceptions.SSLError as error:
        raise _failure(url, "unreachable", f"no trustworthy connection ({_reason(error)})") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
        raise _failure(url, "refused", "not a valid address") from error
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise _Trouble("unreachable", "no answer in time") from error
    except urllib3.exceptions.ProtocolError as error:
        cut = any(isinstance(cause, urllib3.exceptions.IncompleteRead) for cause in error.args)
        words = "the connection ended before the file did" if cut else f"the connection broke ({_reason(error)})"
        raise _Trouble("truncated" if cut else "unreachable", words) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise _Trouble("unreachable", f"no connection ({_reason(error)})") from error


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words; the packages wrap it in many."""
    seen = error
    while (inner := seen.__cause__ or seen.__context__) is not None:
        seen = inner
    text = seen.strerror if isinstance(seen, OSError) and seen.strerror else str(seen) or type(seen).__name__
    return " ".join(text.split())[:120].lower()


def _failure(url: str, state: State, detail: str, *, found: str = "") -> FetchFailure:
    return FetchFailure(Failure(url, state, detail, found=found))


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
