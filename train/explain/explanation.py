"""Explain a finished run; read it from top to bottom: maps, where, whether chance, seen or not, phantoms, doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lusdata import DataError, UsageError
from lusdata.atomic import new_folder, write_text

from ..calibration import coverage_curve
from ..data import Samples
from ..overlay import relative_activation, write_overlay_video
from ..run_folder import RunFolder, require_new_folder
from . import agreement, figures, uncertainty
from .field import outside_share, scanned_cells, within
from .fold_models import FoldEvidence, FoldModels, Views, collect, held_out_fold, on_one_grid
from .mmd import between_classes, median_distance
from .overlap import DRAWN_CLASSES, draw_phantoms, phantom_overlap
from .peaks import off_picture, peak_points

__all__ = ["Settings", "example_rows", "explain_run"]

_DROPOUT_NOTE = (
    "dropout of 0.5: in a linear head at its dropout layer, or on the channels of the last feature maps where it has "
    "none; in any other head on those channels and at every dropout layer; normalisation stays as at test time"
)

# The cache of frozen parts holds half precision, so that answers differ a little from those of whole networks.
_TOLERATED = 0.02


@dataclass(frozen=True)
class Settings:
    """What is to be made.

    Attributes
    ----------
    draws : int
        Draws of each null of the discrepancy.
    phantoms : int
        Phantoms of each class for the overlap; 0 for none.
    videos : int
        Overlay videos of each class; 0 for none.
    confidences : bool
        Whether to compute both confidences, which takes 20 passes.
    seed : int
        Seed of everything drawn.
    """

    draws: int = 5000
    phantoms: int = 8
    videos: int = 1
    confidences: bool = True
    seed: int = 0


def explain_run(
    run: RunFolder,
    samples: Samples,
    *,
    out: Path,
    cache: Path | None,
    settings: Settings,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Make all figures of a run, its overlay videos and ``explain.json``.

    Parameters
    ----------
    run : RunFolder
        A finished run.
    samples : Samples
        The rows that it was fitted and tested on.
    out : Path
        The folder for what is made; it must be new or empty.
    cache : Path or None
        Folder of the frozen parts' caches.
    settings : Settings
        What is to be made.
    say : callable
        Gets a line when a part is done.

    Returns
    -------
    dict
        The content of ``explain.json``.

    Raises
    ------
    UsageError
        If the folder holds something, or the data is not what the run was fitted on.
    DataError
        If the run is not finished, a weights file is missing or corrupt, or the networks do not say what they said
        then.
    """
    require_new_folder(out)

    # -- Networks ------------------------------------------------------------------------------------------------------
    if samples.digest != run.inputs["samples_digest"]:
        raise UsageError(
            "the data is not what the run was fitted on",
            where=str(run.path),
            expected="the collection, mirrors and cache of the run",
            found=f"{len(samples)} frames with another digest",
        )
    models = FoldModels(run)
    held_out = held_out_fold(samples, run.predictions, models.folds)
    views = Views(models, samples, cache=cache)
    out.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(out) as folder:
        return _explained(run, samples, models, views, held_out, out=folder, settings=settings, say=say)


