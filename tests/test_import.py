"""Importing a collection: dirty cells, decisions, files that are there and files that are not."""

from __future__ import annotations

import csv
import doctest
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lusdata.catalog.folders import json_files
from lusdata.catalog.importers import blues, common, curation
from lusdata.catalog.importers.common import Imported
from lusdata.catalog.importers.pocus import cells as pocus_cells
from lusdata.catalog.importers.pocus import collection as pocus
from lusdata.catalog.importers.pocus import groups as pocus_groups
from lusdata.catalog.importers.pocus import places as pocus_places
from lusdata.catalog.manifest import Manifest, read_manifest
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import schema_faults
from lusdata.cli import main
from lusdata.errors import DataError
from lusdata.media.phantom.media import write_video

PLAIN = {
    "Current location": "pocus_videos/convex",
    "Filename": "Cov_a",
    "URL (Video Name)": "https://example.org/case",
    "Label": "COVID-19",
    "License": "CC BY 4.0",
    "LinkToLicense": "https://creativecommons.org/licenses/by/4.0/",
    "ChangesMade": "Cropping",
    "InThisRepo": "Yes",
    "Type": "video",
    "Probe": "convex",
    "DOI": "",
    "Source ID": "99",
    "Framerate": "25",
    "Resolution": "64x64",
    "Gender": "m",
    "Age": "44",
    "Patient ID / Name": "1",
    "Area according to DEGUM": "",
    "Unnamed: 27": "",
    **dict.fromkeys(pocus_cells.COLUMNS[-15:], "0"),
    "B-lines": "1",
}


def sources(*rows: Mapping[str, str], media: tuple[str, ...] = (), **other: object) -> pocus.PocusSources:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(PLAIN))
    writer.writeheader()
    writer.writerows({**PLAIN, **row} for row in rows)
    web = "path,url\n" + "".join(f"{path},{url}\n" for path, url in dict(other.get("web", {})).items())
    gallery, folds = json.dumps(other.get("gallery", [])), json.dumps(other.get("folds", {}))
    severity = "row,filename,probe,type,label,lung_severity_score\n" + "".join(
        f"{line}\n" for line in other.get("severity", ())
    )
    return pocus.PocusSources(text.getvalue(), json.dumps(other.get("boxes", {})), web, gallery, folds, severity, media)


def drafted(*rows: Mapping[str, str], **other: object) -> Imported:
    imported = pocus.draft(sources(*rows, **other))
    assert [fault for data in imported.drafts for fault in schema_faults(data)] == []
    assert len(imported.drafts) + len(imported.unmade) == imported.rows
    return imported


def only(row: Mapping[str, str], **other: object) -> dict:
    (data,) = drafted(row, **other).drafts
    return data


def noted(imported: Imported, rule: str) -> list[int]:
    return [decision.row for decision in imported.decisions if decision.rule == rule]


@pytest.mark.parametrize("module", [common, curation, pocus_cells, pocus_groups, pocus_places])
def test_the_examples_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("typed", "link", "identifier"),
    [
        ("None", "N.A.", "LicenseRef-None"),
        ("", "", "LicenseRef-None"),
        ("CC BY-NC 4.0", "", "CC-BY-NC-4.0"),
        ("CC BY-NC -SA 3.0", "", "CC-BY-NC-SA-3.0"),
        ("cc by 2.0", "", "CC-BY-2.0"),
        ("CC-BY-NC-ND", "https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND-4.0"),
        ("CC-BY-NC-ND", "", "LicenseRef-None"),
        ("COVID-19 emergency license", "", "LicenseRef-COVID-19-Emergency"),
        ("CC BY 9.9", "", "LicenseRef-None"),
    ],
)
def test_a_licence_becomes_spdx_and_what_is_not_understood_allows_nothing(typed, link, identifier):
    assert pocus_cells.licence_of(typed, link) == identifier


@pytest.mark.parametrize(
    ("location", "state"),
    [
        ("data/pocus_videos/Convex", "included"),
        ("pocus_images/linear", "included"),
        ("butterfly", "included"),
        ("not used - same as x.gif", "excluded"),
        ("Not used", "excluded"),
        ("not_to_use (local)", "excluded"),
        ("data_with_artifacts", "excluded"),
        ("pocus_videos/linear/label_uncertain", "excluded"),
        ("CC BY 4.0", "excluded"),
        ("", "excluded"),
    ],
)
def test_a_location_decides_whether_a_recording_is_used(location, state):
    data = only({"Current location": location})
    assert data["status"]["state"] == state
    assert ("reason" in data["status"]) == (state == "excluded")


