"""Random changes of training pictures.

``paper`` is the paper's recipe (section 3.1): flips left-right and upside-down, rotation by up to 10 degrees, shifts by
up to 10 %. ``physics`` keeps to what an examination can produce. Depth never points upwards, so nothing is turned
upside-down; what varies instead is the depth setting (scale, from the skin at the top), gain, dynamic range, time-gain
compensation and speckle. ``scanner`` keeps to what an operator sets and varies one thing more, the grey map, up to
histogram equalisation of the scanned sector: which grey stands for which echo is a choice of the machine, so no class
may hang on it. Equalisation makes a picture independent of the grey map (Finlayson et al. 2005, Illuminant and device
invariant colour using histogram equalisation); to train on changed grey levels, so that other scanners are
met, is the idea of Zhang et al. 2020 (Generalizing deep learning for medical image segmentation to unseen domains via
deep stacked transformation). No recipe puts an echo where the picture is black around the sector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from .sector import scanned_sector

__all__ = ["RECIPES", "Augmentation", "augment"]


@dataclass(frozen=True)
class Augmentation:
    """How far a recipe goes; pairs are the ends of an even distribution.

    Attributes
    ----------
    upside_down : bool
        Whether half of the pictures are turned upside-down. Half are mirrored left-right by every recipe.
    rotation_deg : float
        Largest rotation, in degrees, either way.
    shift_share : tuple of float
        Largest shift down and to the side, either way, as a share of the picture's size.
    scale : tuple of float
        Magnification. The point that stays is the middle of the upper edge, where the probe is.
    gamma, gain, deep_gain : tuple of float
        Exponent of the grey level, its factor, and a further factor that grows from 1 at the top to this at the bottom.
    speckle : float
        Standard deviation of the grain that multiplies the grey level; 0 leaves grey levels as they are.
    equalised : tuple of float
        Share of the equalised grey level; the rest is the level itself.
    jittered : float
        Share of the pictures that all of this applies to; the others keep place and grain, and are mirrored and
        equalised alone.
    """

    upside_down: bool
    rotation_deg: float
    shift_share: tuple[float, float]
    scale: tuple[float, float] = (1.0, 1.0)
    gamma: tuple[float, float] = (1.0, 1.0)
    gain: tuple[float, float] = (1.0, 1.0)
    deep_gain: tuple[float, float] = (1.0, 1.0)
    speckle: float = 0.0
    equalised: tuple[float, float] = (0.0, 0.0)
    jittered: float = 1.0


RECIPES: dict[str, Augmentation | None] = {
    "none": None,
    "paper": Augmentation(upside_down=True, rotation_deg=10.0, shift_share=(0.1, 0.1)),
    "physics": Augmentation(
        upside_down=False,
        rotation_deg=10.0,
        shift_share=(0.1, 0.1),
        scale=(0.85, 1.2),
        gamma=(0.7, 1.4),
        gain=(0.8, 1.25),
        deep_gain=(0.7, 1.4),
        speckle=0.1,
    ),
    "scanner": Augmentation(
        upside_down=False,
        rotation_deg=0.0,
        shift_share=(0.0, 0.0),
        scale=(0.9, 1.1),
        gamma=(0.7, 1.4),
        gain=(0.8, 1.25),
        deep_gain=(0.8, 1.25),
        speckle=0.03,
        equalised=(0.0, 1.0),
        jittered=0.5,
    ),
}
"""What each name stands for."""

_STILL = Augmentation(upside_down=False, rotation_deg=0.0, shift_share=(0.0, 0.0))
_GRAIN_SIZE_PX = 640


def augment(image: np.ndarray, *, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Change one picture, or all pictures of one clip alike.

    Parameters
    ----------
    image : np.ndarray, shape (size, size) or (time, size, size), uint8
        The picture or clip.
    kind : {"none", "paper", "physics", "scanner"}
        The recipe.
    rng : np.random.Generator
        Source of chance.

    Returns
    -------
    np.ndarray, shape and dtype of `image`
        The changed picture; places that a shift uncovers are black.
    """
    recipe = RECIPES[kind]
    if recipe is None:
        return image
    if rng.random() < 0.5:
        image = image[..., ::-1]
    if recipe.upside_down and rng.random() < 0.5:
        image = image[..., ::-1, :]
    size_px = image.shape[-1]
    if recipe.jittered < 1 and rng.random() >= recipe.jittered:
        recipe = replace(_STILL, equalised=recipe.equalised)
    places = _Places.draw(size_px, recipe, rng)
    greys = _levels(recipe, rng)[image]
    factors = _factors(size_px, recipe, rng)
    if recipe.equalised[1] > 0:
        greys += np.float32(rng.uniform(*recipe.equalised)) * (_equalised(image) - greys)
    planes = [_sampled(plane, places) * factors for plane in greys.reshape(-1, size_px, size_px)]
    changed: np.ndarray = np.rint(np.clip(np.stack(planes), 0, 255)).reshape(image.shape)
    return changed.astype(np.uint8)


