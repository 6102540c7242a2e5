"""Which recordings two collections both have: by their digests, and by how they look."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from lusdata.catalog.collection import Collection
from lusdata.catalog.fingerprint import has_fingerprint
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import Match, find_duplicates

__all__ = ["SharedRecording", "find_copies"]


@dataclass(frozen=True, order=True)
class SharedRecording:
    """One recording in two collections.

    Attributes
    ----------
    first, second : str
        Ids of both, the alphabetically first one first.
    likeness : str
        How that is known, as a clause.
    """

    first: str
    second: str
    likeness: str

    def __str__(self) -> str:
        """Return the copy as people read it."""
        return f"{self.first} and {self.second} {self.likeness}"


def find_copies(parts: Sequence[Collection]) -> tuple[SharedRecording, ...]:
    """Find the recordings that several collections have, whatever their state.

    Parameters
    ----------
    parts : sequence of Collection
        The collections, of different names.

    Returns
    -------
    tuple of SharedRecording
        Each pair once, sorted; those that are one file say so, and the others how much they look alike.
    """
    manifests = [manifest for part in parts for manifest in part.manifests]
    found = {_pair(*match): SharedRecording(*_pair(*match), "are one file") for match in _one_file(manifests)}
    prints = tuple(
        sorted(
            (manifest.id, str(manifest.data["fingerprint"])) for manifest in manifests if has_fingerprint(manifest.data)
        )
    )
    for match in _alike(prints):
        mirrored = " mirrored" if match.mirrored else ""
        told = f"look alike{mirrored}, {match.similarity:.0%}"
        found.setdefault((match.first, match.second), SharedRecording(match.first, match.second, told))
    return tuple(sorted(found.values()))


def _one_file(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of recordings of different collections that a digest of any kind calls one file."""
    holders: dict[Hashable, list[Manifest]] = {}
    for manifest in manifests:
        digests = dict(manifest.data["source"].get("other_digests", {}))
        if manifest.sha256 is not None:
            digests["sha256"] = manifest.sha256
        for digest in digests.items():
            holders.setdefault(digest, []).append(manifest)
    for members in holders.values():
        yield from ((a.id, b.id) for a, b in combinations(members, 2) if a.collection != b.collection)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


@lru_cache(maxsize=4)
def _alike(prints: tuple[tuple[str, str], ...]) -> tuple[Match, ...]:
    """Find what looks alike; kept, since a program joins the same collections again and again."""
    return tuple(find_duplicates(dict(prints), asked=_of_two_collections))


def _of_two_collections(one: str, other: str) -> bool:
    return one.partition("/")[0] != other.partition("/")[0]
