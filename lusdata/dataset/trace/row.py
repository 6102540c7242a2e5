"""Finding one row of a dataset by its number, its place in a shard, or its recording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lusdata.catalog.manifest import Manifest
from lusdata.dataset.reading.index import Entry, Index
from lusdata.dataset.reading.shard_rows import read_recordings
from lusdata.errors import UsageError
from lusdata.media.png import decode_png
from lusdata.suggestion import meant

__all__ = ["TracedRow", "find_row"]


@dataclass(frozen=True)
class TracedRow:
    """One frame of a dataset.

    Attributes
    ----------
    number : int
        Counted over all shards, from 0.
    shard : str
        File that holds it.
    shard_row : int
        Counted in that file, from 0.
    position : int
        Which of the recording's frames in the dataset it is, from 0.
    frame_index : int
        Its place among all frames of the recording's file, from 0.
    time_s : float
        Its presentation time, in seconds from the file's first frame.
    pixels_sha256 : str
        Sha256 of its decoded pixels.
    entry : Entry
        The recording in the dataset.
    manifest : Manifest
        The recording's manifest, as the dataset keeps it.
    image : np.ndarray, shape (height, width) or (height, width, 3), uint8
        Its pixels.
    """

    number: int
    shard: str
    shard_row: int
    position: int
    frame_index: int
    time_s: float
    pixels_sha256: str
    entry: Entry
    manifest: Manifest
    image: np.ndarray[Any, np.dtype[np.uint8]]


def find_row(index: Index, row: str, frame_index: int | None = None) -> TracedRow:
    """Find a row and read it.

    Parameters
    ----------
    index : Index
        The dataset.
    row : str
        Number of the row, counted over all shards from 0; or ``part-00000.parquet:17``, counted in that file; or the
        id of a recording.
    frame_index : int, optional
        With a recording: the frame's place in its file, as in the column ``frame_index``. By default its first frame
        in the dataset.

    Raises
    ------
    UsageError
        If there is no such row.
    DataError
        If a shard is missing or damaged.
    """
    entry, position = _place(index, row)
    if frame_index is not None and position is not None:
        raise UsageError("a frame index goes with a recording", where=row, hint="leave it out: the row is one frame")
    ((indices, times_s, pictures),) = read_recordings(index, [entry])
    if position is None:
        wanted = indices[0] if frame_index is None else frame_index
        if wanted not in indices:
            known = ", ".join(map(str, indices[:8])) + (" …" if len(indices) > 8 else "")
            raise UsageError(
                "the dataset does not hold this frame", where=f"{row} {wanted}", expected=f"one of {known}"
            )
        position = indices.index(wanted)
    image = decode_png(pictures[position])
    number = entry.first_row + position
    first_of_shard = next(other.first_row for other in index.entries if other.shard == entry.shard)
    return TracedRow(
        number=number,
        shard=index.shard_path(entry.shard).name,
        shard_row=number - first_of_shard,
        position=position,
        frame_index=int(indices[position]),
        time_s=float(times_s[position]),
        pixels_sha256=hashlib.sha256(np.ascontiguousarray(image).data).hexdigest(),
        entry=entry,
        manifest=next(manifest for manifest in index.manifests if manifest.id == entry.id),
        image=image,
    )


def _place(index: Index, row: str) -> tuple[Entry, int | None]:
    """Return the recording, and which of its frames is meant if the row says so."""
    total = sum(entry.place.rows for entry in index.entries)
    shard, sign, rest = row.rpartition(":")
    if row.isdecimal():
        return _counted(index.entries, int(row), where="row", total=total)
    if sign and rest.isdecimal():
        files = [Path(item["file"]).name for item in index.data["shards"]]
        if Path(shard).name not in files:
            raise UsageError(
                "no such shard",
                where=shard,
                expected=f"one of {', '.join(files[:3])}",
                hint=meant(shard, files) or None,
            )
        number = files.index(Path(shard).name)
        entries = [entry for entry in index.entries if entry.shard == number]
        return _counted(entries, int(rest), where=shard, total=sum(entry.place.rows for entry in entries))
    for entry in index.entries:
        if entry.id == row:
            return entry, None
    why = next((item for item in index.data["left_out"] if item["id"] == row), None)
    raise UsageError(
        "the dataset has no such row",
        where=row,
        expected=f"0 to {total - 1:,}, a shard with a row such as part-00000.parquet:17, or the id of a recording",
        found=None if why is None else f"{row} was left out: {why['code']}, {why['reason']}",
    )


def _counted(entries: Iterable[Entry], number: int, *, where: str, total: int) -> tuple[Entry, int]:
    left = number
    for entry in entries:
        if left < entry.place.rows:
            return entry, left
        left -= entry.place.rows
    raise UsageError("no such row", where=where, expected=f"0 to {total - 1:,}", found=f"{number:,}")
