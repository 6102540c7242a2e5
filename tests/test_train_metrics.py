"""Scores against counts that can be done by hand, and against an independent implementation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="needs the extra 'train'")

from sklearn import metrics as reference

from train.calibration import brier_score, coverage_curve, expected_calibration_error
from train.intervals import _weighted_auc, group_weights, intervals, percentile_interval
from train.metrics import confusion, from_confusion, pooled, roc_auc, scores

CLASSES = ("covid-19", "bacterial-pneumonia", "healthy")


def table_of(seed: int, *, rows: int = 300, groups: int = 24) -> pd.DataFrame:
    """Predictions that know something, of patients with two recordings each."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, rows)
    label = group % 3
    chances = rng.dirichlet([1, 1, 1], rows)
    chances[np.arange(rows), label] += 0.12
    chances /= chances.sum(1, keepdims=True)
    facts = {
        "fold": group % 5,
        "recording": [f"r{g}-{i % 2}" for i, g in enumerate(group)],
        "group": [f"g{g}" for g in group],
        "class": [CLASSES[i] for i in label],
    }
    return pd.DataFrame({**facts, **{f"p_{name}": chances[:, i] for i, name in enumerate(CLASSES)}})


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed):
    table = table_of(seed)
    labels = np.array([CLASSES.index(name) for name in table["class"]])
    chances = table[[f"p_{name}" for name in CLASSES]].to_numpy()
    called = chances.argmax(1)
    found = scores(table, CLASSES)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(labels, called))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(labels, called))
    for index, name in enumerate(CLASSES):
        one = found["classes"][name]
        truth, call = labels == index, called == index
        assert one["precision"] == pytest.approx(reference.precision_score(truth, call))
        assert one["recall"] == pytest.approx(reference.recall_score(truth, call))
        assert one["f1"] == pytest.approx(reference.f1_score(truth, call))
        assert one["mcc"] == pytest.approx(reference.matthews_corrcoef(truth, call))
        assert one["specificity"] == pytest.approx(reference.recall_score(~truth, ~call))
        assert one["auc"] == pytest.approx(reference.roc_auc_score(truth, chances[:, index]))


def test_a_class_without_rows_has_no_recall_and_does_not_pull_the_balance_down():
    counts = confusion(np.array([0, 0, 1]), np.array([0, 0, 1]), class_count=3)[0]
    found = from_confusion(counts)
    assert np.isnan(found["recall"][2])
    assert found["balanced_accuracy"] == 1.0


def test_ties_count_half_in_the_area_under_the_curve():
    areas = roc_auc(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]]))
    assert areas.tolist() == [0.5, 0.5]


def test_a_patient_with_two_videos_is_one_row_per_patient_and_two_per_video():
    table = table_of(0)
    assert len(pooled(table, CLASSES, level="video")) == table["recording"].nunique()
    assert len(pooled(table, CLASSES, level="patient")) == table["group"].nunique()


def test_a_video_and_a_patient_have_the_mean_of_their_frames():
    table = pd.DataFrame(
        {
            "recording": ["a", "a", "a", "b"],
            "group": ["g"] * 4,
            "class": [CLASSES[0]] * 4,
            f"p_{CLASSES[0]}": [0.9, 0.1, 0.2, 1.0],
            f"p_{CLASSES[1]}": [0.1, 0.9, 0.8, 0.0],
        }
    )
    videos = pooled(table, CLASSES[:2], level="video").set_index("recording")
    assert videos[f"p_{CLASSES[0]}"].to_dict() == pytest.approx({"a": 0.4, "b": 1.0})
    (patient,) = pooled(table, CLASSES[:2], level="patient").to_dict("records")
    # Over all frames, so that a long video counts for more.
    assert patient[f"p_{CLASSES[1]}"] == pytest.approx(0.45)


@pytest.mark.parametrize("level", ["frame", "video", "patient"])
def test_intervals_hold_the_point_estimate(level):
    table = table_of(1)
    found = intervals(table, CLASSES, level=level, draws=400)["accuracy"]
    value = scores(pooled(table, CLASSES, level=level), CLASSES)["accuracy"]
    assert found.low < value < found.high


