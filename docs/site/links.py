"""Links of a page, as they must be where the site puts it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = "https://github.com/lusdata/lusdata"
"""Address of the repository, the one that the schemas carry in their ids."""

# A fenced block holds no links; everything else may.
_PARTS = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)")


def links_from(text: str, source: Path, place: Path, pages: Mapping[Path, Path], root: Path) -> str:
    """Return a page whose links hold in the site.

    Parameters
    ----------
    text : str
        The page, with links as they hold in the repository.
    source : Path
        Where it lies in the repository.
    place : Path
        Where it lies in the site, relative to its root.
    pages : Mapping of Path to Path
        Every page of the site: from where in the repository, to where in the site.
    root : Path
        The repository.
    """

    def moved(link: re.Match[str]) -> str:
        target = (source.parent / link[2]).resolve()
        if target in pages:
            there = pages[target]
        elif target.is_relative_to(root / "docs") and target.is_file() and target.suffix in (".png", ".svg"):
            there = target.relative_to(root / "docs")
        else:
            kind = "tree" if target.is_dir() else "blob"
            return f"{link[1]}{REPOSITORY}/{kind}/main/{target.relative_to(root).as_posix()}"
        return link[1] + Path(os.path.relpath(there, place.parent)).as_posix()

    return "".join(part if part.lstrip().startswith("```") else _LINK.sub(moved, part) for part in _PARTS.split(text))
