"""What an exactly fitted last layer sees: the averaged maps of a frozen network, at every depth that a config tries.

All depths come from one pass over the pictures, and lie side by side in one cache.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np

from lusdata import UsageError

from .choice import candidates
from .config import TrainConfig
from .data import Samples
from .models import build
from .prefix_cache import cached_prefix

__all__ = ["pooled_features", "pooled_network"]


def pooled_network(config: TrainConfig, pool_layers: list[str]) -> keras.Model:
    """Build a network that gives the averaged maps of several of its layers, side by side.

    Parameters
    ----------
    config : TrainConfig
        Names the model and its weights.
    pool_layers : list of str
        Layers with maps; an empty name means those that the model averages by itself.

    Returns
    -------
    keras.Model
        From pictures of shape (n, size, size, 1) to (n, channels of all layers).

    Raises
    ------
    UsageError
        If there is no such layer.
    """
    whole = build(dataclasses.replace(config, pool_layer=""))
    layers = {layer.name: layer for layer in whole.layers}
    missing = [name for name in ("pool", *pool_layers) if name and name not in layers]
    if missing:
        found = ", ".join(missing)
        raise UsageError("no such layer", where="pool_layer", expected=f"a layer of {whole.name}", found=found)
    maps = [layers[name].output if name else layers["pool"].input for name in pool_layers]
    vectors = [keras.layers.GlobalAveragePooling2D(name=f"pool_{place}")(one) for place, one in enumerate(maps)]
    side_by_side = vectors[0] if len(vectors) == 1 else keras.layers.Concatenate(name="pools")(vectors)
    network = keras.Model(whole.input, side_by_side, name="pooled")
    network.trainable = False
    return network


def pooled_features(config: TrainConfig, samples: Samples, *, folder: Path | None) -> dict[str, np.ndarray]:
    """Return the averaged maps of each layer that a config names or may choose.

    Parameters
    ----------
    config : TrainConfig
        With ``solver=exact``.
    samples : Samples
        The pictures.
    folder : Path or None
        Folder of the cache; None keeps nothing.

    Returns
    -------
    dict of str to np.ndarray, shape (views + 1, n, channels), float16
        By layer; view 0 is the plain picture.
    """
    names = list(dict.fromkeys(settings.get("pool_layer", config.pool_layer) for settings in candidates(config)))
    network = pooled_network(config, names)
    widths = [layer.output.shape[-1] for layer in network.layers if layer.name.startswith("pool_")]
    features = cached_prefix(network, dataclasses.replace(config, pool_layer="|".join(names)), samples, folder=folder)
    ends = np.cumsum(widths)
    return {name: features[..., end - width : end] for name, width, end in zip(names, widths, ends, strict=True)}
