"""The pieces of a fold table, and the rule that stands in its place when frames are split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = [
    "DEFAULT_K",
    "NO_VALUE",
    "UNITS",
    "UNKNOWN",
    "VALIDATION_SHARE",
    "ClassCount",
    "Part",
    "Split",
    "SplitUnit",
    "Unit",
    "Unknown",
    "frame_draw",
]

SplitUnit = Literal["patient", "video", "source", "collection", "frame"]
UNITS: tuple[SplitUnit, ...] = get_args(SplitUnit)
"""What a split may keep together, from the honest to the absurd; see `lusdata.splits.folds.make.make_folds`."""

DEFAULT_K = 5
"""Number of folds where nobody says one; folds by collection leave out each in turn."""

Unknown = Literal["apart", "together"]
UNKNOWN: tuple[Unknown, ...] = get_args(Unknown)
"""How recordings may be taken of which nobody knows whose they are; see `lusdata.splits.folds.make.make_folds`."""

NO_VALUE = "no value"
"""What a recording counts as of which nobody says the value that folds are stratified by."""

VALIDATION_SHARE = 5
"""One in this many of the training recordings goes to validation."""

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, order=True)
class Unit:
    """Recordings that stay together: a patient's, a provider's, or one alone.

    Attributes
    ----------
    id : str
        Name of the unit: a group id, a recording id or a provider. Folds by collection hold their patients as units.
    fold : int
        The fold in which it is tested, from 0.
    recordings : tuple of str
        Its recordings, sorted.
    """

    id: str
    fold: int
    recordings: tuple[str, ...]


@dataclass(frozen=True, order=True)
class ClassCount:
    """What one fold holds of one class.

    Attributes
    ----------
    fold : int
        The fold, from 0.
    class_name : str
        The diagnosis, or the value of what the folds are stratified by.
    recordings, groups : int
        Recordings, and patient groups with at least one such recording.
    frames : int
        Frames that the recordings are expected to give, from the facts in their manifests.
    """

    fold: int
    class_name: str
    recordings: int
    groups: int
    frames: int


@dataclass(frozen=True)
class Split:
    """The recordings of one round: fit on the first, stop and choose by the second, report the third.

    Attributes
    ----------
    train, validation, test : tuple of str
        Recording ids, sorted; no recording stands in two of them.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def frame_draw(recording: str, frame_index: int, *, k: int, seed: int) -> tuple[int, int]:
    """Draw a frame's place when frames are split; a rule instead of a table.

    Parameters
    ----------
    recording : str
        Recording id.
    frame_index : int
        Position of the frame in its file, from 0.
    k : int
        Number of folds.
    seed : int
        Any whole number.

    Returns
    -------
    tuple of int
        The fold, 0 to ``k - 1``, and a number from 0 to 4; 0 makes the frame validation where it is not tested.
    """
    digest = hashlib.sha256(f"{seed}\x1f{recording}\x1f{frame_index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % k, int.from_bytes(digest[8:16], "big") % VALIDATION_SHARE
