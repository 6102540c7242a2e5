"""The last layer alone, fitted exactly: softmax regression on the frozen part's output, with an L2 penalty.

The penalised loss has one minimum. It is found to the end, so neither epochs nor order nor a validation part matter,
and a fit takes a second. What comes out are the weights of the same Keras layers that Adam would train.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import keras
import numpy as np

from lusdata import DataError, UsageError

__all__ = ["LinearHead", "class_weights", "fit_linear", "put_into"]

_SMALLEST_VARIANCE = 1e-3
_MOST_STEPS = 2000


@dataclass(frozen=True)
class LinearHead:
    """Standardised features, then a softmax.

    Attributes
    ----------
    mean, variance : np.ndarray, shape (features,), float64
        What the features are standardised with.
    kernel : np.ndarray, shape (features, classes), float64
        Weights of the standardised features.
    bias : np.ndarray, shape (classes,), float64
        What is added.
    """

    mean: np.ndarray
    variance: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return class probabilities of rows of features, shape (rows, classes), float64."""
        logits = _standardised(features, self.mean, self.variance) @ self.kernel + self.bias
        powers = np.exp(logits - logits.max(1, keepdims=True))
        chances: np.ndarray = powers / powers.sum(1, keepdims=True)
        return chances


def class_weights(labels: np.ndarray, class_count: int, *, balanced: bool) -> np.ndarray:
    """Return the weight of each class in the loss, shape (classes,), float32: one, or inverse to its number of rows.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 0, 1, 1]), 2, balanced=True).tolist()
    [0.75, 1.5]
    """
    if not balanced:
        return np.ones(class_count, np.float32)
    counts = np.bincount(labels, minlength=class_count)
    weights: np.ndarray = (len(labels) / (class_count * counts)).astype(np.float32)
    return weights


def fit_linear(features: np.ndarray, labels: np.ndarray, *, class_weights: np.ndarray, decay: float) -> LinearHead:
    """Find the minimum of the mean weighted cross entropy plus `decay` times the squared weights.

    Parameters
    ----------
    features : np.ndarray, shape (rows, features), float
        The frozen part's output.
    labels : np.ndarray, shape (rows,), int64
        Class indices, 0 to classes - 1; every class occurs.
    class_weights : np.ndarray, shape (classes,), float
        Weight of each class in the loss.
    decay : float
        The penalty; above 0.

    Returns
    -------
    LinearHead
        The fitted layer.

    Raises
    ------
    DataError
        If a feature is not a number, or no minimum is found.

    Examples
    --------
    >>> head = fit_linear(np.array([[0.0], [1.0]]), np.array([0, 1]), class_weights=np.ones(2), decay=0.1)
    >>> head.probabilities(np.array([[0.5]])).round(3)
    array([[0.5, 0.5]])
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    features = features.astype(np.float64)
    if not np.isfinite(features).all():
        raise DataError("the frozen part's output is not a number", hint="check the weights file")
    mean, variance = features.mean(0), features.var(0)
    # With two classes sklearn has one column of weights for both; the same penalty then counts half.
    strength = (2 if len(class_weights) > 2 else 1) * decay * len(labels)
    model = LogisticRegression(C=1 / strength, tol=1e-7, max_iter=_MOST_STEPS)
    # One thread: the products are small, and the result must not depend on how many cores a machine has.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            model.fit(_standardised(features, mean, variance), labels, sample_weight=class_weights[labels])
        except ConvergenceWarning as warning:
            raise DataError(
                "the last layer cannot be fitted", found=str(warning).splitlines()[0], hint="raise weight_decay"
            ) from warning
    kernel, bias = model.coef_.T, model.intercept_
    if len(class_weights) == 2:
        kernel, bias = np.hstack([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    return LinearHead(mean, variance, kernel, bias)


def put_into(head: keras.Model, fitted: LinearHead) -> None:
    """Give the trained part of a network the fitted weights.

    Raises
    ------
    UsageError
        If it is anything but standardisation, dropout and one dense softmax.
    """
    layers = [layer for layer in head.layers if layer.weights]
    if [layer.name for layer in layers] != ["standardise", "classes"]:
        raise UsageError(
            "the trained part of this network cannot be fitted exactly",
            where="solver=exact",
            expected="standardised features and one dense softmax, as mobilenet_v2 has",
            found=", ".join(layer.name for layer in layers),
            hint="use --set solver=adam --set choices=",
        )
    standardise, classes = layers
    # The layer adds its own small number to the variance.
    standardise.set_weights([fitted.mean, np.maximum(fitted.variance, _SMALLEST_VARIANCE) - standardise.epsilon])
    classes.set_weights([fitted.kernel, fitted.bias])


def _standardised(features: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (features - mean) / np.sqrt(np.maximum(variance, _SMALLEST_VARIANCE))
    return scaled
