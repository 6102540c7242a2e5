"""A fold chooses its settings on its own training part, and fits its last layer exactly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tiny_runs import CLASSES, SIZE, tiny_network, tiny_run, tiny_samples  # noqa: E402

from lusdata.errors import DataError, UsageError  # noqa: E402
from train import models  # noqa: E402
from train.choice import candidates, choose, inner_folds  # noqa: E402
from train.config import TrainConfig, override  # noqa: E402
from train.explain.fold_models import FoldModels  # noqa: E402
from train.fit import fit_fold  # noqa: E402
from train.linear import fit_linear  # noqa: E402
from train.models import ModelEntry  # noqa: E402
from train.pooled import pooled_features  # noqa: E402
from train.prefix_cache import cache_key  # noqa: E402

EXACT = TrainConfig(
    "tiny:exact",
    "tiny",
    classes=CLASSES,
    size_px=SIZE,
    weights="none",
    solver="exact",
    choices=("weight_decay=10|0.01",),
    monitor="loss",
    frozen_until="pool",
    weight_decay=0.1,
    class_weights=True,
    augmentation="none",
    views=0,
)


@pytest.fixture
def tiny(monkeypatch):
    entry = ModelEntry(lambda config: tiny_network(config, head="standardised"), "tiny", 0, None, "made up")
    monkeypatch.setitem(models.MODELS, "tiny", entry)


def parts_for(samples, test_group: str = "tiny/patient-0") -> np.ndarray:
    return np.where(samples.groups == test_group, "test", "train")


def test_the_minimum_is_found():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(60, 4)), np.arange(60) % 3
    head = fit_linear(features, labels, class_weights=np.array([1.0, 2.0, 0.5]), decay=0.05)
    shown = (features - features.mean(0)) / features.std(0)
    pull = head.probabilities(features) - np.eye(3)[labels]
    pull *= np.array([1.0, 2.0, 0.5])[labels, None] / len(labels)
    np.testing.assert_allclose(shown.T @ pull + 2 * 0.05 * head.kernel, 0, atol=1e-4)
    np.testing.assert_allclose(pull.sum(0), 0, atol=1e-4)


def test_two_classes_are_penalised_as_three_are():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(60, 4)), np.arange(60) % 2
    head = fit_linear(features, labels, class_weights=np.ones(2), decay=0.05)
    shown = (features - features.mean(0)) / features.std(0)
    pull = (head.probabilities(features) - np.eye(2)[labels]) / len(labels)
    np.testing.assert_allclose(shown.T @ pull + 2 * 0.05 * head.kernel, 0, atol=1e-4)


def test_a_feature_that_is_no_number_is_named():
    with pytest.raises(DataError, match="not a number"):
        fit_linear(np.full((4, 2), np.nan), np.array([0, 1, 0, 1]), class_weights=np.ones(2), decay=0.1)


def test_every_combination_is_tried_in_the_order_written():
    config = override(EXACT, {"choices": "weight_decay=1|0.1, class_weights=true|false"})
    assert candidates(config) == [
        {"weight_decay": 1.0, "class_weights": True},
        {"weight_decay": 1.0, "class_weights": False},
        {"weight_decay": 0.1, "class_weights": True},
        {"weight_decay": 0.1, "class_weights": False},
    ]


@pytest.mark.parametrize(
    ("choices", "message"),
    [(("weight_decay",), "FIELD=VALUE"), (("weight_decay=x",), "cannot read")],
    ids=["no values", "no number"],
)
def test_a_wrong_choice_is_refused_by_name(choices, message):
    with pytest.raises(UsageError, match=message):
        candidates(dataclasses.replace(EXACT, choices=choices))


def test_choices_need_something_to_choose_by():
    with pytest.raises(UsageError, match="nothing to choose by"):
        override(EXACT, {"monitor": "none"})
    with pytest.raises(UsageError, match="no exact solution; expected frozen_until=pool and weight_decay above 0"):
        override(EXACT, {"weight_decay": "0"})


@pytest.mark.parametrize(("by", "unit"), [("patient", "groups"), ("video", "recordings")])
def test_inner_folds_keep_together_what_the_split_keeps_together(by, unit):
    samples, _ = tiny_samples(recordings=36)
    rows = np.flatnonzero(samples.groups != "tiny/patient-3")
    judged = []
    for fitting, judging in inner_folds(samples, rows, by=by, seed=1):
        kept = getattr(samples, unit)
        assert not set(kept[fitting]) & set(kept[judging])
        judged.append(judging)
    np.testing.assert_array_equal(np.sort(np.concatenate(judged)), rows)


def test_what_the_choice_keeps_together_may_differ_from_the_split(monkeypatch):
    from train import choice

    samples, _ = tiny_samples(recordings=36)
    seen = []

    def watched(samples, rows, *, by, seed):
        seen.append(by)
        return inner_folds(samples, rows, by="patient", seed=seed)

    monkeypatch.setattr(choice, "inner_folds", watched)
    pooled = {"": np.eye(3)[samples.labels][None]}
    for config in (EXACT, dataclasses.replace(EXACT, choose_by="source")):
        choose(config, samples, pooled, training_rows=np.arange(9, len(samples)), test_rows=np.arange(9))
    assert seen == ["patient", "source"]


def test_a_class_of_one_patient_leaves_nothing_to_choose_by():
    samples, _ = tiny_samples(recordings=6)
    with pytest.raises(DataError, match="too few groups for inner folds"):
        list(inner_folds(samples, np.arange(len(samples)), by="patient", seed=0))


def test_only_the_papers_protocol_looks_at_the_test_part():
    samples, _ = tiny_samples(recordings=36)
    rng = np.random.default_rng(0)
    good = np.eye(3)[samples.labels] + rng.normal(0, 0.1, (len(samples), 3))
    testing = samples.groups == "tiny/patient-0"
    # Where the test part lies, one setting's features point to another class.
    wrong = np.where(testing[:, None], np.roll(good, 1, axis=1), good + rng.normal(0, 0.01, good.shape))

    pooled = {"wrong": wrong[None], "noisy": (good + rng.normal(0, 0.8, good.shape))[None]}
    config = dataclasses.replace(EXACT, choices=("pool_layer=noisy|wrong",))
    rows = {"training_rows": np.flatnonzero(~testing), "test_rows": np.flatnonzero(testing)}
    nested = choose(config, samples, pooled, **rows)
    paper = choose(dataclasses.replace(config, protocol="paper"), samples, pooled, **rows)
    assert (nested.settings, paper.settings) == ({"pool_layer": "wrong"}, {"pool_layer": "noisy"})
    assert [entry["pool_layer"] for entry in nested.tried] == ["noisy", "wrong"]


def test_of_equal_settings_the_first_is_taken():
    samples, _ = tiny_samples(recordings=36)
    rows = {"training_rows": np.arange(9, len(samples)), "test_rows": np.arange(9)}
    pooled = {"": np.eye(3)[samples.labels][None]}
    config = dataclasses.replace(EXACT, monitor="balanced_accuracy")
    assert choose(config, samples, pooled, **rows).settings == {"weight_decay": 10.0}


@pytest.mark.usefixtures("tiny")
def test_a_fold_with_choices_is_fitted_exactly_and_alike_twice(tmp_path):
    samples, _ = tiny_samples(recordings=36)
    parts = parts_for(samples)
    first = fit_fold(EXACT, samples, parts, fold=0, cache=tmp_path / "cache")
    again = fit_fold(EXACT, samples, parts, fold=0, cache=None)
    assert first.chosen == again.chosen == {"weight_decay": 0.01}
    assert (first.log, first.best_epoch, len(first.tried)) == ([], None, 2)
    assert first.predictions.equals(again.predictions)
    truth = np.array(CLASSES)[samples.labels[parts == "test"]]
    chances = first.predictions[[f"p_{name}" for name in CLASSES]].to_numpy()
    assert (np.array(CLASSES)[chances.argmax(1)] == truth).all()


@pytest.mark.usefixtures("tiny")
def test_the_saved_network_says_of_pictures_what_the_fold_predicted(tmp_path):
    samples, _ = tiny_samples(recordings=36)
    parts, file = parts_for(samples), tmp_path / "model.weights.h5"
    fitted = fit_fold(EXACT, samples, parts, fold=0, cache=None, weights_to=file)
    network = models.build(EXACT)
    network.load_weights(file)
    testing = samples.images[parts == "test"][..., None].astype(np.float32)
    chances = fitted.predictions[[f"p_{name}" for name in CLASSES]].to_numpy()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(network(testing, training=False)), chances, atol=0.01)


def test_a_trained_part_with_other_layers_is_not_fitted_exactly(monkeypatch):
    entry = ModelEntry(lambda config: tiny_network(config, head="deep"), "tiny", 0, None, "made up")
    monkeypatch.setitem(models.MODELS, "tiny", entry)
    samples, _ = tiny_samples(recordings=36)
    with pytest.raises(UsageError, match=r"cannot be fitted exactly; .*found hidden, norm, classes"):
        fit_fold(EXACT, samples, parts_for(samples), fold=0, cache=None)


@pytest.mark.usefixtures("tiny")
def test_maps_of_every_depth_come_from_one_pass_and_one_cache(tmp_path):
    samples, _ = tiny_samples(recordings=3)
    config = dataclasses.replace(EXACT, choices=("pool_layer=stripes|shrink|",))
    found = pooled_features(config, samples, folder=tmp_path)
    assert {name: features.shape for name, features in found.items()} == {
        name: (1, len(samples), 3) for name in ("stripes", "shrink", "")
    }
    assert len(list(tmp_path.glob("*.npy"))) == 1
    # Averaging of averages is averaging.
    np.testing.assert_allclose(found["shrink"], found["stripes"], atol=0.01)
    np.testing.assert_array_equal(found["shrink"], found[""])


@pytest.mark.usefixtures("tiny")
def test_a_layer_that_does_not_exist_is_named():
    samples, _ = tiny_samples(recordings=3)
    with pytest.raises(UsageError, match=r"no such layer.*found sparkle"):
        pooled_features(dataclasses.replace(EXACT, choices=("pool_layer=shrink|sparkle",)), samples, folder=None)


def test_a_network_frozen_up_to_its_average_is_still_explained_by_its_maps(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "run", monkeypatch, head="standardised", frozen_until="pool")
    models = FoldModels(run.folder)
    maps, chances = models.parts[0].maps(models.inputs(run.samples.images[:2]))
    assert (models.method, maps.shape, chances.shape) == ("cam", (2, 3, 16, 16), (2, 3))


@pytest.mark.usefixtures("tiny")
def test_caches_of_different_maps_have_different_names():
    samples, _ = tiny_samples(recordings=3)
    prefix, _ = models.split_network(models.build(EXACT), "pool")
    keys = {cache_key(prefix, dataclasses.replace(EXACT, pool_layer=name), samples) for name in ("a_bn", "a_relu")}
    assert len(keys) == 2


@pytest.mark.parametrize("choice", ["views=0|4", "k=3|5", "shoe_size=43"])
def test_what_would_be_tried_without_effect_cannot_be_chosen(choice):
    with pytest.raises(UsageError, match="a fold cannot choose this; expected one of pool_layer, weight_decay"):
        candidates(dataclasses.replace(EXACT, choices=(choice,)))
