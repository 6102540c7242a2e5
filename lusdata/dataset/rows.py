"""The rows of a view: which frames of which recordings, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.dataset.folds.table import FoldTable
from lusdata.dataset.index import Entry, Index, read_recordings
from lusdata.media.png import decode_png

__all__ = ["Frames", "Piece", "Source", "arrays", "read_pieces", "torn_apart"]


class Frames(NamedTuple):
    """The frames of a view as arrays, one row a frame.

    Attributes
    ----------
    images : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey or RGB values, 0 (black) to 255 (white).
    labels : np.ndarray, shape (n,), int64
        Position of the class in `Dataset.classes`.
    recordings, groups : np.ndarray, shape (n,), str
        Recording and patient group of each frame.
    times_s : np.ndarray, shape (n,), float64
        Presentation time, in seconds from the recording's first frame.
    frame_indices : np.ndarray, shape (n,), int64
        Position in the file.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    recordings: NDArray[np.str_]
    groups: NDArray[np.str_]
    times_s: NDArray[np.float64]
    frame_indices: NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Some rows of one recording; None for all."""

    entry: Entry
    rows: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return self.entry.place.rows if self.rows is None else len(self.rows)


@dataclass(frozen=True)
class Source:
    """What all views of one dataset share."""

    index: Index

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        """The collection's manifests by id."""
        return {manifest.id: manifest for manifest in self.index.manifests}

    @cached_property
    def groups(self) -> dict[str, str]:
        """The patient group of each recording id."""
        return group_ids(self.index.manifests)

    @cached_property
    def tables(self) -> dict[tuple[str, int | None, int | None], FoldTable]:
        """Fold tables that were asked for, by unit, k and seed."""
        return {}


def read_pieces(index: Index, pieces: Sequence[Piece]) -> Iterator[tuple[list[int], list[float], list[bytes]]]:
    """Yield frame indices, times in seconds and PNG files of each piece."""
    recordings = read_recordings(index, [piece.entry for piece in pieces])
    for piece, columns in zip(pieces, recordings, strict=True):
        if piece.rows is None:
            yield columns
        else:
            frame_indices, times_s, pictures = columns
            rows = piece.rows
            yield [frame_indices[row] for row in rows], [times_s[row] for row in rows], [pictures[row] for row in rows]


def torn_apart(index: Index, pieces: Sequence[Piece], table: FoldTable, number: int) -> dict[str, list[Piece]]:
    """Divide single frames between the parts of a round, for splits that do not keep recordings whole.

    Parameters
    ----------
    index : Index
        The dataset.
    pieces : sequence of Piece
        The rows to divide.
    table : FoldTable
        The split.
    number : int
        The round.

    Returns
    -------
    dict of str to list of Piece
        The rows of ``train``, ``validation`` and ``test``.
    """
    parts: dict[str, list[Piece]] = {"train": [], "validation": [], "test": []}
    for piece, (frame_indices, _, _) in zip(pieces, read_pieces(index, pieces), strict=True):
        rows = range(piece.entry.place.rows) if piece.rows is None else piece.rows
        torn: dict[str, list[int]] = {}
        for row, frame_index in zip(rows, frame_indices, strict=True):
            torn.setdefault(table.part(number, piece.entry.id, frame_index), []).append(row)
        for name, some in torn.items():
            parts[name].append(Piece(piece.entry, tuple(some)))
    return parts


def arrays(
    source: Source, pieces: Sequence[Piece], *, labels: NDArray[np.int64], shape: tuple[int, int, int]
) -> Frames:
    """Decode every frame of some pieces.

    Parameters
    ----------
    source : Source
        The dataset.
    pieces : sequence of Piece
        The rows to decode.
    labels : np.ndarray, shape (n,), int64
        The label of each row.
    shape : tuple of int
        Height, width and channels of a frame.
    """
    height_px, width_px, channels = shape
    size = (height_px, width_px) if channels == 1 else shape
    lengths = [len(piece) for piece in pieces]
    images = np.empty((sum(lengths), *size), dtype=np.uint8)
    frame_indices: list[int] = []
    times_s: list[float] = []
    row = 0
    for indices, times, pictures in read_pieces(source.index, pieces):
        frame_indices += indices
        times_s += times
        for picture in pictures:
            images[row] = decode_png(picture)
            row += 1
    names = [piece.entry.id for piece in pieces]
    groups = [source.groups[name] for name in names]
    return Frames(
        images,
        labels,
        np.repeat(np.array(names, dtype=np.str_), lengths),
        np.repeat(np.array(groups, dtype=np.str_), lengths),
        np.array(times_s, dtype=np.float64),
        np.array(frame_indices, dtype=np.int64),
    )
