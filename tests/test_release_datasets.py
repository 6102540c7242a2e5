"""Datasets of a release: its recordings, its folds, and what may not be built any more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_datasets import SMALL, changed, index_of, small_collection

import lusdata
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import find_collection
from lusdata.catalog.manifest import write_manifest
from lusdata.catalog.open_collection import open_release
from lusdata.catalog.release import releases_folder
from lusdata.cli import main
from lusdata.dataset.building.build import build
from lusdata.dataset.load import Dataset
from lusdata.errors import DataError, UsageError
from lusdata.releases.folds import table_of
from lusdata.splits.audit.report import audit_split
from lusdata.splits.audit.split import split_of_table
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable, read_fold_table


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with media, a collection that was released and went on since, and a cache."""
    home = tmp_path_factory.mktemp("released")
    collection = small_collection(home, videos=6, images=8)
    assert main(["release", str(collection.root), "--version", "1.0.0", "--date", "2026-01-31"]) == 0
    older = changed(collection, "small/video-00", status={"state": "included", "since": "2020-01-01"})
    relabelled = changed(older, "small/image-07", **{"class": "other"})
    for manifest in relabelled.manifests:
        if manifest.path is not None:
            write_manifest(manifest.path, manifest.data)
    return home


@pytest.fixture
def home(origin: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change; the media and what was fetched are shared."""
    shutil.copytree(origin / "manifests", tmp_path / "manifests")
    return tmp_path


@pytest.fixture
def collection(home: Path) -> Path:
    return home / "manifests" / "small"


def load(origin: Path, name: str | Path, **options: object) -> Dataset:
    settings = {"size": 16, "mirror": origin / "media", "cache": origin / "cache", "offline": True, "workers": 1}
    return lusdata.load(name, **(settings | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def dataset(origin: Path) -> Dataset:
    return load(origin, origin / "manifests" / "small", release="1.0.0")


def frozen(collection: Path, by: str = "patient") -> FoldTable:
    return read_fold_table(releases_folder(collection) / "1.0.0" / f"folds-{by}.json")


def withdraw(collection: Path, name: str) -> None:
    path = collection / f"{name}.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    status = {"state": "withdrawn", "since": "2026-02-01", "reason": "consent was taken back"}
    write_manifest(path, {**data, "status": status, "source": {**data["source"], "locations": []}})


def test_a_release_is_loaded_as_it_was(origin: Path, dataset: Dataset) -> None:
    assert dataset.table.loc[dataset.table["recording"] == "small/image-07", "class"].tolist() != ["other"]
    today = load(origin, origin / "manifests" / "small")
    assert today.table.loc[today.table["recording"] == "small/image-07", "class"].tolist() == ["other"]
    assert repr(dataset).startswith("<Dataset small@1.0.0: 14 recordings")
    assert repr(today).startswith("<Dataset small: 14 recordings")


def test_the_name_with_a_version_is_the_same(origin: Path, dataset: Dataset) -> None:
    again = load(origin, f"{origin / 'manifests' / 'small'}@1.0.0")
    assert again.index.folder == dataset.index.folder
    with pytest.raises(UsageError, match=r"two releases are named; found release='2\.0\.0' beside it"):
        load(origin, f"{origin / 'manifests' / 'small'}@1.0.0", release="2.0.0")


@pytest.mark.parametrize("release", ["1.0.1", "1.0", "latest"])
def test_a_release_that_is_none_is_refused(origin: Path, release: str) -> None:
    with pytest.raises(UsageError, match=r"no such release|not a version of a release"):
        load(origin, origin / "manifests" / "small", release=release)


def test_the_dataset_says_which_release_it_is(origin: Path, dataset: Dataset) -> None:
    release = open_release(origin / "manifests" / "small", "1.0.0").release
    assert release is not None
    told = index_of(dataset.index.folder)["release"]
    assert (told["version"], told["sha256"], told["withdrawn_since"]) == ("1.0.0", release.digest, [])
    assert "Made by lusdata" in (page := (dataset.index.folder / "README.md").read_text(encoding="utf-8"))
    assert "from release 1.0.0" in page
    dataset.verify(deep=True)


@pytest.mark.parametrize("by", ["patient", "video", "source"])
def test_folds_are_those_that_were_frozen(origin: Path, dataset: Dataset, by: str) -> None:
    table = frozen(origin / "manifests" / "small", by)
    assert dataset.fold_table(by=by) == table
    assert dataset.fold_table(by=by, k=table.k, seed=0) == table
    assert dataset.fold(0, by=by).table == table


def test_other_folds_can_be_asked_for(dataset: Dataset) -> None:
    assert dataset.fold_table(k=3) == make_folds(dataset.index.manifests, k=3)
    assert dataset.fold_table(seed=9).seed == 9
    assert dataset.fold_table(by="frame").by == "frame"


def test_the_folder_keeps_its_folds_wherever_it_goes(origin: Path, dataset: Dataset, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(dataset.index.folder, moved)
    opened = lusdata.load(moved, release="1.0.0")
    assert opened.fold_table() == frozen(origin / "manifests" / "small")
    with pytest.raises(UsageError, match=r"expected release=2\.0\.0; found release=1\.0\.0"):
        lusdata.load(moved, release="2.0.0")
    table = moved / "folds-patient.json"
    table.write_text(table.read_text(encoding="utf-8").replace('"fold": 1', '"fold": 2'), encoding="utf-8")
    with pytest.raises(DataError, match="a file of the dataset was changed"):
        lusdata.load(moved)


def test_a_dataset_of_no_release_says_so(origin: Path) -> None:
    today = load(origin, origin / "manifests" / "small")
    assert "release" not in index_of(today.index.folder)
    with pytest.raises(UsageError, match=r"expected release=1\.0\.0; found release=none"):
        lusdata.load(today.index.folder, release="1.0.0")


def test_what_was_withdrawn_since_is_not_built(origin: Path, collection: Path) -> None:
    withdraw(collection, "video-03")
    message = r"small@1\.0\.0: a recording was withdrawn since and may not be built any more: small/video-03"
    with pytest.warns(UserWarning, match=message):
        dataset = load(origin, collection, release="1.0.0")
    assert "small/video-03" not in dataset.recordings
    assert len(dataset.recordings) == 13
    told = index_of(dataset.index.folder)
    assert told["release"]["withdrawn_since"] == ["small/video-03"]
    (left_out,) = told["left_out"]
    assert (left_out["id"], left_out["code"], left_out["reason"]) == (
        "small/video-03",
        "withdrawn",
        "withdrawn since release 1.0.0: consent was taken back",
    )
    # The others keep their folds.
    assert dataset.fold_table() == frozen(collection)
    assert sum(len(dataset.fold(i).test.recordings) for i in range(5)) == 13


def test_a_page_and_an_audit_of_a_release_ask_for_no_new_folds_after_a_withdrawal(
    origin: Path, collection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    withdraw(collection, "video-02")
    with pytest.warns(UserWarning, match="withdrawn since"):
        folder = load(origin, collection, release="1.0.0", cache=tmp_path / "cache").index.folder
    page = tmp_path / "page.html"
    assert main(["report", str(folder), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "<title>Dataset of small@1.0.0" in text
    assert "consent was taken back" in text
    assert "TABLE_OUTDATED" not in text
    capsys.readouterr()
    assert main(["audit", f"{collection}@1.0.0", "--json"]) == 0
    codes = {finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert "RECORDING_NOT_INCLUDED" in codes
    assert "TABLE_OUTDATED" not in codes


def test_a_dataset_that_was_built_before_a_withdrawal_is_not_opened_for_the_release(
    origin: Path, dataset: Dataset, collection: Path
) -> None:
    assert "small/video-03" in dataset.recordings
    withdraw(collection, "video-03")
    with pytest.warns(UserWarning, match="withdrawn since"):
        assert "small/video-03" not in load(origin, collection, release="1.0.0").recordings


def test_a_dataset_that_holds_what_was_withdrawn_since_warns_when_it_is_opened(
    dataset: Dataset, home: Path, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lusdata.catalog import folders

    monkeypatch.setattr(folders, "manifests_root", lambda: home / "manifests")
    assert len(lusdata.load(dataset.index.folder).recordings) == 14
    withdraw(collection, "video-03")
    (collection / "video-04.json").write_text("{", encoding="utf-8")
    with pytest.warns(UserWarning, match="holds what was withdrawn since it was built: small/video-03; build it again"):
        lusdata.load(dataset.index.folder)


@pytest.mark.parametrize(
    ("release", "fault"),
    [
        ([], "wrong type, expected an object"),
        ({"version": "1.0.0", "date": "2026-01-31", "sha256": "0" * 64}, r"\.folds: a required field is missing"),
        (
            {
                "version": "1.0.0",
                "date": "2026-01-31",
                "sha256": "0" * 64,
                "withdrawn_since": [],
                "folds": [{"file": "../../x", "size_bytes": 1, "sha256": "0" * 64}],
            },
            "file: malformed value",
        ),
    ],
)
def test_a_dataset_of_a_strange_release_is_refused(
    dataset: Dataset, tmp_path: Path, release: object, fault: str
) -> None:
    data = index_of(dataset.index.folder)
    (tmp_path / "dataset.json").write_text(json.dumps({**data, "release": release}), encoding="utf-8")
    with pytest.raises(DataError, match=rf"the dataset is damaged; found \$\.release.*{fault}"):
        lusdata.load(tmp_path)


def test_a_folder_with_another_release_is_left_alone(origin: Path, dataset: Dataset) -> None:
    root = origin / "manifests" / "small"
    today = Collection("small", root, open_release(root, "1.0.0").manifests)
    settings = {"recipe": SMALL, "mirrors": [origin / "media"], "cache": origin / "cache", "offline": True}
    with pytest.raises(UsageError, match="holds a finished dataset of other inputs"):
        build(today, out=dataset.index.folder, engine="here", **settings)  # type: ignore[arg-type]


@pytest.mark.real
def test_real_recordings_of_a_release_can_be_traced_to_their_files(
    corpus_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pocus = tmp_path / "pocus"
    shutil.copytree(find_collection("pocus"), pocus)
    assert main(["release", str(pocus), "--version", "1.0.0", "--date", "2026-01-31"]) == 0
    places = {"mirror": corpus_dir, "cache": tmp_path / "cache"}
    dataset = lusdata.load(
        pocus, release="1.0.0", select="provider=litfl|radiopaedia", offline=True, size=64, progress=False, **places
    )
    assert dataset.fold_table() == frozen(pocus)
    command = ["trace", str(dataset.index.folder), "--collection", str(pocus), "--cache", str(tmp_path / "cache")]
    for row in range(0, len(dataset), max(1, len(dataset) // 5)):
        capsys.readouterr()
        assert main([*command, str(row), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["check"]["state"] == "agrees"
        assert told["releases"] == [{"version": "1.0.0", "state": "same"}]


def test_the_command_builds_a_release(
    origin: Path, home: Path, collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    withdraw(collection, "image-06")
    command = ["build", f"{collection}@1.0.0", "--out", str(home / "out"), "--size", "16", "--workers", "1"]
    assert main([*command, "--mirror", str(origin / "media"), "--cache", str(origin / "cache"), "--offline"]) == 0
    shown = capsys.readouterr()
    assert "withdrawn since release 1.0.0: consent was taken back" in shown.out
    assert "a recording was withdrawn since and may not be built any more: small/image-06" in shown.err
    assert main(["report", str(home / "out"), "--out", str(home / "page.html")]) == 0
    assert "folds-patient.json" in (home / "page.html").read_text(encoding="utf-8")


def test_frozen_folds_are_not_outdated_by_a_withdrawal(collection: Path) -> None:
    withdraw(collection, "image-06")
    released = open_release(collection, "1.0.0")
    table = table_of(released)
    report = audit_split(released, split_of_table(table, released.manifests, source="frozen"))
    told = [(finding.code, finding.message) for _, finding in report.findings if finding.level == "warning"]
    assert ("RECORDING_NOT_INCLUDED", "is withdrawn since release 1.0.0: consent was taken back") in told
    assert "TABLE_OUTDATED" not in dict(told)
