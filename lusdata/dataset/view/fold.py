"""One round of a cross-validation, as three views of one dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lusdata.dataset.view.notebook import fold_html
from lusdata.splits.folds.table import FoldTable

if TYPE_CHECKING:
    from lusdata.dataset.view.dataset import Dataset

__all__ = ["Fold"]


@dataclass(frozen=True, repr=False)
class Fold:
    """One round of a cross-validation: fit on `train`, stop and choose by `validation`, report `test`.

    Attributes
    ----------
    train, validation, test : Dataset
        Views that share no unit of the split.
    number : int
        The round, from 0.
    table : FoldTable
        The split that it is a round of.
    """

    train: Dataset
    validation: Dataset
    test: Dataset
    number: int
    table: FoldTable

    @property
    def parts(self) -> dict[str, Dataset]:
        """The three views by name, in the order of their use."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def _heading(self) -> str:
        tested = f", {'+'.join(self.table.collections[self.number])} tested" if self.table.by == "collection" else ""
        return f"Fold {self.number} of {self.table.k} by {self.table.by}{tested}"

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(part.recordings):,} ({part.frames:,})" for name, part in self.parts.items())
        return f"<{self._heading}: {sizes} recordings (frames)>"

    def _repr_html_(self) -> str:
        return fold_html(self._heading, {name: part.counts for name, part in self.parts.items()})
