"""What to do for one recording, decided from facts alone: no disk and no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.errors import UsageError
from lusdata.media.fetch.address import is_below, origin_of
from lusdata.media.fetch.report import State

__all__ = [
    "Attempt",
    "FetchPlan",
    "FolderMirror",
    "Mirror",
    "WebMirror",
    "by_turns",
    "parse_mirror",
    "plan_recording",
    "safe_parts",
]


@dataclass(frozen=True)
class FolderMirror:
    """A folder that holds copies under the manifests' ``source.path``."""

    root: Path


@dataclass(frozen=True)
class WebMirror:
    """A web address that ends in a slash and is continued by the manifests' ``source.path``."""

    prefix: str


Mirror = FolderMirror | WebMirror


@dataclass(frozen=True)
class Attempt:
    """One place to look: a path inside a mirror folder, or a web address.

    Attributes
    ----------
    location : str
        For people: the whole path or address.
    folder : FolderMirror or None
        The mirror folder to look in; None for a web address.
    path : str
        Path inside that folder.
    mirror : bool
        Whether a mirror and not the manifest names the place.
    """

    location: str
    folder: FolderMirror | None = None
    path: str = ""
    mirror: bool = False


@dataclass(frozen=True)
class FetchPlan:
    """What to do for one recording.

    Attributes
    ----------
    manifest : Manifest
        The recording.
    state : str
        Its state if nothing is to be tried, or if no mirror knows it: ``present``, ``blocked``, ``manual``, ``gone``,
        ``unpinned``, ``offline`` or ``dead``.
    reason : str
        Why, as a clause.
    attempts : tuple of Attempt
        Places to look, in order; empty if nothing is to be done.
    """

    manifest: Manifest
    state: State
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()


def parse_mirror(text: str | Path) -> Mirror:
    """Understand what a user names as a mirror.

    Parameters
    ----------
    text : str or Path
        A folder, or an ``http(s)`` address that ``source.path`` continues.

    Returns
    -------
    FolderMirror or WebMirror
        Not yet looked at.

    Raises
    ------
    UsageError
        If it is an address of another kind, carries a password, or has a query or fragment that a path cannot continue.

    Examples
    --------
    >>> parse_mirror("https://example.org/lung")
    WebMirror(prefix='https://example.org/lung/')
    """
    words = str(text)
    if isinstance(text, Path) or not re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", words):
        return FolderMirror(Path(text).expanduser())
    if origin_of(words) is None:
        raise UsageError("not a mirror", where=words, expected="a folder or an address with http or https")
    parts = urlsplit(words)
    if parts.username is not None or parts.password is not None:
        raise UsageError("a mirror's address may not carry a user name or password", where=parts.hostname)
    if parts.query or parts.fragment:
        raise UsageError(
            "a mirror's address has a query or fragment", where=words, expected="an address that a path can continue"
        )
    prefix = words.rstrip("/") + "/"
    if not is_below(prefix, prefix):
        raise UsageError("a mirror's address has '.' or '..' in its path", where=words, expected="the plain address")
    return WebMirror(prefix)


def safe_parts(path: str) -> tuple[str, ...] | None:
    """Split a manifest's ``source.path`` for use inside a mirror.

    Parameters
    ----------
    path : str
        Relative path with forward slashes, from a stranger.

    Returns
    -------
    tuple of str or None
        The names; None if the path could lead out of the mirror on any platform.

    Examples
    --------
    >>> safe_parts("pocus_videos/convex/Cov-Atlas-Day+1.gif")
    ('pocus_videos', 'convex', 'Cov-Atlas-Day+1.gif')
    >>> safe_parts("a/../../b"), safe_parts("/etc/passwd"), safe_parts("C:/x")
    (None, None, None)
    """
    if not path or path.startswith("/") or any(ord(character) < 32 or character in "\\:" for character in path):
        return None
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return None
    return tuple(parts)


