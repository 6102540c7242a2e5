"""Any split as a list of recordings and folds: our own tables, and other people's lists of file names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lusdata.catalog.manifest import Manifest
from lusdata.dataset.folds.table import FoldTable, is_fold_table
from lusdata.errors import DataError, OutsideError

__all__ = ["AuditedSplit", "Named", "Place", "Unmapped", "match_names", "read_split", "split_of_table"]

_NAME_COLUMNS = ("file", "recording", "name", "id")
_FORMS = 'a fold table, {"fold": ["file", ...]}, {"recording": fold}, or CSV with the columns file and fold'
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")


@dataclass(frozen=True, order=True)
class Named:
    """One line of a split file: a name, of a file or a recording, and its fold."""

    fold: str
    name: str


@dataclass(frozen=True, order=True)
class Place:
    """A recording in a fold, and the name by which the split calls it."""

    fold: str
    recording: str
    name: str


@dataclass(frozen=True, order=True)
class Unmapped:
    """A name that fits no recording, or several.

    Attributes
    ----------
    fold, name : str
        What the split says.
    candidates : tuple of str
        The recordings that it may mean; empty if there is none.
    """

    fold: str
    name: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditedSplit:
    """A split, laid beside a catalog.

    Attributes
    ----------
    source : str
        Where it comes from, for people.
    folds : tuple of str
        Its folds in their order.
    places : tuple of Place
        Every name that is a recording.
    unmapped : tuple of Unmapped
        Every name that is none, or may be several.
    table : FoldTable or None
        The table, if it is one of ours.
    """

    source: str
    folds: tuple[str, ...]
    places: tuple[Place, ...]
    unmapped: tuple[Unmapped, ...] = ()
    table: FoldTable | None = None

    @property
    def names(self) -> int:
        """How many names the split holds."""
        return len(self.places) + len(self.unmapped)

    @property
    def by_frame(self) -> bool:
        """Whether recordings are torn apart by a rule; then nothing is in `places`."""
        return self.table is not None and self.table.by == "frame"

    @property
    def folds_of(self) -> dict[str, tuple[str, ...]]:
        """For each recording of the split its folds, in their order; more than one is a leak."""
        held: dict[str, set[str]] = {}
        for place in self.places:
            held.setdefault(place.recording, set()).add(place.fold)
        return {name: tuple(fold for fold in self.folds if fold in held[name]) for name in sorted(held)}


def read_split(path: Path, manifests: Sequence[Manifest]) -> AuditedSplit:
    """Read any split and find its recordings.

    Parameters
    ----------
    path : Path
        JSON: a fold table of ours, lists of file names by fold, or a fold for each name. Or CSV with a column ``fold``
        and one of ``file``, ``recording``, ``name``, ``id``.
    manifests : sequence of Manifest
        The whole catalog, whatever the state of a recording.

    Returns
    -------
    AuditedSplit
        Every name of the file, as a place or as unmapped.

    Raises
    ------
    OutsideError
        If the file cannot be read.
    DataError
        If it is none of these forms, or names nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OutsideError("cannot read the split", where=str(path), found=error.strerror) from error
    except UnicodeDecodeError as error:
        raise DataError("not UTF-8 text", where=str(path), found=error.reason) from error
    if path.suffix.lower() == ".csv":
        named = _from_csv(text, str(path))
    else:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError("not valid JSON", where=str(path), expected=_FORMS, found=str(error)) from error
        if is_fold_table(data):
            return split_of_table(FoldTable.from_json(text, where=str(path)), manifests, source=str(path))
        named = _from_json(data, str(path))
    if not named:
        raise DataError("the split names nothing", where=str(path), expected=_FORMS)
    places, unmapped = match_names(named, manifests)
    folds = tuple(dict.fromkeys(entry.fold for entry in named))
    return AuditedSplit(str(path), folds, places, unmapped)


