"""ResNet-50: the residual alternative.

Source:   He et al. 2016; the paper names a residual network without figures (section 3.2)
Command:  python -m train crossval resnet50 --by patient
          python -m train crossval resnet50:physics --by patient
Hardware: not run as a whole here, where the ImageNet weights of ResNet-50 cannot be had;
          tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     not measured
Score:    not measured; the paper gives no figure
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. The last block, three convolutions, is trained: 4.5 million parameters."""
    return dataclasses.replace(
        PAPER,
        name="resnet50",
        model="resnet50",
        frozen_until="conv5_block2_out",
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics."""
    return keeping_to_physics(paper())
