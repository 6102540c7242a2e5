"""The two classifiers that stand on the segmentation ensemble: one looks at its map, the other at its bottlenecks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import layers

from lusdata import DataError, UsageError

from .. import PROGRAM
from ..config import TrainConfig
from ..layers import ClassColours, Resized
from ..weights import load_weights_file, record_beside
from .backbones import classifier, picture_input, vgg_head
from .ensemble import PATTERNS, WORKING_SIZE_PX, build_ensemble

__all__ = ["PATTERN_COLOURS", "colouring_network", "load_ensemble", "segment_enc", "vgg_segment"]

PATTERN_COLOURS: dict[str, tuple[int, int, int] | None] = {
    "background": None,
    "pleura": (240, 228, 66),
    "a-line": (86, 180, 233),
    "b-line": (213, 94, 0),
    "consolidation": (0, 158, 115),
    "effusion": (204, 121, 167),
}
"""Red, green and blue of each pattern, told apart with any colour vision (Okabe and Ito 2008)."""

_OPACITY = 0.6


def vgg_segment(config: TrainConfig) -> keras.Model:
    """Build the paper's VGG-Segment: `vgg` on pictures coloured by the frozen ensemble (section 3.1, appendix A.2).

    Pictures of shape (batch, size, size, 1), float32, 0 to 255, to a softmax over the classes.
    """
    pictures = picture_input(config)
    _, coloured = _coloured(pictures, config)
    return vgg_head(config, pictures, coloured)


def colouring_network(config: TrainConfig) -> keras.Model:
    """Build what stands before the classifier in `vgg_segment`: from pictures to what it is shown (Figure 5).

    Pictures of shape (batch, size, size, 1), float32, 0 to 255, to the chances of `PATTERNS` at each pixel, shape
    (batch, size, size, 6), and the coloured pictures, shape (batch, size, size, 3), red first, 0 to 255.
    """
    pictures = picture_input(config)
    return keras.Model(pictures, _coloured(pictures, config), name="colouring")


def segment_enc(config: TrainConfig) -> keras.Model:
    """Build the paper's Segment-Enc: the ensemble's bottlenecks, averaged, dense 512 and 256 (section 3.1).

    Pictures of shape (batch, size, size, 1), float32, 0 to 255, to a softmax over the classes.
    """
    pictures = picture_input(config)
    _, maps = _segmented(pictures, config)
    hidden = layers.GlobalAveragePooling2D(name="pool")(maps)
    for number, width in enumerate((512, 256), start=1):
        hidden = layers.Dense(width, activation="relu", name=f"hidden{number}")(hidden)
        hidden = layers.Dropout(config.dropout, name=f"dropout{number}")(hidden)
    return classifier(config, pictures, hidden)


def load_ensemble(path: Path, *, size_px: int | None = None) -> keras.Model:
    """Build the ensemble and fill it with somebody's weights.

    Parameters
    ----------
    path : Path
        The weights; a ``.json`` record beside them names their digest, their patterns and the size that they were
        trained at.
    size_px : int, optional
        Size of the pictures; by default that of the record, else 112.

    Raises
    ------
    UsageError
        If the file does not exist.
    DataError
        If it does not fit, or was trained for other patterns.
    """
    record = record_beside(path) if path.is_file() else None
    patterns = (record or {}).get("patterns", list(PATTERNS))
    if patterns != list(PATTERNS):
        raise DataError(
            "the segmentation ensemble was trained for other patterns",
            where=str(path),
            expected=", ".join(PATTERNS),
            found=", ".join(map(str, patterns)),
        )
    found_px = (record or {}).get("size_px", WORKING_SIZE_PX)
    ensemble = build_ensemble(size_px or int(found_px))
    load_weights_file(ensemble, path)
    return ensemble


def _coloured(pictures: Any, config: TrainConfig) -> tuple[Any, Any]:
    """Return the ensemble's map at the pictures' size, and the pictures coloured by it."""
    chances, _ = _segmented(pictures, config)
    chances = Resized(config.size_px, name="map")(chances)
    colours = [PATTERN_COLOURS[pattern] for pattern in PATTERNS]
    return chances, ClassColours(colours, opacity=_OPACITY, name="coloured")(pictures, chances)


def _segmented(pictures: Any, config: TrainConfig) -> tuple[Any, Any]:
    """Run the frozen ensemble at its own size; return its map and its bottlenecks."""
    ensemble = _ensemble_of(config)
    ensemble.trainable = False
    chances, maps = ensemble(Resized(ensemble.input_shape[1], name="working_size")(pictures))
    return chances, maps


def _ensemble_of(config: TrainConfig) -> keras.Model:
    if config.segmenter:
        return load_ensemble(Path(config.segmenter).expanduser())
    if config.weights != "none":
        raise UsageError(
            f"{config.model} needs a trained segmentation ensemble",
            where="segmenter",
            expected="its weights file",
            hint=f"train one with '{PROGRAM} fit segmenter', then add --set segmenter=FILE; "
            "or start everything untrained with --weights none",
        )
    step_px = 16
    return build_ensemble(max(step_px, min(WORKING_SIZE_PX, config.size_px // step_px * step_px)))
