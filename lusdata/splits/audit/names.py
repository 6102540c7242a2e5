"""Which recording a name means that somebody else's split uses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.spelling import spellings
from lusdata.splits.audit.frames import clips_of_frame
from lusdata.wording import counted

__all__ = ["Named", "Placement", "Unmapped", "match_names"]

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[\s_+\u2010-\u2015\u2212-]+(?=\d)")
_BETWEEN_WORDS = re.compile(r"[\s_+\u2010-\u2015\u2212-]+")


@dataclass(frozen=True, order=True)
class Named:
    """One line of a split: a name, of a file, a recording or a frame, and its fold."""

    fold: str
    name: str


@dataclass(frozen=True, order=True)
class Placement:
    """A recording in a fold, and the name by which the split calls it.

    Attributes
    ----------
    fold, recording : str
        Where it stands, empty if in no fold, and its id.
    name : str
        What the split says; of frames the first name.
    frames : int
        How many frames of the recording the split names in this fold; 0 if it names the recording itself.
    """

    fold: str
    recording: str
    name: str
    frames: int = 0

    @property
    def told(self) -> str:
        """The name as people read it."""
        more = self.frames - 1
        return f"{self.name} and {counted(more, 'more frame')}" if more > 0 else self.name


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


def match_names(
    named: Iterable[Named], manifests: Sequence[Manifest]
) -> tuple[tuple[Placement, ...], tuple[Unmapped, ...]]:
    """Find the recording that each name means.

    A name is compared, from strict to lenient, with ids, paths and aliases; as a file name, then without its case; then
    without the extension; then without spaces, underscores and hyphens too. Unicode's two forms of a letter are one,
    and what stands percent-encoded in an address is also read as what it means. The first comparison that fits anything
    decides; of several recordings that it fits, the one whose folders agree. What fits nothing is compared once more as
    the frame of a video; see `lusdata.splits.audit.frames`.

    Parameters
    ----------
    named : iterable of Named
        Names with their folds.
    manifests : sequence of Manifest
        The whole catalog, whatever the state of a recording.

    Returns
    -------
    places : tuple of Placement
        The names that fit exactly one recording, sorted; frames of one recording in one fold are one place.
    unmapped : tuple of Unmapped
        All others, sorted.
    """
    catalog = _Catalog(manifests)
    places, unmapped = [], []
    frames: dict[tuple[str, str], list[str]] = {}
    for entry in named:
        found = catalog.find(entry.name)
        clip = "" if found else catalog.find_clip(entry.name)
        if clip:
            frames.setdefault((entry.fold, clip), []).append(entry.name)
        elif len(found) == 1:
            places.append(Placement(entry.fold, next(iter(found)), entry.name))
        else:
            unmapped.append(Unmapped(entry.fold, entry.name, tuple(sorted(found))))
    places += [Placement(fold, recording, min(held), len(held)) for (fold, recording), held in frames.items()]
    return tuple(sorted(places)), tuple(sorted(unmapped))


class _Catalog:
    """The names of all recordings, by how strictly they are compared."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self._index: list[dict[str, set[str]]] = []
        self._folders: dict[str, list[tuple[str, ...]]] = {}
        self._videos = {manifest.id for manifest in manifests if manifest.kind == "video"}
        for manifest in manifests:
            for name in {spelt for own in _own_names(manifest) for spelt in spellings(own)}:
                self._folders.setdefault(manifest.id, []).append(_folders(name))
                for level, key in enumerate(_keys(name)):
                    if level == len(self._index):
                        self._index.append({})
                    self._index[level].setdefault(key, set()).add(manifest.id)

    def find(self, name: str) -> set[str]:
        """Return the recordings that the strictest comparison finds which finds any."""
        spelt = [(_keys(spelling), _folders(spelling)) for spelling in spellings(name)]
        for level, known in enumerate(self._index):
            for keys, folders in spelt:
                if found := (known.get(keys[level], set()) if keys[level] else set()):
                    return self._nearest(found, folders)
        return set()

    def find_clip(self, name: str) -> str:
        """Return the one recording that a picture may be a frame of; nothing if there is none, or several."""
        for spelling in spellings(name):
            for clip, certain in clips_of_frame(spelling):
                found = self.find(clip)
                if len(found) == 1 and (certain or found <= self._videos):
                    return next(iter(found))
        return ""

    def _nearest(self, found: set[str], folders: tuple[str, ...]) -> set[str]:
        """Return those of several recordings that agree in the most folders."""
        if len(found) == 1:
            return found
        agreeing = {
            recording: max(_shared_end(folders, own) for own in self._folders[recording]) for recording in found
        }
        most = max(agreeing.values())
        return {recording for recording, number in agreeing.items() if number == most}


def _own_names(manifest: Manifest) -> list[str]:
    path = [] if manifest.source_path is None else [manifest.source_path]
    return [manifest.id, *path, *manifest.data.get("aliases", ())]


def _keys(name: str) -> tuple[str, ...]:
    """Return the keys under which a name is compared, the strictest first."""
    file = PurePosixPath(name).name
    stem = _EXTENSION.sub("", file)
    loose = _BETWEEN_WORDS.sub("", _BETWEEN_NUMBERS.sub("/", _folded(stem)))
    return name, file, _folded(file), stem, _folded(stem), loose


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _folders(name: str) -> tuple[str, ...]:
    return tuple(map(_folded, PurePosixPath(name).parts[:-1]))


def _shared_end(one: Sequence[str], other: Sequence[str]) -> int:
    return next(_differing(one, other), min(len(one), len(other)))


def _differing(one: Sequence[str], other: Sequence[str]) -> Iterator[int]:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return (number for number, (first, second) in enumerate(pairs) if first != second)
