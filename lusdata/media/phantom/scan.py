"""How an ultrasound machine makes a picture: beams, speckle, log compression, scan conversion.

Everything is drawn on the machine's own grid of beams and depths, where a B-line is a column and a shadow is a column
too, and is then mapped onto the picture. The mapping is the same for each frame, so it is worked out once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lusdata.media.phantom.spec import PhantomSpec

__all__ = ["Scan", "compress", "plan_scan", "smooth_noise", "speckle"]

Float = npt.NDArray[np.float32]

# Radius of the transducer's face in cm and half of its opening in degrees; a linear face has neither.
_FACE: dict[str, tuple[float, float]] = {"convex": (5.0, 33.0), "phased": (0.7, 42.0), "linear": (0.0, 0.0)}
_LINEAR_WIDTH_CM = 4.2
# Echoes this far below full scale are black.
_DYNAMIC_RANGE_DB = 60.0


@dataclass(frozen=True)
class Scan:
    """The grid of beams and depths, and where it lands in the picture.

    Attributes
    ----------
    depth_cm : np.ndarray, shape (n_depth, 1), float32
        Depth of each row below the transducer's face.
    lateral : np.ndarray, shape (1, n_beam), float32
        Place of each beam, -1 (left) to 1 (right).
    angle_rad : np.ndarray, shape (n_beam,), float32
        Direction of each beam from the vertical; 0 for a linear transducer.
    face_radius_cm : float
        Radius of the transducer's face; 0 for a linear one.
    map_beam, map_depth : np.ndarray, shape (h, w), float32
        Grid coordinates of each picture pixel.
    sector : np.ndarray, shape (h, w), bool
        Pixels inside the sector.
    box : tuple of int
        Left, top, width, height of the sector in pixels.
    px_per_cm : float
        Scale of the picture.
    """

    depth_cm: Float
    lateral: Float
    angle_rad: Float
    face_radius_cm: float
    map_beam: Float
    map_depth: Float
    sector: npt.NDArray[np.bool_]
    box: tuple[int, int, int, int]
    px_per_cm: float

    @property
    def shape(self) -> tuple[int, int]:
        """Number of depths and of beams."""
        return int(self.depth_cm.shape[0]), int(self.lateral.shape[1])

    @property
    def grain(self) -> float:
        """Size of speckle in grid cells, so that a larger picture of the same scene looks the same."""
        return max(1.0, self.shape[0] / 260)

    @property
    def rows_per_cm(self) -> float:
        """Grid rows per centimetre of depth."""
        return (self.shape[0] - 1) / float(self.depth_cm[-1, 0])

    def half_width_cm(self, depth_cm: float) -> float:
        """Half of the sector's arc at a depth, in centimetres."""
        if self.face_radius_cm == 0.0:
            return _LINEAR_WIDTH_CM / 2
        return float(self.angle_rad[-1]) * (self.face_radius_cm + depth_cm)

    def to_picture(self, grid: npt.NDArray[np.uint8], *, nearest: bool = False) -> npt.NDArray[np.uint8]:
        """Map a grid of shape (n_depth, n_beam), uint8, onto the picture; zero outside the sector."""
        how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        picture = cv2.remap(grid, self.map_beam, self.map_depth, how, borderMode=cv2.BORDER_REPLICATE)
        out: npt.NDArray[np.uint8] = np.where(self.sector, picture, np.uint8(0)).astype(np.uint8, copy=False)
        return out


