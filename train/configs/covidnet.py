"""A small COVID-Net, from scratch: the paper's weaker baseline.

Source:   after Wang et al. 2020; the paper reports it as significantly worse, without figures (section 3.2)
Command:  python -m train crossval covidnet --by patient
          python -m train crossval covidnet:physics --by patient
Hardware: two CPU cores; tests/test_train_real.py fits it to the real recordings for a moment
Time:     not measured as a whole; a training step takes 0.11 CPU seconds a picture
Score:    not measured; the paper gives no figure
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. Nothing is frozen, since nothing was learnt before."""
    return dataclasses.replace(
        PAPER,
        name="covidnet",
        model="covidnet",
        weights="none",
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics. From scratch, a higher learning rate serves."""
    return keeping_to_physics(paper(), learning_rate=1e-3)
