"""One training run as a locked record.

A config is chosen by name, ``MODEL`` or ``MODEL:VARIANT``, from `train.configs`; overrides are checked against the
record's fields, so that a misspelt one fails. The digest of the record names the run's cache and is kept in its folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from lusdata import DataError, UsageError
from lusdata.suggestion import unknown_word

__all__ = ["PROTOCOLS", "SPLITS", "TrainConfig", "from_json", "override", "to_json"]

SPLITS = ("frame", "video", "patient", "source")
PROTOCOLS = ("nested", "paper")
MONITORS = ("loss", "balanced_accuracy", "none")
AUGMENTATIONS = ("none", "paper", "physics", "scanner")
SOLVERS = ("adam", "exact")

_LATER_FIELDS = {"choose_by": ""}
"""Fields that records did not always have: left out at these values, so that the digest of an earlier record stays."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides the outcome of a run, besides the data.

    Attributes
    ----------
    name : str
        ``MODEL:VARIANT``.
    model : str
        A key of `train.models.MODELS`.
    classes : tuple of str
        Classes in the order of the model's outputs; recordings of other classes are left out.
    select : str
        Which recordings take part, as ``lusdata build --select`` reads it.
    rate_hz, max_frames, size_px
        Frame sampling, as in `lusdata.load`.
    clip_frames : int
        Frames of one model input; 1 for pictures, more for clip models.
    epochs, batch_size, learning_rate
        Adam's settings; the learning rate falls to a hundredth over the epochs by a half cosine if `cosine` is set.
    patience : int
        Epochs without a better validation score after which training stops; 0 never stops early.
    monitor : {"loss", "balanced_accuracy", "none"}
        The score that stops training and chooses the epoch. With ``none`` nothing is chosen: protocol ``nested`` trains
        for all epochs on training and validation part together; protocol ``paper``, which is about choosing, then
        chooses by ``balanced_accuracy``.
    solver : {"adam", "exact"}
        How the trained part is fitted: step by step by Adam, or, where nothing but the last layer is trained, exactly,
        as the one minimum of its penalised loss. The latter needs no epochs and no validation part.
    choices : tuple of str
        Settings that each fold chooses for itself, as ``FIELD=VALUE|VALUE``; every combination is tried. Only with the
        exact solver; see `train.choice`.
    choose_by : {"", "frame", "video", "patient", "source"}
        What the inner folds that choose keep together; empty for what the split keeps together.
    frozen_until : str
        Name of the last frozen layer: all up to its output is computed once; empty trains the whole network.
    pool_layer : str
        Name of the layer whose maps are averaged and classified; empty for the backbone's last. Middle layers see
        texture, which is what carries over between patients here.
    dropout, weight_decay, label_smoothing : float
        Regularisation of the trained part; the decay is an L2 penalty on the last layer.
    augmentation : {"none", "paper", "physics", "scanner"}
        Which random changes the training pictures go through.
    views : int
        Number of augmented views drawn for each frame; with `epochs` views, every epoch sees a fresh one.
    class_weights : bool
        Whether the loss of each class is weighted by the inverse of its number of frames.
    weights : str
        ``imagenet``, ``none`` or a weights file.
    segmenter : str
        Weights file of the segmentation ensemble, for the models that stand on one.
    by, protocol, k
        The split unit, the protocol (design of the selection of epochs) and the number of folds.
    seed : int
        Seed of folds, views, initial weights and order.
    """

    name: str
    model: str
    classes: tuple[str, ...] = ("covid-19", "bacterial-pneumonia", "healthy")
    select: str = "probe=convex"
    rate_hz: float = 3.0
    max_frames: int = 30
    size_px: int = 224
    clip_frames: int = 1
    epochs: int = 40
    batch_size: int = 8
    learning_rate: float = 1e-4
    cosine: bool = False
    patience: int = 10
    monitor: str = "loss"
    solver: str = "adam"
    choices: tuple[str, ...] = ()
    choose_by: str = ""
    frozen_until: str = ""
    pool_layer: str = ""
    dropout: float = 0.5
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmentation: str = "paper"
    views: int = 8
    class_weights: bool = False
    weights: str = "imagenet"
    segmenter: str = ""
    by: str = "patient"
    protocol: str = "nested"
    k: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no run can use."""
        _among("by", self.by, SPLITS)
        _among("protocol", self.protocol, PROTOCOLS)
        _among("augmentation", self.augmentation, AUGMENTATIONS)
        _among("monitor", self.monitor, MONITORS)
        _among("solver", self.solver, SOLVERS)
        _among("choose_by", self.choose_by, ("", *SPLITS))
        for name in ("epochs", "batch_size", "size_px", "clip_frames", "max_frames"):
            _at_least(name, getattr(self, name), 1)
        for name in ("patience", "views", "seed"):
            _at_least(name, getattr(self, name), 0)
        _at_least("k", self.k, 2)
        _at_least("classes", len(self.classes), 2)
        if len(set(self.classes)) < len(self.classes):
            raise UsageError("a class stands twice", where="classes", found=", ".join(self.classes))
        if not 0 <= self.dropout < 1:
            raise UsageError("no such dropout rate", where="dropout", expected="0 to below 1", found=str(self.dropout))
        for name in ("learning_rate", "rate_hz"):
            if not 0 < getattr(self, name) < math.inf:
                raise UsageError("no such value", where=name, expected="above 0", found=str(getattr(self, name)))
        if not 0 <= self.weight_decay < math.inf:
            raise UsageError(
                "no such penalty", where="weight_decay", expected="0 or more", found=str(self.weight_decay)
            )
        if not 0 <= self.label_smoothing < 1:
            found = str(self.label_smoothing)
            raise UsageError("no such smoothing", where="label_smoothing", expected="0 to below 1", found=found)
        if self.solver == "exact" and (self.frozen_until != "pool" or not self.weight_decay > 0):
            found = f"frozen_until={self.frozen_until}, weight_decay={self.weight_decay}"
            raise UsageError(
                "no exact solution", where="solver", expected="frozen_until=pool and weight_decay above 0", found=found
            )
        if self.choices and (self.solver != "exact" or self.monitor == "none"):
            found = f"solver={self.solver}, monitor={self.monitor}"
            raise UsageError(
                "nothing to choose by", where="choices", expected="solver=exact and a monitor", found=found
            )

    @property
    def digest(self) -> str:
        """Sha256 of the record."""
        return hashlib.sha256(to_json(self).encode("utf-8")).hexdigest()


