"""Several datasets as one: the rows stay where they are, the collections are joined."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

from lusdata.arguments import list_of
from lusdata.catalog.collection import Collection
from lusdata.catalog.joining.collection import JoinedCollection, Labels, join_collections
from lusdata.dataset.reading.index import Index
from lusdata.dataset.view.dataset import Dataset
from lusdata.dataset.view.source import DatasetSource
from lusdata.errors import UsageError

__all__ = ["join", "joined"]


def join(datasets: Iterable[Dataset], *, labels: Labels = None, shared: str = "together") -> Dataset:
    """Join datasets of different collections, or views of them, to one dataset.

    ``a + b`` is ``join([a, b])``, and also joins views of one dataset, such as the training and the validation part of
    a fold.

    Parameters
    ----------
    datasets : iterable of Dataset
        Two or more, made with the same settings; recordings follow one another as they are named. Folds are made from
        all recordings of their collections.
    labels : Mapping, str or Path, optional
        What targets mean in the words of each collection, or a JSON file of that::

            {"covid": {"pocus": {"from": "class", "values": {"covid-19": "positive", "healthy": "negative",
                                                             "bacterial-pneumonia": "negative",
                                                             "viral-pneumonia": None}},
                       "blues": "covid"}}

        ``from`` names the class, a pattern, ``severity`` or a task of the collection, and ``values`` says what each of
        its values becomes, None that it says nothing; without ``values``, or with a name alone, they stay. None in
        place of both is a collection without such a label. The name is then a target like any other. A file may as
        well be a table, CSV in any dialect, TSV or XLSX, with the columns ``collection``, ``label there`` and ``label
        here`` in any order, and if wanted ``target`` (else the target is called ``label``) and ``from`` (else
        ``class``); an empty ``label here`` stands for None.
    shared : {"together", "first"}
        What to do with patients that several collections hold, by their manifests, digests or pictures: keep them
        ``together`` as one patient each, with a warning, or only in the ``first`` that has some that can be built.

    Returns
    -------
    Dataset
        Without a folder of its own: `Dataset.indexes` holds those that the rows lie in.

    Raises
    ------
    UsageError
        If there are too few, two are of one collection, their settings differ, or the table of labels does not fit:
        it names every collection, and maps every value that occurs.
    DataError
        If two collections define one scale of severity in two ways.

    Examples
    --------
    ::

        both = lusdata.join([lusdata.load("pocus"), lusdata.load("blues")])
        fold = both.fold(0, by="collection")           # fitted on one of them, tested on the other
    """
    several = list_of(Dataset, datasets, where="datasets", expected="several datasets of lusdata.load")
    return joined(several, labels=labels, shared=shared, level=3)


def joined(views: Sequence[Dataset], *, labels: Labels, shared: str, level: int) -> Dataset:
    """Join as `join` does; `level` says how far up the caller stands who shall see a warning."""
    if len(views) > 1 and all(view.indexes == views[0].indexes for view in views):
        if labels is not None or shared != "together":
            raise UsageError("labels and shared are for several collections", where=views[0].collection.name)
        return views[0]._united(views[1:])
    indexes = tuple(index for view in views for index in view.indexes)
    _check_recipes(indexes)
    collection = join_collections(_collections(views), labels=labels, shared=shared)
    if collection.note:
        warnings.warn(collection.note, stacklevel=level)
    return Dataset._of_views(DatasetSource(indexes, collection), views)


def _check_recipes(indexes: Sequence[Index]) -> None:
    """Refuse settings that differ: frames of another size fit into no batch, and of another rate weigh otherwise."""
    first, *others = [{**index.recipe.as_dict(), "select": ""} for index in indexes] or [{}]
    for index, recipe in zip(indexes[1:], others, strict=True):
        names = [name for name in first if recipe[name] != first[name]]
        if names:
            raise UsageError(
                "datasets of different settings cannot be joined",
                where=index.label,
                expected=", ".join(f"{name}={first[name]}" for name in names) + f" as {indexes[0].label}",
                found=", ".join(f"{name}={recipe[name]}" for name in names),
                hint="load or build them with the same settings",
            )


def _collections(views: Sequence[Dataset]) -> list[Collection]:
    """Return the collections of views; those of a join one by one, as they were before it."""
    found: list[Collection] = []
    for view in views:
        collection = view.collection
        if not isinstance(collection, JoinedCollection):
            found.append(collection)
            continue
        if collection.left_out or collection.labels:
            raise UsageError(
                "a join with settings of its own cannot be joined again",
                where=collection.label,
                hint="name all datasets in one call: lusdata.join([a, b, c], labels=..., shared=...)",
            )
        found += collection.parts
    return found
