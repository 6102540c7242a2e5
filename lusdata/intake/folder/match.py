"""Which row of a table speaks of which file. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lusdata.catalog.spelling import spelt_alike

__all__ = ["Matched", "match_names"]


@dataclass(frozen=True)
class Matched:
    """Which names are one.

    Attributes
    ----------
    file_of : Mapping of int to str
        File of each row, by the row's place; rows that name no file are missing.
    ambiguous : Mapping of int to tuple of str
        Rows that may mean several files.
    """

    file_of: Mapping[int, str]
    ambiguous: Mapping[int, tuple[str, ...]]


def match_names(cells: Sequence[str], files: Sequence[str]) -> Matched:
    """Match what rows call a file with the files of a folder.

    A cell may be the path below the folder, its end, the name alone, or the name without its suffix.

    Parameters
    ----------
    cells : sequence of str
        The cell of each row.
    files : sequence of str
        Paths below the folder.

    Examples
    --------
    >>> found = match_names(["A/x.mp4", "Y", "z.avi", "x"], ["a/x.mp4", "b/x.mp4", "y.mov"])
    >>> found.file_of, found.ambiguous
    ({0: 'a/x.mp4', 1: 'y.mov'}, {3: ('a/x.mp4', 'b/x.mp4')})
    """
    by_end: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for whole in (file, str(PurePosixPath(file).with_suffix(""))):
            parts = spelt_alike(whole).split("/")
            for start in range(len(parts)):
                by_end["/".join(parts[start:])].add(file)
    file_of: dict[int, str] = {}
    ambiguous: dict[int, tuple[str, ...]] = {}
    for row, cell in enumerate(cells):
        found = _found(cell, by_end)
        if len(found) == 1:
            file_of[row] = next(iter(found))
        elif found:
            ambiguous[row] = tuple(sorted(found))
    return Matched(file_of, ambiguous)


def _found(cell: str, by_end: Mapping[str, set[str]]) -> set[str]:
    """Return the files that a cell may mean: by as much of its path as helps, so that other roots do not matter."""
    parts = [part for part in spelt_alike(cell).split("/") if part]
    for start in range(len(parts)):
        found = by_end.get("/".join(parts[start:]))
        if found:
            return found
    return set()
