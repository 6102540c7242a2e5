"""Shards as Parquet files that pandas, DuckDB and Hugging Face `datasets` read without any code of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lusdata.dataset.formats.columns import FRAME_COLUMNS, Column
from lusdata.dataset.formats.table import Place, Recording, Rows
from lusdata.errors import DataError
from lusdata.wording import counted

__all__ = ["read_rows", "schema", "write_rows"]

_BATCH_ROWS = 16
_SLACK_BYTES = 1_000_000
_SOUGHT = ("recording", "class", "probe", "group", "source_sha256")
"""Facts by which readers look for rows: the footer tells of each row group which it holds."""

_KINDS: Mapping[str, tuple[pa.DataType, dict[str, Any]]] = {
    "text": (pa.string(), {"dtype": "string", "_type": "Value"}),
    "number": (pa.float64(), {"dtype": "float64", "_type": "Value"}),
    "integer": (pa.int32(), {"dtype": "int32", "_type": "Value"}),
    "image": (pa.struct([("bytes", pa.binary()), ("path", pa.string())]), {"_type": "Image"}),
    "crop": (pa.list_(pa.int32()), {"feature": {"dtype": "int32", "_type": "Value"}, "_type": "Sequence"}),
}
"""Each kind of column as Arrow and as Hugging Face `datasets` write it."""


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the columns of a shard: facts of recordings, then what differs from frame to frame.

    The metadata tells Hugging Face `datasets` that ``image`` holds pictures, so that it decodes them.

    Parameters
    ----------
    columns : sequence of Column
        Those of `lusdata.dataset.formats.columns.fact_columns`.
    """
    kinds = {column.name: _KINDS[column.kind] for column in (*columns, *FRAME_COLUMNS)}
    features = {name: feature for name, (_, feature) in kinds.items()}
    return pa.schema(
        [(name, kind) for name, (kind, _) in kinds.items()],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )


def write_rows(path: Path, recordings: Iterable[Recording], columns: Sequence[Column]) -> list[Place]:
    """Write recordings, one row group each, so that a reader fetches just what it wants.

    Parameters
    ----------
    path : Path
        The file to write.
    recordings : iterable of Recording
        In order; one is in memory at a time.
    columns : sequence of Column
        The columns of their facts.

    Returns
    -------
    list of Place
        The row group and number of rows of each recording.
    """
    layout = schema(columns)
    texts = [column.name for column in columns if column.kind == "text"]
    places: list[Place] = []
    # Nothing is compressed: PNG is already, and zstd makes it larger by a hair; the other columns are dictionaries.
    with pq.ParquetWriter(
        path,
        layout,
        compression="none",
        use_dictionary=texts,
        write_statistics=[*_SOUGHT, "frame_index", "time_s"],
    ) as writer:
        for position, recording in enumerate(recordings):
            rows = len(recording.part.frames)
            writer.write_table(_table(recording, layout), row_group_size=rows)
            places.append(Place(position, rows))
    return places


def _table(recording: Recording, layout: pa.Schema) -> pa.Table:
    part = recording.part
    rows = len(part.frames)
    stem = part.id.rpartition("/")[2]
    names = [f"{stem}-{index:06d}.png".encode("ascii") for index in part.frame_indices]
    arrays = {name: _repeated(value, rows) for name, value in recording.facts.items()}
    arrays["frame_index"] = _numbers(part.frame_indices, pa.int32(), "<i4")
    arrays["time_s"] = _numbers(part.times_s, pa.float64(), "<f8")
    arrays["image"] = pa.StructArray.from_arrays(
        [_texts(part.frames, pa.binary()), _texts(names, pa.string())], fields=list(layout.field("image").type)
    )
    crop = _numbers(part.crop * rows, pa.int32(), "<i4")
    edges = _numbers(range(0, 4 * rows + 1, 4), pa.int32(), "<i4")
    arrays["crop"] = pa.ListArray.from_arrays(edges, crop, type=layout.field("crop").type)
    return pa.Table.from_arrays([arrays[name] for name in layout.names], schema=layout)


