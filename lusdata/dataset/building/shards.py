"""Parts to shards: which recordings share a file, and how a shard comes to its final name."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lusdata.dataset.folder import explained
from lusdata.dataset.formats.columns import Column
from lusdata.dataset.formats.table import Place, Recording, ShardFormat
from lusdata.scratch import scratch_beside

__all__ = ["Shard", "cut", "write_shard"]


@dataclass(frozen=True)
class Shard:
    """One finished file of rows."""

    file: str
    rows: int
    size_bytes: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain data for JSON."""
        return asdict(self)


def cut(sizes_bytes: Sequence[int], *, target_bytes: int) -> list[range]:
    """Decide which neighbouring recordings share a shard.

    Parameters
    ----------
    sizes_bytes : sequence of int
        Size of each recording's frames, in the order of the dataset.
    target_bytes : int
        Size that a shard should not exceed; a single larger recording gets a shard of its own.

    Returns
    -------
    list of range
        Positions of each shard's recordings. A recording is never divided.

    Examples
    --------
    >>> cut([40, 40, 10, 90], target_bytes=100)
    [range(0, 3), range(3, 4)]
    """
    shards: list[range] = []
    first = filled_bytes = 0
    for position, size_bytes in enumerate(sizes_bytes):
        if position > first and filled_bytes + size_bytes > target_bytes:
            shards.append(range(first, position))
            first, filled_bytes = position, 0
        filled_bytes += size_bytes
    if sizes_bytes:
        shards.append(range(first, len(sizes_bytes)))
    return shards


def write_shard(
    out: Path,
    name: str,
    recordings: Iterable[Recording],
    *,
    columns: Sequence[Column],
    staging: Path,
    form: ShardFormat,
) -> tuple[Shard, list[Place]]:
    """Write one shard, whole or not at all.

    Parameters
    ----------
    out : Path
        The folder of the dataset.
    name : str
        The file's path in it.
    recordings : iterable of Recording
        Its recordings, in order; read one at a time.
    columns : sequence of Column
        The columns of their facts.
    staging : Path
        Folder on the same disk for the unfinished file.
    form : ShardFormat
        The form of its rows.

    Returns
    -------
    tuple of Shard and list of Place
        The file and where each recording lies in it.

    Raises
    ------
    OutsideError
        If it cannot be written; nothing stands under the final name then.
    """
    temporary = scratch_beside(staging / Path(name).name)
    with explained(out / name):
        try:
            (out / name).parent.mkdir(exist_ok=True)
            places = form.write_rows(temporary, recordings, columns)
            shard = _sealed(temporary, name, places)
            temporary.replace(out / name)
        finally:
            temporary.unlink(missing_ok=True)
            # A folder with shards that are whole is not empty, and stays.
            with contextlib.suppress(OSError):
                (out / name).parent.rmdir()
    return shard, places


def _sealed(path: Path, name: str, places: Sequence[Place]) -> Shard:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Shard(name, sum(place.rows for place in places), path.stat().st_size, sha256)
