"""Reading a recording's file again, to see whether it still gives the row of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from lusdata.dataset.building.clip_file import frames_digest
from lusdata.dataset.building.plan import versions
from lusdata.dataset.reading.index import Index
from lusdata.dataset.trace.row import TracedRow
from lusdata.errors import DataError
from lusdata.intact import DamagedError
from lusdata.media.fetch.collection import fetch
from lusdata.media.frames import read_frames

__all__ = ["Reproduction", "check_row"]


@dataclass(frozen=True)
class Reproduction:
    """Whether the recording's file gives the row again.

    Attributes
    ----------
    state : {"agrees", "differs", "not-here", "withdrawn"}
        ``not-here`` if the file is in no cache and no mirror; a withdrawn recording is not read again.
    detail : str
        More about it, as a clause.
    """

    state: Literal["agrees", "differs", "not-here", "withdrawn"]
    detail: str


def check_row(
    index: Index, row: TracedRow, *, mirrors: Iterable[str | Path] = (), cache: str | Path | None = None
) -> Reproduction:
    """Read the recording's file again, if it is on this machine, and compare the row with what it gives.

    Parameters
    ----------
    index : Index
        The dataset.
    row : TracedRow
        From `find_row`.
    mirrors : iterable of str or Path
        Folders that hold copies; no network is asked.
    cache : str or Path, optional
        The cache folder.

    Raises
    ------
    UsageError
        If a mirror does not exist.
    OutsideError
        If the cache cannot be written.
    """
    manifest = row.manifest
    (result,) = fetch([manifest], mirrors=mirrors, cache=cache, offline=True, verify=True).results
    if result.path is None:
        return Reproduction("not-here", "the file is in no cache and no mirror; --mirror names a folder that has it")
    recipe = index.recipe
    try:
        frames = read_frames(
            result.path,
            sha256=manifest.sha256,
            kind=manifest.kind,
            crop=manifest.crop,
            trim=manifest.trim,
            rate_hz=recipe.rate_hz,
            max_frames=recipe.max_frames,
            size_px=recipe.size_px,
            colour=recipe.colour,
        )
    except DamagedError as error:
        return Reproduction("not-here", error.what)
    except DataError as error:
        return Reproduction("differs", f"the file cannot be decoded: {error.what}")
    made = {name: str(word) for name, word in index.data["versions"].items() if name in versions()}
    others = [f"{name} {word} then, {versions()[name]} now" for name, word in made.items() if versions()[name] != word]
    because = f" ({'; '.join(others)})" if others else ""
    if row.frame_index not in frames.indices:
        return Reproduction("differs", f"the file does not give frame {row.frame_index} any more{because}")
    again = frames.images[list(frames.indices).index(row.frame_index)]
    if not np.array_equal(again, row.image):
        apart = np.abs(again.astype(np.int16) - row.image.astype(np.int16))
        share = float((apart > 0).mean())
        return Reproduction(
            "differs", f"{share:.1%} of the values differ, by at most {int(apart.max())} of 255{because}"
        )
    times_us = np.rint(frames.times_s * 1e6).astype(np.int64)
    whole = frames_digest(frames.images, frames.indices, times_us) == row.entry.digest
    rest = "so do all frames of the recording" if whole else f"but other frames of the recording differ{because}"
    return Reproduction("agrees" if whole else "differs", f"the pixels of the frame agree, {rest}")
