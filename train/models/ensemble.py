"""The segmentation ensemble that `vgg_segment` and `segment_enc` stand on: U-Net, U-Net++ and DeepLabv3+.

The three read the same grey picture and name the pattern at each pixel; the ensemble's map is the mean of their
softmaxes. The paper took the ensemble of Roy et al. 2020 ready-made (about 19.5 million parameters, 560 maps in the
three bottlenecks); its weights are no longer published and its widths were never printed. Here the widths are chosen
so that parameters and maps agree, with most parameters where the maps are small, so that two processor cores can
train it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from ..layers import NORM_MOMENTUM, Resized

__all__ = ["BOTTLENECK_MAPS", "PATTERNS", "WORKING_SIZE_PX", "build_ensemble"]

PATTERNS = ("background", "pleura", "a-line", "b-line", "consolidation", "effusion")
"""What a pixel can show, in the order of the ensemble's outputs."""

WORKING_SIZE_PX = 112
"""Size of the pictures that the ensemble works on: the thinnest pattern, the pleural line, is two pixels wide there."""

_BOTTLENECKS = {"unet": 152, "unetpp": 152, "deeplab": 256}
BOTTLENECK_MAPS = sum(_BOTTLENECKS.values())
"""Maps in the bottlenecks of the three networks together."""

_UNET_WIDTHS = (16, 24, 48, 160)
_UNET_PLUS_PLUS_WIDTHS = (8, 24, 48, 160)
_DEPTH = 4
# Where a map is seven pixels wide, parameters cost little time.
_DEEPEST_WIDTH = 684


def build_ensemble(size_px: int = WORKING_SIZE_PX) -> keras.Model:
    """Build the ensemble with random weights.

    Parameters
    ----------
    size_px : int
        Height and width of the pictures, a multiple of 16. The weights do not depend on it.

    Returns
    -------
    keras.Model
        From pictures of shape (batch, size, size, 1), float32, 0 to 255, to two outputs: the chances of `PATTERNS` at
        each pixel, shape (batch, size, size, 6), and the bottleneck maps, shape (batch, size / 16, size / 16, 560). The
        softmax of each member is the output of its layer ``<member>_chances``.

    Raises
    ------
    ValueError
        If the size is not a multiple of 16.
    """
    if size_px % 2**_DEPTH:
        message = f"size_px must be a multiple of {2**_DEPTH}. Received: {size_px}"
        raise ValueError(message)
    pictures = keras.Input((size_px, size_px, 1), name="pictures")
    grey = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(pictures)
    members = {"unet": _unet(grey), "unetpp": _unet_plus_plus(grey), "deeplab": _deeplab(grey, size_px)}
    chances = layers.Average(name="chances")([chance for chance, _ in members.values()])
    maps = layers.Concatenate(name="bottlenecks")([bottleneck for _, bottleneck in members.values()])
    return keras.Model(pictures, [chances, maps], name="ensemble")


def _unet(grey: Any) -> tuple[Any, Any]:
    """U-Net (Ronneberger et al. 2015): down in four steps, up again, each level joined to its partner."""
    skips = []
    maps = grey
    for level, width in enumerate(_UNET_WIDTHS):
        maps = _convolved(maps, (width, width), f"unet_down{level}")
        skips.append(maps)
        maps = layers.MaxPooling2D(name=f"unet_pool{level}")(maps)
    bottleneck = maps = _convolved(maps, (_DEEPEST_WIDTH, _DEEPEST_WIDTH, _BOTTLENECKS["unet"]), "unet_bottleneck")
    for level in reversed(range(_DEPTH)):
        maps = _joined([skips[level], _doubled(maps, f"unet_up{level}")], f"unet_join{level}")
        maps = _convolved(maps, (_UNET_WIDTHS[level],) * 2, f"unet_back{level}")
    return _chances(maps, "unet"), bottleneck


