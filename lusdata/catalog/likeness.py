"""How much alike two recordings are, told from their fingerprints.

Two recordings are alike when many of their points agree *and lie in the same arrangement*: one scale, one shift and one
slight turn must carry the points of the first onto those of the second, which may be mirrored or turned by quarters as
a whole. Single points agree by chance between any two patients, since a pleural line is a pleural line; a dozen in one
arrangement do not.

All points of the one are held against the plain points of the other, and the other way round: what was altered is found
whether the alteration was made to the first or to the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lusdata.catalog.fingerprint import Fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AGREE_BITS",
    "Likeness",
    "View",
    "best_likeness",
    "compare",
    "confidence",
    "differing_bits",
    "point_weight",
    "score_for",
    "set_bits",
    "views",
]

_FIELDS = (0x5555_5555_5555_5555, 0x3333_3333_3333_3333, 0x0F0F_0F0F_0F0F_0F0F, 0x0101_0101_0101_0101)
"""Every second bit of a word, every second pair, every second four, and the lowest bit of every byte."""

AGREE_BITS = 34
"""Two points agree when at most so many of their bits differ; of unrelated ones 55 to 70 do."""
_PLACE_SLACK = 0.045
_SIZE_SLACK_OCTAVES = 0.45
_MOST_OCTAVES = 1.6
"""From a third of the size to three times: a window of half the sides, or a small picture in a large screen."""
_MOST_TURN_DEG = 25.0
_LEAST_APART = (0.08, 0.05)
"""Two points that lie closer together tell no scale and no turn."""
_TRIED_POINTS = 64
"""So many of the pairs of points that agree best propose arrangements; all vote."""
_COUNTED = 24
"""So many of the arrangements with most votes are counted, each point once."""

_EVEN_SCORE = 5.0
_SCORE_STEP = 0.9
"""The score that copies and different patients have equally seldom, and how fast the odds turn beside it. Measured by
``benchmarks/duplicates.py``."""


@dataclass(frozen=True)
class Likeness:
    """How well one recording lies on another.

    Attributes
    ----------
    similarity : float
        0 to 1; see `confidence`.
    score : float
        What agrees in the best arrangement: each pair of points counts 1 if all bits agree, less if some differ.
    points : int
        Pairs of points in that arrangement.
    mirrored : bool
        Whether the second recording shows the first with left and right exchanged.
    turned_deg : int
        By how much the second is turned, clockwise, -180 to 180; after mirroring.
    scale : float
        How much larger structures are in the second, relative to the whole picture.
    """

    similarity: float
    score: float
    points: int
    mirrored: bool
    turned_deg: int
    scale: float


@dataclass(frozen=True, eq=False)
class View:
    """A fingerprint as it would be if the recording were mirrored or turned by quarters."""

    fingerprint: Fingerprint
    mirrored: bool
    turned_deg: int


def views(fingerprint: Fingerprint) -> list[View]:
    """Return the eight ways in which a picture can be mirrored and turned by quarters, as it is first."""
    found = []
    for mirrored in (False, True):
        one = fingerprint.mirrored if mirrored else fingerprint
        for turned_deg in (0, 90, 180, -90):
            found.append(View(one, mirrored, turned_deg))
            one = one.turned
    return found


def confidence(score: float) -> float:
    """Turn a score into the confidence that two recordings show the same.

    It is calibrated so that 0.5 is where altered copies of real recordings, and recordings of different real patients,
    are equally rare. It is no share of equal pixels: unrelated recordings have less than 0.01 and not 0.5.

    Examples
    --------
    >>> round(confidence(0.0), 2), round(confidence(5.0), 2), round(confidence(12.0), 2)
    (0.0, 0.5, 1.0)
    """
    return 1 / (1 + math.exp(-(score - _EVEN_SCORE) / _SCORE_STEP))


def score_for(similarity: float) -> float:
    """Return the score from which on two recordings are at least so similar.

    Examples
    --------
    >>> score_for(0.5)
    5.0
    """
    if similarity <= 0:
        return -math.inf
    return math.inf if similarity >= 1 else _EVEN_SCORE + _SCORE_STEP * math.log(similarity / (1 - similarity))


def differing_bits(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Return how many bits differ between each point of two lists, shape (n, m), uint8."""
    import numpy as np

    words = first.view(np.uint64)[:, None] ^ second.view(np.uint64)[None]
    return set_bits(words)


def set_bits(words: NDArray[Any]) -> NDArray[Any]:
    """Return how many bits are set in each point's two words, from shape (..., 2), uint64, to shape (...), uint8."""
    import numpy as np

    # NumPy has counted bits since 2.0.
    counts: NDArray[Any] = np.bitwise_count(words) if hasattr(np, "bitwise_count") else _bit_counts(words)
    # A sum along so short an axis takes ten times as long.
    total: NDArray[Any] = counts[..., 0] + counts[..., 1]
    return total


def _bit_counts(words: NDArray[Any]) -> NDArray[Any]:
    """Return how many bits are set in each word, uint8: sums of neighbours in ever wider fields of the word."""
    import numpy as np

    pairs, fours, eights, ones = map(np.uint64, _FIELDS)
    shifted = (words >> np.uint64(1)) & pairs
    counts = words - shifted
    np.right_shift(counts, np.uint64(2), out=shifted)
    shifted &= fours
    counts &= fours
    counts += shifted
    np.right_shift(counts, np.uint64(4), out=shifted)
    counts += shifted
    counts &= eights
    # The highest byte of this product is the sum of all bytes.
    counts *= ones
    counts >>= np.uint64(56)
    summed: NDArray[Any] = counts.astype(np.uint8)
    return summed