def test_a_patients_name_never_survives():
    rows = [{"Filename": "a", "Patient ID / Name": "Jane Doe"}, {"Filename": "b", "Patient ID / Name": "JANE DOE"}]
    imported = drafted(*rows, {"Filename": "c", "Patient ID / Name": "R. R."})
    assert [data["group"]["id"] for data in imported.drafts] == [
        "pocus/patient-n1",
        "pocus/patient-n1",
        "pocus/patient-n2",
    ]
    text = json.dumps(imported.drafts) + curation.curation_log(imported, imported.drafts, {})
    assert "jane" not in text.lower()
    assert "R. R." not in text


def test_a_name_in_the_address_column_is_not_carried_over():
    imported = drafted({"URL (Video Name)": "marianne", "Source ID": "14"})
    text = json.dumps(imported.drafts) + curation.curation_log(imported, imported.drafts, {})
    assert "marianne" not in text
    assert imported.drafts[0]["class_basis"] == "volunteer"


def test_a_day_in_a_file_name_is_taken_out():
    imported = drafted({"Filename": "Cov_VID-20200427-WA1"})
    text = json.dumps(imported.drafts) + curation.curation_log(imported, imported.drafts, {})
    assert imported.drafts[0]["id"] == "pocus/cov-vid-wa1"
    assert "20200427" not in text


def test_an_id_in_the_column_without_a_heading_is_found():
    imported = drafted({"Patient ID / Name": "", "Unnamed: 27": "12.0"})
    assert imported.drafts[0]["group"] == {"id": "pocus/patient-12", "basis": "patient"}
    assert noted(imported, "patient-beside") == [2]


def test_without_a_patient_id_everything_of_the_publication_is_one_group():
    rows = [{"Filename": name, "Patient ID / Name": "", "DOI": "DOI 10.1000/x.1"} for name in "ab"]
    imported = drafted(*rows)
    assert {data["group"]["id"] for data in imported.drafts} == {"pocus/publication-10-1000-x-1"}
    assert {data["source"]["doi"] for data in imported.drafts} == {"10.1000/x.1"}


def test_one_id_with_two_descriptions_stays_one_group_and_is_noted():
    imported = drafted({"Filename": "a", "Gender": "w"}, {"Filename": "b", "Label": "regular"})
    assert {data["group"]["id"] for data in imported.drafts} == {"pocus/patient-1"}
    assert "sex female and male" in next(d.detail for d in imported.decisions if d.rule == "patient-differs")


def test_a_name_used_twice_gives_two_ids():
    imported = drafted(
        {"Filename": "Reg-x", "Patient ID / Name": "1"},
        {"Filename": "Reg-x", "Probe": "linear", "Current location": "pocus_videos/linear", "Patient ID / Name": "2"},
    )
    assert [(data["id"], data["group"]["id"]) for data in imported.drafts] == [
        ("pocus/reg-x-convex", "pocus/patient-1"),
        ("pocus/reg-x-linear", "pocus/patient-2"),
    ]


def test_names_that_differ_by_capitals_give_two_ids():
    imported = drafted({"Filename": "Linee B"}, {"Filename": "linee B"})
    assert [data["id"] for data in imported.drafts] == ["pocus/linee-b", "pocus/linee-b-row-3"]


@pytest.mark.parametrize(
    "file", ["pocus_videos/convex/Cov_a.mp4", "pocus_videos/convex/cov-A.MP4", "elsewhere/Cov_a.gif"]
)
def test_a_file_is_found_by_its_name_whatever_ending_capitals_and_folder(file):
    data = only({}, media=(file, "notes.txt"))
    assert data["source"]["path"] == file
    assert data["source"]["locations"][0].endswith("/data/" + file)


def test_an_address_is_percent_encoded():
    data = only({"Filename": "Day+1 (a)"}, media=("pocus_videos/convex/Day+1 (a).gif",))
    assert data["source"]["locations"][0].endswith("/data/pocus_videos/convex/Day%2B1%20%28a%29.gif")


