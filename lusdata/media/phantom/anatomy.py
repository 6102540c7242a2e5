"""What lies above a phantom's lung: chest wall, ribs, pleural depth, fluid; on the grid of beams and depths.

Three parts move differently and are therefore drawn apart: the chest wall is squeezed between face and pleura, the
ribs and their shadows stay, and the lung (`lung`) slides sideways with everything that hangs on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lusdata.media.phantom.scan import Scan, smooth_noise, speckle
from lusdata.media.phantom.spec import PhantomSpec

__all__ = ["LOOKS", "Ribs", "amplitude", "chest_wall", "fluid_depth_cm", "pleura_depth_cm", "ribs"]

Float = npt.NDArray[np.float32]

_PLEURA_CM = {"convex": 2.5, "linear": 1.7, "phased": 3.0}
LOOKS = {"convex": 2, "linear": 3, "phased": 1}
"""Looks that each transducer's machine averages; fewer are grainier."""


def amplitude(decibel: float) -> float:
    """Echo amplitude of a level in decibels below full scale."""
    return math.pow(10.0, decibel / 20.0)


def pleura_depth_cm(spec: PhantomSpec, scan: Scan, rng: np.random.Generator) -> Float:
    """Depth of the pleural line along each beam, shape (n_beam,), in centimetres."""
    middle = _PLEURA_CM[spec.probe] * rng.uniform(0.88, 1.12) * min(1.0, spec.scan_depth_cm / 4)
    x = scan.lateral[0]
    radius = scan.face_radius_cm
    # A straight chest wall under a round face lies deeper along the outer beams; soft tissue gives way to the face.
    straight = (radius + middle) / np.cos(scan.angle_rad) - radius - middle
    tilt = rng.uniform(-0.09, 0.09) * middle
    bend = rng.uniform(-0.05, 0.03) * middle
    wave = 0.022 * middle * smooth_noise(rng, (1, x.size), axial=0, lateral=x.size / 10)[0]
    give = 0.75 if spec.probe == "phased" else rng.uniform(0.35, 0.6)
    out: Float = (middle + give * straight + tilt * x + bend * x**2 + wave).astype(np.float32)
    return np.maximum(out, np.float32(0.5))


