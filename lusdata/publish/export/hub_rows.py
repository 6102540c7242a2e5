"""Parquet files as Hugging Face `datasets` reads them: pictures as Image, classes as ClassLabel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["FILE_BYTES", "Rows", "write_files"]

FILE_BYTES = 64_000_000
"""Size that a file should not exceed; a recording is never divided."""

_TEXTS = ("recording", "group", "probe", "provider", "licence", "attribution", "source_sha256")


@dataclass(frozen=True)
class Rows:
    """The frames of one recording, with the facts that each of them repeats.

    Attributes
    ----------
    label : int
        Position of the class in the list of classes.
    facts : dict of str to str
        Recording, group, probe, provider, licence, attribution, source_sha256.
    crop : sequence of int
        Left, top, width and height of the window, in pixels of the file.
    frame_indices, times_s, pictures : list
        For each frame its position in the file, its time in seconds, and its PNG file.
    """

    label: int
    facts: dict[str, str]
    crop: Sequence[int]
    frame_indices: list[int]
    times_s: list[float]
    pictures: list[bytes]


def _schema(classes: Sequence[str]) -> pa.Schema:
    value: dict[str, Any] = {"_type": "Value", "dtype": "string"}
    features: dict[str, Any] = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": list(classes)},
        **dict.fromkeys(_TEXTS, value),
        "frame_index": {"_type": "Value", "dtype": "int32"},
        "time_s": {"_type": "Value", "dtype": "float64"},
        "crop": {"_type": "Sequence", "feature": {"_type": "Value", "dtype": "int32"}, "length": 4},
    }
    columns = [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("label", pa.int64()),
        *((name, pa.string()) for name in _TEXTS),
        ("frame_index", pa.int32()),
        ("time_s", pa.float64()),
        ("crop", pa.list_(pa.int32(), 4)),
    ]
    return pa.schema(columns, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def write_files(folder: Path, stem: str, recordings: Iterable[Rows], *, classes: Sequence[str]) -> list[str]:
    """Write recordings into as many files as their size needs.

    Parameters
    ----------
    folder : Path
        Where to write.
    stem : str
        How the names of the files begin.
    recordings : iterable of Rows
        In order; one is in memory at a time.
    classes : sequence of str
        Names of the labels.

    Returns
    -------
    list of str
        Names of the files, in order.
    """
    schema = _schema(classes)
    names: list[str] = []
    waiting = iter(recordings)
    following = next(waiting, None)
    while following is not None:
        names.append(f"{stem}-{len(names):05d}.parquet")
        filled_bytes = 0
        # Nothing is compressed: PNG is already.
        with pq.ParquetWriter(folder / names[-1], schema, compression="none", use_dictionary=list(_TEXTS)) as writer:
            while following is not None:
                size_bytes = sum(map(len, following.pictures))
                if filled_bytes and filled_bytes + size_bytes > FILE_BYTES:
                    break
                writer.write_table(_table(following, schema))
                filled_bytes += size_bytes
                following = next(waiting, None)
    return names


def _table(rows: Rows, schema: pa.Schema) -> pa.Table:
    stem = rows.facts["recording"].rpartition("/")[2]
    count = len(rows.pictures)
    columns = {
        "image": [
            {"bytes": picture, "path": f"{stem}-{index:06d}.png"}
            for picture, index in zip(rows.pictures, rows.frame_indices, strict=True)
        ],
        "label": [rows.label] * count,
        **{name: [rows.facts[name]] * count for name in _TEXTS},
        "frame_index": rows.frame_indices,
        "time_s": rows.times_s,
        "crop": [list(rows.crop)] * count,
    }
    return pa.Table.from_pydict(columns, schema=schema)
