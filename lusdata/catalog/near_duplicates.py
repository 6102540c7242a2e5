"""Which recordings show the same, told from their fingerprints alone. Adding, checking and auditing all ask here.

Comparing every recording with every other takes too long in a large collection, so only pairs that share something
rare are compared. Each point gives several short words, each of some of its bits. Recordings with equal words are
looked up by sorting; a pair is compared in full when a few of its points are so found and do agree. The words grow
with the collection, so that a small collection is searched almost exhaustively and a large one still quickly.

What one recording would show if it were altered is looked up among what the others do show, so that it does not matter
which of two is the copy.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lusdata.catalog.fingerprint import BITS, Fingerprint, decode, mirrored_bits, turned_bits
from lusdata.catalog.likeness import (
    AGREE_BITS,
    View,
    best_likeness,
    confidence,
    differing_bits,
    point_weight,
    score_for,
    set_bits,
    views,
)
from lusdata.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DUPLICATE", "Match", "find_duplicates", "nearest"]

DUPLICATE = 0.5
"""Similarity from which on two recordings are held to show the same; see `lusdata.catalog.likeness.confidence`."""

_TABLES = 12
_WORD_BITS = (12, 24)
_NEIGHBOURS = 48
"""Points with one word that are looked at for each point. Words that more points share say little; and where a
recording is there a hundred times, each copy is still found beside some others."""
_CHUNK_PAIRS, _CHUNK_BITS = 4_000_000, 500_000
"""Pairs of points that are looked at in one go; more slip out of the processor's cache."""


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
        Tells of two ids, the alphabetically first one first, whether they are to be compared.

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
    least_score = score_for(threshold)
    # The pairs are sorted, so that the views of one are made once.
    views_of = functools.lru_cache(maxsize=64)(lambda position: views(decoded[position]))
    matches = []
    for first, second in _candidates(decoded, _points_to_find(threshold)):
        if asked is not None and not asked(ids[first], ids[second]):
            continue
        likeness = best_likeness(views_of(first), decoded[second], least_score=least_score)
        if likeness.similarity >= threshold:
            matches.append(Match(ids[first], ids[second], likeness.similarity, likeness.mirrored, likeness.points))
    return sorted(matches, key=lambda match: (-match.similarity, match.first, match.second))


def nearest(
    fingerprint: str, others: Mapping[str, str], n: int | None = 5, *, threshold: float = 0.0
) -> list[tuple[str, float]]:
    """Find the recordings that one recording looks most like.

    Parameters
    ----------
    fingerprint : str
        Of the one.
    others : Mapping of str to str
        Fingerprints of the others, by id.
    n : int, optional
        At most so many are returned; None for all.
    threshold : float
        Least similarity of those that are returned.

    Returns
    -------
    list of (str, float)
        Ids with similarities, the most alike first. All are looked at, so that without a threshold there is an answer
        whenever there are others; whether it means anything, the similarity tells.

    Raises
    ------
    DataError
        If a fingerprint cannot be read.
    """
    ids = sorted(others)
    decoded = [decode(others[name]) for name in ids]
    own, least_score = views(decode(fingerprint)), score_for(threshold)
    most = _most_scores(own, decoded)
    # What may be most alike is compared first; the rest is left out as soon as it cannot be among the n any more.
    scores: list[float] = []
    found: list[tuple[float, str]] = []
    for position in sorted(range(len(ids)), key=lambda position: -most[position]):
        bar = max(least_score, scores[0]) if n is not None and len(scores) >= n else least_score
        if most[position] < bar:
            break
        score = best_likeness(own, decoded[position], least_score=bar).score
        heapq.heappush(scores, score)
        if n is not None and len(scores) > n:
            heapq.heappop(scores)
        found.append((confidence(score), ids[position]))
    order = sorted(found, key=lambda item: (-item[0], item[1]))
    return [(name, similarity) for similarity, name in order if similarity >= threshold][:n]


def _most_scores(own: list[View], others: list[Fingerprint]) -> list[float]:
    """Return scores that the likeness of one recording to each of the others cannot exceed."""
    import numpy as np

    if not others:
        return []
    most = np.zeros(len(others))
    mine = [view.fingerprint for view in own]
    sides = [(mine, [other.plain for other in others])]
    if any(other.plain is not other for other in others):
        sides.append(([one.plain for one in mine], others))
    for these, those in sides:
        counts = [len(one.bits) for one in those]
        for part in _parts(np.array(counts) * len(these[0].bits), _CHUNK_BITS):
            bits = np.concatenate([one.bits for one in those[part]])
            starts = np.cumsum([0, *counts[part][:-1]])
            for one in these:
                # Each point pairs once, at its best.
                differing = differing_bits(one.bits, bits)
                by_theirs = np.add.reduceat(point_weight(differing.min(axis=0)), starts)
                by_mine = point_weight(np.minimum.reduceat(differing, starts, axis=1)).sum(axis=0)
                most[part] = np.maximum(most[part], np.minimum(by_theirs, by_mine))
    found: list[float] = most.tolist()
    return found


