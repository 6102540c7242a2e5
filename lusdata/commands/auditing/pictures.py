"""Side-by-side pictures of recordings that look alike: fingerprints name candidates, an eye decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.errors import LusdataError, OutsideError
from lusdata.splits.audit.pixels import LookAlike

__all__ = ["DrawnPair", "draw_pairs"]

_STANDING = {
    "leak": "in several folds",
    "apart": "in different groups",
    "together": "in one group",
}


@dataclass(frozen=True)
class DrawnPair:
    """A pair, and its picture.

    Attributes
    ----------
    pair : LookAlike
        The recordings.
    path : Path or None
        The picture.
    missing : str
        Why there is none.
    """

    pair: LookAlike
    path: Path | None
    missing: str = ""

    def cells(self) -> list[str]:
        """Return the pair as a row of a table for a terminal."""
        match = self.pair.match
        alike = f"{match.similarity:.0%}" + (" mirrored" if match.mirrored else "")
        picture = self.path.name if self.path else f"{match.first}, {match.second}: no picture, {self.missing}"
        return [alike, _STANDING[self.pair.standing], picture]

    def as_dict(self) -> dict[str, Any]:
        """Return the pair as plain data for JSON."""
        match = self.pair.match
        return {
            "first": match.first,
            "second": match.second,
            "similarity": match.similarity,
            "points": match.points,
            "mirrored": match.mirrored,
            "groups": list(self.pair.groups),
            "folds": [list(folds) for folds in self.pair.folds],
            "standing": self.pair.standing,
            "picture": None if self.path is None else str(self.path),
            "missing": self.missing,
        }


def draw_pairs(
    collection: Collection,
    pairs: Sequence[LookAlike],
    out: Path,
    *,
    mirrors: Sequence[Path],
    cache: Path | None = None,
) -> Iterator[DrawnPair]:
    """Draw a picture of each pair whose files are on this machine; nothing is fetched.

    Parameters
    ----------
    collection : Collection
        The recordings.
    pairs : sequence of LookAlike
        From `lusdata.splits.audit.pixels.look_alikes`.
    out : Path
        Folder of the pictures; made if it is not there. A picture of the same pair is replaced.
    mirrors : sequence of Path
        Folders that hold files under the manifests' ``source.path``.
    cache : Path, optional
        The cache folder; by default the user's.

    Raises
    ------
    OutsideError
        If a picture cannot be written.
    """
    from lusdata.intake.look import sampled_frames
    from lusdata.media.local_files import held_file
    from lusdata.media.pictures.preview import beside, write_preview

    for pair in pairs:
        both = (collection.by_id[pair.match.first], collection.by_id[pair.match.second])
        files = [held_file(manifest, mirrors=mirrors, cache=cache) for manifest in both]
        absent = [manifest.id for manifest, file in zip(both, files, strict=True) if file is None]
        if absent:
            yield DrawnPair(pair, None, f"no file of {' and of '.join(absent)} here; name its folder with --mirror")
            continue
        try:
            first, second = (
                sampled_frames(file, sha256=manifest.sha256)
                for manifest, file in zip(both, files, strict=True)
                if file is not None
            )
            sheet = beside(
                first,
                second,
                titles=(f"{pair.match.similarity:.0%} alike: {_title(both[0])}", _title(both[1])),
                class_names=(both[0].class_name, both[1].class_name),
            )
        except LusdataError as error:
            yield DrawnPair(pair, None, error.what)
            continue
        slugs = [re.sub(r"[^A-Za-z0-9.-]+", "-", manifest.id.split("/")[-1]) for manifest in both]
        path = out / f"{round(100 * pair.match.similarity):03d}-{slugs[0]}-beside-{slugs[1]}.png"
        try:
            write_preview(path, sheet)
        except OSError as error:
            raise OutsideError("cannot write the picture", where=str(path), found=error.strerror) from error
        yield DrawnPair(pair, path)


def _title(manifest: Manifest) -> str:
    return f"{manifest.id}, {manifest.group_id.split('/')[-1]}"
