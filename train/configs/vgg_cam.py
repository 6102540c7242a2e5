"""VGG-16 with plain class activation maps.

Source:   paper, section 3.1, appendix A.1 and Table 2; Zhou et al. 2016
Command:  python -m train crossval vgg_cam --by patient
          python -m train crossval vgg_cam:physics --by patient
Hardware: not run as a whole here, where the ImageNet weights of VGG-16 cannot be had;
          tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     2.4 CPU hours for 1,520 frames, reckoned from what 'python -m train cost' measured on one core of a busy
          server; 24.9 without the cache of the frozen part
Score:    not measured; the paper gives frame accuracy 0.90, balanced 0.88; video accuracy 0.94 (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. Only the last convolution and the softmax are trained: 2.4 million parameters."""
    return dataclasses.replace(
        PAPER,
        name="vgg_cam",
        model="vgg_cam",
        frozen_until="block5_conv2",
        views=4,
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics."""
    return keeping_to_physics(paper())
