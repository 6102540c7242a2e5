"""Parquet files as Hugging Face `datasets` reads them: pictures as Image, classes as ClassLabel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lusdata.dataset.formats import parquet
from lusdata.dataset.formats.columns import Column

__all__ = ["FILE_BYTES", "Rows", "schema", "write_files"]

FILE_BYTES = 64_000_000
"""Size that a file should not exceed; a recording is never divided."""


@dataclass(frozen=True)
class Rows:
    """The frames of one recording, with the facts that each of them repeats.

    Attributes
    ----------
    facts : Mapping of str to value
        See `lusdata.dataset.formats.columns.facts_of`.
    crop : sequence of int
        Left, top, width and height of the window, in pixels of the file.
    frame_indices, times_s, pictures : list
        For each frame its position in the file, its time in seconds, and its PNG file.
    """

    facts: Mapping[str, str | float | None]
    crop: Sequence[int]
    frame_indices: list[int]
    times_s: list[float]
    pictures: list[bytes]


def schema(columns: Sequence[Column], classes: Sequence[str]) -> pa.Schema:
    """Return the columns of a file: those of a shard, but for ``class``, which is a class label.

    Parameters
    ----------
    columns : sequence of Column
        Those of `lusdata.dataset.formats.columns.fact_columns`.
    classes : sequence of str
        The classes that labels count.
    """
    plain = parquet.schema(columns)
    features = json.loads(plain.metadata[b"huggingface"])["info"]["features"]
    features["class"] = {"_type": "ClassLabel", "names": list(classes)}
    whole = plain.set(plain.get_field_index("class"), pa.field("class", pa.int64()))
    return whole.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def write_files(
    folder: Path, stem: str, recordings: Iterable[Rows], *, columns: Sequence[Column], classes: Sequence[str]
) -> list[str]:
    """Write recordings into as many files as their size needs.

    Parameters
    ----------
    folder : Path
        Where to write.
    stem : str
        How the names of the files begin.
    recordings : iterable of Rows
        In order; one is in memory at a time.
    columns : sequence of Column
        The columns of their facts.
    classes : sequence of str
        Names of the labels.

    Returns
    -------
    list of str
        Names of the files, in order.
    """
    layout = schema(columns, classes)
    texts = [column.name for column in columns if column.kind == "text" and column.name != "class"]
    names: list[str] = []
    waiting = iter(recordings)
    following = next(waiting, None)
    while following is not None:
        names.append(f"{stem}-{len(names):05d}.parquet")
        filled_bytes = 0
        # Nothing is compressed: PNG is already.
        with pq.ParquetWriter(folder / names[-1], layout, compression="none", use_dictionary=texts) as writer:
            while following is not None:
                size_bytes = sum(map(len, following.pictures))
                if filled_bytes and filled_bytes + size_bytes > FILE_BYTES:
                    break
                writer.write_table(_table(following, layout, classes))
                filled_bytes += size_bytes
                following = next(waiting, None)
    return names


def _table(rows: Rows, layout: pa.Schema, classes: Sequence[str]) -> pa.Table:
    stem = str(rows.facts["recording"]).rpartition("/")[2]
    count = len(rows.pictures)
    facts = {**rows.facts, "class": classes.index(str(rows.facts["class"]))}
    columns = {
        **{name: [value] * count for name, value in facts.items()},
        "image": [
            {"bytes": picture, "path": f"{stem}-{index:06d}.png"}
            for picture, index in zip(rows.pictures, rows.frame_indices, strict=True)
        ],
        "frame_index": rows.frame_indices,
        "time_s": rows.times_s,
        "crop": [list(rows.crop)] * count,
    }
    return pa.Table.from_pydict(columns, schema=layout)
