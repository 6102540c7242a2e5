"""What a phantom recording shows, and what comes out of drawing one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lusdata.errors import UsageError

__all__ = ["MASK_NAMES", "Consolidation", "Phantom", "PhantomSpec", "Probe", "typical"]

Probe = Literal["convex", "linear", "phased"]
Consolidation = Literal["none", "subpleural", "lobar"]
ClassName = Literal["covid-19", "bacterial-pneumonia", "viral-pneumonia", "healthy"]

MASK_NAMES = ("pleura", "a_lines", "b_lines", "consolidation", "effusion", "bronchogram", "sector", "text")

# A usual depth setting of each transducer for the lung.
_DEPTH_CM: dict[str, float] = {"convex": 11.0, "linear": 5.0, "phased": 14.0}


@dataclass(frozen=True)
class PhantomSpec:
    """What one phantom recording shows.

    Attributes
    ----------
    class_name : {"covid-19", "bacterial-pneumonia", "viral-pneumonia", "healthy"}
        The diagnosis that goes into the manifest. It changes no pixel; the patterns below do.
    probe : {"convex", "linear", "phased"}
        Transducer, and with it the shape of the picture.
    width_px, height_px : int
        Size of the whole picture, margins and burned-in text included; 64 to 2048.
    frame_count : int
        Number of frames, at least 1.
    rate_hz : float
        Frames per second; it sets how far the lung moves between frames.
    depth_cm : float or None
        Depth of the picture; None for what is usual with the probe.
    a_lines : bool
        Horizontal echoes at multiples of the pleural depth.
    b_line_count : int
        Number of separate vertical B-lines, 0 to 12.
    white_lung : bool
        Confluent B-lines over the whole width.
    consolidation : {"none", "subpleural", "lobar"}
        A small dark patch under the pleura with a shredded deep border, or a tissue-like lobe.
    air_bronchogram : bool
        Bright branches and dots of air inside the consolidation.
    effusion : bool
        Fluid between the pleural line and the lung, whose depth follows the breath.
    pleural_irregularity : bool
        Thickened, broken, rough pleural line.
    ribs : bool
        Two ribs and their shadows at the sides (the bat sign).
    breaths_per_min : float
        Breathing rate, above 0.
    sliding_cm : float
        Largest sideways travel of the lung from its middle position; 0 for no sliding.
    burned_in : bool
        Device text, depth ruler, grey bar and orientation mark around the sector.
    patient_name : str or None
        A made-up name written inside the sector, where a crop does not remove it.
    margin : float
        Empty border on each side as a part of the picture's size, 0 to 0.3.
    """

    class_name: ClassName = "healthy"
    probe: Probe = "convex"
    width_px: int = 400
    height_px: int = 304
    frame_count: int = 30
    rate_hz: float = 15.0
    depth_cm: float | None = None
    a_lines: bool = True
    b_line_count: int = 0
    white_lung: bool = False
    consolidation: Consolidation = "none"
    air_bronchogram: bool = False
    effusion: bool = False
    pleural_irregularity: bool = False
    ribs: bool = True
    breaths_per_min: float = 18.0
    sliding_cm: float = 0.6
    burned_in: bool = True
    patient_name: str | None = None
    margin: float = 0.09

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        _one_of("class_name", self.class_name, get_args(ClassName))
        _one_of("probe", self.probe, get_args(Probe))
        _one_of("consolidation", self.consolidation, get_args(Consolidation))
        _within("width_px", self.width_px, 64, 2048)
        _within("height_px", self.height_px, 64, 2048)
        _within("frame_count", self.frame_count, 1, 100_000)
        _within("rate_hz", self.rate_hz, 0.1, 1000)
        _within("depth_cm", self.scan_depth_cm, 2, 30)
        _within("b_line_count", self.b_line_count, 0, 12)
        _within("breaths_per_min", self.breaths_per_min, 0.1, 120)
        _within("sliding_cm", self.sliding_cm, 0, 3)
        _within("margin", self.margin, 0, 0.3)
        if self.air_bronchogram and self.consolidation == "none":
            raise UsageError(
                "an air bronchogram needs a consolidation around it",
                where="PhantomSpec.air_bronchogram",
                expected="consolidation of 'subpleural' or 'lobar'",
                found="'none'",
            )

    @property
    def scan_depth_cm(self) -> float:
        """Depth of the picture in centimetres."""
        return _DEPTH_CM[self.probe] if self.depth_cm is None else self.depth_cm

    @property
    def patterns(self) -> dict[str, str]:
        """The reading of this recording, as in a manifest: pattern name to ``"present"`` or ``"absent"``."""
        shown = {
            "b_lines": self.b_line_count > 0 or self.white_lung,
            "a_lines": self.a_lines and not self.white_lung and self.consolidation != "lobar",
            "consolidation": self.consolidation != "none",
            "effusion": self.effusion,
            "pleural_irregularity": self.pleural_irregularity,
            "air_bronchogram": self.air_bronchogram,
        }
        shown["normal"] = not any(there for name, there in shown.items() if name != "a_lines")
        return {name: "present" if there else "absent" for name, there in shown.items()}


@dataclass(frozen=True)
class Phantom:
    """A drawn recording with its ground truth.

    Attributes
    ----------
    frames : np.ndarray, shape (t, h, w), uint8
        Grey pictures, 0 to 255.
    masks : dict of str to np.ndarray, shape (t, h, w), bool
        Where each of `MASK_NAMES` is seen, in picture coordinates; read-only.
    box : tuple of int
        Left, top, width and height in pixels of the smallest box around the sector.
    spec : PhantomSpec
        What was asked for.
    """

    frames: npt.NDArray[np.uint8]
    masks: dict[str, npt.NDArray[np.bool_]] = field(repr=False)
    box: tuple[int, int, int, int]
    spec: PhantomSpec

    @property
    def square_box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the largest square centred in `box`: the crop for a dataset."""
        left, top, width, height = self.box
        side = min(width, height)
        return left + (width - side) // 2, top + (height - side) // 2, side, side


