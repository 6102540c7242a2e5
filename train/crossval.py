"""Fit and test a model on every fold in turn, and pool what the folds predicted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

import lusdata

from .config import TrainConfig
from .data import Samples
from .fit import FoldResult, fit_fold, write_log
from .intervals import intervals
from .metrics import LEVELS, pooled, scores
from .run_folder import RunFolder, write_predictions
from .weights import digests_of_files

__all__ = ["crossvalidate", "parts_of", "run_fold", "run_inputs", "score_run"]


def parts_of(samples: Samples, table: lusdata.FoldTable, fold: int) -> np.ndarray:
    """Return the part of each row in one fold, shape (n,), str: ``train``, ``validation`` or ``test``."""
    pairs = zip(samples.recordings, samples.frame_indices, strict=True)
    return np.array([table.part(fold, str(recording), int(frame)) for recording, frame in pairs])


def run_inputs(config: TrainConfig, samples: Samples, table: lusdata.FoldTable, dataset_digest: str) -> dict[str, Any]:
    """Return what went into a run besides its config: digests and versions.

    ``weights_sha256`` is there where the config names weights files, and gives the digest of each by field; ``private``
    where recordings stay with their owner, and says so.
    """
    files = digests_of_files(config)
    return {
        "dataset_digest": dataset_digest,
        "samples_digest": samples.digest,
        "catalog_digest": table.catalog_digest,
        "folds": table.settings,
        **({"weights_sha256": files} if files else {}),
        **({"private": samples.private} if samples.private else {}),
        "frames": len(samples),
        "recordings": len(set(samples.recordings)),
        "groups": len(set(samples.groups)),
        "versions": {"lusdata": lusdata.__version__, "keras": keras.__version__, "backend": keras.backend.backend()},
    }


def crossvalidate(
    config: TrainConfig,
    samples: Samples,
    table: lusdata.FoldTable,
    *,
    out: Path,
    cache: Path | None,
    dataset_digest: str = "",
    say: Callable[[str], None] = lambda line: None,
) -> RunFolder:
    """Run every fold that is not done yet, then pool and score.

    Parameters
    ----------
    config : TrainConfig
        The run's record.
    samples : Samples
        All rows.
    table : lusdata.FoldTable
        The folds.
    out : Path
        The run folder; see `train.run_folder`.
    cache : Path or None
        Folder of the frozen part's outputs; None computes them anew in every epoch.
    dataset_digest : str
        Logical digest of the dataset, for the record.
    say : callable
        Gets a line when a fold starts or is done.

    Returns
    -------
    RunFolder
        With ``predictions.csv``, ``folds.json`` (what each fold chose, and its time) and ``scores.json``.
    """
    run = RunFolder(out)
    run.claim(config, run_inputs(config, samples, table, dataset_digest))
    with run.in_use():
        for fold in range(config.k):
            if run.fold_is_done(fold):
                say(f"fold {fold}: done before")
                continue
            result = run_fold(run, config, samples, table, fold=fold, cache=cache)
            facts = run.fold_facts(fold)
            say(f"fold {fold}: {_how(result)}, frame accuracy {facts['frame_accuracy']:.3f}, {facts['wall_s']:.0f} s")
        predictions = pd.concat([run.fold_predictions(fold) for fold in range(config.k)], ignore_index=True)
        write_predictions(run.path / "predictions.csv", predictions)
        run.write("folds.json", {"folds": [run.fold_facts(fold) for fold in range(config.k)]})
        run.write("scores.json", score_run(predictions, config))
    return run


def run_fold(
    run: RunFolder,
    config: TrainConfig,
    samples: Samples,
    table: lusdata.FoldTable,
    *,
    fold: int,
    cache: Path | None,
) -> FoldResult:
    """Fit and test one fold, and write its weights, its log, its predictions, and last that it is done.

    Parameters
    ----------
    run : RunFolder
        The run's folder, claimed and in use.
    config, samples, table, cache
        As in `crossvalidate`.
    fold : int
        Number of the fold.
    """
    started, started_cpu = time.perf_counter(), time.process_time()
    folder = run.fold(fold)
    parts = parts_of(samples, table, fold)
    result = fit_fold(config, samples, parts, fold=fold, cache=cache, weights_to=folder / "model.weights.h5")
    write_log(folder / "log.jsonl", result.log)
    facts = {
        **result.facts,
        "frame_accuracy": scores(result.predictions, config.classes)["accuracy"],
        "wall_s": round(time.perf_counter() - started, 1),
        "cpu_s": round(time.process_time() - started_cpu, 1),
    }
    run.finish_fold(fold, result.predictions, facts)
    return result


def _how(result: FoldResult) -> str:
    if result.best_epoch is not None:
        return f"{len(result.log)} epochs, best {result.best_epoch}"
    return ", ".join(f"{name} {value}" for name, value in result.chosen.items()) or "nothing to choose"


def score_run(predictions: pd.DataFrame, config: TrainConfig) -> dict[str, Any]:
    """Score pooled out-of-fold predictions at every level, with intervals, and mean and spread over folds beside them.

    Returns
    -------
    dict
        For ``frame``, ``video`` and ``patient``: ``scores`` as `train.metrics.scores`, ``intervals`` as
        `train.intervals.intervals`, and ``folds``: mean and standard deviation over folds of each single number.
    """
    return {level: _score_level(predictions, config, level) for level in LEVELS}


def _score_level(predictions: pd.DataFrame, config: TrainConfig, level: str) -> dict[str, Any]:
    folds = [
        scores(pooled(part, config.classes, level=level), config.classes) for _, part in predictions.groupby("fold")
    ]
    return {
        "scores": scores(pooled(predictions, config.classes, level=level), config.classes),
        "intervals": intervals(predictions, config.classes, level=level, seed=config.seed),
        "folds": {
            "accuracy": _mean_and_spread([fold["accuracy"] for fold in folds]),
            "balanced_accuracy": _mean_and_spread([fold["balanced_accuracy"] for fold in folds]),
            "classes": {
                name: {
                    measure: _mean_and_spread([fold["classes"][name][measure] for fold in folds])
                    for measure in ("recall", "precision", "f1", "specificity", "mcc")
                }
                for name in config.classes
            },
        },
    }


def _mean_and_spread(values: list[float | None]) -> list[float] | None:
    """Return mean and standard deviation over the folds where the measure is defined."""
    defined = np.array([value for value in values if value is not None])
    if not len(defined):
        return None
    return [float(defined.mean()), float(defined.std(ddof=1)) if len(defined) > 1 else 0.0]