def to_json(config: TrainConfig) -> str:
    """Return the record as JSON text, fields in a fixed order."""
    fields = dataclasses.asdict(config)
    return json.dumps({k: v for k, v in fields.items() if _LATER_FIELDS.get(k) != v}, indent=2) + "\n"


def from_json(text: str, *, where: str) -> TrainConfig:
    """Rebuild a record from `to_json`.

    Raises
    ------
    DataError
        If the text is no such record; `where` names it.
    """
    try:
        fields = json.loads(text)
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return TrainConfig(**{**fields, **lists})
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError("not a record of this version", where=where, found=str(error)) from error


def override(config: TrainConfig, settings: dict[str, Any]) -> TrainConfig:
    """Return a config with some fields changed.

    Parameters
    ----------
    config : TrainConfig
        The record to start from.
    settings : dict
        Field names and new values; texts are read as the field's type.

    Raises
    ------
    UsageError
        If a field does not exist or a text cannot be read as its type.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    changes = {}
    for name, value in settings.items():
        if name not in fields:
            raise unknown_word("no such setting", name, sorted(fields), where="--set")
        changes[name] = _read(name, value, getattr(config, name)) if isinstance(value, str) else value
    return dataclasses.replace(config, **changes)


def _read(name: str, text: str, example: Any) -> Any:
    if isinstance(example, bool):
        words = {"true": True, "false": False}
        if text.lower() in words:
            return words[text.lower()]
        raise UsageError("not a truth value", where=name, expected="true or false", found=repr(text))
    if isinstance(example, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return type(example)(text)
    except ValueError as error:
        kind = type(example).__name__
        raise UsageError("cannot read the value", where=name, expected=kind, found=repr(text)) from error


def _among(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise unknown_word("no such choice", value, allowed, where=name)


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError("too small", where=name, expected=f"at least {least}", found=str(value))
