"""Predicting new recordings, laying maps over them, and explaining whole runs, from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras")

from tiny_runs import CLASSES, TinyRun, striped, tiny_run  # noqa: E402

import lusdata  # noqa: E402
from lusdata.errors import DataError  # noqa: E402
from lusdata.media.phantom import write_image, write_video  # noqa: E402
from lusdata.media.sector.finder import Sector  # noqa: E402
from train.cli import main  # noqa: E402
from train.explain.explanation import Settings, explain_run  # noqa: E402
from train.overlay import blend, relative_activation, sheet, write_overlay_image  # noqa: E402
from train.predict import find_recordings, read_recording  # noqa: E402


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyRun:
    return tiny_run(tmp_path / "run", monkeypatch)


def media(folder: Path) -> Path:
    """Write a video of class 0, a picture of class 1 and a file that is neither."""
    rng = np.random.default_rng(0)
    (folder / "deep").mkdir(parents=True)
    write_video(folder / "deep" / "clip.avi", np.stack([striped(0, rng)[0]] * 12), rate_hz=6, container="avi")
    write_image(folder / "still.png", striped(1, rng)[0])
    (folder / "notes.txt").write_text("nothing to see")
    return folder


def ended(*_: object) -> None:
    """Stand for a step at which a person ends the run."""
    raise KeyboardInterrupt


def test_a_picture_gets_probabilities_confidences_and_an_overlay(
    run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    folder, out = media(tmp_path / "media"), tmp_path / "out"
    command = ["predict", str(folder / "still.png"), "--run", str(run.folder.path), "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr("train.commands.predict._write_tables", ended)
        assert main(command) == 130
    assert not out.exists(), "half a folder would refuse the next run"
    capsys.readouterr()
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "still.png: bacterial-pneumonia" in printed
    assert "For research, not for diagnosis." in printed
    document = json.loads((out / "predictions.json").read_text())
    (found,) = document["recordings"]
    assert document["use"] == "For research, not for diagnosis."
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert 0 <= found["epistemic_confidence"] <= 1
    assert (out / found["overlay"]).read_bytes()[:4] == b"\x89PNG"
    assert main(command) == 2


@pytest.mark.slow
def test_a_folder_gives_every_recording_and_videos_if_wanted(run: TinyRun, tmp_path: Path):
    folder, out = media(tmp_path / "media"), tmp_path / "out"
    assert main(["predict", str(folder), "--run", str(run.folder.path), "--out", str(out), "--video"]) == 0
    frames = pd.read_csv(out / "frames.csv")
    assert set(frames["recording"]) == {"deep/clip.avi", "still.png"}
    assert (frames["recording"] == "deep/clip.avi").sum() == 6
    np.testing.assert_allclose(frames[[f"p_{name}" for name in CLASSES]].sum(axis=1), 1, atol=1e-5)
    assert (out / "deep--clip.avi.overlay.mp4").stat().st_size > 1000
    assert (out / "still.png.overlay.png").is_file()


@pytest.mark.slow
def test_a_bad_file_is_one_line_and_keeps_the_others_of_its_folder(
    run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = media(tmp_path / "media")
    (folder / "broken.mp4").write_bytes(b"not a video")
    assert (
        main(["predict", str(folder / "broken.mp4"), "--run", str(run.folder.path), "--out", str(tmp_path / "a")]) == 1
    )
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["predict", str(folder), "--run", str(run.folder.path), "--out", str(tmp_path / "b")]) == 1
    assert "broken.mp4" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "b" / "predictions.json").read_text())["recordings"]) == 2


def test_what_is_no_recording_or_no_run_is_one_line(run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "empty").mkdir()
    still = media(tmp_path / "media") / "still.png"
    out = str(tmp_path / "out")
    assert main(["predict", str(tmp_path / "absent"), "--run", str(run.folder.path), "--out", out]) == 2
    assert main(["predict", str(tmp_path / "empty"), "--run", str(run.folder.path), "--out", out]) == 1
    assert main(["predict", str(still), "--run", str(tmp_path / "empty"), "--out", out]) == 2
    assert capsys.readouterr().err.count("\n") == 3
    assert not (tmp_path / "out").exists()


def test_dicom_is_known_by_its_content(tmp_path: Path):
    (tmp_path / "IM0001").write_bytes(bytes(128) + b"DICM" + bytes(20))
    assert [name for name, _ in find_recordings(tmp_path)] == ["IM0001"]


def test_dicom_is_predicted_like_any_video_and_its_header_goes_nowhere(
    run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("pydicom")
    from dicom_files import SECRETS, dicom_file

    from lusdata.media.phantom import PhantomSpec, draw

    frames = draw(PhantomSpec(width_px=160, height_px=120, frame_count=12, burned_in=False), 1).frames
    path, out = dicom_file(tmp_path / "IM0001", frames), tmp_path / "out"
    assert main(["predict", str(path), "--run", str(run.folder.path), "--out", str(out), "--video"]) == 0
    written = (out / "frames.csv").read_text() + (out / "predictions.json").read_text() + capsys.readouterr().out
    assert "IM0001" in written
    assert not any(secret in written for secret in SECRETS)
    assert (out / "IM0001.overlay.mp4").stat().st_size > 1000


def test_of_several_scans_on_a_screen_one_is_read_however_sure_the_finder_is(
    run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first, second = lusdata.Box(0, 0, 64, 64), lusdata.Box(64, 0, 64, 64)
    screen = np.concatenate([np.full((64, 64), 40, np.uint8), np.full((64, 64), 200, np.uint8)], axis=1)
    write_image(tmp_path / "screen.png", screen)

    def level(confidence: float, *others: lusdata.Box) -> float:
        found = Sector(first, first, screen > 0, confidence, "full", other_squares=others)
        monkeypatch.setattr(lusdata, "find_sector", lambda frames: found)
        return float(read_recording(tmp_path / "screen.png", "screen.png", run.folder.config).images.mean())

    assert level(0.9) == level(0.9, second) == level(0.1, second) == pytest.approx(40, abs=1)
    # Of one scan that may be none, the largest centred square is taken.
    assert level(0.1) == pytest.approx(120, abs=3)


@pytest.mark.slow
def test_recordings_too_short_for_a_clip_are_refused(run: TinyRun, tmp_path: Path):
    still = media(tmp_path / "media") / "still.png"
    with pytest.raises(DataError, match="too short for this model; expected 5 frames at 3 Hz; found 1"):
        read_recording(still, "still.png", replace(run.folder.config, clip_frames=5))


def test_overlays_leave_the_anatomy_visible_where_activation_is_low():
    pictures = np.full((1, 20, 20), 100, np.uint8)
    activation = np.zeros((1, 5, 5))
    activation[0, 0, 0] = 1
    found = blend(pictures, activation)
    assert (found[0, 10:, 10:] == 100).all()
    assert found[0, 0, 0].tolist() != [100, 100, 100]


def test_activation_is_relative_to_the_recording_and_never_negative():
    maps = np.array([[[-1.0, 2.0]], [[0.5, 4.0]]])
    assert relative_activation(maps).tolist() == [[[0.0, 0.5]], [[0.125, 1.0]]]
    assert relative_activation(-np.ones((1, 2, 2))).max() == 0


def test_titles_are_never_read_as_mathematics(tmp_path: Path):
    canvas, place = sheet("cost $x^2 to $y", "a" * 200)
    assert canvas.shape[0] % 2 == canvas.shape[1] % 2 == 0
    assert place[0].stop - place[0].start == 448
    write_overlay_image(tmp_path / "x.png", np.zeros((32, 32), np.uint8), np.ones((4, 4)), title="$", subtitle="")
    assert (tmp_path / "x.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_run_is_explained_whole(run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "why"
    with monkeypatch.context() as patch:
        patch.setattr("train.explain.explanation.peak_points", ended)
        with pytest.raises(KeyboardInterrupt):
            explain_run(run.folder, run.samples, out=out, cache=None, settings=Settings())
    assert not out.exists(), "half a folder would refuse the next run"
    found = explain_run(run.folder, run.samples, out=out, cache=None, settings=Settings(draws=50, phantoms=2, videos=1))
    pictures = ["confidence", "examples", "mmd", "overlap", "peaks", "train-test-cam"]
    assert sorted(path.stem for path in out.glob("*.png")) == pictures
    assert json.loads((out / "explain.json").read_text()) == found
    assert len(found["videos"]) == 3
    assert all((out / name).is_file() for name in found["videos"])
    assert found["method"] == "cam"
    assert set(found["uncertainty"]) >= {"epistemic", "aleatoric", "between", "dropout"}
    assert len((out / "confidences.csv").read_text().splitlines()) == len(run.samples) + 1
    assert {pair["draws"] for pair in found["mmd"]["pairs"]} == {50}


@pytest.mark.slow
def test_the_explain_command_prints_what_it_found_and_overwrites_nothing(
    run: TinyRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    from train.commands import explain
    from train.commands.options import Material

    monkeypatch.setattr(explain, "material_from", lambda *_: Material(run.samples, None, None))
    command = ["explain", str(run.folder.path), "--draws", "20", "--phantoms", "1", "--videos", "0"]
    assert main([*command, "--cache", str(tmp_path / "cache")]) == 0
    printed = capsys.readouterr().out
    assert "covid-19 against healthy: squared MMD" in printed
    assert "phantoms, b_lines: peak on it" in printed
    assert "epistemic confidence: " in printed
    assert (run.folder.path / "explain" / "explain.json").is_file()
    assert main(command) == 2
    assert "the folder is not empty" in capsys.readouterr().err


def test_networks_that_no_longer_say_what_they_said_are_not_explained(run: TinyRun, tmp_path: Path):
    path = run.folder.path / "predictions.csv"
    table = pd.read_csv(path)
    columns = [f"p_{name}" for name in CLASSES]
    table[columns] = table[columns].to_numpy()[:, ::-1]
    table.to_csv(path, index=False)
    with pytest.raises(DataError, match="do not give the run's predictions"):
        explain_run(run.folder, run.samples, out=tmp_path / "why", cache=None, settings=Settings())


def test_the_commands_say_what_they_do(capsys: pytest.CaptureFixture[str]):
    for command in ("explain", "predict", "study"):
        assert main([command, "--help"]) == 0
        assert "usage: python -m train" in capsys.readouterr().out
    assert main(["explain", "x", "--draws", "0"]) == 2
    assert "expected at least 1" in capsys.readouterr().err
