"""The folder for Hugging Face `datasets`: what is in it, what is not, and that it opens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_datasets import build_here, files_of, small_collection

from lusdata.atomic import write_text
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.dataset.view.dataset import Dataset
from lusdata.errors import DataError, UsageError
from lusdata.publish.export import hub
from lusdata.publish.export.export_subject import ExportSubject, subject_of_collection, subject_of_dataset
from lusdata.publish.export.hub import export_hub
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import write_fold_table


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    build_here(small_collection(folder, videos=8, images=8), folder, folder / "dataset")
    return folder


@pytest.fixture(scope="module")
def subject(home: Path) -> ExportSubject:
    return subject_of_dataset(home / "dataset")


def rows_of(folder: Path, **columns: list[str]) -> list[dict]:
    parquet = pytest.importorskip("pyarrow.parquet")
    return [
        row for path in sorted(folder.glob("data/*.parquet")) for row in parquet.read_table(path, **columns).to_pylist()
    ]


def test_only_what_may_be_passed_on_is_written(subject, tmp_path):
    export = export_hub(subject, tmp_path / "out", k=2)
    allowed = {manifest.id for manifest in subject.recordings if manifest not in subject.private}
    rows = rows_of(tmp_path / "out", columns=["recording", "licence"])
    assert {row["recording"] for row in rows} == allowed
    assert {row["licence"] for row in rows} == {"CC-BY-4.0"}
    assert {item.id for item in export.withheld} == {manifest.id for manifest in subject.private}
    named = {json.loads(line)["id"] for line in (tmp_path / "out" / "manifests.jsonl").read_text("utf-8").splitlines()}
    assert named == allowed
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| not-publishable | 8 | LicenseRef-None does not allow passing it on |" in page
    assert "DO NOT PUBLISH" not in page


def test_the_digest_is_that_of_a_dataset_built_without_the_others(home, subject, tmp_path):
    from lusdata.dataset.recipe import Recipe

    recipe = Recipe(size_px=16, select="publish=yes")
    collection = open_collection(home / "manifests" / "small")
    alone = build_here(collection, home, tmp_path / "alone", recipe=recipe)
    assert export_hub(subject, tmp_path / "out", k=2).subject.digest == alone.index.rows_sha256


def test_every_frame_is_stored_once_for_all_folds(subject, tmp_path):
    export = export_hub(subject, tmp_path / "out", k=3, include_private=True)
    rows = rows_of(tmp_path / "out", columns=["recording", "frame_index"])
    assert len(rows) == export.subject.total_frames == subject.total_frames
    assert len({(row["recording"], row["frame_index"]) for row in rows}) == len(rows)


def test_hugging_face_opens_every_fold_as_lusdata_splits_it(subject, home, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install 'lusdata[publish]'")
    export_hub(subject, tmp_path / "out", k=3, include_private=True)
    ours = Dataset(subject.index)
    for number in range(3):
        opened = datasets.load_dataset(str(tmp_path / "out"), f"fold-{number}", cache_dir=str(tmp_path / "cache"))
        fold = ours.fold(number, k=3)
        for name, part in (("train", fold.train), ("validation", fold.validation), ("test", fold.test)):
            rows = sorted(opened[name], key=lambda row: (row["recording"], row["frame_index"]))
            frames = part.to_numpy()
            assert [row["recording"] for row in rows] == frames.recordings.tolist()
            assert [row["group"] for row in rows] == frames.groups.tolist()
            assert [row["class"] for row in rows] == frames.labels.tolist()
            assert np.array_equal(np.stack([np.asarray(row["image"]) for row in rows]), frames.images)
        assert opened["train"].features["class"].names == list(ours.classes)
    # Without a word the first fold opens.
    first = datasets.load_dataset(str(tmp_path / "out"), split="test", cache_dir=str(tmp_path / "cache"))
    assert set(first["recording"]) == set(ours.fold(0, k=3).test.recordings)


def test_one_fold_is_the_default_and_a_table_of_the_users_is_kept(subject, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install 'lusdata[publish]'")
    table = make_folds(subject.manifests, by="source", k=2, seed=3)
    write_fold_table(tmp_path / "mine.json", table)
    export_hub(subject, tmp_path / "out", folds=tmp_path / "mine.json", fold=1)
    assert (tmp_path / "out" / "folds.json").read_text("utf-8") == table.to_json()
    opened = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    allowed = {manifest.id for manifest in subject.recordings if manifest not in subject.private}
    assert set(opened["test"]["recording"]) == set(table.split(1).test) & allowed


def test_a_dataset_of_tfrecords_gives_the_same_files(home, subject, tmp_path):
    collection = open_collection(home / "manifests" / "small")
    build_here(collection, home, tmp_path / "tfrecord", format="tfrecord")
    export_hub(subject, tmp_path / "a", k=2)
    export_hub(subject_of_dataset(tmp_path / "tfrecord"), tmp_path / "b", k=2)
    one, other = files_of(tmp_path / "a"), files_of(tmp_path / "b")
    assert {name: data for name, data in one.items() if name.startswith("data/")} == {
        name: data for name, data in other.items() if name.startswith("data/")
    }


def test_a_large_part_is_cut_between_recordings(subject, tmp_path, monkeypatch):
    from lusdata.publish.export import hub_rows

    monkeypatch.setattr(hub_rows, "FILE_BYTES", 300)
    export_hub(subject, tmp_path / "out", k=2, fold=0, include_private=True)
    files = sorted((tmp_path / "out" / "data").glob("train-*.parquet"))
    assert len(files) > 1
    pages = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert all(f"data/{file.name}" in pages for file in files)
    assert len(rows_of(tmp_path / "out", columns=["recording"])) == subject.total_frames


def test_a_private_folder_is_loud(home, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["export", "hf", str(home / "dataset"), "--out", str(out), "--k", "2", "--include-private"]) == 0
    shown = capsys.readouterr()
    assert f"DO NOT PUBLISH {out}: frames of 8 of its 16 recordings may not be passed on" in shown.err
    assert "16 recordings" in shown.out
    assert "**DO NOT PUBLISH.**" in (out / "README.md").read_text("utf-8")


def test_the_command_says_what_it_left_out(home, tmp_path, capsys):
    call = ["export", "hf", str(home / "dataset"), "--k", "2"]
    assert main([*call, "--out", str(tmp_path / "a")]) == 0
    assert "8  LicenseRef-None does not allow passing it on" in capsys.readouterr().out
    assert main([*call, "--out", str(tmp_path / "b"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["recordings"], len(report["withheld"]), report["private"]) == (8, 8, 0)
    assert set(report["rounds"]) == {"fold-0", "fold-1"}


def test_a_split_by_video_is_written_with_a_warning(home, tmp_path, capsys):
    call = ["export", "hf", str(home / "dataset"), "--by", "video", "--out", str(tmp_path / "out")]
    assert main(call) == 0
    assert "patient groups on several sides: scores on it are too high" in capsys.readouterr().err
    assert "patients stand on both sides" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_an_empty_part_is_told_and_the_others_open(home, tmp_path, capsys):
    call = ["export", "hf", str(home / "dataset"), "--k", "8", "--out", str(tmp_path / "out")]
    assert main(call) == 0
    complaint = capsys.readouterr().err
    assert "these parts hold no recording and cannot be opened: " in complaint
    assert "FOLDS_CLASS_MISSING" in complaint
    page = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "path:\n  - split" not in page


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--fold", "5"], "no such fold; expected 0 to 4; found 5"),
        (["--fold", "-1"], "no such fold"),
        (["--by", "frame"], "a split by frame is not exported"),
        (["--by", "moon"], "unknown split unit"),
        (["--k", "99"], "more folds than patient groups"),
        (["--folds", "f.json", "--k", "3"], "--k: the fold table says how it was made"),
    ],
)
def test_a_wrong_setting_is_one_line_and_writes_nothing(home, tmp_path, capsys, options, line):
    assert main(["export", "hf", str(home / "dataset"), "--out", str(tmp_path / "out"), *options]) == 2
    assert line in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(home, tmp_path, capsys):
    write_text(tmp_path / "mine.txt", "mine")
    assert main(["export", "hf", str(home / "dataset"), "--out", str(tmp_path)]) == 2
    assert "the output is not an empty folder" in capsys.readouterr().err
    assert files_of(tmp_path) == {"mine.txt": b"mine"}


def test_a_collection_is_told_how_to_become_a_dataset(home, tmp_path, capsys):
    for name in ("pocus", str(home / "manifests" / "small")):
        assert main(["export", "hf", name, "--out", str(tmp_path / "out")]) == 2
        assert f"run: lusdata build {name} --out DIR" in capsys.readouterr().err
    assert main(["export", "hf", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "not a dataset; expected a folder with dataset.json" in capsys.readouterr().err
    with pytest.raises(UsageError, match="a collection holds no frames"):
        export_hub(subject_of_collection(open_collection(home / "manifests" / "small")), tmp_path / "out")


def test_a_table_that_tears_a_patient_apart_is_refused(subject, tmp_path):
    table = json.loads(make_folds(subject.manifests, by="video", k=2).to_json())
    table["settings"]["by"] = "patient"
    write_text(tmp_path / "torn.json", json.dumps(table))
    with pytest.raises(DataError, match="the fold table tears patient groups apart"):
        export_hub(subject, tmp_path / "out", folds=tmp_path / "torn.json", include_private=True)


def test_a_dataset_that_may_not_be_passed_on_at_all_is_not_written(tmp_path):
    # The first two recordings are one patient's, published without a licence.
    collection = small_collection(tmp_path, videos=0, images=2)
    build_here(collection, tmp_path, tmp_path / "dataset")
    with pytest.raises(DataError, match="not one recording may be passed on; found 2 LicenseRef-None"):
        export_hub(subject_of_dataset(tmp_path / "dataset"), tmp_path / "out", k=2, by="video")


def test_an_interrupted_export_leaves_nothing(subject, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hub, "_write_pages", full)
    with pytest.raises(Exception, match="cannot write the export; found No space left on device"):
        export_hub(subject, tmp_path / "out", k=2)
    assert list(tmp_path.iterdir()) == []
