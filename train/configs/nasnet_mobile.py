"""NASNetMobile: the paper's network for devices at the bedside.

Source:   paper, section 3.1 and Table 2; Zoph et al. 2018
Command:  python -m train crossval nasnet_mobile --by patient
          python -m train crossval nasnet_mobile:physics --by patient
Hardware: not run as a whole here, where the ImageNet weights of NASNetMobile cannot be had;
          tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     not measured
Score:    not measured; the paper gives frame accuracy 0.76, balanced 0.71 (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings.

    The last three layers are the head's; a cell of this network reads the two before it, so that there is no place to
    cut between cells.
    """
    return dataclasses.replace(
        PAPER,
        name="nasnet_mobile",
        model="nasnet_mobile",
        frozen_until="normal_concat_12",
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics."""
    return keeping_to_physics(paper())
