"""Which recordings show the same, told from their fingerprints alone.

Comparing every recording with every other takes too long in a large collection, so only pairs that share something
rare are compared. Each point gives several short words, each of some of its bits. Recordings with equal words are
looked up by sorting; a pair is compared in full when a few of its points are so found and do agree. The words grow
with the collection, so that a small collection is searched almost exhaustively and a large one still quickly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lusdata.catalog.fingerprint import (
    AGREE_BITS,
    BITS,
    Fingerprint,
    compare,
    confidence,
    decode,
    differing_bits,
    mirror_bits,
    point_weight,
    set_bits,
)
from lusdata.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DUPLICATE", "Match", "find_duplicates", "nearest"]

DUPLICATE = 0.5
"""Similarity from which on two recordings are held to show the same; see `lusdata.catalog.fingerprint.confidence`."""

_TABLES = 12
_WORD_BITS = (12, 24)
_NEIGHBOURS = 48
"""Points with one word that are looked at for each point. Words that more points share say little; and where a
recording is there a hundred times, each copy is still found beside some others."""
_CHUNK_PAIRS = 4_000_000


@dataclass(frozen=True, order=True)
class Match:
    """Two recordings that look alike.

    Attributes
    ----------
    first, second : str
        Their ids, the alphabetically first one first.
    similarity : float
        0 to 1: the confidence that both show the same.
    mirrored : bool
        Whether one shows the other with left and right exchanged.
    points : int
        Points that agree in one arrangement.
    """

    first: str
    second: str
    similarity: float
    mirrored: bool = False
    points: int = 0

    def __str__(self) -> str:
        """Return the match as people read it."""
        return f"{self.first} looks like {self.second}, {self.similarity:.0%}" + (" mirrored" if self.mirrored else "")


def find_duplicates(
    fingerprints: Mapping[str, str], *, threshold: float = DUPLICATE, asked: Callable[[str, str], bool] | None = None
) -> list[Match]:
    """Find the pairs of recordings that show the same.

    Parameters
    ----------
    fingerprints : Mapping of str to str
        The text form by id, in any order.
    threshold : float
        Least similarity, above 0 and at most 1. Far below 0.5 the search, which leaves out pairs that share next to
        nothing, no longer finds all.
    asked : callable, optional
        Tells of two ids whether they are worth a comparison, where one recording has several fingerprints.

    Returns
    -------
    list of Match
        The most alike first, then by id; the same for the same fingerprints.

    Raises
    ------
    DataError
        If a fingerprint cannot be read.
    UsageError
        If the threshold has no meaning.
    """
    if not 0 < threshold <= 1:
        raise UsageError("a threshold of similarity lies above 0 and up to 1", found=f"{threshold:g}")
    ids = sorted(fingerprints)
    decoded = [decode(fingerprints[name]) for name in ids]
    mirrored = [mirror_bits(one.bits) for one in decoded]
    matches = []
    for first, second in _candidates(decoded, _points_to_find(threshold)):
        if asked is not None and not asked(ids[first], ids[second]):
            continue
        # Most candidates share a few points by chance; arranging those is what takes long.
        most = max(_most_score(bits, decoded[second].bits) for bits in (decoded[first].bits, mirrored[first]))
        if confidence(most) < threshold:
            continue
        likeness = compare(decoded[first], decoded[second])
        if likeness.similarity >= threshold:
            matches.append(Match(ids[first], ids[second], likeness.similarity, likeness.mirrored, likeness.points))
    return sorted(matches, key=lambda match: (-match.similarity, match.first, match.second))


def nearest(fingerprint: str, others: Mapping[str, str], n: int = 5) -> list[tuple[str, float]]:
    """Find the recordings that one recording looks most like.

    Parameters
    ----------
    fingerprint : str
        Of the one.
    others : Mapping of str to str
        Fingerprints of the others, by id.
    n : int
        At most so many are returned.

    Returns
    -------
    list of (str, float)
        Ids with similarities, the most alike first. All are looked at, so that there is an answer whenever there are
        others; whether it means anything, the similarity tells.

    Raises
    ------
    DataError
        If a fingerprint cannot be read.
    """
    one = decode(fingerprint)
    ids = sorted(others)
    decoded = [decode(others[name]) for name in ids]
    likely = _most_agreeing(one, decoded, at_most=max(4 * n, 40))
    found = [(ids[position], compare(one, decoded[position]).similarity) for position in likely]
    return sorted(found, key=lambda item: (-item[1], item[0]))[: max(n, 0)]


def _most_agreeing(one: Fingerprint, others: list[Fingerprint], *, at_most: int) -> list[int]:
    """Return the positions of those with most points that agree, wherever they lie."""
    import numpy as np

    if not others:
        return []
    starts = np.cumsum([0, *(len(other.bits) for other in others)])
    bits = np.concatenate([other.bits for other in others])
    counts = np.zeros(len(others), dtype=np.int64)
    step = 50_000
    for own in (one.bits, one.mirrored.bits):
        agree = np.concatenate(
            [
                (differing_bits(own, bits[start : start + step]) <= AGREE_BITS).any(axis=0)
                for start in range(0, len(bits), step)
            ]
        )
        counts = np.maximum(counts, np.add.reduceat(agree, starts[:-1], dtype=np.int64))
    return [int(position) for position in np.argsort(-counts, kind="stable")[:at_most]]


def _candidates(decoded: list[Fingerprint], least_points: int) -> list[tuple[int, int]]:
    """Return the pairs that are worth a comparison, as rising positions."""
    import numpy as np

    if len(decoded) < 2:
        return []
    owner = np.repeat(np.arange(len(decoded)), [len(one.bits) for one in decoded])
    bits = np.concatenate([one.bits for one in decoded])
    length = min(max(math.ceil(math.log2(len(bits))) + 1, _WORD_BITS[0]), _WORD_BITS[1])
    # Mirrored twice is as before: it is enough to look up mirrored points among those that are not.
    pairs: set[tuple[int, int]] = set()
    for looked_up in (bits, mirror_bits(bits)):
        hits = np.unique(np.concatenate([_hits(bits, looked_up, owner, table, length) for table in range(_TABLES)]))
        ours, theirs = owner[hits // len(bits)], owner[hits % len(bits)]
        couples, counts = np.unique(_lower_first(ours, theirs, len(decoded)), return_counts=True)
        chosen = couples[counts >= least_points]
        pairs.update(zip((chosen // len(decoded)).tolist(), (chosen % len(decoded)).tolist(), strict=True))
    return sorted(pairs)


def _most_score(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return a score that no arrangement of two lists of points exceeds: each point pairs once, at its best."""
    import numpy as np

    differing = differing_bits(first, second)
    weights = np.where(differing <= AGREE_BITS, point_weight(differing), 0.0)
    return float(min(weights.max(axis=0).sum(), weights.max(axis=1).sum()))


