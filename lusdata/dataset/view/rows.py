"""The rows of a view: which frames of which recordings, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lusdata.dataset.reading.index import Entry, Index
from lusdata.dataset.reading.shard_rows import read_recordings
from lusdata.dataset.view.source import DatasetSource
from lusdata.errors import DataError, UsageError
from lusdata.media.png import decode_png
from lusdata.splits.folds.table import FoldTable

__all__ = ["Clip", "Frames", "Piece", "arrays", "clips", "decoded", "divided", "read_pieces"]


class Frames(NamedTuple):
    """The frames of a view as arrays, one row a frame.

    Attributes
    ----------
    images : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey or RGB values, 0 (black) to 255 (white).
    labels : np.ndarray, shape (n,), int64
        Position of the class in `Dataset.classes`. Of another target the position of its value in
        `Dataset.target_values`, or its number, float32; of several, shape (n, m), a column for each.
    recordings, groups : np.ndarray, shape (n,), str
        Recording and patient group of each frame.
    times_s : np.ndarray, shape (n,), float64
        Presentation time, in seconds from the recording's first frame.
    frame_indices : np.ndarray, shape (n,), int64
        Position in the file.
    """

    images: NDArray[np.uint8]
    labels: NDArray[Any]
    recordings: NDArray[np.str_]
    groups: NDArray[np.str_]
    times_s: NDArray[np.float64]
    frame_indices: NDArray[np.int64]


class Clip(NamedTuple):
    """The frames of one recording, in the order of time.

    Attributes
    ----------
    recording, group, class_name : str
        The recording, its patient group and its class.
    label : int, float or np.ndarray
        Position of the class in `Dataset.classes`; of another target as in `Frames`.
    images : np.ndarray, shape (n, height, width) or (n, height, width, 3), uint8
        Grey or RGB values, 0 (black) to 255 (white).
    times_s : np.ndarray, shape (n,), float64
        Presentation time, in seconds from the recording's first frame.
    frame_indices : np.ndarray, shape (n,), int64
        Position in the file.
    """

    recording: str
    group: str
    class_name: str
    label: Any
    images: NDArray[np.uint8]
    times_s: NDArray[np.float64]
    frame_indices: NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Some rows of one recording of an opened folder; None for all."""

    index: Index
    entry: Entry
    rows: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return self.entry.place.rows if self.rows is None else len(self.rows)

    def with_rows_of(self, other: Piece) -> Piece:
        """Return a piece of the rows of both.

        Raises
        ------
        UsageError
            If a row is in both.
        """
        mine, theirs = (set(range(len(piece)) if piece.rows is None else piece.rows) for piece in (self, other))
        if mine & theirs:
            raise UsageError("two parts of a dataset hold the same rows", where=self.entry.id)
        return Piece(self.index, self.entry, tuple(sorted(mine | theirs)))


def read_pieces(pieces: Sequence[Piece]) -> Iterator[tuple[list[int], list[float], list[bytes]]]:
    """Yield frame indices, times in seconds and PNG files of each piece."""
    runs = ((index, list(run)) for index, run in groupby(pieces, key=lambda piece: piece.index))
    recordings = chain.from_iterable(read_recordings(index, [piece.entry for piece in run]) for index, run in runs)
    for piece, columns in zip(pieces, recordings, strict=True):
        if piece.rows is None:
            yield columns
        else:
            frame_indices, times_s, pictures = columns
            rows = piece.rows
            yield [frame_indices[row] for row in rows], [times_s[row] for row in rows], [pictures[row] for row in rows]


def divided(pieces: Sequence[Piece], table: FoldTable, number: object) -> dict[str, list[Piece]]:
    """Divide rows between the parts of a round.

    Parameters
    ----------
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

    Raises
    ------
    UsageError
        If there is no such round.
    DataError
        If a recording is not in the table.
    """
    # bool is an int to Python, but True is no round; integers of NumPy are welcome.
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not 0 <= number < table.k:
        raise UsageError("no such fold", expected=f"0 to {table.k - 1}", found=repr(number))
    parts: dict[str, list[Piece]] = {"train": [], "validation": [], "test": []}
    if table.by != "frame":
        for piece in pieces:
            parts[table.part(int(number), piece.entry.id)].append(piece)
        return parts
    for piece, (frame_indices, _, _) in zip(pieces, read_pieces(pieces), strict=True):
        rows = range(piece.entry.place.rows) if piece.rows is None else piece.rows
        torn: dict[str, list[int]] = {}
        for row, frame_index in zip(rows, frame_indices, strict=True):
            torn.setdefault(table.part(int(number), piece.entry.id, frame_index), []).append(row)
        for name, some in torn.items():
            parts[name].append(Piece(piece.index, piece.entry, tuple(some)))
    return parts


def decoded(picture: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Decode one frame.

    Parameters
    ----------
    picture : bytes
        A PNG file.
    shape : tuple of int
        Height, width and channels that the frames of the dataset have.

    Returns
    -------
    np.ndarray, shape (height, width, channels), uint8
        Grey or RGB values, 0 to 255.

    Raises
    ------
    DataError
        If the picture has another shape.
    """
    image = decode_png(picture)
    if image.shape != _size(shape):
        found = " x ".join(map(str, image.shape))
        expected = " x ".join(map(str, _size(shape)))
        raise DataError(
            "a frame has another size than the dataset", expected=expected, found=found, hint="build it anew"
        )
    return image.reshape(shape)


def arrays(
    source: DatasetSource, pieces: Sequence[Piece], *, labels: NDArray[Any], shape: tuple[int, int, int]
) -> Frames:
    """Decode every frame of some pieces.

    Parameters
    ----------
    source : DatasetSource
        The dataset.
    pieces : sequence of Piece
        The rows to decode.
    labels : np.ndarray, shape (n,) or (n, m), int64 or float32
        The label of each row.
    shape : tuple of int
        Height, width and channels of a frame.
    """
    lengths = [len(piece) for piece in pieces]
    images = np.empty((sum(lengths), *_size(shape)), dtype=np.uint8)
    frame_indices: list[int] = []
    times_s: list[float] = []
    row = 0
    for indices, times, pictures in read_pieces(pieces):
        frame_indices += indices
        times_s += times
        for picture in pictures:
            images[row] = decoded(picture, shape).reshape(_size(shape))
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


def clips(
    source: DatasetSource, pieces: Sequence[Piece], *, labels: NDArray[Any], shape: tuple[int, int, int]
) -> Iterator[Clip]:
    """Decode some pieces one after the other; one is in memory at a time.

    Parameters
    ----------
    source : DatasetSource
        The dataset.
    pieces : sequence of Piece
        The rows to decode.
    labels : np.ndarray, shape (k,) or (k, m), int64 or float32
        The label of each piece.
    shape : tuple of int
        Height, width and channels of a frame.
    """
    found = read_pieces(pieces)
    for piece, label, (frame_indices, times_s, pictures) in zip(pieces, labels, found, strict=True):
        images = np.stack([decoded(picture, shape).reshape(_size(shape)) for picture in pictures])
        yield Clip(
            recording=piece.entry.id,
            group=source.groups[piece.entry.id],
            class_name=source.manifests[piece.entry.id].class_name,
            label=label.item() if label.ndim == 0 else label,
            images=images,
            times_s=np.array(times_s, dtype=np.float64),
            frame_indices=np.array(frame_indices, dtype=np.int64),
        )


def _size(shape: tuple[int, int, int]) -> tuple[int, ...]:
    """Return the shape of an image: without channels if it is grey."""
    return shape[:2] if shape[2] == 1 else shape
