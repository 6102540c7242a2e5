"""What the folds of a catalog hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lusdata.catalog.manifest import Manifest
from lusdata.splits.folds.parts import ClassCount

__all__ = ["Census"]


class Census:
    """Counts what folds hold."""

    def __init__(
        self, usable: Sequence[Manifest], groups: Mapping[str, str], frames: Mapping[str, int], words: Mapping[str, str]
    ) -> None:
        self.usable = usable
        self.groups = groups
        self.frames = frames
        self.words = words

    def of_folds(self, fold_of: Mapping[str, int]) -> tuple[ClassCount, ...]:
        """Count recordings, groups and frames of each fold and class, or value of the target."""
        cells: dict[tuple[int, str], list[Manifest]] = {}
        for manifest in self.usable:
            cells.setdefault((fold_of[manifest.id], self.words[manifest.id]), []).append(manifest)
        return tuple(
            ClassCount(
                fold=fold,
                class_name=name,
                recordings=len(cell),
                groups=len({self.groups[manifest.id] for manifest in cell}),
                frames=sum(self.frames[manifest.id] for manifest in cell),
            )
            for (fold, name), cell in sorted(cells.items())
        )

    def by_frame(self, k: int) -> tuple[ClassCount, ...]:
        """Count what a split by frame gives: its rule spreads each recording over all folds, evenly but for chance."""
        whole = self.of_folds(dict.fromkeys(self.frames, 0))
        return tuple(
            ClassCount(fold, row.class_name, row.recordings, row.groups, round(row.frames / k))
            for fold in range(k)
            for row in whole
        )