def plan_scan(spec: PhantomSpec) -> Scan:
    """Lay the sector into the picture as large as the margins allow.

    Parameters
    ----------
    spec : PhantomSpec
        Probe, depth, picture size and margin are read.

    Returns
    -------
    Scan
        Grid and mapping.
    """
    depth = spec.scan_depth_cm
    radius, half_deg = _FACE[spec.probe]
    half = math.radians(half_deg)
    room_w = spec.width_px * (1 - 2 * spec.margin)
    room_h = spec.height_px * (1 - 2 * spec.margin)
    if spec.probe == "linear":
        top, bottom, half_w = 0.0, depth, _LINEAR_WIDTH_CM / 2
    else:
        top, bottom, half_w = radius * math.cos(half), radius + depth, (radius + depth) * math.sin(half)
        # Like the corpus: a wide fan is cut at the sides rather than shrunk until the depth is lost.
        half_w = min(half_w, 0.72 * (bottom - top))
    scale = min(room_w / (2 * half_w), room_h / (bottom - top))
    left_px = (spec.width_px - 2 * half_w * scale) / 2
    top_px = (spec.height_px - (bottom - top) * scale) / 2

    x = ((np.arange(spec.width_px, dtype=np.float32) + 0.5 - left_px) / scale - half_w)[None, :]
    y = ((np.arange(spec.height_px, dtype=np.float32) + 0.5 - top_px) / scale + top)[:, None]
    if spec.probe == "linear":
        below_cm = np.broadcast_to(y, (spec.height_px, spec.width_px))
        lateral = np.broadcast_to(x / half_w, below_cm.shape)
    else:
        below_cm = np.hypot(x, y) - radius
        lateral = np.arctan2(x, y) / half
    sector = (below_cm >= 0) & (below_cm <= depth) & (np.abs(lateral) <= 1) & (np.abs(x) <= half_w)

    n_depth = max(48, round(depth * scale * 1.05))
    n_beam = max(48, round(n_depth * (0.85 if spec.probe == "linear" else 0.62)))
    rows, columns = np.flatnonzero(sector.any(axis=1)), np.flatnonzero(sector.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    beams = np.linspace(-1, 1, n_beam, dtype=np.float32)
    return Scan(
        depth_cm=np.linspace(0, depth, n_depth, dtype=np.float32)[:, None],
        lateral=beams[None, :],
        angle_rad=beams * np.float32(half),
        face_radius_cm=radius,
        map_beam=((lateral + 1) / 2 * (n_beam - 1)).astype(np.float32),
        map_depth=(below_cm / depth * (n_depth - 1)).astype(np.float32),
        sector=sector,
        box=box,
        px_per_cm=scale,
    )


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], *, axial: float, lateral: float) -> Float:
    """Draw Gaussian noise of unit variance, smoothed along depth and beams.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows (depth) and columns (beams).
    axial, lateral : float
        Standard deviation of the smoothing in rows and columns; 0 for none.

    Returns
    -------
    np.ndarray, shape `shape`, float32
    """
    noise = rng.standard_normal(shape, dtype=np.float32)
    if axial > 0 or lateral > 0:
        noise = np.asarray(
            cv2.GaussianBlur(noise, (0, 0), sigmaX=max(lateral, 0.01), sigmaY=max(axial, 0.01)), dtype=np.float32
        ).reshape(shape)
    out: Float = (noise - noise.mean()) / max(float(noise.std()), 1e-6)
    return out


def speckle(rng: np.random.Generator, shape: tuple[int, int], *, looks: int, grain: float = 1.0) -> Float:
    """Draw fully developed speckle whose cells widen with depth.

    Each look is the magnitude of complex Gaussian noise under the point spread, which is Rayleigh distributed;
    averaging the power of several looks is what compounding machines do.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows (depth) and columns (beams).
    looks : int
        Looks averaged; 1 is the grainiest.
    grain : float
        Size of the cells relative to the default.

    Returns
    -------
    np.ndarray, shape `shape`, float32
        Amplitude with a mean square of 1.
    """
    power: Float = np.zeros(shape, np.float32)
    deep = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None]
    for _ in range(2 * looks):
        fine = smooth_noise(rng, shape, axial=0.75 * grain, lateral=0.9 * grain)
        wide: Float = np.asarray(cv2.GaussianBlur(fine, (0, 0), sigmaX=1.5 * grain, sigmaY=0.4), dtype=np.float32)
        wide = wide / max(float(wide.std()), 1e-6)
        both: Float = (1 - deep) * fine + deep * wide
        power += both * both
    out: Float = np.sqrt(power / power.mean())
    return out


def compress(amplitude: Float, *, gamma: float = 1.35) -> npt.NDArray[np.uint8]:
    """Turn echo amplitude into grey levels: logarithm over the dynamic range, then the display curve.

    Parameters
    ----------
    amplitude : np.ndarray, float32
        Echo amplitude; 1 is full scale.
    gamma : float
        Display curve; above 1 darkens the middle.

    Returns
    -------
    np.ndarray, uint8
        Same shape, 0 to 255.
    """
    decibel = cv2.log(np.maximum(amplitude, np.float32(1e-4))) * np.float32(20 / math.log(10) / _DYNAMIC_RANGE_DB)
    level = np.clip(decibel + np.float32(1), 0, 1)
    out: npt.NDArray[np.uint8] = (cv2.pow(level, gamma) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return out
