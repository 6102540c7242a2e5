"""The importers of POCUS Atlas Bench and of the Kosice A- and B-lines: what a table and drawn shapes say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from lusdata.catalog.importers import atlas, cit
from lusdata.catalog.importers.common import Imported
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.manifest import dumps
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.shipped import manifests_root
from lusdata.cli import main
from lusdata.errors import DataError

ROOT = manifests_root()
PLAIN = {
    **dict.fromkeys(atlas._COLUMNS, "False"),
    "file_name": "unified_mp4/0001_lung_a.mp4",
    "id": "0001_lung_a",
    "source": "lung",
    "categories": "other",
    "case_page_url": "https://www.thepocusatlas.com/lung/a",
    "interp::Pleura::Sliding": "not assessed",
    "interp::Pleura::Morphology": "not assessed",
    "pathology": "unspecified",
    "pathology_extra": "unspecified",
    "excluded": "",
}


def imported(*rows: Mapping[str, str]) -> Imported:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(PLAIN))
    writer.writeheader()
    writer.writerows({**PLAIN, **row} for row in rows)
    made = atlas.draft(atlas.AtlasSources(text.getvalue()))
    assert [fault for data in made.drafts for fault in schema_faults(data)] == []
    return made


def only(**cells: str) -> dict[str, Any]:
    (data,) = imported({key.replace("__", "::"): value for key, value in cells.items()}).drafts
    return data


def test_what_is_not_mentioned_is_not_absent():
    (reading,) = only()["patterns"]
    assert reading == {
        "reader": "pocus-atlas-bench",
        "lung_sliding": "not-assessed",
        "pleural_irregularity": "not-assessed",
    }


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("interp::Lung rockets", "b_lines"),
        ("interp::Lung point", "lung_point"),
        ("interp_extra::Double lung point", "lung_point"),
        ("interp_extra::A-lines", "a_lines"),
        ("interp::Consolidation", "consolidation"),
        ("interp_extra::Air bronchogram (dynamic)", "dynamic_air_bronchogram"),
        ("sign_extra::Jellyfish sign", "effusion"),
        ("interp_extra::Ground-glass rockets", "confluent_b_lines"),
    ],
)
def test_what_is_mentioned_is_present(column, pattern):
    (data,) = imported({column: "True"}).drafts
    assert data["patterns"][0][pattern] == "present"
    assert "absent" not in data["patterns"][0].values()


@pytest.mark.parametrize(
    ("cell", "word"),
    [("present", "present"), ("absent", "absent"), ("both", "unknown"), ("not assessed", "not-assessed")],
)
def test_sliding_has_a_word_for_each_cell(cell, word):
    (data,) = imported({"interp::Pleura::Sliding": cell}).drafts
    assert data["patterns"][0]["lung_sliding"] == word


@pytest.mark.parametrize(
    ("cells", "class_name"),
    [
        ({"pathology": "Pneumonia"}, "unknown"),
        ({"pathology": "Pneumonia", "pathology_extra": "COVID-19"}, "covid-19"),
        ({"pathology": "Pulmonary edema"}, "pulmonary-oedema"),
        ({"pathology": "Pulmonary edema", "pathology_extra": "Contusion"}, "lung-contusion"),
        ({"pathology": "Normal"}, "normal"),
        ({"categories": "Pulmonary|pleural effusion"}, "pleural-effusion"),
        ({"categories": "pleuraleffusion", "pathology": "Pneumonia"}, "unknown"),
        ({"categories": "pneumonia"}, "unknown"),
        ({"pathology_extra": "Empyema", "categories": "pleural effusion"}, "other"),
    ],
)
def test_a_class_is_what_the_narrowest_word_says(cells, class_name):
    assert only(**cells)["class"] == class_name


def test_a_pneumonia_of_unknown_cause_keeps_its_word_as_a_label():
    assert only(pathology="Pneumonia")["labels"] == [
        {"task": "pathology", "value": "pneumonia", "reader": "pocus-atlas-bench"}
    ]


def test_a_page_is_a_case_and_joins_that_of_pocus():
    data = only(case_page_url="https://www.thepocusatlas.com/lung/air-bronchograms")
    assert data["group"] == {
        "id": "atlas/case-adult-air-bronchograms",
        "basis": "publication",
        "linked": [{"id": "pocus/patient-39", "basis": "patient"}],
    }
    paediatric = only(source="lung_jr")["group"]["id"]
    assert paediatric == "atlas/case-paediatric-a"


def test_every_case_that_is_called_the_same_is_there_in_both_collections():
    pocus = {json.loads(path.read_bytes()).get("group", {}).get("id") for path in (ROOT / "pocus").glob("*.json")}
    pages = [
        json.loads(path.read_bytes()).get("source", {}).get("page", "") for path in (ROOT / "atlas").glob("*.json")
    ]
    assert set(atlas._SAME_CASE.values()) <= pocus
    assert set(atlas._SAME_CASE) <= {page.rstrip("/").rpartition("/")[2] for page in pages}


def test_a_coloured_copy_is_excluded_and_stays_with_its_original():
    rows = [
        {"case_page_url": "https://www.thepocusatlas.com/lung/b"},
        {"id": "0088_lung_c", "excluded": "colorized duplicate of 0001 (the same)"},
    ]
    original, copied = imported(*rows).drafts
    assert copied["status"] == {**copied["status"], "state": "excluded", "reason": rows[1]["excluded"]}
    assert copied["group"]["linked"] == [{"id": original["group"]["id"], "basis": "near-duplicate"}]


def test_a_day_in_a_name_is_written_nowhere_but_in_the_pages_address():
    row = {"id": "0041_lung_2018-1-16-slide", "file_name": "unified_mp4/0041_lung_2018-1-16-slide.mp4"}
    (data,) = imported(row).drafts
    assert data["id"] == "atlas/0041-lung-slide"
    assert "2018" not in dumps(data)


def shapes(*labels: str) -> str:
    return json.dumps(
        [{"shapes": [{"label": label} for label in labels[:1]], "tracks": [{"label": x} for x in labels[1:]]}]
    )


def task(name: str, folder: str, *labels: str) -> Imported:
    table = "task,folder,path,git_blob_sha1,task_name\n" + f"task_1,{folder},Dataset/{folder}/v.mp4,{'a' * 40},{name}\n"
    made = cit.draft(cit.CitSources(table, {f"{folder}/task_1": shapes(*labels)}))
    assert [fault for data in made.drafts for fault in schema_faults(data)] == []
    return made


def test_what_is_drawn_is_there_and_what_is_not_is_left_out():
    (data,) = task("021_image_99.mp4", "USG-A-lines", "aline", "lungslidingpresent").drafts
    assert data["patterns"] == [{"reader": "cit-annotators", "a_lines": "present", "lung_sliding": "present"}]
    assert (data["class"], data["probe"]) == ("unknown", "convex")
    assert data["group"] == {"id": "cit/patient-021", "basis": "patient"}
    assert data["source"]["other_digests"] == {"git_blob_sha1": "a" * 40}


def test_sliding_that_is_drawn_both_ways_is_unknown():
    (data,) = task("021_image_99.mp4", "USG-B-lines", "lungslidingpresent", "lungslidingabsent").drafts
    assert data["patterns"][0]["lung_sliding"] == "unknown"


def test_a_recording_without_a_patients_number_stands_alone_and_the_folder_tells_the_transducer():
    (data,) = task("x_image_99.mp4", "USG-no-lines-linear").drafts
    assert data["group"] == {"id": "cit/unknown-x-99", "basis": "unknown"}
    assert data["probe"] == "linear"
    assert "patterns" not in data


def test_a_file_name_that_carries_a_day_is_not_written():
    (data,) = task("021_image_20210304.mp4", "USG-A-lines", "aline").drafts
    assert "20210304" not in dumps(data)
    assert data["id"] == "cit/task-1"
    assert "path" not in data["source"]


@pytest.mark.parametrize("text", ["{", "{}", '[{"shapes": [{}], "tracks": []}]', "[1]"])
def test_annotations_of_another_form_are_one_line(text):
    table = f"task,folder,path,git_blob_sha1,task_name\ntask_1,USG-A-lines,v.mp4,{'a' * 40},021_image_9.mp4\n"
    with pytest.raises(DataError, match="annotations of another form"):
        cit.draft(cit.CitSources(table, {"USG-A-lines/task_1": text}))


def test_a_task_of_another_form_ends_in_the_log():
    assert [unmade.reason for unmade in task("21.mp4", "USG-A-lines").unmade] == [
        "the name or the folder has another form"
    ]


@pytest.mark.real
@pytest.mark.parametrize("name", ["atlas", "cit"])
def test_importing_the_facts_gives_the_committed_manifests(name, facts_dir, tmp_path):
    folder = facts_dir / "cit" if name == "cit" else facts_dir
    assert main(["import", name, str(folder), "--out", str(tmp_path / name)]) == 0
    made = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    kept = {path.name: path.read_bytes() for path in (ROOT / name).iterdir() if path.name != "collection.json"}
    assert made == kept


def test_every_importer_has_its_manifests_or_says_that_they_stay_with_the_user():
    committed = {name for name, importer in IMPORTERS.items() if importer.committed}
    assert committed == {"pocus", "blues", "atlas", "cit"}
    assert all((ROOT / name / "CURATION.md").is_file() for name in committed)