def _repeated(value: str | float | None, rows: int) -> pa.Array:
    if isinstance(value, str):
        return _texts([value.encode("utf-8")] * rows, pa.string())
    return pa.nulls(rows, pa.float64()) if value is None else _numbers([value] * rows, pa.float64(), "<f8")


# From buffers and not with `pa.array`: that loads pandas to ask whether a list is one of its types, and half a second
# of a build that needs no pandas would go by.
def _texts(values: Sequence[bytes], kind: pa.DataType) -> pa.Array:
    edges = np.zeros(len(values) + 1, dtype="<i4")
    np.cumsum([len(value) for value in values], out=edges[1:])
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(edges), pa.py_buffer(b"".join(values))])


def _numbers(values: Sequence[float], kind: pa.DataType, layout: str) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.array(values, dtype=layout))])


def read_rows(path: Path, places: Iterable[Place]) -> Iterator[Rows]:
    """Read recordings from a shard.

    Parameters
    ----------
    path : Path
        The file.
    places : iterable of Place
        Which row groups to read.

    Yields
    ------
    tuple
        Frame indices, times in seconds, and the PNG files of one recording.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    size_bytes = path.stat().st_size
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow)
            for place in places:
                _check_place(path, file.metadata, place)
                yield _columns(path, file, place, size_bytes)
    # Arrow raises OSError for what it cannot decode, and ValueError for what it cannot hold.
    except (pa.ArrowException, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise _damaged(path, found=str(error)) from error


_READ = {column.name: _KINDS[column.kind][0] for column in FRAME_COLUMNS if column.kind != "crop"}


def _columns(path: Path, file: Any, place: Place, size_bytes: int) -> tuple[list[int], list[float], list[bytes]]:
    indices: list[int] = []
    times_s: list[float] = []
    pictures: list[bytes] = []
    # A few rows at a time: the pictures lie in the file as they are, so they are never larger than it, whatever a
    # dictionary in it would blow them up to.
    held_bytes = 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, row_groups=[place.position], columns=list(_READ)):
        found = batch.column("image").field("bytes")
        held_bytes += found.nbytes
        if held_bytes > size_bytes + _SLACK_BYTES:
            raise _damaged(path, found="pictures that are larger than the file")
        indices += batch.column("frame_index").to_pylist()
        times_s += batch.column("time_s").to_pylist()
        pictures += found.to_pylist()
    if not len(indices) == len(times_s) == len(pictures) == place.rows:
        raise _damaged(path, found="other rows than its footer tells")
    return indices, times_s, pictures


def _check_columns(path: Path, found: pa.Schema) -> None:
    for name, wanted in _READ.items():
        kind = found.field(name).type if len(found.get_all_field_indices(name)) == 1 else None
        if kind != wanted:
            raise _damaged(path, expected=f"a column {name} of {wanted}", found=str(kind or "none, or two")[:80])


def _damaged(path: Path, *, expected: str | None = None, found: str | None = None) -> DataError:
    return DataError(
        "a shard is damaged", where=str(path), expected=expected, found=found, hint="build the dataset anew"
    )


def _check_place(path: Path, metadata: Any, place: Place) -> None:
    groups = metadata.num_row_groups
    rows = metadata.row_group(place.position).num_rows if place.position < groups else 0
    if rows != place.rows:
        raise _damaged(
            path,
            expected=f"{counted(place.rows, 'row')} in row group {place.position:,}",
            found=f"{counted(rows, 'row')}, and {counted(groups, 'row group')}",
        )
    group = metadata.row_group(place.position)
    codecs = {group.column(number).compression for number in range(group.num_columns)} - {"UNCOMPRESSED"}
    if codecs:
        raise _damaged(path, expected="no compression", found=", ".join(sorted(codecs)))
