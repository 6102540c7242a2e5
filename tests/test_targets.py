"""What can be predicted besides the class: labels, weights, selections and folds of any target."""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogs import recording
from small_datasets import SMALL, build_here, changed, small_collection

import lusdata
from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.schema import schema_faults
from lusdata.dataset.load import Dataset
from lusdata.errors import DataError, UsageError
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable

ABOUT = {
    "$schema": "../../schemas/collection/1.0.0.json",
    "schema_version": "1.0.0",
    "title": "Small",
    "owner": "A clinic",
    "private": False,
    "tasks": [
        {"name": "outcome", "kind": "binary", "meaning": "Whether the patient died.", "values": ["lived", "died"]},
        {"name": "days", "kind": "number", "meaning": "Days in hospital.", "minimum": 0, "maximum": 99},
        {"name": "never", "kind": "binary", "meaning": "What nobody says.", "values": [False, True]},
    ],
}
# video-00 to video-05, then image-06 to image-11; two in a row are one patient's.
OUTCOMES = {"video-00": "died", "video-01": "lived", "video-04": "died"}
DAYS = {"video-00": 2.5, "video-01": 7, "image-06": 40}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("targets")


@pytest.fixture(scope="module")
def collection(home: Path) -> Collection:
    found = small_collection(home)
    for name in sorted(OUTCOMES.keys() | DAYS.keys()):
        said = {"outcome": OUTCOMES.get(name), "days": DAYS.get(name)}
        labels = [{"task": task, "value": value} for task, value in said.items() if value is not None]
        found = changed(found, f"small/{name}", labels=labels)
    return replace(found, about=About(ABOUT))


@pytest.fixture(scope="module")
def dataset(collection: Collection, home: Path) -> Dataset:
    report = build_here(collection, home, home / "out")
    # As somebody else opens it: without the collection.
    shutil.copytree(report.out, home / "elsewhere")
    return lusdata.load(home / "elsewhere")


def _by_recording(recordings: Sequence[str], labels: Any) -> dict[str, Any]:
    return {name.split("/")[1]: label for name, label in zip(recordings, labels.tolist(), strict=True)}


# --- labels ---


def test_the_class_stays_what_labels_count_where_nothing_is_said(dataset: Dataset) -> None:
    plain, named = dataset.to_numpy(), dataset.to_numpy("class")
    assert plain.labels.dtype == np.int64
    assert [dataset.classes[label] for label in plain.labels] == [
        dataset.table.set_index("recording").loc[name, "class"] for name in plain.recordings
    ]
    for one, other in zip(plain, named, strict=True):
        assert np.array_equal(one, other)
    assert dataset.target_values("class") == dataset.classes


def test_an_unknown_class_is_a_class_by_default_and_no_value_of_the_target(collection: Collection, home: Path) -> None:
    unknown = changed(collection, "small/video-00", **{"class": "unknown"})
    found = Dataset(build_here(unknown, home, home / "unknown").index)
    assert "unknown" in found.classes
    assert "unknown" not in found.target_values("class")
    with pytest.warns(UserWarning, match="1 of 12 recordings have no value of class and are left out"):
        assert "small/video-00" not in found.to_numpy("class").recordings
    assert "small/video-00" in found.to_numpy().recordings


def test_severity_is_labelled_by_the_scores_of_its_scale(dataset: Dataset) -> None:
    frames = dataset.to_numpy(target="severity")
    assert dataset.target_values("severity") == (0, 1, 2, 3)
    found = _by_recording(frames.recordings, frames.labels)
    assert found == {name.split("/")[1]: int(name[-2:]) % 4 for name in dataset.recordings}


def test_several_targets_give_a_column_each(dataset: Dataset) -> None:
    labels = dataset.to_numpy(["b_lines", "severity"]).labels
    assert (labels.shape, labels.dtype) == ((len(dataset), 2), np.dtype(np.int64))
    assert np.array_equal(labels[:, 0], dataset.to_numpy("b_lines").labels)
    assert np.array_equal(labels[:, 1], dataset.to_numpy("severity").labels)
    assert dataset.target_values(["b_lines", "severity"]) == (("absent", "present"), (0, 1, 2, 3))
    with pytest.warns(UserWarning, match="10 of 12 recordings have no value of outcome, days"):
        mixed = dataset.to_numpy(["outcome", "days"])
    assert mixed.labels.dtype == np.float32
    assert _by_recording(mixed.recordings, mixed.labels) == {"video-00": [1, 2.5], "video-01": [0, 7]}


