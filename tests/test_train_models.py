"""The nine networks: their size, their parts, and that each of them can be fitted."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import keras

from lusdata.errors import UsageError
from train.config import TrainConfig
from train.configs import get_config
from train.models import MODELS, build, split_network
from train.models.ensemble import BOTTLENECK_MAPS, PATTERNS, build_ensemble
from train.models.segmentation import PATTERN_COLOURS, colouring_network

ROOT = Path(__file__).resolve().parent.parent
SIZE_PX = 64
# Building these takes longer than building all others.
LARGE = {"nasnet_mobile", "resnet50", "vgg_segment", "segment_enc"}


def each(*names: str) -> list[object]:
    """Return the models by name, the large ones for the slow tests."""
    return [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in names]


NAMES = each(*MODELS)
FROZEN = each(*(name for name in MODELS if name not in ("covidnet", "genesis")))


def small(name: str, **changes: object) -> TrainConfig:
    """Return a config for small pictures and without weights."""
    return get_config(name).__class__(**{**get_config(name).__dict__, "size_px": SIZE_PX, "weights": "none", **changes})


@functools.cache
def network(name: str) -> keras.Model:
    """Build each network once: some of them take seconds."""
    return build(small(name))


@functools.cache
def colouring() -> keras.Model:
    """Build what `vgg_segment` has before its VGG, on pictures as small as the ensemble can halve."""
    return colouring_network(small("vgg_segment", size_px=32))


def inputs(model: keras.Model, count: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *model.input_shape[1:])).astype(np.float32)


def run(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(pictures, training=False))


def count(weights: list[keras.Variable]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_parameters_is_the_one_that_help_prints(name):
    assert network(name).count_params() == MODELS[name].parameters


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if entry.paper_parameters])
def test_the_number_of_parameters_is_the_papers_to_a_hundredth(name):
    entry = MODELS[name]
    assert entry.parameters == pytest.approx(entry.paper_parameters, rel=0.01)


def test_only_what_stands_on_the_ensemble_differs_from_the_paper():
    differing = {name for name, entry in MODELS.items() if entry.paper_parameters not in (None, entry.parameters)}
    assert differing == {"vgg_segment", "segment_enc"}


@pytest.mark.parametrize("name", NAMES)
def test_the_output_is_a_chance_for_each_class(name):
    chances = run(network(name), inputs(network(name)))
    assert chances.shape == (2, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    assert (chances >= 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_entry_says_what_it_is_and_where_it_comes_from(name):
    entry = MODELS[name]
    assert entry.title
    assert "20" in entry.source


@pytest.mark.parametrize("name", FROZEN)
def test_the_frozen_and_the_trained_part_make_the_whole(name):
    whole = network(name)
    prefix, head = split_network(whole, get_config(name).frozen_until)
    pictures = inputs(whole)
    np.testing.assert_allclose(run(head, run(prefix, pictures)), run(whole, pictures), rtol=1e-4, atol=1e-5)
    assert count(prefix.trainable_weights) == 0
    assert count(head.trainable_weights) == count(whole.trainable_weights)


@pytest.mark.parametrize("name", each("vgg", "vgg_cam", "vgg_segment"))
def test_the_paper_trains_two_million_parameters_of_vgg(name):
    assert count(network(name).trainable_weights) == pytest.approx(2.4e6, rel=0.02)


@pytest.mark.parametrize("name", ["covidnet", "genesis"])
def test_what_starts_from_nothing_is_trained_whole(name):
    whole = network(name)
    assert split_network(whole, "") == (None, whole)
    assert count(whole.trainable_weights) > 0.99 * MODELS[name].parameters


@pytest.mark.slow
def test_normalisation_learns_only_where_nothing_was_learnt_before(tmp_path):
    path = tmp_path / "mobile.weights.h5"
    shape = (SIZE_PX, SIZE_PX, 3)
    keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=shape).save_weights(path)
    whole = {"pool_layer": "", "frozen_until": ""}
    fresh, started = (
        build(small("mobilenet_v2:paper", **whole)),
        build(small("mobilenet_v2:paper", weights=str(path), **whole)),
    )
    last = "Conv_1_bn"
    assert fresh.get_layer(last).trainable
    assert not started.get_layer(last).trainable
    assert started.get_layer("Conv_1").trainable


def test_maps_before_the_last_can_be_classified():
    model = build(small("vgg_cam", frozen_until="block3_conv3", pool_layer="block3_pool"))
    assert model.get_layer("pool").input.shape[-1] == 256
    assert "block4_conv1" not in {layer.name for layer in model.layers}


def test_weight_decay_is_a_penalty_on_the_last_layer():
    model = build(small("vgg_cam", weight_decay=0.5))
    kernel = keras.ops.convert_to_numpy(model.get_layer("classes").kernel)
    assert float(model.losses[0]) == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "alexnet"}, r"alexnet: no such model; expected one of covidnet, genesis, .*vgg_segment"),
        (
            {"frozen_until": "block_99"},
            r"frozen_until: no such layer; expected a layer of vgg_cam, such as .*pool",
        ),
        (
            {"pool_layer": "pool"},
            r"pool_layer: no such layer with maps; expected a layer of vgg16, such as .*block5_pool",
        ),
    ],
    ids=["model", "frozen layer", "pooled layer"],
)
def test_a_wrong_name_is_answered_with_right_ones(change, message):
    with pytest.raises(UsageError, match=message):
        build(small("vgg_cam", **change))


def test_a_network_is_not_cut_inside_a_block():
    with pytest.raises(
        UsageError, match=r"a shortcut passes the layer by; expected a layer that everything goes through"
    ):
        split_network(network("mobilenet_v2"), "block_11_expand_relu")


def test_a_clip_of_five_frames_outlives_three_halvings():
    model = network("genesis")
    assert model.input_shape == (None, 5, SIZE_PX, SIZE_PX, 1)
    assert model.get_layer("level3_1_relu").output.shape[1:] == (8, 8, 1, 512)


def test_large_clips_are_shrunk_to_what_a_processor_can_bear():
    model = build(small("genesis", size_px=224))
    assert model.get_layer("shrink").output.shape[1:] == (5, 56, 56, 1)


def test_the_order_of_frames_matters_to_the_clip_model():
    model = network("genesis")
    clip = inputs(model, count=1)
    assert np.abs(run(model, clip) - run(model, clip[:, ::-1])).max() > 0


def test_the_ensemble_names_six_patterns_and_has_560_bottleneck_maps():
    ensemble = colouring().get_layer("ensemble")
    chances, maps = (keras.ops.convert_to_numpy(part) for part in ensemble(inputs(ensemble)))
    assert chances.shape == (2, 32, 32, len(PATTERNS)) == (2, 32, 32, 6)
    assert maps.shape == (2, 2, 2, BOTTLENECK_MAPS) == (2, 2, 2, 560)
    np.testing.assert_allclose(chances.sum(axis=-1), 1, rtol=1e-4)


def test_the_ensemble_refuses_a_size_that_it_cannot_halve_four_times():
    with pytest.raises(ValueError, match=r"size_px must be a multiple of 16\. Received: 100"):
        build_ensemble(100)


def test_every_pattern_has_a_colour_of_its_own():
    assert set(PATTERN_COLOURS) == set(PATTERNS)
    colours = [colour for colour in PATTERN_COLOURS.values() if colour]
    assert len(set(colours)) == len(colours) == len(PATTERNS) - 1


def test_vgg_segment_looks_at_coloured_pictures():
    pictures = inputs(colouring(), count=1)
    chances, coloured = (keras.ops.convert_to_numpy(part)[0] for part in colouring()(pictures))
    found = chances.argmax(-1)
    plain = np.repeat(pictures[0], 3, axis=-1)
    for index, pattern in enumerate(PATTERNS):
        paint = PATTERN_COLOURS[pattern]
        wanted = plain if paint is None else 0.4 * plain + 0.6 * np.array(paint, np.float32)
        np.testing.assert_allclose(coloured[found == index], wanted[found == index], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", ["vgg_segment", "segment_enc"])
def test_an_untrained_ensemble_is_used_only_if_asked_for(name):
    with pytest.raises(UsageError, match=r"needs a trained segmentation ensemble.*python -m train fit segmenter"):
        build(small(name, weights="imagenet"))


@pytest.mark.parametrize("model", [colouring, *each("vgg_segment", "segment_enc")])
def test_the_ensemble_is_never_trained_with_the_classifier(model):
    whole = network(model) if isinstance(model, str) else model()
    assert whole.get_layer("ensemble").trainable_weights == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg_segment", "covidnet"])
def test_a_saved_network_needs_nothing_else(name, tmp_path):
    model = network(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(run(loaded, inputs(model)), run(model, inputs(model)), rtol=1e-4, atol=1e-6)


def test_models_and_layers_call_no_backend():
    sources = [*(ROOT / "train" / "models").glob("*.py"), ROOT / "train" / "layers.py", ROOT / "train" / "weights.py"]
    trees = [ast.parse(source.read_text(encoding="utf-8")) for source in sources]
    imported = {
        name.partition(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    assert imported & {"tensorflow", "torch", "jax"} == set()


@pytest.mark.parametrize("name", ["covidnet", "genesis", "vgg", "mobilenet_v2"])
def test_the_averages_of_trained_normalisations_keep_up_with_short_epochs(name):
    config = small(name)
    _, trained = split_network(network(name), config.frozen_until)
    momenta = [one.momentum for one in trained.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert momenta
    # After the 40 steps of a small epoch less than a fiftieth of where they started is left.
    assert max(momenta) ** 40 < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_networks_run_on_another_backend(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    code = (
        "import numpy as np, keras\n"
        "from dataclasses import replace\n"
        "from train.configs import get_config\n"
        "from train.models import build, split_network\n"
        "for name in ('mobilenet_v2', 'covidnet', 'vgg_segment', 'segment_enc', 'genesis'):\n"
        "    config = replace(get_config(name), size_px=64, weights='none')\n"
        "    model = build(config)\n"
        "    split_network(model, config.frozen_until)\n"
        "    chances = model(np.ones((1, *model.input_shape[1:]), 'float32'))\n"
        "    assert abs(float(chances.sum()) - 1) < 1e-4, name\n"
        "print(keras.backend.backend())\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": backend}
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert found.stdout.split() == [backend], found.stderr[-2000:]


def phantom_like(config: TrainConfig, rows: int = 24):
    """Return noise with a bright part that differs by class: enough to fit, nothing to be proud of."""
    from train.data import Samples

    rng = np.random.default_rng(5)
    labels = np.arange(rows) % 3
    shape = (rows, SIZE_PX, SIZE_PX) if config.clip_frames == 1 else (rows, config.clip_frames, SIZE_PX, SIZE_PX)
    images = rng.integers(0, 90, shape, dtype=np.uint8)
    for label in range(3):
        images[labels == label, ..., 20 * label : 20 * label + 20, :] += 120
    names = np.array([f"recording-{row // 4}" for row in range(rows)])
    return Samples(
        images=images,
        labels=labels.astype(np.int64),
        recordings=names,
        groups=names,
        providers=np.array(["phantom"] * rows),
        frame_indices=np.arange(rows, dtype=np.int64),
        times_s=np.arange(rows, dtype=np.float64),
        classes=config.classes,
    )


@pytest.mark.train
@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_fitted(name, tmp_path):
    from train.fit import fit_fold

    config = small(name, epochs=1, batch_size=8, views=1)
    samples = phantom_like(config)
    parts = np.array(["train", "train", "validation", "test"])[np.arange(len(samples)) // 3 % 4]
    result = fit_fold(
        config, samples, parts, fold=0, cache=tmp_path / "cache", weights_to=tmp_path / "model.weights.h5"
    )
    chances = result.predictions[[f"p_{label}" for label in config.classes]].to_numpy()
    assert len(chances) == (parts == "test").sum()
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-4)
    assert (tmp_path / "model.weights.h5").is_file()
    assert len(result.log) == (0 if config.solver == "exact" else config.epochs)
