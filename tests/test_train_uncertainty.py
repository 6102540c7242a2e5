"""The two confidences and what they are worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'train'")

from scipy import stats  # noqa: E402
from tiny_runs import SIZE, tiny_network, tiny_run, tiny_samples  # noqa: E402

from train.config import TrainConfig  # noqa: E402
from train.explain.cam import MappedNetwork  # noqa: E402
from train.explain.fold_models import FoldModels, Views, held_out_fold  # noqa: E402
from train.explain.uncertainty import association, coverage, run_confidences, spread_confidence, summary  # noqa: E402

CONFIG = TrainConfig("tiny:test", "tiny", size_px=SIZE, weights="none")


def test_equation_one_on_known_spreads():
    agree = np.full((10, 1, 2), 0.7)
    torn = np.stack([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])] * 5)
    assert spread_confidence(agree, np.array([0]))[0] == pytest.approx(1)
    assert spread_confidence(torn, np.array([1]))[0] == pytest.approx(0)
    some = np.linspace(0.4, 0.6, 10)[:, None, None] * np.array([1.0, 0.0])
    assert spread_confidence(some, np.array([0]))[0] == pytest.approx(1 - np.linspace(0.4, 0.6, 10).std() / 0.5)


@pytest.mark.parametrize("head", ["linear", "deep"])
def test_dropout_passes_differ_center_on_the_plain_answer_and_follow_the_seed(head):
    mapped = MappedNetwork(tiny_network(CONFIG, head=head))
    inputs = tiny_samples()[0].images[:4, ..., None].astype(np.float32)
    keras.utils.set_random_seed(0)
    passes = mapped.dropout_passes(inputs, passes=10, rate=0.5, seed=1)
    assert passes.shape == (10, 4, 3)
    assert passes.std(axis=0).max() > 0.001
    np.testing.assert_allclose(passes.sum(-1), 1, atol=1e-5)
    none = mapped.dropout_passes(inputs, passes=2, rate=0.0, seed=1)
    np.testing.assert_allclose(none[0], mapped.maps(inputs)[1], atol=1e-5)
    if head == "linear":
        np.testing.assert_array_equal(passes, mapped.dropout_passes(inputs, passes=10, rate=0.5, seed=1))


def test_standardised_units_are_dropped_to_their_mean_where_the_head_drops_them():
    layers = keras.layers
    maps = keras.Input((4, 4, 200), name="features")
    pooled = layers.GlobalAveragePooling2D(name="pool")(maps)
    standard = layers.BatchNormalization(center=False, scale=False, name="standardise")(pooled)
    chances = layers.Dense(2, activation="softmax", name="classes")(layers.Dropout(0.5, name="dropout")(standard))
    network = keras.Model(maps, chances)
    rng = np.random.default_rng(0)
    features = (5 + 0.01 * rng.standard_normal((6, 4, 4, 200))).astype(np.float32)
    # Every unit has a mean of 5 and next to no spread, so that a channel without activation would be far out.
    network.get_layer("standardise").set_weights([np.full(200, 5.0), np.full(200, 1e-5)])
    passes = MappedNetwork(network).dropout_passes(features, passes=10, rate=0.5, seed=0)
    winner = passes.mean(axis=0).argmax(-1)
    assert spread_confidence(passes, winner).min() > 0.7


def test_dropout_passes_leave_the_network_as_it_was():
    network = tiny_network(CONFIG, head="deep")
    before = [np.array(weight) for weight in network.get_weights()]
    inputs = tiny_samples()[0].images[:4, ..., None].astype(np.float32)
    MappedNetwork(network).dropout_passes(inputs, passes=3, rate=0.5, seed=0)
    assert network.get_layer("dropout").rate == 0.3
    assert network.get_layer("norm").trainable
    for one, other in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_correlation_agrees_with_scipy_and_its_interval_is_over_patients():
    rng = np.random.default_rng(0)
    confidence = rng.random(300)
    correct = rng.random(300) < confidence
    groups = np.array([f"patient-{index // 10}" for index in range(300)])
    found = association(confidence, correct, groups)
    assert found["pearson"]["r"] == pytest.approx(stats.pearsonr(confidence, correct).statistic)
    assert found["spearman"]["r"] == pytest.approx(stats.spearmanr(confidence, correct).statistic)
    low, high = found["pearson"]["interval"]
    assert low < found["pearson"]["r"] < high
    assert found["pearson"]["p_groups"] < 0.01


def test_copied_frames_shrink_the_textbook_p_value_and_not_the_one_over_patients():
    rng = np.random.default_rng(1)
    one, other = rng.random(8), rng.random(8)
    names = np.array([f"patient-{index}" for index in range(8)])
    few = association(one, other, names)["pearson"]
    many = association(np.repeat(one, 50), np.repeat(other, 50), np.repeat(names, 50))["pearson"]
    assert many["p_frames"] < few["p_frames"]
    assert many["p_groups"] == pytest.approx(few["p_groups"])


def test_constant_numbers_have_no_correlation():
    assert association(np.ones(10), np.arange(10), np.array(list("aabbccddee"))) == {"pearson": None, "spearman": None}


def test_coverage_leaves_the_least_certain_to_a_physician():
    correct = np.array([True] * 8 + [False] * 2)
    found = coverage(correct, np.linspace(1, 0, 10), shares=(0.5, 0.8, 1.0))
    assert found == [
        {"kept": 0.5, "accuracy": 1.0},
        {"kept": 0.8, "accuracy": 1.0},
        {"kept": 1.0, "accuracy": 0.8},
    ]


def test_a_runs_confidences_are_in_range_and_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tiny_run(tmp_path / "run", monkeypatch)
    models = FoldModels(run.folder)
    held_out = held_out_fold(run.samples, run.folder.predictions, models.folds)
    found = run_confidences(models, Views(models, run.samples, cache=None), held_out, run.samples.labels)
    assert set(found) == {"epistemic", "aleatoric"}
    assert all(((values >= 0) & (values <= 1)).all() for values in found.values())
    correct = np.arange(len(run.samples)) % 4 > 0
    numbers = summary(found, correct, run.samples.groups)
    assert numbers["epistemic"]["mean_wrong"] == pytest.approx(found["epistemic"][~correct].mean())
    assert set(numbers["between"]) == {"pearson", "spearman"}