def _explained(
    run: RunFolder,
    samples: Samples,
    models: FoldModels,
    views: Views,
    held_out: np.ndarray,
    *,
    out: Path,
    settings: Settings,
    say: Callable[[str], None],
) -> dict[str, Any]:
    predictions = run.predictions

    # -- Maps ----------------------------------------------------------------------------------------------------------
    evidence = collect(models, views, held_out)
    _require_same_answers(run, samples, predictions, evidence)
    every = np.arange(len(samples))
    test_maps = evidence.test_maps[every, samples.labels]
    train_maps = evidence.train_maps[every, samples.labels]
    winner = evidence.test_probabilities.argmax(axis=1)
    correct = winner == samples.labels
    pictures = samples.pictures
    found: dict[str, Any] = {
        "run": run.path.name,
        "config_digest": run.config.digest,
        "samples_digest": samples.digest,
        "method": models.method,
        "grid": list(test_maps.shape[1:]),
        "frames": len(samples),
        "frame_accuracy": float(correct.mean()),
        "maps": "of the true class; test-CAM by the network that did not see the video, train-CAM the mean of all; "
        "all figures look at the scanned sector alone, without cells at the picture's edge",
    }
    cells = scanned_cells(pictures, samples.recordings, test_maps.shape[1:])
    shown = within(test_maps, cells)
    _examples(samples, pictures, shown, evidence, out)
    found["videos"] = _videos(samples, pictures, shown, evidence, out, per_class=settings.videos)
    say(f"maps: {models.method} on a grid of {test_maps.shape[1]} x {test_maps.shape[2]}")

    # -- Where: points of maximal activation ---------------------------------------------------------------------------
    points = peak_points(test_maps, cells)
    figures.save(
        figures.peaks_figure(points, samples.labels, pictures.mean(axis=0), classes=samples.classes),
        out / "peaks.png",
        private=samples.private,
    )
    # How often the evidence is no anatomy at all: the picture's edge, or the black beside the sector.
    anywhere = peak_points(test_maps)
    off = off_picture(anywhere, pictures)
    edge = (np.minimum(anywhere, 1 - anywhere) * np.array(test_maps.shape[:0:-1]) < 1).any(axis=1)
    outside = outside_share(test_maps, cells)
    found["peaks"] = {
        name: {
            "frames": int((samples.labels == index).sum()),
            "median_across": float(np.median(points[samples.labels == index, 0])),
            "median_depth": float(np.median(points[samples.labels == index, 1])),
            "activation_outside_sector": _mean_of_defined(outside[samples.labels == index]),
            "unrestricted_in_outermost_cells": float(edge[samples.labels == index].mean()),
            "unrestricted_where_picture_is_black": float(off[samples.labels == index].mean()),
        }
        for index, name in enumerate(samples.classes)
        if (samples.labels == index).any()
    }

    # -- Whether chance: discrepancy between classes -------------------------------------------------------------------
    discrepancies = between_classes(
        points, samples.labels, samples.groups, classes=samples.classes, draws=settings.draws, seed=settings.seed
    )
    figures.save(figures.mmd_figure(discrepancies), out / "mmd.png", private=samples.private)
    found["mmd"] = {
        "kernel_scale": median_distance(points),
        "unit_of_scale": "share of the picture's side",
        "pairs": [one.as_dict() for one in discrepancies],
    }
    say("discrepancies: " + ", ".join(f"{'/'.join(one.classes)} {one.observed:.4f}" for one in discrepancies))

    # -- Seen or not: train-CAM against test-CAM -----------------------------------------------------------------------
    correlation, distance = agreement.compare_maps(test_maps, train_maps, cells)
    found["train_against_test"] = agreement.summary(correlation, distance, samples.labels, classes=samples.classes)
    figure = figures.agreement_figure(correlation, distance, samples.labels, classes=samples.classes)
    figures.save(figure, out / "train-test-cam.png", private=samples.private, shows_patients=True)

    # -- Phantoms: does the evidence lie on the pattern ----------------------------------------------------------------
    if not set(samples.classes) & set(DRAWN_CLASSES):
        say("phantoms: none, since they know no class of this run")
    elif settings.phantoms and run.config.clip_frames == 1:
        found["overlap"] = _phantoms(models, samples, out, settings)
        say("phantoms: " + ", ".join(f"{name} {one['hit_rate']:.2f}" for name, one in found["overlap"].items()))

    # -- Doubt ---------------------------------------------------------------------------------------------------------
    if settings.confidences:
        found["uncertainty"] = _doubt(models, views, evidence, samples, out, settings)
        say("confidences: done")

    write_text(out / "explain.json", json.dumps(found, indent=2) + "\n")
    return found


def _mean_of_defined(values: np.ndarray) -> float | None:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else None


def _require_same_answers(run: RunFolder, samples: Samples, predictions: pd.DataFrame, evidence: FoldEvidence) -> None:
    """Refuse to explain networks that do not say what the run's networks said."""
    told = predictions.set_index([predictions["recording"].astype(str), "frame_index"])
    keys = list(zip(samples.recordings.tolist(), samples.frame_indices.tolist(), strict=True))
    before = told.loc[keys, [f"p_{name}" for name in samples.classes]].to_numpy()
    off = float(np.abs(before - evidence.test_probabilities).mean())
    if off > _TOLERATED:
        raise DataError(
            "the networks do not give the run's predictions",
            where=str(run.path),
            expected=f"a mean difference below {_TOLERATED}",
            found=f"{off:.3f}",
            hint="the run was fitted by another version of this code, or its files were changed: run it again",
        )


