"""A run folder belongs to one run; what is finished is never overwritten, what failed is in nobody's way."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lusdata.atomic import write_text
from lusdata.errors import DataError, UsageError
from lusdata.scratch import process_mark
from train.config import TrainConfig
from train.run_folder import RunFolder, read_predictions, require_new_folder, write_predictions

CONFIG = TrainConfig(name="m", model="vgg_cam")
INPUTS = {"samples_digest": "one"}
_PLACE, _PID, _BEGAN = process_mark().split("-")
DEAD = (f"{_PLACE}-999999999-1", f"{_PLACE}-{_PID}-{int(_BEGAN) - 1}")
TABLE = pd.DataFrame(
    {"fold": [0], "recording": ["a/b"], "group": ["g"], "provider": ["p"], "class": ["healthy"], "frame_index": [0]}
)


def claimed(path: Path) -> RunFolder:
    folder = RunFolder(path)
    folder.claim(CONFIG, INPUTS)
    return folder


def test_the_same_run_goes_on_and_another_is_refused_once_a_fold_is_done(tmp_path):
    folder = claimed(tmp_path / "run")
    folder.finish_fold(0, TABLE, {"epochs": 1})
    folder.claim(CONFIG, INPUTS)
    with pytest.raises(UsageError, match="belongs to a run with another epochs; name another folder with --out"):
        folder.claim(replace(CONFIG, epochs=3), INPUTS)
    with pytest.raises(UsageError, match="belongs to a run with another samples_digest"):
        folder.claim(CONFIG, {"samples_digest": "two"})
    assert folder.config == CONFIG
    assert folder.fold_is_done(0)


def test_a_start_that_failed_does_not_hold_the_folder(tmp_path):
    folder = claimed(tmp_path / "run")
    folder.fold(0)
    mended = replace(CONFIG, learning_rate=1e-5)
    folder.claim(mended, INPUTS)
    assert folder.config == mended


def test_a_folder_in_use_is_refused_whatever_the_config(tmp_path):
    folder = claimed(tmp_path / "run")
    with folder.in_use():
        for config in (CONFIG, replace(CONFIG, epochs=3)):
            with pytest.raises(UsageError, match=rf"the run folder is in use; found process {os.getpid()}"):
                folder.claim(config, INPUTS)
        with pytest.raises(UsageError, match="in use"), folder.in_use():
            pass
    folder.claim(replace(CONFIG, epochs=3), INPUTS)


@pytest.mark.parametrize("owner", [*DEAD, "", "not a mark"], ids=["gone", "same number", "empty", "torn"])
def test_the_lock_of_a_process_that_is_gone_is_no_lock(tmp_path, owner):
    folder = claimed(tmp_path / "run")
    (folder.path / "lock").write_text(owner)
    with folder.in_use():
        assert (folder.path / "lock").read_text().strip() == process_mark()
    assert not (folder.path / "lock").exists()


def test_a_run_that_ended_while_it_claimed_the_folder_does_not_hold_it(tmp_path, monkeypatch):
    def ended(path, text):
        (path.parent / ".lusdata-00000000-1-1-11111111.part").write_text(text)
        os.utime(path.parent / ".lusdata-00000000-1-1-11111111.part", (0, 0))
        raise KeyboardInterrupt

    for written in (0, 1):
        folder = RunFolder(tmp_path / str(written))
        with monkeypatch.context() as patch:
            writers = iter([*[write_text] * written, ended])
            patch.setattr("train.run_folder.write_text", lambda path, text, writers=writers: next(writers)(path, text))
            with pytest.raises(KeyboardInterrupt):
                folder.claim(CONFIG, INPUTS)
        folder.claim(CONFIG, INPUTS)
        assert (folder.config, folder.inputs) == (CONFIG, INPUTS)


def test_files_and_folders_of_others_are_left_alone(tmp_path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and holds no run"):
        RunFolder(other).claim(CONFIG, INPUTS)
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]
    for refuse in (lambda path: RunFolder(path).claim(CONFIG, INPUTS), require_new_folder):
        with pytest.raises(UsageError, match="is a file"):
            refuse(other / "chapter.txt")


@pytest.mark.parametrize("text", ["{", "[1]", "{}", '{"frame": {"scores": {}}}'], ids=["torn", "list", "no", "half"])
def test_a_damaged_file_of_a_run_is_one_line(tmp_path, text):
    folder = claimed(tmp_path / "run")
    for name in ("scores.json", "scores-blues.json"):
        (folder.path / name).write_text(text)
    for read in (lambda: folder.scores, lambda: folder.scores_elsewhere):
        with pytest.raises(DataError, match="a file of the run is damaged"):
            read()


def test_a_damaged_log_and_an_unknown_choice_are_one_line(tmp_path):
    folder = claimed(tmp_path / "run")
    folder.finish_fold(0, TABLE, {"chosen": {"sparkle": 1}})
    with pytest.raises(DataError, match=r"done\.json: a file of the run is damaged; found .*sparkle"):
        folder.fold_config(0)
    assert folder.log(0) is None
    (folder.fold(0) / "log.jsonl").write_text('{"epoch": 0}\n{"epo')
    with pytest.raises(DataError, match=r"log\.jsonl: a file of the run is damaged"):
        folder.log(0)


def test_a_table_that_was_cut_off_is_not_taken_for_a_run(tmp_path):
    folder = claimed(tmp_path / "run")
    level = {"scores": {"rows": 2}, "intervals": {}, "folds": {}}
    folder.write("scores.json", dict.fromkeys(("frame", "video", "patient"), level))
    folder.finish_fold(0, TABLE, {})
    write_predictions(folder.path / "predictions.csv", TABLE)
    with pytest.raises(DataError, match="damaged; expected 2 rows, as many as were scored; found 1"):
        folder.require_finished()
    (folder.path / "predictions.csv").write_text(TABLE.to_csv(index=False) + "0,a/b,g")
    with pytest.raises(DataError, match="damaged; found row 2 is not complete"):
        folder.require_finished()


@pytest.mark.parametrize("text", ["", '"fold', "a,b\n1,2\n"], ids=["empty", "torn", "columns"])
def test_a_damaged_table_is_one_line(tmp_path, text):
    path = tmp_path / "predictions.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"the table of predictions is damaged|a column is missing"):
        read_predictions(path)
