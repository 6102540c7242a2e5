"""Where the files of covid19_ultrasound are: paths in a mirror, addresses, and boxes for what one gets elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lusdata.catalog.importers.common import raw_address
from lusdata.catalog.importers.pocus.cells import folder_of, says_hosted

__all__ = ["COMMIT", "REPOSITORY", "FilePlace", "FilePlaces", "box_of", "trim_of"]

REPOSITORY = "jannisborn/covid19_ultrasound"
COMMIT = "9e254a140b4faa2c200b8bb5cee2347b7198fbef"
"""State of the repository (2021-02-25) that the sheet and the hosted files are taken from."""

_MEDIA_SUFFIXES = {".avi", ".gif", ".jpeg", ".jpg", ".mov", ".mp4", ".mpeg", ".mpg", ".png"}
# Pages that play a video and give no file.
_PLAYERS = ("youtube.com", "youtu.be", "vimeo.com")


@dataclass(frozen=True)
class FilePlace:
    """Where one recording is.

    Attributes
    ----------
    path : str or None
        In a mirror; None where nobody told the file's ending.
    locations : tuple of str
        Addresses of the very file, best first.
    is_here : bool
        Whether the media folder has it.
    is_original : bool
        Whether the file is the one its source published, so that the collectors' crop is still to be made.
    rule : str
        Rule by which it was placed, if a decision was needed.
    """

    path: str | None
    locations: tuple[str, ...]
    is_here: bool
    is_original: bool
    rule: str = ""


@dataclass(frozen=True)
class FilePlaces:
    """Everything that tells where files are.

    Attributes
    ----------
    files : tuple of str
        Paths in the media folder, with forward slashes.
    web : Mapping of str to str
        Address by path of what users download themselves.
    boxes : Mapping of str to list
        Crop and frames by path of the same.
    gallery : tuple of str
        File names of the Butterfly gallery.
    published : tuple of str
        File names in the published folds.
    decisions : Mapping
        The curator's decisions.
    """

    files: tuple[str, ...]
    web: Mapping[str, str]
    boxes: Mapping[str, Sequence[Any]]
    gallery: tuple[str, ...]
    published: tuple[str, ...]
    decisions: Mapping[str, Any]

    def place(self, row: Mapping[str, str]) -> FilePlace:
        """Find one row's file.

        Parameters
        ----------
        row : Mapping
            A row of the sheet.

        Returns
        -------
        FilePlace
            From the media folder if it is there, else from what is known of the repository's history, else from the
            list of downloads, else from the Butterfly gallery.
        """
        name, folder = row["Filename"], folder_of(row["Current location"])
        here = _best(self.files, name, folder)
        if here is not None:
            stale = folder != str(PurePosixPath(here).parent)
            rule = "file-elsewhere" if stale else ""
            return FilePlace(here, (raw_address(REPOSITORY, COMMIT, f"data/{here}"),), True, False, rule)
        if says_hosted(row["InThisRepo"]):
            return self._missing(name, folder)
        listed = _best([*self.web, *self.boxes], name, folder)
        if listed is not None:
            addresses = self.decisions["locations"].get(name, [self.web[listed]] if listed in self.web else [])
            direct = tuple(address for address in addresses if not _is_player(address))
            rule = "own-address" if name in self.decisions["locations"] else ""
            return FilePlace(
                listed, direct, False, True, rule or ("no-file-address" if addresses and not direct else "")
            )
        shown = _best(self.gallery, name, None) or next(
            (_best(self.gallery, other, None) for other in self.decisions["other_names"].get(name, ())), None
        )
        return FilePlace(f"butterfly/{shown}" if shown else None, (), False, True)

    def _missing(self, name: str, folder: str | None) -> FilePlace:
        known = self.decisions["hosted"].get(name)
        if known is not None:
            addresses = [raw_address(REPOSITORY, COMMIT, f"data/{known['path']}")]
            addresses.append(raw_address(REPOSITORY, known["seen"], f"data/{known.get('seen_path', known['path'])}"))
            return FilePlace(known["path"], tuple(addresses), False, False, "hosted-missing")
        published = [other for other in self.published if PurePosixPath(other).stem == name]
        if published and folder:
            path = f"{folder}/{published[0]}"
            return FilePlace(path, (raw_address(REPOSITORY, COMMIT, f"data/{path}"),), False, False, "hosted-missing")
        return FilePlace(None, (), False, False, "hosted-no-path")


def _best(paths: Iterable[str], name: str, folder: str | None) -> str | None:
    """Return the path whose stem is a name: in its folder, else anywhere if only once, else in other spelling."""
    media = [path for path in dict.fromkeys(paths) if PurePosixPath(path).suffix.lower() in _MEDIA_SUFFIXES]
    same = [path for path in media if PurePosixPath(path).stem == name]
    in_folder = [path for path in same if str(PurePosixPath(path).parent).lower() == folder]
    alike = [path for path in media if _letters(PurePosixPath(path).stem) == _letters(name)]
    for found in (in_folder, same, alike):
        if len(found) == 1:
            return found[0]
    return None


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _is_player(address: str) -> bool:
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    return host in _PLAYERS


def box_of(box: Sequence[Any], resolution: str) -> tuple[dict[str, Any], str]:
    """Return the crop of a file as downloaded, and the rule by which it was changed.

    Parameters
    ----------
    box : sequence
        Top, left and size, in pixels.
    resolution : str
        Size of the cut picture, ``width x height``. A box that reaches over the edge of its file was cut there, so
        the picture is smaller than the box.

    Examples
    --------
    >>> box_of([40, 150, 400], "400x395")[0]["height_px"], box_of([100, 250, 450], "400x400")[1]
    (395, 'box-against-size')
    """
    top_px, left_px, size_px = (round(value) for value in box)
    crop = {"left_px": left_px, "top_px": top_px, "width_px": size_px, "height_px": size_px, "method": "manual"}
    size = re.fullmatch(r"(\d+)\s*x\s*(\d+)", resolution)
    if size is None:
        return crop, ""
    width_px, height_px = int(size[1]), int(size[2])
    if (width_px, height_px) == (size_px, size_px):
        return crop, ""
    if width_px == height_px or max(width_px, height_px) > size_px:
        return crop, "box-against-size"
    return {**crop, "width_px": width_px, "height_px": height_px}, "box-cut"


def trim_of(frames: Sequence[Any], *, rate: str, kind: str, changes: Sequence[str]) -> tuple[dict[str, float], str]:
    """Return the trim of a file as downloaded, and the rule by which it was decided.

    Parameters
    ----------
    frames : sequence
        First frame, and the one after the last.
    rate : str
        Frame rate as typed, in frames per second.
    kind : str
        ``video`` or ``image``; an image has no time.
    changes : sequence of str
        What the collectors did. Frames from 0 on without a word of trimming are the whole file, and no trim.

    Examples
    --------
    >>> trim_of([2299, 2429], rate="30", kind="video", changes=["crop", "trim"])
    ({'start_s': 76.633, 'end_s': 80.967}, 'trim')
    >>> trim_of([0, -9.2e18], rate="25", kind="image", changes=["crop"])
    ({}, 'still-frames')
    """
    first, end = float(frames[0]), float(frames[1])
    if kind == "image":
        return {}, "still-frames" if end < 0 else ""
    if first <= 0 and "trim" not in changes:
        return {}, "whole-file"
    if not re.fullmatch(r"\d+(?:\.\d+)?", rate) or float(rate) == 0 or end <= first:
        return {}, "trim-without-rate"
    trim = {"start_s": round(first / float(rate), 3), "end_s": round(end / float(rate), 3)}
    return (trim if first > 0 else {"end_s": trim["end_s"]}), "trim"
