"""The training commands from the call to the exit code, on drawn recordings and a network that fits in a second."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'train'")

from tiny_runs import tiny_network, tiny_samples  # noqa: E402

from lusdata.errors import UsageError  # noqa: E402
from train import configs, models  # noqa: E402
from train.cli import main  # noqa: E402
from train.config import TrainConfig  # noqa: E402
from train.explain.segmented import middle_rows  # noqa: E402
from train.models import ModelEntry  # noqa: E402
from train.models.ensemble import build_ensemble  # noqa: E402
from train.run_folder import RunFolder  # noqa: E402
from train.uninformative import CLASS_NAME  # noqa: E402
from train.weights import load_backbone_weights, sha256_of_file  # noqa: E402

CONFIG = TrainConfig(
    "tiny",
    "tiny",
    classes=("covid-19", "healthy"),
    select="",
    max_frames=2,
    size_px=32,
    epochs=1,
    batch_size=4,
    monitor="none",
    frozen_until="stripes",
    augmentation="none",
    views=0,
    weights="none",
    by="video",
    k=2,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one cache folder for the module, so that the dataset is built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def train(phantom_collection, cache, monkeypatch):
    """Return a function that runs a command on the drawn recordings with the model `tiny`."""

    def build(config: TrainConfig) -> keras.Model:
        network = tiny_network(config, head="deep")
        load_backbone_weights(network, "tiny", config.weights)
        return network

    monkeypatch.setitem(models.MODELS, "tiny", ModelEntry(build, "tiny", 0, None, "made up"))
    monkeypatch.setitem(configs.CONFIGS, "tiny", lambda: CONFIG)
    data = ["--collection", str(phantom_collection.manifests), "--mirror", str(phantom_collection.media)]

    def run(command: str, *arguments: str) -> int:
        return main([command, *arguments, *data, "--cache", str(cache), "--offline"])

    return run


@pytest.fixture
def untrained_ensemble(tmp_path) -> Path:
    path = tmp_path / "own.weights.h5"
    build_ensemble(32).save_weights(path)
    path.with_name("own.json").write_text('{"size_px": 32}')
    return path


def save_weights(path: Path, *, seed: int) -> Path:
    keras.utils.set_random_seed(seed)
    tiny_network(CONFIG, head="deep").save_weights(path)
    return path


@pytest.mark.slow
def test_a_loss_that_is_not_a_number_is_one_line_and_leaves_nothing_that_counts(train, tmp_path, capsys):
    out = tmp_path / "run"
    assert train("crossval", "tiny", "--set", "learning_rate=1e38", "--set", "epochs=4", "--out", str(out)) == 1
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith("train: fold 0, epoch ")
    assert "the training loss is not a number" in complaint
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["config.json", "inputs.json"]
    assert train("fit", "tiny", "--out", str(out)) == 0
    assert RunFolder(out).config.learning_rate == CONFIG.learning_rate
    # What a single fit leaves is what a cross-validation goes on from and reports.
    assert {"epochs", "chosen", "frame_accuracy", "wall_s"} <= set(RunFolder(out).fold_facts(0))


@pytest.mark.slow
def test_a_network_that_its_very_last_step_spoilt_is_not_tested(train, tmp_path, capsys):
    out = tmp_path / "run"
    assert train("fit", "tiny", "--set", "learning_rate=1e38", "--set", "batch_size=99", "--out", str(out)) == 1
    assert "fold 0: a predicted probability is not a number; lower the learning rate" in capsys.readouterr().err
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["config.json", "inputs.json"]


@pytest.mark.slow
def test_a_run_belongs_to_the_content_of_its_weights_file(train, tmp_path, capsys):
    file = save_weights(tmp_path / "start.weights.h5", seed=1)
    arguments = ["tiny", "--weights", str(file), "--out", str(tmp_path / "run")]
    assert train("fit", *arguments) == 0
    run = RunFolder(tmp_path / "run")
    assert run.inputs["weights_sha256"] == {"weights": sha256_of_file(file)}
    before = (run.path / "inputs.json").read_bytes()

    save_weights(file, seed=2)
    assert train("crossval", *arguments) == 2
    assert "belongs to a run with another weights_sha256" in capsys.readouterr().err
    assert (run.path / "inputs.json").read_bytes() == before


@pytest.mark.slow
def test_a_cross_validation_that_is_ended_goes_on_to_the_same_scores(train, tmp_path, monkeypatch):
    replace, written = Path.replace, []

    def ended(path: Path, target: Path) -> Path:
        # The dataset lies elsewhere, and is built by the first run alone.
        if tmp_path in target.parents:
            written.append(target)
            if len(written) == last:
                raise KeyboardInterrupt
        return replace(path, target)

    def files(folder: Path) -> dict[str, bytes]:
        found = [path for path in folder.rglob("*") if path.is_file()]
        # These say how long it took.
        told = {"done.json", "folds.json", "report.html"}
        return {str(path.relative_to(folder)): b"" if path.name in told else path.read_bytes() for path in found}

    monkeypatch.setattr(Path, "replace", ended)
    last = 0
    assert train("crossval", "tiny", "--out", str(tmp_path / "whole")) == 0
    for moment in (1, len(written) // 2, len(written)):
        run = tmp_path / f"ended-{moment}"
        written.clear()
        last = moment
        assert train("crossval", "tiny", "--out", str(run)) == 130
        last = 0
        assert train("crossval", "tiny", "--out", str(run)) == 0
        assert files(run) == files(tmp_path / "whole")


@pytest.mark.slow
def test_frames_are_drawn_beside_what_the_ensemble_sees_in_them(train, untrained_ensemble, tmp_path, capsys):
    picture = tmp_path / "new" / "figure-5.png"
    assert train("segment", str(untrained_ensemble), "--out", str(picture)) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4, "a recording of each class, then where the picture is"
    assert all(sum(map(float, re.findall(r"0\.\d+|1\.0+", line))) == pytest.approx(1, abs=0.01) for line in lines[:3])

    before = picture.read_bytes()
    assert train("segment", str(untrained_ensemble), "--out", str(picture)) == 2
    assert "is there already" in capsys.readouterr().err
    assert picture.read_bytes() == before


def test_the_middle_frame_of_the_wanted_recordings_is_chosen():
    samples, _ = tiny_samples(recordings=6, frames=3)
    assert middle_rows(samples).tolist() == [1, 4, 7]
    assert middle_rows(samples, ["tiny/clip-05", "tiny/clip-00"]).tolist() == [16, 1]
    with pytest.raises(UsageError, match="tiny/clip-99: no such recording with frames"):
        middle_rows(samples, ["tiny/clip-00", "tiny/clip-99"])


def test_a_run_with_pictures_asks_for_them(train, tmp_path, capsys):
    classes = f"covid-19,healthy,{CLASS_NAME}"
    assert train("fit", "tiny", "--set", f"classes={classes}", "--out", str(tmp_path / "run")) == 2
    assert "--uninformative: no pictures" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_options_that_mean_nothing_to_the_segmenter_are_refused(train, capsys):
    assert train("fit", "segmenter", "--set", "epochs=1") == 2
    assert "--set, --mirror: the segmenter has no config" in capsys.readouterr().err
