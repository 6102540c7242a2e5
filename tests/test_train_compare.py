"""Two runs agree if their predictions or, within the stated tolerance, their scores do; what differs is named."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("keras")

from tiny_runs import TinyRun, tiny_run

from train.cli import main
from train.compare import compare_predictions, paired_difference
from train.config import to_json
from train.crossval import score_run
from train.run_folder import RunFolder, write_predictions


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyRun]:
    """Finish a run once; each test changes copies of it."""
    with pytest.MonkeyPatch.context() as patch:
        run = tiny_run(tmp_path_factory.mktemp("runs") / "run", patch)
        inputs = {"samples_digest": run.samples.digest, "catalog_digest": "c", "folds": {"k": 2}}
        run.folder.write("inputs.json", inputs)
        run.folder.write("scores.json", score_run(run.folder.predictions, run.folder.config))
        yield run


def copied(run: TinyRun, path: Path) -> TinyRun:
    shutil.copytree(run.folder.path, path)
    return dataclasses.replace(run, folder=RunFolder(path))


def spoil(run: TinyRun, *, share: float) -> None:
    """Give some frames the probabilities of the next class."""
    table = run.folder.predictions
    columns = [name for name in table.columns if name.startswith("p_")]
    count = round(share * len(table))
    table.loc[: count - 1, columns] = table.loc[: count - 1, columns[1:] + columns[:1]].to_numpy()
    write_predictions(run.folder.path / "predictions.csv", table)
    run.folder.write("scores.json", score_run(table, run.folder.config))


@pytest.fixture
def pair(finished, tmp_path):
    return copied(finished, tmp_path / "ours"), copied(finished, tmp_path / "reference")


def ask(ours: TinyRun, reference: TinyRun) -> int:
    return main(["compare", str(ours.folder.path), "--to", str(reference.folder.path)])


def test_the_same_run_twice_has_the_same_predictions(pair, capsys):
    assert ask(*pair) == 0
    shown = capsys.readouterr().out
    assert "36 frames in both runs, 0 only here, 0 only there" in shown
    assert shown.endswith("AGREES: the same predictions, to 0.001\n")


def test_a_run_that_differs_is_told_by_how_much(pair, capsys):
    spoil(pair[0], share=0.25)
    assert ask(*pair) == 1
    shown = capsys.readouterr().out
    assert "25.0 % of frames change class" in shown
    assert "DISAGREES: frame accuracy" in shown
    assert "frame balanced accuracy is -0." in shown
    assert shown.endswith("DISAGREES: a score differs by more than 0.02\n")


def test_another_config_is_named(pair, capsys):
    record = pair[0].folder.path / "config.json"
    record.write_text(to_json(dataclasses.replace(pair[0].folder.config, seed=7)), encoding="utf-8")
    assert ask(*pair) == 0
    assert "differs: config: seed is 7, was 0" in capsys.readouterr().out


def test_other_data_is_named(pair, capsys):
    facts = pair[0].folder.path / "inputs.json"
    facts.write_text(json.dumps({**pair[0].folder.inputs, "catalog_digest": "d"}), encoding="utf-8")
    ask(*pair)
    assert "differs: catalog_digest: is d, was c" in capsys.readouterr().out


def test_of_weights_files_the_content_counts_and_not_the_place(pair, capsys):
    for run, path, digest in zip(pair, ("a.h5", "b.h5"), ("one", "two"), strict=True):
        config = dataclasses.replace(run.folder.config, weights=path)
        (run.folder.path / "config.json").write_text(to_json(config), encoding="utf-8")
        run.folder.write("inputs.json", {**run.folder.inputs, "weights_sha256": {"weights": digest}})
    assert ask(*pair) == 0
    shown = capsys.readouterr().out
    assert "differs: weights file: sha256 is one, was two" in shown
    assert "config: weights" not in shown
    pair[0].folder.write("inputs.json", pair[1].folder.inputs)
    ask(*pair)
    assert "differs" not in capsys.readouterr().out


def test_frames_that_one_run_lacks_are_counted(pair):
    ours, reference = (run.folder.predictions for run in pair)
    found = compare_predictions(ours.iloc[3:], reference.iloc[:-1], pair[0].folder.config.classes)
    assert (found.frames, found.only_ours, found.only_reference, found.same) == (32, 1, 3, False)


def test_the_order_of_rows_does_not_matter(pair):
    ours, reference = (run.folder.predictions for run in pair)
    assert compare_predictions(ours.iloc[::-1], reference, pair[0].folder.config.classes).same


def test_no_difference_has_an_interval_of_no_width(pair):
    ours, reference = (run.folder.predictions for run in pair)
    assert paired_difference(ours, reference, pair[0].folder.config.classes) == (0.0, (0.0, 0.0))
