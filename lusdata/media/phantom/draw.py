"""Drawing a phantom recording frame by frame, and clips whose pixels follow from the frame's number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.errors import UsageError
from lusdata.media.phantom.anatomy import Ribs, amplitude, chest_wall, fluid_depth_cm, pleura_depth_cm, ribs
from lusdata.media.phantom.lung import BITS, Lung, lung
from lusdata.media.phantom.overlay import draw_overlay
from lusdata.media.phantom.scan import Scan, compress, plan_scan, smooth_noise
from lusdata.media.phantom.spec import Phantom, PhantomSpec

__all__ = ["INDEX_LEVELS", "draw", "index_clip", "index_level"]

Float = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]

# Brightness of the k-th A-line, k = 0 and 1 being the face and the pleura itself.
_A_LINE_DB = (-200.0, -200.0, -12.0, -18.0, -25.0, -33.0, -42.0)
# A-lines weaker than this are no longer ground truth.
_A_LINES_SEEN = 4

INDEX_LEVELS = 73
"""Number of grey levels that `index_clip` tells apart."""


def draw(spec: PhantomSpec, seed: int) -> Phantom:
    """Draw a phantom recording.

    Parameters
    ----------
    spec : PhantomSpec
        What it shows.
    seed : int
        Which of the infinitely many that show this; 0 or more.

    Returns
    -------
    Phantom
        Frames of shape (t, h, w), uint8, and a mask of that shape for each of `MASK_NAMES`. The same spec and seed
        give the same pixels on one machine.

    Raises
    ------
    UsageError
        If the seed is negative.
    """
    if seed < 0:
        raise UsageError("a seed cannot be negative", where="draw", expected="0 or more", found=str(seed))
    rng = np.random.default_rng(seed)
    scan = plan_scan(spec)
    scene = _scene(spec, scan, rng)
    overlay, text = draw_overlay(spec, scan, seed)

    shape = (spec.frame_count, spec.height_px, spec.width_px)
    frames = np.empty(shape, np.uint8)
    seen = np.empty(shape, np.uint8)
    for index in range(spec.frame_count):
        grid, bits = _grid(scene, index / spec.rate_hz, rng)
        picture = scan.to_picture(grid)
        frames[index] = np.where(text, overlay, picture)
        seen[index] = scan.to_picture(bits, nearest=True)
    seen[:, text] = 0
    masks: dict[str, npt.NDArray[np.bool_]] = {name: (seen & bit) > 0 for name, bit in BITS.items()}
    masks["sector"] = np.broadcast_to(scan.sector, shape)
    masks["text"] = np.broadcast_to(text, shape)
    for mask in masks.values():
        mask.flags.writeable = False
    return Phantom(frames=frames, masks=masks, box=scan.box, spec=spec)


@dataclass(frozen=True)
class _Scene:
    """All that is drawn once per recording."""

    spec: PhantomSpec
    scan: Scan
    pleura_cm: Float
    fluid_cm: Float
    wall: Float
    ribs: Ribs
    lung: Lung
    gain: Float
    mirror_window: Float
    stripes: Float
    twinkle: Float
    echo_gaps: Float
    breath_phase: float
    display_gain: float
    gamma: float


def _scene(spec: PhantomSpec, scan: Scan, rng: np.random.Generator) -> _Scene:
    depth, beams = scan.shape
    pleura = pleura_depth_cm(spec, scan, rng)
    x = scan.lateral
    # Contact is never even: some beams are weak, and one edge often lifts off the skin.
    loss_db = 2.6 * smooth_noise(rng, (1, beams), axial=0, lateral=beams / 9)
    loss_db += 0.9 * smooth_noise(rng, (1, beams), axial=0, lateral=beams / 40)
    lift = rng.uniform(0, 16) * np.clip((x * rng.choice([-1.0, 1.0]) - 0.72) / 0.28, 0, 1) ** 2
    middle = rng.uniform(-0.15, 0.15)
    width = {"convex": 0.5, "linear": 0.75, "phased": 0.42}[spec.probe]
    return _Scene(
        spec=spec,
        scan=scan,
        pleura_cm=pleura,
        fluid_cm=fluid_depth_cm(spec, scan, rng),
        wall=chest_wall(
            spec, (max(32, round(float(pleura.mean()) * scan.rows_per_cm * 1.2)), beams), rng, grain=scan.grain
        ),
        ribs=ribs(spec, scan, pleura, rng),
        lung=lung(spec, scan, pleura, rng),
        gain=np.power(np.float32(10), (loss_db - lift) / 20).astype(np.float32),
        # A mirror needs a square hit: A-lines fade where the beam meets the pleura aslant.
        mirror_window=np.exp(-((np.abs(x - middle) / width) ** 4) / 2).astype(np.float32),
        stripes=np.clip(smooth_noise(rng, (512, 1), axial=5, lateral=0) * 0.5 + 0.5, 0, None),
        twinkle=smooth_noise(rng, (2 * depth, 2 * beams), axial=0.7 * scan.grain, lateral=1.2 * scan.grain),
        echo_gaps=np.clip(
            0.85 + 0.25 * smooth_noise(rng, (depth, beams), axial=depth / 30, lateral=beams / 14), 0.1, 1.2
        ),
        breath_phase=float(rng.uniform(0, 2 * math.pi)),
        # No two examiners set the same gain and grey map.
        display_gain=amplitude(rng.uniform(-4, 3)),
        gamma=float(rng.uniform(1.25, 1.75)),
    )


def _grid(scene: _Scene, time_s: float, rng: np.random.Generator) -> tuple[Bits, Bits]:
    """Grey levels and pattern bits on the grid of beams and depths at one moment."""
    spec, scan, lungs = scene.spec, scene.scan, scene.lung
    depth, beams = scan.shape
    z = scan.depth_cm
    breath = math.sin(2 * math.pi * spec.breaths_per_min / 60 * time_s + scene.breath_phase)
    pleura: Float = (scene.pleura_cm * np.float32(1 + 0.02 * breath))[None, :]
    top: Float = pleura + (scene.fluid_cm * np.float32(1 + 0.22 * breath))[None, :]
    own = np.arange(beams, dtype=np.float32)[None, :]
    along: Float = own + np.float32(lungs.spare_beams - spec.sliding_cm * breath * lungs.beams_per_cm)

    echo, mirror = (_sample(part, along, (z - top) * scan.rows_per_cm) for part in (lungs.echo, lungs.mirror))
    wall = _sample(scene.wall, own, z / pleura * (scene.wall.shape[0] - 1))
    power = wall**2 + echo**2
    bits = _sample_bits(lungs.bits, along, (z - top) * scan.rows_per_cm)

    places = np.arange(lungs.surface.size, dtype=np.float32)
    surface = np.interp(along[0], places, lungs.surface).astype(np.float32)[None, :]
    rough = np.interp(along[0], places, lungs.rough_cm).astype(np.float32)[None, :]
    thick = max(0.009 * spec.scan_depth_cm**0.7, 0.9 / scan.rows_per_cm) * (1.5 if spec.pleural_irregularity else 1.0)
    line = _line(z - top - rough, thick)
    power += (surface * (0.35 + 0.65 * scene.mirror_window) * line) ** 2
    _mark(bits, (line > 0.5) & (surface > amplitude(-14)), "pleura")
    if spec.effusion:
        parietal = _line(z - pleura, thick)
        power += (amplitude(-9) * parietal) ** 2
        _mark(bits, parietal > 0.5, "pleura")
        _mark(bits, (z > pleura + 4 * thick) & (z < top - 2.5 * thick), "effusion")
    if spec.patterns["a_lines"] == "present":
        reflected, real = _a_lines(scene, pleura, surface, mirror, thick)
        power += reflected
        _mark(bits, real, "a_lines")
    bits[scene.ribs.passed < 0.3] = 0

    heard = np.sqrt(power * scene.ribs.passed**2 + scene.ribs.echo**2) * scene.gain
    row, column = int(rng.integers(0, depth)), int(rng.integers(0, beams))
    twinkle = scene.twinkle[row : row + depth, column : column + beams]
    # Electronic noise: the time gain lifts it with depth.
    floor = np.power(10, (-59 + 9 * z / z[-1]) / 20)
    heard = heard * (1 + 0.10 * twinkle) + floor * np.abs(twinkle)
    return compress((heard * scene.display_gain).astype(np.float32, copy=False), gamma=scene.gamma), bits


def _a_lines(
    scene: _Scene, pleura: Float, surface: Float, mirror: Float, thick_cm: float
) -> tuple[Float, npt.NDArray[np.bool_]]:
    """Power of the echoes between face and pleura, and where they are strong enough to be seen."""
    # Echoes between a face and a pleura that are not quite parallel drift towards the level.
    middle = pleura.shape[1] // 2
    period = 0.6 * pleura + 0.4 * pleura[:, middle : middle + 1]
    multiple = np.maximum(1 + (scene.scan.depth_cm - pleura) / period, 0).astype(np.float32)
    order = np.rint(multiple)
    seen = scene.mirror_window * mirror
    nearest = _line(((multiple - order) * period).astype(np.float32), thick_cm, spread=(0.9 + 0.3 * order))
    loud = np.array([amplitude(level) for level in _A_LINE_DB], np.float32)
    strength = loud[np.minimum(order, loud.size - 1).astype(np.intp)] * seen
    strength *= (0.45 + 0.55 * surface / amplitude(-3)) * scene.echo_gaps
    # Echoes of the chest wall bounce too and fill the gaps with faint level stripes.
    fraction = ((multiple - np.floor(multiple)) * 511).astype(np.intp)
    faint = amplitude(-26) * scene.stripes[fraction, 0] * np.exp(-multiple / np.float32(2.2)) * seen
    real = (nearest > 0.5) & (order >= 2) & (order <= _A_LINES_SEEN) & (seen * scene.echo_gaps > 0.5)
    power: Float = ((nearest * strength) ** 2 + faint**2).astype(np.float32)
    return power, real


def _mark(bits: Bits, where: npt.NDArray[np.bool_], name: str) -> None:
    bits[where] |= np.uint8(BITS[name])


def _sample(field: Float, across: Float, down: Float) -> Float:
    down = down.astype(np.float32, copy=False)
    out = cv2.remap(field, np.broadcast_to(across, down.shape), down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, dtype=np.float32)


def _sample_bits(bits: Bits, across: Float, down: Float) -> Bits:
    down = down.astype(np.float32, copy=False)
    out = cv2.remap(bits, np.broadcast_to(across, down.shape), down, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, dtype=np.uint8)


def _line(distance_cm: Float, thick_cm: float, *, spread: npt.NDArray[np.floating[Any]] | float = 1.0) -> Float:
    """Profile of a thin reflector: sharp above, ringing a little below."""
    sigma = np.where(distance_cm > 0, np.float32(1.5 * thick_cm), np.float32(thick_cm)) * spread
    out: Float = np.exp(-((distance_cm / sigma) ** 2) / 2).astype(np.float32, copy=False)
    return out


def index_level(index: int) -> int:
    """Return the grey level, 16 to 232, of frame `index` of an `index_clip`.

    Examples
    --------
    >>> [index_level(index) for index in (0, 1, 72, 73)]
    [16, 19, 232, 16]
    """
    return 16 + 3 * (index % INDEX_LEVELS)


def index_clip(frame_count: int, *, width_px: int = 64, height_px: int = 64) -> npt.NDArray[np.uint8]:
    """Make a clip whose frame k is evenly grey at `index_level` (k), so that sampling is checked by arithmetic.

    Parameters
    ----------
    frame_count : int
        Number of frames.
    width_px, height_px : int
        Size of the picture.

    Returns
    -------
    np.ndarray, shape (frame_count, height_px, width_px), uint8
    """
    levels = np.array([index_level(index) for index in range(frame_count)], np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels[:, None, None], (frame_count, height_px, width_px)))
