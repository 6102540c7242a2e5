"""The rows of a dataset as its shards hold them, read one shard at a time and held against what the index says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from lusdata.dataset.formats.table import FORMATS, Rows
from lusdata.dataset.reading.index import Entry, Index
from lusdata.dataset.reading.integrity import require_intact
from lusdata.errors import DataError, OutsideError

__all__ = ["read_recordings", "verify"]


def read_recordings(index: Index, entries: Sequence[Entry]) -> Iterator[Rows]:
    """Read recordings in the given order, from shards that are what ``dataset.json`` says.

    Parameters
    ----------
    index : Index
        The dataset.
    entries : sequence of Entry
        Some of its recordings. Reading is fastest in the order of the rows.

    Yields
    ------
    tuple
        Frame indices, times in seconds, and the PNG files of one recording.

    Raises
    ------
    DataError
        If a shard is missing, or was changed since it was built.
    OutsideError
        If a shard cannot be read.
    """
    start = 0
    while start < len(entries):
        shard = entries[start].shard
        stop = start
        while stop < len(entries) and entries[stop].shard == shard:
            stop += 1
        path = index.shard_path(shard)
        require_intact(index.folder, [index.data["shards"][shard]], again=False)
        try:
            found = FORMATS[index.format].read_rows(path, [entry.place for entry in entries[start:stop]])
            for entry, rows in zip(entries[start:stop], found, strict=True):
                _check_rows(index, entry, *rows)
                yield rows
        except OSError as error:
            raise OutsideError("a shard cannot be read", where=str(path), found=str(error)) from error
        start = stop


def _check_rows(
    index: Index, entry: Entry, indices: Sequence[Any], times_s: Sequence[Any], files: Sequence[Any]
) -> None:
    """Refuse rows that no build writes: what reads them may rely on their form."""
    from lusdata.media.png import png_size

    recipe = index.recipe
    if not all(isinstance(value, int) for value in indices) or any(a >= b for a, b in pairwise((-1, *indices))):
        fault = "frame indices that do not rise from 0 on"
    elif not all(isinstance(value, float) and math.isfinite(value) for value in times_s) or any(
        a > b for a, b in pairwise((0.0, *times_s))
    ):
        fault = "times that do not rise from 0 on"
    elif not all(isinstance(value, bytes) for value in files):
        fault = "a row without a picture"
    elif any(png_size(value) != (recipe.size_px, recipe.size_px) for value in files):
        fault = f"a picture that is no PNG file of {recipe.size_px} x {recipe.size_px} px"
    else:
        return
    raise DataError("a recording of the dataset is damaged", where=entry.id, found=fault, hint="build it anew")


def verify(index: Index, *, deep: bool = False) -> None:
    """Check that a dataset is whole.

    Parameters
    ----------
    index : Index
        The dataset.
    deep : bool
        Decode every frame as well and compare it with the digest of its recording.

    Raises
    ------
    DataError
        At the first file or recording that is not what ``dataset.json`` says.
    """
    require_intact(index.folder, index.files)
    if deep:
        _verify_frames(index)


def _verify_frames(index: Index) -> None:
    import numpy as np

    from lusdata.dataset.building.clip_file import frames_digest
    from lusdata.media.png import decode_png

    for entry, (frame_indices, times_s, pictures) in zip(
        index.entries, read_recordings(index, index.entries), strict=True
    ):
        times_us = np.rint(np.asarray(times_s) * 1e6).astype(np.int64)
        images = np.stack([decode_png(picture) for picture in pictures])
        found = frames_digest(images, np.asarray(frame_indices), times_us)
        if found != entry.digest:
            raise DataError("a recording's frames were changed", where=entry.id, expected=entry.digest, found=found)
