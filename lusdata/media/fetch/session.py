"""A web session that carries no identity and talks to no private network unless the user named it."""

from __future__ import annotations

import contextlib
import http.cookiejar
import socket
import threading
from collections.abc import Iterator

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from lusdata.catalog.networks import is_public

__all__ = ["PrivatePeerError", "hang_up", "is_proxied", "open_session"]


# Tells a server's keeper who asks and where to complain.
_USER_AGENT = "lusdata (+https://github.com/lusdata/lusdata)"


class PrivatePeerError(Exception):
    """A connection reached a private network although the name had led elsewhere."""


def open_session(*, guarded: bool, answer_s: float, connections: int) -> requests.Session:
    """Open a session.

    Parameters
    ----------
    guarded : bool
        Whether its connections refuse to talk to private networks; only what the user named may lie there.
    answer_s : float
        Longest time from a request to the end of the answer's headers, in seconds.
    connections : int
        Connections kept open to one host.

    Returns
    -------
    requests.Session
        It keeps no cookies, reads no passwords from ``.netrc``, and asks for uncompressed bodies; proxies and
        certificates of the environment are respected. Guarded connections raise `PrivatePeerError`.
    """
    session = _Session()
    adapter = _Adapter(guarded=guarded, answer_s=answer_s, connections=connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # Without a rule of our own, requests would send passwords from the user's .netrc to strangers' hosts.
    session.auth = _no_credentials
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    # Ranges and lengths count bytes of the file only where nothing is compressed on the way.
    session.headers.update({"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"})
    return session


def is_proxied(url: str) -> bool:
    """Tell whether the environment sends requests for an address through a proxy."""
    return select_proxy(url, get_environ_proxies(url)) is not None


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Session(requests.Session):
    """Leaves redirects to us: `requests` looks at where one leads even if it is told not to follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def hang_up(answer: urllib3.BaseHTTPResponse) -> None:
    """End an answer from another thread; whoever reads it finds the connection broken."""
    _shut(getattr(answer, _SOCKET, None))


_SOCKET = "lusdata_socket"
"""Where an answer keeps its socket: the packages let go of theirs as soon as the headers are read."""


class _Adapter(HTTPAdapter):
    """Connections that end in time, and check whom they reached before they say anything.

    `refusal` looks a name up before the request; a hostile name server could give another answer a moment later, to
    the connection itself. So the connection looks at its peer.
    """

    def __init__(self, *, guarded: bool, answer_s: float, connections: int) -> None:
        super().__init__(pool_connections=32, pool_maxsize=connections, max_retries=0)

        def guard(peer: socket.socket, host: str) -> socket.socket:
            if guarded and not is_public(str(peer.getpeername()[0])):
                peer.close()
                raise PrivatePeerError(host)
            return peer

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard(super()._new_conn(), self.host)

            def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
                with _deadline(self.sock, answer_s) as sock:
                    answer = super().getresponse()
                setattr(answer, _SOCKET, sock)
                return answer

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard(super()._new_conn(), self.host)

            def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
                with _deadline(self.sock, answer_s) as sock:
                    answer = super().getresponse()
                setattr(answer, _SOCKET, sock)
                return answer

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        # Proxies have a manager of their own, which stays as it is: there the peer is the proxy.
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


@contextlib.contextmanager
def _deadline(sock: socket.socket | None, seconds: float) -> Iterator[socket.socket | None]:
    """Hang up if the headers are not all there in time: the read timeout starts anew with every byte that drips in."""
    timer = threading.Timer(seconds, _shut, (sock,))
    timer.daemon = True
    timer.start()
    try:
        yield sock
    finally:
        timer.cancel()


def _shut(sock: socket.socket | None) -> None:
    # It may have been closed in the same moment.
    with contextlib.suppress(OSError):
        if sock is not None:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
