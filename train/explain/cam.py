"""Class activation maps: where in a picture the evidence for each class lies.

A network is opened at its *seam*: the last feature maps, which its head pools or flattens. If the head is linear
(global average pooling, then nothing but normalisation, dropout and one dense softmax) the maps are those of Zhou et
al. (CVPR 2016): the features, weighted by the dense kernel. For every other head they are those of Grad-CAM (Selvaraju
et al., ICCV 2017), scaled by the number of positions, so that both agree where both are defined.

Two things are settled that the papers leave open. A softmax does not see what all logits have in common, and the
kernel's common part stays what chance made it at the start of training; so the mean over the classes is taken off. And
a constant is added so that the mean of a map is the class's logit (less that of the mean class). Maps therefore keep
their sign: what is positive speaks for the class rather than for the others.
"""

from __future__ import annotations

import keras
import numpy as np

from lusdata import UsageError

from .grid import resize_maps
from .seam import as_array, linear_head, producer, seams_of

__all__ = ["MappedNetwork"]

_ROWS_AT_ONCE = 32


class MappedNetwork:
    """A classifier that can be asked for its feature maps, class activation maps and dropout passes.

    Parameters
    ----------
    network : keras.Model
        A functional network with its final weights, whose last layer is a dense softmax. It may begin anywhere: with
        pictures, or with the output of a frozen part.

    Attributes
    ----------
    method : {"cam", "grad-cam"}
        How maps are made; see this module's docstring.
    network : keras.Model
        The network.

    Raises
    ------
    UsageError
        If the network does not end in a dense softmax, or has no feature maps.
    """

    def __init__(self, network: keras.Model) -> None:
        classifier, inputs = producer(network.output)
        activation = getattr(classifier, "activation", None)
        if not isinstance(classifier, keras.layers.Dense) or activation is not keras.activations.softmax:
            raise UsageError(
                "no activation maps for this network", where=network.name, expected="a dense softmax as the last layer"
            )
        vector = inputs[0]
        linear = linear_head(vector)
        seams = linear.seams if linear else seams_of(vector)
        if not seams:
            raise UsageError(
                "no activation maps for this network", where=network.name, expected="feature maps before the last layer"
            )
        self.network = network
        self.method = "cam" if linear else "grad-cam"
        self._classifier = classifier
        self._linear = linear
        self._opened = keras.Model(network.input, [*seams, vector], name="opened")
        self._head = None if linear else keras.Model(seams, vector, name="head")

    def maps(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return activation maps and probabilities.

        Parameters
        ----------
        inputs : np.ndarray, shape (n, ...), float32
            Inputs of the network: pictures (n, size, size, 1), clips (n, time, size, size, 1), or a frozen part's
            output.

        Returns
        -------
        maps : np.ndarray, shape (n, classes, height, width), float32
            One map per class, in logit units, on the grid of the finest seam. Those of a clip are averaged over time.
            At every position they add up to 0 over the classes; the mean of each is its class's logit, less the mean
            over classes.
        probabilities : np.ndarray, shape (n, classes), float32
            The network's output.
        """
        found = [self._maps_at_once(inputs[start : start + _ROWS_AT_ONCE]) for start in _starts(inputs)]
        return np.concatenate([maps for maps, _ in found]), np.concatenate([chances for _, chances in found])

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """Return the network's output alone, shape (n, classes), float32; inputs as for `maps`."""
        found = [
            keras.ops.convert_to_numpy(self.network(inputs[start : start + _ROWS_AT_ONCE], training=False))
            for start in _starts(inputs)
        ]
        return np.concatenate(found).astype(np.float32)

    def dropout_passes(self, inputs: np.ndarray, *, passes: int, rate: float, seed: int) -> np.ndarray:
        """Return what the network says when parts of it are left out at random.

        Parts are dropped with probability `rate`, anew for each picture and pass. In a linear head these are the units
        at its dropout layer, or the channels of the seam where it has none; in any other head the channels of the seam
        and the units at every dropout layer. What lies before the seam, and all normalisation, stays as it is at test
        time. So a network that was built without dropout has it here as well.

        Parameters
        ----------
        inputs : np.ndarray, shape (n, ...), float32
            As for `maps`.
        passes : int
            Number of passes.
        rate : float
            Share that is dropped, from 0 to below 1; what stays is scaled up to keep the mean.
        seed : int
            Seed of the draws.

        Returns
        -------
        np.ndarray, shape (passes, n, classes), float32
            Class probabilities.
        """
        rng = np.random.default_rng(seed)
        found = [
            self._passes_at_once(inputs[start : start + _ROWS_AT_ONCE], passes, rate, rng) for start in _starts(inputs)
        ]
        return np.concatenate(found, axis=1)

    def _open(self, inputs: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        *features, vector = self._opened(keras.ops.convert_to_tensor(inputs), training=False)
        return [as_array(one) for one in features], as_array(vector)

    def _logits(self, vector: np.ndarray) -> np.ndarray:
        logits: np.ndarray = vector @ as_array(self._classifier.kernel)
        return logits + as_array(self._classifier.bias) if self._classifier.use_bias else logits

    def _maps_at_once(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features, vector = self._open(inputs)
        kernel = as_array(self._classifier.kernel)
        if self._linear:
            kernel = self._linear.scale[:, None] * kernel
            cuts = np.cumsum([one.shape[-1] for one in features])[:-1]
            parts = [
                np.moveaxis(one @ weights, -1, 1) for one, weights in zip(features, np.split(kernel, cuts), strict=True)
            ]
        else:
            gradients = _logit_gradients(self._head, features, kernel)
            parts = []
            for one, gradient in zip(features, gradients, strict=True):
                # The sum over positions is the mean times their number: with it Grad-CAM equals CAM for a linear head.
                weights = gradient.sum(axis=tuple(range(2, gradient.ndim - 1)))
                parts.append(np.einsum("n...k,nck->nc...", one, weights))
        flat = [part.mean(axis=_time_axis(part.shape)) if part.ndim == 5 else part for part in parts]
        grid = max((part.shape[2:] for part in flat), key=np.prod)
        maps = sum((resize_maps(part, grid) for part in flat), np.zeros((), np.float32))
        logits = self._logits(vector)
        centred = maps - maps.mean(axis=1, keepdims=True)
        wanted = logits - logits.mean(axis=1, keepdims=True)
        centred += (wanted - centred.mean(axis=(2, 3)))[..., None, None]
        return centred.astype(np.float32), _softmax(logits)

    def _passes_at_once(self, inputs: np.ndarray, passes: int, rate: float, rng: np.random.Generator) -> np.ndarray:
        features, _ = self._open(inputs)
        found = []
        for _ in range(passes):
            if self._linear and self._linear.drops_last:
                # Units that were standardised must be dropped as such: to their mean, not to far below it.
                vector = self._linear.vector(features)
                vector = vector * _mask(vector, rate, rng)
            else:
                kept = [one * _mask(one, rate, rng) for one in features]
                vector = self._linear.vector(kept) if self._linear else _run_with_dropout(self._head, kept, rate)
            found.append(_softmax(self._logits(vector)))
        return np.stack(found)


def _time_axis(shape: tuple[int, ...]) -> int:
    """Find the time of clip maps, shape (n, classes, a, b, c): pictures are square, so it is the side that differs."""
    return 4 if shape[2] == shape[3] != shape[4] else 2


def _starts(inputs: np.ndarray) -> range:
    return range(0, len(inputs), _ROWS_AT_ONCE)


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: np.ndarray = exponents / exponents.sum(axis=-1, keepdims=True)
    return shares.astype(np.float32)


def _mask(features: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    shape = (len(features), *(1,) * (features.ndim - 2), features.shape[-1])
    return (rng.random(shape) >= rate).astype(np.float32) / (1 - rate)


def _run_with_dropout(head: keras.Model, features: list[np.ndarray], rate: float) -> np.ndarray:
    """Run a head with its dropout layers active at a rate, and its normalisation as at test time."""
    before = []
    for layer in head.layers:
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            before.append((layer, "rate", layer.rate))
            layer.rate = rate
        elif isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            before.append((layer, "trainable", True))
            layer.trainable = False
    try:
        return as_array(head([keras.ops.convert_to_tensor(one) for one in features], training=True))
    finally:
        for layer, name, value in before:
            setattr(layer, name, value)


def _logit_gradients(head: keras.Model, features: list[np.ndarray], kernel: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of every class's logit with respect to the features; the one place that knows the backend.

    Parameters
    ----------
    head : keras.Model
        From the feature maps to the input of the last dense layer.
    features : list of np.ndarray, each of shape (n, ..., channels)
        The feature maps.
    kernel : np.ndarray, shape (units, classes)
        Weights of the last dense layer.

    Returns
    -------
    list of np.ndarray, each of shape (n, classes, ..., channels)
        Gradients, one array per feature map.

    Raises
    ------
    UsageError
        If the Keras backend is neither TensorFlow nor PyTorch.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensors = [tf.convert_to_tensor(one) for one in features]
        with tf.GradientTape(persistent=True) as tape:
            for tensor in tensors:
                tape.watch(tensor)
            logits = tf.matmul(head(tensors, training=False), kernel)
            # One picture's logit depends on its own features alone, so the gradient of the sum holds all of them.
            totals = [tf.reduce_sum(logits[:, index]) for index in range(kernel.shape[1])]
        found = [tape.gradient(total, tensors) for total in totals]
    elif backend == "torch":
        import torch

        tensors = [keras.ops.convert_to_tensor(one).requires_grad_(True) for one in features]
        with torch.enable_grad():
            logits = head(tensors, training=False) @ keras.ops.convert_to_tensor(kernel)
            found = [
                torch.autograd.grad(logits[:, index].sum(), tensors, retain_graph=True)
                for index in range(kernel.shape[1])
            ]
    else:
        raise UsageError(
            "Grad-CAM needs gradients, which are written for two backends only",
            where="KERAS_BACKEND",
            expected="tensorflow or torch",
            found=backend,
            hint="models with a linear head (vgg_cam, mobilenet_v2, resnet50) are explained with any backend",
        )
    return [np.stack([as_array(per_class[index]) for per_class in found], axis=1) for index in range(len(features))]
