"""What the cache saves: both ways measured, the rest reckoned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

from tiny_runs import CLASSES, SIZE, tiny_network, tiny_samples

from lusdata.errors import UsageError
from train import models
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
