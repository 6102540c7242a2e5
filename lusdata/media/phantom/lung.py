"""A phantom's lung: all that slides under the pleura, and the patterns that it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.phantom.anatomy import LOOKS, amplitude
from lusdata.media.phantom.scan import Scan, smooth_noise, speckle
from lusdata.media.phantom.spec import PhantomSpec

__all__ = ["BITS", "Lung", "lung"]

Float = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]

# One bit per pattern, so that all masks are mapped onto the picture at once.
BITS = {"pleura": 1, "a_lines": 2, "b_lines": 4, "consolidation": 8, "effusion": 16, "bronchogram": 32}


@dataclass(frozen=True)
class Lung:
    """All that moves with the lung, from its surface (row 0) down; wider than the sector, so that it can slide.

    Attributes
    ----------
    echo : np.ndarray, shape (n_depth, n_wide), float32
        Echo amplitude of air haze, B-lines and consolidation, speckle included.
    mirror : np.ndarray, shape (n_depth, n_wide), float32
        How well A-lines form here, 0 to 1; B-lines and consolidation erase them.
    bits : np.ndarray, shape (n_depth, n_wide), uint8
        Patterns after `BITS`.
    surface : np.ndarray, shape (n_wide,), float32
        Echo amplitude of the pleural line.
    rough_cm : np.ndarray, shape (n_wide,), float32
        Deviation of the pleural line from its smooth course.
    spare_beams : int
        Columns on each side beyond the sector.
    beams_per_cm : float
        Columns per centimetre at the pleura.
    """

    echo: Float
    mirror: Float
    bits: Bits
    surface: Float
    rough_cm: Float
    spare_beams: int
    beams_per_cm: float


def lung(spec: PhantomSpec, scan: Scan, pleura_cm: Float, rng: np.random.Generator) -> Lung:
    """Draw the lung below the pleural line with its patterns.

    Parameters
    ----------
    spec : PhantomSpec
        The patterns.
    scan : Scan
        The grid.
    pleura_cm : np.ndarray, shape (n_beam,), float32
        Depth of the pleural line.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    Lung
    """
    depth, beams = scan.shape
    half_cm = scan.half_width_cm(float(pleura_cm.mean()))
    per_cm = (beams - 1) / (2 * half_cm)
    spare = math.ceil(spec.sliding_cm * per_cm) + 6
    wide = beams + 2 * spare
    shape = (depth, wide)
    z = scan.depth_cm
    u_cm = ((np.arange(wide, dtype=np.float32) - spare) / np.float32(per_cm) - np.float32(half_cm))[None, :]
    grain = speckle(rng, shape, looks=LOOKS[spec.probe], grain=scan.grain)
    bits = np.zeros(shape, np.uint8)

    haze_db = rng.uniform(-34, -28)
    haze = amplitude(haze_db) * np.exp(-z / (0.26 * spec.scan_depth_cm)) + amplitude(-52)
    patchy = np.clip(1 + 0.3 * smooth_noise(rng, shape, axial=depth / 8, lateral=wide / 14), 0.3, None)
    power = (haze * patchy * grain) ** 2

    beam = _b_lines(spec, u_cm, z, half_cm, rng)
    if spec.b_line_count or spec.white_lung:
        rungs = np.clip(
            0.9 + 0.22 * smooth_noise(rng, shape, axial=1.2 * scan.grain, lateral=4 * scan.grain), 0.4, None
        )
        fade = np.exp(-z / (2.2 * spec.scan_depth_cm))
        level = amplitude(-17 if spec.white_lung else -10)
        power += (level * beam * fade * rungs * (0.6 + 0.4 * grain)) ** 2
        bits |= np.where(beam > 0.45, BITS["b_lines"], 0).astype(np.uint8)
    mirror = np.clip(1 - 1.6 * beam, 0, 1)

    surface = amplitude(-3) * np.clip(
        0.85 + 0.22 * smooth_noise(rng, (1, wide), axial=0, lateral=0.16 * per_cm)[0], 0.3, 1.25
    )
    rough = np.zeros(wide, np.float32)
    if spec.pleural_irregularity:
        scale = 0.09 if spec.probe != "linear" else 0.05
        rough = scale * smooth_noise(rng, (1, wide), axial=0, lateral=0.16 * per_cm)[0]
        rough += 0.5 * scale * smooth_noise(rng, (1, wide), axial=0, lateral=0.06 * per_cm)[0]
        broken = smooth_noise(rng, (1, wide), axial=0, lateral=0.14 * per_cm)[0]
        surface = surface * np.where(broken > -0.9, np.clip(0.85 + 0.3 * broken, 0.3, 1.2), 0.12)

    if spec.consolidation != "none":
        tissue, inside, border_cm = _consolidation(spec, scan, u_cm, half_cm, rng)
        below = np.maximum(z - border_cm, 0)
        behind = ~inside & (border_cm > 0.05) & (z >= border_cm)
        # Air behind the patch rings: bright at the shredded border, then a dirty glow.
        glow = cv2.GaussianBlur(behind.astype(np.float32), (0, 0), sigmaX=0.22 * per_cm, sigmaY=1.0)
        streaks = np.clip(0.8 + 0.4 * smooth_noise(rng, (1, wide), axial=0, lateral=0.2 * per_cm), 0.2, None)
        power = power + (amplitude(-13) * glow * streaks * np.exp(-below / (0.35 * spec.scan_depth_cm)) * grain) ** 2
        lump = 0.006 * spec.scan_depth_cm
        lumpy = smooth_noise(rng, shape, axial=lump * scan.rows_per_cm, lateral=1.5 * lump * per_cm)
        clumps = np.clip(0.6 + 0.75 * lumpy, 0.05, 2.0)
        edge = np.exp(-(((z - border_cm) / (0.0075 * spec.scan_depth_cm)) ** 2) / 2) * (border_cm > 0.08)
        power = np.where(inside, (tissue * grain) ** 2, power) + (amplitude(-6) * edge * clumps) ** 2
        bits = np.where(inside, BITS["consolidation"], bits).astype(np.uint8)
        mirror = mirror * (1 - np.clip(1.5 * glow, 0, 1)) * ~inside
        over = border_cm[0] > 0.1
        surface = np.where(over, surface * (0.45 if spec.consolidation == "subpleural" else 0.7), surface)
        if spec.air_bronchogram:
            air = _bronchogram(spec, z, u_cm, border_cm, scan.rows_per_cm, per_cm, rng) * inside
            power += (amplitude(-2) * air * np.clip(0.8 + 0.4 * (grain - 1), 0.3, 1.6)) ** 2
            bits |= np.where(air > 0.45, BITS["bronchogram"], 0).astype(np.uint8)
    return Lung(
        echo=np.sqrt(power).astype(np.float32),
        mirror=mirror.astype(np.float32),
        bits=bits,
        surface=surface.astype(np.float32),
        rough_cm=rough.astype(np.float32),
        spare_beams=spare,
        beams_per_cm=per_cm,
    )


def _b_lines(spec: PhantomSpec, u_cm: Float, z: Float, half_cm: float, rng: np.random.Generator) -> Float:
    """Strength of B-lines at each place, 0 to about 1, shape (n_depth, n_wide)."""
    beam = np.zeros((z.shape[0], u_cm.shape[1]), np.float32)
    if spec.white_lung:
        sway = smooth_noise(rng, (1, u_cm.shape[1]), axial=0, lateral=u_cm.shape[1] / 22)
        beam += np.clip(0.8 + 0.2 * sway, 0.5, 1.1)
    if spec.b_line_count:
        reach = half_cm * (0.42 if spec.ribs else 0.72)
        even = np.linspace(-reach, reach, 2 * spec.b_line_count + 1)[1::2]
        step = 2 * reach / spec.b_line_count
        for middle in even + rng.uniform(-0.22, 0.22, even.size) * step:
            width = rng.uniform(0.05, 0.14) * min(half_cm, 4.0) / 3.5
            wide_cm = width * (1 + 0.4 * z / spec.scan_depth_cm)
            away = (u_cm - middle) / wide_cm
            # A narrow beam in a weak wide one, as bright ones leak into their neighbours.
            line = rng.uniform(0.6, 1.15) * (np.exp(-(away**2) / 2) + 0.2 * np.exp(-((away / 3.5) ** 2) / 2))
            beam = np.maximum(beam, line.astype(np.float32))
    return beam


def _consolidation(
    spec: PhantomSpec, scan: Scan, u_cm: Float, half_cm: float, rng: np.random.Generator
) -> tuple[Float, npt.NDArray[np.bool_], Float]:
    """Amplitude of the tissue, where it is, and the depth of its lower border below the lung's surface in cm."""
    wide = u_cm.shape[1]
    shape = (scan.shape[0], wide)
    per_cm = (wide - 1) / float(np.ptp(u_cm))
    ragged = smooth_noise(rng, (1, wide), axial=0, lateral=0.3 * per_cm)
    ragged = ragged + 0.4 * smooth_noise(rng, (1, wide), axial=0, lateral=0.12 * per_cm)
    if spec.consolidation == "lobar":
        deep = 0.45 * spec.scan_depth_cm * rng.uniform(0.9, 1.05)
        swell = 1 + 0.2 * smooth_noise(rng, (1, wide), axial=0, lateral=wide / 6)
        border = deep * np.clip(swell + 0.05 * ragged, 0.6, 1.35)
        level = -26.0
    else:
        size = 1.0 if spec.probe != "linear" else 0.55
        border = np.zeros((1, wide), np.float32)
        for _ in range(int(rng.integers(1, 3))):
            middle = rng.uniform(-0.4, 0.4) * half_cm
            reach = size * rng.uniform(1.2, 2.0)
            round_cm = size * rng.uniform(1.2, 1.8) * np.sqrt(np.clip(1 - ((u_cm - middle) / reach) ** 2, 0, None))
            border = np.maximum(border, round_cm)
        border = np.where(border > 0, np.clip(border * (1 + 0.22 * ragged), 0, None), 0)
        level = -37.0
    border = np.asarray(border, dtype=np.float32)
    # The border is ragged along depth too, so that islands and notches appear.
    notch_cm = 0.008 * spec.scan_depth_cm
    notch = 0.12 * smooth_noise(rng, shape, axial=notch_cm * scan.rows_per_cm, lateral=notch_cm * per_cm)
    inside = (scan.depth_cm < border * (1 + notch)) & (border > 0.05)
    uneven = 2.5 * smooth_noise(rng, shape, axial=shape[0] / 16, lateral=wide / 16)
    tissue = np.power(np.float32(10), (level + uneven) / 20).astype(np.float32)
    return tissue, inside, border.astype(np.float32)