def test_a_file_that_is_called_hosted_and_is_not_there_gets_no_invented_facts():
    imported = drafted({})
    (data,) = imported.drafts
    assert noted(imported, "hosted-no-path") == [2]
    assert not {"path", "sha256", "size_bytes"} & data["source"].keys()
    assert "media" not in data
    assert data["status"]["state"] == "included"


def test_a_diseased_recording_marked_healthy_keeps_its_class_and_is_signed():
    imported = drafted({"Healthy": "1", "Consolidations": "1"})
    (data,) = imported.drafts
    assert data["class"] == "covid-19"
    assert data["patterns"][0]["normal"] == "present"
    assert {(review["of"], review["role"]) for review in data["review"]} == {
        ("class", "curator"),
        ("patterns", "curator"),
    }
    assert noted(imported, "class-called-normal") == noted(imported, "normal-with-signs") == [2]


@pytest.mark.parametrize("cell", ["0", ""])
def test_seven_zeros_or_seven_blanks_are_no_reading(cell):
    assert "patterns" not in only(dict.fromkeys(pocus_cells.PATTERNS, cell))


def test_a_blank_finding_is_left_out():
    (reading,) = only({"Effusion": ""})["patterns"]
    assert "effusion" not in reading
    assert reading["b_lines"] == "present"


def test_a_download_gets_its_box_and_its_trim():
    path = "pocus_videos/convex/Cov_a.mp4"
    row = {"InThisRepo": "No", "ChangesMade": "Cropping + Triming", "Resolution": "280x270"}
    data = only(row, web={path: "https://example.org/a.mp4"}, boxes={path: [[40, 150, 280], [50, 75.0]]})
    assert data["source"]["locations"] == ["https://example.org/a.mp4"]
    assert "upstream_changes" not in data["source"]
    assert data["crop"] == {"left_px": 150, "top_px": 40, "width_px": 280, "height_px": 270, "method": "manual"}
    assert data["trim"] == {"start_s": 2.0, "end_s": 3.0}


def test_a_still_with_the_least_integer_as_its_last_frame_gets_no_trim():
    path = "pocus_images/convex/Cov_a.png"
    row = {"InThisRepo": "No", "Type": "Image", "Current location": "pocus_images/Convex"}
    data = only(row, web={path: "https://e.org/a"}, boxes={path: [[1, 2, 64], [0, -9.223372036854776e18]]})
    assert data["kind"] == "image"
    assert "trim" not in data


def test_a_licence_without_derivatives_may_be_built_and_not_published():
    data = only({"License": "CC BY-NC-ND 4.0"})
    rights = rights_of(Manifest(data))
    assert (rights.build, rights.publish) == (True, False)


def test_a_page_that_plays_a_video_is_no_location():
    path = "pocus_videos/convex/Cov_a.mp4"
    data = only({"InThisRepo": "No"}, web={path: "https://www.youtube.com/watch?v=x"})
    assert data["source"]["access"] == "manual"
    assert data["source"]["locations"] == []


def test_published_names_become_aliases_and_unknown_ones_are_noted():
    folds = {"0": ["Cov_Butterfly_Skip Lesion.avi", "nobody.mp4"]}
    row = {"Filename": "Cov-Butterfly-Skip Lesion", "Current location": "butterfly", "InThisRepo": "No"}
    imported = drafted(row, gallery=["Cov-Butterfly-Skip Lesion.mp4"], folds=folds)
    (data,) = imported.drafts
    assert data["source"]["path"] == "butterfly/Cov-Butterfly-Skip Lesion.mp4"
    assert data["aliases"] == ["Cov_Butterfly_Skip Lesion.avi"]
    assert [d.detail for d in imported.decisions if d.rule == "published-unknown"] == ["nobody.mp4"]


@pytest.mark.parametrize(
    "row",
    [
        {"Filename": ""},
        {"Label": "tumour"},
        {"Probe": "?"},
        {"Type": "text"},
        {"Source ID": "", "URL (Video Name)": "cite later"},
    ],
    ids=["no name", "unknown label", "unknown probe", "unknown type", "no source"],
)
def test_a_row_that_cannot_be_a_manifest_ends_in_the_log(row):
    imported = drafted({"Filename": "good"}, row)
    log = curation.curation_log(imported, imported.drafts, {})
    assert [unmade.row for unmade in imported.unmade] == [3]
    assert "\n| 3 | " in log