def plan_recording(
    manifest: Manifest,
    *,
    cached: bool,
    mirrors: Sequence[Mirror],
    offline: bool,
    pin: bool,
    own: tuple[Path, str] | None = None,
) -> FetchPlan:
    """Decide what to do for one recording.

    Parameters
    ----------
    manifest : Manifest
        The recording; its status is ``included``.
    cached : bool
        Whether the cache holds its file.
    mirrors : sequence of Mirror
        In the order of the user's trust.
    offline : bool
        Whether only folders may be asked.
    pin : bool
        Whether a recording without a digest may be fetched.
    own : (Path, str), optional
        A folder of the user's own, and the path in it of a file that has the digest.

    Returns
    -------
    FetchPlan
        The user's own file comes first, then mirrors, then the manifest's locations. A recording that may not be
        fetched from where it was published, but may be used, is taken from a user's own folder. A recording without a
        digest is looked for only with `pin`: whoever asks for that vouches for the mirrors.
    """
    rights = rights_of(manifest)
    if not rights.fetch and not rights.build:
        return FetchPlan(manifest, "blocked", rights.reason)
    if cached:
        return FetchPlan(manifest, "present")
    pinned = manifest.sha256 is not None
    folders_only = offline or not rights.fetch
    looked_for = pinned or pin
    copies = tuple(_in_mirrors(manifest.source_path, mirrors=mirrors, folders_only=folders_only)) if looked_for else ()
    if own is not None and pinned:
        copies = (Attempt(str(own[0] / own[1]), folder=FolderMirror(own[0]), path=own[1], mirror=True), *copies)
    if not rights.fetch:
        return FetchPlan(manifest, "blocked", rights.reason, copies)
    if manifest.access == "manual":
        return FetchPlan(manifest, "manual", _by_hand(manifest), copies)
    if not manifest.locations:
        return FetchPlan(
            manifest, "gone", "no address is known any more; name a folder that has it with --mirror", copies
        )
    if not looked_for:
        return FetchPlan(manifest, "unpinned", "no digest in its manifest; lusdata fetch --pin gets it for review")
    if offline:
        searched = "the cache or the mirror folders" if copies else "the cache"
        return FetchPlan(manifest, "offline", f"not in {searched}; run again without --offline", copies)
    return FetchPlan(manifest, "dead", attempts=(*copies, *(Attempt(location) for location in manifest.locations)))


def _by_hand(manifest: Manifest) -> str:
    page = manifest.data["source"].get("page")
    then = "name its folder with --mirror" if manifest.sha256 is not None else f"lusdata pin {manifest.id} FILE"
    return f"get it by hand{f' from {page}' if page else ''}, then {then}"


def _in_mirrors(path: str | None, *, mirrors: Iterable[Mirror], folders_only: bool) -> Iterable[Attempt]:
    parts = safe_parts(path) if path is not None else None
    if parts is None:
        return
    inside = str(PurePosixPath(*parts))
    for mirror in mirrors:
        if isinstance(mirror, FolderMirror):
            yield Attempt(str(mirror.root.joinpath(*parts)), folder=mirror, path=inside, mirror=True)
        elif not folders_only:
            yield Attempt(mirror.prefix + quote(inside, safe="/"), mirror=True)


def by_turns(plans: Iterable[FetchPlan]) -> list[FetchPlan]:
    """Order work so that neighbours ask different hosts and no worker waits for a busy one.

    Parameters
    ----------
    plans : iterable of FetchPlan
        Plans with attempts.

    Returns
    -------
    list of FetchPlan
        The first plan of every host, then the second of every host, and so on.
    """
    seen: dict[object, int] = {}
    turns: list[tuple[int, FetchPlan]] = []
    for plan in plans:
        first = plan.attempts[0]
        host = first.folder or origin_of(first.location)
        seen[host] = seen.get(host, 0) + 1
        turns.append((seen[host], plan))
    return [plan for _, plan in sorted(turns, key=lambda turn: turn[0])]
