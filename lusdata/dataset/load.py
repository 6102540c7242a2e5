"""From a name to a dataset: opens what is there, or builds it first."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from lusdata.arguments import list_of
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import collection_names
from lusdata.catalog.joining.collection import Labels, join_collections
from lusdata.catalog.manifest import Manifest, canonical_bytes
from lusdata.catalog.mixed_groups import mixed_note
from lusdata.catalog.open_collection import open_collection, open_release, split_release_name, withdrawal_note
from lusdata.dataset.building.build import build, gained
from lusdata.dataset.building.crew import Files
from lusdata.dataset.building.plan import choose, inputs_of
from lusdata.dataset.folder import INDEX
from lusdata.dataset.formats.table import DEFAULT_FORMAT, FORMATS, FormatName
from lusdata.dataset.reading.index import Index, is_dataset, open_index
from lusdata.dataset.reading.integrity import require_intact
from lusdata.dataset.reading.withdrawn import outdated_note
from lusdata.dataset.recipe import Colour, Recipe
from lusdata.dataset.view.dataset import Clip, Dataset, Fold, Frames
from lusdata.dataset.view.join import joined
from lusdata.dataset.view.source import collection_of
from lusdata.errors import UsageError
from lusdata.media.cache import cache_dir
from lusdata.suggestion import unknown_word

__all__ = ["Clip", "Dataset", "Fold", "Frames", "load"]


def load(
    collection_or_folder: str | Path | Iterable[str | Path],
    *,
    release: str | None = None,
    rate_hz: float | None = None,
    size: int | None = None,
    max_frames: int | None = None,
    colour: Colour | None = None,
    select: str | None = None,
    format: FormatName | None = None,
    mirror: str | Path | Iterable[str | Path] | None = None,
    cache: str | Path | None = None,
    workers: int | None = None,
    offline: bool = False,
    progress: bool = True,
    labels: Labels = None,
    shared: str = "together",
) -> Dataset:
    """Open a dataset, or build it and open it; several are joined.

    Parameters
    ----------
    collection_or_folder : str or Path, or several
        A folder that ``lusdata build`` made; or the name of a collection, or a folder of manifests, which is
        built into the cache at the first call and opened from there at the next. ``"pocus@1.0.0"`` names a release of
        it. Several, in a list, are opened one after the other and joined, as `lusdata.join` does.
    release : str, optional
        Version of a release of the collection, such as ``"1.0.0"``: its manifests as they were, and its folds. What
        was withdrawn since is left out, with a warning. By default the collection as it is today. For a dataset folder
        the version follows from the folder, and one that is given must agree with it. Of several, name each:
        ``["pocus@1.1.0", "blues@1.0.0"]``.
    rate_hz : float, optional
        Frames per second; 3 by default. For a dataset folder each setting follows from the folder, and one that is
        given must agree with it.
    size : int, optional
        Side of the frames in pixels; 224 by default.
    max_frames : int, optional
        Most frames of one recording; 30 by default.
    colour : {"grey", "rgb"}, optional
        Grey by default.
    select : str, optional
        Which recordings, as for ``lusdata build --select``; all by default. Of several collections it is asked of each,
        before they are joined.
    format : {"parquet", "tfrecord"}, optional
        Format of the shards; Parquet by default.
    mirror : str, Path or several, optional
        Folders or addresses that hold copies of the files, asked first.
    cache : str or Path, optional
        The cache folder; see `lusdata.media.cache.cache_dir`.
    workers : int, optional
        Processes that decode; one per core by default.
    offline : bool
        Touch no network.
    progress : bool
        Show bars while building, if standard error is a terminal.
    labels, shared
        Of several: what targets mean in the words of each, and what to do with patients that more than one holds; see
        `lusdata.join`.

    Returns
    -------
    Dataset
        With everything that could be had; `Dataset.index` tells what could not.

    Raises
    ------
    UsageError
        If there is no such collection or release, a setting is out of range, or disagrees with the folder; or several
        cannot be joined.
    DataError
        If a manifest has a fault, a release was changed, nothing can be built, or the folder is unfinished, of another
        version, or a file of it is missing or was changed since it was built.
    OutsideError
        If the disk is full or a folder cannot be read or written.

    Examples
    --------
    ::

        dataset = lusdata.load("pocus", release="1.0.0", mirror="path/to/media")
        dataset.fold(0)                                # as frozen in release 1.0.0
        both = lusdata.load(["pocus", "blues"])
        both.fold(0, by="collection")                  # one is tested, the other fitted on
    """
    if format is not None and format not in tuple(FORMATS):
        raise unknown_word("unknown format", format, FORMATS)
    wanted = {
        "rate_hz": rate_hz,
        "size_px": size,
        "max_frames": max_frames,
        "colour": colour,
        "select": select,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    load_one = partial(
        _load_one,
        settings=Recipe.from_dict(Recipe().as_dict() | given),
        given=list(given),
        release=release,
        format_=format,
        mirrors=[mirror] if isinstance(mirror, (str, Path)) else list(mirror or ()),
        root=cache_dir() if cache is None else Path(cache).expanduser(),
        workers=workers,
        offline=offline,
        progress=progress,
    )
    names: list[str | Path] = (
        [collection_or_folder]
        if isinstance(collection_or_folder, (str, Path))
        else list_of(
            (str, Path),
            collection_or_folder,
            where="collection_or_folder",
            expected="the name or the path of a collection or a dataset, or several",
        )
    )
    if len(names) == 1:
        if labels is not None or shared != "together":
            raise UsageError("labels and shared are for several collections", where=str(names[0]))
        return load_one(names[0])
    if release is not None:
        hint = 'name it behind each: ["pocus@1.1.0", "blues@1.0.0"]'
        raise UsageError("one release for several collections", where="release", found=release, hint=hint)
    if not all(_is_built(name) for name in names):
        # What a build of an hour would be refused for is said before it.
        join_collections([_carried(name) for name in names], labels=labels, shared=shared)
    return joined(list(map(load_one, names)), labels=labels, shared=shared, level=3)


def _load_one(
    collection_or_folder: str | Path,
    *,
    settings: Recipe,
    given: list[str],
    release: str | None,
    format_: FormatName | None,
    mirrors: list[str | Path],
    root: Path,
    workers: int | None,
    offline: bool,
    progress: bool,
) -> Dataset:
    if _is_built(collection_or_folder):
        index = open_index(Path(collection_or_folder).expanduser())
        _agree(index, settings, given, format_, release)
        _warn_of_withdrawals(index)
        _warn_of_classes(index.manifests)
        return _intact(index)
    collection = _open(collection_or_folder, release)
    _warn_of_classes(collection.manifests)
    kind = format_ or DEFAULT_FORMAT
    target = _target(collection, settings, kind, root=root, mirrors=mirrors)
    if (target / INDEX).is_file():
        return _intact(open_index(target))
    report = build(
        collection,
        out=target,
        recipe=settings,
        format=kind,
        mirrors=mirrors,
        cache=root,
        workers=workers,
        offline=offline,
        progress=progress,
    )
    return Dataset(report.index)


def _is_built(name: str | Path) -> bool:
    """Tell whether a user names a dataset folder; a bare word is a collection first."""
    named = isinstance(name, str) and name in collection_names()
    return not named and is_dataset(Path(name).expanduser())


def _carried(name: str | Path) -> Collection:
    """Return the collection that a name or a dataset folder stands for."""
    return collection_of(open_index(Path(name).expanduser())) if _is_built(name) else open_collection(name)


def _intact(index: Index) -> Dataset:
    """Open a dataset whose files are all what its index says: nobody fits a model on what was changed."""
    require_intact(index.folder, index.files, again=False)
    return Dataset(index)


def _open(name_or_path: str | Path, release: str | None) -> Collection:
    name, version = split_release_name(name_or_path)
    if release is not None and version not in (None, release):
        raise UsageError("two releases are named", where=str(name_or_path), found=f"release={release!r} beside it")
    collection = open_collection(name_or_path) if release is None else open_release(name, release)
    if collection.withdrawn_since:
        # Whoever loads a release expects all of it.
        warnings.warn(withdrawal_note(collection), stacklevel=4)
    return collection


def _warn_of_withdrawals(index: Index) -> None:
    """Warn of recordings in a finished dataset that their owners have taken back, as far as this machine knows."""
    note = outdated_note(index)
    if note:
        warnings.warn(note, stacklevel=4)


def _warn_of_classes(manifests: Sequence[Manifest]) -> None:
    """Warn of groups whose recordings have two classes: whoever learns from them learns a contradiction."""
    note = mixed_note(manifests)
    if note:
        warnings.warn(note, stacklevel=4)


def _agree(index: Index, settings: Recipe, names: list[str], format_: str | None, release: str | None = None) -> None:
    given = {"format": format_, "release": release}
    wanted = {name: getattr(settings, name) for name in names} | {name: word for name, word in given.items() if word}
    version = "none" if index.release is None else index.release["version"]
    there = index.recipe.as_dict() | {"format": index.format, "release": version}
    differing = [name for name in wanted if wanted[name] != there[name]]
    if differing:
        raise UsageError(
            "the dataset was built with other settings",
            where=str(index.folder),
            expected=", ".join(f"{name}={wanted[name]}" for name in differing),
            found=", ".join(f"{name}={there[name]}" for name in differing),
            hint="leave the settings out, or build another dataset",
        )


def _target(collection: Collection, recipe: Recipe, format_: str, *, root: Path, mirrors: list[str | Path]) -> Path:
    """Choose the folder in the cache: the newest dataset of these inputs, unless more recordings are at hand now."""
    key = hashlib.sha256(canonical_bytes(inputs_of(collection, recipe, format_))).hexdigest()[:12]
    number = 1
    while True:
        folder = root / "datasets" / f"{collection.label}-{key}{'' if number == 1 else f'-{number}'}"
        following = folder.with_name(f"{collection.label}-{key}-{number + 1}")
        if not (folder / INDEX).is_file():
            return folder
        if not (following / INDEX).is_file():
            break
        number += 1
    # Only what lies on this machine: a dead link must not be asked for again at every start.
    gain = gained(open_index(folder), choose(collection, recipe).pinned, Files(tuple(mirrors), root, offline=True))
    return following if gain else folder
