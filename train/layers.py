"""Layers that Keras does not have: from a grey picture to what a backbone expects, and colours for a class map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["NORM_MOMENTUM", "ClassColours", "ColoursToBackbone", "GreyToBackbone", "Resized"]

NORM_MOMENTUM = 0.9
"""How slowly the averages of a trained batch normalisation move.

An epoch has some 40 to 150 steps here: at Keras's 0.99 the averages lag behind the weights, and a network from scratch
is another one when it is tested.
"""

SCALINGS = ("unit", "caffe", "none")

# Means of the ImageNet training pictures, in the order blue, green, red; the networks of that time subtract them.
_CAFFE_MEANS = (103.939, 116.779, 123.68)

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="lusdata")
class ColoursToBackbone(keras.layers.Layer):
    """Bring a picture in red, green and blue into the range that a backbone was trained on.

    Parameters
    ----------
    scaling : {"unit", "caffe", "none"}
        ``unit``: -1 to 1; ``caffe``: 0 to 255 less the ImageNet means, blue first; ``none``: 0 to 255.
    **settings
        What every Keras layer takes, such as ``name``.

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
        """Scale pictures of shape (batch, height, width, 3), 0 to 255, red first."""
        if self.scaling == "unit":
            return pictures / 127.5 - 1.0
        if self.scaling == "caffe":
            return ops.flip(pictures, axis=-1) - ops.convert_to_tensor(_CAFFE_MEANS, dtype=pictures.dtype)
        return pictures

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape with three channels."""
        return (*input_shape[:-1], 3)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "scaling": self.scaling}


@keras.saving.register_keras_serializable(package="lusdata")
class GreyToBackbone(ColoursToBackbone):
    """Repeat a grey picture as three channels, in the range that a backbone was trained on.

    Takes the same arguments as `ColoursToBackbone`.
    """

    def call(self, pictures: Any) -> Any:
        """Scale pictures of shape (batch, height, width, 1), 0 to 255, to (batch, height, width, 3)."""
        return super().call(ops.repeat(pictures, 3, axis=-1))


@keras.saving.register_keras_serializable(package="lusdata")
class Resized(keras.layers.Layer):
    """Give pictures another size by bilinear interpolation, smoothed first where they shrink.

    Parameters
    ----------
    size_px : int
        Height and width of the result.
    **settings
        What every Keras layer takes, such as ``name``.

    Raises
    ------
    ValueError
        If the size is not positive.
    """

    def __init__(self, size_px: int, **settings: Any) -> None:
        super().__init__(**settings)
        if size_px < 1:
            message = f"size_px must be at least 1. Received: {size_px}"
            raise ValueError(message)
        self.size_px = size_px

    def call(self, pictures: Any) -> Any:
        """Resize pictures of shape (batch, height, width, channels), any range."""
        height_px, width_px = pictures.shape[1:3]
        if (height_px, width_px) == (self.size_px, self.size_px):
            return pictures
        # Two products with a constant: TensorFlow's own smoothed resizing cannot be compiled for a GPU.
        down = ops.convert_to_tensor(_shares(height_px, self.size_px), dtype=pictures.dtype)
        right = ops.convert_to_tensor(_shares(width_px, self.size_px), dtype=pictures.dtype)
        return ops.einsum("jw,biwc->bijc", right, ops.einsum("ih,bhwc->biwc", down, pictures))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape with the new height and width."""
        return (input_shape[0], self.size_px, self.size_px, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "size_px": self.size_px}


def _shares(source_px: int, size_px: int) -> np.ndarray:
    """Return the share of each old pixel in each new one along a side, shape (size, source), rows sum to one.

    The share falls off as a triangle from the new pixel's centre; where pictures shrink, the triangle is as much wider.
    """
    scale = source_px / size_px
    centres = (np.arange(size_px)[:, None] + 0.5) * scale
    distance = np.abs(np.arange(source_px) + 0.5 - centres) / max(scale, 1.0)
    shares = np.clip(1 - distance, 0, None)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


@keras.saving.register_keras_serializable(package="lusdata")
class ClassColours(keras.layers.Layer):
    """Draw a map of classes as colours over the grey picture.

    Parameters
    ----------
    colours : sequence of (red, green, blue) or None
        A colour, 0 to 255, for each class; None leaves the picture as it is.
    opacity : float
        Share of the colour, 0 to 1; the rest is the picture.
    **settings
        What every Keras layer takes, such as ``name``.

    Raises
    ------
    ValueError
        If the opacity is not a share.
    """

    def __init__(self, colours: Sequence[Sequence[float] | None], *, opacity: float = 0.5, **settings: Any) -> None:
        super().__init__(**settings)
        if not 0 <= opacity <= 1:
            message = f"opacity must be 0 to 1. Received: {opacity}"
            raise ValueError(message)
        self.colours = [None if colour is None else tuple(float(part) for part in colour) for colour in colours]
        self.opacity = opacity

    def call(self, pictures: Any, chances: Any) -> Any:
        """Colour each pixel by its likeliest class.

        Parameters
        ----------
        pictures : tensor, shape (batch, height, width, 1), float
            Grey, 0 to 255.
        chances : tensor, shape (batch, height, width, classes), float
            Score of each class at each pixel.

        Returns
        -------
        tensor, shape (batch, height, width, 3), float
            Red, green and blue, 0 to 255.
        """
        likeliest = ops.one_hot(ops.argmax(chances, axis=-1), len(self.colours), dtype=pictures.dtype)
        paint = ops.convert_to_tensor([colour or (0.0, 0.0, 0.0) for colour in self.colours], dtype=pictures.dtype)
        share = [[0.0 if colour is None else self.opacity] for colour in self.colours]
        cover = ops.matmul(likeliest, ops.convert_to_tensor(share, dtype=pictures.dtype))
        return pictures * (1 - cover) + ops.matmul(likeliest, paint) * cover

    def compute_output_shape(self, pictures_shape: Shape, chances_shape: Shape) -> Shape:
        """Return the picture's shape with three channels."""
        return (*pictures_shape[:-1], 3)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "colours": self.colours, "opacity": self.opacity}