def test_tasks_of_the_collection_are_known_elsewhere_and_what_lacks_a_value_is_counted(dataset: Dataset) -> None:
    with pytest.warns(UserWarning, match="9 of 12 recordings have no value of outcome and are left out") as told:
        frames = dataset.to_numpy(target="outcome")
    assert told[0].filename == __file__
    assert _by_recording(frames.recordings, frames.labels) == {"video-00": 1, "video-01": 0, "video-04": 1}
    assert len(frames.images) == len(frames.times_s) == len(frames.labels) == 18
    with pytest.warns(UserWarning, match="9 of 12"):
        days = dataset.to_numpy(target="days")
    assert days.labels.dtype == np.float32
    assert _by_recording(days.recordings, days.labels) == DAYS
    assert dataset.target_values("days") == ()
    with pytest.raises(DataError, match="never: no recording has a value of the target; found 12 recordings without"):
        dataset.to_numpy("never")
    with pytest.raises(UsageError, match=r"outcom: no such target; .*did you mean 'outcome'"):
        dataset.to_numpy("outcom")


@pytest.mark.parametrize(
    ("function", "values", "dtype"),
    [
        (lambda row: row["severity_lus_0_3"] >= 2, (False, True), np.int64),
        (
            lambda row: f"{row['probe']} {row.kind}",
            ("convex image", "convex video", "linear image", "linear video"),
            np.int64,
        ),
        (lambda row: 7 if row["frames"] == 1 else 3, (3, 7), np.int64),
        (lambda row: row["severity_lus_0_3"] / 2, (), np.float32),
    ],
)
def test_a_function_of_the_row_is_a_target(dataset: Dataset, function: Any, values: Any, dtype: Any) -> None:
    frames = dataset.to_numpy(target=function)
    assert dataset.target_values(function) == values
    assert frames.labels.dtype == dtype
    said = {name: function(row) for name, (_, row) in zip(dataset.recordings, dataset.table.iterrows(), strict=True)}
    words = [values[label] for label in frames.labels] if values else frames.labels.tolist()
    assert words == [said[name] for name in frames.recordings]


def test_a_function_may_leave_recordings_out_and_must_return_one_type(dataset: Dataset) -> None:
    import pandas as pd

    for nothing in (None, float("nan"), np.nan, pd.NA, pd.NaT):
        with pytest.warns(UserWarning, match="6 of 12 recordings have no value of function"):
            assert set(dataset.to_numpy(lambda row, n=nothing: n if row.kind == "image" else "x").labels) == {0}
    with pytest.raises(UsageError, match="values of several types; expected one type; found int, str"):
        dataset.to_numpy(lambda row: "a" if row.kind == "image" else 1)
    with pytest.raises(UsageError, match=r"returns something else; .*found \[1\]"):
        dataset.to_numpy(lambda row: [1])


@pytest.mark.parametrize("wrong", [[], 3, ["severity", "severity"], [None], {"severity": 1}])
def test_what_is_no_target_is_refused(dataset: Dataset, wrong: Any) -> None:
    with pytest.raises(UsageError, match="target"):
        dataset.to_numpy(wrong)


def test_the_parts_of_a_fold_count_alike(dataset: Dataset) -> None:
    convex = dataset.select(probe="convex")
    fold = convex.fold(0, k=2)
    for target in ("class", "severity", lambda row: row["recording"]):
        for part in fold.parts.values():
            assert part.target_values(target) == convex.target_values(target)
    assert set(convex.classes) < set(dataset.classes)


def test_clips_and_weights_know_targets(dataset: Dataset) -> None:
    assert [clip.label for clip in dataset.clips("severity")] == [int(name[-2:]) % 4 for name in dataset.recordings]
    with pytest.warns(UserWarning, match="9 of 12"):
        assert dataset.class_weights("recording", target="outcome") == {0: 3 / 2, 1: 3 / 4}
    with pytest.warns(UserWarning, match="9 of 12"), pytest.raises(UsageError, match="weights of what is no class"):
        dataset.class_weights(target="days")
    with pytest.raises(UsageError, match="weights of what is no class"):
        dataset.class_weights(target=["b_lines", "severity"])


def test_torch_gives_labels_that_a_model_takes(dataset: Dataset) -> None:
    torch = pytest.importorskip("torch")
    loader = torch.utils.data.DataLoader
    _, severity = next(iter(loader(dataset.to_torch(target="severity"), batch_size=50)))
    assert severity.dtype == torch.int64
    assert severity.tolist() == dataset.to_numpy("severity").labels.tolist()
    with pytest.warns(UserWarning, match="9 of 12"):
        _, days = next(iter(loader(dataset.to_torch(target="days"), batch_size=50)))
    assert (days.dtype, tuple(days.shape)) == (torch.float32, (13,))
    _, both = next(iter(loader(dataset.to_torch(target=["b_lines", "severity"]), batch_size=50)))
    assert (both.dtype, tuple(both.shape)) == (torch.int64, (len(dataset), 2))


