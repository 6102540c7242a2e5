"""Opening datasets, and what can be asked of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_datasets import build_here, index_of, small_collection

import lusdata
from lusdata.catalog.collection import Collection
from lusdata.dataset import load as load_module
from lusdata.dataset.building.build import BuildReport
from lusdata.dataset.load import Dataset
from lusdata.dataset.reading.seal import sealed
from lusdata.errors import DataError, UsageError
from lusdata.splits.folds.make import make_folds


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("load")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    return small_collection(home, videos=10, images=8)


@pytest.fixture(scope="module")
def report(collection: Collection, home: Path) -> BuildReport:
    return build_here(collection, home, home / "out")


@pytest.fixture(scope="module")
def dataset(report: BuildReport) -> Dataset:
    return lusdata.load(report.out)


# --- opening ---


def test_a_folder_opens_as_what_it_was_built_as(dataset: Dataset) -> None:
    assert (len(dataset.recordings), len(dataset)) == (18, 10 * 6 + 8)
    assert repr(dataset) == (
        "<Dataset small: 18 recordings (covid-19 6, bacterial-pneumonia 6, healthy 6), 68 frames; "
        "3 Hz, at most 30 frames, 16 x 16 px grey>"
    )
    assert "<td>covid-19</td><td>6</td>" in dataset._repr_html_()
    dataset.verify(deep=True)


def test_a_folder_opens_without_its_collection_and_cache(dataset: Dataset, tmp_path: Path) -> None:
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(dataset.index.folder, moved)
    assert lusdata.load(str(moved)).table.equals(dataset.table)


@pytest.mark.parametrize("kind", ["parquet", "tfrecord"])
def test_a_folder_of_the_first_layout_still_opens(
    collection: Collection, dataset: Dataset, home: Path, tmp_path: Path, kind: str
) -> None:
    import shutil

    report = build_here(collection, home, tmp_path / "new", format=kind)
    old = tmp_path / "old"
    shutil.copytree(report.out, old)
    for shard in (old / "data").iterdir():
        shard.rename(old / shard.name)
    (old / "data").rmdir()
    data = {**index_of(old), "format_version": "1.0.0"}
    data["shards"] = [{**shard, "file": Path(shard["file"]).name} for shard in data["shards"]]
    (old / "dataset.json").write_text(json.dumps(sealed({**data, "scales": []})), encoding="utf-8")
    opened = lusdata.load(old)
    opened.verify(deep=True)
    assert np.array_equal(opened.to_numpy("severity").labels, dataset.to_numpy("severity").labels)
    # Neither layout is taken for the other.
    (old / "dataset.json").write_text(json.dumps(sealed({**data, "format_version": "1.1.0"})), encoding="utf-8")
    with pytest.raises(DataError, match=r"damaged.*\$\.shards\[0\]\.file"):
        lusdata.load(old)


def test_settings_that_disagree_with_a_folder_are_refused(dataset: Dataset) -> None:
    assert len(lusdata.load(dataset.index.folder, size=16, rate_hz=3)) == len(dataset)
    with pytest.raises(UsageError, match=r"built with other settings; expected rate_hz=5\.0; found rate_hz=3\.0"):
        lusdata.load(dataset.index.folder, rate_hz=5)
    with pytest.raises(UsageError, match="expected format=tfrecord; found format=parquet"):
        lusdata.load(dataset.index.folder, format="tfrecord")


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such collection"):
        lusdata.load(str(tmp_path / "nothing"))


def test_an_unfinished_folder_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / ".parts").mkdir()
    with pytest.raises(DataError, match="the dataset is not finished; run the same lusdata build again"):
        lusdata.load(tmp_path)


def test_a_collection_is_built_once_and_then_opened(
    collection: Collection, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_module, "open_collection", lambda name: collection)
    options = {"size": 16, "select": "kind=image", "cache": tmp_path, "offline": True, "workers": 1}
    first = lusdata.load(collection.root, mirror=home / "media", progress=False, **options)
    folder = first.index.folder
    assert folder.parent == tmp_path / "datasets"
    assert len(first) == 8
    monkeypatch.setattr(load_module, "build", lambda *args, **kwargs: pytest.fail("was built again"))
    assert lusdata.load(collection.root, progress=False, **options).index.folder == folder


def test_a_cached_dataset_grows_when_more_recordings_are_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = small_collection(tmp_path, videos=0, images=3)
    monkeypatch.setattr(load_module, "open_collection", lambda name: collection)
    late = tmp_path / "media" / "image-02.png"
    late.rename(tmp_path / "late.png")

    def load() -> Dataset:
        return lusdata.load(
            collection.root, size=16, cache=tmp_path / "cache", mirror=[tmp_path / "media"], workers=1, progress=False
        )

    assert (len(load()), len(load())) == (2, 2)
    (tmp_path / "late.png").rename(late)
    grown = load()
    assert len(grown) == 3
    assert load().index.folder == grown.index.folder


# --- tables, arrays and selections ---


def test_the_table_has_a_row_a_recording(dataset: Dataset, collection: Collection) -> None:
    table = dataset.table
    assert tuple(table["recording"]) == dataset.recordings
    assert table["frames"].sum() == dataset.frames
    row = table.set_index("recording").loc["small/video-02"]
    assert (row["class"], row["probe"], row["group"]) == ("healthy", "convex", "small/patient-1")
    assert (row["b_lines"], row["a_lines"]) == ("present", "unknown")
    assert row["severity_lus_0_3"] == 2.0
    assert row["duration_s"] == pytest.approx(2.0)
    assert row["publish"]
    assert set(table["source_sha256"]) == {manifest.sha256 for manifest in collection.manifests}


def test_arrays_agree_with_each_other_and_with_the_table(dataset: Dataset) -> None:
    frames = dataset.to_numpy()
    assert frames.images.shape == (68, 16, 16)
    assert frames.images.dtype == np.uint8
    assert {len(column) for column in frames} == {68}
    table = dataset.table.set_index("recording")
    assert table.loc[frames.recordings, "group"].tolist() == frames.groups.tolist()
    assert table.loc[frames.recordings, "class"].tolist() == [dataset.classes[label] for label in frames.labels]


def test_a_selection_is_a_view_with_its_own_classes(dataset: Dataset) -> None:
    view = dataset.select(class_name=["healthy", "covid-19"], patterns="b_lines")
    assert set(view.table["b_lines"]) == {"present"}
    assert set(view.classes) == set(view.table["class"]) < set(dataset.classes)
    assert view.recordings == dataset.select("class=covid-19|healthy,patterns=b_lines").recordings
    assert sorted(set(view.to_numpy().labels.tolist())) == list(range(len(view.classes)))
    assert len(dataset.recordings) == 18


def test_selections_narrow_each_other(dataset: Dataset) -> None:
    linear = dataset.select(probe="linear")
    assert linear.select(kind="image").recordings == dataset.select("kind=image", probe="linear").recordings


def test_a_selection_may_be_empty(dataset: Dataset) -> None:
    view = dataset.select(probe="phased")
    assert (len(view), view.classes, len(view.table)) == (0, (), 0)
    assert view.to_numpy().images.shape == (0, 16, 16)
    assert view.class_weights() == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probe": "convexe"}, "expected one of convex, linear, phased, unknown; found 'convexe'"),
        ({"patterns": ["b_lines", "z_lines"]}, "found 'z_lines'"),
        ({"id": "small/none"}, "no recording has this id"),
        ({"text": "probe:convex"}, "malformed selection"),
        ({"probe": 3}, "probe: not a condition; expected a word, or a list of words; found 3"),
        ({"id": ["small/video-00", 3]}, "id: not a condition"),
        ({"probe": []}, r"probe: not a condition; .*found \[\]"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_word_is_answered_with_the_right_ones(dataset: Dataset, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataset.select(**options)  # type: ignore[arg-type]


def test_a_selection_by_rights_takes_a_truth_value(dataset: Dataset) -> None:
    assert dataset.select(publish=True).recordings == dataset.select(publish="yes").recordings
    assert dataset.select(publish=False).recordings == dataset.select("publish=no").recordings


def test_clips_are_the_recordings_one_after_the_other(dataset: Dataset) -> None:
    frames = dataset.to_numpy()
    clips = list(dataset.clips())
    assert tuple(clip.recording for clip in clips) == dataset.recordings
    for name in ("images", "times_s", "frame_indices"):
        assert np.array_equal(np.concatenate([getattr(clip, name) for clip in clips]), getattr(frames, name))
    table = dataset.table.set_index("recording")
    for clip in clips:
        assert (clip.class_name, clip.group) == (table["class"][clip.recording], table["group"][clip.recording])
        assert dataset.classes[clip.label] == clip.class_name
        assert (clip.images.dtype, clip.images.shape[1:]) == (np.uint8, (16, 16))
    assert list(dataset.select(probe="phased").clips()) == []


def test_class_weights_let_classes_count_the_same(dataset: Dataset) -> None:
    for by in ("frame", "recording"):
        weights = dataset.class_weights(by)  # type: ignore[arg-type]
        table = dataset.table
        counts = table.groupby("class")["frames"].sum() if by == "frame" else table["class"].value_counts()
        totals = [weights[label] * counts[name] for label, name in enumerate(dataset.classes)]
        assert totals == pytest.approx([totals[0]] * 3)
        assert sum(totals) == pytest.approx(counts.sum())
    with pytest.raises(UsageError, match="expected frame or recording; found 'pixel'"):
        dataset.class_weights("pixel")  # type: ignore[arg-type]


# --- folds ---


@pytest.mark.parametrize("by", ["patient", "video", "source", "frame"])
def test_the_parts_of_a_fold_share_nothing_and_lose_nothing(dataset: Dataset, by: str) -> None:
    tested: list[tuple[str, int]] = []
    for number in range(3):
        fold = dataset.fold(number, by=by, k=3, seed=1)
        rows = []
        for part in (fold.train, fold.validation, fold.test):
            frames = part.to_numpy()
            rows.append(set(zip(frames.recordings.tolist(), frames.frame_indices.tolist(), strict=True)))
            assert part.classes == dataset.classes
        assert sum(map(len, rows)) == len(set.union(*rows)) == len(dataset)
        tested += rows[2]
    assert len(tested) == len(set(tested)) == len(dataset)


def test_patients_never_straddle_a_fold_by_patient(dataset: Dataset) -> None:
    for number in range(4):
        fold = dataset.fold(number, k=4)
        groups = [set(part.table["group"]) for part in (fold.train, fold.validation, fold.test)]
        assert sum(map(len, groups)) == len(set.union(*groups)) == 9


def test_folds_follow_from_the_catalog_and_not_from_the_view(dataset: Dataset, collection: Collection) -> None:
    table = make_folds(collection.manifests, k=3, seed=5)
    assert dataset.fold(1, k=3, seed=5).test.recordings == table.split(1).test
    view = dataset.select(kind="image")
    assert set(view.fold(1, k=3, seed=5).test.recordings) == set(table.split(1).test) & set(view.recordings)
    assert dataset.fold(1, folds=table).test.recordings == table.split(1).test


def test_the_rounds_of_a_cross_validation_come_in_turn(dataset: Dataset) -> None:
    rounds = list(dataset.folds(k=3, seed=1))
    assert [fold.number for fold in rounds] == [0, 1, 2]
    assert rounds[2].test.recordings == dataset.fold(2, k=3, seed=1).test.recordings
    assert sorted(name for fold in rounds for name in fold.test.recordings) == list(dataset.recordings)


def test_a_fold_shows_its_sizes(dataset: Dataset) -> None:
    fold = dataset.fold(1, k=3)
    sizes = [(len(part.recordings), len(part)) for part in (fold.train, fold.validation, fold.test)]
    train, validation, test = (f"{recordings} ({frames})" for recordings, frames in sizes)
    expected = f"<Fold 1 of 3 by patient: train {train}, validation {validation}, test {test} recordings (frames)>"
    assert repr(fold) == expected
    covid = [fold.parts[name].counts["covid-19"] for name in ("train", "validation", "test")]
    cells = "".join(f"<td>{recordings} ({frames})</td>" for recordings, frames in covid)
    assert f"<tr><td>covid-19</td>{cells}</tr>" in fold._repr_html_()


def test_folds_can_come_from_a_file(dataset: Dataset, collection: Collection, tmp_path: Path) -> None:
    table = make_folds(collection.manifests, by="video", k=4, seed=2)
    path = tmp_path / "folds.json"
    path.write_text(table.to_json(), encoding="utf-8")
    assert dataset.fold(3, folds=path).test.recordings == table.split(3).test


@pytest.mark.parametrize(
    ("number", "options", "message"),
    [
        (5, {}, "no such fold; expected 0 to 4; found 5"),
        (-1, {"by": "frame"}, "no such fold"),
        ("0", {}, "no such fold; expected 0 to 4; found '0'"),
        (True, {}, "no such fold"),
        (0.0, {}, "no such fold"),
        (0, {"k": 1}, "k"),
        (0, {"k": 10_000}, "k"),
        (0, {"by": "hospital"}, "hospital"),
    ],
)
def test_a_fold_that_cannot_be_is_refused(
    dataset: Dataset, number: int, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        dataset.fold(number, **options)  # type: ignore[arg-type]
