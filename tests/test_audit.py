"""An audit finds everybody who stands on two sides of a split, ours or somebody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from catalogs import recording
from hypothesis import given, settings
from hypothesis import strategies as st

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.errors import DataError, UsageError
from lusdata.splits.audit.names import Named, match_names
from lusdata.splits.audit.report import CHECKS, AuditReport, Check, Finding, audit_split
from lusdata.splits.audit.split import read_split, split_of_table
from lusdata.splits.folds.make import make_folds


def collection(manifests: Sequence[Manifest]) -> Collection:
    return Collection("test", Path("test"), tuple(sorted(manifests, key=lambda manifest: manifest.id)))


def audited(manifests: Sequence[Manifest], path: Path) -> AuditReport:
    whole = collection(manifests)
    return audit_split(whole, read_split(path, whole.manifests))


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def codes(report: AuditReport) -> list[str]:
    return [finding.code for _, finding in report.findings if finding.level != "note"]


TWO_PATIENTS = (
    recording("day-1", group="patient-1", path="videos/Day+1.gif"),
    recording("day-2", group="patient-1", path="videos/Day+2.gif"),
    recording("other", group="patient-2", path="videos/Other Clip.mp4"),
)


def test_a_patient_in_two_folds_is_named_with_folds_and_files(tmp_path: Path) -> None:
    split = written(tmp_path / "split.json", {"0": ["Day+1.gif"], "1": ["Day+2.gif", "Other Clip.mp4"]})
    report = audited(TWO_PATIENTS, split)
    (leak,) = report.leaked_groups
    assert leak.subject == "test/patient-1"
    assert leak.message == "2 recordings in folds 0, 1; basis: patient"
    assert [(place.fold, place.name) for place in leak.places] == [("0", "Day+1.gif"), ("1", "Day+2.gif")]
    assert report.leaked_recordings == ("test/day-1", "test/day-2")
    assert not report.clean


def test_a_split_that_keeps_patients_together_is_clean(tmp_path: Path) -> None:
    split = written(tmp_path / "split.json", {"0": ["Day+1.gif", "Day+2.gif"], "1": ["Other Clip.mp4"]})
    report = audited(TWO_PATIENTS, split)
    assert report.clean
    assert codes(report) == []


def test_groups_joined_by_a_link_leak_as_one(tmp_path: Path) -> None:
    manifests = [
        recording("a", group="patient-1"),
        recording("b", group="patient-2", linked=["patient-1"]),
        # Nobody uses it any more, but what it says about the two groups still holds.
        recording("c", group="patient-3", linked=["patient-2"], state="excluded"),
        recording("d", group="patient-3"),
    ]
    report = audited(manifests, written(tmp_path / "split.json", {"0": ["a.mp4", "b.mp4"], "1": ["d.mp4"]}))
    (leak,) = report.leaked_groups
    assert leak.subject == "test/patient-1"
    assert "test/patient-2 (patient)" in leak.message
    assert "linked as near-duplicate" in leak.message


def test_a_recording_in_two_folds_is_a_leak(tmp_path: Path) -> None:
    split = written(tmp_path / "split.json", {"0": ["Other Clip.mp4"], "1": ["videos/Other Clip.mp4"]})
    report = audited(TWO_PATIENTS, split)
    (leak,) = report.of("leaks", "RECORDING_LEAKS")
    assert (leak.subject, leak.message) == ("test/other", "stands in folds 0, 1")
    assert report.leaked_recordings == ("test/other",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("split.json", {"0": ["Day+1.gif", "day-2"], "1": ["other"]}, id="names by fold"),
        pytest.param("split.json", {"test/day-1": 0, "test/day-2": 0, "test/other": 1}, id="folds by id"),
        pytest.param("split.csv", "file,fold\nDay+1.gif,0\nDay+2.gif,0\nOther Clip.mp4,1\n", id="CSV of files"),
        pytest.param("split.json", [["Day+1.gif", "Day+2.gif"], ["Other Clip.mp4"]], id="a list of lists"),
        pytest.param(
            "split.json",
            [{"file": "Day+1.gif", "fold": 0}, {"file": "Day+2.gif", "fold": 0}, {"file": "Other Clip", "fold": 1}],
            id="a list of rows",
        ),
        pytest.param(
            "split.json",
            {
                "0": {"train": ["Other Clip"], "test": ["Day+1", "Day+2"]},
                "1": {"train": ["Day+1"], "val": ["Day+2"], "test": ["Other Clip"]},
            },
            id="rounds",
        ),
        pytest.param(
            "split.tsv", "Filename\tSplit\nDay+1.gif\t0\nDay+2.gif\t0\nOther Clip.mp4\t1\n", id="tabs, other heads"
        ),
        pytest.param("split.csv", "file;fold\nDay+1.gif;0\nDay+2.gif;0\nOther Clip.mp4;1\n", id="semicolons"),
        pytest.param(
            "split.csv", "\ufefffold,recording\r\n0,test/day-1\r\n0,test/day-2\r\n1,other\r\n", id="CSV of ids"
        ),
    ],
)
def test_splits_are_read_in_every_form(name: str, content: object, tmp_path: Path) -> None:
    split = read_split(written(tmp_path / name, content), TWO_PATIENTS)
    assert split.folds_of == {"test/day-1": ("0",), "test/day-2": ("0",), "test/other": ("1",)}
    assert split.folds == ("0", "1")
    assert split.unmapped == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("s.json", "{", "not valid JSON", id="no JSON"),
        pytest.param("s.json", [1, 2], "not a split; expected a table .* found a list of a number", id="numbers"),
        pytest.param("s.json", {"0": {"a": 1}}, "not a split", id="too deep"),
        pytest.param("s.json", {"0": []}, "the split names nothing", id="nothing"),
        pytest.param("s.json", {}, "the split names nothing", id="an empty object"),
        pytest.param("s.csv", "\n", "the file of the split is empty", id="an empty file"),
        pytest.param("s.csv", "file,fold\n", "the split names nothing", id="a head alone"),
        pytest.param(
            "s.json", '{"a.mp4": 0, "a.mp4": 1}', "a key stands twice in one object; found 'a.mp4'", id="twice"
        ),
        pytest.param(
            "s.json",
            {"0": {"train": ["a", "b"], "test": ["a"]}, "1": {"train": ["a"], "test": ["b"]}},
            "s.json: 0: rounds whose parts are no folds.*one round at a time",
            id="a round that leaks by itself",
        ),
        pytest.param("s.json", {"folds_version": "2.0.0"}, "expected 1.0.0, .*; found '2.0.0'", id="future version"),
        pytest.param(
            "s.csv", "a,b\n1,2\n", r"for the name one of file, .* found a,b; .*save it as CSV UTF-8", id="other columns"
        ),
        pytest.param("s.csv", "file,fold\na.mp4,\n", "s.csv:2: a line without name or fold", id="no fold"),
    ],
)
def test_a_file_that_is_no_split_is_refused(name: str, content: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read_split(written(tmp_path / name, content), TWO_PATIENTS)


def test_a_split_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.json: no such split"):
        read_split(tmp_path / "nothing.json", TWO_PATIENTS)


NAMED = (
    recording("one", path="a/Cov_Clip 1.mp4", aliases=["Subpleural.avi"]),
    recording("two", path="b/Reg-Clip.gif"),
    recording("three", path="b/Reg-Clip.mov"),
    recording("four", path="c/Pneu-1.mp4"),
    recording("five", path="c/Pneu_1.mp4"),
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("test/one", ["test/one"], id="id"),
        pytest.param("one", ["test/one"], id="id without its namespace"),
        pytest.param("a/Cov_Clip 1.mp4", ["test/one"], id="path"),
        pytest.param("somewhere\\else\\Cov_Clip 1.mp4", ["test/one"], id="file name in another folder"),
        pytest.param("Subpleural.avi", ["test/one"], id="alias"),
        pytest.param("Cov_Clip 1", ["test/one"], id="without extension"),
        pytest.param("cov-clip_1.AVI", ["test/one"], id="other spelling and extension"),
        pytest.param("Reg-Clip.mov", ["test/three"], id="the extension decides"),
        pytest.param("Reg-Clip.avi", ["test/three", "test/two"], id="the extension cannot decide"),
        pytest.param("Pneu_1.avi", ["test/five"], id="the stricter comparison decides"),
        pytest.param("pneu 1.mp4", ["test/five", "test/four"], id="two spellings of one name"),
        pytest.param("Nobody.mp4", [], id="unknown"),
        pytest.param("---.mp4", [], id="nothing but punctuation"),
    ],
)
def test_names_are_compared_from_strict_to_lenient(name: str, found: list[str]) -> None:
    places, unmapped = match_names([Named("0", name)], NAMED)
    assert len(places) + len(unmapped) == 1
    assert [place.recording for place in places] == (found if len(found) == 1 else [])
    assert [list(entry.candidates) for entry in unmapped] == ([] if len(found) == 1 else [found])


def test_names_that_fit_nothing_or_several_are_findings(tmp_path: Path) -> None:
    split = written(tmp_path / "split.json", {"0": ["one", "Cov_Clip 1.mp4"], "1": ["pneu 1.mp4", "Nobody.mp4"]})
    report = audited(NAMED, split)
    found = {finding.code: finding for finding in report.of("names")}
    assert set(found) == {"NAME_AMBIGUOUS", "NAME_UNKNOWN", "NAME_REPEATED"}
    assert "may be test/five, test/four" in found["NAME_AMBIGUOUS"].line()
    assert found["NAME_REPEATED"].subject == "test/one"
    assert not report.clean
    assert report.verdict == (
        "NOT CLEAN: 2 of 4 names fit no single recording (Nobody.mp4, pneu 1.mp4), and may stand on any side"
    )


def test_frames_count_as_their_recording(tmp_path: Path) -> None:
    frames = {
        "0": ["Day+1_frame0.jpg", "Day+1_frame12.jpg", "day+2.gif-Frame-0007.png"],
        "1": ["Other Clip.mp4_frame3.jpg", "Day+1_frame24.jpg", "clip_frame1.jpg"],
    }
    report = audited(TWO_PATIENTS, written(tmp_path / "split.json", frames))
    assert report.split.folds_of == {"test/day-1": ("0", "1"), "test/day-2": ("0",), "test/other": ("1",)}
    assert [place.told for place in report.split.places][:2] == [
        "Day+1_frame0.jpg and 1 more frame",
        "day+2.gif-Frame-0007.png",
    ]
    assert (report.split.names, report.split.mapped) == (6, 5)
    assert codes(report) == ["GROUP_LEAKS", "RECORDING_LEAKS", "NAME_UNKNOWN"]


def test_a_folder_with_a_folder_for_each_fold_is_a_split(tmp_path: Path) -> None:
    for name in ("split0/covid/Day+1_frame0.jpg", "split0/covid/Day+2_frame0.jpg", "split1/regular/Other Clip.mp4"):
        (tmp_path / "folds" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folds" / name).touch()
    report = audited(TWO_PATIENTS, tmp_path / "folds")
    assert report.split.folds_of == {"test/day-1": ("split0",), "test/day-2": ("split0",), "test/other": ("split1",)}
    with pytest.raises(DataError, match="the split names nothing"):
        read_split(tmp_path / "folds" / "split0" / "covid", TWO_PATIENTS)


def test_a_name_in_two_folds_is_a_leak_though_nobody_knows_it(tmp_path: Path) -> None:
    split = written(tmp_path / "split.json", {"0": ["Day+1.gif", "unknown.mp4"], "1": ["unknown.mp4"]})
    report = audited(TWO_PATIENTS, split)
    (leak,) = report.of("leaks")
    assert (leak.code, leak.subject) == ("NAME_LEAKS", "unknown.mp4")
    assert not report.clean


def test_a_single_fold_is_told(tmp_path: Path) -> None:
    assert codes(audited(TWO_PATIENTS, written(tmp_path / "split.json", {"train": ["other"]}))) == ["SPLIT_SINGLE"]


def test_a_split_of_another_collection_is_not_called_clean(tmp_path: Path) -> None:
    report = audited(NAMED, written(tmp_path / "split.json", {"0": ["x.mp4"], "1": ["y.mp4"]}))
    assert "SPLIT_FOREIGN" in codes(report)
    assert not report.clean


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_our_own_patient_folds_are_always_clean(seed: int) -> None:
    patients = [n * (seed % 8 + 1) % 9 for n in range(18)]
    manifests = [
        recording(f"r{n}", ["healthy", "covid-19"][n % 2], f"patient-{patient}", linked=[f"patient-{patient ^ 1}"])
        for n, patient in enumerate(patients)
    ]
    whole = collection(manifests)
    table = make_folds(whole.manifests, k=3, seed=seed)
    assert audit_split(whole, split_of_table(table, whole.manifests, source="ours")).clean


def test_folds_by_video_and_by_frame_leak() -> None:
    whole = collection([recording(f"r{n}", group=f"patient-{n // 4}") for n in range(12)])
    by_video = make_folds(whole.manifests, by="video", k=4)
    report = audit_split(whole, split_of_table(by_video, whole.manifests, source="by video"))
    assert len(report.leaked_groups) == 3
    by_frame = make_folds(whole.manifests, by="frame", k=4)
    report = audit_split(whole, split_of_table(by_frame, whole.manifests, source="by frame"))
    assert codes(report) == ["FRAMES_LEAK"]
    assert "12 videos of 3 groups" in report.of("leaks")[0].message


def test_a_group_in_training_and_validation_is_a_leak() -> None:
    manifests = [recording(f"r{n}") for n in range(8)]
    table = make_folds(manifests, k=2)
    mates = [name for name in table.split(0).train if name not in table.split(0).validation]
    first, second = mates[0], table.split(0).validation[0]
    # Both are in fold 1, so no fold tears them apart; only the validation part of round 0 does.
    linked = recording(first.split("/")[1], linked=[second.split("/")[1]])
    whole = collection([linked if manifest.id == first else manifest for manifest in manifests])
    report = audit_split(whole, split_of_table(table, whole.manifests, source="ours"))
    assert [code for code in codes(report) if code != "TABLE_OUTDATED"] == ["VALIDATION_LEAKS"]
    assert not report.clean


def test_a_table_that_is_older_than_its_catalog_says_so() -> None:
    manifests = [recording(f"r{n}") for n in range(6)]
    table = make_folds(manifests, k=2)
    whole = collection([*manifests[1:], recording("new")])
    report = audit_split(whole, split_of_table(table, whole.manifests, source="ours"))
    assert codes(report) == ["NAME_UNKNOWN", "TABLE_OUTDATED"]
    assert "1 of 6 buildable recordings are in no fold" in report.of("coverage", "SPLIT_PARTIAL")[0].message


def test_recordings_that_should_not_be_used_are_named(tmp_path: Path) -> None:
    manifests = [*TWO_PATIENTS, recording("gone", state="withdrawn"), recording("unseen", pinned=False)]
    report = audited(manifests, written(tmp_path / "s.json", {"0": ["gone", "day-1", "day-2"], "1": ["unseen"]}))
    assert [finding.subject for finding in report.of("coverage", "RECORDING_NOT_INCLUDED")] == ["test/gone"]
    assert "1 of its recordings have no digest" in report.of("coverage", "SPLIT_UNSEEN")[0].message


def test_doubtful_labels_rights_and_shared_files_are_listed(tmp_path: Path) -> None:
    doubtful = recording("a", patterns=[{"reader": "sheet", "normal": "present"}], licence="LicenseRef-None")
    review = [{"of": "class", "role": "curator", "on": "2024-01-01", "decision": "The diagnosis is kept."}]
    signed = Manifest({**recording("b", patterns=[{"reader": "sheet", "normal": "present"}]).data, "review": review})
    manifests = [doubtful, signed, recording("c", "healthy", sha256=signed.sha256)]
    report = audited(manifests, written(tmp_path / "split.json", {"0": ["a"], "1": ["b", "c"]}))
    first, second = report.of("labels", "LABEL_DOUBTFUL")
    assert (first.level, first.subject) == ("warning", "test/a (fold 0)")
    assert first.message.endswith("not reviewed")
    assert (second.level, second.message[-45:]) == ("note", "; reviewed by curator: The diagnosis is kept.")
    assert "frames of 2 published" in report.of("rights", "RIGHTS")[0].message
    assert (
        report.of("rights", "RIGHTS_BARRED")[0].message == "1 recording: LicenseRef-None does not allow passing it on"
    )
    assert "test/b (fold 1), test/c (fold 1)" in report.of("shared-files")[0].message
    assert {finding.subject for finding in report.of("balance", "FOLD_WITHOUT_CLASS")} == {"healthy"}


def test_a_new_check_plugs_in_without_touching_the_rest(tmp_path: Path) -> None:
    check = Check("pictures", "do two pictures agree?", lambda *_: iter([Finding("PICTURE", "error", "x", "y")]))
    whole = collection(TWO_PATIENTS)
    split = read_split(written(tmp_path / "s.json", {"0": ["day-1", "day-2"], "1": ["other"]}), whole.manifests)
    report = audit_split(whole, split, checks=(*CHECKS, check))
    assert report.of("pictures")[0].line() == "error PICTURE x: y"
    assert not report.clean
    assert report.as_dict()["findings"][-1]["check"] == "pictures"


def test_checks_have_names_of_their_own() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.question.endswith("?") for check in CHECKS)


def test_a_split_keeps_its_own_order_of_folds(tmp_path: Path) -> None:
    split = read_split(written(tmp_path / "s.json", {"b": ["other"], "a": ["day-1", "day-2"]}), TWO_PATIENTS)
    assert split.folds == ("b", "a")
    assert [cell.fold for cell in audit_split(collection(TWO_PATIENTS), split).balance] == ["b", "a"]
    assert replace(split, places=()).folds_of == {}


# Worked out by hand from the published metadata: every patient id that the published split has in several folds.
PUBLISHED_LEAKS = {
    "pocus/patient-4": {"3", "4"},
    "pocus/patient-6": {"0", "3"},
    "pocus/patient-7": {"0", "1", "3"},
    "pocus/patient-10": {"1", "2"},
    "pocus/patient-35": {"0", "3"},
    "pocus/patient-36": {"1", "4"},
    "pocus/patient-50": {"1", "3"},
}


@pytest.mark.real
def test_the_published_split_leaks_these_patients(facts_dir: Path) -> None:
    pocus = open_collection("pocus")
    report = audit_split(pocus, read_split(facts_dir / "published_folds.json", pocus.manifests))
    leaks = {finding.subject: {place.fold for place in finding.places} for finding in report.leaked_groups}
    assert {group: leaks.get(group) for group in PUBLISHED_LEAKS} == PUBLISHED_LEAKS
    assert report.split.names == 78
    # One of the 78 names is in neither the metadata nor the corpus.
    assert [entry.name for entry in report.split.unmapped] == ["Cov-grepmed3.mp4"]


def test_a_patient_with_two_classes_is_named_with_both(tmp_path: Path) -> None:
    manifests = [
        recording("a", group="patient-1"),
        recording("b", "healthy", group="patient-1"),
        recording("c", group="p"),
        recording("d", "uninformative", group="p"),
    ]
    report = audited(manifests, written(tmp_path / "s.json", {"0": ["a", "b"], "1": ["c", "d"]}))
    (finding,) = report.of("labels", "PATIENT_CLASSES")
    assert (finding.level, finding.subject) == ("warning", "test/patient-1")
    assert finding.message == "2 classes in one group: covid-19 (test/a (fold 0)); healthy (test/b (fold 0))"
    assert finding.advice
