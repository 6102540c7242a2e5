"""Test the ensemble of a run's fold models on another collection, as the paper's section 3.4 did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from train.config import TrainConfig
from train.data import Samples
from train.fit import predict_rows, prediction_table
from train.intervals import group_weights, intervals, percentile_interval
from train.metrics import LEVELS, pooled, probabilities_of, scores
from train.models import build
from train.run_folder import RunFolder

__all__ = ["ensemble_predictions", "external_scores", "severity_correlation"]


def ensemble_predictions(run: RunFolder, samples: Samples) -> pd.DataFrame:
    """Average the probabilities of all fold models.

    Parameters
    ----------
    run : RunFolder
        A finished run.
    samples : Samples
        The other collection's rows, with the run's classes.

    Returns
    -------
    pd.DataFrame
        As `train.fit.prediction_table`; ``fold`` is -1.
    """
    config = run.config
    rows = np.arange(len(samples))
    total = np.zeros((len(samples), len(config.classes)))
    network = build(_without_download(config))
    for fold in range(config.k):
        network.load_weights(run.fold(fold) / "model.weights.h5")
        total += predict_rows(network, samples.images[..., None], rows)
    return prediction_table(samples, (total / config.k).astype(np.float32), fold=-1)


def _without_download(config: TrainConfig) -> TrainConfig:
    from dataclasses import replace

    # The fold's weights file replaces every weight, so the first ones need not be had.
    return replace(config, weights="none")


def external_scores(predictions: pd.DataFrame, config: TrainConfig) -> dict[str, Any]:
    """Score frames, videos and patients with intervals over patients; classes without a row score None."""
    return {
        level: {
            "scores": scores(pooled(predictions, config.classes, level=level), config.classes),
            "intervals": intervals(predictions, config.classes, level=level, seed=config.seed),
        }
        for level in LEVELS
    }


def severity_correlation(
    predictions: pd.DataFrame, severity: pd.Series, *, healthy: str = "healthy", classes: tuple[str, ...], seed: int = 0
) -> dict[str, Any]:
    """Correlate the probability of disease with a physician's severity score, by rank, over recordings.

    Parameters
    ----------
    predictions : pd.DataFrame
        One row per frame.
    severity : pd.Series
        Mean score of the readers, by recording id; recordings without a score are left out.
    healthy : str
        The class whose probability is the complement of disease.
    classes : tuple of str
        The classes, in order.
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
