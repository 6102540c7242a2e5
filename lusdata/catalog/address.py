"""What is wrong with a web address in a manifest, as far as its text tells. No network, no name server."""

from __future__ import annotations

from urllib.parse import urlsplit

from lusdata.catalog.networks import address_of_host, is_public

__all__ = ["carries_credentials", "is_malformed", "private_host"]

# Names that no public name server gives out (RFC 6761, RFC 6762, RFC 8375 and the usual home and office routers).
_PRIVATE_ENDINGS = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")


def is_malformed(url: str) -> bool:
    """Tell whether an address names no host, or a port that is no port, or holds what no address may.

    Examples
    --------
    >>> is_malformed("https:///a.mp4"), is_malformed("https://example.org:99999/"), is_malformed("https://example.org/")
    (True, True, False)
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
    except ValueError:
        return True
    return not (parts.hostname and url.isprintable()) or " " in url


def carries_credentials(url: str) -> bool:
    """Tell whether an address carries a user name or a password.

    Examples
    --------
    >>> carries_credentials("https://me:secret@example.org/a.mp4"), carries_credentials("https://example.org/@me")
    (True, False)
    """
    if is_malformed(url):
        return False
    return "@" in urlsplit(url).netloc


def private_host(url: str) -> str:
    """Return the host of an address if it means nothing outside somebody's own network, else nothing.

    Examples
    --------
    >>> private_host("http://10.0.0.7/a.mp4"), private_host("http://nas/a.mp4"), private_host("https://example.org/a")
    ('10.0.0.7', 'nas', '')
    >>> private_host("http://0x7f.1/a.mp4")
    '0x7f.1'
    """
    if is_malformed(url):
        return ""
    host = (urlsplit(url).hostname or "").rstrip(".")
    address = address_of_host(host)
    if address is not None:
        private = not is_public(address)
    else:
        private = "." not in host or any(host == end or host.endswith(f".{end}") for end in _PRIVATE_ENDINGS)
    return host if private else ""
