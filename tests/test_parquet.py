"""Shards as Parquet, read by others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_datasets import SMALL, build_here, changed, files_of, small_collection

from lusdata.dataset.building.build import BuildReport
from lusdata.dataset.view.dataset import Dataset

COLUMNS = [
    *("recording", "class", "probe", "group", "b_lines", "severity_lus_0_3", "provider", "licence", "attribution"),
    *("source_sha256", "frame_index", "time_s", "image", "crop"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    folder = tmp_path_factory.mktemp("parquet")
    return build_here(small_collection(folder, videos=2, images=2), folder, folder / "out")


def test_pandas_reads_the_shards_one_row_a_frame(report: BuildReport) -> None:
    pandas = pytest.importorskip("pandas")
    rows = pandas.read_parquet(report.out / "data")
    assert list(rows.columns) == COLUMNS
    assert rows["recording"].drop_duplicates().tolist() == [entry.id for entry in report.index.entries]
    assert rows.groupby("recording")["time_s"].is_monotonic_increasing.all()
    assert rows["crop"].map(len).eq(4).all()
    assert rows["source_sha256"].str.fullmatch("[0-9a-f]{64}").all()


def test_duckdb_reads_the_shards(report: BuildReport) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'lusdata[publish]'")
    with duckdb.connect() as connection:
        query = f"SELECT class, count(*) FROM '{report.out.as_posix()}/data/*.parquet' GROUP BY class"
        counts = dict(connection.sql(query).fetchall())
    assert counts == report.index.data["counts"]["frames_by_class"]


def test_hugging_face_decodes_the_frames_without_code_of_ours(report: BuildReport, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install 'lusdata[publish]'")
    files = [str(path) for path in sorted(report.out.glob("data/*.parquet"))]
    rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path))
    images = np.stack([np.asarray(row["image"]) for row in rows])
    assert np.array_equal(images, Dataset(report.index).to_numpy().images)
    assert rows.features["image"].__class__.__name__ == "Image"
    # The folder as a whole opens too: its README.md says where the rows are, and that the class is a label.
    whole = datasets.load_dataset(str(report.out), split="train", cache_dir=str(tmp_path))
    label = whole.features["class"]
    assert label.__class__.__name__ == "ClassLabel"
    assert [label.int2str(number) for number in whole["class"]] == rows["class"]
    assert np.array_equal(np.asarray(whole[0]["image"]), images[0])


def test_facts_of_manifests_are_columns_and_a_missing_score_is_missing(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    plain = small_collection(tmp_path, videos=2, images=2)
    scored = changed(plain, "small/image-02", severity=[])
    built = build_here(scored, tmp_path, tmp_path / "out")
    rows = pandas.read_parquet(built.out / "data").drop_duplicates("recording").set_index("recording")
    table = Dataset(built.index).table.set_index("recording")
    shared = [name for name in COLUMNS if name in table.columns]
    assert len(shared) == 9
    pandas.testing.assert_frame_equal(rows[shared], table[shared])
    assert rows["severity_lus_0_3"].isna().tolist() == [True, False, False, False]
    # What readers say of a recording leaves its rows what they are.
    assert built.index.rows_sha256 == build_here(plain, tmp_path, tmp_path / "other").index.rows_sha256


def test_every_recording_is_a_row_group_of_its_own(report: BuildReport) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(report.out / "data" / "part-00000.parquet") as file:
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert sizes == [entry.place.rows for entry in report.index.entries]


def test_no_file_tells_where_it_was_made(report: BuildReport) -> None:
    for name, data in files_of(report.out).items():
        assert str(report.out.parent).encode() not in data, name
    assert report.index.recipe == SMALL