def _points_to_find(threshold: float) -> int:
    """Return how many points the search must find: half of those without which the similarity cannot be reached."""
    needed = next((points for points in range(1, 20) if confidence(points) >= threshold), 20)
    return max(2, needed // 2)


def _lower_first(ours: NDArray[Any], theirs: NDArray[Any], count: int) -> NDArray[Any]:
    import numpy as np

    pairs: NDArray[Any] = np.minimum(ours, theirs) * count + np.maximum(ours, theirs)
    return pairs


def _hits(bits: NDArray[Any], looked_up: NDArray[Any], owner: NDArray[Any], table: int, length: int) -> NDArray[Any]:
    """Return pairs of points, as ``position * n + position``, that share a word of one table and agree."""
    import numpy as np

    words = _words(bits, table, length)
    order = np.argsort(words, kind="stable")
    words = words[order]
    asked = words if looked_up is bits else _words(looked_up, table, length)
    first, last = np.searchsorted(words, asked, "left"), np.searchsorted(words, asked, "right")
    who = order if looked_up is bits else np.arange(len(bits))
    if looked_up is bits:
        # Every pair once: only what comes later in the order.
        first = np.arange(1, len(bits) + 1)
    many = np.clip(last - first, 0, _NEIGHBOURS)
    found = []
    for part in _parts(many):
        number = many[part]
        asking = np.repeat(who[part], number)
        offsets = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        answering = order[np.repeat(first[part], number) + offsets]
        other = owner[asking] != owner[answering]
        asking, answering = asking[other], answering[other]
        differing = looked_up.view(np.uint64)[asking] ^ bits.view(np.uint64)[answering]
        agree = set_bits(differing) <= AGREE_BITS
        low, high = np.minimum(asking, answering)[agree], np.maximum(asking, answering)[agree]
        found.append(low * len(bits) + high)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _words(bits: NDArray[Any], table: int, length: int) -> NDArray[Any]:
    """Return some bits of each point as a number; which ones, the table tells."""
    import numpy as np

    # An odd stride visits each of 128 places once.
    chosen = (np.arange(length) * (2 * table + 13) * 5 + 11 * table) % BITS
    words = np.zeros(len(bits), dtype=np.int32)
    for place in chosen:
        words = (words << 1) | ((bits[:, place // 8] >> (7 - place % 8)) & 1)
    return words


def _parts(many: NDArray[Any]) -> list[slice]:
    """Cut a list of counts into runs of bounded sum."""
    import numpy as np

    total = np.cumsum(many)
    cuts = np.searchsorted(total, np.arange(_CHUNK_PAIRS, int(total[-1]) + _CHUNK_PAIRS, _CHUNK_PAIRS)) + 1
    edges = sorted({0, *(min(int(cut), len(many)) for cut in cuts), len(many)})
    return [slice(start, end) for start, end in itertools.pairwise(edges) if end > start]