def example_rows(samples: Samples, chances: np.ndarray) -> list[int]:
    """Choose two frames of each class: those that are recognised best, and never one patient twice.

    Parameters
    ----------
    samples : Samples
        All rows.
    chances : np.ndarray, shape (n,)
        Probability of each row's true class.
    """
    chosen: list[int] = []
    for index in range(len(samples.classes)):
        seen: set[str] = set()
        for row in sorted(np.flatnonzero(samples.labels == index).tolist(), key=lambda row: -chances[row]):
            if samples.groups[row] not in seen and len(seen) < 2:
                seen.add(str(samples.groups[row]))
                chosen.append(row)
    return chosen


def _examples(samples: Samples, pictures: np.ndarray, maps: np.ndarray, evidence: FoldEvidence, out: Path) -> None:
    chances = evidence.test_probabilities[np.arange(len(samples)), samples.labels]
    chosen = example_rows(samples, chances)
    figure = figures.examples_figure(
        [pictures[row] for row in chosen],
        [relative_activation(maps[row : row + 1])[0] for row in chosen],
        [
            (
                samples.classes[samples.labels[row]],
                f"{figures.wrapped(samples.recordings[row])}\nprobability {chances[row]:.2f}",
            )
            for row in chosen
        ],
    )
    figures.save(figure, out / "examples.png", private=samples.private, shows_patients=True)


def _videos(
    samples: Samples, pictures: np.ndarray, maps: np.ndarray, evidence: FoldEvidence, out: Path, *, per_class: int
) -> list[str]:
    """Write overlay videos of the recordings of each class that are recognised best."""
    names, counts = np.unique(samples.recordings, return_counts=True)
    written = []
    for index, class_name in enumerate(samples.classes):
        chances: dict[str, float] = {}
        for name, count in zip(names, counts, strict=True):
            rows = np.flatnonzero(samples.recordings == name)
            if count > 1 and samples.labels[rows[0]] == index:
                chances[str(name)] = float(evidence.test_probabilities[rows, index].mean())
        for name in sorted(chances, key=lambda name: -chances[name])[:per_class]:
            rows = np.flatnonzero(samples.recordings == name)
            path = out / "videos" / (name.replace("/", "--") + ".mp4")
            path.parent.mkdir(exist_ok=True)
            write_overlay_video(
                path,
                pictures[rows],
                relative_activation(maps[rows]),
                title=f"{name}: map of {class_name}",
                subtitle=f"probability {chances[name]:.2f} by the network that did not see this recording",
                times_s=samples.times_s[rows].tolist(),
                private=samples.private,
            )
            written.append(f"videos/{path.name}")
    return written


def _phantoms(models: FoldModels, samples: Samples, out: Path, settings: Settings) -> dict[str, Any]:
    phantoms = draw_phantoms(
        samples.classes, count=settings.phantoms, size_px=models.config.size_px, seed=settings.seed
    )
    inputs = models.inputs(phantoms.images)
    maps = on_one_grid([part.maps(inputs)[0] for part in models.parts]).mean(axis=0)
    found = phantom_overlap(maps, phantoms, classes=samples.classes)
    figures.save(figures.overlap_figure(found), out / "overlap.png")
    return found


def _doubt(
    models: FoldModels, views: Views, evidence: FoldEvidence, samples: Samples, out: Path, settings: Settings
) -> dict[str, Any]:
    winner = evidence.test_probabilities.argmax(axis=1)
    correct = winner == samples.labels
    confidences = uncertainty.run_confidences(models, views, evidence.held_out, winner, seed=settings.seed)
    found = uncertainty.summary(confidences, correct, samples.groups, seed=settings.seed)
    plain = {"softmax": evidence.test_probabilities.max(axis=1).astype(np.float64)}
    found["softmax"] = uncertainty.summary(confidences | plain, correct, samples.groups, seed=settings.seed)["softmax"]
    found |= {"passes": uncertainty.PASSES, "dropout": _DROPOUT_NOTE}
    curves = {name: coverage_curve(correct, values) for name, values in (confidences | plain).items()}
    figure = figures.confidence_figure(confidences, correct, curves)
    figures.save(figure, out / "confidence.png", private=samples.private)
    lines = ["recording,frame_index,correct,epistemic,aleatoric"]
    columns = (samples.recordings, samples.frame_indices, correct, confidences["epistemic"], confidences["aleatoric"])
    lines += [
        f"{name},{frame},{int(right)},{one:.6f},{other:.6f}"
        for name, frame, right, one, other in zip(*columns, strict=True)
    ]
    write_text(out / "confidences.csv", "\n".join(lines) + "\n")
    return found
