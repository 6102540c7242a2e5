"""Pictures with the pattern at each pixel, to train and to test the segmentation ensemble: phantoms, drawn from a seed.

Real masks of lung ultrasound are not public; a phantom knows where its patterns are.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from lusdata.media.phantom import ClassName, Phantom, PhantomSpec, Probe, draw, typical

from .models.ensemble import PATTERNS

__all__ = ["LabelledPictures", "draw_pictures", "label_map"]

_CLASSES: tuple[ClassName, ...] = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")
_PROBES: tuple[Probe, ...] = ("convex", "linear", "phased")
_PROBE_SHARES = (0.7, 0.2, 0.1)
_VARIANTS = 4

# From the back to the front: what hides what where masks overlap.
_LAYERS = {
    "effusion": "effusion",
    "consolidation": "consolidation",
    "bronchogram": "consolidation",
    "a_lines": "a-line",
    "b_lines": "b-line",
    "pleura": "pleura",
}
# A pixel of the smaller picture shows a pattern from this share of its area on: at a half, thin lines would break up.
_LEAST_SHARE = 0.35


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures and what they show.

    Attributes
    ----------
    pictures : np.ndarray, shape (n, size, size), uint8
        Grey, 0 to 255.
    labels : np.ndarray, shape (n, size, size), uint8
        Index into `train.models.ensemble.PATTERNS`.
    """

    pictures: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pictures)

    @property
    def digest(self) -> str:
        """Sha256 over pictures and labels."""
        digest = hashlib.sha256(np.ascontiguousarray(self.pictures).tobytes())
        digest.update(np.ascontiguousarray(self.labels).tobytes())
        return digest.hexdigest()


def draw_pictures(count: int, *, size_px: int, seed: int) -> LabelledPictures:
    """Draw one picture of each of `count` phantoms, cropped as a dataset is.

    Parameters
    ----------
    count : int
        Number of phantoms.
    size_px : int
        Height and width of the pictures.
    seed : int
        Which phantoms; no two seeds share one.

    Returns
    -------
    LabelledPictures
        All classes and probes are among them, so that every pattern is in every few pictures.
    """
    pictures = np.empty((count, size_px, size_px), np.uint8)
    labels = np.empty((count, size_px, size_px), np.uint8)
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        phantom = draw(_spec(index, rng), int(rng.integers(2**31)))
        pictures[index], labels[index] = _cropped(phantom, size_px)
    return LabelledPictures(pictures, labels)


def label_map(masks: dict[str, np.ndarray]) -> np.ndarray:
    """Join masks that may overlap into one map.

    Parameters
    ----------
    masks : dict of str to np.ndarray, shape (h, w), bool
        Masks by the names that phantoms use; names that are no pattern here are passed over.

    Returns
    -------
    np.ndarray, shape (h, w), uint8
        Index into `PATTERNS`; of two patterns at a pixel the one in front.
    """
    shape = next(iter(masks.values())).shape
    labels = np.zeros(shape, np.uint8)
    for name, pattern in _LAYERS.items():
        if name in masks:
            labels[masks[name]] = PATTERNS.index(pattern)
    return labels


def _spec(index: int, rng: np.random.Generator) -> PhantomSpec:
    look = typical(
        _CLASSES[index % len(_CLASSES)],
        probe=_PROBES[rng.choice(len(_PROBES), p=_PROBE_SHARES)],
        variant=int(rng.integers(_VARIANTS)),
    )
    lines = look.b_line_count and int(rng.integers(1, 7))
    return dataclasses.replace(
        look,
        frame_count=1,
        b_line_count=lines,
        depth_cm=look.scan_depth_cm * rng.uniform(0.75, 1.3),
        ribs=bool(rng.random() < 0.5),
        pleural_irregularity=look.pleural_irregularity or bool(rng.random() < 0.2),
        burned_in=bool(rng.random() < 0.5),
    )


def _cropped(phantom: Phantom, size_px: int) -> tuple[np.ndarray, np.ndarray]:
    left, top, width, height = phantom.square_box
    crop = (slice(top, top + height), slice(left, left + width))
    shrink = _area_shares(width, size_px)
    picture = shrink @ phantom.frames[0][crop].astype(np.float32) @ shrink.T
    masks = {
        name: shrink @ phantom.masks[name][0][crop].astype(np.float32) @ shrink.T >= _LEAST_SHARE for name in _LAYERS
    }
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8), label_map(masks)


@cache
def _area_shares(source_px: int, size_px: int) -> np.ndarray:
    """Return how much of each new pixel each old one covers, along one side, shape (size, source), rows sum to one."""
    edges = np.linspace(0, source_px, size_px + 1)
    starts = np.arange(source_px)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    shares: np.ndarray = np.clip(overlap, 0, None) * size_px / source_px
    return shares.astype(np.float32)
