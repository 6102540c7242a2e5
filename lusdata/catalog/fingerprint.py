"""The text form of a recording's fingerprint, and how much alike two of them are.

A fingerprint is a short list of points: places in the pictures of a recording whose surroundings are striking and come
back in frame after frame. Of each point it holds where it lies, how large it is, and 128 bits that say how brightness
runs around it. That is enough to know the recording again after another crop, size, codec, frame rate or brightness,
mirrored, or cut to a part; and it is much too little to make a picture of.

Two recordings are alike when many of their points agree *and lie in the same arrangement*: one scale and one shift
must carry the points of the first onto those of the second. Single points agree by chance between any two patients,
since a pleural line is a pleural line; a dozen in one arrangement do not.

`lusdata.media.fingerprint` makes fingerprints from files. Nothing here needs pictures.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lusdata.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ALGORITHM", "BITS", "MAX_POINTS", "Fingerprint", "Likeness", "compare", "confidence", "decode", "encode"]

ALGORITHM = "points-1"
"""Name and version; it changes whenever the same file would get another fingerprint."""

MAX_POINTS = 39
"""So many fit into a thousand characters."""

BITS = 128
_POINT_BYTES = 3 + BITS // 8
_PLACE_UNIT = 1 / 80
"""Places are kept in steps of this part of the side of the square that has the picture's area."""
_SIZE_STEPS = 32
"""Sizes are kept as logarithms, in so many steps an octave."""

_FIELDS = (0x5555_5555_5555_5555, 0x3333_3333_3333_3333, 0x0F0F_0F0F_0F0F_0F0F, 0x0101_0101_0101_0101)
"""Every second bit of a word, every second pair, every second four, and the lowest bit of every byte."""

AGREE_BITS = 34
"""Two points agree when at most so many of their bits differ; of unrelated ones 55 to 70 do."""
_PLACE_SLACK = 0.045
_SIZE_SLACK_OCTAVES = 0.45
_SCALES_OCTAVES = tuple(step / 20 for step in range(-20, 21))
"""From half the size to twice: a window of half the sides, or a small picture in a large screen."""

_EVEN_SCORE = 4.75
_SCORE_STEP = 0.9
"""The score that copies and different patients have equally seldom, and how fast the odds turn beside it. Measured by
``benchmarks/duplicates.py``."""


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A decoded fingerprint of n points.

    Attributes
    ----------
    places : np.ndarray, shape (n, 3), float32
        Column, row and size of each point. Column and row count from the content's upper left corner, in sides of the
        square that has the content's area; the size is the logarithm to base 2 of its diameter.
    bits : np.ndarray, shape (n, 16), uint8
        The surroundings of each point: 4 rows of 4 cells of 8 directions, a bit each, packed.
    """

    places: NDArray[Any]
    bits: NDArray[Any]

    @property
    def mirrored(self) -> Fingerprint:
        """The fingerprint of the same recording with left and right exchanged."""
        import numpy as np

        return Fingerprint(self.places * np.array([-1, 1, 1], dtype=np.float32), mirror_bits(self.bits))


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
    scale : float
        How much larger structures are in the second, relative to the whole picture.
    """

    similarity: float
    score: float
    points: int
    mirrored: bool
    scale: float


def confidence(score: float) -> float:
    """Turn a score into the confidence that two recordings show the same.

    It is calibrated so that 0.5 is where altered copies of real recordings, and recordings of different real patients,
    are equally rare. It is no share of equal pixels: unrelated recordings have about 0.01 and not 0.5.

    Examples
    --------
    >>> round(confidence(0.0), 2), round(confidence(4.75), 2), round(confidence(12.0), 2)
    (0.01, 0.5, 1.0)
    """
    return 1 / (1 + math.exp(-(score - _EVEN_SCORE) / _SCORE_STEP))


def encode(fingerprint: Fingerprint) -> str:
    """Return the text form, as the manifest's ``fingerprint`` holds it.

    Raises
    ------
    DataError
        If there is no point, or more than `MAX_POINTS`.
    """
    import numpy as np

    count = len(fingerprint.bits)
    if not 1 <= count <= MAX_POINTS:
        raise DataError("a fingerprint has too few or too many points", expected=f"1 to {MAX_POINTS}", found=str(count))
    steps = fingerprint.places / np.array([_PLACE_UNIT, _PLACE_UNIT, 1 / _SIZE_STEPS])
    places = np.clip(np.rint(steps), 0, 255).astype(np.uint8)
    data = np.concatenate([places, fingerprint.bits], axis=1).tobytes()
    return f"{ALGORITHM}:{base64.urlsafe_b64encode(data).decode('ascii')}"


