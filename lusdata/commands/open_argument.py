"""Open the collection or dataset that a command line names, and say what was withdrawn from it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.mixed_groups import mixed_note
from lusdata.catalog.open_collection import open_collection, withdrawal_note
from lusdata.errors import UsageError

if TYPE_CHECKING:
    from lusdata.dataset.reading.index import Index

__all__ = ["COLLECTIONS_HELP", "COLLECTION_HELP", "opened", "opened_dataset", "opened_together", "tell_mixed"]

COLLECTION_HELP = (
    "name of a collection (in ./manifests first), or a folder of manifests; pocus@1.0.0 for a release of it"
)

COLLECTIONS_HELP = f"{COLLECTION_HELP}; several are taken together"


def opened(name_or_path: str | Path) -> Collection:
    """Open a collection or a release; tell on standard error what was withdrawn since, and groups of two classes."""
    collection = open_collection(name_or_path)
    _tell(withdrawal_note(collection))
    tell_mixed(collection.manifests)
    return collection


def tell_mixed(manifests: Sequence[Manifest]) -> None:
    """Say on standard error which groups have two classes."""
    _tell(mixed_note(manifests))


def opened_together(
    names: Sequence[str], *, labels: Path | None = None, shared: str | None = None, tell: bool = True
) -> Collection:
    """Open a collection, or several as one; what they share is told on standard error.

    Parameters
    ----------
    names : sequence of str
        One name or path, or several.
    labels : Path, optional
        A table of labels.
    shared : {"together", "first"}, optional
        What to do with patients that several of them hold.
    tell : bool
        Say what they share.

    Raises
    ------
    UsageError
        If an option for several is given with one, or they cannot be joined.
    """
    if len(names) == 1:
        given = [option for option, value in (("--labels", labels), ("--shared", shared)) if value is not None]
        if given:
            raise UsageError("only for several collections", where=", ".join(given), hint="leave the option out")
        return opened(names[0])
    from lusdata.catalog.joining.collection import join_collections

    joined = join_collections([opened(name) for name in names], labels=labels, shared=shared or "together")
    _tell(joined.note if tell else "")
    return joined


def opened_dataset(folder: Path) -> Index:
    """Open a dataset folder; what was withdrawn since it was built is told on standard error."""
    from lusdata.dataset.reading.index import open_index
    from lusdata.dataset.reading.withdrawn import outdated_note

    index = open_index(folder)
    _tell(outdated_note(index))
    tell_mixed(index.manifests)
    return index


def _tell(note: str) -> None:
    if note:
        sys.stderr.write(f"lusdata: {note}\n")
