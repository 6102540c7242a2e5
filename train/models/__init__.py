"""The models by name, and how to cut one into its frozen and its trained part.

Keras is imported by what needs it, so that the list of models costs nothing and can be read without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lusdata import UsageError
from lusdata.suggestion import unknown_word

from ..config import TrainConfig

if TYPE_CHECKING:
    import keras

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


def _in(module: str, name: str) -> Callable[[TrainConfig], keras.Model]:
    """Return a function of a module of this package that imports it when it is called."""

    def build_it(config: TrainConfig) -> keras.Model:
        make = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return cast("keras.Model", make(config))

    return build_it


MODELS: dict[str, ModelEntry] = {
    "vgg": ModelEntry(
        _in("backbones", "vgg"),
        "VGG-16, dense 64 + ReLU + dropout 0.5 + batch norm + softmax",
        14_747_971,
        14_747_971,
        "Simonyan and Zisserman 2015; paper, appendix A.1",
    ),
    "vgg_cam": ModelEntry(
        _in("backbones", "vgg_cam"),
        "VGG-16, global average pooling, one dense softmax: plain CAM",
        14_716_227,
        14_716_227,
        "Zhou et al. 2016; paper, appendix A.1",
    ),
    "nasnet_mobile": ModelEntry(
        _in("backbones", "nasnet_mobile"),
        "NASNetMobile, dense 512 + ReLU + dropout + batch norm + softmax",
        4_814_487,
        4_814_487,
        "Zoph et al. 2018; paper, Table 2",
    ),
    "mobilenet_v2": ModelEntry(
        _in("backbones", "mobilenet_v2"),
        "MobileNetV2 up to block 12, global average pooling, standardised, one dense softmax",
        498_371,
        None,
        "Sandler et al. 2018; paper, section 3.2 (MobileNet, without figures)",
    ),
    "resnet50": ModelEntry(
        _in("backbones", "resnet50"),
        "ResNet-50, global average pooling, dropout, one dense softmax",
        23_593_859,
        None,
        "He et al. 2016; paper, section 3.2 (a residual network, without figures)",
    ),
    "covidnet": ModelEntry(
        _in("covidnet", "covidnet"),
        "small COVID-Net: projection-expansion-projection-extension blocks, from scratch",
        2_799_971,
        None,
        "after Wang et al. 2020; paper, section 3.2 (without figures)",
    ),
    "vgg_segment": ModelEntry(
        _in("segmentation", "vgg_segment"),
        "vgg on frames coloured by the frozen segmentation ensemble",
        34_217_365,
        34_018_074,
        "after Roy et al. 2020; paper, section 3.1 and appendix A.2",
    ),
    "segment_enc": ModelEntry(
        _in("segmentation", "segment_enc"),
        "560 frozen bottleneck maps of the segmentation ensemble, dense 512 and 256",
        19_888_725,
        19_993_307,
        "after Roy et al. 2020; paper, section 3.1",
    ),
    "genesis": ModelEntry(
        _in("genesis", "genesis"),
        "3-D encoder of Models Genesis on clips, dense 1024",
        7_559_043,
        7_559_043,
        "Zhou et al. 2019; paper, section 3.3, Table 3",
    ),
}


def build(config: TrainConfig) -> keras.Model:
    """Build the model that a config names, with its first weights, all layers up to `frozen_until` frozen.

    Raises
    ------
    UsageError
        If there is no such model or no such layer, or weights are missing.
    DataError
        If a weights file does not fit.
    OutsideError
        If ImageNet weights cannot be downloaded.
    """
    if config.model not in MODELS:
        raise unknown_word("no such model", config.model, sorted(MODELS), where=config.model)
    network = MODELS[config.model].build(config)
    if config.frozen_until:
        for layer in network.layers[: _position(network, config.frozen_until) + 1]:
            layer.trainable = False
    return network


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
        If there is no such layer, or a shortcut passes it by, so that the rest needs more than its output.
    """
    if not frozen_until:
        return None, network
    import keras

    seam = network.layers[_position(network, frozen_until)].output
    prefix = keras.Model(network.input, seam, name="frozen")
    try:
        head = keras.Model(seam, network.output, name="trained")
    except ValueError as error:
        raise UsageError(
            "the network cannot be cut here, since a shortcut passes the layer by",
            where=f"frozen_until={frozen_until}",
            expected="a layer that everything goes through, such as the end of a block",
        ) from error
    return prefix, head


def _position(network: keras.Model, wanted: str) -> int:
    names = [layer.name for layer in network.layers]
    if wanted not in names:
        raise UsageError(
            "no such layer",
            where="frozen_until",
            expected=f"a layer of {network.name}, such as {', '.join(names[-8:])}",
            found=repr(wanted),
        )
    return names.index(wanted)
