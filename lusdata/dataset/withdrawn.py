"""What a finished dataset holds although its owners have taken it back since."""

from __future__ import annotations

from lusdata.catalog.folders import find_collection, shipped_names
from lusdata.catalog.opening import withdrawn_today
from lusdata.dataset.index import Index

__all__ = ["withdrawn_since_built"]


def withdrawn_since_built(index: Index) -> tuple[str, ...]:
    """Return the recordings of a dataset that are withdrawn today, as far as the shipped collections tell.

    Parameters
    ----------
    index : Index
        The dataset.

    Returns
    -------
    tuple of str
        Ids of recordings; none for a dataset of another collection.
    """
    if index.name not in shipped_names():
        return ()
    return withdrawn_today((entry.id for entry in index.entries), find_collection(index.name))