def _candidates(decoded: list[Fingerprint], least_points: int) -> list[tuple[int, int]]:
    """Return the pairs that are worth a comparison, as rising positions."""
    import numpy as np

    if len(decoded) < 2:
        return []
    plain = [one.plain for one in decoded]
    owner = np.repeat(np.arange(len(decoded)), [len(one.bits) for one in plain])
    bits = np.concatenate([one.bits for one in plain])
    length = min(max(math.ceil(math.log2(len(bits))) + 1, _WORD_BITS[0]), _WORD_BITS[1])
    asker = np.repeat(np.arange(len(decoded)), [len(one.bits) for one in decoded])
    asked = np.concatenate([one.bits for one in decoded])
    tables = [_Table(bits, number, length) for number in range(_TABLES)]
    pairs: set[tuple[int, int]] = set()
    for looked_up in _ways(asked):
        hits = np.unique(np.concatenate([_hits(table, bits, looked_up, owner, asker) for table in tables]))
        couples, counts = np.unique(
            asker[hits // len(bits)] * len(decoded) + owner[hits % len(bits)], return_counts=True
        )
        asking, answering = np.divmod(couples[counts >= least_points], len(decoded))
        lower, higher = np.minimum(asking, answering), np.maximum(asking, answering)
        pairs.update(zip(lower.tolist(), higher.tolist(), strict=True))
    return sorted(pairs)


def _ways(bits: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield points as they are in each of the eight views."""
    for one in (bits, mirrored_bits(bits)):
        turned = one
        for _ in range(4):
            yield turned
            turned = turned_bits(turned)


def _points_to_find(threshold: float) -> int:
    """Return how many points the search must find: half of those without which the similarity cannot be reached."""
    needed = next((points for points in range(1, 20) if confidence(points) >= threshold), 20)
    return max(2, needed // 2)


class _Table:
    """Points in the order of their words in one table."""

    def __init__(self, bits: NDArray[Any], number: int, length: int) -> None:
        import numpy as np

        self.number, self.length = number, length
        words = self.words(bits)
        self.order = np.argsort(words, kind="stable")
        self._sorted = words[self.order]

    def words(self, bits: NDArray[Any]) -> NDArray[Any]:
        """Return some bits of each point as a number; which ones, the table tells."""
        import numpy as np

        # An odd stride visits each of 128 places once.
        chosen = (np.arange(self.length) * (2 * self.number + 13) * 5 + 11 * self.number) % BITS
        words = np.zeros(len(bits), dtype=np.int32)
        for place in chosen:
            words = (words << 1) | ((bits[:, place // 8] >> (7 - place % 8)) & 1)
        return words

    def spans(self, bits: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return where in the order the points with the words of some others begin, and how many to look at."""
        import numpy as np

        words = self.words(bits)
        first, last = np.searchsorted(self._sorted, words, "left"), np.searchsorted(self._sorted, words, "right")
        return first, np.minimum(last - first, _NEIGHBOURS)


def _hits(
    table: _Table, bits: NDArray[Any], looked_up: NDArray[Any], owner: NDArray[Any], asker: NDArray[Any]
) -> NDArray[Any]:
    """Return pairs of points, as ``asking * n + answering``, that share a word of one table and agree."""
    import numpy as np

    first, many = table.spans(looked_up)
    found = []
    for part in _parts(many, _CHUNK_PAIRS):
        number = many[part]
        asking = np.repeat(np.arange(part.start, part.stop), number)
        offsets = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        answering = table.order[np.repeat(first[part], number) + offsets]
        other = asker[asking] != owner[answering]
        asking, answering = asking[other], answering[other]
        differing = looked_up.view(np.uint64)[asking] ^ bits.view(np.uint64)[answering]
        agree = set_bits(differing) <= AGREE_BITS
        found.append(asking[agree] * len(bits) + answering[agree])
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _parts(many: NDArray[Any], chunk: int) -> list[slice]:
    """Cut a list of counts into runs of bounded sum."""
    import numpy as np

    total = np.cumsum(many)
    cuts = np.searchsorted(total, np.arange(chunk, int(total[-1]) + chunk, chunk)) + 1
    edges = sorted({0, *(min(int(cut), len(many)) for cut in cuts), len(many)})
    return [slice(start, end) for start, end in itertools.pairwise(edges) if end > start]
