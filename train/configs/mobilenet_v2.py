"""MobileNetV2: the reference that every machine can run.

Source:   Sandler et al. 2018; the paper names a MobileNet without figures (section 3.2)
Command:  python -m train crossval mobilenet_v2 --by patient
          python -m train crossval mobilenet_v2:physics --by patient
Hardware: not yet measured
Time:     not yet measured
Score:    not measured; the paper gives frame accuracy 0.76 for its own mobile network, NASNetMobile,
          and 0.90 for VGG (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from train.config import TrainConfig

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. The last block and the convolution behind it are trained: 0.9 million parameters."""
    return TrainConfig(
        name="mobilenet_v2",
        model="mobilenet_v2",
        frozen_until="block_15_add",
        epochs=40,
        batch_size=8,
        learning_rate=1e-4,
        patience=10,
        augmentation="paper",
        views=8,
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics. Fine-tunes from the last maps of 14 x 14 on."""
    return dataclasses.replace(
        paper(),
        name="mobilenet_v2:physics",
        augmentation="physics",
        frozen_until="block_12_add",
        epochs=12,
        batch_size=32,
        learning_rate=3e-4,
        cosine=True,
        dropout=0.5,
        class_weights=True,
    )