def typical(class_name: ClassName, *, probe: Probe = "convex", variant: int = 0) -> PhantomSpec:
    """Return what a textbook would show for a class.

    Parameters
    ----------
    class_name : str
        One of the four classes that can be drawn.
    probe : {"convex", "linear", "phased"}
        Transducer.
    variant : int
        Which of the class's appearances; counts round when there are fewer.

    Returns
    -------
    PhantomSpec
        With the size and length of the default; change them with `dataclasses.replace`.

    Raises
    ------
    UsageError
        If the class or the probe is unknown.

    Examples
    --------
    >>> typical("healthy").patterns["a_lines"]
    'present'
    >>> typical("bacterial-pneumonia", variant=1).effusion
    True
    """
    _one_of("class_name", class_name, get_args(ClassName))
    base = PhantomSpec(class_name=class_name, probe=probe)
    looks = {
        "healthy": (
            replace(base),
            replace(base, ribs=False),
            replace(base, sliding_cm=0.9, breaths_per_min=14),
        ),
        "covid-19": (
            replace(base, b_line_count=3, pleural_irregularity=True),
            replace(base, b_line_count=2, consolidation="subpleural", pleural_irregularity=True, ribs=False),
            replace(base, white_lung=True, pleural_irregularity=True),
            replace(base, b_line_count=5, a_lines=False, breaths_per_min=24),
        ),
        "bacterial-pneumonia": (
            replace(base, consolidation="lobar", air_bronchogram=True, ribs=False),
            replace(base, consolidation="lobar", effusion=True, a_lines=False, ribs=False),
            replace(base, effusion=True, b_line_count=2, a_lines=False, ribs=False),
            replace(base, consolidation="subpleural", air_bronchogram=True, b_line_count=2, a_lines=False, ribs=False),
        ),
        "viral-pneumonia": (
            replace(base, b_line_count=4, a_lines=False, consolidation="subpleural", ribs=False),
            replace(base, white_lung=True),
        ),
    }[class_name]
    return looks[variant % len(looks)]


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(
            f"unknown {name}", where=f"PhantomSpec.{name}", expected=", ".join(sorted(allowed)), found=repr(value)
        )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UsageError(
            "value out of range", where=f"PhantomSpec.{name}", expected=f"{low} to {high}", found=f"{value}"
        )
