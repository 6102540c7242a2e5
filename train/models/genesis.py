"""The 3-D encoder of Models Genesis (Zhou et al. 2019) on short clips, the paper's only model that sees motion."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..config import TrainConfig
from ..layers import NORM_MOMENTUM
from ..weights import load_backbone_weights
from .backbones import classifier

__all__ = ["genesis"]

# Widths of the two convolutions of each level.
_LEVELS = ((32, 64), (64, 128), (128, 256), (256, 512))
_HIDDEN = 1024
# The published weights were learnt on cubes of 64 x 64 x 32; a clip of that size is also all that a processor can bear.
_LARGEST_PX = 64


def genesis(config: TrainConfig) -> keras.Model:
    """Build the encoder with global average pooling, dense 1024 and a softmax.

    Clips of shape (batch, time, size, size, 1), float32, 0 to 255, to a softmax over the classes. Pictures are made
    smaller by averaging, by a whole factor, to at most 64 pixels. Time takes the place of the slices of the scans
    that the published weights come from, the last axis, and is halved rounding up: five frames become three, two,
    one.
    """
    clips = keras.Input((config.clip_frames, config.size_px, config.size_px, 1), name="clips")
    factor = -(-config.size_px // _LARGEST_PX)
    volume = layers.AveragePooling3D((1, factor, factor), name="shrink")(clips)
    volume = layers.Rescaling(1 / 255, name="scale")(volume)
    volume = layers.Permute((2, 3, 1, 4), name="time_last")(volume)
    for level, widths in enumerate(_LEVELS):
        if level:
            volume = layers.MaxPooling3D(padding="same", name=f"pool{level}")(volume)
        for step, width in enumerate(widths):
            volume = _convolved(volume, width, f"level{level}_{step}")
    load_backbone_weights(keras.Model(clips, volume, name="genesis_encoder"), "Models Genesis", config.weights)
    hidden = layers.GlobalAveragePooling3D(name="pool")(volume)
    hidden = layers.Dense(_HIDDEN, activation="relu", name="hidden")(hidden)
    return classifier(config, clips, hidden)


def _convolved(volume: Any, width: int, name: str) -> Any:
    volume = layers.Conv3D(width, 3, padding="same", name=f"{name}_conv")(volume)
    volume = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{name}_norm")(volume)
    return layers.ReLU(name=f"{name}_relu")(volume)
