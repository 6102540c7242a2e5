"""The picture classifiers that start from an ImageNet network.

Every builder takes pictures of shape (batch, size, size, 1), float32, 0 to 255, grey; the channel is repeated three times
and scaled inside the network, so that a saved network needs nothing else. The output is a softmax over the classes.
"""

from __future__ import annotations

import keras
from keras import layers

from train.config import TrainConfig
from train.layers import GreyToBackbone
from train.weights import load_backbone_weights

__all__ = ["mobilenet_v2", "nasnet_mobile", "resnet50", "vgg", "vgg_cam"]


def vgg(config: TrainConfig) -> keras.Model:
    """Build the paper's VGG: VGG-16, a hidden layer of 64, softmax (appendix A.1)."""
    pictures, features = _backbone(config, keras.applications.VGG16, scaling="caffe")
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.Dense(64, activation="relu", name="hidden")(hidden)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    return _classifier(config, pictures, hidden)


def vgg_cam(config: TrainConfig) -> keras.Model:
    """Build the paper's VGG-CAM: VGG-16, global average pooling, one dense softmax (appendix A.1)."""
    pictures, features = _backbone(config, keras.applications.VGG16, scaling="caffe")
    return _classifier(config, pictures, layers.GlobalAveragePooling2D(name="pool")(features))


def nasnet_mobile(config: TrainConfig) -> keras.Model:
    """Build the paper's NASNetMobile: the network, a hidden layer of 512, softmax (Table 2)."""
    pictures, features = _backbone(config, keras.applications.NASNetMobile, scaling="unit")
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.Dense(512, activation="relu", name="hidden")(hidden)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    return _classifier(config, pictures, hidden)


def mobilenet_v2(config: TrainConfig) -> keras.Model:
    """Build MobileNetV2 with global average pooling, dropout and one dense softmax."""
    pictures, features = _backbone(config, keras.applications.MobileNetV2, scaling="unit")
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    return _classifier(config, pictures, hidden)


def resnet50(config: TrainConfig) -> keras.Model:
    """Build ResNet-50 with global average pooling, dropout and one dense softmax."""
    pictures, features = _backbone(config, keras.applications.ResNet50, scaling="caffe")
    hidden = layers.GlobalAveragePooling2D(name="pool")(features)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    return _classifier(config, pictures, hidden)


def _backbone(config: TrainConfig, application: object, *, scaling: str) -> tuple[object, object]:
    pictures = keras.Input((config.size_px, config.size_px, 1), name="pictures")
    colours = GreyToBackbone(scaling, name="scale")(pictures)
    network = application(include_top=False, weights=None, input_tensor=colours)  # type: ignore[operator]
    load_backbone_weights(network, application.__name__, config.weights)  # type: ignore[attr-defined]
    freeze_until(network, config.frozen_until)
    return pictures, network.output


def freeze_until(network: keras.Model, name: str) -> None:
    """Freeze all layers up to and with `name`, and every batch normalisation after it.

    The statistics of a normalisation were found on a million pictures; a few hundred frames of a few patients would only
    spoil them.
    """
    names = [layer.name for layer in network.layers]
    frozen = names.index(name) + 1 if name else 0
    for position, layer in enumerate(network.layers):
        if position < frozen or isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def _classifier(config: TrainConfig, pictures: object, hidden: object) -> keras.Model:
    chances = layers.Dense(len(config.classes), activation="softmax", name="classes")(hidden)
    return keras.Model(pictures, chances, name=config.model)
