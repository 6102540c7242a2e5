"""The optional class of pictures that show no lung: a folder of any pictures, dealt into the folds by their digests.

The paper trained with such a fourth class, so that a network may say that it was shown something else, and scored with
and without it (appendix A.4.1, Table 4). A picture is its own recording and its own group.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np

import lusdata
from lusdata.errors import DataError, UsageError
from train.config import TrainConfig
from train.data import Samples

__all__ = ["CLASS_NAME", "is_picture", "part_of_picture", "with_class", "with_pictures"]

CLASS_NAME = "uninformative"
_PREFIX = "picture/"
_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")
_VALIDATION_SHARE = 5


def with_class(config: TrainConfig) -> TrainConfig:
    """Return the config with the further class, last in order; one that has it already is returned as it is."""
    if CLASS_NAME in config.classes:
        return config
    return dataclasses.replace(config, classes=(*config.classes, CLASS_NAME))


def is_picture(recording: str) -> bool:
    """Tell whether a row comes from the folder and not from a collection.

    Examples
    --------
    >>> is_picture("picture/0a1b"), is_picture("pocus/cov-atlas-43")
    (True, False)
    """
    return recording.startswith(_PREFIX)


def part_of_picture(recording: str, fold: int, *, k: int, seed: int) -> str:
    """Return where a picture stands in one fold: a rule of its digest, so that more pictures move nobody.

    Parameters
    ----------
    recording : str
        Its name, as `with_pictures` gives it.
    fold : int
        The round, from 0.
    k : int
        Number of folds.
    seed : int
        Seed of the folds.

    Returns
    -------
    {"train", "validation", "test"}
        The part; each picture is tested in one round.

    Examples
    --------
    >>> sorted(part_of_picture("picture/0a1b", fold, k=5, seed=0) == "test" for fold in range(5))
    [False, False, False, False, True]
    """
    digest = hashlib.sha256(f"{seed}\x1f{recording}".encode()).digest()
    if int.from_bytes(digest[:8], "big") % k == fold:
        return "test"
    return "train" if int.from_bytes(digest[8:16], "big") % _VALIDATION_SHARE else "validation"


def with_pictures(samples: Samples, folder: Path, *, size_px: int) -> Samples:
    """Return the rows of a collection and, after them, one row for each picture of a folder.

    Parameters
    ----------
    samples : Samples
        Single frames, whose classes name ``uninformative``.
    folder : Path
        Holds pictures at any depth. Files that are the same to the byte count once.
    size_px : int
        Side of the square pictures.

    Returns
    -------
    Samples
        Sorted by the pictures' digests behind the rows that were there.

    Raises
    ------
    UsageError
        If there is no such folder, or the rows are clips.
    DataError
        If the folder holds no picture.
    lusdata.errors.DecodeError
        If a picture cannot be decoded.
    """
    if samples.images.ndim != 3:
        raise UsageError("pictures make no clips", where="--uninformative", expected="a model of single frames")
    if not folder.is_dir():
        raise UsageError("no such folder", where=f"--uninformative {folder}")
    by_digest = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SUFFIXES and path.is_file()
    }
    if not by_digest:
        raise DataError("no picture in this folder", where=str(folder), expected="files of " + ", ".join(_SUFFIXES))
    names = sorted(by_digest)
    pictures = [lusdata.read_frames(by_digest[name], kind="image", size_px=size_px).images[0] for name in names]
    count = len(names)
    recordings = np.array([f"{_PREFIX}{name[:16]}" for name in names])
    return Samples(
        images=np.concatenate([samples.images, np.stack(pictures)]),
        labels=np.concatenate([samples.labels, np.full(count, samples.classes.index(CLASS_NAME), dtype=np.int64)]),
        recordings=np.concatenate([samples.recordings, recordings]),
        groups=np.concatenate([samples.groups, recordings]),
        providers=np.concatenate([samples.providers, np.full(count, "pictures")]),
        frame_indices=np.concatenate([samples.frame_indices, np.zeros(count, dtype=np.int64)]),
        times_s=np.concatenate([samples.times_s, np.zeros(count)]),
        classes=samples.classes,
    )
