"""What a dataset folder holds, and what differs between two of them: settings, recordings, frames, rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lusdata.catalog.schema import enumeration
from lusdata.dataset.reading.index import Index

__all__ = ["Holding", "HoldingDifference", "compare_holdings", "holding_of"]


@dataclass(frozen=True)
class Holding:
    """What a dataset folder holds.

    Attributes
    ----------
    settings : Mapping of str to object
        The recipe, the format of the shards, and the release that it was built from.
    recipe : str
        The recipe in words.
    rows_sha256 : str
        Digest of all rows, whatever the format.
    digests, frames : Mapping
        For each recording that it holds the digest of its frames, and their number.
    classes : Mapping
        For each recording its class.
    total : int
        How many recordings the collection had that it was built from.
    """

    settings: Mapping[str, Any]
    recipe: str
    rows_sha256: str
    digests: Mapping[str, str]
    frames: Mapping[str, int]
    classes: Mapping[str, str]
    total: int

    @property
    def counts(self) -> dict[str, int]:
        """Recordings and frames, in all and by class."""
        recordings, frames = Counter(self.classes.values()), Counter[str]()
        for name, number in self.frames.items():
            frames[self.classes[name]] += number
        classes = [word for word in enumeration("class") if word in recordings]
        return {
            "recordings": recordings.total(),
            "frames": frames.total(),
            **{f"recordings {word}": recordings[word] for word in classes},
            **{f"frames {word}": frames[word] for word in classes},
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what it holds as plain data for JSON, without a line for each recording."""
        return {
            "settings": dict(self.settings),
            "rows_sha256": self.rows_sha256,
            "counts": self.counts,
            "of": self.total,
        }


@dataclass(frozen=True)
class HoldingDifference:
    """What differs between the rows of two datasets.

    Attributes
    ----------
    settings : Mapping of str to (object, object)
        Each setting that differs, before and after.
    only_before, only_after : tuple of str
        Recordings that only one of them holds, sorted.
    other_frames : tuple of str
        Recordings that both hold with other frames, sorted.
    same_rows : bool
        Whether all rows are the same, with all that stands in them.
    """

    settings: Mapping[str, tuple[Any, Any]]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    other_frames: tuple[str, ...]
    same_rows: bool

    @property
    def nothing(self) -> bool:
        """Whether nothing differs: neither the settings nor a row."""
        return self.same_rows and not self.settings

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as plain data for JSON."""
        return asdict(self) | {"settings": {name: list(pair) for name, pair in self.settings.items()}}


def holding_of(index: Index) -> Holding:
    """Describe what a dataset folder holds.

    Parameters
    ----------
    index : Index
        The opened folder.
    """
    classes = {manifest.id: manifest.class_name for manifest in index.manifests}
    release = None if index.release is None else str(index.release["version"])
    return Holding(
        settings={**index.recipe.as_dict(), "format": index.format, "release": release},
        recipe=index.recipe.text(),
        rows_sha256=index.rows_sha256,
        digests={entry.id: entry.digest for entry in index.entries},
        frames={entry.id: entry.place.rows for entry in index.entries},
        classes={entry.id: classes[entry.id] for entry in index.entries},
        total=len(index.manifests),
    )


def compare_holdings(before: Holding, after: Holding) -> HoldingDifference:
    """Compare what two dataset folders hold.

    Parameters
    ----------
    before, after : Holding
        The two.
    """
    names = dict.fromkeys([*before.settings, *after.settings])
    pairs = {name: (before.settings.get(name), after.settings.get(name)) for name in names}
    old, new = before.digests, after.digests
    return HoldingDifference(
        settings={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        only_before=tuple(sorted(old.keys() - new.keys())),
        only_after=tuple(sorted(new.keys() - old.keys())),
        other_frames=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        same_rows=before.rows_sha256 == after.rows_sha256,
    )
