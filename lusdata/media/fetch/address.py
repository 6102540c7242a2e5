"""Which web addresses may be asked: manifests come from strangers, and a fetch runs inside somebody's network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from urllib.parse import SplitResult, unquote, urlsplit

from lusdata.catalog.networks import is_public

__all__ = ["Origin", "Resolve", "is_below", "origin_of", "refusal", "resolve_host", "resolve_literal"]

Origin = tuple[str, str, int]
"""Scheme, host and port."""

Resolve = Callable[[str, int], Collection[str]]
"""From a host and a port to the numerical addresses of that host."""

_PORTS = {"http": 80, "https": 443}
_LONGEST_ADDRESS = 4_000


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for a host's numerical addresses.

    Raises
    ------
    OSError
        If the name is not known or no name server answers.
    """
    return tuple(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def resolve_literal(host: str, port: int) -> tuple[str, ...]:
    """Return the address of a host that is given by number, or by this machine's own name; nothing for other names."""
    if host == "localhost" or host.endswith(".localhost"):
        return ("127.0.0.1",)
    try:
        return tuple(
            str(entry[4][0])
            for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        )
    except socket.gaierror:
        return ()


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a web address, or None if it is none.

    Examples
    --------
    >>> origin_of("HTTPS://Example.org/a/b")
    ('https', 'example.org', 443)
    """
    parts = _split(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]


def is_below(url: str, prefix: str) -> bool:
    """Tell whether an address continues another one, whatever its server makes of dots and escapes.

    Parameters
    ----------
    url : str
        The address, from a manifest or from a redirect.
    prefix : str
        An address that ends in a slash.

    Examples
    --------
    >>> is_below("http://nas/lung/a.mp4?x=1", "http://nas:80/lung/"), is_below("http://nas/lung-2/a", "http://nas/lung/")
    (True, False)
    >>> is_below("http://nas/lung/%2e%2e/admin", "http://nas/lung/"), is_below("http://nas/lung/..;/x", "http://nas/lung/")
    (False, False)
    """
    parts, named = _split(url), _split(prefix)
    if parts is None or named is None or origin_of(url) is None or origin_of(url) != origin_of(prefix):
        return False
    folders = named.path.strip("/").split("/") if named.path.strip("/") else []
    names = parts.path.split("/")[1:]
    return (
        len(names) > len(folders)
        and [unquote(name) for name in names[: len(folders)]] == [unquote(folder) for folder in folders]
        and not any(_may_climb(name) for name in names)
    )


def _may_climb(name: str) -> bool:
    """Tell whether some server may take a part of a path for a way up, or for several parts."""
    for _ in range(_MOST_LAYERS):
        if "/" in name or "\\" in name or name.split(";")[0] in (".", ".."):
            return True
        plain = unquote(name)
        if plain == name:
            return False
        name = plain
    return True


_MOST_LAYERS = 5


def refusal(url: str, *, allowed: Collection[str], resolve: Resolve) -> str:
    """Say why an address may not be asked.

    Parameters
    ----------
    url : str
        The address, from a manifest or from a redirect.
    allowed : collection of str
        Addresses that the user named (mirrors), each ending in a slash; what lies below may be in a private network.
    resolve : callable
        See `resolve_host`; not called for what is allowed.

    Returns
    -------
    str
        A clause; empty if the address may be asked.

    Raises
    ------
    OSError
        If `resolve` does.
    """
    parts = _split(url)
    if parts is None:
        return "not a valid address"
    if parts.scheme not in _PORTS:
        return f"only http and https are fetched, not '{parts.scheme}'"
    if parts.username is not None or parts.password is not None:
        return "the address carries a user name or password"
    origin = origin_of(url)
    if origin is None:
        return "the address names no host"
    if any(is_below(url, prefix) for prefix in allowed):
        return ""
    try:
        found = resolve(origin[1], origin[2])
    except UnicodeError:
        # Names that no name server could hold.
        return "not a valid address"
    private = sorted(address for address in found if not is_public(address))
    if private:
        return f"{origin[1]} is in a private network ({private[0]}), where manifests may not point"
    return ""


def _split(url: str) -> SplitResult | None:
    if len(url) > _LONGEST_ADDRESS or any(sign <= " " or sign == "\\" or not sign.isprintable() for sign in url):
        return None
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        _ = parts.port
        if parts.hostname is not None:
            parts.hostname.encode("idna")
    except ValueError:
        return None
    return parts
