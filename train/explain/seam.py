"""Where a network is opened: its last feature maps, and how its head reads them.

The *seam* is what the head pools or flattens. All here follows the network's graph; nothing is computed but the scale
and shift that stand between averaged maps and the classifier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

__all__ = ["AveragedHead", "as_array", "linear_head", "maps_behind", "producer", "seams_of"]


def maps_behind(tensor: Any) -> Any:
    """Return the feature maps that a symbolic tensor was pooled from, or the tensor itself if it holds maps."""
    while not _is_spatial(tensor):
        _, inputs = producer(tensor)
        tensor = inputs[0]
    return tensor


def producer(tensor: Any) -> tuple[Any, list[Any]]:
    """Return the layer that made a symbolic tensor, and the tensors that it was made from."""
    # Keras offers no public way from a tensor of a cut network back to its layer: layers of both have several uses.
    history = tensor._keras_history
    return history.operation, list(history.operation._inbound_nodes[history.node_index].input_tensors)


def _is_spatial(tensor: Any) -> bool:
    return len(tensor.shape) >= 4


@dataclass(frozen=True)
class AveragedHead:
    """A vector that is scale * (global averages of the seams, one after the other) + shift.

    Attributes
    ----------
    seams : list
        Symbolic feature maps, each of shape (batch, ..., channels).
    scale, shift : np.ndarray, shape (channels of all seams,), float32
        What the averages go through.
    drops_last : bool
        Whether a dropout layer stands behind scale and shift; any other dropout is one of the seams' channels.
    """

    seams: list[Any]
    scale: np.ndarray
    shift: np.ndarray
    drops_last: bool = False

    def vector(self, features: list[np.ndarray]) -> np.ndarray:
        """Return the vector of given feature maps, shape (n, channels)."""
        means = np.concatenate([one.mean(axis=tuple(range(1, one.ndim - 1))) for one in features], axis=-1)
        found: np.ndarray = means * self.scale + self.shift
        return found


def linear_head(tensor: Any) -> AveragedHead | None:
    """Write a vector as global averages of feature maps, scaled and shifted; None if there is more to it."""
    layer, inputs = producer(tensor)
    if isinstance(layer, keras.layers.GlobalAveragePooling2D | keras.layers.GlobalAveragePooling3D):
        channels = inputs[0].shape[-1]
        return AveragedHead(inputs, np.ones(channels, np.float32), np.zeros(channels, np.float32))
    if isinstance(layer, keras.layers.Dropout):
        before = linear_head(inputs[0])
        return None if before is None else replace(before, drops_last=True)
    if isinstance(layer, keras.layers.BatchNormalization):
        before = linear_head(inputs[0])
        if before is None:
            return None
        scale, shift = _normalisation(layer)
        return AveragedHead(before.seams, before.scale * scale, before.shift * scale + shift)
    if isinstance(layer, keras.layers.Concatenate):
        parts = [part for part in map(linear_head, inputs) if part is not None]
        if len(parts) < len(inputs):
            return None
        return AveragedHead(
            [seam for part in parts for seam in part.seams],
            np.concatenate([part.scale for part in parts]),
            np.concatenate([part.shift for part in parts]),
        )
    return None


def _normalisation(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return scale and shift of a batch normalisation at test time."""
    scale = 1 / np.sqrt(as_array(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale = scale * as_array(layer.gamma)
    shift = -as_array(layer.moving_mean) * scale
    return scale, shift + as_array(layer.beta) if layer.center else shift


def _spatial_ancestors(tensor: Any) -> list[Any]:
    if _is_spatial(tensor):
        return [tensor]
    _, inputs = producer(tensor)
    return [seam for one in inputs for seam in _spatial_ancestors(one)]


def seams_of(tensor: Any) -> list[Any]:
    """Return the last feature maps that a symbolic tensor depends on, each once."""
    return list({id(one): one for one in _spatial_ancestors(tensor)}.values())


def as_array(tensor: Any) -> np.ndarray:
    """Return a backend's tensor as float32."""
    return np.asarray(keras.ops.convert_to_numpy(tensor), dtype=np.float32)
