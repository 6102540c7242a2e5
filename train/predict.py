"""Ask a finished run about recordings that it has never seen: probabilities, both confidences, and where to look.

For research, not for diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lusdata import Box, Crop, DataError, UsageError
from lusdata.scratch import scratch_folder

from .config import TrainConfig
from .data import Samples, to_clips
from .explain.field import outside_share, scanned_cells, within
from .explain.fold_models import FoldModels, Views, on_one_grid
from .explain.uncertainty import DROPOUT_RATE, PASSES, spread_confidence

__all__ = ["Prediction", "find_recordings", "predict_recording", "read_recording"]

_VIDEOS = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpeg", ".mpg", ".wmv", ".gif")
_STILLS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
_SUFFIXES = frozenset({*_VIDEOS, *_STILLS, ".dcm", ".dicom"})
_DICOM_MARK = slice(128, 132)


@dataclass(frozen=True)
class Prediction:
    """What a run says of one recording.

    Attributes
    ----------
    name : str
        The file's name, with its folders below the one that was asked for.
    samples : Samples
        Its frames or clips; their labels mean nothing.
    probabilities : np.ndarray, shape (n, classes), float32
        Mean over the folds' networks.
    epistemic, aleatoric : np.ndarray, shape (n,), float64
        Confidences by equation 1 in the class that each frame's mean probability is highest for; means over networks.
    maps : np.ndarray, shape (n, height, width), float32
        Activation maps of the recording's class; means over networks, 0 outside of the scanned sector.
    outside : float
        Share of the positive activation that lies outside of the sector, where no anatomy is; NaN if there is none.
    """

    name: str
    samples: Samples
    probabilities: np.ndarray
    epistemic: np.ndarray
    aleatoric: np.ndarray
    maps: np.ndarray
    outside: float

    @property
    def video_probabilities(self) -> np.ndarray:
        """Mean over frames, shape (classes,)."""
        mean: np.ndarray = self.probabilities.mean(axis=0)
        return mean

    @property
    def class_name(self) -> str:
        """The recording's class: the highest mean probability."""
        return self.samples.classes[int(self.video_probabilities.argmax())]


def find_recordings(source: Path) -> list[tuple[str, Path]]:
    """List the recordings of a file or folder, by name.

    Parameters
    ----------
    source : Path
        A video, a picture, a DICOM file, or a folder that holds some at any depth.

    Returns
    -------
    list of (str, Path)
        Name and path, sorted by name. In a folder, files that are neither media by suffix nor DICOM by content are
        passed over.

    Raises
    ------
    UsageError
        If there is no such file or folder.
    DataError
        If the folder holds no recording.
    """
    if source.is_file():
        return [(source.name, source)]
    if not source.is_dir():
        raise UsageError("no such file or folder", where=str(source))
    found = [
        (path.relative_to(source).as_posix(), path)
        for path in sorted(source.rglob("*"))
        if path.is_file() and (path.suffix.lower() in _SUFFIXES or _is_dicom(path))
    ]
    if not found:
        raise DataError("no recording in this folder", where=str(source), expected="videos, pictures or DICOM files")
    return found


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(_DICOM_MARK.stop)[_DICOM_MARK] == b"DICM"


def read_recording(path: Path, name: str, config: TrainConfig) -> Samples:
    """Read a recording as the run's dataset would: sampled by time, cropped to the scanned sector, grey.

    Parameters
    ----------
    path : Path
        A video, a picture or a DICOM file.
    name : str
        What to call it.
    config : TrainConfig
        Names sampling, size and length of clips.

    Returns
    -------
    Samples
        At least one row.

    Raises
    ------
    DataError
        If the file is damaged or too short for one clip.
    MissingExtraError
        If it is DICOM and pydicom is not installed.
    OSError
        If it cannot be read.
    """
    if _is_dicom(path):
        from lusdata.intake.clean_copy import copy_of_dicom

        with scratch_folder() as folder:
            copy = copy_of_dicom(path, folder)
            return _samples(copy.path, name, config, box=copy.crop)
    return _samples(path, name, config, box=None)


def _samples(path: Path, name: str, config: TrainConfig, *, box: Box | None) -> Samples:
    from lusdata import find_sector, media_facts, read_frames, sampled_frames

    facts = media_facts(path)
    if box is None:
        # Training saw the scan alone. Where the finder is unsure, the largest centred square is the better guess, but
        # not on a screen with several scans, where it would lie across two.
        sector = find_sector(sampled_frames(path))
        box = Box(*map(int, sector.square_box)) if sector.is_sure or sector.other_squares else None
    frames = read_frames(
        path,
        kind="video" if facts.frame_count > 1 else "image",
        crop=None if box is None else Crop(box.left_px, box.top_px, box.width_px, box.height_px),
        rate_hz=config.rate_hz,
        max_frames=config.max_frames,
        size_px=config.size_px,
    )
    count = len(frames.images)
    samples = Samples(
        images=frames.images,
        labels=np.zeros(count, dtype=np.int64),
        recordings=np.full(count, name),
        groups=np.full(count, name),
        providers=np.full(count, ""),
        frame_indices=frames.indices,
        times_s=frames.times_s,
        classes=config.classes,
    )
    if config.clip_frames == 1:
        return samples
    if count < config.clip_frames:
        raise DataError(
            "the recording is too short for this model",
            where=name,
            expected=f"{config.clip_frames} frames at {config.rate_hz:g} Hz",
            found=f"{count}",
        )
    return to_clips(samples, clip_frames=config.clip_frames)


def predict_recording(models: FoldModels, samples: Samples, *, seed: int = 0) -> Prediction:
    """Apply all networks of a run to one recording.

    Parameters
    ----------
    models : FoldModels
        The networks.
    samples : Samples
        The recording's rows.
    seed : int
        Seed of the dropout; the changes of the picture follow the config's seed.

    Returns
    -------
    Prediction
        Probabilities, confidences and maps.
    """
    rows = np.arange(len(samples))
    views = Views(models, samples, cache=None)
    plain = views(0, rows)
    answers = [part.maps(plain) for part in models.parts]
    probabilities = np.mean([chances for _, chances in answers], axis=0)
    winner = probabilities.argmax(axis=1)
    dropped = [
        part.dropout_passes(plain, passes=PASSES, rate=DROPOUT_RATE, seed=seed + number)
        for number, part in enumerate(models.parts)
    ]
    changed = _changed_passes(models, views, rows)
    maps = on_one_grid([found for found, _ in answers]).mean(axis=0)[:, probabilities.mean(axis=0).argmax()]
    cells = scanned_cells(samples.pictures, samples.recordings, maps.shape[1:])
    shares = outside_share(maps, cells)
    return Prediction(
        name=str(samples.recordings[0]),
        samples=samples,
        probabilities=probabilities,
        epistemic=np.mean([spread_confidence(one, winner) for one in dropped], axis=0),
        aleatoric=np.mean([spread_confidence(one, winner) for one in changed], axis=0),
        maps=within(maps, cells),
        outside=float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan"),
    )


def _changed_passes(models: FoldModels, views: Views, rows: np.ndarray) -> list[np.ndarray]:
    """Return for each network its probabilities over the changed pictures, shape (passes, n, classes)."""
    passes: list[Sequence[np.ndarray]] = []
    for view in range(1, PASSES + 1):
        inputs = views(view, rows)
        passes.append([part.probabilities(inputs) for part in models.parts])
    return [np.stack([one[number] for one in passes]) for number in range(len(models.parts))]