def split_of_table(table: FoldTable, manifests: Iterable[Manifest], *, source: str) -> AuditedSplit:
    """Lay one of our own tables beside a catalog.

    Parameters
    ----------
    table : FoldTable
        The table.
    manifests : iterable of Manifest
        The whole catalog.
    source : str
        Where the table comes from, for people.
    """
    known = {manifest.id for manifest in manifests}
    entries = [Place(str(unit.fold), name, name) for unit in table.units for name in unit.recordings]
    return AuditedSplit(
        source=source,
        folds=tuple(map(str, range(table.k))),
        places=tuple(sorted(place for place in entries if place.recording in known)),
        unmapped=tuple(sorted(Unmapped(p.fold, p.name) for p in entries if p.recording not in known)),
        table=table,
    )


def match_names(
    named: Iterable[Named], manifests: Sequence[Manifest]
) -> tuple[tuple[Place, ...], tuple[Unmapped, ...]]:
    """Find the recording that each name means.

    A name is compared, from strict to lenient, with ids, paths, file names and aliases; then without the extension;
    then without case, spaces, underscores and hyphens. The first comparison that fits anything decides.

    Parameters
    ----------
    named : iterable of Named
        Names with their folds.
    manifests : sequence of Manifest
        The whole catalog, whatever the state of a recording.

    Returns
    -------
    places : tuple of Place
        The names that fit exactly one recording, sorted.
    unmapped : tuple of Unmapped
        All others, sorted.
    """
    index: list[dict[str, set[str]]] = []
    for manifest in manifests:
        for level, keys in enumerate(_levels(_own_names(manifest))):
            if level == len(index):
                index.append({})
            for key in keys:
                index[level].setdefault(key, set()).add(manifest.id)
    places, unmapped = [], []
    for entry in named:
        found = next(_hits([entry.name], index), set())
        if len(found) == 1:
            places.append(Place(entry.fold, next(iter(found)), entry.name))
        else:
            unmapped.append(Unmapped(entry.fold, entry.name, tuple(sorted(found))))
    return tuple(sorted(places)), tuple(sorted(unmapped))


def _own_names(manifest: Manifest) -> list[str]:
    path = [] if manifest.source_path is None else [manifest.source_path]
    return [manifest.id, *path, *manifest.data.get("aliases", ())]


def _levels(names: Sequence[str]) -> Iterator[set[str]]:
    """Yield the keys under which names are compared, level by level."""
    files = {PurePosixPath(name.replace("\\", "/")).name for name in names}
    stems = {_EXTENSION.sub("", file) for file in files}
    yield set(names)
    yield files
    yield stems
    yield {re.sub(r"[\s_-]+", "", stem).casefold() for stem in stems}


def _hits(names: Sequence[str], index: Sequence[Mapping[str, set[str]]]) -> Iterator[set[str]]:
    for keys, known in zip(_levels(names), index, strict=False):
        found = {recording for key in keys if key for recording in known.get(key, ())}
        if found:
            yield found


def _from_json(data: object, where: str) -> list[Named]:
    if isinstance(data, dict) and data:
        if all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in data.values()):
            return [Named(fold, name) for fold, names in data.items() for name in names]
        if all(isinstance(fold, (str, int)) and not isinstance(fold, bool) for fold in data.values()):
            return [Named(str(fold), name) for name, fold in data.items()]
    raise DataError("not a split", where=where, expected=_FORMS, found=type(data).__name__)


def _from_csv(text: str, where: str) -> list[Named]:
    reader = csv.DictReader(io.StringIO(text))
    columns = [column for column in _NAME_COLUMNS if column in (reader.fieldnames or ())]
    if not columns or "fold" not in (reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise DataError("not a split", where=where, expected="the columns file and fold", found=found)
    named = []
    for row in reader:
        name, fold = row[columns[0]], row["fold"]
        if not name or not fold:
            raise DataError("a line without name or fold", where=f"{where}:{reader.line_num}")
        named.append(Named(fold, name))
    return named
