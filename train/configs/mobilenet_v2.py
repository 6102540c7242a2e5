"""MobileNetV2: the reference that every machine can run.

Source:   Sandler et al. 2018; the paper names a MobileNet without figures (section 3.2)
Command:  python -m train crossval mobilenet_v2 --by patient
          python -m train crossval mobilenet_v2 --by video --protocol paper
          python -m train crossval mobilenet_v2:physics --by source
          python -m train crossval mobilenet_v2:physics --by patient
          python -m train crossval mobilenet_v2:paper --by patient
          python -m train ladder mobilenet_v2                 (the README's ladder)
          python -m train crossval mobilenet_v2:paper --by video --protocol paper
Hardware: 2 CPU cores (AMD EPYC), shared with other work; for paper one NVIDIA H200, Keras on JAX
Time:     mobilenet_v2 by patient: 118 s of CPU time, 5.4 minutes of wall time at a load of 12; a third of it is the
          frozen part, which is kept for the next run. mobilenet_v2:paper: about 3 minutes on the H200
Score:    frame balanced accuracy 0.85 (0.74 to 0.91) with patients kept together, protocol nested;
          frame accuracy 0.92 (0.85 to 0.96) with videos kept together, protocol paper, where the paper gives 0.90
          for VGG and 0.76 for its own mobile network, NASNetMobile. With sources kept together, nested: 0.76 (0.66 to
          0.84), and 0.81 (0.71 to 0.87) for physics. For paper, frame accuracy 0.91 (0.84 to 0.95) with videos,
          protocol paper, and 0.76 (0.61 to 0.85) with patients, nested. All scores: train/results
"""

from __future__ import annotations

import dataclasses

from ..config import TrainConfig
from .settings import PAPER

__all__ = ["paper", "physics", "reference"]


def reference() -> TrainConfig:
    """Return the reference: pooled maps of the frozen network and one penalised softmax, fitted exactly.

    With a few dozen patients every fitted weight is a risk, so nothing but the last layer is. Which maps are pooled and
    how heavy the penalty is, each fold chooses on inner folds of its own training part. Early maps see edges and late
    ones ImageNet's objects; what carries over between patients lies between.
    """
    return TrainConfig(
        name="mobilenet_v2",
        model="mobilenet_v2",
        solver="exact",
        choices=(
            "pool_layer=" + "|".join(f"block_{number}_expand_relu" for number in (10, 11, 12, 13, 14)),
            "weight_decay=1|0.3|0.1|0.03",
        ),
        monitor="balanced_accuracy",
        frozen_until="pool",
        pool_layer="block_12_expand_relu",
        dropout=0.0,
        weight_decay=0.3,
        class_weights=True,
        augmentation="none",
        views=0,
    )


def physics() -> TrainConfig:
    """Return the reference on views that another scanner could have given: grey map, gain, depth, speckle, mirror.

    The maps are those that four of five patient folds of the reference chose. Each fold chooses the penalty on inner
    folds that leave whole sources out, since it is to carry over between sources (Gulrajani and Lopez-Paz 2021, In
    search of lost domain generalization, section 3: leave-one-domain-out selection).
    """
    return dataclasses.replace(
        reference(),
        name="mobilenet_v2:physics",
        choices=("weight_decay=0.3|0.1|0.03|0.01",),
        choose_by="source",
        augmentation="scanner",
        views=4,
    )


def paper() -> TrainConfig:
    """Return the paper's settings; the convolution that makes the pooled maps and the softmax are trained."""
    return dataclasses.replace(
        PAPER,
        name="mobilenet_v2:paper",
        model="mobilenet_v2",
        pool_layer="block_13_expand_relu",
        frozen_until="block_12_add",
    )
