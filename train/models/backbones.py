"""The picture classifiers that start from an ImageNet network.

Every builder takes pictures of shape (batch, size, size, 1), float32, 0 to 255, grey; the channel is repeated three
times and scaled inside the network, so that a saved network needs nothing else. The output is a softmax over the
classes. A config may name a layer before the backbone's last as the one whose maps are averaged (`pool_layer`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from lusdata import UsageError

from ..config import TrainConfig
from ..layers import NORM_MOMENTUM, ColoursToBackbone, GreyToBackbone
from ..weights import load_backbone_weights

__all__ = [
    "classifier",
    "mobilenet_v2",
    "nasnet_mobile",
    "picture_input",
    "resnet50",
    "vgg",
    "vgg_cam",
    "vgg_head",
]


def vgg(config: TrainConfig) -> keras.Model:
    """Build the paper's VGG: VGG-16, a hidden layer of 64, softmax (appendix A.1)."""
    pictures = picture_input(config)
    features = _features(config, keras.applications.VGG16, GreyToBackbone("caffe", name="scale")(pictures))
    return _hidden_classifier(config, pictures, features, width=64)


def vgg_head(config: TrainConfig, pictures: Any, coloured: Any) -> keras.Model:
    """Build the same on pictures that something before it has coloured, red first, 0 to 255."""
    features = _features(config, keras.applications.VGG16, ColoursToBackbone("caffe", name="scale")(coloured))
    return _hidden_classifier(config, pictures, features, width=64)


def vgg_cam(config: TrainConfig) -> keras.Model:
    """Build the paper's VGG-CAM: VGG-16, global average pooling, one dense softmax (appendix A.1)."""
    pictures = picture_input(config)
    features = _features(config, keras.applications.VGG16, GreyToBackbone("caffe", name="scale")(pictures))
    return classifier(config, pictures, layers.GlobalAveragePooling2D(name="pool")(features))


def nasnet_mobile(config: TrainConfig) -> keras.Model:
    """Build the paper's NASNetMobile: the network, a hidden layer of 512, softmax (Table 2)."""
    pictures = picture_input(config)
    features = _features(config, keras.applications.NASNetMobile, GreyToBackbone("unit", name="scale")(pictures))
    return _hidden_classifier(config, pictures, features, width=512)


def mobilenet_v2(config: TrainConfig) -> keras.Model:
    """Build MobileNetV2 with global average pooling, standardised features, dropout and one dense softmax.

    The standardisation has neither scale nor shift, so the map of a class is still a weighted sum of the pooled maps.
    """
    pictures = picture_input(config)
    features = _features(config, keras.applications.MobileNetV2, GreyToBackbone("unit", name="scale")(pictures))
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.BatchNormalization(center=False, scale=False, momentum=NORM_MOMENTUM, name="standardise")(hidden)
    return classifier(config, pictures, layers.Dropout(config.dropout, name="dropout")(hidden))


def resnet50(config: TrainConfig) -> keras.Model:
    """Build ResNet-50 with global average pooling, dropout and one dense softmax."""
    pictures = picture_input(config)
    features = _features(config, keras.applications.ResNet50, GreyToBackbone("caffe", name="scale")(pictures))
    return _dropout_classifier(config, pictures, features)


def picture_input(config: TrainConfig) -> Any:
    """Return the input of a picture classifier, shape (batch, size, size, 1)."""
    return keras.Input((config.size_px, config.size_px, 1), name="pictures")


def classifier(config: TrainConfig, pictures: Any, hidden: Any) -> keras.Model:
    """End a network in a softmax over the config's classes, with the config's penalty on its weights."""
    penalty = keras.regularizers.L2(config.weight_decay) if config.weight_decay else None
    chances = layers.Dense(len(config.classes), activation="softmax", kernel_regularizer=penalty, name="classes")(
        hidden
    )
    return keras.Model(pictures, chances, name=config.model)


def _features(config: TrainConfig, application: Callable[..., keras.Model], colours: Any) -> Any:
    """Return the maps that are to be averaged, from a backbone that starts from the config's weights."""
    network = application(include_top=False, weights=None, input_tensor=colours)
    # A file holds the backbone alone; what comes before it in our network may have weights of its own.
    backbone = keras.Model(colours, network.output, name=network.name)
    load_backbone_weights(backbone, application.__name__, config.weights)
    if config.weights != "none":
        # The statistics were found on a million pictures; the frames of a few patients would only spoil them.
        for layer in backbone.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.trainable = False
    return _maps_of(network, config.pool_layer) if config.pool_layer else network.output


def _maps_of(network: keras.Model, name: str) -> Any:
    maps = {layer.name: layer.output for layer in network.layers if len(layer.output.shape) == 4}
    if name not in maps:
        raise UsageError(
            "no such layer with maps",
            where="pool_layer",
            expected=f"a layer of {network.name}, such as {', '.join(list(maps)[-8:])}",
            found=repr(name),
        )
    return maps[name]


def _hidden_classifier(config: TrainConfig, pictures: Any, features: Any, *, width: int) -> keras.Model:
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.Dense(width, activation="relu", name="hidden")(hidden)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    hidden = layers.BatchNormalization(momentum=NORM_MOMENTUM, name="norm")(hidden)
    return classifier(config, pictures, hidden)


def _dropout_classifier(config: TrainConfig, pictures: Any, features: Any) -> keras.Model:
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    return classifier(config, pictures, layers.Dropout(config.dropout, name="dropout")(hidden))
