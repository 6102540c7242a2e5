"""On another collection the folds' networks speak together, and each frozen part sees every picture once."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tiny_runs import CLASSES, tiny_network, tiny_run, tiny_samples  # noqa: E402

from lusdata.errors import DataError  # noqa: E402
from train import evaluate  # noqa: E402
from train.evaluate import ensemble_predictions  # noqa: E402
from train.fit import predict_rows  # noqa: E402


def test_the_ensemble_is_the_mean_of_the_folds(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "run", monkeypatch).folder
    other, _ = tiny_samples(recordings=4, seed=5)
    expected = []
    for fold in range(2):
        network = tiny_network(run.config)
        network.load_weights(run.fold(fold) / "model.weights.h5")
        expected.append(predict_rows(network, other.images[..., None], np.arange(len(other))))
    passes = []
    original = evaluate.cached_prefix
    monkeypatch.setattr(
        evaluate, "cached_prefix", lambda *given, **named: passes.append(1) or original(*given, **named)
    )
    found = ensemble_predictions(run, other)[[f"p_{name}" for name in CLASSES]].to_numpy()
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=0.01)
    assert len(passes) == 1


def test_a_corrupt_network_of_a_fold_is_named(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "run", monkeypatch).folder
    (run.fold(1) / "model.weights.h5").write_bytes(b"not a network")
    with pytest.raises(
        DataError, match=r"fold-1/model\.weights\.h5: a fold's weights do not fit the network or are co"
    ):
        ensemble_predictions(run, tiny_samples(recordings=3)[0])
