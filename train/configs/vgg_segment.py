"""VGG on frames that a segmentation ensemble has coloured.

Source:   paper, section 3.1, appendix A.2 and Table 2; the ensemble after Roy et al. 2020
Command:  python -m train fit segmenter --out runs/segmenter
          python -m train crossval vgg_segment --by patient --set segmenter=runs/segmenter/segmenter.weights.h5
          python -m train crossval vgg_segment:physics --by patient --set segmenter=runs/segmenter/segmenter.weights.h5
Hardware: not run as a whole here, where the ImageNet weights of VGG-16 cannot be had;
          tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     not measured; that of vgg_cam and of the segmentation ensemble
Score:    not measured; the paper gives frame accuracy 0.91, balanced 0.89 (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. The ensemble is frozen, and VGG-16 but for its last convolution."""
    return dataclasses.replace(
        PAPER,
        name="vgg_segment",
        model="vgg_segment",
        frozen_until="block5_conv2",
        views=4,
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics."""
    return keeping_to_physics(paper())
