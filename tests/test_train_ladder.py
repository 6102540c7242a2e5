"""The ladder says what each step costs, on the same frames."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras")

from tiny_runs import CLASSES, tiny_run, tiny_samples

from train.baselines import _NUMBERS, _WORDS, BASELINES
from train.config import PROTOCOLS, SPLITS
from train.ladder import step_costs, step_table
from train.run_folder import write_predictions


@pytest.fixture
def climbed(tmp_path, monkeypatch):
    """Write a rung of predictions for every split; each lower one calls a further ninth of the frames wrongly."""
    table = tiny_run(tmp_path / "run", monkeypatch).folder.predictions
    columns = [f"p_{name}" for name in CLASSES]
    truth = np.eye(3)[[CLASSES.index(name) for name in table["class"]]]
    for place, by in enumerate(SPLITS):
        for protocol in PROTOCOLS:
            chances = truth.copy()
            wrong = 4 * place + 2 * (protocol == "nested")
            chances[:wrong] = np.roll(truth[:wrong], 1, axis=1)
            (tmp_path / f"{by}-{protocol}").mkdir()
            write_predictions(
                tmp_path / f"{by}-{protocol}" / "predictions.csv",
                table.assign(**dict(zip(columns, chances.T, strict=True))),
            )
    return tmp_path


def test_every_step_down_costs_what_the_frames_say(climbed):
    costs = step_costs(climbed, CLASSES)
    assert [(cost["upper"], cost["lower"]) for cost in costs[:3]] == [
        (("frame", "nested"), ("video", "nested")),
        (("video", "nested"), ("patient", "nested")),
        (("patient", "nested"), ("source", "nested")),
    ]
    assert [cost["difference"] for cost in costs[:3]] == pytest.approx([-1 / 9] * 3, abs=0.03)
    assert all(cost["interval"].low <= cost["difference"] <= cost["interval"].high for cost in costs)


def test_the_table_names_both_rungs(climbed):
    table = step_table(step_costs(climbed, CLASSES))
    assert "| frame, nested → video, nested | -0." in table
    assert "| source, paper → source, nested | -0." in table


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("shape", [(3, 48, 48), (20, 20)], ids=["clips", "small"])
def test_baselines_take_clips_and_pictures_smaller_than_a_thumbnail(name, shape):
    samples, _ = tiny_samples(recordings=6, frames=2)
    pictures = np.random.default_rng(0).integers(0, 256, (len(samples), *shape)).astype(np.uint8)
    samples = dataclasses.replace(samples, images=pictures)
    facts = pd.DataFrame(1, index=np.unique(samples.recordings), columns=[*_NUMBERS, *_WORDS])
    rows = np.arange(len(samples))
    chances = BASELINES[name](samples, facts, rows, rows)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    if name == "nearest_thumbnail":
        assert chances.argmax(axis=1).tolist() == samples.labels.tolist()