def test_tensorflow_gives_labels_that_a_model_takes(dataset: Dataset) -> None:
    pytest.importorskip("tensorflow")
    batches = dataset.to_tf(50, target=["b_lines", "severity"])
    (_, both), *_ = list(batches)
    assert both.numpy().tolist() == dataset.to_numpy(["b_lines", "severity"]).labels.tolist()
    with pytest.warns(UserWarning, match="9 of 12"):
        assert dataset.to_tf(4, target="days").element_spec[1].dtype == "float32"


# --- tables and selections ---


def test_the_table_has_a_column_for_each_task(dataset: Dataset) -> None:
    table = dataset.table.set_index("recording")
    assert table["task_outcome"].dropna().to_dict() == {f"small/{name}": word for name, word in OUTCOMES.items()}
    assert table["task_days"].dropna().to_dict() == {f"small/{name}": days for name, days in DAYS.items()}
    assert table["task_never"].isna().all()


@pytest.mark.parametrize(
    ("text", "targets", "count"),
    [
        ("severity=2|3", {"severity": [2, 3]}, 6),
        ("severity:lus-0-3!=0", {"severity": [1, 2, 3]}, 9),
        ("b_lines=present", {"b_lines": "present"}, 6),
        ("a_lines=unknown", {"a_lines": ["unknown"]}, 12),
        ("task:outcome=died,severity=0", {"outcome": "died", "severity": 0}, 2),
        ("task:days=2.5|7", {"days": [2.5, 7]}, 2),
    ],
)
def test_values_of_targets_select(dataset: Dataset, text: str, targets: dict[str, Any], count: int) -> None:
    assert len(dataset.select(text).recordings) == count
    assert dataset.select(text).recordings == dataset.select(targets=targets).recordings


def test_a_build_selects_by_a_task(collection: Collection, home: Path) -> None:
    recipe = replace(SMALL, select="task:outcome=died")
    found = Dataset(build_here(collection, home, home / "died", recipe=recipe).index)
    assert found.recordings == ("small/video-00", "small/video-04")


def test_a_value_that_no_recording_has_is_refused(dataset: Dataset) -> None:
    with pytest.raises(UsageError, match="no recording has this severity; expected one of 0, 1, 2, 3; found '7'"):
        dataset.select("severity=7")
    with pytest.raises(UsageError, match=r"unknown word for 'b_lines'.*found 'yes'"):
        dataset.select(targets={"b_lines": "yes"})
    with pytest.raises(UsageError, match="nothing: no such target"):
        dataset.select("task:nothing=1")
    assert dataset.select("task:never!=true").recordings == dataset.recordings


# --- folds ---


def _scored(count: int, scores: Sequence[float | None], **facts: Any) -> list[Manifest]:
    found = []
    for number in range(count):
        manifest = recording(f"r{number:03d}", group=f"p{number:03d}", **facts)
        score = scores[number % len(scores)]
        entry = [] if score is None else [{"scale": "lus-0-3", "value": score, "reader": "a"}]
        found.append(replace(manifest, data={**manifest.data, "severity": entry}))
    return found


def test_folds_are_stratified_by_the_target_asked_for() -> None:
    # Few of the highest score: folds that do not look at it would give some of them none.
    catalog = _scored(60, [0] * 11 + [3])
    table = make_folds(catalog, target="severity", seed=3)
    assert (table.target, table.settings["target"]) == ("severity", "severity")
    high = Counter(table.fold_of[table.unit_of[m.id]] for m in catalog if m.data["severity"][0]["value"] == 3)
    assert high == dict.fromkeys(range(5), 1)
    assert {(row.class_name, row.recordings) for row in table.counts} == {("0", 11), ("3", 1)}


def test_a_table_by_target_is_written_and_read_and_one_by_class_is_as_ever() -> None:
    catalog = _scored(20, [0, 1, None])
    table = make_folds(catalog, target="severity")
    document = json.loads(table.to_json())
    assert document["folds_version"] == "1.1.0"
    assert not schema_faults(document, "1.1.0", kind="folds")
    assert FoldTable.from_json(table.to_json()) == table
    plain = make_folds(catalog)
    assert plain == make_folds(catalog, target="class")
    assert "target" not in plain.to_json()
    assert json.loads(plain.to_json())["folds_version"] == "1.0.0"


