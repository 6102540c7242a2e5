"""The 3-D encoder of Models Genesis on clips of five frames.

Source:   paper, sections 3.1 and 3.3 and Table 3; Zhou et al. 2019
Command:  python -m train crossval genesis --by patient
          python -m train crossval genesis:physics --by patient
Hardware: not run as a whole here, where the published weights, Genesis_Chest_CT.h5 with --weights, cannot be
          had; tests/test_train_real.py fits it to the real recordings for a moment from random ones
Time:     not measured
Score:    not measured; the paper gives video accuracy 0.87, balanced 0.87 (video split, 5 folds, 292 clips)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. Five frames at 5 Hz, videos alone; the whole network is trained."""
    return dataclasses.replace(
        PAPER,
        name="genesis",
        model="genesis",
        weights="none",
        clip_frames=5,
        rate_hz=5.0,
        select="probe=convex,kind=video",
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics. Whole clips are changed alike."""
    return keeping_to_physics(paper())
