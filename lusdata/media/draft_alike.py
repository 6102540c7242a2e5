"""Whether a new recording looks like one that is already there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusdata.catalog.manifest import Manifest

__all__ = ["Alike", "alike", "fingerprint_of"]


@dataclass(frozen=True)
class Alike:
    """A recording that looks like the new one.

    Attributes
    ----------
    manifest : Manifest
        It.
    similarity : float
        From 0 to 1.
    """

    manifest: Manifest
    similarity: float


def alike(fingerprint: str | None, known: Sequence[Manifest]) -> list[Alike]:
    """Return the recordings whose pictures agree with a fingerprint, the most alike first."""
    return []


def fingerprint_of(path: Path, *, kind: str) -> str | None:
    """Return the perceptual signature of a file."""
    return None
