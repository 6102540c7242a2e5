"""Bytes from the web into a part file: redirects, resume, retries, limits. Judges nothing but the transfer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import requests
import urllib3

from lusdata.media.fetch import unfinished
from lusdata.media.fetch.address import Origin, is_below, origin_of, refusal, resolve_literal
from lusdata.media.fetch.body import Transfer
from lusdata.media.fetch.patience import Limits, World, may_pass, retry_after_s, retry_delay_s
from lusdata.media.fetch.report import FetchFailure
from lusdata.media.fetch.room import missing_bytes
from lusdata.media.fetch.session import PrivatePeerError, is_proxied, open_session
from lusdata.media.fetch.trouble import Trouble, failure

__all__ = ["WebClient"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass
class _Host:
    """What is known about one host during a run."""

    slots: threading.BoundedSemaphore
    failures_in_a_row: int = 0


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
    allowed : collection of str
        Addresses that the user named, each ending in a slash: what lies below may be in a private network.
    workers : int
        Threads that share the client.
    """

    limits: Limits
    world: World
    pause: Callable[[float], None]
    allowed: Collection[str] = ()
    workers: int = 8
    _session: requests.Session = field(init=False, repr=False)
    _named_session: requests.Session = field(init=False, repr=False)
    _hosts: dict[Origin | None, _Host] = field(init=False, repr=False, default_factory=dict)
    _hosts_lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open the sessions: one for strangers' addresses, one for those that the user named."""
        answer_s, workers = self.limits.read_s, self.workers
        self._session = open_session(guarded=True, answer_s=answer_s, connections=workers)
        self._named_session = open_session(guarded=False, answer_s=answer_s, connections=workers)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()
        self._named_session.close()

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
        self._check_size(url, part, size_bytes)
        host = self._host(url)
        with host.slots:
            if host.failures_in_a_row >= self.limits.host_failures:
                words = f"not asked: the host failed {host.failures_in_a_row} times in a row"
                raise failure(url, "unreachable", words)
            try:
                arrival = self._try_often(url, part, size_bytes=size_bytes, pinned=pinned)
            except FetchFailure as fault:
                # A host that answers, if only with 404, is alive.
                failed = fault.failure.state in ("unreachable", "truncated", "too-slow")
                host.failures_in_a_row = host.failures_in_a_row + 1 if failed else 0
                raise
            host.failures_in_a_row = 0
            return arrival

    def _check_size(self, url: str, part: Path, size_bytes: int | None) -> None:
        if size_bytes is not None and size_bytes > self.limits.largest_bytes:
            expected, found = f"at most {self.limits.largest_bytes:,} bytes", f"{size_bytes:,} bytes"
            raise failure(url, "too-large", "more than is taken", expected=expected, found=found)
        begun_bytes = part.stat().st_size if part.exists() else 0
        missing = missing_bytes(part.parent, max(0, (size_bytes or 0) - begun_bytes))
        if missing:
            raise failure(url, "no-space", f"the disk of the cache lacks {missing:,} bytes for it")

    def _try_often(self, url: str, part: Path, *, size_bytes: int | None, pinned: bool) -> unfinished.Arrival:
        ends_s = self.world.clock() + self.limits.transfer_s
        transfer = Transfer(url, part, size_bytes, self.limits, self.world.clock, ends_s, self.pause)
        failures = 0
        while True:
            try:
                return self._try_once(transfer, pinned=pinned)
            except Trouble as trouble:
                failures += 1
                tries = f" ({failures} tries)" if failures > 1 else ""
                delay_s = retry_delay_s(
                    failures, limits=self.limits, jitter=self.world.jitter(), asked_s=trouble.asked_s
                )
                if delay_s is None or self.world.clock() + delay_s > ends_s:
                    raise failure(url, trouble.state, trouble.detail + tries) from trouble
                self.pause(0.0 if trouble.at_once else delay_s)

    def _host(self, url: str) -> _Host:
        with self._hosts_lock:
            slots = threading.BoundedSemaphore(self.limits.per_host)
            return self._hosts.setdefault(origin_of(url), _Host(slots))

    def _try_once(self, transfer: Transfer, *, pinned: bool) -> unfinished.Arrival:
        url, part, size_bytes = transfer.url, transfer.part, transfer.size_bytes
        begun_bytes, validator = unfinished.begun(part, url, size_bytes=size_bytes, pinned=pinned)
        if begun_bytes and begun_bytes == size_bytes:
            return unfinished.Arrival(resumed=True)
        headers = {}
        if begun_bytes:
            headers["Range"] = f"bytes={begun_bytes}-"
            if validator:
                headers["If-Range"] = validator
        with _network_trouble(url), self._open(url, headers, pinned=pinned) as response:
            status = response.status_code
            if status == 416 and begun_bytes:
                unfinished.discard(part)
                raise Trouble("unreachable", "the server has no such range", at_once=True)
            if status == 206 and begun_bytes:
                if not unfinished.continues(response.headers, begun_bytes=begun_bytes, validator=validator):
                    unfinished.discard(part)
                    raise Trouble("unreachable", "the file changed while it was fetched", at_once=True)
                return transfer.receive(response.raw, begun_bytes=begun_bytes)
            if status == 200:
                unfinished.discard(part)
                unfinished.remember(part, url, response.headers)
                return transfer.receive(response.raw, begun_bytes=0)
            words = _status_words(status)
            if may_pass(status):
                asked_s = retry_after_s(response.headers.get("Retry-After"))
                again = "" if asked_s is None else f", try again in {asked_s:.0f} s"
                raise Trouble("unreachable", words + again, asked_s=asked_s)
            raise failure(url, "dead", words)

    @contextmanager
    def _open(self, url: str, headers: Mapping[str, str], *, pinned: bool) -> Iterator[requests.Response]:
        """Send a request and follow its redirects, checking every address before it is asked."""
        address = url
        for _ in range(self.limits.redirects + 1):
            self._check(url, address)
            named = any(is_below(address, prefix) for prefix in self.allowed)
            response = (self._named_session if named else self._session).get(
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
            address, before = _joined(url, address, target), address
            if not pinned and _is_secure(before) and not _is_secure(address):
                # No digest would tell what somebody on the way put in its place.
                raise failure(url, "refused", "redirected from https to http, and there is no digest yet")
        raise failure(url, "dead", f"more than {self.limits.redirects} redirects")

    def _check(self, url: str, address: str) -> None:
        # Behind a proxy this machine may know no names at all; the proxy has rules of its own.
        proxied = is_proxied(address)
        try:
            reason = refusal(address, allowed=self.allowed, resolve=resolve_literal if proxied else self.world.resolve)
        except socket.gaierror as error:
            words = f"the host's name is not known ({(error.strerror or str(error)).lower()})"
            if error.errno == socket.EAI_AGAIN:
                raise Trouble("unreachable", words) from error
            raise failure(url, "unreachable", words) from error
        except OSError as error:
            raise Trouble("unreachable", f"the host's name cannot be looked up ({error})") from error
        if reason:
            raise failure(url, "refused", reason if address == url else f"redirected to {address}: {reason}")


@contextmanager
def _network_trouble(url: str) -> Iterator[None]:
    """Turn what the network packages raise into our two kinds of failure."""
    try:
        yield
    except PrivatePeerError as error:
        raise failure(url, "refused", f"{error} is in a private network, where manifests may not point") from error
    except requests.exceptions.SSLError as error:
        raise failure(url, "unreachable", f"no trustworthy connection ({_reason(error)})") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
        raise failure(url, "refused", "not a valid address") from error
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise Trouble("unreachable", "no answer in time") from error
    except urllib3.exceptions.ProtocolError as error:
        cut = any(isinstance(cause, urllib3.exceptions.IncompleteRead) for cause in error.args)
        words = "the connection ended before the file did" if cut else f"the connection broke ({_reason(error)})"
        raise Trouble("truncated" if cut else "unreachable", words) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise Trouble("unreachable", f"no connection ({_reason(error)})") from error


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words; the packages wrap it in many."""
    seen = error
    while (inner := seen.__cause__ or seen.__context__) is not None:
        seen = inner
    text = seen.strerror if isinstance(seen, OSError) and seen.strerror else str(seen) or type(seen).__name__
    return " ".join(text.split())[:120].lower()


def _joined(url: str, address: str, target: str) -> str:
    try:
        return urldefrag(urljoin(address, target)).url
    except ValueError as error:
        raise failure(url, "refused", "redirected to what is no address", found=target[:80]) from error


def _is_secure(address: str) -> bool:
    return address[:6].lower() == "https:"


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
