"""Scales of severity: a registry that grows by a pull request, and the scales of a collection's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lusdata.catalog.documents import read_document
from lusdata.catalog.shipped import manifests_root

__all__ = ["REGISTRY", "Scale", "known_scales", "scale_of"]

REGISTRY = "severity-scales.json"
"""Name of the registry's file, beside the shipped collections."""


@dataclass(frozen=True)
class Scale:
    """A scale of severity.

    Attributes
    ----------
    name : str
        Name by which manifests state it.
    title, definition : str
        For people.
    minimum, maximum : float
        Its range, without a unit.
    whole : bool
        Whether scores are whole numbers.
    doi : str
        Publication that defines it; empty if none is named.
    """

    name: str
    title: str
    definition: str
    minimum: float
    maximum: float
    whole: bool = True
    doi: str = ""

    @property
    def values(self) -> tuple[int, ...]:
        """Every score of a scale of whole numbers, the lowest first; empty for others."""
        return tuple(range(int(self.minimum), int(self.maximum) + 1)) if self.whole else ()


def scale_of(data: Mapping[str, Any]) -> Scale:
    """Return a scale from its entry in a registry or a collection's own file."""
    return Scale(**data)


@cache
def known_scales() -> Mapping[str, Scale]:
    """Return the scales of the registry by name.

    Raises
    ------
    DataError
        If the registry that came with lusdata was changed into something else.
    """
    path: Path = manifests_root() / REGISTRY
    document = read_document(path, kind="scales") if path.is_file() else {"scales": []}
    return {entry["name"]: scale_of(entry) for entry in document["scales"]}
