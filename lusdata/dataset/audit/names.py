"""Which recording a name means that somebody else's split uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lusdata.catalog.manifest import Manifest
from lusdata.wording import counted

__all__ = ["Named", "Place", "Unmapped", "match_names"]

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_FRAME = re.compile(r"(?:\.[A-Za-z0-9]{2,5})?[\s_.-]+(?:frame|frm|fr)[\s_.-]*\d+\Z", re.IGNORECASE)
"""How pictures cut from a video are commonly numbered: ``clip_frame12``, ``clip.mp4-frame-0012``."""


@dataclass(frozen=True, order=True)
class Named:
    """One line of a split: a name, of a file, a recording or a frame, and its fold."""

    fold: str
    name: str


@dataclass(frozen=True, order=True)
class Place:
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
) -> tuple[tuple[Place, ...], tuple[Unmapped, ...]]:
    """Find the recording that each name means.

    A name is compared, from strict to lenient, with ids, paths, file names and aliases; then without the extension;
    then without case, spaces, underscores and hyphens. The first comparison that fits anything decides. What fits
    nothing and ends in the number of a frame is compared once more without that.

    Parameters
    ----------
    named : iterable of Named
        Names with their folds.
    manifests : sequence of Manifest
        The whole catalog, whatever the state of a recording.

    Returns
    -------
    places : tuple of Place
        The names that fit exactly one recording, sorted; frames of one recording in one fold are one place.
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
    frames: dict[tuple[str, str], list[str]] = {}
    for entry in named:
        found, is_frame = next(_hits(entry.name, index), set()), False
        if not found and (bare := _without_frame(entry.name)):
            found, is_frame = next(_hits(bare, index), set()), True
        if len(found) != 1:
            unmapped.append(Unmapped(entry.fold, entry.name, tuple(sorted(found))))
        elif is_frame:
            frames.setdefault((entry.fold, next(iter(found))), []).append(entry.name)
        else:
            places.append(Place(entry.fold, next(iter(found)), entry.name))
    places += [Place(fold, recording, min(held), len(held)) for (fold, recording), held in frames.items()]
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


def _hits(name: str, index: Sequence[Mapping[str, set[str]]]) -> Iterator[set[str]]:
    for keys, known in zip(_levels([name]), index, strict=False):
        found = {recording for key in keys if key for recording in known.get(key, ())}
        if found:
            yield found


def _without_frame(name: str) -> str:
    """Return the name without extension and number of a frame; nothing if it does not end in one."""
    stem = _EXTENSION.sub("", name)
    bare = _FRAME.sub("", stem)
    return bare if bare != stem else ""
