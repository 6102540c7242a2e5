"""Random changes of training pictures.

``paper`` is the paper's recipe (section 3.1): flips left-right and upside-down, rotation by up to 10 degrees, shifts by up
to 10 %. ``physics`` keeps to what an examination can produce: depth never points upwards, so nothing is turned
upside-down; instead depth (scale), gain, time-gain compensation and speckle vary.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

__all__ = ["augment"]

ROTATION_DEG = 10.0
SHIFT_SHARE = 0.1


def augment(image: np.ndarray, *, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Change one picture, or all pictures of one clip alike.

    Parameters
    ----------
    image : np.ndarray, shape (size, size) or (time, size, size), uint8
        The picture or clip.
    kind : {"none", "paper", "physics"}
        The recipe.
    rng : np.random.Generator
        Source of chance.

    Returns
    -------
    np.ndarray, shape and dtype of `image`
        The changed picture; places that a shift uncovers are black.
    """
    if kind == "none":
        return image
    if rng.random() < 0.5:
        image = image[..., ::-1]
    if kind == "paper":
        if rng.random() < 0.5:
            image = image[..., ::-1, :]
        return _moved(image, rng, zoom=1.0)
    image = _moved(image, rng, zoom=rng.uniform(0.85, 1.2))
    return _regained(image, rng)


def _moved(image: np.ndarray, rng: np.random.Generator, *, zoom: float) -> np.ndarray:
    size = image.shape[-1]
    angle = np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG))
    shift = rng.uniform(-SHIFT_SHARE, SHIFT_SHARE, size=2) * size
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    centre = (size - 1) / 2
    offset = centre - turn @ (centre + shift)
    planes = image.reshape(-1, size, size)
    moved = [ndimage.affine_transform(plane, turn, offset=offset, order=1, mode="constant") for plane in planes]
    return np.stack(moved).reshape(image.shape)


def _regained(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = image.shape[-1]
    grey = image.astype(np.float32) / 255
    # Log compression turns a change of dynamic range into a power and a change of gain into a factor.
    grey = grey ** rng.uniform(0.7, 1.4) * rng.uniform(0.8, 1.25)
    grey *= np.linspace(1.0, rng.uniform(0.7, 1.4), size, dtype=np.float32)[:, None]
    grain = ndimage.zoom(rng.standard_normal((size // 2, size // 2)), size / (size // 2), order=1, grid_mode=True, mode="nearest")
    grey *= 1 + 0.15 * grain.astype(np.float32)
    return (np.clip(grey, 0, 1) * 255).round().astype(np.uint8)
