"""What a finished dataset holds although its owners have taken it back since."""

from __future__ import annotations

from lusdata.catalog.folders import collection_names, find_collection
from lusdata.catalog.open_collection import withdrawn_today
from lusdata.dataset.reading.index import Index
from lusdata.wording import listed

__all__ = ["outdated_note", "withdrawn_since_built"]


def withdrawn_since_built(index: Index) -> tuple[str, ...]:
    """Return the recordings of a dataset that are withdrawn today, as far as the collections here tell.

    Parameters
    ----------
    index : Index
        The dataset.

    Returns
    -------
    tuple of str
        Ids of recordings; none for a dataset of another collection.
    """
    if index.name not in collection_names():
        return ()
    return withdrawn_today((entry.id for entry in index.entries), find_collection(index.name))


def outdated_note(index: Index) -> str:
    """Say in one line which recordings of a dataset their owners have taken back since; empty if none are known."""
    names = withdrawn_since_built(index)
    if not names:
        return ""
    return f"{index.folder} holds what was withdrawn since it was built: {listed(names)}; build it again without"
