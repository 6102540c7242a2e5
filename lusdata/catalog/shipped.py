"""Where the manifests and schemas that come with lusdata lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["manifests_root", "schemas_root"]

_PACKAGE = Path(__file__).resolve().parent.parent


def _root() -> Path:
    # An installed wheel carries copies inside the package; a checkout has the originals beside it.
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def manifests_root() -> Path:
    """Return the folder that holds one folder per shipped collection."""
    return _root() / "manifests"


def schemas_root() -> Path:
    """Return the folder that holds one folder of schemas per kind of document, one file per version in it."""
    return _root() / "schemas"
