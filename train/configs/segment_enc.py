"""A dense classifier on the bottlenecks of the segmentation ensemble.

Source:   paper, section 3.1 and Table 2; the ensemble after Roy et al. 2020
Command:  python -m train fit segmenter --out runs/segmenter
          python -m train crossval segment_enc --by patient --set segmenter=runs/segmenter/segmenter.weights.h5
          python -m train crossval segment_enc:physics --by patient --set segmenter=runs/segmenter/segmenter.weights.h5
Hardware: one NVIDIA H200, Keras on JAX
Time:     about 2.5 minutes for the ensemble, 4 for a cross-validation
Score:    on an ensemble that saw phantoms alone: frame accuracy 0.80 (0.68 to 0.88) with videos kept together, protocol
          paper, and 0.74 (0.58 to 0.85) with patients, nested; the paper gives 0.90 (video split, 5 folds)
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER, keeping_to_physics

__all__ = ["paper", "physics"]


def paper() -> TrainConfig:
    """Return the paper's settings. The ensemble is frozen; nothing comes from ImageNet."""
    return dataclasses.replace(
        PAPER,
        name="segment_enc",
        model="segment_enc",
        frozen_until="pool",
    )


def physics() -> TrainConfig:
    """Return settings that keep to the physics. Two dense layers alone bear a higher learning rate."""
    return keeping_to_physics(paper(), learning_rate=1e-3)
