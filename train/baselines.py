"""Predictors that know nothing of lungs. A model that does not beat them has learnt nothing of lungs either.

Each one takes the training rows of a fold and predicts its test rows, so that it is scored exactly as a network is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import lusdata

from .crossval import parts_of
from .data import Samples
from .fit import prediction_table

__all__ = ["BASELINES", "crossvalidate_baseline"]

Predictor = Callable[[Samples, pd.DataFrame, np.ndarray, np.ndarray], np.ndarray]

_THUMBNAIL_PX = 32
_NUMBERS = ("rate_hz", "width_px", "height_px", "frame_count", "duration_s", "size_bytes")
_WORDS = ("provider", "container", "codec", "kind")


def majority(samples: Samples, facts: pd.DataFrame, training: np.ndarray, testing: np.ndarray) -> np.ndarray:
    """Predict the shares of the classes among the training frames, whatever the picture."""
    shares = np.bincount(samples.labels[training], minlength=len(samples.classes)) / len(training)
    return np.tile(shares, (len(testing), 1))


def source_only(samples: Samples, facts: pd.DataFrame, training: np.ndarray, testing: np.ndarray) -> np.ndarray:
    """Predict from provider, container, codec, frame rate and size alone, with a random forest; no pixel is seen."""
    from sklearn.ensemble import RandomForestClassifier

    table = facts.loc[samples.recordings]
    words = pd.get_dummies(table[list(_WORDS)].astype(str)).to_numpy(dtype=np.float64)
    numbers = table[list(_NUMBERS)].astype(float).fillna(-1.0).to_numpy()
    features = np.hstack([words, numbers])
    forest = RandomForestClassifier(n_estimators=300, class_weight="balanced", random_state=0)
    # One row per recording: the facts of all its frames are the same.
    _, first = np.unique(samples.recordings[training], return_index=True)
    rows = training[np.sort(first)]
    forest.fit(features[rows], samples.labels[rows])
    chances = np.zeros((len(testing), len(samples.classes)))
    chances[:, forest.classes_] = forest.predict_proba(features[testing])
    return chances


def nearest_thumbnail(samples: Samples, facts: pd.DataFrame, training: np.ndarray, testing: np.ndarray) -> np.ndarray:
    """Predict the class of the most similar training frame, by correlation of thumbnails of 32 by 32 pixels."""
    thumbnails = _thumbnails(samples.pictures)
    nearest = training[(thumbnails[testing] @ thumbnails[training].T).argmax(1)]
    chances: np.ndarray = np.eye(len(samples.classes))[samples.labels[nearest]]
    return chances


BASELINES: dict[str, Predictor] = {
    "majority": majority,
    "source_only": source_only,
    "nearest_thumbnail": nearest_thumbnail,
}
"""The baselines by name."""


def _thumbnails(images: np.ndarray) -> np.ndarray:
    """Return unit vectors without mean, shape (n, pixels), float32."""
    size_px = min(_THUMBNAIL_PX, images.shape[-1])
    block = images.shape[-1] // size_px
    side = block * size_px
    cut = images[:, :side, :side].reshape(len(images), size_px, block, size_px, block)
    small: np.ndarray = cut.mean((2, 4), dtype=np.float32).reshape(len(images), -1)
    small -= small.mean(1, keepdims=True)
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)
    return small


def crossvalidate_baseline(name: str, samples: Samples, facts: pd.DataFrame, table: lusdata.FoldTable) -> pd.DataFrame:
    """Return the pooled out-of-fold predictions of a baseline.

    Parameters
    ----------
    name : str
        A key of `BASELINES`.
    samples : Samples
        All rows: frames, or clips, of which the thumbnails take the middle frame.
    facts : pd.DataFrame
        The dataset's table, indexed by recording.
    table : lusdata.FoldTable
        The folds; training is on all but the test part, since a baseline chooses nothing.

    Returns
    -------
    pd.DataFrame
        As `train.fit.prediction_table`.
    """
    folds = []
    for fold in range(table.k):
        parts = parts_of(samples, table, fold)
        training, testing = np.flatnonzero(parts != "test"), np.flatnonzero(parts == "test")
        chances = BASELINES[name](samples, facts, training, testing)
        folds.append(prediction_table(samples.rows(testing), chances.astype(np.float32), fold=fold))
    return pd.concat(folds, ignore_index=True)
