"""Every model fits the public recordings for a moment: small pictures, few frames, a few epochs, all steps of a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import lusdata
from train.cli import main
from train.configs import get_config
from train.metrics import probabilities_of
from train.models import MODELS
from train.run_folder import RunFolder
from train.segmenter import fit_segmenter

pytestmark = [pytest.mark.real, pytest.mark.train]

SIZE_PX, CLIP_SIZE_PX, FRAMES = 64, 32, 3
MOBILE_WEIGHTS = "mobilenet_v2_imagenet_notop.weights.h5"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for datasets and runs, so that all models share what is built."""
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def segmenter(home: Path) -> Path:
    """Return an ensemble that saw a few phantoms: enough to be one, not to be good."""
    few = {"steps": 6, "batch_size": 4, "phantom_count": 12, "held_out_count": 4}
    return fit_segmenter(out=home / "segmenter", size_px=SIZE_PX, **few)


# The plain config of this one is fitted exactly, without epochs; the next test runs it.
NAMES = ["mobilenet_v2:paper" if name == "mobilenet_v2" else name for name in MODELS]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_fits_real_recordings(name, home, corpus_dir, request):
    config = get_config(name)
    frames = config.clip_frames if config.clip_frames > 1 else FRAMES
    size_px = CLIP_SIZE_PX if config.clip_frames > 1 else SIZE_PX
    settings = {"size_px": size_px, "max_frames": frames, "views": 1, "epochs": 4, "batch_size": 16}
    settings |= {"learning_rate": 1e-3, "monitor": "none"}
    if name in ("vgg_segment", "segment_enc"):
        settings["segmenter"] = request.getfixturevalue("segmenter")
    data = ["--mirror", str(corpus_dir), "--cache", str(home / "cache"), "--offline"]
    changes = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    out = home / name.replace(":", "-")

    assert main(["fit", name, "--weights", "none", *changes, *data, "--out", str(out)]) == 0

    run = RunFolder(out)
    predictions = run.fold_predictions(0)
    chances = probabilities_of(predictions, config.classes)
    assert np.isfinite(chances).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-4)
    assert not predictions.duplicated(["recording", "frame_index"]).any()
    assert held_out_frames(run, home, corpus_dir) == set(
        zip(predictions["recording"], predictions["frame_index"], strict=True)
    )
    log = [json.loads(line) for line in (out / "fold-0" / "log.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in log]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def held_out_frames(run: RunFolder, home: Path, corpus: Path) -> set[tuple[str, int]]:
    """Return recordings and frames of the run's test fold, straight from the dataset."""
    config = run.config
    dataset = lusdata.load(
        "pocus",
        rate_hz=config.rate_hz,
        size=config.size_px,
        max_frames=config.max_frames,
        mirror=(str(corpus),),
        cache=home / "cache",
        offline=True,
    )
    dataset = dataset.select(config.select).select(class_name=config.classes)
    rows = dataset.fold(0, by=config.by, seed=config.seed).test.to_numpy()
    found = list(zip(map(str, rows.recordings), map(int, rows.frame_indices), strict=True))
    if config.clip_frames == 1:
        return set(found)
    # One clip of each recording that is long enough, named by its first frame.
    counts: dict[str, list[int]] = {}
    for recording, frame in found:
        counts.setdefault(recording, []).append(frame)
    return {(recording, min(times)) for recording, times in counts.items() if len(times) == config.clip_frames}


def test_imagenet_weights_that_are_at_hand_are_better_than_none(home, corpus_dir, capsys):
    weights = corpus_dir.parent / "weights" / MOBILE_WEIGHTS
    if not weights.is_file():
        pytest.skip(f"no {MOBILE_WEIGHTS} at {weights.parent}")
    data = ["--mirror", str(corpus_dir), "--cache", str(home / "cache"), "--offline"]
    changes = ["--set", "size_px=128", "--set", f"max_frames={FRAMES}"]
    losses = {}
    for start in ("none", str(weights)):
        out = home / f"exact-{Path(start).name}"
        assert main(["fit", "mobilenet_v2", "--weights", start, *changes, *data, "--out", str(out)]) == 0
        predictions = RunFolder(out).fold_predictions(0)
        classes = RunFolder(out).config.classes
        right = [classes.index(name) for name in predictions["class"]]
        chances = probabilities_of(predictions, classes)[np.arange(len(right)), right]
        losses[start] = float(-np.log(np.clip(chances, 1e-6, 1)).mean())
    assert losses[str(weights)] < losses["none"]
