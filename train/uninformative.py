"""Pictures that show no lung as a further class, so that a network can say that it was asked the wrong thing.

The paper took 200 photographs and 200 scans of necks (appendix A.4.1). Here they are any folder of pictures. Each
picture counts as a recording and a patient of its own; a rule of its name decides in which fold it is tested.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import lusdata
from lusdata import DataError, UsageError

from .data import Samples

__all__ = ["CLASS_NAME", "PictureFolds", "with_pictures"]

CLASS_NAME = "uninformative"
"""The class of the pictures, always the last that a run knows."""

_PREFIX = f"{CLASS_NAME}/"
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})


def with_pictures(samples: Samples, folder: Path, *, size_px: int) -> Samples:
    """Add the pictures of a folder as a further class.

    Parameters
    ----------
    samples : Samples
        Frames of recordings.
    folder : Path
        Holds pictures, at any depth; other files are passed over.
    size_px : int
        Height and width of the samples; of each picture the largest centred square is taken.

    Returns
    -------
    Samples
        The frames, then the pictures in the order of their names; the class is the last, if the samples lack it.

    Raises
    ------
    UsageError
        If there is no such folder, or the samples are clips.
    DataError
        If it holds no picture, or a picture is damaged.
    """
    if samples.images.ndim != 3:
        raise UsageError("pictures cannot join clips", where="--uninformative", expected="a model of single frames")
    if not folder.is_dir():
        raise UsageError("no such folder", where=str(folder), expected="a folder of pictures")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise DataError("no picture in this folder", where=str(folder), expected="png, jpg, bmp or tiff files")
    frames = [lusdata.read_frames(path, kind="image", crop=None, size_px=size_px).images[:1] for path in paths]
    names = np.array([_PREFIX + path.relative_to(folder).as_posix() for path in paths])
    count = len(paths)
    classes = samples.classes if CLASS_NAME in samples.classes else (*samples.classes, CLASS_NAME)
    return replace(
        samples,
        images=np.concatenate([samples.images, *frames]),
        labels=np.concatenate([samples.labels, np.full(count, classes.index(CLASS_NAME), np.int64)]),
        recordings=np.concatenate([samples.recordings, names]),
        groups=np.concatenate([samples.groups, names]),
        providers=np.concatenate([samples.providers, np.full(count, CLASS_NAME)]),
        frame_indices=np.concatenate([samples.frame_indices, np.zeros(count, np.int64)]),
        times_s=np.concatenate([samples.times_s, np.zeros(count)]),
        classes=classes,
    )


@dataclass(frozen=True)
class PictureFolds:
    """A fold table that knows the pictures too.

    Attributes
    ----------
    table : lusdata.FoldTable
        The folds of the recordings.
    """

    table: Any

    @property
    def settings(self) -> dict[str, Any]:
        """What the table was made with."""
        settings: dict[str, Any] = self.table.settings
        return settings

    @property
    def catalog_digest(self) -> str:
        """Digest of the recordings that the table was made from."""
        digest: str = self.table.catalog_digest
        return digest

    def part(self, i: int, recording: str, frame_index: int = 0) -> str:
        """Tell where a frame or picture stands in one round: ``train``, ``validation`` or ``test``.

        A tenth of the pictures that are not tested is validation.
        """
        if not recording.startswith(_PREFIX):
            part: str = self.table.part(i, recording, frame_index)
            return part
        drawn = hashlib.sha256(f"{self.table.seed} {recording}".encode()).digest()
        tenth, fold = divmod(int.from_bytes(drawn[:8], "big"), self.table.k)
        if fold == i:
            return "test"
        return "validation" if tenth % 10 == 0 else "train"