def test_recordings_without_a_value_are_dealt_too_and_missed_in_no_fold() -> None:
    table = make_folds(_scored(22, [0, 0, 1, 1, None]), target="severity", k=4)
    assert len(table.recordings) == 22
    counts = Counter({row.class_name: row.recordings for row in table.counts if row.fold == 0})
    assert set(counts) <= {"0", "1", "no value"}
    assert not any("no value" in issue.message for issue in table.issues)
    assert make_folds(_scored(20, [0] * 19 + [3]), target="severity").issues[0].message == (
        "severity 3 is not in every fold"
    )


def test_numbers_are_stratified_by_quarters_and_later_recordings_move_nobody() -> None:
    about = About(ABOUT)

    def days(manifests: list[Manifest], factor: float) -> list[Manifest]:
        return [
            replace(m, data={**m.data, "labels": [{"task": "days", "value": factor * number}]})
            for number, m in enumerate(manifests)
        ]

    first = days(_scored(40, [None]), 1)
    table = make_folds(first, target="days", about=about)
    assert [row.class_name for row in table.counts if row.fold == 0] == ["0 to 9", "10 to 19", "20 to 29", "30 to 39"]
    assert {row.recordings for row in table.counts} == {2}
    later = days(
        [
            replace(
                m,
                data={
                    **m.data,
                    "id": m.id + "x",
                    "status": {"state": "included", "since": "2030-01-01"},
                    "group": {"id": m.data["group"]["id"] + "x", "basis": "patient"},
                },
            )
            for m in _scored(30, [None])
        ],
        3,
    )
    grown = make_folds([*first, *later], target="days", about=about)
    assert {name: grown.fold_of[grown.unit_of[name]] for name in table.recordings} == {
        name: table.fold_of[table.unit_of[name]] for name in table.recordings
    }


def test_several_targets_and_functions_stratify_together(dataset: Dataset) -> None:
    both = dataset.fold(0, k=2, target=["b_lines", "severity"]).table
    assert both.target == "b_lines+severity"
    assert {row.class_name for row in both.counts} == {
        f"{word}, {n}" for word, ns in (("absent", (0, 1)), ("present", (2, 3))) for n in ns
    }
    asked = []

    def kind(row: Any) -> str:
        asked.append(row["recording"])
        return str(row["kind"])

    by_kind = dataset.fold_table(k=3, target=kind)
    assert by_kind.target == "function kind"
    assert sorted(asked) == sorted(dataset.recordings)
    assert {(row.class_name, row.recordings) for row in by_kind.counts} == {("image", 2), ("video", 2)}
    assert dataset.fold_table(k=3, target=kind) is by_kind


def test_folds_by_what_nobody_says_are_refused(dataset: Dataset) -> None:
    with pytest.raises(UsageError, match="cannot be stratified by what no recording has; found 'never'"):
        dataset.fold(0, target="never")
    with pytest.raises(UsageError, match="nonsense: no such target"):
        make_folds(_scored(20, [1]), target="nonsense")


def test_the_command_stratifies_by_a_target(collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    from lusdata.cli import main

    (collection.root / "collection.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    for manifest in collection.manifests:
        (collection.root / f"{manifest.id.split('/')[1]}.json").write_text(json.dumps(manifest.data), encoding="utf-8")
    assert main(["folds", str(collection.root), "--k", "2", "--target", "b_lines,outcome"]) == 0
    out = capsys.readouterr().out
    assert "stratified by b_lines+outcome: 12 recordings" in out
    assert "absent, died" in out
    assert main(["folds", str(collection.root), "--k", "2", "--target", "severety"]) == 2
    assert "did you mean 'severity'" in capsys.readouterr().err
    assert main(["audit", str(collection.root), "--k", "2", "--target", "severity"]) in (0, 1)
    assert "target=severity" in capsys.readouterr().out


def test_a_stranger_s_tasks_are_held_against_their_schema(dataset: Dataset, tmp_path: Path) -> None:
    for wrong in ({**ABOUT, "tasks": [{"name": "x"}]}, {"tasks": []}, {**ABOUT, "schema_version": "9.9.9"}):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(dataset.index.folder, folder)
        data = json.loads((folder / "dataset.json").read_text())
        (folder / "dataset.json").write_text(json.dumps({**data, "about": wrong}))
        with pytest.raises(DataError, match=r"the dataset is damaged.*\$\.about"):
            lusdata.load(folder)


def test_no_warning_where_every_recording_has_a_value(dataset: Dataset) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(dataset.to_numpy("severity").labels) == dataset.frames
