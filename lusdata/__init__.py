"""lusdata: lung-ultrasound video as clean, leak-free research datasets."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lusdata.catalog.collection import Collection as Collection
    from lusdata.catalog.joining.collection import join_collections as join_collections
    from lusdata.catalog.manifest import Crop as Crop
    from lusdata.catalog.open_collection import open_collection as open_collection
    from lusdata.catalog.validate import Checked as Checked
    from lusdata.catalog.validate import validate as validate
    from lusdata.dataset.building.build import build as build
    from lusdata.dataset.load import Dataset as Dataset
    from lusdata.dataset.load import load as load
    from lusdata.dataset.recipe import Recipe as Recipe
    from lusdata.dataset.view.join import join as join
    from lusdata.errors import DataError as DataError
    from lusdata.errors import Issue as Issue
    from lusdata.errors import LusdataError as LusdataError
    from lusdata.errors import OutsideError as OutsideError
    from lusdata.errors import UsageError as UsageError
    from lusdata.intake.look import sampled_frames as sampled_frames
    from lusdata.media.cache import cache_dir as cache_dir
    from lusdata.media.crop import Box as Box
    from lusdata.media.facts import media_facts as media_facts
    from lusdata.media.fetch.collection import fetch as fetch
    from lusdata.media.frames import read_frames as read_frames
    from lusdata.media.sector.finder import find_sector as find_sector
    from lusdata.releases.audit import audit as audit
    from lusdata.splits.folds.make import FoldTable as FoldTable
    from lusdata.splits.folds.make import make_folds as make_folds

__version__ = "1.0.0.dev0"

# Each public name and the module that holds it, imported at first use: `import lusdata` stays instant.
_HOMES = {
    "Box": "lusdata.media.crop",
    "Checked": "lusdata.catalog.validate",
    "Collection": "lusdata.catalog.collection",
    "Crop": "lusdata.catalog.manifest",
    "DataError": "lusdata.errors",
    "Dataset": "lusdata.dataset.load",
    "FoldTable": "lusdata.splits.folds.make",
    "Issue": "lusdata.errors",
    "LusdataError": "lusdata.errors",
    "OutsideError": "lusdata.errors",
    "Recipe": "lusdata.dataset.recipe",
    "UsageError": "lusdata.errors",
    "audit": "lusdata.releases.audit",
    "build": "lusdata.dataset.building.build",
    "cache_dir": "lusdata.media.cache",
    "fetch": "lusdata.media.fetch.collection",
    "find_sector": "lusdata.media.sector.finder",
    "join": "lusdata.dataset.view.join",
    "join_collections": "lusdata.catalog.joining.collection",
    "load": "lusdata.dataset.load",
    "make_folds": "lusdata.splits.folds.make",
    "media_facts": "lusdata.media.facts",
    "open_collection": "lusdata.catalog.open_collection",
    "read_frames": "lusdata.media.frames",
    "sampled_frames": "lusdata.intake.look",
    "validate": "lusdata.catalog.validate",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        message = f"module 'lusdata' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
