"""The page of a run shows what each fold chose, and what other collections said."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

pytest.importorskip("keras")

from tiny_runs import tiny_run

from train.cli import main
from train.config import to_json
from train.crossval import score_run
from train.evaluate import external_scores
from train.report.page import render
from train.run_folder import write_predictions
from train.uninformative import CLASS_NAME


@pytest.fixture
def finished(tmp_path, monkeypatch):
    folder = tiny_run(tmp_path / "run", monkeypatch).folder
    config = dataclasses.replace(
        folder.config,
        solver="exact",
        frozen_until="pool",
        weight_decay=0.1,
        monitor="balanced_accuracy",
        choices=("weight_decay=1|0.1",),
    )
    (folder.path / "config.json").write_text(to_json(config), encoding="utf-8")
    tried = [
        {"weight_decay": 1.0, "loss": 0.7, "balanced_accuracy": 0.611},
        {"weight_decay": 0.1, "loss": 0.5, "balanced_accuracy": 0.722},
    ]
    fold = {"chosen": {"weight_decay": 0.1}, "tried": tried, "frame_accuracy": 0.833}
    folder.write("folds.json", {"folds": [fold, fold]})
    folder.write("inputs.json", {"samples_digest": "s"})
    folder.write("scores.json", score_run(folder.predictions, config))
    return folder


@pytest.mark.slow
def test_what_each_fold_chose_stands_beside_what_it_then_scored(finished):
    page = render(finished)
    assert "<th scope=row>fold 1</th><td>0.1</td><td>2</td><td>0.722</td><td>0.500</td><td>0.833</td>" in page
    assert "on inner folds of the training part and kept the best by balanced accuracy" in page
    assert "On other collections" not in page


@pytest.mark.slow
def test_another_collection_is_shown_with_its_severity(finished):
    found = external_scores(finished.predictions, finished.config.classes, seed=0)
    severity = {"rho": 0.123, "interval": [-0.2, 0.4], "recordings": 12, "groups": 4}
    finished.write("scores-<else>.json", {**found, "severity": severity})
    page = render(finished)
    assert "<h3>&lt;else&gt;</h3>" in page
    assert "Spearman 0.12" in page
    assert "12 recordings of 4 patients" in page


@pytest.mark.slow
def test_a_run_on_recordings_that_stay_with_their_owner_is_marked(finished):
    assert "Private." not in render(finished)
    finished.write("inputs.json", {"samples_digest": "s", "private": "Private. It belongs to Ward & Seven."})
    found = external_scores(finished.predictions, finished.config.classes, seed=0)
    finished.write("scores-mine.json", {**found, "private": "Private. It belongs to Ward 8."})
    page = render(finished)
    assert "Private. It belongs to Ward &amp; Seven." in page
    assert "Private. It belongs to Ward 8." in page


@pytest.mark.slow
def test_a_run_with_pictures_stands_beside_the_papers_table_of_them(finished):
    config = dataclasses.replace(finished.config, model="mobilenet_v2", classes=(*finished.config.classes, CLASS_NAME))
    predictions = finished.predictions.assign(**{f"p_{CLASS_NAME}": 0.0})
    pictures = predictions.head(4).assign(**{"class": CLASS_NAME, f"p_{CLASS_NAME}": 1.0, "recording": "picture"})
    predictions = pd.concat([predictions, pictures], ignore_index=True)
    (finished.path / "config.json").write_text(to_json(config), encoding="utf-8")
    write_predictions(finished.path / "predictions.csv", predictions)
    finished.write("scores.json", score_run(predictions, config))
    page = render(finished)
    assert "0.81, 0.78 (NASNetMobile, Table 4)" in page
    for name in config.classes:
        assert f"{name}, paper&#x27;s NASNetMobile (Table 4)" in page
    assert "Table 2" not in page
    assert "Table 3" not in page


def test_a_page_goes_into_a_new_folder_and_never_in_the_place_of_one(finished, tmp_path, capsys):
    assert main(["report", str(finished.path), "--out", str(tmp_path)]) == 2
    assert "is a folder; expected the name of the page" in capsys.readouterr().err
    page = tmp_path / "new" / "page.html"
    assert main(["report", str(finished.path), "--out", str(page)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
