"""The segmentation ensemble: what it is trained on, how it is judged, and its files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import keras

from lusdata.errors import DataError, UsageError
from train.models.ensemble import PATTERNS, build_ensemble
from train.models.segmentation import load_ensemble
from train.segmentation_phantoms import draw_pictures, label_map
from train.segmenter import dice, fit_segmenter, segmentation_loss
from train.weights_file import write_weights

SIZE_PX = 64


@pytest.fixture(scope="module")
def drawn():
    return draw_pictures(8, size_px=SIZE_PX, seed=3)


def one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(len(PATTERNS), dtype=np.float32)[labels]


def test_phantoms_show_every_pattern_on_grey_pictures(drawn):
    assert drawn.pictures.shape == drawn.labels.shape == (8, SIZE_PX, SIZE_PX)
    assert (drawn.pictures.dtype, drawn.labels.dtype) == (np.uint8, np.uint8)
    assert set(np.unique(drawn.labels)) == set(range(len(PATTERNS)))
    assert drawn.pictures.max() > 150


def test_the_pleural_line_is_brighter_than_what_is_behind_it(drawn):
    pleura = PATTERNS.index("pleura")
    assert drawn.pictures[drawn.labels == pleura].mean() > 1.5 * drawn.pictures[drawn.labels == 0].mean()


def test_an_effusion_is_dark(drawn):
    effusion = PATTERNS.index("effusion")
    assert drawn.pictures[drawn.labels == effusion].mean() < drawn.pictures[drawn.labels == 0].mean()


@pytest.mark.slow
def test_the_same_seed_draws_the_same_phantoms_and_another_others(drawn):
    assert draw_pictures(2, size_px=SIZE_PX, seed=3).pictures.tolist() == drawn.pictures[:2].tolist()
    assert draw_pictures(8, size_px=SIZE_PX, seed=4).digest != drawn.digest


def test_of_two_patterns_at_a_pixel_the_one_in_front_is_shown():
    everywhere = np.ones((1, 2), bool)
    left = np.array([[True, False]])
    masks = {"b_lines": everywhere, "pleura": left, "effusion": everywhere, "sector": everywhere}
    assert [PATTERNS[index] for index in label_map(masks)[0]] == ["pleura", "b-line"]


def test_dice_is_one_for_the_truth_and_none_for_what_is_nowhere():
    labels = np.array([0, 1, 1, 3])
    assert dice(labels, labels) == {
        "background": 1.0,
        "pleura": 1.0,
        "a-line": None,
        "b-line": 1.0,
        "consolidation": None,
        "effusion": None,
    }
    assert dice(labels, np.array([0, 1, 2, 2]))["b-line"] == 0.0


def test_the_loss_prefers_the_truth(drawn):
    truth = one_hot(drawn.labels)
    even = np.full_like(truth, 1 / len(PATTERNS))
    background = one_hot(np.zeros_like(drawn.labels))
    losses = [float(segmentation_loss(drawn.labels, chances)) for chances in (truth, even, background)]
    assert losses[0] == pytest.approx(0, abs=0.01)
    assert losses[0] < losses[1] < losses[2]


def test_a_thin_line_that_is_missed_costs(drawn):
    missed = drawn.labels.copy()
    missed[missed == PATTERNS.index("pleura")] = 0
    assert float(segmentation_loss(drawn.labels, one_hot(missed))) > 0.15


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size_px": 100}, "no such size; expected a multiple of 16 from 32 on; found 100"),
        ({"size_px": 16}, "no such size"),
        ({"steps": 0}, "nothing to train"),
        ({"phantom_count": 0}, "nothing to train"),
    ],
    ids=["odd size", "tiny", "no steps", "no phantoms"],
)
def test_an_impossible_setting_is_refused_before_anything_is_drawn(tmp_path, settings, message):
    with pytest.raises(UsageError, match=message):
        fit_segmenter(out=tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def test_a_segmenter_is_never_overwritten(tmp_path):
    (tmp_path / "segmenter.weights.h5").write_bytes(b"somebody's")
    with pytest.raises(UsageError, match="there is a segmenter already; name another folder; nothing was changed"):
        fit_segmenter(out=tmp_path)
    assert (tmp_path / "segmenter.weights.h5").read_bytes() == b"somebody's"


def test_weights_are_whole_or_not_there(tmp_path):
    class Network:
        def __init__(self, content):
            self.content = content

        def save_weights(self, path):
            path.write_bytes(self.content[:3])
            if b"ends" in self.content:
                raise KeyboardInterrupt
            path.write_bytes(self.content)

    path = tmp_path / "model.weights.h5"
    with pytest.raises(KeyboardInterrupt):
        write_weights(Network(b"it ends"), path)
    assert list(tmp_path.iterdir()) == []
    write_weights(Network(b"whole"), path)
    assert path.read_bytes() == b"whole"
    assert [one.name for one in tmp_path.iterdir()] == ["model.weights.h5"]


def test_an_ensemble_of_other_patterns_is_refused(tmp_path):
    path = tmp_path / "own.weights.h5"
    path.write_bytes(b"")
    path.with_name("own.json").write_text(json.dumps({"patterns": ["background", "vessel"]}))
    with pytest.raises(
        DataError, match=r"trained for other patterns; expected background, pleura.*; found background, v"
    ):
        load_ensemble(path)


@pytest.mark.slow
def test_weights_do_not_depend_on_the_size_and_the_record_names_it(tmp_path):
    path = tmp_path / "own.weights.h5"
    small = build_ensemble(32)
    small.save_weights(path)
    path.with_name("own.json").write_text(json.dumps({"patterns": list(PATTERNS), "size_px": 48}))
    loaded = load_ensemble(path)
    assert loaded.input_shape == (None, 48, 48, 1)
    assert all(np.array_equal(a, b) for a, b in zip(small.get_weights(), loaded.get_weights(), strict=True))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("segmenter")
    settings = {"steps": 24, "size_px": 32, "batch_size": 4, "phantom_count": 8, "held_out_count": 4}
    return fit_segmenter(out=out / "run", **settings)


@pytest.mark.train
def test_training_learns_and_leaves_a_record(trained):
    record = json.loads(trained.with_name("segmenter.json").read_text())
    assert record["patterns"] == list(PATTERNS)
    assert record["size_px"] == 32
    assert set(record["dice"]) == {"ensemble", "unet", "unetpp", "deeplab"}
    # Three softmaxes over six patterns that know nothing cost over eight together.
    assert record["last_loss"] < 8


@pytest.mark.train
@pytest.mark.parametrize("name", ["vgg_segment", "segment_enc"])
def test_the_classifiers_take_the_trained_ensemble(trained, name):
    from dataclasses import replace

    from train.configs import get_config
    from train.models import build

    config = replace(get_config(name), size_px=64, segmenter=str(trained), weights="none")
    inside = build(config).get_layer("ensemble")
    assert inside.input_shape == (None, 32, 32, 1)
    apart = load_ensemble(trained)
    assert all(np.array_equal(a, b) for a, b in zip(inside.get_weights(), apart.get_weights(), strict=True))


@pytest.mark.train
def test_a_changed_weights_file_is_refused(trained, tmp_path):
    copy = tmp_path / trained.name
    copy.write_bytes(trained.read_bytes()[:-1] + b"x")
    copy.with_name("segmenter.json").write_text(trained.with_name("segmenter.json").read_text())
    with pytest.raises(DataError, match="digest of the weights file does not match"):
        load_ensemble(copy)


@pytest.mark.train
def test_a_loss_that_is_not_a_number_stops_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr("train.segmenter._LEARNING_RATE", float("nan"))
    settings = {"steps": 4, "size_px": 32, "batch_size": 2, "phantom_count": 2, "held_out_count": 1}
    with pytest.raises(DataError, match="the training loss is not a number"):
        fit_segmenter(out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()
    keras.backend.clear_session()
