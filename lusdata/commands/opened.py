"""Open the collection that a command line names, and say what is missing from it."""

from __future__ import annotations

import sys
from pathlib import Path

from lusdata.catalog.collection import Collection
from lusdata.catalog.opening import open_collection, withdrawal_note

__all__ = ["COLLECTION_HELP", "opened"]

COLLECTION_HELP = "name of a shipped collection, or a folder of manifests; pocus@1.0.0 for a release of it"


def opened(name_or_path: str | Path) -> Collection:
    """Open a collection or a release; what was withdrawn from a release since is told on standard error."""
    collection = open_collection(name_or_path)
    note = withdrawal_note(collection)
    if note:
        sys.stderr.write(f"lusdata: {note}\n")
    return collection