def _unet_plus_plus(grey: Any) -> tuple[Any, Any]:
    """U-Net++ (Zhou et al. 2018): every level is refined by the one below it, at every depth."""
    columns: list[list[Any]] = [[] for _ in range(_DEPTH + 1)]
    maps = grey
    for level, width in enumerate(_UNET_PLUS_PLUS_WIDTHS):
        columns[level].append(_convolved(maps, (width, width), f"unetpp_{level}_0"))
        maps = layers.MaxPooling2D(name=f"unetpp_pool{level}")(columns[level][0])
    bottleneck = _convolved(maps, (_DEEPEST_WIDTH, _DEEPEST_WIDTH, _BOTTLENECKS["unetpp"]), "unetpp_bottleneck")
    columns[_DEPTH].append(bottleneck)
    for step in range(1, _DEPTH + 1):
        for level in range(_DEPTH + 1 - step):
            name = f"unetpp_{level}_{step}"
            below = _doubled(columns[level + 1][step - 1], f"{name}_up")
            joined = _joined([*columns[level], below], f"{name}_join")
            columns[level].append(_convolved(joined, (_UNET_PLUS_PLUS_WIDTHS[level],) * 2, name))
    return _chances(columns[0][-1], "unetpp"), bottleneck


def _deeplab(grey: Any, size_px: int) -> tuple[Any, Any]:
    """DeepLabv3+ (Chen et al. 2018): a residual backbone, atrous convolutions side by side, a decoder with one skip."""
    maps = _convolved(grey, (24,), "deeplab_stem", stride=2)
    fine = maps = _residual(maps, 64, "deeplab_stage1")
    maps = _residual(maps, 192, "deeplab_stage2")
    maps = _residual(maps, 384, "deeplab_stage3")
    size_now_px = size_px // 16
    views = [_convolved(maps, (128,), "deeplab_atrous0", kernel=1)]
    views += [_convolved(maps, (128,), f"deeplab_atrous{rate}", rate=rate) for rate in (1, 2, 3)]
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="deeplab_whole")(maps)
    whole = layers.UpSampling2D(size_now_px, name="deeplab_spread")(
        _convolved(whole, (128,), "deeplab_image", kernel=1)
    )
    bottleneck = _convolved(
        _joined([*views, whole], "deeplab_views"), (_BOTTLENECKS["deeplab"],), "deeplab_bottleneck", kernel=1
    )
    maps = Resized(size_px // 4, name="deeplab_up")(bottleneck)
    maps = _joined([maps, _convolved(fine, (48,), "deeplab_fine", kernel=1)], "deeplab_join")
    maps = _convolved(maps, (128, 128), "deeplab_back")
    scores = layers.Conv2D(len(PATTERNS), 1, name="deeplab_scores")(maps)
    return layers.Softmax(name="deeplab_chances")(Resized(size_px, name="deeplab_whole_size")(scores)), bottleneck


def _convolved(maps: Any, widths: Sequence[int], name: str, *, kernel: int = 3, stride: int = 1, rate: int = 1) -> Any:
    """Convolve, normalise and rectify once per width; the stride belongs to the first."""
    for step, width in enumerate(widths):
        part = f"{name}_{step}"
        maps = layers.Conv2D(
            width,
            kernel,
            strides=stride if step == 0 else 1,
            dilation_rate=rate,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{part}_conv",
        )(maps)
        maps = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{part}_norm")(maps)
        maps = layers.ReLU(name=f"{part}_relu")(maps)
    return maps


def _residual(maps: Any, width: int, name: str) -> Any:
    """Halve the size: two convolutions beside one that only fits the shape."""
    short = layers.Conv2D(width, 1, strides=2, use_bias=False, name=f"{name}_short")(maps)
    long = _convolved(maps, (width, width), name, stride=2)
    return layers.Add(name=f"{name}_add")([short, long])


def _doubled(maps: Any, name: str) -> Any:
    return layers.UpSampling2D(interpolation="bilinear", name=name)(maps)


def _joined(parts: Sequence[Any], name: str) -> Any:
    return layers.Concatenate(name=name)(list(parts))


def _chances(maps: Any, member: str) -> Any:
    scores = layers.Conv2D(len(PATTERNS), 1, name=f"{member}_scores")(maps)
    return layers.Softmax(name=f"{member}_chances")(scores)
