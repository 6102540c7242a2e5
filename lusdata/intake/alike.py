"""Whether a new recording looks like one that is already there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def alike(fingerprints: Iterable[str | None], known: Sequence[Manifest]) -> list[Alike]:
    """Find the recordings whose pictures agree with one of some fingerprints, whatever became of them.

    Parameters
    ----------
    fingerprints : iterable of str or None
        Of the new recording, whole and of parts of it; None among them are passed over.
    known : sequence of Manifest
        Those that are there; those without a fingerprint are passed over.

    Returns
    -------
    list of Alike
        The most alike first.
    """
    others = {manifest.id: manifest for manifest in known if _is_comparable(manifest)}
    prints = {identifier: manifest.data["fingerprint"] for identifier, manifest in others.items()}
    best: dict[str, float] = {}
    for one in filter(None, fingerprints):
        for identifier, similarity in nearest(one, prints, _MOST):
            best[identifier] = max(similarity, best.get(identifier, 0.0))
    order = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return [Alike(others[identifier], similarity) for identifier, similarity in order if similarity >= DUPLICATE]


def without_fingerprint(known: Sequence[Manifest]) -> int:
    """Count the included recordings whose copies cannot be seen."""
    return sum(manifest.state == "included" and not _is_comparable(manifest) for manifest in known)


def _is_comparable(manifest: Manifest) -> bool:
    return str(manifest.data.get("fingerprint", "")).startswith(f"{ALGORITHM}:")