@dataclass(frozen=True)
class _Places:
    """Where each pixel of the new picture lies in the old one, which has a black border around it.

    Attributes
    ----------
    corners : np.ndarray, shape (size * size,), int64
        Index of the upper left of the four pixels around the place, in the bordered picture.
    down, right : np.ndarray, shape (size * size,), float32
        How far the place lies from that pixel, 0 to 1.
    """

    corners: np.ndarray
    down: np.ndarray
    right: np.ndarray

    @classmethod
    def draw(cls, size_px: int, recipe: Augmentation, rng: np.random.Generator) -> _Places:
        """Draw rotation, shift and scale."""
        angle = np.deg2rad(rng.uniform(-recipe.rotation_deg, recipe.rotation_deg))
        shift_down, shift_right = rng.uniform(-1, 1, size=2) * recipe.shift_share * size_px
        scale = rng.uniform(*recipe.scale)
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        middle = (size_px - 1) / 2
        # The picture turns about its middle and grows from the middle of its upper edge, which `rise` undoes.
        rise = middle * (1 - 1 / scale)
        steps = np.arange(size_px, dtype=np.float32)
        down, right = steps - np.float32(middle + shift_down), steps - np.float32(middle + shift_right)
        from_down = np.float32(cosine) * down[:, None] - np.float32(sine) * right + np.float32(middle - rise)
        from_right = np.float32(sine) * down[:, None] + np.float32(cosine) * right + np.float32(middle)
        # One pixel of border: beyond it all is as black as on it.
        from_down = np.clip(from_down, -1, size_px) + 1
        from_right = np.clip(from_right, -1, size_px) + 1
        row, column = from_down.astype(np.int32), from_right.astype(np.int32)
        corners = row.astype(np.int64) * (size_px + 3) + column
        return cls(corners.ravel(), (from_down - row).ravel(), (from_right - column).ravel())


def _sampled(plane: np.ndarray, places: _Places) -> np.ndarray:
    """Interpolate between the four pixels around each place."""
    size_px = plane.shape[0]
    width = size_px + 3
    bordered = np.zeros((width, width), np.float32)
    bordered[1 : size_px + 1, 1 : size_px + 1] = plane
    flat = bordered.ravel()
    # Every index is in range; "clip" spares NumPy the check.
    upper, upper_right, lower, lower_right = (
        flat[offset:].take(places.corners, mode="clip") for offset in (0, 1, width, width + 1)
    )
    upper += (upper_right - upper) * places.right
    lower += (lower_right - lower) * places.right
    upper += (lower - upper) * places.down
    return upper.reshape(size_px, size_px)


def _levels(recipe: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Return the new grey level of each old one, shape (256,), float32.

    Pictures are log-compressed: a change of dynamic range is a power of the grey level, a change of gain a factor.
    """
    gamma, gain = rng.uniform(*recipe.gamma), rng.uniform(*recipe.gain)
    return (255 * gain * (np.arange(256) / 255) ** gamma).astype(np.float32)


def _equalised(image: np.ndarray) -> np.ndarray:
    """Return the grey levels that are equally frequent within the scanned sector, shape of `image`, float32.

    All pictures of a clip share one sector and one grey map. Around the sector all is black.
    """
    sector = scanned_sector(image.reshape(-1, *image.shape[-2:]).max(axis=0))
    counts = np.bincount(image[..., sector].ravel(), minlength=256)
    shares = np.cumsum(counts) / max(int(counts.sum()), 1)
    return np.where(sector, (255 * shares).astype(np.float32)[image], np.float32(0))


def _factors(size_px: int, recipe: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Return what each pixel is multiplied with, shape (size, size) or (size, 1), float32."""
    depth = np.linspace(1.0, rng.uniform(*recipe.deep_gain), size_px, dtype=np.float32)[:, None]
    if not recipe.speckle:
        return depth
    sheet = _grain(max(_GRAIN_SIZE_PX, 2 * size_px))
    top, left = rng.integers(0, len(sheet) - size_px + 1, size=2)
    return depth * (1 + np.float32(recipe.speckle) * sheet[top : top + size_px, left : left + size_px])


@cache
def _grain(size_px: int) -> np.ndarray:
    """Return a sheet of grain to cut pieces from, shape (size, size), float32, mean 0 and deviation 1.

    Grains are about two pixels wide, as speckle is. Drawing a fresh sheet for each picture would take longer than all
    other changes together.
    """
    noise = np.random.default_rng(0).standard_normal((size_px + 1, size_px + 1), dtype=np.float32)
    smooth = noise[:-1, :-1] + noise[1:, :-1] + noise[:-1, 1:] + noise[1:, 1:]
    grain: np.ndarray = (smooth - smooth.mean()) / smooth.std()
    return grain