def test_a_score_belongs_to_the_row_of_its_name_transducer_kind_and_label():
    rows = [
        {"Filename": "Reg-x", "Label": "regular", "Patient ID / Name": "1"},
        {"Filename": "Reg-x", "Label": "regular", "Probe": "linear", "Current location": "pocus_videos/linear"},
    ]
    imported = drafted(*rows, severity=["99,reg-x,linear,video,regular,1"])
    (scored,) = [data for data in imported.drafts if "severity" in data]
    assert scored["id"] == "pocus/reg-x-linear"
    assert scored["severity"] == [{"scale": "luscovid19-0-3", "value": 1, "reader": "pocus-sheet-2022"}]
    assert noted(imported, "severity") == noted(imported, "severity-healthy") == [3]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2,Cov_b,convex,video,COVID-19,1", "no such recording"),
        ("2,Cov_a,linear,video,COVID-19,1", "no such recording"),
        ("2,Cov_a,convex,video,regular,1", "the sheet's label is COVID-19"),
        ("2,Cov_a,convex,video,COVID-19,4", "no whole number from 0 to 3"),
        ("2,Cov_a,convex,video,COVID-19,", "no whole number from 0 to 3"),
    ],
)
def test_a_score_that_fits_no_recording_is_left_out_and_told(line, why):
    imported = drafted({}, severity=[line])
    assert "severity" not in imported.drafts[0]
    (detail,) = [decision.detail for decision in imported.decisions if decision.rule == "severity-unmatched"]
    assert detail.endswith(why)


def test_a_second_score_of_one_recording_is_told():
    imported = drafted({}, severity=["2,Cov_a,convex,video,COVID-19,1", "9,COV_A,convex,video,COVID-19,2"])
    assert imported.drafts[0]["severity"][0]["value"] == 1
    assert [decision.rule for decision in imported.decisions].count("severity-unmatched") == 1


def test_order_of_media_and_repeats_do_not_matter():
    rows = [{"Filename": name} for name in ("b", "a")]
    media = ("pocus_videos/convex/a.mp4", "pocus_videos/convex/b.mp4")
    assert drafted(*rows, media=media) == drafted(*rows, media=media[::-1])


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="Patient ID"):
        pocus.draft(replace(sources({}), sheet="Filename,Label\nx,regular\n"))


@pytest.mark.parametrize("field", ["boxes", "gallery", "folds"])
def test_broken_json_is_named(field):
    with pytest.raises(DataError, match=r"json: not valid JSON"):
        pocus.draft(replace(sources({}), **{field: "{"}))


def test_row_ranges_join_neighbours():
    assert curation.row_ranges([9, 2, 3, 4]) == "rows 2-4, 9"


BLUES_COLUMNS = ("patient_id", "cov_test", "number_video_files", "pat_sex", "pat_age", *blues._DIAGNOSES)


def blues_sources(recordings: list[str], **patient: str) -> blues.BluesSources:
    symptoms = [f"patient_symp#{key}" for key in blues._SYMPTOMS]
    row = {**dict.fromkeys((*BLUES_COLUMNS, *symptoms), "0"), "patient_id": "7", "pat_age": "97.0", **patient}
    table = "video_file,Severity Score,A-lines,B-lines,comments\n" + "".join(f"{line}\n" for line in recordings)
    return blues.BluesSources(table, ",".join(row) + "\n" + ",".join(row.values()) + "\n")


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ({"cov_test": "1"}, ("covid-19", "pcr")),
        ({"clin_diagn#healthy_lung": "1"}, ("healthy", "clinical")),
        ({"clin_diagn#other_lung_disease": "1"}, ("other", "clinical")),
        ({}, ("other", "unknown")),
    ],
)
def test_the_test_decides_and_a_negative_one_leaves_it_to_the_physicians(patient, expected):
    (data,) = blues.draft(blues_sources(["patient_7_R1,2.0,yes,no ,"], **patient)).drafts
    assert (data["class"], data["class_basis"]) == expected


