"""Test the ensemble of a run's fold models on another collection, as the paper's section 3.4 did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from lusdata import UsageError

from .data import FOREIGN, Samples
from .fit import predict_rows, prediction_table
from .fitted import fold_network
from .intervals import group_weights, intervals, percentile_interval
from .metrics import LEVELS, pooled, probabilities_of, scores
from .models import split_network
from .prefix_cache import cache_key, cached_prefix
from .run_folder import RunFolder

__all__ = ["ensemble_predictions", "external_scores", "severity_correlation"]


def ensemble_predictions(run: RunFolder, samples: Samples) -> pd.DataFrame:
    """Average the probabilities of all fold models.

    Parameters
    ----------
    run : RunFolder
        A finished run.
    samples : Samples
        The other collection's rows; their classes begin with the run's.

    Returns
    -------
    pd.DataFrame
        As `train.fit.prediction_table`; ``fold`` is -1.
    """
    config = run.config
    rows = np.arange(len(samples))
    total = np.zeros((len(samples), len(config.classes)))
    # Folds share what is frozen, so one pass over the pictures serves all folds that froze the same.
    frozen: dict[str, np.ndarray] = {}
    for fold in range(config.k):
        fold_config = replace(run.fold_config(fold), augmentation="none", views=0)
        network = fold_network(run, fold)
        prefix, head = split_network(network, fold_config.frozen_until)
        if prefix is None:
            total += predict_rows(network, samples.images[..., None], rows)
            continue
        key = cache_key(prefix, fold_config, samples)
        if key not in frozen:
            frozen[key] = cached_prefix(prefix, fold_config, samples, folder=None)[0]
        total += predict_rows(head, frozen[key], rows)
    # No model gives the classes it does not know any chance.
    unknown = np.zeros((len(samples), len(samples.classes) - len(config.classes)))
    return prediction_table(samples, np.hstack([total / config.k, unknown]).astype(np.float32), fold=-1)


def external_scores(predictions: pd.DataFrame, classes: tuple[str, ...], *, seed: int) -> dict[str, Any]:
    """Score frames, videos and patients with intervals over patients.

    Recordings of classes that the model does not know count against every class that it knows: as false alarms where it
    calls them by that class, and as negatives in its ROC curve. With such recordings an accuracy over all classes would
    mean nothing and is left out; so is every measure of a class without a row.

    Returns
    -------
    dict
        For each level ``scores`` and ``intervals``, as in `train.crossval.score_run`.
    """
    foreign = (predictions["class"] == FOREIGN).any()
    levels: dict[str, Any] = {}
    for level in LEVELS:
        found = scores(pooled(predictions, classes, level=level), classes)
        bounds = intervals(predictions, classes, level=level, seed=seed)
        if foreign:
            for measure in ("accuracy", "balanced_accuracy"):
                found[measure], bounds[measure] = None, None
        levels[level] = {"scores": found, "intervals": bounds}
    return levels


def severity_correlation(
    predictions: pd.DataFrame,
    severity: pd.Series,
    *,
    classes: tuple[str, ...],
    known: tuple[str, ...],
    healthy: str = "healthy",
    seed: int = 0,
) -> dict[str, Any]:
    """Correlate the probability of disease with a physician's severity score, by rank, over recordings.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per frame.
    severity : pd.Series
        Mean score of the readers, by recording id; recordings without a score are left out.
    classes, known : tuple of str
        The classes of the table, in order, and those that the model knows.
    healthy : str
        The class whose probability is the complement of disease; without it there is no correlation.
    seed : int
        Seed of the bootstrap over patients.

    Returns
    -------
    dict
        ``recordings``, ``groups``, Spearman's ``rho`` and its ``interval`` (95 %, patients drawn).
    """
    from scipy.stats import spearmanr

    videos = pooled(predictions, classes, level="video")
    videos = videos[videos["recording"].isin(severity.dropna().index)]
    if healthy not in known:
        raise UsageError("the model knows no healthy lung", expected=f"the class {healthy}", found=", ".join(known))
    disease = 1 - probabilities_of(videos, classes)[:, classes.index(healthy)]
    score = severity.loc[videos["recording"]].to_numpy(dtype=float)
    names, groups = np.unique(videos["group"].to_numpy(dtype=str), return_inverse=True)
    if len(videos) < 3 or np.ptp(score) == 0:
        return {"recordings": len(videos), "groups": len(names), "rho": None, "interval": None}
    draws = []
    for weights in group_weights(len(names), draws=2000, seed=seed):
        rows = np.repeat(np.arange(len(videos)), weights[groups])
        constant = np.ptp(score[rows]) == 0 or np.ptp(disease[rows]) == 0
        draws.append(np.nan if constant else spearmanr(disease[rows], score[rows]).statistic)
    return {
        "recordings": len(videos),
        "groups": len(names),
        "rho": float(spearmanr(disease, score).statistic),
        "interval": percentile_interval(np.array(draws)),
    }
