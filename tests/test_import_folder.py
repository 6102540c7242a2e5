"""``lusdata import folder``: from clips and a table to a collection that can be loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import lusdata
from lusdata.catalog.open_collection import open_collection
from lusdata.cli import main
from lusdata.intake.folder import crew
from lusdata.intake.folder.examine import ExamineJob, examine
from lusdata.intake.folder.plan import plan_import
from lusdata.intake.folder.request import Request
from lusdata.media.facts import sha256_of
from lusdata.media.phantom import draw
from lusdata.media.phantom.media import write_video
from lusdata.media.phantom.spec import typical

TABLE = "clip,pid,diagnosis,score\np1_L1.mp4,1,Corona,2\np1_R1.mp4,1,COVID-19,3\np2_L1.mp4,2,healthy,0\n"


def frames(seed: int) -> np.ndarray:
    spec = replace(typical("covid-19", variant=seed), burned_in=False, width_px=240, height_px=200, frame_count=5)
    return draw(spec, seed).frames


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for seed, name in enumerate(("p1_L1", "p1_R1", "p2_L1", "p3_L1"), start=1):
        write_video(folder / f"{name}.mp4", frames(seed), rate_hz=10)
    write_video(folder / "mirrored.mp4", frames(1)[:, :, ::-1].copy(), rate_hz=10)
    for path in sorted(folder.glob("*.mp4")):
        # Looked at once, so that most tests below need no worker.
        looked = ExamineJob(path.name, str(path), sha256_of(path), False, str(folder), str(folder / "import"))
        assert examine(looked).fault == ""
    return folder


@dataclass(frozen=True)
class Desk:
    """A user's desk: a folder of clips, a table, and where the collection goes."""

    root: Path

    @property
    def clips(self) -> Path:
        return self.root / "clips"

    @property
    def mine(self) -> Path:
        return self.root / "mine"

    def bring(self, *arguments: object, table: str | None = TABLE) -> int:
        """Run the command without a terminal."""
        labels: list[object] = []
        if table is not None:
            (self.root / "labels.csv").write_text(table)
            labels = ["--labels", self.root / "labels.csv"]
        given = ("import", "folder", self.clips, "--out", self.mine, "--workers", 1, *labels, *arguments)
        return main([*map(str, given)])

    def manifests(self) -> dict[str, dict]:
        """Return what was written, by the file's name."""
        found = open_collection(self.mine).manifests
        return {one.data.get("aliases", [one.id])[0]: dict(one.data) for one in found}


