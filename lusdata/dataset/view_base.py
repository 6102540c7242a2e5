"""What every view of a dataset knows of itself: which rows, of which dataset, counted among which recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from lusdata.dataset.index import Index
from lusdata.dataset.rows import Piece, Source
from lusdata.dataset.scope import Scope

__all__ = ["ViewBase"]


class ViewBase:
    """Rows of a dataset; see `lusdata.dataset.view.Dataset`, which is all of it."""

    def __init__(self, index: Index) -> None:
        self._source = Source(index)
        self._pieces = tuple(Piece(entry) for entry in index.entries)
        # The recordings that decide which classes and values there are: those of the dataset that a fold divides.
        self._scope = Scope(self._source, self.recordings)

    def _part(self, pieces: Sequence[Piece], scope: Scope | None = None) -> Self:
        part = object.__new__(type(self))
        part._source = self._source
        part._pieces = tuple(piece for piece in pieces if len(piece))
        part._scope = scope or Scope(self._source, part.recordings)
        return part

    @property
    def index(self) -> Index:
        """The opened folder: settings, versions, what was left out and why."""
        return self._source.index

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that labels count, in the schema's order. The parts of a fold keep those of their dataset."""
        return self._scope.classes

    @property
    def recordings(self) -> tuple[str, ...]:
        """Ids of the recordings, in the order of the rows."""
        return tuple(piece.entry.id for piece in self._pieces)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return sum(map(len, self._pieces))

    def __len__(self) -> int:
        return self.frames

    def _class_of(self, piece: Piece) -> str:
        return self._source.manifests[piece.entry.id].class_name
