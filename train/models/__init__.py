"""The models by name, and how to cut one into its frozen and its trained part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from lusdata.errors import UsageError

from train.config import TrainConfig
from train.models import backbones

__all__ = ["MODELS", "ModelEntry", "build", "split_network"]


@dataclass(frozen=True)
class ModelEntry:
    """One model of the benchmark.

    Attributes
    ----------
    build : callable
        From a `TrainConfig` to a `keras.Model` that gives class probabilities.
    title : str
        What it is, in a line.
    parameters : int
        Number of parameters with three classes, as it is built here.
    paper_parameters : int or None
        The paper's number (Tables 2 and 3); None where it gives none.
    source : str
        Where the architecture comes from.
    """

    build: Callable[[TrainConfig], keras.Model]
    title: str
    parameters: int
    paper_parameters: int | None
    source: str


MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        backbones.vgg,
        "VGG-16, dense 64 + ReLU + dropout 0.5 + batch norm + softmax",
        14_747_971,
        14_747_971,
        "Simonyan and Zisserman 2015; paper, appendix A.1",
    ),
    "vgg_cam": ModelEntry(
        backbones.vgg_cam,
        "VGG-16, global average pooling, one dense softmax: plain CAM",
        14_716_227,
        14_716_227,
        "Zhou et al. 2016; paper, appendix A.1",
    ),
    "nasnet_mobile": ModelEntry(
        backbones.nasnet_mobile,
        "NASNetMobile, dense 512 + ReLU + dropout + batch norm + softmax",
        4_814_487,
        4_814_487,
        "Zoph et al. 2018; paper, Table 2",
    ),
    "mobilenet_v2": ModelEntry(
        backbones.mobilenet_v2,
        "MobileNetV2, global average pooling, dropout, one dense softmax",
        2_261_827,
        None,
        "Sandler et al. 2018",
    ),
    "resnet50": ModelEntry(
        backbones.resnet50,
        "ResNet-50, global average pooling, dropout, one dense softmax",
        23_593_859,
        None,
        "He et al. 2016",
    ),
}


def build(config: TrainConfig) -> keras.Model:
    """Build the model that a config names, with its first weights.

    Raises
    ------
    UsageError
        If there is no such model; the message lists them.
    """
    if config.model not in MODELS:
        raise UsageError("no such model", where=config.model, expected="one of " + ", ".join(sorted(MODELS)))
    return MODELS[config.model].build(config)


def split_network(network: keras.Model, frozen_until: str) -> tuple[keras.Model | None, keras.Model]:
    """Cut a network behind its last frozen layer.

    Parameters
    ----------
    network : keras.Model
        A functional network.
    frozen_until : str
        Name of the last frozen layer; empty for none.

    Returns
    -------
    prefix : keras.Model or None
        From pictures to the frozen layer's output; None if nothing is frozen.
    head : keras.Model
        From there to the class probabilities. Both share their weights with `network`.

    Raises
    ------
    UsageError
        If there is no such layer.
    """
    if not frozen_until:
        return None, network
    names = [layer.name for layer in network.layers]
    if frozen_until not in names:
        raise UsageError("no such layer", where="frozen_until", expected="a layer of " + network.name, found=frozen_until)
    seam = network.get_layer(frozen_until).output
    return keras.Model(network.input, seam, name="frozen"), keras.Model(seam, network.output, name="trained")
