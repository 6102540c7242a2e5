"""The recordings of one folder of manifests."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lusdata.catalog.about import About
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.release import Release
from lusdata.wording import counted, escaped_html

__all__ = ["Collection"]


@dataclass(frozen=True, repr=False)
class Collection:
    """The recordings of one folder, sorted by id.

    Attributes
    ----------
    name : str
        Namespace of the recordings: the folder's name.
    root : Path
        The folder.
    manifests : tuple of Manifest
        Every manifest, whatever its state.
    release : Release or None
        The release that it was opened from; None for the working state of the folder.
    withdrawn_since : tuple of str
        Recordings that the release included and that were withdrawn later. They count as withdrawn here too.
    about : About
        What the collection says of itself, today.
    """

    name: str
    root: Path
    manifests: tuple[Manifest, ...]
    release: Release | None = None
    withdrawn_since: tuple[str, ...] = ()
    about: About = field(default_factory=About)

    def __repr__(self) -> str:
        """Return it as one line: the manifests would fill many screens."""
        return f"<Collection {self.label}: {self._told()}>"

    def _repr_html_(self) -> str:
        return f"<p><b>{escaped_html(self.label)}</b>: {escaped_html(self._told())}</p>"

    def _told(self) -> str:
        counts = f"{len(self.included):,} included, {len(self.buildable):,} of them with a digest"
        return f"{counted(len(self.manifests), 'recording')}, {counts}; {self.root}"

    @property
    def label(self) -> str:
        """Name for people: with the version, if it is a release."""
        return self.name if self.release is None else f"{self.name}@{self.release.version}"

    @cached_property
    def by_id(self) -> dict[str, Manifest]:
        """Every manifest by its recording's id."""
        return {manifest.id: manifest for manifest in self.manifests}

    @property
    def included(self) -> tuple[Manifest, ...]:
        """The recordings that take part in datasets."""
        return tuple(manifest for manifest in self.manifests if manifest.state == "included")

    @property
    def buildable(self) -> tuple[Manifest, ...]:
        """The included recordings whose digest is known."""
        return tuple(manifest for manifest in self.included if manifest.sha256 is not None)
