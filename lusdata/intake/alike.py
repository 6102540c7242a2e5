"""Whether a new recording looks like one that is already there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lusdata.catalog.fingerprint import has_fingerprint
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import DUPLICATE, nearest

__all__ = ["Resemblance", "alike", "without_fingerprint"]


@dataclass(frozen=True)
class Resemblance:
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


def alike(fingerprint: str | None, known: Sequence[Manifest]) -> list[Resemblance]:
    """Find the recordings that show the same as a new one, whatever became of them, and whichever was altered.

    Parameters
    ----------
    fingerprint : str or None
        Of the new recording; without one nothing is found.
    known : sequence of Manifest
        Those that are there; those without a fingerprint are passed over.

    Returns
    -------
    list of Resemblance
        The most alike first.
    """
    others = {manifest.id: manifest for manifest in known if has_fingerprint(manifest.data)}
    if fingerprint is None or not others:
        return []
    prints = {identifier: str(manifest.data["fingerprint"]) for identifier, manifest in others.items()}
    found = nearest(fingerprint, prints, None, threshold=DUPLICATE)
    return [Resemblance(others[identifier], similarity) for identifier, similarity in found]


def without_fingerprint(known: Sequence[Manifest]) -> int:
    """Count the included recordings whose copies cannot be seen."""
    return sum(manifest.state == "included" and not has_fingerprint(manifest.data) for manifest in known)