def test_intervals_widen_when_the_frames_of_a_patient_agree():
    table = table_of(2)
    right = table["class"].to_numpy() == np.array(CLASSES)[table[[f"p_{n}" for n in CLASSES]].to_numpy().argmax(1)]
    assert 0.3 < right.mean() < 0.9
    alike = table.copy()
    chances = [f"p_{name}" for name in CLASSES]
    alike[chances] = table.groupby("group")[chances].transform("first")
    wide, narrow = (intervals(t, CLASSES, draws=400)["accuracy"] for t in (alike, table))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_drawing_every_group_once_gives_the_plain_area():
    table = table_of(3)
    labels = np.array([CLASSES.index(name) for name in table["class"]])
    groups = np.unique(table["group"], return_inverse=True)[1]
    chances = table["p_healthy"].to_numpy()
    once = np.ones((1, groups.max() + 1), dtype=np.int64)
    expected = reference.roc_auc_score(labels == 2, chances)
    assert _weighted_auc(labels == 2, chances, groups, once)[0] == pytest.approx(expected)


def test_ties_count_half_in_every_draw_as_in_scikit_learn():
    rng = np.random.default_rng(4)
    groups, positive = rng.integers(0, 12, 240), rng.random(240) < 0.4
    # Six levels for 240 rows: most pairs of a positive and a negative row are of one group's or two groups' ties.
    score = np.round(np.clip(rng.normal(0.45 + 0.1 * positive, 0.2), 0, 1) * 5) / 5
    weights = group_weights(12, draws=60, seed=5)
    found = _weighted_auc(positive, score, groups, weights)
    expected = [reference.roc_auc_score(positive, score, sample_weight=drawn[groups]) for drawn in weights]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_interval_holds_the_middle_95_of_100_draws():
    low, high = percentile_interval(np.arange(1001.0))
    assert (low, high) == (25.0, 975.0)
    half_defined = np.where(np.arange(100) < 50, 1.0, np.nan)
    assert percentile_interval(half_defined) == (1.0, 1.0)
    assert percentile_interval(np.append(half_defined, np.nan)) is None


def patients_called(right: np.ndarray, *, frames: int) -> pd.DataFrame:
    """Return predictions for patients whose frames are all called rightly, or all wrongly."""
    label = np.arange(len(right)) % 2
    called = np.where(right, label, 1 - label)
    table = pd.DataFrame({"group": [f"g{n:03}" for n in range(len(right))], "class": np.array(CLASSES)[label]})
    for index in range(2):
        table[f"p_{CLASSES[index]}"] = np.where(called == index, 0.9, 0.1)
    return table.loc[np.repeat(table.index, frames)]


def test_intervals_hold_the_truth_in_95_of_100_studies():
    rng = np.random.default_rng(6)
    patients, rate, studies = 120, 0.7, 500
    right = rng.random((studies, patients)) < rate
    weights = group_weights(patients, draws=400, seed=0)
    bounds = [percentile_interval(weights @ study / patients) for study in right]
    held = np.mean([low <= rate <= high for low, high in bounds])
    # With 500 studies, chance moves the share by 0.01: neither 0.90 nor 0.99 passes for 0.95.
    assert 0.93 <= held <= 0.97
    # The frames of a patient are no facts of their own: five of each leave the interval as it is.
    for frames in (1, 5):
        table = patients_called(right[0], frames=frames)
        found = intervals(table, CLASSES[:2], draws=400)["accuracy"]
        assert found == pytest.approx(bounds[0])


def test_draws_are_of_whole_groups_and_follow_from_the_seed():
    weights = group_weights(7, draws=50, seed=3)
    assert (weights.sum(1) == 7).all()
    assert (weights == group_weights(7, draws=50, seed=3)).all()


def test_a_sure_and_right_model_is_perfectly_calibrated():
    labels = np.array([0, 1, 2, 1])
    chances = np.eye(3)[labels]
    assert expected_calibration_error(labels, chances) == 0.0
    assert brier_score(labels, chances) == 0.0


def test_the_calibration_error_weighs_each_bin_by_its_rows():
    # Nine rows at 0.95 that are all right, and one at 0.65 that is wrong.
    chances = np.array([[0.95, 0.05]] * 9 + [[0.65, 0.35]])
    labels = np.array([0] * 9 + [1])
    assert expected_calibration_error(labels, chances) == pytest.approx((9 * 0.05 + 1 * 0.65) / 10)


def test_a_sure_and_wrong_model_is_as_bad_as_can_be():
    chances = np.eye(3)[[1, 2, 0]]
    assert expected_calibration_error(np.array([0, 1, 2]), chances) == 1.0
    assert brier_score(np.array([0, 1, 2]), chances) == 2.0


def test_the_most_certain_are_kept_first():
    kept, accuracy = coverage_curve(np.array([False, True, True]), np.array([0.1, 0.9, 0.8]))
    assert kept.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert accuracy.tolist() == pytest.approx([1, 1, 2 / 3])
