"""A small network in the manner of COVID-Net (Wang et al. 2020), which the paper found weaker on ultrasound.

Its block narrows, widens, looks around and narrows again before it widens to its output, so that the only convolution
that looks around is a cheap depthwise one. Within a stage every block also sees what all blocks before it gave.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..config import TrainConfig
from ..layers import NORM_MOMENTUM
from ..weights import load_backbone_weights
from .backbones import classifier, picture_input

__all__ = ["covidnet"]

# Width and number of blocks of each stage; the size of the maps is halved before each.
_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
_HIDDEN = 256


def covidnet(config: TrainConfig) -> keras.Model:
    """Build the network; it starts from nothing or from a file.

    Pictures of shape (batch, size, size, 1), float32, 0 to 255, to a softmax over the classes.
    """
    pictures = picture_input(config)
    maps = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(pictures)
    maps = layers.Conv2D(32, 7, strides=2, padding="same", use_bias=False, name="stem_conv")(maps)
    maps = layers.BatchNormalization(momentum=NORM_MOMENTUM, name="stem_norm")(maps)
    maps = layers.ReLU(name="stem_relu")(maps)
    for number, (width, block_count) in enumerate(_STAGES, start=1):
        maps = layers.MaxPooling2D(name=f"stage{number}_pool")(maps)
        maps = _stage(maps, width, block_count, f"stage{number}")
    load_backbone_weights(keras.Model(pictures, maps, name="covidnet_features"), "COVID-Net", config.weights)
    hidden = layers.GlobalAveragePooling2D(name="pool")(maps)
    hidden = layers.Dense(_HIDDEN, activation="relu", name="hidden")(hidden)
    hidden = layers.Dropout(config.dropout, name="dropout")(hidden)
    return classifier(config, pictures, hidden)


def _stage(maps: Any, width: int, block_count: int, name: str) -> Any:
    seen = [layers.Conv2D(width, 1, use_bias=False, name=f"{name}_bypass")(maps)]
    seen.append(_block(maps, width, f"{name}_block1"))
    for number in range(2, block_count + 1):
        together = layers.Add(name=f"{name}_block{number}_add")(list(seen))
        seen.append(_block(together, width, f"{name}_block{number}"))
    return layers.Add(name=f"{name}_add")(seen)


def _block(maps: Any, width: int, name: str) -> Any:
    """Projection, expansion, depthwise, projection, extension."""
    narrow = width // 2
    maps = layers.Conv2D(narrow, 1, use_bias=False, name=f"{name}_project")(maps)
    maps = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_expand")(maps)
    maps = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{name}_expand_norm")(maps)
    maps = layers.ReLU(name=f"{name}_expand_relu")(maps)
    maps = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_look")(maps)
    maps = layers.Conv2D(narrow, 1, use_bias=False, name=f"{name}_reproject")(maps)
    maps = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_extend")(maps)
    maps = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{name}_norm")(maps)
    return layers.ReLU(name=f"{name}_relu")(maps)
