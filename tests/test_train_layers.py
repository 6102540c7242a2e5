"""Each layer keeps the Keras contract, and does one thing that can be checked with a pencil."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the extra 'train'")

import keras

from train.layers import ClassColours, ColoursToBackbone, GreyToBackbone, Resized

COLOURS = (None, (255, 0, 0), (0, 0, 200))
SHAPES = {
    "ColoursToBackbone": [(2, 6, 4, 3)],
    "GreyToBackbone": [(2, 6, 4, 1)],
    "Resized": [(2, 6, 6, 3)],
    "ClassColours": [(2, 6, 4, 1), (2, 6, 4, 3)],
}
LAYERS = {
    "colours to unit range": lambda: ColoursToBackbone("unit"),
    "colours less means": lambda: ColoursToBackbone("caffe"),
    "colours as they are": lambda: ColoursToBackbone("none"),
    "grey to unit range": lambda: GreyToBackbone("unit"),
    "grey less means": lambda: GreyToBackbone("caffe"),
    "smaller": lambda: Resized(3),
    "as large": lambda: Resized(6),
    "colours for classes": lambda: ClassColours(COLOURS, opacity=0.25),
}


def result(layer, *inputs):
    return keras.ops.convert_to_numpy(layer(*[keras.ops.convert_to_tensor(part) for part in inputs]))


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
def test_the_layer_keeps_the_contract(make, tmp_path):
    layer = make()
    shapes = SHAPES[type(layer).__name__]
    inputs = [np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32) for shape in shapes]

    given = result(layer, *inputs)
    assert given.shape == layer.compute_output_shape(*shapes)
    assert layer.weights == []

    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(result(again, *inputs), given)

    symbols = [keras.Input(shape[1:]) for shape in shapes]
    model = keras.Model(symbols, make()(*symbols))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(loaded(inputs)), given)


@pytest.mark.parametrize(
    ("scaling", "white"),
    [("unit", (1.0, 1.0, 1.0)), ("caffe", (255 - 103.939, 255 - 116.779, 255 - 123.68)), ("none", (255.0,) * 3)],
)
def test_white_arrives_where_the_backbone_expects_it(scaling, white):
    pixel = result(GreyToBackbone(scaling), np.full((1, 1, 1, 1), 255, np.float32))
    np.testing.assert_allclose(pixel[0, 0, 0], white, rtol=1e-6)


def test_the_networks_of_caffe_get_blue_first():
    red = np.array([[[[255, 0, 0]]]], np.float32)
    np.testing.assert_allclose(result(ColoursToBackbone("caffe"), red)[0, 0, 0], (-103.939, -116.779, 255 - 123.68))


def test_backbones_are_fed_as_keras_applications_say():
    pictures = np.random.default_rng(1).uniform(0, 255, (1, 4, 4, 3)).astype(np.float32)
    for module, scaling in ((keras.applications.mobilenet_v2, "unit"), (keras.applications.vgg16, "caffe")):
        wanted = module.preprocess_input(pictures.copy(), data_format="channels_last")
        np.testing.assert_allclose(result(ColoursToBackbone(scaling), pictures), wanted, rtol=1e-5, atol=1e-4)


def test_shrinking_keeps_the_mean_level():
    stripes = np.zeros((1, 8, 8, 1), np.float32)
    stripes[:, ::2] = 200
    np.testing.assert_allclose(result(Resized(2), stripes), 100, atol=12)


@pytest.mark.parametrize("size_px", [3, 4, 5, 8, 13, 16], ids=str)
def test_sizes_change_as_keras_changes_them(size_px):
    pictures = np.random.default_rng(2).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
    wanted = keras.ops.image.resize(pictures, (size_px, size_px), antialias=True, data_format="channels_last")
    np.testing.assert_allclose(result(Resized(size_px), pictures), wanted, rtol=1e-4, atol=1e-3)


def test_only_the_coloured_classes_change_the_picture():
    grey = np.full((1, 1, 3, 1), 100, np.float32)
    chances = np.eye(3, dtype=np.float32)[None, None]
    drawn = result(ClassColours(COLOURS, opacity=0.25), grey, chances)[0, 0]
    np.testing.assert_allclose(drawn, [(100, 100, 100), (138.75, 75, 75), (75, 75, 125)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GreyToBackbone("bgr"), "scaling must be one of unit, caffe, none. Received: 'bgr'"),
        (lambda: Resized(0), "size_px must be at least 1. Received: 0"),
        (lambda: ClassColours(COLOURS, opacity=1.5), "opacity must be 0 to 1. Received: 1.5"),
    ],
    ids=["scaling", "size", "opacity"],
)
def test_an_impossible_argument_is_refused(make, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        make()
