"""A blinded study: physicians rate two maps of each video without knowing which is which (section 4.1).

`plan_study` decides what is shown and in which order, `study_page` makes the page, `study_answers` reads what came
back. The page holds no class, no recording's name and no hint at which map is which; all that stands in the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lusdata import DataError
from lusdata.atomic import write_text

from ..metrics import label_indices, pooled, probabilities_of

__all__ = [
    "PATTERNS",
    "SCORES",
    "Key",
    "StudyItem",
    "choose_recordings",
    "holds_key",
    "plan_study",
    "read_key",
    "write_key",
]

PATTERNS = {
    "consolidation": "Consolidation",
    "a_lines": "A-lines",
    "b_lines": "B-lines",
    "air_bronchogram": "Air bronchogram",
    "effusion": "Pleural effusion",
    "pleural_line": "Pleural line, if irregular",
}
"""Patterns of Table 5 by key, as the page names them."""

DISTRACTION = "other_tissue"
"""Key of the box for maps that highlight fat, muscle or skin."""

SCORES = range(-3, 4)
"""From "the map only distracts" to "the map is very helpful"."""

_KEY_VERSION = 1


@dataclass(frozen=True)
class StudyItem:
    """One video of a study.

    Attributes
    ----------
    item : str
        What the page calls it, such as ``07``.
    recording : str
        The recording.
    class_name : str
        Its class, whose map is shown.
    map_a, map_b : {"train", "test"}
        Which map stands where.
    """

    item: str
    recording: str
    class_name: str
    map_a: str
    map_b: str


@dataclass(frozen=True)
class Key:
    """What the page must not tell.

    Attributes
    ----------
    study : str
        Name of the study, which page and answers carry too; it says nothing by itself.
    run : str
        Name of the run.
    config_digest : str
        Digest of the run's config.
    seed : int
        Seed of order and places.
    items : tuple of StudyItem
        The videos in the order of the page.
    """

    study: str
    run: str
    config_digest: str
    seed: int
    items: tuple[StudyItem, ...]


def choose_recordings(predictions: pd.DataFrame, classes: Sequence[str], *, wrong_too: bool) -> list[tuple[str, str]]:
    """Choose the videos to show: as in the paper those that the model recognises, unless all are wanted.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per frame, out of fold.
    classes : sequence of str
        The classes, in order.
    wrong_too : bool
        Whether to show videos that the model takes for another class as well.

    Returns
    -------
    list of (str, str)
        Recording and class, sorted; recordings of one frame are left out.
    """
    frames = predictions["recording"].value_counts()
    videos = pooled(predictions, classes, level="video")
    right = probabilities_of(videos, classes).argmax(axis=1) == label_indices(videos, classes)
    chosen = videos[(right | wrong_too) & (frames.loc[videos["recording"]].to_numpy() > 1)]
    return sorted(zip(chosen["recording"].astype(str), chosen["class"].astype(str), strict=True))


def plan_study(recordings: Sequence[tuple[str, str]], *, run: str, config_digest: str, seed: int) -> Key:
    """Put videos in random order, and the two maps of each in random places.

    Parameters
    ----------
    recordings : sequence of (str, str)
        Recording and class of each video.
    run, config_digest : str
        What the maps come from.
    seed : int
        Seed of the order; whoever knows seed and code can undo the blinding, so it stands in the key alone.

    Returns
    -------
    Key
        The plan.

    Raises
    ------
    DataError
        If there is no video.
    """
    if not recordings:
        raise DataError(
            "no video to show", where=run, expected="a video that the model recognises", hint="try --wrong-too"
        )
    rng = np.random.default_rng([seed, 7])
    ordered = sorted(recordings)
    digits = max(2, len(str(len(ordered))))
    items = []
    for position, chosen in enumerate(rng.permutation(len(ordered)), start=1):
        recording, class_name = ordered[chosen]
        first, second = ("train", "test") if rng.random() < 0.5 else ("test", "train")
        items.append(StudyItem(f"{position:0{digits}d}", recording, class_name, first, second))
    text = json.dumps([config_digest, seed, [asdict(item) for item in items]])
    study = hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
    return Key(study, run, config_digest, seed, tuple(items))


def write_key(path: Path, key: Key) -> None:
    """Write a key as JSON."""
    write_text(path, _key_text(key))


def holds_key(path: Path, key: Key) -> bool:
    """Tell whether a file is what `write_key` writes for a key."""
    return path.is_file() and path.read_bytes() == _key_text(key).encode("utf-8")


def _key_text(key: Key) -> str:
    document = {"version": _KEY_VERSION, "secret": "keep from the raters until all answers are in", **asdict(key)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_key(path: Path) -> Key:
    """Read a key.

    Raises
    ------
    DataError
        If the file is no key of this version.
    """
    try:
        data: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != _KEY_VERSION:
            raise DataError(
                "a key of another version", where=str(path), expected=str(_KEY_VERSION), found=str(data["version"])
            )
        items = tuple(StudyItem(**item) for item in data["items"])
        if any({item.map_a, item.map_b} != {"train", "test"} for item in items):
            raise DataError("not a key: a map is neither train nor test", where=str(path))
        if not items:
            raise DataError("not a key: it names no video", where=str(path))
        return Key(data["study"], data["run"], data["config_digest"], int(data["seed"]), items)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError("not the key of a study", where=str(path), found=str(error)) from error
