"""Open the collection or dataset that a command line names, and say what was withdrawn from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.collection import Collection
from lusdata.catalog.opening import open_collection, withdrawal_note

if TYPE_CHECKING:
    from lusdata.dataset.index import Index

__all__ = ["COLLECTION_HELP", "opened", "opened_dataset"]

COLLECTION_HELP = (
    "name of a collection (in ./manifests first), or a folder of manifests; pocus@1.0.0 for a release of it"
)


def opened(name_or_path: str | Path) -> Collection:
    """Open a collection or a release; what was withdrawn from a release since is told on standard error."""
    collection = open_collection(name_or_path)
    _tell(withdrawal_note(collection))
    return collection


def opened_dataset(folder: Path) -> Index:
    """Open a dataset folder; what was withdrawn since it was built is told on standard error."""
    from lusdata.dataset.index import open_index
    from lusdata.dataset.withdrawn import outdated_note

    index = open_index(folder)
    _tell(outdated_note(index))
    return index


def _tell(note: str) -> None:
    if note:
        sys.stderr.write(f"lusdata: {note}\n")