def point_weight(differing: NDArray[Any]) -> NDArray[Any]:
    """Return what a pair of points counts in a score, from the number of bits that differ: 1 if none does, then less.

    Pairs that do not agree count nothing.
    """
    import numpy as np

    weights: NDArray[Any] = np.where(differing <= AGREE_BITS, 1 - differing / (AGREE_BITS + 2), 0.0)
    return weights


def compare(first: Fingerprint, second: Fingerprint) -> Likeness:
    """Lay one recording on another in the best way, mirrored, turned or as it is.

    Parameters
    ----------
    first, second : Fingerprint
        From `lusdata.catalog.fingerprint.decode`.

    Returns
    -------
    Likeness
        As alike, by as many points, whichever comes first.
    """
    return best_likeness(views(first), second)


def best_likeness(first: Sequence[View], second: Fingerprint, *, least_score: float = 0.0) -> Likeness:
    """Lay the views of one recording on another.

    Parameters
    ----------
    first : sequence of View
        From `views`.
    second : Fingerprint
        The other one.
    least_score : float
        Below this, the score need not be the right one: what cannot reach it is not arranged.
    """
    best = (0.0, 0, 0.0, 0.0)
    way = first[0]
    for view in first:
        for one, other in _sides(view.fingerprint, second):
            differing = differing_bits(one.bits, other.bits)
            weights = point_weight(differing)
            # Each point pairs once, at its best; arranging those that cannot win is what takes long.
            if min(weights.max(axis=0).sum(), weights.max(axis=1).sum()) <= max(best[0], least_score - 1e-9):
                continue
            found = _best_arrangement(one, other, weights)
            if found[0] > best[0]:
                best, way = found, view
    score, points, octaves, turn_deg = best
    turned_deg = round((way.turned_deg + turn_deg + 180) % 360 - 180)
    return Likeness(confidence(score), score, points, way.mirrored, turned_deg, 2**octaves)


def _sides(first: Fingerprint, second: Fingerprint) -> Iterator[tuple[Fingerprint, Fingerprint]]:
    """Yield all points of the first with the plain ones of the second, and the other way round if that differs."""
    yield first, second.plain
    if second.plain is not second:
        # The plain points of a view are those of the fingerprint: they stay the first.
        yield first.plain, second


def _best_arrangement(
    first: Fingerprint, second: Fingerprint, weights: NDArray[Any]
) -> tuple[float, int, float, float]:
    """Find the scale, turn and shift under which most points agree: score, number of points, octaves, degrees."""
    import numpy as np

    ours, theirs = np.nonzero(weights)
    if ours.size < 2:
        return 0.0, 0, 0.0, 0.0
    weight = weights[ours, theirs]
    order = np.argsort(-weight, kind="stable")
    ours, theirs, weight = ours[order], theirs[order], weight[order]
    # Points of the plane as complex numbers: scale and turn are one factor.
    here, there = _plane(first.places[ours]), _plane(second.places[theirs])
    grown_octaves = second.places[theirs, 2] - first.places[ours, 2]
    best = (float(weight[0]), 1, 0.0, 0.0)
    # Any two pairs of points that agree propose an arrangement, and those that fit it vote.
    one, other = np.triu_indices(min(ours.size, _TRIED_POINTS), 1)
    step, steps = here[other] - here[one], there[other] - there[one]
    apart = (np.abs(step) > _LEAST_APART[0]) & (np.abs(steps) > _LEAST_APART[1])
    one, other, step, steps = one[apart], other[apart], step[apart], steps[apart]
    factor = steps / step
    octaves, turn_deg = np.log2(np.abs(factor)), np.degrees(np.angle(factor))
    fits = (np.abs(octaves) < _MOST_OCTAVES) & (np.abs(turn_deg) < _MOST_TURN_DEG)
    for pair in (one, other):
        fits &= np.abs(grown_octaves[pair] - octaves) < _SIZE_SLACK_OCTAVES
    one, other, factor, octaves, turn_deg = one[fits], other[fits], factor[fits], octaves[fits], turn_deg[fits]
    shift = (there[one] + there[other] - factor * (here[one] + here[other])) / 2
    # In parts of the larger picture, whichever that is: the order of the two does not matter.
    slack = _PLACE_SLACK * np.maximum(1.0, np.abs(factor))[:, None]
    near = np.abs(factor[:, None] * here + shift[:, None] - there) < slack
    near &= np.abs(grown_octaves - octaves[:, None]) < _SIZE_SLACK_OCTAVES
    votes = near @ weight
    for position in np.argsort(-votes, kind="stable")[:_COUNTED]:
        if votes[position] <= best[0]:
            break
        voters = np.flatnonzero(near[position])
        score, points = _one_to_one(ours[voters], theirs[voters], weight[voters])
        if score > best[0]:
            best = (score, points, float(octaves[position]), float(turn_deg[position]))
    return best


def _plane(places: NDArray[Any]) -> NDArray[Any]:
    plane: NDArray[Any] = places[:, 0] + 1j * places[:, 1]
    return plane


def _one_to_one(ours: NDArray[Any], theirs: NDArray[Any], weights: NDArray[Any]) -> tuple[float, int]:
    """Add up weights, which fall, so that no point counts twice."""
    used_ours: set[int] = set()
    used_theirs: set[int] = set()
    score = 0.0
    for our, their, weight in zip(ours.tolist(), theirs.tolist(), weights.tolist(), strict=True):
        if our not in used_ours and their not in used_theirs:
            used_ours.add(our)
            used_theirs.add(their)
            score += weight
    return score, len(used_ours)
