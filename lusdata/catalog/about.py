"""What is true of a whole collection: ``collection.json`` beside its manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lusdata.catalog.documents import read_document
from lusdata.catalog.folders import ABOUT
from lusdata.catalog.severity import Scale, known_scales, scale_of
from lusdata.catalog.tasks import Task, task_of
from lusdata.errors import DataError

__all__ = ["About", "about_header", "read_about"]


@dataclass(frozen=True)
class About:
    """What a collection says of itself; everything is empty where it says nothing.

    Attributes
    ----------
    data : Mapping
        The content of ``collection.json``.
    """

    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name for people."""
        return str(self.data.get("title", ""))

    @property
    def owner(self) -> str:
        """Institution that answers for it."""
        return str(self.data.get("owner", ""))

    @property
    def private(self) -> bool:
        """Whether it stays with its owner."""
        return bool(self.data.get("private", False))

    @property
    def citation(self) -> str:
        """How its owner wants to be cited."""
        return str(self.data.get("citation", ""))

    @property
    def default_licence(self) -> str | None:
        """Licence of recordings that state none of their own when they are added."""
        licence: str | None = self.data.get("default_licence")
        return licence

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """What can be predicted, by name."""
        return {entry["name"]: task_of(entry) for entry in self.data.get("tasks", ())}

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """Scales of severity by name: the registry's, and the collection's own."""
        own = (scale_of(entry) for entry in self.data.get("severity_scales", ()))
        return {**known_scales(), **{scale.name: scale for scale in own}}


def about_header() -> dict[str, str]:
    """Return the fields with which a ``collection.json`` begins."""
    return {"$schema": "../../schemas/collection/1.0.0.json", "schema_version": "1.0.0"}


def read_about(folder: Path) -> About:
    """Read what a collection says of itself.

    Parameters
    ----------
    folder : Path
        The collection's folder.

    Raises
    ------
    DataError
        If its ``collection.json`` is none, or names a task twice or one that cannot be.
    OSError
        If it cannot be opened.
    """
    path = folder / ABOUT
    if not path.is_file():
        return About()
    about = About(read_document(path, kind="collection"))
    for field_name in ("tasks", "readers", "severity_scales"):
        names = [entry["id" if field_name == "readers" else "name"] for entry in about.data.get(field_name, ())]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DataError(f"{field_name} holds one name twice", where=str(path), found=twice)
    try:
        _ = about.tasks
    except DataError as error:
        error.where = f"{path} {error.where or ''}".strip()
        raise
    return about
