"""Several datasets as one: rows, labels, folds and views of a join, and what it refuses."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_datasets import SMALL, build_here, changed, small_collection

import lusdata
from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.joining.collection import JoinedCollection
from lusdata.cli import main
from lusdata.dataset.load import Dataset
from lusdata.dataset.recipe import Recipe
from lusdata.dataset.view.source import DatasetSource, collection_of
from lusdata.errors import DataError, UsageError

ABOUT = {
    "$schema": "../../schemas/collection/1.0.0.json",
    "schema_version": "1.0.0",
    "title": "East",
    "owner": "A clinic",
    "private": False,
    "tasks": [{"name": "fatal", "kind": "binary", "meaning": "Whether the patient died.", "values": [False, True]}],
}
# Patients 0 to 5 in both, two recordings each; classes by patient: covid-19, healthy, bacterial-pneumonia, ...
ILL = {"covid-19": "ill", "bacterial-pneumonia": "ill", "healthy": "well"}
LABELS = {"state": {"east": {"from": "class", "values": ILL}, "west": {"from": "class", "values": ILL}}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("join")


@pytest.fixture(scope="module")
def collections(home: Path) -> dict[str, Collection]:
    east = small_collection(home / "east", name="east")
    for number in range(4):
        east = changed(east, f"east/video-{number:02d}", labels=[{"task": "fatal", "value": number < 2}])
    (east.root / "collection.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    return {
        "east": replace(east, about=About(ABOUT)),
        "west": small_collection(home / "west", name="west", shift=12),
        # Its first video is the last one of east, and its first image the last image.
        "copy": small_collection(home / "copy", name="copy", shift=5),
    }


@pytest.fixture(scope="module")
def folders(collections: dict[str, Collection], home: Path) -> dict[str, Path]:
    return {
        name: build_here(collection, home / name, home / "built" / name).out for name, collection in collections.items()
    }


@pytest.fixture(scope="module")
def east(folders: dict[str, Path]) -> Dataset:
    return lusdata.load(folders["east"])


@pytest.fixture(scope="module")
def west(folders: dict[str, Path]) -> Dataset:
    return lusdata.load(folders["west"])


@pytest.fixture(scope="module")
def both(east: Dataset, west: Dataset) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return east + west


# --- rows ---


def test_the_rows_are_those_of_one_after_those_of_the_other(both: Dataset, east: Dataset, west: Dataset) -> None:
    assert both.recordings == east.recordings + west.recordings
    assert (both.frames, both.classes, both.counts["healthy"]) == (len(east) + len(west), east.classes, (8, 28))
    joined, parts = both.to_numpy(), (east.to_numpy(), west.to_numpy())
    for column, ours, theirs in zip(joined, *parts, strict=True):
        assert np.array_equal(column, np.concatenate([ours, theirs]))
    assert [clip.group for clip in both.clips()] == list(both.table["group"])
    table = both.table
    assert table.groupby("collection")["frames"].sum().to_dict() == {"east": len(east), "west": len(west)}
    assert table.groupby("collection")["group"].nunique().to_dict() == {"east": 6, "west": 6}
    assert table["group"].nunique() == 12
    assert table["task_fatal"].notna().sum() == 4


def test_a_join_says_what_it_is(both: Dataset, east: Dataset, west: Dataset) -> None:
    assert repr(both) == (
        f"<Dataset east+west: 24 recordings (covid-19 8, bacterial-pneumonia 8, healthy 8), {len(both)} frames; "
        "3 Hz, at most 30 frames, 16 x 16 px grey>"
    )
    assert "<b>east+west</b>" in both._repr_html_()
    assert both.indexes == (east.index, west.index)
    assert isinstance(both.collection, JoinedCollection)
    with pytest.raises(UsageError, match=r"east\+west: a joined dataset has several folders; ask for \.indexes"):
        _ = both.index
    assert both.rows_sha256 == (west + east).rows_sha256
    assert len({both.rows_sha256, east.rows_sha256, west.rows_sha256}) == 3
    assert east.rows_sha256 == east.index.rows_sha256
    assert both.select(probe="convex").rows_sha256 == both.rows_sha256
    both.verify(deep=True)


def test_a_list_of_folders_is_joined(both: Dataset, folders: dict[str, Path]) -> None:
    loaded = lusdata.load([folders["east"], str(folders["west"])], size=16)
    assert loaded.table.equals(both.table)
    assert lusdata.load([folders["east"]]).index.name == "east"
    named = lusdata.join([lusdata.load(folders["east"]), lusdata.load(folders["west"])])
    assert named.rows_sha256 == loaded.rows_sha256


@pytest.mark.slow
def test_tensors_and_weights_count_both(both: Dataset) -> None:
    assert both.class_weights() == {label: pytest.approx(1) for label in range(3)}
    frames = both.to_numpy("severity")
    torch = pytest.importorskip("torch")
    tensors = both.to_torch("severity")
    assert len(tensors) == len(both)
    picture, label = tensors[len(both) - 1]
    assert (picture.dtype, label) == (torch.uint8, int(frames.labels[-1]))
    assert np.array_equal(picture.numpy()[0], frames.images[-1])


@pytest.mark.slow
def test_tensorflow_gets_both(both: Dataset) -> None:
    pytest.importorskip("tensorflow")
    labels = np.concatenate([labels.numpy() for _, labels in both.to_tf(50)])
    assert np.array_equal(labels, both.to_numpy().labels)


def test_each_shard_is_held_against_its_own_folder_when_it_is_read(
    east: Dataset, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "west"
    shutil.copytree(folders["west"], folder)
    both = east + lusdata.load(folder)
    shard = folder / both.indexes[1].data["shards"][0]["file"]
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    # What lies in the other folder is still what it was.
    assert len(both.select(collection="east").to_numpy().images) == len(east)
    with pytest.raises(DataError, match="part-00000"):
        both.to_numpy()


# --- folds and views ---


def test_each_collection_is_left_out_in_turn(both: Dataset, east: Dataset, west: Dataset) -> None:
    folds = list(both.folds(by="collection"))
    assert [fold.test.recordings for fold in folds] == [east.recordings, west.recordings]
    assert repr(folds[0]).startswith("<Fold 0 of 2 by collection, east tested: train ")
    for fold in folds:
        rest = {*fold.train.recordings, *fold.validation.recordings}
        assert rest == set(both.recordings) - set(fold.test.recordings)
        assert fold.validation.recordings
        assert not set(fold.train.table["group"]) & set(fold.validation.table["group"])
        assert {part.classes for part in fold.parts.values()} == {both.classes}
    # Folds follow from the collections and not from what is looked at.
    assert both.select(probe="linear").fold_table(by="collection") == folds[0].table
    with pytest.raises(UsageError, match="folds by collection need several collections"):
        east.fold(0, by="collection")


def test_folds_by_patient_and_by_frame_work_on_a_join(both: Dataset) -> None:
    assert both.fold_table(k=3) == lusdata.make_folds(both.collection.manifests, k=3)
    fold = both.fold(0, by="frame", k=4)
    assert sum(part.frames for part in fold.parts.values()) == len(both)
    images = fold.train + fold.test + fold.validation
    assert np.array_equal(images.to_numpy().images, both.to_numpy().images)


def test_parts_of_one_dataset_are_put_together_again(both: Dataset, east: Dataset, folders: dict[str, Path]) -> None:
    for dataset in (east, both):
        fold = dataset.fold(1, k=3)
        rest = fold.validation + fold.train
        assert rest.recordings == tuple(name for name in dataset.recordings if name not in fold.test.recordings)
        assert rest.classes == dataset.classes
        with pytest.raises(UsageError, match="two parts of a dataset hold the same rows"):
            _ = fold.train + dataset
    again = lusdata.load(folders["east"])
    assert (east.select(kind="video") + again.select(kind="image")).recordings == east.recordings
    with pytest.raises(UsageError, match="east: labels and shared are for several collections"):
        lusdata.join([east.select(kind="video"), again.select(kind="image")], labels=LABELS)


def test_views_are_joined_as_they_are(east: Dataset, west: Dataset, folders: dict[str, Path]) -> None:
    some = east.select(class_name="healthy") + west.select(probe="linear", class_name="bacterial-pneumonia")
    assert set(some.table["class"]) == set(some.classes) == {"healthy", "bacterial-pneumonia"}
    with pytest.warns(UserWarning, match="patient groups with recordings in several collections"):
        three = east + west + lusdata.load(folders["copy"]).select(id="copy/video-02")
    assert [index.name for index in three.indexes] == ["east", "west", "copy"]
    assert three.recordings[-1] == "copy/video-02"
    assert some.select("collection=west").recordings == some.recordings[4:]
    with pytest.raises(UsageError, match="no recording has this collection; expected one of east, west; found 'north'"):
        some.select(collection="north")


def test_parts_of_folds_count_as_their_datasets_do(east: Dataset, west: Dataset, both: Dataset) -> None:
    tested = east.fold(0, by="video", k=12).test + west.fold(0, by="video", k=12).test
    assert len(tested.recordings) == 2
    assert tested.classes == both.classes
    assert tested.target_values("severity") == (0, 1, 2, 3)


def test_a_join_has_no_frozen_folds_and_knows_the_scales_that_its_folders_carry(east: Dataset, west: Dataset) -> None:
    release = {"version": "1.0.0", "sha256": "0" * 64, "withdrawn_since": [], "folds": [{"file": "folds-patient.json"}]}
    scale = {"name": "own-0-9", "title": "Own", "definition": "As we score.", "minimum": 0, "maximum": 9}
    index = replace(east.index, data={**east.index.data, "release": release, "scales": [scale]})
    carried = collection_of(index)
    assert carried.about.scales["own-0-9"].maximum == 9
    assert DatasetSource((index,), carried).folds_path("patient") is not None
    assert DatasetSource((index, west.index), carried).folds_path("patient") is None


# --- what both hold ---


def test_copies_are_told_and_grouped(east: Dataset, folders: dict[str, Path]) -> None:
    with pytest.warns(UserWarning, match=r"2 patient groups with recordings in several collections") as told:
        both = east + lusdata.load(folders["copy"])
    assert told[0].filename == __file__
    assert "copy/video-00 and east/video-05 are one file" in str(told[0].message)
    groups = both.table.set_index("recording")["group"]
    assert groups["copy/video-01"] == groups["east/video-04"] == "copy/patient-0"
    table = both.fold_table(k=4)
    assert table.unit_of["copy/video-01"] == table.unit_of["east/video-04"]
    with pytest.raises(UsageError, match="no collection can be left out, since they share patients"):
        both.fold(0, by="collection")


def test_shared_patients_are_left_to_the_first(folders: dict[str, Path]) -> None:
    with pytest.warns(UserWarning, match="4 recordings left out, since an earlier collection has the patient") as told:
        both = lusdata.load([folders["east"], folders["copy"]], shared="first")
    assert told[0].filename == __file__
    gone = {"copy/video-00", "copy/video-01", "copy/image-06", "copy/image-07"}
    assert len(both.recordings) == 20
    assert not gone & set(both.recordings)
    assert [len(fold.test.recordings) for fold in both.folds(by="collection")] == [8, 12]
    with pytest.warns(UserWarning, match="each counts as one patient"):
        together = lusdata.load([folders["east"], folders["copy"]])
    assert together.rows_sha256 != both.rows_sha256
    with pytest.raises(UsageError, match="a join with settings of its own cannot be joined again"):
        _ = both + lusdata.load(folders["west"])


# --- labels ---


def test_a_stated_table_is_a_target_of_every_door(folders: dict[str, Path], home: Path) -> None:
    path = home / "labels.json"
    path.write_text(json.dumps(LABELS), encoding="utf-8")
    both = lusdata.load([folders["east"], folders["west"]], labels=path)
    assert both.target_values("state") == ("ill", "well")
    frames = both.to_numpy("state")
    classes = both.table.set_index("recording")["class"]
    assert [("ill", "well")[label] for label in frames.labels] == [ILL[classes[name]] for name in frames.recordings]
    assert both.select(targets={"state": "well"}).classes == ("healthy",)
    ill = ["covid-19", "bacterial-pneumonia"]
    assert both.select("task:state=ill").recordings == both.select(class_name=ill).recordings
    assert set(both.table["task_state"]) == {"ill", "well"}
    assert both.class_weights("recording", target="state") == {0: 24 / 2 / 16, 1: 24 / 2 / 8}
    fold = both.fold(1, by="collection", target="state")
    assert fold.table.target == "state"
    assert fold.test.to_numpy(["state", "severity"]).labels.shape == (len(fold.test), 2)
    assert [clip.label for clip in both.clips("state")] == [int(ILL[name] == "well") for name in both.table["class"]]


def test_a_task_of_one_collection_is_none_of_the_other(both: Dataset) -> None:
    with pytest.warns(UserWarning, match="20 of 24 recordings have no value of fatal"):
        assert set(both.to_numpy("fatal").recordings) == {f"east/video-{n:02d}" for n in range(4)}


# --- what is refused ---


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"labels": {"state": {"east": "class"}}}, "state: the table of labels says nothing of a collection"),
        ({"release": "1.0.0"}, "release: one release for several collections; found 1.0.0; name it behind each"),
        ({"shared": "drop"}, "shared: unknown word"),
        ({"rate_hz": 5}, "built with other settings"),
    ],
)
def test_a_call_that_is_wrong_is_refused(folders: dict[str, Path], options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        lusdata.load([folders["east"], folders["west"]], **options)


def test_what_cannot_be_joined_is_refused(
    east: Dataset, collections: dict[str, Collection], home: Path, tmp_path: Path
) -> None:
    for nothing in ([], [east]):
        with pytest.raises(UsageError, match="a join needs several collections"):
            lusdata.join(nothing)
    with pytest.raises(UsageError, match="labels and shared are for several collections"):
        lusdata.load(east.index.folder, labels=LABELS)
    with pytest.raises(UsageError, match=r"expected several datasets of lusdata\.load"):
        lusdata.join([east, "west"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        _ = east + 1  # type: ignore[operator]
    images = replace(SMALL, select="kind=image")

    def built(name: str, folder: str, recipe: Recipe) -> Dataset:
        return lusdata.load(build_here(collections[name], home / name, tmp_path / folder, recipe=recipe).out)

    slower = built("west", "slower", replace(images, rate_hz=2.0))
    with pytest.raises(UsageError, match=r"west: .*expected rate_hz=3\.0 as east; found rate_hz=2\.0"):
        _ = east + slower
    assert len((east + built("west", "images", images)).recordings) == 18
    again = built("east", "again", images)
    with pytest.raises(UsageError, match="east and east: two collections have one name"):
        _ = east + again


def test_a_table_of_labels_is_refused_before_anything_is_built(
    collections: dict[str, Collection], folders: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="says nothing of a collection"):
        lusdata.load(
            [collections["east"].root, folders["west"]],
            labels={"state": {"east": "class"}},
            cache=tmp_path / "cache",
            offline=True,
            progress=False,
        )
    assert not (tmp_path / "cache").exists()


# --- on the command line ---


@pytest.fixture
def roots(collections: dict[str, Collection]) -> dict[str, str]:
    return {name: str(collection.root) for name, collection in collections.items()}


def test_folds_of_several_collections(
    roots: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "folds.json"
    command = ["folds", roots["east"], roots["west"], "--by", "collection", "--out", str(out)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "east+west by collection, 2 folds, seed 0: 24 recordings in 2 collections, of 12 patient groups" in shown
    assert "0 east" in shown
    assert "1 west" in shown
    first = out.read_bytes()
    assert main(command) == 0
    assert out.read_bytes() == first
    assert "kept the earlier folds of 24 recordings; 0 new, 0 gone" in capsys.readouterr().out
    assert main(["audit", roots["east"], roots["west"], "--folds", str(out)]) == 0
    assert "audit of east+west" in capsys.readouterr().out


def test_shared_patients_and_labels_on_the_command_line(
    roots: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["folds", roots["east"], roots["copy"], "--by", "collection"]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "2 patient groups with recordings in several collections" in told
    assert "since they share patients" in told
    assert main([*command, "--shared", "first"]) == 0
    assert "20 recordings in 2 collections" in capsys.readouterr().out
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(LABELS), encoding="utf-8")
    assert main(["folds", roots["east"], roots["west"], "--labels", str(labels), "--target", "state", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["target"] == "state"
    for option in (["--shared", "first"], ["--labels", str(labels)]):
        assert main(["folds", roots["east"], *option]) == 2
        assert "only for several collections" in capsys.readouterr().err


def test_counts_and_the_page_of_several(
    roots: dict[str, str], home: Path, folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stats", roots["east"], roots["copy"]]) == 0
    shown = capsys.readouterr().out
    assert "east+copy: 24 recordings in 2 collections\n  24 included in 10 groups from 3 sources" in shown
    assert "2 patient groups with recordings in several collections" in shown
    assert main(["stats", roots["east"], roots["west"], "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [part["buildable"] for part in summary["collections"]] == [12, 12]
    page = tmp_path / "page.html"
    mirrors = [word for name in ("east", "west") for word in ("--mirror", str(home / name / "media"))]
    assert main(["report", roots["east"], roots["west"], "--offline", *mirrors, "--out", str(page)]) == 0
    assert "east+west: 24 recordings, " in capsys.readouterr().out
    assert "west/image-11" in page.read_text(encoding="utf-8")
    assert main(["report", str(folders["east"]), roots["west"], "--out", str(page)]) == 2
    assert "a page shows one dataset folder" in capsys.readouterr().err


def test_other_commands_say_that_they_take_one(roots: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", roots["east"], roots["west"], "--out", "x"]) == 2
    assert "it takes one collection, and folds, audit, report, stats take several" in capsys.readouterr().err


# --- on real recordings ---

_OTHERS = ("healthy", "bacterial-pneumonia", "viral-pneumonia")


@pytest.mark.real
def test_pocus_and_blues_are_each_left_out_in_turn(corpus_dir: Path, blues_dir: Path, tmp_path: Path) -> None:
    both = lusdata.load(
        ["pocus", "blues"],
        mirror=[corpus_dir, blues_dir],
        rate_hz=0.5,
        size=64,
        cache=tmp_path,
        offline=True,
        workers=2,
        labels={
            "covid-19": {
                "pocus": {"from": "class", "values": {"covid-19": "positive", **dict.fromkeys(_OTHERS, "negative")}},
                "blues": "covid",
            }
        },
    )
    sizes = both.table.groupby("collection").size()
    assert sizes["blues"] == 58
    assert sizes["pocus"] > 100
    assert len(both.collection.copies) == 0  # type: ignore[attr-defined]
    for fold, name in zip(both.folds(by="collection"), ("blues", "pocus"), strict=True):
        assert {recording.split("/")[0] for recording in fold.test.recordings} == {name}
        rest = fold.train + fold.validation
        assert len(rest.recordings) + len(fold.test.recordings) == len(both.recordings)
        assert set(fold.test.to_numpy("covid-19").labels) == {0, 1}
    with pytest.raises(UsageError, match="collections mean different things by one target"):
        both.to_numpy("lung-severity")