def decode(text: str) -> Fingerprint:
    """Read the text form.

    Raises
    ------
    DataError
        If the text is of another algorithm or damaged.
    """
    import numpy as np

    algorithm, _, value = text.partition(":")
    if algorithm != ALGORITHM:
        raise DataError(
            "a fingerprint of another algorithm",
            expected=ALGORITHM,
            found=algorithm[:40],
            hint="pin the recording again: lusdata fetch --pin",
        )
    try:
        data = base64.b64decode(value, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError("a damaged fingerprint", expected="base64", found=f"{len(value)} characters") from error
    if not data or len(data) % _POINT_BYTES or len(data) > MAX_POINTS * _POINT_BYTES:
        expected = f"1 to {MAX_POINTS} times {_POINT_BYTES} bytes"
        raise DataError("a damaged fingerprint", expected=expected, found=f"{len(data)} bytes")
    table = np.frombuffer(data, dtype=np.uint8).reshape(-1, _POINT_BYTES)
    units = np.array([_PLACE_UNIT, _PLACE_UNIT, 1 / _SIZE_STEPS], dtype=np.float32)
    return Fingerprint(table[:, :3].astype(np.float32) * units, np.ascontiguousarray(table[:, 3:]))


def mirror_bits(bits: NDArray[Any]) -> NDArray[Any]:
    """Return what the bits of points become when left and right are exchanged, shape (n, 16), uint8."""
    import numpy as np

    cells = np.arange(BITS).reshape(4, 4, 8)
    order = cells[:, ::-1][:, :, [4, 3, 2, 1, 0, 7, 6, 5]].ravel()
    exchanged: NDArray[Any] = np.packbits(np.unpackbits(bits, axis=1)[:, order], axis=1)
    return np.ascontiguousarray(exchanged)


def differing_bits(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Return how many bits differ between each point of two lists, shape (n, m), int64."""
    import numpy as np

    words = first.view(np.uint64)[:, None] ^ second.view(np.uint64)[None]
    return set_bits(words)


def set_bits(words: NDArray[Any]) -> NDArray[Any]:
    """Return how many bits are set in each point's two words, from shape (..., 2), uint64, to shape (...), int64."""
    import numpy as np

    # NumPy has counted bits since 2.0.
    counts: NDArray[Any] = np.bitwise_count(words) if hasattr(np, "bitwise_count") else _bit_counts(words)
    # A sum along so short an axis takes ten times as long.
    total: NDArray[Any] = counts[..., 0].astype(np.int64) + counts[..., 1]
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
    """Return what a pair of points counts in a score, from the number of bits that differ: 1 if none does."""
    weights: NDArray[Any] = 1 - differing / (AGREE_BITS + 2)
    return weights


def compare(first: Fingerprint, second: Fingerprint) -> Likeness:
    """Lay one recording on another in the best way, mirrored or not.

    Parameters
    ----------
    first, second : Fingerprint
        From `decode`.

    Returns
    -------
    Likeness
        The same, apart from the scale, whichever comes first.
    """
    score, points, octaves = _best_arrangement(first, second)
    mirrored_score, mirrored_points, mirrored_octaves = _best_arrangement(first.mirrored, second)
    if mirrored_score > score:
        return Likeness(confidence(mirrored_score), mirrored_score, mirrored_points, True, 2**mirrored_octaves)
    return Likeness(confidence(score), score, points, False, 2**octaves)


def _best_arrangement(first: Fingerprint, second: Fingerprint) -> tuple[float, int, float]:
    """Find the scale and the shift under which most points agree: score, number of points, scale in octaves."""
    import numpy as np

    differing = differing_bits(first.bits, second.bits)
    ours, theirs = np.nonzero(differing <= AGREE_BITS)
    best = (0.0, 0, 0.0)
    if ours.size < 2:
        return best
    weights = point_weight(differing[ours, theirs])
    grown_octaves = second.places[theirs, 2] - first.places[ours, 2]
    # At each scale, every agreeing pair proposes a shift, and those near it vote.
    for octaves in _SCALES_OCTAVES:
        fits = np.flatnonzero(np.abs(grown_octaves - octaves) < _SIZE_SLACK_OCTAVES)
        if weights[fits].sum() <= best[0]:
            continue
        shifts = second.places[theirs[fits], :2] - 2**octaves * first.places[ours[fits], :2]
        near = np.abs(shifts[:, None] - shifts[None]).max(axis=-1) < _PLACE_SLACK
        votes = near @ weights[fits]
        voters = fits[near[votes.argmax()]]
        score, points = _one_to_one(ours[voters], theirs[voters], weights[voters])
        if score > best[0]:
            best = (score, points, octaves)
    return best


def _one_to_one(ours: NDArray[Any], theirs: NDArray[Any], weights: NDArray[Any]) -> tuple[float, int]:
    """Add up weights so that no point counts twice, the best first."""
    used_ours: set[int] = set()
    used_theirs: set[int] = set()
    score = 0.0
    for position in (-weights).argsort(kind="stable"):
        our, their = int(ours[position]), int(theirs[position])
        if our not in used_ours and their not in used_theirs:
            used_ours.add(our)
            used_theirs.add(their)
            score += float(weights[position])
    return score, len(used_ours)
