"""Does the evidence lie on the pattern? Judged on phantoms, whose masks are the truth.

For each pattern the map of the class that it speaks for is looked at (Table 5): consolidations, air bronchograms and
effusions for bacterial pneumonia, A-lines for healthy, B-lines and an irregular pleura for COVID-19. Two measures: the
*pointing game* (Zhang et al., IJCV 2018) counts how often the point of maximal activation falls on the pattern, with a
tolerance of 15 in 224 parts of the picture's side, and *mass* is the share of positive activation on it; for both only
the scanned sector counts. Chance is the share of the sector that the pattern, widened by the tolerance, covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage

from lusdata.media.phantom import ClassName, Phantom, PhantomSpec, draw, typical

from .field import cells_of, within
from .grid import resize_maps
from .peaks import peak_points

__all__ = ["DRAWN_CLASSES", "PATTERNS", "PhantomSet", "draw_phantoms", "overlap_with_masks", "phantom_overlap"]

PATTERNS = {
    "consolidation": "bacterial-pneumonia",
    "a_lines": "healthy",
    "b_lines": "covid-19",
    "bronchogram": "bacterial-pneumonia",
    "effusion": "bacterial-pneumonia",
    "pleura": "covid-19",
}
"""Names of masks, and the class that each pattern speaks for (Table 5)."""

DRAWN_CLASSES: tuple[ClassName, ...] = ("covid-19", "bacterial-pneumonia", "viral-pneumonia", "healthy")
"""Classes that phantoms know."""

TOLERANCE = 15 / 224
_LEAST_PX = 4


@dataclass(frozen=True)
class PhantomSet:
    """Phantom frames with their truth.

    Attributes
    ----------
    images : np.ndarray, shape (n, size, size), uint8
        Grey pictures.
    masks : dict of str to np.ndarray, shape (n, size, size), bool
        Where each pattern of `PATTERNS`, and the ``sector``, is seen.
    recordings : np.ndarray, shape (n,), int64
        Number of the phantom that each frame comes from.
    """

    images: np.ndarray
    masks: dict[str, np.ndarray]
    recordings: np.ndarray


def draw_phantoms(classes: Sequence[str], *, count: int, size_px: int, seed: int = 0, frames: int = 2) -> PhantomSet:
    """Draw phantoms of every class as a dataset would show them: square, without writing.

    Parameters
    ----------
    classes : sequence of str
        Classes to draw, one of `DRAWN_CLASSES` among them; others are left out.
    count : int
        Phantoms of each class; their appearances take turns.
    size_px : int
        Side of the pictures, in pixels.
    seed : int
        Seed of the first phantom.
    frames : int
        Frames of each, half a second apart.

    Returns
    -------
    PhantomSet
        All frames.
    """
    drawn: list[Phantom] = []
    for name in (known for wanted in classes for known in DRAWN_CLASSES if known == wanted):
        for variant in range(count):
            spec = replace(typical(name, variant=variant), frame_count=frames, rate_hz=2.0)
            drawn.append(draw(_square(spec, size_px), seed + len(drawn)))
    names = [*PATTERNS, "sector"]
    return PhantomSet(
        images=np.concatenate([one.frames for one in drawn]),
        masks={name: np.concatenate([_mask(one.masks, one.spec, name) for one in drawn]) for name in names},
        recordings=np.repeat(np.arange(len(drawn)), frames),
    )


def _square(spec: PhantomSpec, size_px: int) -> PhantomSpec:
    return replace(spec, width_px=size_px, height_px=size_px, burned_in=False, margin=0.0)


def _mask(masks: dict[str, np.ndarray], spec: PhantomSpec, name: str) -> np.ndarray:
    # Every phantom has a pleural line; it is a finding only where it is irregular.
    if name == "pleura" and not spec.pleural_irregularity:
        return np.zeros_like(masks[name])
    return masks[name]


def overlap_with_masks(maps: np.ndarray, masks: np.ndarray, sector: np.ndarray) -> dict[str, np.ndarray]:
    """Compare maps with the places of one pattern.

    Parameters
    ----------
    maps : np.ndarray, shape (n, height, width)
        Maps of the pattern's class, on any grid.
    masks : np.ndarray, shape (n, size, size), bool
        Where the pattern is seen.
    sector : np.ndarray, shape (n, size, size), bool
        Where the picture shows echoes.

    Returns
    -------
    dict of str to np.ndarray, shape (n,)
        ``hit`` (bool), ``mass`` (share of positive activation on the widened pattern; NaN where there is none) and
        ``chance`` (share of the sector that the widened pattern covers).
    """
    size = masks.shape[-1]
    radius = round(TOLERANCE * size)
    wide = np.stack([ndimage.distance_transform_edt(~mask) <= radius if mask.any() else mask for mask in masks])
    cells = np.stack([cells_of(one, maps.shape[1:]) for one in sector])
    places = np.clip((peak_points(maps, cells) * size).astype(np.int64), 0, size - 1)
    positive = np.maximum(resize_maps(within(maps, cells), (size, size)), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "hit": wide[np.arange(len(wide)), places[:, 1], places[:, 0]],
            "mass": (positive * wide).sum((1, 2)) / positive.sum((1, 2)),
            "chance": (wide & sector).sum((1, 2)) / sector.sum((1, 2)),
        }


def phantom_overlap(maps: np.ndarray, phantoms: PhantomSet, *, classes: Sequence[str]) -> dict[str, Any]:
    """Score every pattern over the phantom frames that show it.

    Parameters
    ----------
    maps : np.ndarray, shape (n, classes, height, width)
        Maps of every class for the phantoms' frames.
    phantoms : PhantomSet
        The frames.
    classes : sequence of str
        Class names in the order of the maps.

    Returns
    -------
    dict
        For each pattern whose class is among `classes`: ``class``, ``frames``, ``phantoms``, ``hit_rate``, ``mass`` and
        ``chance`` (means).
    """
    found = {}
    for name, class_name in PATTERNS.items():
        rows = np.flatnonzero(phantoms.masks[name].sum((1, 2)) >= _LEAST_PX)
        if class_name not in classes or not len(rows):
            continue
        scores = overlap_with_masks(
            maps[rows, list(classes).index(class_name)], phantoms.masks[name][rows], phantoms.masks["sector"][rows]
        )
        mass = scores["mass"][np.isfinite(scores["mass"])]
        found[name] = {
            "class": class_name,
            "frames": len(rows),
            "phantoms": len(set(phantoms.recordings[rows].tolist())),
            "hit_rate": float(scores["hit"].mean()),
            "mass": float(mass.mean()) if len(mass) else None,
            "chance": float(scores["chance"].mean()),
        }
    return found
