"""What lies between two pieces of writing on one line: letters there that were not found are writing, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from lusdata.media.crop import Box

__all__ = ["gaps_between"]

_WIDEST_GAP = 2.0
"""Widest gap within a line, in heights of its writing."""
_LEAST_LEVEL = 0.5
"""Least part of the lower piece's height that stands beside the other."""


def gaps_between(boxes: Sequence[Box]) -> Iterator[Box]:
    """Find the gaps between neighbours on one line.

    Parameters
    ----------
    boxes : sequence of Box
        Where writing was found.

    Yields
    ------
    Box
        From one piece to the next, as high as both.

    Examples
    --------
    >>> list(gaps_between([Box(0, 0, 50, 20), Box(60, 2, 40, 16), Box(300, 2, 40, 16)]))
    [Box(left_px=50, top_px=0, width_px=10, height_px=20)]
    """
    for left, right in permutations(boxes, 2):
        start_px = left.left_px + left.width_px
        width_px = right.left_px - start_px
        tops_px = (left.top_px, right.top_px)
        bottoms_px = (left.top_px + left.height_px, right.top_px + right.height_px)
        height_px = min(left.height_px, right.height_px)
        level = min(bottoms_px) - max(tops_px) >= _LEAST_LEVEL * height_px
        if level and 0 < width_px <= _WIDEST_GAP * height_px:
            yield Box(start_px, min(tops_px), width_px, max(bottoms_px) - min(tops_px))
