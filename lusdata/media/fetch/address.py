"""Which web addresses may be asked: manifests come from strangers, and a fetch runs inside somebody's network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from urllib.parse import SplitResult, urlsplit

__all__ = ["Origin", "Resolve", "is_public", "origin_of", "refusal", "resolve_host", "resolve_literal"]

Origin = tuple[str, str, int]
"""Scheme, host and port."""

Resolve = Callable[[str, int], Collection[str]]
"""From a host and a port to the numerical addresses of that host."""

_PORTS = {"http": 80, "https": 443}


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


def is_public(address: str) -> bool:
    """Tell whether a numerical address belongs to the public internet.

    Parameters
    ----------
    address : str
        IPv4 or IPv6 address, with or without a zone.

    Returns
    -------
    bool
        False for private, loopback, link-local, shared, multicast and reserved addresses, also where an IPv6 address
        wraps one of them; and for what is no address.

    Examples
    --------
    >>> [is_public(address) for address in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    try:
        number = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        wrapped = number.ipv4_mapped or number.sixtofour
        if wrapped is None and number in _NAT64:
            wrapped = ipaddress.IPv4Address(int(number) & 0xFFFF_FFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return number.is_global and not (number.is_multicast or number.is_reserved or number.is_unspecified)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


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


def refusal(url: str, *, allowed: Collection[Origin], resolve: Resolve) -> str:
    """Say why an address may not be asked.

    Parameters
    ----------
    url : str
        The address, from a manifest or from a redirect.
    allowed : collection of Origin
        Origins that the user named (mirrors); they may lie in a private network.
    resolve : callable
        See `resolve_host`; not called for allowed origins.

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
    if origin in allowed:
        return ""
    private = sorted(address for address in resolve(origin[1], origin[2]) if not is_public(address))
    if private:
        return f"{origin[1]} is in a private network ({private[0]}), where manifests may not point"
    return ""


def _split(url: str) -> SplitResult | None:
    if any(ord(character) <= 32 or character == "\\" for character in url):
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
