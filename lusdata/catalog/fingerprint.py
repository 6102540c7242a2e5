"""The text form of a recording's fingerprint.

A fingerprint is a short list of points: places in the pictures of a recording whose surroundings are striking and come
back in frame after frame. Of each point it holds where it lies, how large it is, and 128 bits that say how brightness
runs around it. That is enough to know the recording again after another crop, size, codec, frame rate or brightness,
mirrored, turned, or cut to a part; and it is much too little to make a picture of.

The first points are those of the pictures as they are. The others are what copies and originals of the recording would
show: its points when it is brighter or darker, looked at more closely, or freed from what stands still around it. Where
one of two recordings has them, the two are known to be the same, whichever was altered.

`lusdata.catalog.likeness` compares two, `lusdata.catalog.near_duplicates` searches many, and
`lusdata.media.fingerprint` makes them from files. Nothing here needs pictures.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lusdata.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "ALGORITHM",
    "BITS",
    "MAX_POINTS",
    "PLAIN_POINTS",
    "Fingerprint",
    "decode",
    "encode",
    "has_fingerprint",
    "has_newest_fingerprint",
]

ALGORITHM = "points-2"
"""Name and version; it changes whenever the same file would get another fingerprint."""

PLAIN_POINTS = 39
"""At most so many points show the pictures as they are. Fingerprints of the first version hold no others."""

MAX_POINTS = 157
"""So many fit into the four thousand characters that the schema allows."""

BITS = 128

_MOST_POINTS = {"points-1": PLAIN_POINTS, ALGORITHM: MAX_POINTS}
"""The versions that can be read; the plain points of one file are the same in all of them."""
_POINT_BYTES = 3 + BITS // 8
_PLACE_UNIT = 1 / 80
"""Places are kept in steps of this part of the side of the square that has the picture's area."""
_SIZE_STEPS = 32
"""Sizes are kept as logarithms, in so many steps an octave."""


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A decoded fingerprint of n points, the plain ones first.

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

    @cached_property
    def plain(self) -> Fingerprint:
        """The points of the pictures as they are."""
        if len(self.bits) <= PLAIN_POINTS:
            return self
        return Fingerprint(self.places[:PLAIN_POINTS], self.bits[:PLAIN_POINTS])

    @property
    def mirrored(self) -> Fingerprint:
        """The fingerprint of the same recording with left and right exchanged."""
        import numpy as np

        return Fingerprint(self.places * np.array([-1, 1, 1], dtype=np.float32), mirrored_bits(self.bits))

    @property
    def turned(self) -> Fingerprint:
        """The fingerprint of the same recording turned clockwise by a quarter."""
        import numpy as np

        places = self.places[:, [1, 0, 2]] * np.array([-1, 1, 1], dtype=np.float32)
        return Fingerprint(places, turned_bits(self.bits))


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
    most = _MOST_POINTS.get(algorithm)
    if most is None:
        raise DataError(
            "a fingerprint of another algorithm",
            expected=" or ".join(_MOST_POINTS),
            found=algorithm[:40],
            hint="lusdata pin ID FILE makes it again from the file",
        )
    try:
        data = base64.b64decode(value, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError("a damaged fingerprint", expected="base64", found=f"{len(value)} characters") from error
    if not data or len(data) % _POINT_BYTES or len(data) > most * _POINT_BYTES:
        expected = f"1 to {most} times {_POINT_BYTES} bytes"
        raise DataError("a damaged fingerprint", expected=expected, found=f"{len(data)} bytes")
    table = np.frombuffer(data, dtype=np.uint8).reshape(-1, _POINT_BYTES)
    units = np.array([_PLACE_UNIT, _PLACE_UNIT, 1 / _SIZE_STEPS], dtype=np.float32)
    return Fingerprint(table[:, :3].astype(np.float32) * units, np.ascontiguousarray(table[:, 3:]))


def has_fingerprint(data: Mapping[str, Any]) -> bool:
    """Tell whether a manifest's data hold a fingerprint of a version that can be compared.

    Examples
    --------
    >>> has_fingerprint({"fingerprint": "points-1:AAAA"}), has_fingerprint({"fingerprint": "dhash:0f1e"})
    (True, False)
    """
    return str(data.get("fingerprint", "")).partition(":")[0] in _MOST_POINTS


def has_newest_fingerprint(data: Mapping[str, Any]) -> bool:
    """Tell whether a manifest's data hold a fingerprint of today's version.

    Examples
    --------
    >>> has_newest_fingerprint({"fingerprint": "points-1:AAAA"})
    False
    """
    return str(data.get("fingerprint", "")).partition(":")[0] == ALGORITHM


def mirrored_bits(bits: NDArray[Any]) -> NDArray[Any]:
    """Return what the bits of points become when left and right are exchanged, shape (n, 16), uint8."""
    return _rearranged(bits, lambda cells: cells[:, ::-1][:, :, [4, 3, 2, 1, 0, 7, 6, 5]])


def turned_bits(bits: NDArray[Any]) -> NDArray[Any]:
    """Return what the bits of points become when the picture is turned clockwise by a quarter, shape (n, 16), uint8."""
    # Directions are counted against the clock, an eighth each.
    return _rearranged(bits, lambda cells: cells[::-1].swapaxes(0, 1)[:, :, [2, 3, 4, 5, 6, 7, 0, 1]])


def _rearranged(bits: NDArray[Any], order: Any) -> NDArray[Any]:
    import numpy as np

    places = order(np.arange(BITS).reshape(4, 4, 8)).ravel()
    rearranged: NDArray[Any] = np.packbits(np.unpackbits(bits, axis=1)[:, places], axis=1)
    return np.ascontiguousarray(rearranged)