def _bronchogram(
    spec: PhantomSpec,
    z: Float,
    u_cm: Float,
    border_cm: Float,
    rows_per_cm: float,
    per_cm: float,
    rng: np.random.Generator,
) -> Float:
    """Draw air-filled branches and dots, 0 to 1, shape (n_depth, n_wide)."""
    canvas = np.zeros((z.shape[0], u_cm.shape[1]), np.float32)
    deepest = int(np.argmax(border_cm[0]))
    size = float(border_cm[0, deepest])

    def place(down_cm: float, across_cm: float) -> tuple[int, int]:
        return round((across_cm - float(u_cm[0, 0])) * per_cm), round(down_cm * rows_per_cm)

    thick = max(1, round(0.0085 * spec.scan_depth_cm * rows_per_cm))
    trees = 3 if spec.consolidation == "lobar" else 1
    stack = []
    for tree in range(trees):
        spread = (tree - (trees - 1) / 2) * 0.9 * size
        stack.append((0.75 * size, float(u_cm[0, deepest]) * 0.3 + spread, rng.uniform(-0.35, 0.35), 0.32 * size, 0))
    while stack:
        down, across, heading, length, generation = stack.pop()
        end_down, end_across = down - length * math.cos(heading), across + length * math.sin(heading)
        cv2.line(canvas, place(down, across), place(end_down, end_across), 1.0, max(1, thick - generation // 2))
        if generation < 3:
            for turn in (-1, 1):
                bend = heading + turn * rng.uniform(0.3, 0.75)
                stack.append((end_down, end_across, bend, length * rng.uniform(0.6, 0.8), generation + 1))
    # Branches leave the plane of the picture: what is seen of them is broken.
    lump_cm = 0.012 * spec.scan_depth_cm
    broken = smooth_noise(rng, (z.shape[0], u_cm.shape[1]), axial=lump_cm * rows_per_cm, lateral=lump_cm * per_cm)
    canvas *= np.clip(0.55 + 0.9 * broken, 0, 1.2)
    for _ in range(34 if spec.consolidation == "lobar" else 6):
        spot = place(rng.uniform(0.12, 0.9) * size, float(rng.uniform(u_cm.min(), u_cm.max())))
        cv2.circle(canvas, spot, max(1, thick // 2), float(rng.uniform(0.6, 1.1)), -1)
    soft = cv2.GaussianBlur(canvas, (0, 0), sigmaX=0.45 * thick, sigmaY=0.35 * thick)
    return np.asarray(soft, dtype=np.float32) * np.float32(1.3)