def test_a_blues_row_carries_point_score_lines_and_banded_age():
    (data,) = blues.draft(blues_sources(['patient_7_L2_2,3.0,yes,no ,"broken pleura line, white lung?"'])).drafts
    assert data["id"] == "blues/patient-7-l2-2"
    assert data["view"] == {"scheme": "blue", "zone": "L2"}
    assert data["severity"] == [{"scale": "lus-0-3", "value": 3, "reader": "blues-reader"}]
    assert data["patterns"] == [
        {"reader": "blues-reader", "b_lines": "absent", "a_lines": "present", "pleural_irregularity": "present"}
    ]
    assert data["patient"] == {"age_band": "90+", "sex": "female"}
    assert list(schema_faults(data)) == []


def test_a_remark_is_never_copied_and_a_possibility_states_nothing():
    imported = blues.draft(blues_sources(['patient_7_R1,1.0,no,no,"possible consolidation, zebra"']))
    text = json.dumps(imported.drafts) + curation.curation_log(imported, imported.drafts, {})
    assert "zebra" not in text
    assert "consolidation" not in imported.drafts[0]["patterns"][0]


def test_a_blues_row_of_nobody_ends_in_the_log():
    imported = blues.draft(blues_sources(["patient_8_R1,1.0,no,no,", "nonsense,1.0,no,no,", "patient_7_R1,1.0,no,no,"]))
    assert [unmade.row for unmade in imported.unmade] == [2, 3]


@pytest.fixture
def blues_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "blues"
    (folder / "lus_videos").mkdir(parents=True)
    texts = blues_sources(["patient_7_R1,1.0,no,yes,", "patient_7_R2,0.0,yes,no,"], cov_test="1")
    (folder / "severity.csv").write_text(texts.recordings, encoding="utf-8")
    (folder / "clinical_variables.csv").write_text(texts.patients, encoding="utf-8")
    write_video(folder / "lus_videos" / "patient_7_R1.mp4", np.full((5, 32, 48), 90, np.uint8), rate_hz=10.0)
    return folder


def test_the_command_pins_what_is_there_and_says_so(blues_folder, tmp_path, capsys):
    out = tmp_path / "made" / "blues"
    assert main(["import", "blues", str(blues_folder), "--out", str(out)]) == 0
    seen, unseen = read_manifest(out / "patient-7-r1.json"), read_manifest(out / "patient-7-r2.json")
    assert seen.media["frame_count"] == 5
    assert unseen.sha256 is None
    assert "2 rows, 2 manifests" in capsys.readouterr().out
    assert "| included, file seen | 1 |" in (out / "CURATION.md").read_text(encoding="utf-8")


def test_an_import_can_be_told_as_one_document(blues_folder, tmp_path, capsys):
    out = tmp_path / "made" / "blues"
    assert main(["import", "blues", str(blues_folder), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["collection"], told["out"], told["rows"], told["manifests"]) == ("blues", str(out), 2, 2)
    assert (told["included"], told["excluded"], told["with_digest"], told["not_pinned"]) == (2, 0, 1, {})


def changed(monkeypatch, change):
    """Have the importer make other drafts than it does."""
    made = blues.draft
    monkeypatch.setattr(blues, "draft", lambda found: replace(made(found), drafts=change(made(found).drafts)))


def test_an_importer_that_makes_two_manifests_of_one_id_is_stopped(blues_folder, tmp_path, monkeypatch, capsys):
    changed(monkeypatch, lambda drafts: (drafts[0], *drafts))
    assert main(["import", "blues", str(blues_folder), "--out", str(tmp_path / "out")]) == 1
    assert "two rows become one recording" in (said := capsys.readouterr().err)
    assert "blues/patient-7-r1 2 times" in said
    assert not (tmp_path / "out").exists()


def test_an_importer_that_makes_an_invalid_manifest_writes_nothing(blues_folder, tmp_path, monkeypatch, capsys):
    changed(monkeypatch, lambda drafts: (drafts[0], {**drafts[1], "probe": "curved"}))
    assert main(["import", "blues", str(blues_folder), "--out", str(tmp_path / "out")]) == 1
    assert "blues/patient-7-r2 $.probe: a row becomes no valid manifest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_importing_twice_gives_the_same_bytes(blues_folder, tmp_path):
    made = []
    for name in ("one", "two"):
        assert main(["import", "blues", str(blues_folder), "--out", str(tmp_path / name)]) == 0
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1]


