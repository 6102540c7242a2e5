"""How recordings become frames: the settings of a dataset, checked, frozen and with a digest."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from lusdata.catalog.manifest import canonical_bytes
from lusdata.dataset.select import parse_select
from lusdata.errors import UsageError

__all__ = ["COLOURS", "Colour", "Recipe"]

Colour = Literal["grey", "rgb"]
"""What a frame may be: one channel (B-mode ultrasound is grey) or three."""

COLOURS: tuple[Colour, ...] = get_args(Colour)

_RATE_HZ = (0.01, 1000.0)
_MAX_FRAMES = (1, 100_000)
_SIZE_PX = (16, 1024)


@dataclass(frozen=True)
class Recipe:
    """Settings that decide which frames a dataset holds and what they look like.

    Attributes
    ----------
    rate_hz : float
        Frames wanted for each second of a recording, 0.01 to 1000.
    max_frames : int
        Most frames of one recording, 1 to 100,000.
    size_px : int
        Side of the square frames, 16 to 1024.
    colour : {"grey", "rgb"}
        Channels of a frame.
    select : str
        Which recordings, in the words of `lusdata.dataset.select`; all by default. Kept in its canonical spelling.

    Raises
    ------
    UsageError
        If a value is out of its range, or `select` uses a word that the schema does not know.

    Examples
    --------
    >>> Recipe(select="probe=linear|convex").select
    'probe=convex|linear'
    >>> Recipe(rate_hz=3) == Recipe(rate_hz=3.0)
    True
    """

    rate_hz: float = 3.0
    max_frames: int = 30
    size_px: int = 224
    colour: Colour = "grey"
    select: str = ""

    def __post_init__(self) -> None:
        """Check every value and bring it to its canonical form."""
        object.__setattr__(self, "rate_hz", _number("rate_hz", self.rate_hz, _RATE_HZ))
        object.__setattr__(self, "max_frames", _whole("max_frames", self.max_frames, _MAX_FRAMES))
        object.__setattr__(self, "size_px", _whole("size_px", self.size_px, _SIZE_PX))
        if self.colour not in COLOURS:
            raise UsageError(
                "unknown colour", where="colour", expected="one of " + ", ".join(COLOURS), found=repr(self.colour)
            )
        object.__setattr__(self, "select", parse_select(self.select).text)

    @property
    def digest(self) -> str:
        """Sha256 of the settings, as 64 hexadecimal digits."""
        return hashlib.sha256(canonical_bytes(self.as_dict())).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """Rebuild a recipe from `as_dict`."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})

    def text(self) -> str:
        """Return the settings as one line for people."""
        chosen = f", {self.select}" if self.select else ""
        side = f"{self.size_px} x {self.size_px} px {self.colour}"
        return f"{self.rate_hz:g} Hz, at most {self.max_frames} frames, {side}{chosen}"


def _number(name: str, value: float, limits: tuple[float, float]) -> float:
    # bool is an int to Python, but True is no frame rate.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _out_of_range(name, value, limits)
    if not limits[0] <= value <= limits[1]:
        raise _out_of_range(name, value, limits)
    return float(value)


def _whole(name: str, value: int, limits: tuple[int, int]) -> int:
    number = _number(name, value, limits)
    if number != int(number):
        raise _out_of_range(name, value, limits)
    return int(number)


def _out_of_range(name: str, value: object, limits: tuple[float, float]) -> UsageError:
    kind = "a whole number" if all(isinstance(limit, int) for limit in limits) else "a number"
    expected = f"{kind} from {limits[0]:g} to {limits[1]:g}"
    return UsageError("value out of range", where=name, expected=expected, found=repr(value))
