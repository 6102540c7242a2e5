"""The mark of pages and pictures with recordings that stay with their owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import is_private
from lusdata.wording import counted

__all__ = ["MARK", "owner_of", "private_sentence", "private_words"]

MARK = "Private."
"""The word that begins every mark."""


def owner_of(manifests: Iterable[Manifest], abouts: Sequence[About]) -> str:
    """Return whose recordings are, if they or one of them stay with their owner; empty if none does.

    Parameters
    ----------
    manifests : iterable of Manifest
        The recordings, whatever their state.
    abouts : sequence of About
        What their collections say of themselves.
    """
    if not any(about.private for about in abouts) and not any(map(is_private, manifests)):
        return ""
    return next((about.owner for about in abouts if about.owner), "whoever keeps it")


def private_sentence(owner: str, *, what: str = "It") -> str:
    """Say whose something is and what that means: what stands behind `MARK`.

    Examples
    --------
    >>> private_sentence("Ward 7")
    'It belongs to Ward 7 and stays there: keep this page where it is, too.'
    """
    return f"{what} belongs to {owner} and stays there: keep this page where it is, too."


def private_words(collection: Collection) -> str:
    """Return what stands behind `MARK` on a page of a collection; empty if all of it may be passed on."""
    owner = owner_of(collection.manifests, [collection.about])
    if not owner:
        return ""
    own = counted(sum(map(is_private, collection.manifests)), "recording")
    return private_sentence(owner, what="This collection" if collection.about.private else f"What it tells of {own}")
