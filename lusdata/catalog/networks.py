"""Which numerical addresses belong to the public internet. No network, no name server."""

from __future__ import annotations

import ipaddress
import socket

__all__ = ["address_of_host", "is_public"]

# IANA's registries of special-purpose addresses (RFC 6890 and its updates), and multicast. Listed here, since what
# Python calls global differs between its versions.
_SPECIAL_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",  # this machine
        "169.254.0.0/16",  # this link, and the data of cloud machines
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, given up
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out so far; outside lie this machine, this link, private networks, multicast and what is unused."""
_SPECIAL_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: str) -> bool:
    """Tell whether a numerical address belongs to the public internet.

    Parameters
    ----------
    address : str
        IPv4 or IPv6 address, with or without a zone.

    Returns
    -------
    bool
        False for private, loopback, link-local, shared, multicast, documentation and reserved addresses, also where an
        IPv6 address wraps one of them; and for what is no address.

    Examples
    --------
    >>> [is_public(address) for address in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    try:
        number = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv4Address):
        return not any(number in network for network in _SPECIAL_4)
    wrapped = _wrapped(number)
    if wrapped is not None and not is_public(str(wrapped)):
        return False
    if number in _MAPPED or number in _NAT64:
        return True
    return number in _GLOBAL_6 and not any(number in network for network in _SPECIAL_6)


def _wrapped(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to."""
    if number in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(number) >> 80 & 0xFFFF_FFFF)
    if number in _MAPPED or number in _NAT64 or (int(number) >> 32 & 0xFFFF_FFFF) in _ISATAP:
        return ipaddress.IPv4Address(int(number) & 0xFFFF_FFFF)
    return None


def address_of_host(host: str) -> str | None:
    """Return the numerical address that a host is written as, or None where it is a name.

    Parameters
    ----------
    host : str
        As `urllib.parse` gives it; an IPv4 address may be written in fewer, octal or hexadecimal parts, as the system
        reads them.

    Examples
    --------
    >>> [address_of_host(host) for host in ("127.1", "0x7f000001", "2130706433", "0177.0.0.1", "::1", "a.org", chr(0))]
    ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1', '::1', None, None]
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):
        # A name, or what cannot even be one, such as a host with a NUL in it.
        return None
