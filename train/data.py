"""From a lusdata dataset to arrays: the frames that a run trains and is tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import lusdata
from lusdata import DataError

from .config import TrainConfig

__all__ = ["FOREIGN", "Samples", "load_samples", "to_clips"]

FOREIGN = "other"
"""The class of all recordings whose own class a model does not know."""


@dataclass(frozen=True)
class Samples:
    """Model inputs and what is known about each, row by row.

    Attributes
    ----------
    images : np.ndarray, shape (n, size, size) or (n, time, size, size), uint8
        Grey pictures or clips, 0 to 255.
    labels : np.ndarray, shape (n,), int64
        Index into `classes`.
    recordings, groups, providers : np.ndarray, shape (n,), str
        Where each row comes from.
    frame_indices : np.ndarray, shape (n,), int64
        Index of the (first) frame in its recording.
    times_s : np.ndarray, shape (n,), float64
        Time of the (first) frame in its recording, in seconds.
    classes : tuple of str
        Class names in label order.
    private : str
        Whose the recordings are, as `lusdata.Dataset.private` says; empty where they may be passed on.
    """

    images: np.ndarray
    labels: np.ndarray
    recordings: np.ndarray
    groups: np.ndarray
    providers: np.ndarray
    frame_indices: np.ndarray
    times_s: np.ndarray
    classes: tuple[str, ...]
    private: str = ""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.labels)

    @property
    def pictures(self) -> np.ndarray:
        """One picture of each row, shape (n, size, size), uint8: the frame, or a clip's middle one."""
        return self.images if self.images.ndim == 3 else self.images[:, self.images.shape[1] // 2]

    def rows(self, chosen: np.ndarray) -> Samples:
        """Return some of the rows, by a mask or by indices."""
        return replace(
            self,
            images=self.images[chosen],
            labels=self.labels[chosen],
            recordings=self.recordings[chosen],
            groups=self.groups[chosen],
            providers=self.providers[chosen],
            frame_indices=self.frame_indices[chosen],
            times_s=self.times_s[chosen],
        )

    @property
    def digest(self) -> str:
        """Sha256 over pictures and labels: the name of the data in cache keys and run records."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes())
        digest.update(self.labels.tobytes())
        digest.update("\n".join(map(str, self.recordings)).encode())
        return digest.hexdigest()


def load_samples(
    config: TrainConfig,
    *,
    collection: str | Path | Sequence[str | Path] = "pocus",
    mirrors: Sequence[str] = (),
    cache: Path | None = None,
    offline: bool = False,
    foreign: bool = False,
) -> tuple[Samples, Any]:
    """Open or build the dataset of a config and read it into memory.

    Parameters
    ----------
    config : TrainConfig
        Names classes, selection and frame sampling.
    collection : str or Path
        A collection's name or folder, or a built dataset's folder; several are joined, as `lusdata.load` does.
    mirrors : sequence of str
        Folders or addresses to fetch from first.
    cache : Path, optional
        Cache folder; the user's by default.
    offline : bool
        Whether to keep off the network.
    foreign : bool
        Whether recordings of classes that the config does not name take part, as the further class ``other``, and
        classes without a frame are let pass: for testing on another collection.

    Returns
    -------
    samples : Samples
        All frames of the config's classes, in dataset order.
    dataset : lusdata.Dataset
        The dataset that they came from, for its folds and facts.

    Raises
    ------
    DataError
        If a class has no frame.
    """
    dataset = lusdata.load(
        collection,
        rate_hz=config.rate_hz,
        size=config.size_px,
        max_frames=config.max_frames,
        mirror=tuple(mirrors),
        cache=cache,
        offline=offline,
    )
    if config.select:
        dataset = dataset.select(config.select)
    classes = config.classes
    if foreign:
        classes = (*config.classes, FOREIGN)
    else:
        dataset = dataset.select(class_name=config.classes)
    table = dataset.table.set_index("recording")
    frames = dataset.to_numpy()
    names = table["class"].to_dict()
    index = {name: position for position, name in enumerate(config.classes)}
    samples = Samples(
        images=frames.images,
        labels=np.array([index.get(names[name], len(index)) for name in frames.recordings], dtype=np.int64),
        recordings=np.asarray(frames.recordings, dtype=str),
        groups=np.asarray(frames.groups, dtype=str),
        providers=np.array([table["provider"][recording] for recording in frames.recordings], dtype=str),
        frame_indices=np.asarray(frames.frame_indices, dtype=np.int64),
        times_s=np.asarray(frames.times_s, dtype=np.float64),
        classes=classes,
        private=dataset.private,
    )
    missing = [name for position, name in enumerate(config.classes) if not (samples.labels == position).any()]
    if missing and not foreign:
        raise DataError(
            "a class has no frame",
            where=str(collection),
            expected="frames of " + ", ".join(config.classes),
            found="none of " + ", ".join(missing),
            hint="choose other classes with --set classes=… or get more recordings",
        )
    return (to_clips(samples, clip_frames=config.clip_frames) if config.clip_frames > 1 else samples), dataset


def to_clips(samples: Samples, *, clip_frames: int) -> Samples:
    """Cut each recording's frames into clips of equal length, without overlap.

    Parameters
    ----------
    samples : Samples
        Single frames, in order of time within a recording.
    clip_frames : int
        Frames of one clip. What is left at a recording's end is dropped; still images give no clip.

    Returns
    -------
    Samples
        With images of shape (clips, clip_frames, size, size).
    """
    starts = []
    _, firsts = np.unique(samples.recordings, return_index=True)
    for first in sorted(firsts):
        count = int((samples.recordings == samples.recordings[first]).sum())
        starts += [first + offset for offset in range(0, count - clip_frames + 1, clip_frames)]
    rows = np.array(starts, dtype=np.int64)[:, None] + np.arange(clip_frames)
    clips = samples.rows(rows[:, 0])
    return replace(clips, images=samples.images[rows])
