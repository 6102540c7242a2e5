"""What the models' settings share: the paper's way of training, and one that keeps to the physics."""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig

__all__ = ["PAPER", "keeping_to_physics"]

PAPER = TrainConfig(
    name="paper",
    model="",
    epochs=40,
    batch_size=8,
    learning_rate=1e-4,
    patience=10,
    augmentation="paper",
    views=8,
)
"""Adam, early stopping, flips, rotations and shifts (paper, sections 3.1 and A.1); a model says what it freezes."""


def keeping_to_physics(paper: TrainConfig, *, learning_rate: float = 3e-4) -> TrainConfig:
    """Return a model's settings on views that an examination could have given: never upside down, gain, depth, speckle.

    Parameters
    ----------
    paper : TrainConfig
        Its settings by the paper.
    learning_rate : float
        Where training starts; it falls by a half cosine, in larger batches, and rare classes weigh more.
    """
    return dataclasses.replace(
        paper,
        name=f"{paper.model}:physics",
        augmentation="physics",
        batch_size=32,
        learning_rate=learning_rate,
        cosine=True,
        class_weights=True,
    )
