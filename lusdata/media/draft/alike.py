"""Whether a new recording looks like one that is already there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lusdata.catalog.fingerprint import ALGORITHM
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import DUPLICATE, nearest

__all__ = ["Alike", "alike", "without_fingerprint"]

_MOST = 20


@dataclass(frozen=True)
class Alike:
    """A recording that looks like the new one.

    Attributes
    ----------
    manifest : Manifest
        It.
    similarity : float
        From 0 to 1.
    """

    manifest: Manifest
    similarity: float


def alike(fingerprint: str | None, known: Sequence[Manifest]) -> list[Alike]:
    """Find the recordings whose pictures agree with a fingerprint, whatever became of them.

    Parameters
    ----------
    fingerprint : str or None
        Of the new recording; with None nothing is found.
    known : sequence of Manifest
        Those that are there; those without a fingerprint are passed over.

    Returns
    -------
    list of Alike
        The most alike first.
    """
    if fingerprint is None:
        return []
    others = {manifest.id: manifest for manifest in known if _is_comparable(manifest)}
    prints = {identifier: manifest.data["fingerprint"] for identifier, manifest in others.items()}
    found = nearest(fingerprint, prints, _MOST)
    return [Alike(others[identifier], similarity) for identifier, similarity in found if similarity >= DUPLICATE]


def without_fingerprint(known: Sequence[Manifest]) -> int:
    """Count the included recordings whose copies cannot be seen."""
    return sum(manifest.state == "included" and not _is_comparable(manifest) for manifest in known)


def _is_comparable(manifest: Manifest) -> bool:
    return str(manifest.data.get("fingerprint", "")).startswith(f"{ALGORITHM}:")
