"""Whether a file is the one that a lead asks for. A lead is a manifest without a digest: nobody has seen its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.spelling import plain, spellings, spelt_alike

__all__ = ["FileFacts", "LeadMatch", "Mismatch", "compared", "is_lead", "lead_of", "taken_back", "telling_names"]

_DURATION_WITHIN_S = 0.1
_DURATION_WITHIN = 0.01
_STEADY_FACTS = ("width_px", "height_px", "frame_count")
_TELLING_LETTERS = 6
_STRENGTH = {"digest": 8, "address": 4, "name": 2, "size": 2, "duration": 1, "frames": 1}


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file in hand.

    Attributes
    ----------
    name : str
        Its name or its path; what it is called counts, not where it lies.
    size_bytes : int
        Its size.
    media : Mapping
        Technical facts in the words of a manifest's ``media``; empty while nobody has decoded it.
    addresses : tuple of str
        Web addresses that it was got from.
    digests : Mapping of str to str
        Digests in the words of a manifest's ``source.other_digests``.
    other_names : tuple of str
        What else the very file is called.
    """

    name: str
    size_bytes: int
    media: Mapping[str, Any] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mismatch:
    """A fact of a file that contradicts its manifest."""

    what: str
    expected: str
    found: str


@dataclass(frozen=True)
class LeadMatch:
    """A lead beside a file.

    Attributes
    ----------
    manifest : Manifest
        The lead.
    agrees : tuple of str
        What speaks for it, the strongest first: ``digest``, ``address``, ``name``, ``size``, ``duration``, ``frames``.
    mismatches : tuple of Mismatch
        What contradicts it.
    """

    manifest: Manifest
    agrees: tuple[str, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def is_certain(self) -> bool:
        """Whether a digest agrees, so that it is the very file."""
        return "digest" in self.agrees and not self.mismatches


def is_lead(manifest: Manifest) -> bool:
    """Tell whether nobody has seen the file of a recording that may still be used."""
    return manifest.sha256 is None and manifest.state != "withdrawn"


def lead_of(file: FileFacts, manifests: Iterable[Manifest]) -> tuple[LeadMatch, ...]:
    """Find the leads that a file may complete.

    A digest, an address or a telling name is enough, and so are size and duration together. A file name that any file
    may have (``video.mp4``, ``3.avi``) tells nothing, and a lead that a fact of the file contradicts is none.

    Parameters
    ----------
    file : FileFacts
        The file in hand.
    manifests : iterable of Manifest
        What is there, leads and others.

    Returns
    -------
    tuple of LeadMatch
        The best first. More than one where the facts cannot tell them apart.

    Examples
    --------
    >>> lead = Manifest({"id": "a/x", "kind": "video", "status": {"state": "included"},
    ...                  "source": {"path": "videos/Day+1 left.mp4", "locations": []}})
    >>> [match.agrees for match in lead_of(FileFacts("C:/got/day%2B1 LEFT.MP4", 7), [lead])]
    [('name',)]
    >>> lead_of(FileFacts("video.mp4", 7), [lead])
    ()
    """
    return _fitting(file, filter(is_lead, manifests))


def taken_back(file: FileFacts, manifests: Iterable[Manifest]) -> tuple[LeadMatch, ...]:
    """Find the recordings that a file may be of and that were withdrawn before anybody saw theirs.

    Nothing may complete them; they are found as `lead_of` finds leads.
    """
    return _fitting(file, (one for one in manifests if one.sha256 is None and one.state == "withdrawn"))


def _fitting(file: FileFacts, manifests: Iterable[Manifest]) -> tuple[LeadMatch, ...]:
    matches = [compared(file, manifest) for manifest in manifests]
    found = [match for match in matches if not match.mismatches and _is_enough(match.agrees)]
    if any(match.is_certain for match in found):
        found = [match for match in found if match.is_certain]
    return tuple(sorted(found, key=lambda match: (-_strength(match), match.manifest.id)))


def compared(file: FileFacts, manifest: Manifest) -> LeadMatch:
    """Hold a file against one manifest, whatever it is called.

    Parameters
    ----------
    file : FileFacts
        The file in hand.
    manifest : Manifest
        The recording that it may be.
    """
    agrees = tuple(sorted(set(_agreements(file, manifest)), key=lambda word: (-_STRENGTH[word], word)))
    return LeadMatch(manifest, agrees, tuple(_mismatches(file, manifest)))


def _is_enough(agrees: tuple[str, ...]) -> bool:
    return bool({"digest", "address", "name"} & set(agrees)) or {"size", "duration"} <= set(agrees)


def _strength(match: LeadMatch) -> int:
    return sum(_STRENGTH[word] for word in match.agrees)


def _agreements(file: FileFacts, manifest: Manifest) -> Iterator[str]:
    stated = manifest.data["source"].get("other_digests", {})
    if any(file.digests.get(kind) == value for kind, value in stated.items()):
        yield "digest"
    if {plain(address) for address in file.addresses} & {plain(address) for address in manifest.locations}:
        yield "address"
    if not _told((file.name, *file.other_names, *file.addresses)).isdisjoint(_told(_names(manifest))):
        yield "name"
    if file.size_bytes == manifest.size_bytes:
        yield "size"
    seconds, stated_s = file.media.get("duration_s"), manifest.media.get("duration_s")
    if seconds is not None and stated_s is not None and _is_same_duration(seconds, stated_s):
        yield "duration"
    frames = manifest.media.get("frame_count")
    if frames is not None and frames == file.media.get("frame_count"):
        yield "frames"


def _names(manifest: Manifest) -> tuple[str, ...]:
    path = manifest.source_path
    return (*((path,) if path else ()), *manifest.data.get("aliases", ()), *manifest.locations)


@lru_cache(maxsize=8192)
def _told(names: tuple[str, ...]) -> frozenset[str]:
    """Return `telling_names`, which many files are held against, once."""
    return frozenset(telling_names(names))


def telling_names(names: Iterable[str]) -> set[str]:
    """Return the last parts of paths and addresses that not just any file has, however they are spelt.

    Examples
    --------
    >>> sorted(telling_names(["a/Day+1 left.MP4", "b/video.mp4"]))
    ['day+1 left.mp4']
    """
    lasts = (PurePosixPath(spelling).name for name in names for spelling in spellings(name))
    return {spelt_alike(last) for last in lasts if _is_telling(last)}


def _is_telling(name: str) -> bool:
    stem = PurePosixPath(name).stem.casefold()
    if "." not in name:
        return False
    for word in ("video", "image", "clip", "movie", "file", "download", "lung", "ultrasound", "export", "untitled"):
        stem = stem.replace(word, "")
    return sum(character.isalnum() for character in stem) >= _TELLING_LETTERS


def _mismatches(file: FileFacts, manifest: Manifest) -> Iterator[Mismatch]:
    for kind, value in manifest.data["source"].get("other_digests", {}).items():
        if kind in file.digests and file.digests[kind] != value:
            yield Mismatch(f"{kind} differs", value, file.digests[kind])
    if manifest.size_bytes is not None and manifest.size_bytes != file.size_bytes:
        yield Mismatch("size differs", f"{manifest.size_bytes:,} bytes", f"{file.size_bytes:,} bytes")
    frames = file.media.get("frame_count")
    if manifest.kind == "image" and frames is not None and frames > 1:
        yield Mismatch("the recording is an image", "1 frame", f"{frames} frames")
    for fact in _STEADY_FACTS:
        values = (manifest.media.get(fact), file.media.get(fact))
        if None not in values and values[0] != values[1]:
            yield Mismatch(f"{fact} differs", str(values[0]), str(values[1]))
    seconds = file.media.get("duration_s")
    stated_s = manifest.media.get("duration_s")
    if seconds is not None and stated_s is not None and not _is_same_duration(seconds, stated_s):
        yield Mismatch("duration differs", f"{stated_s:g} s", f"{seconds:g} s")
    yield from _window_mismatches(file, manifest)


def _window_mismatches(file: FileFacts, manifest: Manifest) -> Iterator[Mismatch]:
    """Yield what of the stated crop and part lies outside of the file."""
    crop = manifest.crop
    width_px, height_px = file.media.get("width_px"), file.media.get("height_px")
    if crop is not None and width_px is not None and height_px is not None:
        right_px, bottom_px = crop.left_px + crop.width_px, crop.top_px + crop.height_px
        if right_px > width_px or bottom_px > height_px:
            yield Mismatch(
                "the crop lies outside", f"at least {right_px} x {bottom_px} px", f"{width_px} x {height_px} px"
            )
    seconds, trim = file.media.get("duration_s"), manifest.trim
    if seconds is not None and trim.start_s >= seconds:
        yield Mismatch("the part lies outside", f"more than {trim.start_s:g} s", f"{seconds:g} s")


def _is_same_duration(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) <= max(_DURATION_WITHIN_S, _DURATION_WITHIN * max(one_s, other_s))