def test_a_digest_that_was_found_before_is_kept_when_the_file_is_gone(blues_folder, tmp_path):
    out = tmp_path / "blues-out"
    main(["import", "blues", str(blues_folder), "--out", str(out)])
    before = (out / "patient-7-r1.json").read_bytes()
    (blues_folder / "lus_videos" / "patient_7_R1.mp4").unlink()
    assert main(["import", "blues", str(blues_folder), "--out", str(out)]) == 0
    assert (out / "patient-7-r1.json").read_bytes() == before


def test_an_import_that_would_drop_digests_writes_nothing(tmp_path, capsys):
    facts, out = tmp_path / "facts", tmp_path / "pocus"
    facts.mkdir()
    made = sources({})
    for name, text in {
        "dataset_metadata.csv": made.sheet,
        "crop.json": made.boxes,
        "web_sources.csv": made.downloads,
        "butterfly_files.json": made.gallery,
        "published_folds.json": made.folds,
        "pocus_severity.csv": made.severity,
    }.items():
        (facts / name).write_text(text, encoding="utf-8")
    media = tmp_path / "media" / "pocus_videos" / "convex"
    media.mkdir(parents=True)
    write_video(media / "Cov_a.mp4", np.full((5, 32, 48), 90, np.uint8), rate_hz=10.0)
    assert main(["import", "pocus", str(facts), "--media", str(tmp_path / "media"), "--out", str(out)]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["import", "pocus", str(facts), "--out", str(out)]) == 1
    assert "would drop digests" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_file_that_will_not_decode_is_left_unpinned_and_reported(blues_folder, tmp_path, capsys):
    (blues_folder / "lus_videos" / "patient_7_R2.mp4").write_text("no video", encoding="utf-8")
    assert main(["import", "blues", str(blues_folder), "--out", str(tmp_path / "out")]) == 1
    assert "not pinned: blues/patient-7-r2" in capsys.readouterr().out
    assert read_manifest(tmp_path / "out" / "patient-7-r2.json").sha256 is None


def test_manifests_of_an_earlier_import_are_reported_and_left(blues_folder, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.json").write_text("{}\n", encoding="utf-8")
    assert main(["import", "blues", str(blues_folder), "--out", str(out)]) == 0
    assert "old.json" in capsys.readouterr().out
    assert (out / "old.json").is_file()


@pytest.mark.parametrize("arguments", [["pocus", "nowhere"], ["blues", "{here}"], ["pocus", "{here}", "--media", "no"]])
def test_a_wrong_folder_is_one_line_and_exit_2(arguments, tmp_path, capsys):
    assert main(["import", *(word.format(here=tmp_path) for word in arguments)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.real
@pytest.mark.parametrize("name", ["pocus", "blues"])
def test_importing_the_public_data_gives_the_committed_manifests(name, corpus_dir, blues_dir, facts_dir, tmp_path):
    arguments = [str(facts_dir), "--media", str(corpus_dir)] if name == "pocus" else [str(blues_dir)]
    committed = Path(__file__).resolve().parent.parent / "manifests" / name
    assert main(["import", name, *arguments, "--pins", str(committed), "--out", str(tmp_path / name)]) == 0
    made = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    kept = {path.name: path.read_bytes() for path in [*json_files(committed), committed / "CURATION.md"]}
    assert made.keys() == kept.keys()
    hint = f"to renew: lusdata import {name} {' '.join(arguments)}"
    assert [file for file in made if made[file] != kept[file]] == [], hint


@pytest.mark.real
def test_every_row_of_the_public_sheet_is_accounted_for(facts_dir, corpus_dir):
    media = tuple(path.relative_to(corpus_dir).as_posix() for path in corpus_dir.rglob("*") if path.is_file())
    imported = pocus.draft(pocus.read(facts_dir, media))
    assert (imported.rows, len(imported.drafts), len(imported.unmade)) == (375, 369, 6)
    assert len({data["source"]["path"] for data in imported.drafts if data["source"].get("path") in media}) == 136
    licences = [decision.detail for decision in imported.decisions if decision.rule == "licence"]
    assert len(licences) == 375
    assert len(set(licences)) == 9
    assert licences.count("'None' is LicenseRef-None") == 177
    assert [d.detail for d in imported.decisions if d.rule == "published-unknown"] == ["Cov-grepmed3.mp4"]
    assert [fault for data in imported.drafts for fault in schema_faults(data)] == []
