"""MobileNetV2: the reference that every machine can run.

Source:   Sandler et al. 2018; the paper names a MobileNet without figures (section 3.2)
Command:  python -m train crossval mobilenet_v2 --by patient
          python -m train crossval mobilenet_v2:physics --by patient
          python -m train ladder mobilenet_v2:frozen          (the README's ladder)
Hardware: not yet measured
Time:     not yet measured
Score:    not measured; the paper gives frame accuracy 0.76 for its own mobile network, NASNetMobile,
          and 0.90 for VGG (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from train.config import TrainConfig

__all__ = ["frozen", "paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings; the convolution that makes the pooled maps and the softmax are trained.

    The maps are those of 14 by 14 in the middle of the network: behind it, ImageNet's objects take over.
    """
    return TrainConfig(
        name="mobilenet_v2",
        model="mobilenet_v2",
        pool_layer="block_13_expand_relu",
        frozen_until="block_12_add",
        epochs=40,
        batch_size=8,
        learning_rate=1e-4,
        patience=10,
        augmentation="paper",
        views=8,
    )


def frozen() -> TrainConfig:
    """Return settings that choose nothing: the pooled maps of the frozen network and a heavily penalised softmax.

    With a few dozen patients every fitted weight is a risk. The penalty is so heavy that the number of epochs does not
    matter, so no patient is spent on choosing it.
    """
    return dataclasses.replace(
        paper(),
        name="mobilenet_v2:frozen",
        augmentation="none",
        views=0,
        frozen_until="pool",
        epochs=30,
        batch_size=64,
        learning_rate=1e-3,
        cosine=True,
        patience=0,
        monitor="none",
        dropout=0.0,
        weight_decay=0.3,
        class_weights=True,
    )


def physics() -> TrainConfig:
    """Return the settings of `frozen` on views that an examination could have given: gain, depth, speckle, mirror."""
    return dataclasses.replace(frozen(), name="mobilenet_v2:physics", augmentation="physics", views=4)
