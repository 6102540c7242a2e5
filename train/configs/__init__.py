"""The settings of every model by name: the paper's, and a second set that keeps to the physics.

A config is a function that returns a record; each file opens with where the settings come from, the command, the time
and the score. Change single fields on the command line with ``--set NAME=VALUE``.
"""

from __future__ import annotations

from collections.abc import Callable

from lusdata.suggestion import unknown_word

from ..config import TrainConfig
from . import (
    covidnet,
    genesis,
    mobilenet_v2,
    nasnet_mobile,
    resnet50,
    segment_enc,
    vgg,
    vgg_cam,
    vgg_segment,
)

__all__ = ["CONFIGS", "get_config"]

CONFIGS: dict[str, Callable[[], TrainConfig]] = {
    "vgg": vgg.paper,
    "vgg:physics": vgg.physics,
    "vgg_cam": vgg_cam.paper,
    "vgg_cam:physics": vgg_cam.physics,
    "nasnet_mobile": nasnet_mobile.paper,
    "nasnet_mobile:physics": nasnet_mobile.physics,
    "mobilenet_v2": mobilenet_v2.reference,
    "mobilenet_v2:paper": mobilenet_v2.paper,
    "mobilenet_v2:physics": mobilenet_v2.physics,
    "resnet50": resnet50.paper,
    "resnet50:physics": resnet50.physics,
    "covidnet": covidnet.paper,
    "covidnet:physics": covidnet.physics,
    "vgg_segment": vgg_segment.paper,
    "vgg_segment:physics": vgg_segment.physics,
    "segment_enc": segment_enc.paper,
    "segment_enc:physics": segment_enc.physics,
    "genesis": genesis.paper,
    "genesis:physics": genesis.physics,
}
"""Every config; without a variant, the paper's settings, but for `mobilenet_v2`, where it is the reference run's."""


def get_config(name: str) -> TrainConfig:
    """Return a config by name.

    Parameters
    ----------
    name : str
        ``MODEL`` or ``MODEL:VARIANT``. ``MODEL:paper`` is there for every model.

    Raises
    ------
    UsageError
        If there is no such config; the message lists them.
    """
    make = CONFIGS.get(name) or CONFIGS.get(name.removesuffix(":paper"))
    if make is None:
        raise unknown_word("no such model config", name, sorted(CONFIGS))
    return make()