def chest_wall(spec: PhantomSpec, shape: tuple[int, int], rng: np.random.Generator, *, grain: float = 1.0) -> Float:
    """Draw skin, fat with septa, fascia and muscle between the face (row 0) and the pleura (last row).

    Parameters
    ----------
    spec : PhantomSpec
        Its probe sets the grain and the contrast.
    shape : tuple of int
        Rows and beams; each row is a fraction of the way to the pleura.
    rng : np.random.Generator
        Source of randomness.
    grain : float
        Size of the speckle in grid cells.

    Returns
    -------
    np.ndarray, shape `shape`, float32
        Echo amplitude.
    """
    rows, beams = shape
    f = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, beams, dtype=np.float32)
    wave = 0.035 * smooth_noise(rng, (1, beams), axial=0, lateral=beams / 8)
    tilt = np.float32(rng.uniform(-0.07, 0.07))
    fat_end = float(rng.uniform(0.3, 0.48))
    bent = f + (wave + tilt * x) * np.sin(np.pi * f)
    # Levels of skin, fat, muscle and the dark band above the pleura, joined softly.
    level: Float = np.interp(
        bent,
        [0.0, 0.05, 0.09, fat_end - 0.02, fat_end + 0.03, 0.86, 0.93, 1.0],
        [-9, -13, -30, -31, -23, -25, -33, -32],
    ).astype(np.float32)
    level += 6.0 * smooth_noise(rng, shape, axial=rows / 90, lateral=beams / 9)
    level += 2.5 * smooth_noise(rng, shape, axial=rows / 14, lateral=beams / 6)

    count = int(rng.integers(6, 9)) + (3 if spec.probe == "linear" else 0)
    places = np.sort(rng.uniform(0.08, 0.9, count))
    places[count // 2] = fat_end
    echo = np.zeros(shape, np.float32)
    for index, place in enumerate(places):
        strong = index == count // 2
        course = place + 0.02 * smooth_noise(rng, (1, beams), axial=0, lateral=beams / 9) + rng.uniform(-0.05, 0.05) * x
        thick = rng.uniform(0.008, 0.013) * (1.5 if strong else 1.0)
        gaps = smooth_noise(rng, (1, beams), axial=0, lateral=beams / 12)
        strength = amplitude(-7 if strong else rng.uniform(-19, -9)) * np.clip(0.75 + 0.5 * gaps, 0.05, 1.3)
        echo = np.maximum(echo, strength * np.exp(-(((bent - course) / thick) ** 2) / 2))
    # Ringing of the transducer itself: even bright bands that follow the face.
    ringing = amplitude(-9) * np.exp(-f / 0.05) * (0.5 + 0.5 * np.cos(2 * np.pi * f / 0.032))
    tissue = np.power(np.float32(10), level / 20) * speckle(rng, shape, looks=LOOKS[spec.probe], grain=grain)
    out: Float = np.sqrt(tissue**2 + (echo * (0.8 + 0.2 * speckle(rng, shape, looks=2, grain=grain))) ** 2 + ringing**2)
    return out.astype(np.float32)


@dataclass(frozen=True)
class Ribs:
    """Echo of the ribs' surfaces and what passes them.

    Attributes
    ----------
    echo, passed : np.ndarray, shape (n_depth, n_beam), float32
        Echo amplitude, and the part of all other amplitude that is left, 0 to 1.
    """

    echo: Float
    passed: Float


def ribs(spec: PhantomSpec, scan: Scan, pleura_cm: Float, rng: np.random.Generator) -> Ribs:
    """Draw two ribs a little above the pleura, with bright surfaces and shadows to the bottom."""
    echo = np.zeros(scan.shape, np.float32)
    passed = np.ones(scan.shape, np.float32)
    if not spec.ribs:
        return Ribs(echo, passed)
    beams_per_cm = scan.shape[1] / 2 / scan.half_width_cm(float(pleura_cm.mean()))
    x, z = scan.lateral, scan.depth_cm
    radius_cm = min(0.95, 0.27 * scan.half_width_cm(float(pleura_cm.mean()))) * rng.uniform(0.85, 1.1)
    half = radius_cm * beams_per_cm / (scan.shape[1] / 2)
    shift = rng.uniform(-0.12, 0.12)
    for side in (-1.0, 1.0):
        place = side * rng.uniform(0.6, 0.72) + shift
        column = int(np.clip((place + 1) / 2 * (scan.shape[1] - 1), 0, scan.shape[1] - 1))
        top = float(pleura_cm[column]) * rng.uniform(0.68, 0.78)
        across = (x - place) / half
        surface = top + radius_cm * 0.42 * across**2
        rough = 0.7 + 0.3 * smooth_noise(rng, (1, scan.shape[1]), axial=0, lateral=2)
        bright = amplitude(-3) * np.exp(-2 * across**4) * np.clip(rough, 0.2, 1.2)
        away = (z - surface) * scan.rows_per_cm
        echo = np.maximum(echo, bright * np.exp(-((away / np.where(away < 0, 1.0, 2.4)) ** 2) / 2))
        # The shadow's edge is soft and softens with depth, because the beam is wider there.
        soft = 0.12 + 0.02 * np.maximum(z - top, 0)
        under = 1 / (1 + np.exp(np.clip((np.abs(across) - 1) / soft, -40, 40)))
        behind = np.clip(away / 3.0, 0, 1)
        passed *= 1 - np.float32(0.985) * under * behind
    return Ribs(echo.astype(np.float32), passed.astype(np.float32))


def fluid_depth_cm(spec: PhantomSpec, scan: Scan, rng: np.random.Generator) -> Float:
    """Thickness of the fluid under each beam at mid-breath, shape (n_beam,), in centimetres."""
    x = scan.lateral[0]
    if not spec.effusion:
        return np.zeros_like(x)
    room = spec.scan_depth_cm * (0.27 if spec.consolidation == "lobar" else 0.36)
    side = rng.choice([-1.0, 1.0])
    wave = 0.05 * smooth_noise(rng, (1, x.size), axial=0, lateral=x.size / 10)[0]
    out: Float = room * np.clip(0.72 + 0.42 * side * x - 0.25 * x**2 + wave, 0.12, None).astype(np.float32)
    return out
