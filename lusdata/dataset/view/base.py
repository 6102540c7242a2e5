"""What every view of a dataset knows of itself: which rows, of which dataset, counted among which recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from lusdata.catalog.collection import Collection
from lusdata.catalog.private_mark import MARK, private_words
from lusdata.dataset.reading.index import Index
from lusdata.dataset.view.rows import Piece
from lusdata.dataset.view.scope import Scope
from lusdata.dataset.view.source import DatasetSource, collection_of
from lusdata.errors import UsageError

__all__ = ["ViewBase"]


class ViewBase:
    """Rows of a dataset; see `lusdata.dataset.view.dataset.Dataset`, which is all of it."""

    def __init__(self, index: Index) -> None:
        self._source = DatasetSource((index,), collection_of(index))
        self._pieces = tuple(Piece(index, entry) for entry in index.entries)
        # The recordings that decide which classes and values there are: those of the dataset that a fold divides.
        self._scope = Scope(self._source, self.recordings)

    @classmethod
    def _of(cls, source: DatasetSource, pieces: Iterable[Piece], scope: Scope | None = None) -> Self:
        view = object.__new__(cls)
        view._source = source
        view._pieces = tuple(piece for piece in pieces if len(piece))
        view._scope = scope or Scope(source, view.recordings)
        return view

    def _part(self, pieces: Iterable[Piece], scope: Scope | None = None) -> Self:
        return self._of(self._source, pieces, scope)

    @classmethod
    def _of_views(cls, source: DatasetSource, views: Sequence[Self]) -> Self:
        """Return the rows of views as one view of a source that joins theirs; see `lusdata.join`."""
        there = source.manifests
        pieces = [piece for view in views for piece in view._pieces if piece.entry.id in there]
        known = [name for view in views for name in view._scope.recordings if name in there]
        return cls._of(source, pieces, Scope(source, known))

    def _united(self, others: Sequence[Self]) -> Self:
        """Return the rows of this view and of others of the same dataset, in the dataset's order.

        Raises
        ------
        UsageError
            If two of them hold the same row.
        """
        held: dict[str, Piece] = {}
        for piece in (piece for view in (self, *others) for piece in view._pieces):
            there = held.get(piece.entry.id)
            held[piece.entry.id] = piece if there is None else there.with_rows_of(piece)
        known = {name: None for view in (self, *others) for name in view._scope.recordings}
        scope = self._scope if len(known) == len(self._scope.recordings) else Scope(self._source, list(known))
        return self._part((held[name] for name in self._source.entries if name in held), scope)

    @property
    def index(self) -> Index:
        """The opened folder: settings, versions, what was left out and why.

        Raises
        ------
        UsageError
            If the dataset was joined from several; see `indexes`.
        """
        if len(self.indexes) > 1:
            raise UsageError("a joined dataset has several folders", where=self._source.label, hint="ask for .indexes")
        return self.indexes[0]

    @property
    def indexes(self) -> tuple[Index, ...]:
        """The opened folders: one, or those of each dataset that was joined."""
        return self._source.indexes

    @property
    def collection(self) -> Collection:
        """The collection, whatever the state of a recording: what folds are made of; a joined one of several."""
        return self._source.collection

    @property
    def private(self) -> str:
        """Whose the recordings are, in the words of the mark on every page; empty where all may be passed on."""
        words = private_words(self._source.collection)
        return f"{MARK} {words}" if words else ""

    @property
    def rows_sha256(self) -> str:
        """Logical digest of the rows of the whole dataset, of which this may be a part.

        That of ``dataset.json``; of joined datasets a digest over those of all, with what was left out.
        """
        return self._source.rows_sha256

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
