"""The ladder says what each step costs, on the same frames."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras")

from tiny_runs import CLASSES, tiny_run, tiny_samples

from train import ladder
from train.baselines import _NUMBERS, _WORDS, BASELINES
from train.cli import main
from train.config import PROTOCOLS, SPLITS, TrainConfig
from train.ladder import climb, ladder_table, step_costs, step_table
from train.run_folder import write_predictions


@pytest.fixture(scope="module")
def costs(tmp_path_factory):
    """Reckon a ladder with a rung for every split; each lower one calls a further ninth of the frames wrongly."""
    folder = tmp_path_factory.mktemp("ladder")
    with pytest.MonkeyPatch.context() as patch:
        table = tiny_run(folder / "run", patch).folder.predictions
    columns = [f"p_{name}" for name in CLASSES]
    truth = np.eye(3)[[CLASSES.index(name) for name in table["class"]]]
    for place, by in enumerate(SPLITS):
        for protocol in PROTOCOLS:
            chances = truth.copy()
            wrong = 4 * place + 2 * (protocol == "nested")
            chances[:wrong] = np.roll(truth[:wrong], 1, axis=1)
            (folder / f"{by}-{protocol}").mkdir()
            write_predictions(
                folder / f"{by}-{protocol}" / "predictions.csv",
                table.assign(**dict(zip(columns, chances.T, strict=True))),
            )
    return step_costs(folder, CLASSES)


def test_every_step_down_costs_what_the_frames_say(costs):
    assert [(cost["upper"], cost["lower"]) for cost in costs[:3]] == [
        (("frame", "nested"), ("video", "nested")),
        (("video", "nested"), ("patient", "nested")),
        (("patient", "nested"), ("source", "nested")),
    ]
    assert [cost["difference"] for cost in costs[:3]] == pytest.approx([-1 / 9] * 3, abs=0.03)
    assert all(cost["interval"].low <= cost["difference"] <= cost["interval"].high for cost in costs)


def test_the_table_names_both_rungs(costs):
    table = step_table(costs)
    assert "| frame, nested → video, nested | -0." in table
    assert "| source, paper → source, nested | -0." in table


def test_what_not_choosing_on_the_test_part_costs_stands_below_the_steps(costs):
    last = costs[len(SPLITS) - 1 :]
    assert [(cost["upper"], cost["lower"]) for cost in last] == [((by, "paper"), (by, "nested")) for by in SPLITS]
    assert [cost["difference"] for cost in last] == pytest.approx([-1 / 18] * 4, abs=0.02)


def test_a_step_without_an_interval_has_its_difference_alone():
    cost = {"upper": ("video", "paper"), "lower": ("video", "nested"), "difference": -0.126, "interval": None}
    wide = {**cost, "difference": 0.0, "interval": (-0.1, 0.25)}
    assert step_table([cost, wide]).splitlines()[2:] == [
        "| video, paper → video, nested | -0.13 |",
        "| video, paper → video, nested | +0.00 (-0.10 to +0.25) |",
    ]


def test_every_split_has_both_protocols_and_the_baselines_beside_them(tmp_path, monkeypatch):
    ran = []

    def crossvalidate(config, samples, table, *, out, **named):
        ran.append((config.by, config.protocol, table, out.name))
        return SimpleNamespace(scores={"frame": f"of {out.name}"})

    monkeypatch.setattr(ladder, "crossvalidate", crossvalidate)
    monkeypatch.setattr(ladder, "crossvalidate_baseline", lambda name, samples, facts, table: f"{name} on {table}")
    monkeypatch.setattr(ladder, "score_run", lambda predictions, config: {"frame": predictions})
    config = TrainConfig("tiny:test", "tiny", by="video", protocol="paper")
    said = []
    tables = {by: f"folds by {by}" for by in SPLITS}
    rungs = climb(config, None, tables, None, out=tmp_path, cache=None, say=said.append)
    assert ran == [
        (by, protocol, tables[by], f"{by}-{protocol}")
        for by in ("frame", "video", "patient", "source")
        for protocol in ("paper", "nested")
    ]
    assert said[1] == "-- split by frame, protocol nested"
    of_patients = [rung for rung in rungs if rung["by"] == "patient"]
    assert [(rung["protocol"], rung["model"], rung["frame"]) for rung in of_patients] == [
        ("paper", "tiny:test", "of patient-paper"),
        ("nested", "tiny:test", "of patient-nested"),
        *(("none", name, f"{name} on folds by patient") for name in BASELINES),
    ]


def test_a_rung_is_a_row_with_the_interval_that_it_has():
    def level(accuracy: float, interval: tuple[float, float] | None) -> dict:
        return {
            "scores": {"accuracy": accuracy, "balanced_accuracy": accuracy - 0.1},
            "intervals": {"balanced_accuracy": interval},
        }

    levels = {"video": level(0.7, None), "patient": level(0.6, None)}
    rung = {"by": "frame", "protocol": "paper", "model": "vgg", "frame": level(0.904, (0.75, 0.85)), **levels}
    lines = ladder_table([rung, {**rung, "by": "patient", "frame": level(0.5, None)}]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2:] == [
        "| frame | paper | `vgg` | 0.90 | 0.80 (0.75 to 0.85) | 0.70 | 0.60 |",
        "| patient | paper | `vgg` | 0.50 | 0.40 | 0.70 | 0.60 |",
    ]


def test_a_ladder_with_pictures_of_no_source_is_refused(tmp_path, capsys):
    assert main(["ladder", "mobilenet_v2", "--uninformative", str(tmp_path)]) == 2
    assert "--uninformative: pictures have no source to be left out" in capsys.readouterr().err


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
