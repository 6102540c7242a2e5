"""A user's own folders of recordings: where they lie, and which file in them has which digest.

The addresses stay with the user, in the folder for settings, and never in a collection: a file's name may name a
patient. A file is found by its digest, also when it was renamed or when its folder was moved and is named anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lusdata.atomic import PRIVATE, write_text
from lusdata.intact import sha256_in
from lusdata.media.cache import settings_dir

__all__ = ["find_own", "remember"]

Place = tuple[Path, str]
"""A folder, and a path below it with forward slashes."""


def remember(root: Path, files: Mapping[str, tuple[str, int]]) -> None:
    """Note which files of a folder are recordings; what was noted of other files of it stays.

    Parameters
    ----------
    root : Path
        The folder.
    files : Mapping of str to (str, int)
        Digest and size by path below the folder.

    Raises
    ------
    OSError
        If the note cannot be written.
    """
    root = root.resolve()
    path = _note_of(root)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    noted = _read(path).get("files", {}) | {name: list(one) for name, one in files.items()}
    text = json.dumps({"root": str(root), "files": dict(sorted(noted.items()))}, ensure_ascii=False, indent=1)
    write_text(path, text + "\n", mode=PRIVATE)


def find_own(wanted: Mapping[str, int | None], folders: Sequence[Path] = ()) -> dict[str, Place]:
    """Find files by their digest.

    Parameters
    ----------
    wanted : Mapping of str to int or None
        Size by digest; those without a size are passed over.
    folders : sequence of Path
        Folders to look into besides those that were noted; what is found there is noted.

    Returns
    -------
    dict of str to (Path, str)
        By digest the folder and the path in it. A file that was noted is taken by its name and size; whoever uses it
        hashes it.
    """
    notes = [note for path in sorted(_notes().glob("*.json")) if (note := _read(path))]
    found: dict[str, Place] = {}
    for note in notes:
        for name, (sha256, size_bytes) in note["files"].items():
            if wanted.get(sha256) == size_bytes and _size(Path(note["root"], name)) == size_bytes:
                found.setdefault(sha256, (Path(note["root"]), name))
    roots = [Path(note["root"]) for note in notes]
    for root in (*roots, *(folder for folder in folders if folder.resolve() not in roots)):
        missing = {sha256: size for sha256, size in wanted.items() if sha256 not in found and size is not None}
        if missing and (here := _searched(root, missing)):
            found |= {sha256: (root, name) for sha256, name in here.items()}
            remember(root, {name: (sha256, missing[sha256]) for sha256, name in here.items()})
    return found


def _searched(root: Path, missing: Mapping[str, int]) -> dict[str, str]:
    """Look for digests among the files of a folder that have the right size."""
    sizes = set(missing.values())
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in _files(root):
        if (size_bytes := _size(path)) in sizes and size_bytes is not None:
            by_size[size_bytes].append(path)
    found: dict[str, str] = {}
    for size_bytes, paths in by_size.items():
        asked = {sha256 for sha256, size in missing.items() if size == size_bytes}
        for path in paths:
            if asked <= found.keys():
                break
            try:
                with path.open("rb") as stream:
                    sha256 = sha256_in(stream)
            except OSError:
                continue
            if sha256 in asked:
                found.setdefault(sha256, path.relative_to(root).as_posix())
    return found


def _files(root: Path) -> Iterable[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in sorted(names) if not Path(folder, name).is_symlink())


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _notes() -> Path:
    return settings_dir() / "folders"


def _note_of(root: Path) -> Path:
    return _notes() / f"{hashlib.sha256(str(root).encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any]:
    """Return a note; nothing if it is missing or is none: the folder can be named anew."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return note if isinstance(note["root"], str) and isinstance(note["files"], dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
