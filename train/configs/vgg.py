"""VGG-16 with a hidden layer of 64: the paper's main model.

Source:   paper, section 3.1, appendix A.1 and Table 2; Simonyan and Zisserman 2015
Command:  python -m train crossval vgg --by patient
          python -m train crossval vgg:physics --by patient
Hardware: not run as a whole here, where the ImageNet weights of VGG-16 cannot be had;
          tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     that of vgg_cam, whose frozen part and trained convolution it shares
Score:    not measured; the paper gives frame accuracy 0.90, balanced 0.90 (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. Only the last convolution and the head are trained: 2.4 million parameters."""
    return dataclasses.replace(
        PAPER,
        name="vgg",
        model="vgg",
        frozen_until="block5_conv2",
        views=4,
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics."""
    return keeping_to_physics(paper())
