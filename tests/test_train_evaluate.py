"""On another collection the folds' networks speak together, and each frozen part sees every picture once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras")

from tiny_runs import CLASSES, tiny_network, tiny_run, tiny_samples  # noqa: E402

from lusdata.errors import DataError, UsageError  # noqa: E402
from train import evaluate  # noqa: E402
from train.data import FOREIGN  # noqa: E402
from train.evaluate import ensemble_predictions, external_scores, severity_correlation  # noqa: E402
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


def test_what_the_model_does_not_know_gets_no_chance(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "run", monkeypatch).folder
    known, _ = tiny_samples(recordings=3, frames=1)
    other = dataclasses.replace(known, classes=(*CLASSES, FOREIGN), labels=np.array([0, 3, 2]))
    found = ensemble_predictions(run, other)
    assert found["class"].tolist() == ["covid-19", FOREIGN, "healthy"]
    assert found[f"p_{FOREIGN}"].tolist() == [0, 0, 0]
    assert found["fold"].unique().tolist() == [-1]
    np.testing.assert_allclose(found[[f"p_{name}" for name in CLASSES]].sum(axis=1), 1, atol=1e-5)


def called(*rows: tuple[str, str], classes: tuple[str, ...]) -> pd.DataFrame:
    """Return one frame of a recording and patient of its own for each true and called class."""
    table = {"recording": [f"r{n}" for n in range(len(rows))], "group": [f"g{n}" for n in range(len(rows))]}
    chances = {f"p_{name}": [0.8 if call == name else 0.1 for _, call in rows] for name in classes}
    return pd.DataFrame({**table, "class": [truth for truth, _ in rows], **chances})


FOUR_OF_SIX = [
    ("covid-19", "covid-19"),
    ("covid-19", "healthy"),
    ("healthy", "healthy"),
    ("healthy", "healthy"),
    ("healthy", "covid-19"),
    ("covid-19", "covid-19"),
]


@pytest.fixture
def few_draws(monkeypatch):
    """Draw patients fewer times; 2000 draws are for intervals that are looked at."""
    weights = evaluate.group_weights
    monkeypatch.setattr(evaluate, "group_weights", lambda count, draws, seed: weights(count, draws=60, seed=seed))


def test_without_foreign_recordings_every_level_has_its_accuracy():
    found = external_scores(called(*FOUR_OF_SIX, classes=("covid-19", "healthy")), ("covid-19", "healthy"), seed=0)
    assert list(found) == ["frame", "video", "patient"]
    for level in found.values():
        assert level["scores"]["accuracy"] == pytest.approx(4 / 6)
        assert level["intervals"]["accuracy"].low < 4 / 6 < level["intervals"]["accuracy"].high
        assert level["scores"]["classes"]["covid-19"]["specificity"] == pytest.approx(2 / 3)


def test_foreign_recordings_are_false_alarms_and_leave_no_accuracy_over_all():
    classes = ("covid-19", "healthy", FOREIGN)
    rows = [*FOUR_OF_SIX, (FOREIGN, "covid-19"), (FOREIGN, "healthy")]
    frame = external_scores(called(*rows, classes=classes), classes, seed=0)["frame"]
    for measure in ("accuracy", "balanced_accuracy"):
        assert frame["scores"][measure] is None
        assert frame["intervals"][measure] is None
    covid = frame["scores"]["classes"]["covid-19"]
    # Of four called covid-19 two are; of five that are not, three are not called so.
    assert (covid["precision"], covid["recall"], covid["specificity"]) == pytest.approx((2 / 4, 2 / 3, 3 / 5))
    # Of the foreign class, which no model calls, nothing is right.
    assert frame["scores"]["classes"][FOREIGN]["recall"] == 0


def severe(*chances: float, groups: str = "abcdef") -> pd.DataFrame:
    """Return two frames of each recording, on both sides of its chance of being healthy."""
    rows = [
        {"recording": f"r{n}", "group": groups[n], "class": "healthy", "p_covid-19": 1 - one, "p_healthy": one}
        for n, chance in enumerate(chances)
        for one in (chance - 0.05, chance + 0.05)
    ]
    return pd.DataFrame(rows)


def correlated(table: pd.DataFrame, scored: dict[str, float], **changes: object) -> dict:
    known = {"classes": ("covid-19", "healthy"), "known": ("covid-19", "healthy"), **changes}
    return severity_correlation(table, pd.Series(scored), **known)


def test_severity_rises_with_the_chance_of_disease_over_recordings(few_draws):
    table = severe(0.9, 0.6, 0.7, 0.2, 0.3, 0.5)
    scored = {"r0": 0, "r1": 1, "r2": 2, "r3": 3, "r4": 2.5, "r5": float("nan")}
    found = correlated(table, scored)
    # Ranks of disease 1, 3, 2, 5, 4 beside ranks of severity 1, 2, 3, 5, 4: two places of difference by one each.
    assert found["rho"] == pytest.approx(1 - 6 * 2 / (5 * 24))
    assert (found["recordings"], found["groups"]) == (5, 5), "who was never scored is left out"
    assert found["interval"].low < found["rho"] <= found["interval"].high
    against = correlated(table, {name: -score for name, score in scored.items()})
    assert against["rho"] == pytest.approx(-found["rho"])


def test_whole_patients_are_drawn_for_the_interval_of_severity(few_draws):
    table, scored = severe(0.9, 0.6, 0.7, 0.2, groups="aaaa"), {"r0": 0, "r1": 1, "r2": 2, "r3": 3}
    found = correlated(table, scored)
    # One patient is always drawn, with all recordings.
    assert found["groups"] == 1
    assert found["interval"] == pytest.approx((found["rho"], found["rho"]))


@pytest.mark.parametrize(
    ("scored", "recordings"),
    [({"r0": 0, "r1": 3}, 2), ({"r0": 2, "r1": 2, "r2": 2}, 3), ({}, 0)],
    ids=["two recordings", "one score", "no score"],
)
def test_where_nothing_can_be_correlated_there_is_no_number(scored, recordings):
    found = correlated(severe(0.9, 0.6, 0.7), {**scored, "elsewhere": 3.0})
    assert (found["rho"], found["interval"], found["recordings"]) == (None, None, recordings)


def test_a_model_without_healthy_lungs_says_nothing_of_severity():
    with pytest.raises(UsageError, match=r"knows no healthy lung; expected the class healthy; found covid-19, other"):
        correlated(severe(0.9, 0.6, 0.7), {"r0": 1.0}, known=("covid-19", "other"))
