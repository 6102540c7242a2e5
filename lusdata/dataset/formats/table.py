"""Every form that shards come in, one row each: its name, how it is written and read, and how others open it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lusdata.dataset.building.clip_file import ClipFile
    from lusdata.dataset.formats.columns import Column

__all__ = ["DATA", "DEFAULT_FORMAT", "FORMATS", "FormatName", "Place", "Recording", "Rows", "ShardFormat"]

DATA = "data"
"""The folder of shards."""
FormatName = Literal["parquet", "tfrecord"]
DEFAULT_FORMAT: FormatName = "parquet"

Rows = tuple[list[int], list[float], list[bytes]]
"""Frame indices, times in seconds and PNG files of one recording."""


@dataclass(frozen=True)
class Recording:
    """A part with the facts that each of its rows repeats, by column; see `lusdata.dataset.formats.columns`."""

    part: ClipFile
    facts: Mapping[str, str | float | None]


@dataclass(frozen=True)
class Place:
    """Where the rows of one recording lie in a shard.

    Attributes
    ----------
    position : int
        Row group of a Parquet file; offset of the first record of a TFRecord file, in bytes.
    rows : int
        Number of rows.
    """

    position: int
    rows: int


@dataclass(frozen=True)
class ShardFormat:
    """One form of shards.

    Attributes
    ----------
    name : str
        The name, and the ending of its files.
    module : str
        Where ``write_rows`` and ``read_rows`` stand. It is loaded at first use, since it loads packages.
    media_type : str
        What Croissant calls its files.
    is_table : bool
        Whether readers of tables, such as pandas and the viewer of the Hugging Face Hub, open it as it is.
    opening : str
        How a reader opens a dataset of it, in Markdown; ``FOLDER`` stands for the dataset.
    """

    name: str
    module: str
    media_type: str
    is_table: bool
    opening: str

    @property
    def files(self) -> str:
        """Every shard of a dataset, as a pattern of paths.

        Examples
        --------
        >>> FORMATS["parquet"].files
        'data/*.parquet'
        """
        return f"{DATA}/*.{self.name}"

    def shard_name(self, number: int) -> str:
        """Return a shard's path in the dataset's folder; the names sort in the order of the rows.

        They lie in a folder of their own, so that readers of tables open it as a whole.

        Examples
        --------
        >>> FORMATS["parquet"].shard_name(17)
        'data/part-00017.parquet'
        """
        return f"{DATA}/part-{number:05d}.{self.name}"

    def write_rows(self, path: Path, recordings: Iterable[Recording], columns: Sequence[Column]) -> list[Place]:
        """Write recordings to a file, and return where each of them lies."""
        places: list[Place] = importlib.import_module(self.module).write_rows(path, recordings, columns)
        return places

    def read_rows(self, path: Path, places: Iterable[Place]) -> Iterator[Rows]:
        """Read recordings from a file, in the order of their places."""
        rows: Iterator[Rows] = importlib.import_module(self.module).read_rows(path, places)
        return rows


_OPEN_WITH_LUSDATA = """```python
import lusdata
dataset = lusdata.load("FOLDER")                                    # folds, arrays, TensorFlow and PyTorch
"""

FORMATS: Mapping[str, ShardFormat] = {
    form.name: form
    for form in (
        ShardFormat(
            name="parquet",
            module="lusdata.dataset.formats.parquet",
            media_type="application/x-parquet",
            is_table=True,
            opening=_OPEN_WITH_LUSDATA
            + """
import pandas
rows = pandas.read_parquet("FOLDER/data")                           # one row a frame; polars and pyarrow alike

import duckdb
duckdb.sql("SELECT class, count(*) FROM 'FOLDER/data/*.parquet' GROUP BY class")

import datasets
frames = datasets.load_dataset("FOLDER", split="train")             # `class` is a class label
```

The column `image` holds PNG files; Hugging Face `datasets` decodes them by itself. Its word "train" means all rows:
the shards carry no split.""",
        ),
        ShardFormat(
            name="tfrecord",
            module="lusdata.dataset.formats.tfrecord",
            media_type="application/octet-stream",
            is_table=False,
            opening=_OPEN_WITH_LUSDATA
            + """
import tensorflow as tf
files = sorted(tf.io.gfile.glob("FOLDER/data/*.tfrecord"))
wanted = {name: tf.io.FixedLenFeature([], tf.string) for name in ("image", "class", "recording", "group")}
examples = tf.data.TFRecordDataset(files).map(lambda record: tf.io.parse_single_example(record, wanted))
frames = examples.map(lambda example: (tf.io.decode_png(example["image"]), example["class"]))
```

`time_s` has the precision of a 32-bit float; `time_us` beside it is exact, in microseconds.""",
        ),
    )
}
"""Every form of shards by its name."""
