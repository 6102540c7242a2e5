"""Layers that Keras does not have."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["GreyToBackbone"]

SCALINGS = ("unit", "caffe", "none")

# Means of the ImageNet training pictures, in the order blue, green, red; the networks of that time subtract them.
_CAFFE_MEANS = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable(package="lusdata")
class GreyToBackbone(keras.layers.Layer):
    """Repeat a grey picture as three channels, in the range that a backbone was trained on.

    Parameters
    ----------
    scaling : {"unit", "caffe", "none"}
        ``unit``: -1 to 1; ``caffe``: 0 to 255 less the ImageNet means, blue first; ``none``: 0 to 255.

    Raises
    ------
    ValueError
        If the scaling is not one of these.
    """

    def __init__(self, scaling: str, **settings: Any) -> None:
        super().__init__(**settings)
        if scaling not in SCALINGS:
            message = f"scaling must be one of {', '.join(SCALINGS)}. Received: {scaling!r}"
            raise ValueError(message)
        self.scaling = scaling

    def call(self, pictures: Any) -> Any:
        """Scale pictures of shape (batch, height, width, 1), 0 to 255, to (batch, height, width, 3)."""
        colours = ops.repeat(pictures, 3, axis=-1)
        if self.scaling == "unit":
            return colours / 127.5 - 1.0
        if self.scaling == "caffe":
            return colours - ops.convert_to_tensor(_CAFFE_MEANS, dtype=colours.dtype)
        return colours

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input's shape with three channels."""
        return (*input_shape[:-1], 3)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "scaling": self.scaling}
