"""Where a recording's file lies on this machine already, whatever became of the recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lusdata.catalog.manifest import Manifest
from lusdata.media.cache import Cache, cache_dir
from lusdata.media.facts import sha256_of

__all__ = ["held_file"]


def held_file(manifest: Manifest, *, mirrors: Sequence[Path] = (), cache: Path | None = None) -> Path | None:
    """Look for a recording's file in folders and in the cache; nothing is fetched.

    Parameters
    ----------
    manifest : Manifest
        The recording, of any state.
    mirrors : sequence of Path
        Folders that hold files under the manifests' ``source.path``.
    cache : Path, optional
        The cache folder; by default the user's.

    Returns
    -------
    Path or None
        A file with the manifest's digest, if there is one.
    """
    if manifest.sha256 is None:
        return None
    places = [mirror / manifest.source_path for mirror in mirrors if manifest.source_path]
    places.append(Cache(cache or cache_dir()).object_path(manifest.sha256))
    for place in places:
        if place.is_file() and sha256_of(place) == manifest.sha256:
            return place
    return None
