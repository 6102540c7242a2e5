"""Class activation maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tiny_runs import PATCH, SIZE, tiny_network, tiny_run, tiny_samples  # noqa: E402

from lusdata.errors import DataError, UsageError  # noqa: E402
from train.config import TrainConfig  # noqa: E402
from train.configs import get_config  # noqa: E402
from train.explain.cam import MappedNetwork  # noqa: E402
from train.explain.explanation import example_rows  # noqa: E402
from train.explain.fold_models import FoldModels, Views, collect, held_out_fold, on_one_grid  # noqa: E402
from train.explain.grid import resize_maps  # noqa: E402
from train.explain.peaks import peak_points  # noqa: E402
from train.models import build, split_network  # noqa: E402

CONFIG = TrainConfig("tiny:test", "tiny", size_px=SIZE, weights="none")


def pictures(count: int = 9) -> np.ndarray:
    return tiny_samples()[0].images[:count, ..., None].astype(np.float32)


def logits(network: keras.Model, inputs: np.ndarray) -> np.ndarray:
    chances = keras.ops.convert_to_numpy(network(inputs))
    return np.log(chances) - np.log(chances).mean(1, keepdims=True)


@pytest.mark.parametrize("head", ["linear", "deep", "flat"])
def test_the_mean_of_a_map_is_the_logit_and_maps_add_up_to_nothing(head):
    network = tiny_network(CONFIG, head=head)
    maps, chances = MappedNetwork(network).maps(pictures())
    assert maps.shape == (9, 3, SIZE // 4, SIZE // 4)
    np.testing.assert_allclose(maps.mean((2, 3)), logits(network, pictures()), atol=1e-3)
    np.testing.assert_allclose(maps.sum(1), 0, atol=1e-3)
    np.testing.assert_allclose(chances, keras.ops.convert_to_numpy(network(pictures())), atol=1e-6)


def test_what_all_classes_have_in_common_does_not_show():
    network = tiny_network(CONFIG)
    plain, _ = MappedNetwork(network).maps(pictures())
    kernel, bias = network.get_layer("classes").get_weights()
    network.get_layer("classes").set_weights([kernel + np.array([[3.0], [-5.0], [1.0]]), bias + 7])
    np.testing.assert_allclose(MappedNetwork(network).maps(pictures())[0], plain, atol=1e-3)


def test_the_map_is_hottest_on_the_pattern():
    samples, places = tiny_samples()
    maps, _ = MappedNetwork(tiny_network(CONFIG)).maps(samples.images[..., None].astype(np.float32))
    points = peak_points(maps[np.arange(len(samples)), samples.labels]) * SIZE
    centres = places[:, ::-1] + PATCH / 2
    assert np.abs(points - centres).max() <= PATCH / 2


def test_grad_cam_equals_cam_where_the_head_is_linear_in_disguise():
    network = tiny_network(CONFIG)
    layers = keras.layers
    pooled = network.get_layer("pool").output
    same = layers.Dense(3, kernel_initializer="identity", name="same")(pooled)
    disguised = keras.Model(network.input, layers.Dense(3, activation="softmax", name="classes")(same))
    disguised.get_layer("classes").set_weights(network.get_layer("classes").get_weights())
    plain, graded = MappedNetwork(network), MappedNetwork(disguised)
    assert (plain.method, graded.method) == ("cam", "grad-cam")
    np.testing.assert_allclose(graded.maps(pictures())[0], plain.maps(pictures())[0], rtol=1e-3, atol=1e-3)


def test_normalisation_between_pooling_and_softmax_is_part_of_plain_cam():
    network = tiny_network(CONFIG)
    layers = keras.layers
    norm = layers.BatchNormalization(name="norm")
    vector = layers.Dropout(0.5)(norm(network.get_layer("pool").output))
    normed = keras.Model(network.input, layers.Dense(3, activation="softmax", name="last")(vector))
    norm.set_weights([np.array(values, np.float32) for values in ((1, 2, 3), (0, 1, 0), (0.1, 0.2, 0.3), (4, 1, 2))])
    mapped = MappedNetwork(normed)
    maps, chances = mapped.maps(pictures())
    assert mapped.method == "cam"
    np.testing.assert_allclose(maps.mean((2, 3)), logits(normed, pictures()), atol=1e-3)
    passes = mapped.dropout_passes(pictures(), passes=1, rate=0.0, seed=0)
    np.testing.assert_allclose(passes[0], chances, atol=1e-5)


@pytest.mark.parametrize("head", ["deep", "flat"])
def test_heads_that_are_not_linear_get_grad_cam(head):
    mapped = MappedNetwork(tiny_network(CONFIG, head=head))
    maps, chances = mapped.maps(pictures())
    assert mapped.method == "grad-cam"
    assert maps.shape == (9, 3, SIZE // 4, SIZE // 4)
    assert np.isfinite(maps).all()
    np.testing.assert_allclose(chances.sum(1), 1, atol=1e-5)


def test_a_model_that_pools_an_intermediate_layer_and_the_last_one_is_mapped_on_the_finer_grid():
    layers = keras.layers
    inputs = keras.Input((32, 32, 1))
    early = layers.Conv2D(4, 3, strides=2, padding="same", name="early")(inputs)
    late = layers.Conv2D(6, 3, strides=2, padding="same", name="late")(early)
    vector = layers.Concatenate()([layers.GlobalAveragePooling2D()(early), layers.GlobalAveragePooling2D()(late)])
    network = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Dropout(0.5)(vector)))
    mapped = MappedNetwork(network)
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype(np.float32)
    maps, _ = mapped.maps(images)
    assert mapped.method == "cam"
    assert maps.shape == (2, 3, 16, 16)
    np.testing.assert_allclose(maps.mean((2, 3)), logits(network, images), atol=1e-3)


def test_maps_of_clips_are_averaged_over_time():
    layers = keras.layers
    inputs = keras.Input((4, 16, 16, 1))
    hidden = layers.Conv3D(5, 3, strides=(1, 2, 2), padding="same")(inputs)
    network = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling3D()(hidden)))
    maps, _ = MappedNetwork(network).maps(np.ones((2, 4, 16, 16, 1), np.float32))
    assert maps.shape == (2, 3, 8, 8)


def test_maps_of_the_clip_model_are_pictures_though_it_puts_time_last():
    config = replace(get_config("genesis"), size_px=32)
    clips = np.zeros((1, 5, 32, 32, 1), np.float32)
    assert MappedNetwork(build(config)).maps(clips)[0].shape == (1, 3, 4, 4)


def test_the_trained_part_alone_is_mapped_like_the_whole():
    network = tiny_network(CONFIG)
    prefix, head = split_network(network, "stripes")
    inner = keras.ops.convert_to_numpy(prefix(pictures()))
    np.testing.assert_allclose(
        MappedNetwork(head).maps(inner)[0], MappedNetwork(network).maps(pictures())[0], atol=1e-4
    )


def test_a_network_without_dense_softmax_or_feature_maps_is_refused():
    inputs = keras.Input((8,))
    dense = keras.layers.Dense(3, activation="softmax")(inputs)
    with pytest.raises(UsageError, match="feature maps before the last layer"):
        MappedNetwork(keras.Model(inputs, dense))
    with pytest.raises(UsageError, match="a dense softmax as the last layer"):
        MappedNetwork(keras.Model(inputs, keras.layers.Dense(3)(inputs)))


def test_other_backends_are_told_so(monkeypatch):
    mapped = MappedNetwork(tiny_network(CONFIG, head="deep"))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(UsageError, match=r"expected tensorflow or torch; found jax"):
        mapped.maps(pictures(1))


def test_resizing_keeps_flat_maps_flat_and_peaks_in_place():
    assert np.allclose(resize_maps(np.full((2, 7, 7), 3.0), (224, 224)), 3.0)
    one = np.zeros((1, 7, 7))
    one[0, 2, 5] = 1
    row, column = np.unravel_index(resize_maps(one, (70, 70)).argmax(), (70, 70))
    assert (row // 10, column // 10) == (2, 5)


def test_a_runs_networks_share_their_frozen_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tiny_run(tmp_path / "run", monkeypatch)
    models = FoldModels(run.folder)
    assert models.prefix is not None
    assert models.folds == (0, 1)
    held_out = held_out_fold(run.samples, run.folder.predictions, models.folds)
    evidence = collect(models, Views(models, run.samples, cache=None), held_out)
    told = run.folder.predictions.set_index(["recording", "frame_index"])
    keys = list(zip(run.samples.recordings, run.samples.frame_indices, strict=True))
    expected = told.loc[keys, [f"p_{name}" for name in run.samples.classes]].to_numpy()
    np.testing.assert_allclose(evidence.test_probabilities, expected, atol=2e-6)
    assert evidence.maps.shape == (2, len(run.samples), 3, SIZE // 4, SIZE // 4)


def test_maps_of_networks_that_chose_other_depths_come_on_the_finest_grid():
    fine, coarse = np.zeros((2, 3, 4, 4)), np.ones((2, 3, 2, 2))
    assert on_one_grid([coarse, fine]).shape == (2, 2, 3, 4, 4)
    assert (on_one_grid([coarse, fine])[0] == 1).all()


def test_a_run_that_froze_everything_up_to_its_pooling_has_maps_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from train.prefix_cache import cached_prefix

    run = tiny_run(tmp_path / "run", monkeypatch, frozen_until="pool")
    models = FoldModels(run.folder)
    assert models.method == "cam"
    assert models.prefix.output_shape[1:] == (SIZE // 4, SIZE // 4, 3)
    pooled, _ = split_network(tiny_network(run.folder.config), "pool")
    cached_prefix(pooled, run.folder.config, run.samples, folder=tmp_path / "cache")
    held_out = held_out_fold(run.samples, run.folder.predictions, models.folds)
    evidence = collect(models, Views(models, run.samples, cache=tmp_path / "cache"), held_out)
    assert evidence.maps.shape == (2, len(run.samples), 3, SIZE // 4, SIZE // 4)
    right = evidence.test_probabilities.argmax(axis=1) == run.samples.labels
    assert right.mean() > 0.9


def test_views_are_those_of_the_training_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from train.prefix_cache import cached_prefix

    run = tiny_run(tmp_path / "run", monkeypatch)
    models = FoldModels(run.folder)
    rows = np.array([4, 1, 30])
    fresh = Views(models, run.samples, cache=None)
    cached_prefix(models.prefix, run.folder.config, run.samples, folder=tmp_path / "cache")
    stored = Views(models, run.samples, cache=tmp_path / "cache")
    for view in (0, 2, 5):
        np.testing.assert_allclose(stored(view, rows), fresh(view, rows), atol=2e-3)


def test_a_cache_that_a_dead_run_began_is_finished_and_not_taken_for_whole(tmp_path: Path, monkeypatch):
    from train.prefix_cache import cached_prefix

    run = tiny_run(tmp_path / "run", monkeypatch)
    prefix, cache = FoldModels(run.folder).prefix, tmp_path / "cache"
    whole = cached_prefix(prefix, run.folder.config, run.samples, folder=None)
    open_memmap = np.lib.format.open_memmap

    def ended(*arguments: object, **options: object) -> None:
        open_memmap(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "open_memmap", ended)
        with pytest.raises(KeyboardInterrupt):
            cached_prefix(prefix, run.folder.config, run.samples, folder=cache)
    for torn in (False, True):
        if torn:
            next(cache.glob("*.npy")).with_suffix(".progress").write_text("")
        found = cached_prefix(prefix, run.folder.config, run.samples, folder=cache)
        np.testing.assert_array_equal(found, whole)
        assert [path.suffix for path in cache.iterdir()] == [".npy"]


def test_missing_and_corrupt_weights_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tiny_run(tmp_path / "run", monkeypatch)
    path = run.folder.fold(1) / "model.weights.h5"
    path.write_bytes(b"not weights")
    with pytest.raises(DataError, match="do not fit the network or are corrupt"):
        FoldModels(run.folder)
    path.unlink()
    with pytest.raises(DataError, match="weights are missing"):
        FoldModels(run.folder)


def test_foreign_samples_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tiny_run(tmp_path / "run", monkeypatch)
    other, _ = tiny_samples(recordings=15)
    with pytest.raises(UsageError, match="9 of 45 frames in no finished fold"):
        held_out_fold(other, run.folder.predictions, (0, 1))


def test_examples_are_of_two_patients_of_each_class_the_best_recognised_first():
    samples, _ = tiny_samples(recordings=12, frames=2)
    chances = np.linspace(0, 1, len(samples))
    rows = example_rows(samples, chances)
    assert samples.labels[rows].tolist() == [0, 0, 1, 1, 2, 2]
    assert len(set(samples.groups[rows])) == 6
    assert rows[:2] == sorted(rows[:2], key=lambda row: -chances[row])
