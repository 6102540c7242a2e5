"""What the cache saves: both ways measured, the rest reckoned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

from tiny_runs import CLASSES, SIZE, tiny_network, tiny_samples

from lusdata.errors import UsageError
from train import cost as train_cost
from train import models
from train.cli import main
from train.config import TrainConfig
from train.configs import get_config
from train.cost import Cost, measure_cost
from train.models import ModelEntry

CONFIG = TrainConfig(
    "tiny:test",
    "tiny",
    classes=CLASSES,
    size_px=SIZE,
    weights="none",
    frozen_until="features",
    k=2,
    views=3,
    epochs=10,
    protocol="paper",
)


@pytest.fixture
def clock(monkeypatch):
    """Let each measured part take as many seconds as it has calls before it, and train nothing."""
    monkeypatch.setitem(models.MODELS, "tiny", ModelEntry(tiny_network, "tiny", 0, None, "made up"))
    asked = []

    def seconds(*work: object) -> float:
        asked.append(work)
        return 8.0 * len(asked)

    monkeypatch.setattr(train_cost, "_cpu_s", seconds)
    monkeypatch.setattr(train_cost, "_steps_s", seconds)
    return asked


@pytest.mark.parametrize(
    ("changes", "shown", "scored"),
    [
        # A fold has six rows to train on, three to choose by and four to test; there are ten epochs and two folds.
        ({"protocol": "paper"}, 2 * 10 * 9, 2 * 10 * 4),
        ({"protocol": "nested"}, 2 * 10 * 6, 2 * 10 * 3),
        ({"protocol": "nested", "monitor": "none"}, 2 * 10 * 9, 0),
    ],
    ids=["paper", "nested", "nothing chosen"],
)
def test_pictures_are_counted_as_a_fit_shows_and_scores_them(clock, changes, shown, scored):
    parts = np.array(["train"] * 6 + ["validation"] * 3 + ["test"] * 4)
    found = measure_cost(replace(CONFIG, **changes), tiny_samples()[0], [parts, parts], pictures=4)
    assert (found.shown_pictures, found.scored_pictures) == (shown, scored)


def test_what_is_measured_on_a_slice_is_told_for_one_picture(clock):
    samples, _ = tiny_samples()
    found = measure_cost(CONFIG, samples, [np.array(["train", "validation", "test"])], pictures=4)
    assert (found.frozen_s, found.head_s, found.augment_s) == (2, 4, 6)
    assert (found.cached_step_s, found.straightforward_step_s) == (8, 10)
    assert found.frames == len(samples)
    _, _, _, (head, cached, _), (network, straightforward, _) = clock
    # From the cache the last part alone is trained, else the whole network, on the same rows.
    assert len(head.layers) < len(network.layers)
    assert cached[0][0].shape[1:] == head.input_shape[1:]
    assert straightforward[0][0].shape[1:] == network.input_shape[1:]
    assert cached[0][1].tolist() == straightforward[0][1].tolist()


def test_a_slice_of_more_than_all_pictures_is_all_of_them(clock):
    samples, _ = tiny_samples(recordings=2, frames=1)
    assert measure_cost(CONFIG, samples, [np.array(["train"])], pictures=64).frozen_s == 8 / 2


def test_a_slice_of_nothing_is_refused_before_anything_is_read(capsys):
    assert main(["cost", "mobilenet_v2", "--pictures", "0"]) == 2
    assert capsys.readouterr().err == "train: --pictures: too small; expected at least 1; found 0\n"


@pytest.mark.slow
def test_shown_and_scored_pictures_are_those_of_the_folds(monkeypatch):
    monkeypatch.setitem(models.MODELS, "tiny", ModelEntry(tiny_network, "tiny", 0, None, "made up"))
    samples, _ = tiny_samples()
    parts = np.array(["train", "validation", "test"])[np.arange(len(samples)) % 3]
    per_part = len(samples) // 3
    paper = measure_cost(CONFIG, samples, [parts, parts], pictures=8)
    assert paper.shown_pictures == 2 * 10 * 2 * per_part
    assert paper.scored_pictures == 2 * 10 * per_part
    nested = measure_cost(replace(CONFIG, protocol="nested"), samples, [parts, parts], pictures=8)
    assert (nested.shown_pictures, nested.scored_pictures) == (2 * 10 * per_part, 2 * 10 * per_part)
    assert min(paper.frozen_s, paper.augment_s, paper.head_s, paper.cached_step_s, paper.straightforward_step_s) > 0


def test_the_rest_is_reckoned_from_the_measured_parts():
    cost = Cost(CONFIG, 100, 1000, 200, 2.0, 0.5, 0.25, 0.3, 3.0)
    assert cost.straightforward_s == pytest.approx(1000 * 3.0 + 200 * 2.25)
    assert cost.cached_s == pytest.approx(100 * (2.0 + 3 * 2.5) + 1000 * 0.3 + 200 * 0.25)
    assert cost.ratio == pytest.approx(cost.cached_s / cost.straightforward_s)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (replace(CONFIG, frozen_until=""), "nothing of this model is frozen"),
        (get_config("mobilenet_v2"), "fitted in one step, so there are no epochs to reckon"),
    ],
    ids=["nothing frozen", "no epochs"],
)
def test_where_there_is_nothing_to_save_that_is_said(config, message, monkeypatch):
    monkeypatch.setitem(models.MODELS, "tiny", ModelEntry(tiny_network, "tiny", 0, None, "made up"))
    with pytest.raises(UsageError, match=message):
        measure_cost(config, tiny_samples()[0], [], pictures=8)