@pytest.fixture
def desk(tmp_path: Path, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    made = Desk(tmp_path)
    made.clips.mkdir()
    shutil.copytree(drawn / "import", tmp_path / "cache" / "import")
    for name in ("p1_L1", "p1_R1", "p2_L1"):
        shutil.copyfile(drawn / f"{name}.mp4", made.clips / f"{name}.mp4")
    return made


def test_a_folder_and_a_table_become_a_private_collection_that_loads(desk, drawn, capsys):
    shutil.rmtree(desk.root / "cache")
    assert desk.bring("--owner", "Ward 7") == 0
    said = capsys.readouterr().out
    assert "Corona -> covid-19 (1)" in said
    assert "3 recordings in 2 groups of one patient each" in said
    assert "pull request" not in said
    found = desk.manifests()
    assert found.keys() == {"p1_L1.mp4", "p1_R1.mp4", "p2_L1.mp4"}
    one = found["p1_R1.mp4"]
    assert (one["class"], one["class_basis"], one["group"]["id"]) == ("covid-19", "source-label", "mine/patient-1")
    assert one["severity"] == [{"scale": "severity-0-3", "value": 3, "reader": "owner-table"}]
    assert one["source"]["licence"]["id"] == "LicenseRef-Private"
    assert "p1" not in one["source"]["path"] + one["id"]
    about = json.loads((desk.mine / "collection.json").read_text())
    assert (about["private"], about["owner"]) == (True, "Ward 7")
    # Its own folder is the mirror; a moved one is found when it is named.
    dataset = lusdata.load(desk.mine, size=32, max_frames=2, workers=1, progress=False, offline=True)
    assert dataset.fold(0, k=2).train.to_numpy()[0].shape[1:] == (32, 32)
    # More clips came, looked at before like those of the other tests.
    shutil.copytree(drawn / "import", desk.root / "cache" / "import", dirs_exist_ok=True)
    shutil.copyfile(drawn / "p3_L1.mp4", desk.clips / "p3_L1.mp4")
    written = {path: path.stat().st_mtime_ns for path in desk.mine.glob("video-*.json")}
    assert desk.bring(table=TABLE + "p3_L1.mp4,3,healthy,1\n") == 0
    assert "1 added, 3 there already" in capsys.readouterr().out
    assert all(path.stat().st_mtime_ns == then for path, then in written.items())


def test_a_dry_run_writes_nothing_and_tells_what_does_not_match(desk, capsys, monkeypatch):
    monkeypatch.setattr(crew, "_START", "raise SystemExit('nothing is to be decoded')")
    assert desk.bring("--dry-run", table="clip,pid,diagnosis\np1_L1,1,covid\ngone.mp4,1,covid\n") == 0
    said = capsys.readouterr().out
    assert "1 row without a file" in said
    assert "labels.csv:3 gone.mp4" in said
    assert "2 files without a row" in said
    assert "p1_R1.mp4" in said
    assert not desk.mine.exists()


def test_without_a_table_nobody_is_taken_for_a_patient_in_silence(desk, capsys):
    assert desk.bring(table=None) == 2
    said = capsys.readouterr()
    assert "nobody says which recordings are of one patient" in said.out
    assert "--group-by name" in said.out
    assert not desk.mine.exists()


def test_recordings_of_nobody_known_are_in_no_fold_by_patient(desk, capsys):
    assert desk.bring("--group-by", "unknown", table=None) == 0
    assert "3 of 3 recordings: patient not known" in capsys.readouterr().out
    assert {one["group"]["basis"] for one in desk.manifests().values()} == {"unknown"}
    assert main(["folds", str(desk.mine)]) != 0


def test_what_the_table_says_otherwise_on_a_rerun_is_told_and_taken_only_when_asked_for(desk, capsys):
    assert desk.bring() == 0
    first = desk.manifests()
    corrected = TABLE.replace("p1_R1.mp4,1,COVID-19,3", "p1_R1.mp4,2,COVID-19,1").replace("healthy,0", "healthy,")
    capsys.readouterr()
    assert desk.bring(table=corrected) == 0
    said = capsys.readouterr().out
    assert "2 recordings there already, of which the tables say otherwise now: it is left as it was; --update" in said
    assert "p1_R1.mp4: patient mine/patient-1 -> mine/patient-2, severity 3 -> 1" in said
    assert "p2_L1.mp4: severity 0 -> not said" in said
    assert desk.manifests() == first
    assert desk.bring("--update", table=corrected) == 0
    assert "2 updated, 0 added, 3 there already" in capsys.readouterr().out
    found = desk.manifests()
    assert found["p1_L1.mp4"] == first["p1_L1.mp4"]
    assert found["p1_R1.mp4"]["group"] == {"id": "mine/patient-2", "basis": "patient"}
    assert found["p1_R1.mp4"]["severity"][0]["value"] == 1
    assert "severity" not in found["p2_L1.mp4"]
    # The same again says nothing new.
    assert desk.bring(table=corrected) == 0
    assert "otherwise" not in capsys.readouterr().out


def test_who_was_nobody_known_gets_a_patient_when_a_table_tells(desk, drawn, capsys):
    shutil.copyfile(drawn / "mirrored.mp4", desk.clips / "copy.mp4")
    assert desk.bring("--group-by", "unknown", table=None) == 0
    assert any("linked" in one["group"] for one in desk.manifests().values())
    assert desk.bring("--update", table=TABLE + "copy.mp4,1,Corona,2\n") == 0
    assert "p1_L1.mp4: " in (said := capsys.readouterr().out)
    assert "patient not said -> mine/patient-1" in said
    # Links to groups that are gone went with them.
    assert main(["validate", str(desk.mine)]) == 0
    assert {one["group"]["basis"] for one in desk.manifests().values()} == {"patient"}
    assert main(["folds", str(desk.mine), "--k", "2"]) == 0


def test_a_file_that_comes_later_stands_with_its_patient_whatever_the_table_said_before(desk, drawn):
    assert desk.bring("--group-by", "name", table=None) == 0
    shutil.copyfile(drawn / "p3_L1.mp4", desk.clips / "p3_L1.mp4")
    # Now one patient is called otherwise, and the new file is that patient's.
    renamed = "clip,pid\np1_L1.mp4,A7\np1_R1.mp4,A7\np2_L1.mp4,2\np3_L1.mp4,A7\n"
    assert desk.bring(table=renamed) == 0
    new = desk.manifests()["p3_L1.mp4"]["group"]
    assert new == {
        "id": "mine/patient-a-7",
        "basis": "patient",
        "linked": [{"id": "mine/patient-1", "basis": "patient"}],
    }


def test_a_patients_number_means_something_to_one_provider_alone(desk, drawn):
    assert desk.bring() == 0
    other = desk.root / "other"
    other.mkdir()
    shutil.copyfile(drawn / "p3_L1.mp4", other / "p1_R2.mp4")
    given = ("import", "folder", other, "--out", desk.mine, "--group-by", "name", "--provider", "ward-9")
    assert main([*map(str, given)]) == 0
    assert desk.manifests()["p1_R2.mp4"]["group"]["id"] == "mine/patient-ward-9-1"


def test_days_and_minutes_of_names_and_tags_tell_an_examination(desk, capsys):
    for name, at in (("p1_L1", "20240314_1015"), ("p1_R1", "20240314_1029"), ("p2_L1", "20240314_1600")):
        (desk.clips / f"{name}.mp4").rename(desk.clips / f"{at}.mp4")
    assert desk.bring("--group-by", "time", table=None) == 0
    assert "2 files: taken within 14 minutes, pictures of 240 x 200 px" in capsys.readouterr().out
    groups = sorted(one["group"]["id"] for one in desk.manifests().values())
    assert len(set(groups)) == 2
    assert all(group.startswith("mine/study-") and "2024" not in group for group in groups)


def test_names_tell_who_is_one_patient_when_asked_to(desk):
    assert desk.bring("--group-by", "name", table=None) == 0
    assert [one["group"]["id"] for _, one in sorted(desk.manifests().items())] == [
        "mine/patient-1",
        "mine/patient-1",
        "mine/patient-2",
    ]


def test_an_import_that_was_ended_looks_at_nothing_twice(desk, capsys, monkeypatch):
    desk.bring()
    shutil.rmtree(desk.mine)
    monkeypatch.setattr(crew, "_START", "raise SystemExit('everything was looked at before')")
    assert desk.bring() == 0
    assert "3 added" in capsys.readouterr().out


def test_what_cannot_be_decoded_is_listed_and_the_rest_goes_on(desk, capsys):
    (desk.clips / "p3_L1.mp4").write_bytes(b"\0" * 1000)
    (desk.clips / "p4.mp4").write_bytes(b"")
    table = TABLE + "p3_L1.mp4,3,healthy,0\np4.mp4,4,healthy,0\n"
    assert desk.bring(table=table) == 1
    said = capsys.readouterr().out
    assert "3 added, 0 there already, 2 could not be taken" in said
    assert "p4.mp4: the file is empty" in said


def test_a_file_that_changes_while_the_folder_is_read_is_told(desk, capsys, monkeypatch):
    from lusdata.intake.folder import write

    looked = write.examine_all

    def and_then_grow(jobs, **options):
        found = looked(jobs, **options)
        with (desk.clips / "p2_L1.mp4").open("ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr(write, "examine_all", and_then_grow)
    assert desk.bring() == 1
    assert "p2_L1.mp4: the file changed while the folder was read" in capsys.readouterr().out
    assert len(desk.manifests()) == 2


def test_the_same_file_is_one_recording_whatever_it_is_called(desk, capsys):
    shutil.copyfile(desk.clips / "p1_L1.mp4", desk.clips / "copy.mp4")
    assert desk.bring("--all", "--group-by", "unknown") == 0
    assert "copy.mp4: the very file of p1_L1.mp4, taken once" in capsys.readouterr().out
    assert len(desk.manifests()) == 3


def test_one_file_under_two_names_may_not_be_two_patients(desk, capsys):
    shutil.copyfile(desk.clips / "p1_L1.mp4", desk.clips / "p9.mp4")
    assert desk.bring(table=TABLE + "p9.mp4,9,healthy,0\n") == 1
    assert "the very file of" in capsys.readouterr().out
    assert not desk.mine.exists()


def test_pictures_that_agree_join_groups(desk, drawn, capsys):
    shutil.copyfile(drawn / "mirrored.mp4", desk.clips / "p9_L1.mp4")
    assert desk.bring(table=TABLE + "p9_L1.mp4,9,Corona,2\n") == 0
    assert "their groups are joined" in capsys.readouterr().out
    links = [link["id"] for one in desk.manifests().values() for link in one["group"].get("linked", ())]
    assert links in (["mine/patient-1"], ["mine/patient-9"])


def test_a_renamed_file_and_a_moved_folder_are_found_by_digest(desk, tmp_path, capsys):
    assert desk.bring() == 0
    (desk.clips / "p1_L1.mp4").rename(desk.clips / "other.mp4")
    assert main(["fetch", str(desk.mine), "--offline"]) == 0
    shutil.rmtree(tmp_path / "cache")
    desk.clips.rename(tmp_path / "elsewhere")
    capsys.readouterr()
    assert main(["fetch", str(desk.mine), "--json"]) == 0
    assert {one["state"] for one in json.loads(capsys.readouterr().out)["recordings"]} == {"gone"}
    assert main(["fetch", str(desk.mine), "--offline", "--mirror", str(tmp_path / "elsewhere")]) == 0
    shutil.rmtree(tmp_path / "cache")
    capsys.readouterr()
    assert main(["fetch", str(desk.mine), "--json"]) == 0
    assert {one["state"] for one in json.loads(capsys.readouterr().out)["recordings"]} == {"fetched"}


def test_a_zip_file_is_read_and_a_path_that_leads_out_is_not(desk, capsys):
    with zipfile.ZipFile(desk.clips / "export.zip", "w") as archive:
        archive.write(desk.clips / "p2_L1.mp4", "study/p2_L1.mp4")
        archive.write(desk.clips / "p1_L1.mp4", "../p1_L1.mp4")
        archive.writestr("inner.zip", b"PK")
    (desk.clips / "p2_L1.mp4").unlink()
    (desk.clips / "loop").symlink_to(desk.clips, target_is_directory=True)
    assert desk.bring() == 1
    said = capsys.readouterr().out
    assert "../p1_L1.mp4: its path leads out of the ZIP file" in said
    assert "inner.zip: a ZIP file in a ZIP file; unpack it first" in said
    assert "loop: a symbolic link" in said
    assert len(desk.manifests()) == 3
    (desk.clips / "export.zip").unlink()
    assert main(["fetch", str(desk.mine), "--offline"]) == 0


def test_no_private_word_of_a_files_name_gets_into_the_collection(desk):
    (desk.clips / "p2_L1.mp4").rename(desk.clips / "Erika_4711081_2020-03-14.mp4")
    assert (
        desk.bring("--map", "name=-", table="clip,pid,name\nErika_4711081_2020-03-14,4711081,Erika\np1_L1,1,Max\n") == 0
    )
    written = "".join(path.read_text() + path.name for path in desk.mine.iterdir())
    for word in ("Erika", "erika", "4711081", "2020-03-14"):
        assert word not in written
    assert "mine/patient-1" in written


def test_a_scale_goes_as_far_as_the_table_and_no_row_later_goes_beyond_it_in_silence(desk, capsys):
    assert desk.bring(table=TABLE + "later.mp4,9,Corona,4\n") == 0
    assert desk.manifests()["p1_L1.mp4"]["severity"][0]["scale"] == "severity-0-4"
    assert desk.bring(table=TABLE.replace("healthy,0", "healthy,5")) == 1
    said = capsys.readouterr().out
    assert "p2_L1.mp4: severity 5 is not on the scale severity-0-4; it has whole numbers from 0 to 4; correct" in said


def test_two_diagnoses_of_one_patient_are_told_before_anything_is_written(desk, capsys):
    assert desk.bring("--dry-run", table=TABLE.replace("p1_R1.mp4,1,COVID-19", "p1_R1.mp4,1,healthy")) == 0
    said = capsys.readouterr().out
    assert "2 classes in one group: covid-19 (p1_L1.mp4); healthy (p1_R1.mp4)" in said


def test_names_in_the_column_of_patients_become_codes_and_leave_the_names_of_files(desk):
    (desk.clips / "p2_L1.mp4").rename(desk.clips / "musterfrau_L1.mp4")
    assert desk.bring(table="clip,patient\nmusterfrau_L1,Musterfrau\np1_L1,7\n") == 0
    written = "".join(path.read_text() + path.name for path in desk.mine.iterdir())
    assert "musterfrau" not in written.casefold()
    assert "mine/patient-7" in written


def test_a_table_of_patients_finds_dicom_files_by_their_number(desk):
    pytest.importorskip("pydicom")
    from dicom_files import dicom_file

    tree = desk.root / "tree"
    tree.mkdir()
    for n in range(2):
        renumbered(dicom_file(tree / f"IM{n}", frames(5 + n)), f"HOSP-{n}", f"1.2.3.{n}")
    (desk.root / "patients.csv").write_text("PatientID,Diagnosis\nhosp 0,covid\nHOSP-1,healthy\nHOSP-9,copd\n")
    request = Request(tree, desk.mine, tables=(desk.root / "patients.csv",), group_by="dicom")
    plan = plan_import(request, desk.root)
    assert [plan.said_of(f"IM{n}")["class"] for n in range(2)] == ["covid-19", "healthy"]
    assert plan.notes == ("1 patient of the tables without a recording",)


def test_options_for_a_folder_are_refused_for_a_public_collection(desk, capsys):
    assert main(["import", "blues", str(desk.clips), "--labels", "x.csv"]) == 2
    assert "--labels: an option for a folder of your own" in capsys.readouterr().err


def test_a_dicom_tree_is_read_by_its_patients_numbers_which_go_nowhere(desk, capsys):
    pytest.importorskip("pydicom")
    from dicom_files import dicom_file

    tree = desk.root / "tree"
    for seed, (patient, study) in enumerate((("HOSP-1", "1.2.3.1"), ("HOSP-1", "1.2.3.2"), ("HOSP-2", "1.2.3.3")), 5):
        folder = tree / study
        folder.mkdir(parents=True)
        path = dicom_file(folder / "IM0001", frames(seed))
        renumbered(path, patient, study)
    given = ("import", "folder", tree, "--out", desk.mine, "--workers", 1)
    assert main([*map(str, given)]) == 2
    assert "--group-by dicom" in capsys.readouterr().out
    assert main([*map(str, given), "--group-by", "dicom"]) == 0
    found = open_collection(desk.mine).manifests
    groups = [one.group_id for one in found]
    assert len(groups) == 3
    assert len(set(groups)) == 2
    kept = [path for folder in (desk.mine, desk.root / "cache") for path in folder.rglob("*") if path.is_file()]
    assert not any(b"HOSP-" in path.read_bytes() or "HOSP" in path.name for path in kept)
    assert main(["fetch", str(desk.mine), "--offline"]) == 0
    # Read again, nothing is new.
    assert main([*map(str, given), "--group-by", "dicom"]) == 0
    assert "0 added, 3 there already" in capsys.readouterr().out


def renumbered(path: Path, patient: str, study: str) -> None:
    import pydicom

    dataset = pydicom.dcmread(path)
    dataset.PatientID, dataset.StudyInstanceUID = patient, study
    dataset.save_as(path)


def test_a_worker_that_dies_of_a_file_takes_that_file_alone(desk, tmp_path):
    jobs = [
        ExamineJob(name, str(desk.clips / f"{name}.mp4"), name * 32, False, str(tmp_path), str(tmp_path / "r"))
        for name in ("p1_L1", "p1_R1")
    ]
    start = (
        "import json, os, sys; print('ready', flush=True); job = json.loads(sys.stdin.readline()); "
        "os.kill(os.getpid(), 9) if job['name'] == 'p1_L1' else print(json.dumps({'name': job['name']}), flush=True)"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "_START", start)
        found = crew.examine_all(jobs, workers=1, advance=lambda *_: None)
    assert "ended its process" in found["p1_L1"].fault
    assert found["p1_R1"].fault == ""


def marked(environ: Path, word: str) -> bool:
    """Tell whether a process other than this one runs with a word in its surroundings."""
    try:
        return int(environ.parent.name) != os.getpid() and word.encode() in environ.read_bytes()
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_import_that_was_killed_goes_on(desk, tmp_path):
    shutil.rmtree(tmp_path / "cache")
    given = ["import", "folder", str(desk.clips), "--out", str(desk.mine), "--group-by", "name", "--workers", "1"]
    code = f"from lusdata.cli import main; main({given!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    results = tmp_path / "cache" / "import"
    while not (results.is_dir() and list(results.iterdir())):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not desk.mine.exists()
    # Its workers went with it.
    for _ in range(50):
        ours = [path for path in Path("/proc").glob("[0-9]*/environ") if marked(path, str(tmp_path))]
        if not ours:
            break
        time.sleep(0.1)
    assert not ours
    assert desk.bring("--group-by", "name", table=None) == 0
    assert len(desk.manifests()) == 3


@pytest.mark.real
def test_a_hospitals_folder_with_its_two_tables_becomes_folds_by_severity(blues_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUSDATA_CACHE", str(tmp_path / "cache"))
    clips = tmp_path / "clips"
    clips.mkdir()
    for patient in (2, 10, 15):
        for path in sorted((blues_dir / "lus_videos").glob(f"patient_{patient}_L[12].mp4")):
            shutil.copyfile(path, clips / path.name)
    tables = [word for name in ("severity", "clinical_variables") for word in ("--labels", blues_dir / f"{name}.csv")]
    words = ("--map", "class=cov_test,age=pat_age,sex=pat_sex", "--value", "class:1=covid-19,class:0=other")
    given = ("import", "folder", clips, "--out", tmp_path / "ward", "--workers", 2, *tables, *words)
    assert main([*map(str, given), "--value", "sex:1=male,sex:0=female"]) == 2
    assert "3 groups" in capsys.readouterr().out
    assert main([*map(str, given), "--value", "sex:1=male,sex:0=female", "--group-by", "name"]) == 0
    assert "6 recordings in 3 groups of one patient each" in capsys.readouterr().out
    dataset = lusdata.load(tmp_path / "ward", size=64, max_frames=2, progress=False, offline=True)
    told = dataset.table.set_index("aliases")
    assert told.loc["patient_10_L1.mp4", "group"] == told.loc["patient_10_L2.mp4", "group"]
    assert set(told["sex"]) <= {"female", "male"}
    train = dataset.fold(0, k=3, target="severity").train.to_numpy(target="severity")
    assert train.images.shape[1:] == (64, 64)
    assert set(train.labels.tolist()) <= {0, 1, 2, 3}
