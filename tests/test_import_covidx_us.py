"""The importer of COVIDx-US, on a checkout made here with the true names of files and columns."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lusdata.catalog.importers import other_collections as known_module
from lusdata.catalog.importers.covidx_us import collection as covidx_us
from lusdata.catalog.importers.table import IMPORTERS
from lusdata.catalog.manifest import read_manifest
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.shipped import manifests_root
from lusdata.cli import main
from lusdata.media.phantom.media import write_video

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = [
    *("id", "filename", "filetype", "folder", "source", "url", "probe", "class", "class_on_website", "version"),
    *("date_added", "type", "patient", "case_no", "gender", "age", "comment", "paper_link", "paper_doi", "license"),
    "link",
]
SCORE_COLUMNS = ["id", "LUSS", "filetype", "source", "probe", "class", "type"]
PLAIN = {
    **dict.fromkeys(COLUMNS, ""),
    "id": "1_grepmed_covid",
    "filename": "sliding-lung-original.mp4",
    "filetype": "mp4",
    "folder": "data\\video",
    "source": "GrepMed",
    "url": "https://img.example.org/1/sliding-lung-original.mp4",
    "probe": "Convex",
    "class": "COVID",
    "version": "1.0",
    "type": "lung",
}
LUSS = {"1_grepmed_covid": "2"}


def checkout(
    folder: Path, *rows: dict[str, str], scores: dict[str, str] | None = None, encoding: str = "cp1252"
) -> Path:
    """Write the two tables as the project has them."""
    (folder / "utils").mkdir(parents=True)
    given = [{**PLAIN, **row} for row in rows]
    with (folder / "utils" / "video_metadata.csv").open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(given)
    if scores is not None:
        with (folder / "utils" / "LUSS_metadata.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, SCORE_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(
                {"id": row["id"], "LUSS": scores.get(row["id"], "NA"), "type": row["type"]} for row in given
            )
    return folder


def drafted(folder: Path, *rows: dict[str, str], **options: Any) -> dict[str, dict[str, Any]]:
    imported = covidx_us.draft(covidx_us.read(checkout(folder, *rows, **options)))
    assert len(imported.drafts) + len(imported.unmade) == len(rows)
    assert [fault for data in imported.drafts for fault in schema_faults(data)] == []
    return {data["id"].split("/")[1]: data for data in imported.drafts}


def only(folder: Path, row: dict[str, str], **options: Any) -> dict[str, Any]:
    (data,) = drafted(folder, row, **options).values()
    return data


def imported(folder: Path, tmp_path: Path) -> dict[str, dict[str, Any]]:
    out = tmp_path / "covidx-us"
    assert main(["import", "covidx-us", str(folder), "--out", str(out)]) == 0
    assert main(["validate", str(out)]) == 0
    return {path.stem: read_manifest(path).data for path in out.glob("*.json") if path.name != "collection.json"}


def test_ages_of_small_children_are_told_as_the_schema_can(tmp_path):
    bands = [only(tmp_path / age, {"age": age})["patient"]["age_band"] for age in ("0.5", "2", "7", "16")]
    assert bands == ["infant", "toddler", "5-9", "10-19"]


def test_a_row_is_a_lead_with_its_address_its_score_and_where_the_notebook_puts_it(tmp_path):
    data = only(tmp_path / "a", {"gender": "female", "age": "97", "patient": "covid_case1"}, scores=LUSS)
    assert data["source"] == {
        "provider": "grepmed",
        "page": PLAIN["url"],
        "path": "data/video/1_grepmed_covid.mp4",
        "access": "direct",
        "locations": [PLAIN["url"]],
        "licence": data["source"]["licence"],
        "attribution": "GrepMed; LicenseRef-None",
    }
    assert data["severity"] == [{"scale": "covidx-us-luss-0-3", "value": 2, "reader": "covidx-us"}]
    assert data["labels"] == [{"task": "covidx-us-class", "value": "covid", "reader": "covidx-us"}]
    assert data["patient"] == {"age_band": "90+", "sex": "female"}
    assert data["aliases"] == [PLAIN["filename"]]


@pytest.mark.parametrize("scores", [None, {}, {"1_grepmed_covid": "NA"}, {"1_grepmed_covid": "4"}])
def test_no_score_is_made_up(tmp_path, scores):
    assert "severity" not in only(tmp_path / "a", {}, scores=scores)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_a_table_is_read_as_a_spreadsheet_saved_it(tmp_path, encoding):
    data = only(tmp_path / "a", {"class": "Other", "class_on_website": "Pneumothorax\xa0"}, encoding=encoding)
    assert data["class"] == "pneumothorax"


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ({"class": "Pneumonia"}, "class", "unknown"),
        ({"class": "Pneumonia", "class_on_website": "Pneumothorax"}, "class", "unknown"),
        ({"class": "Other", "class_on_website": "Pulmonary Oedema"}, "class", "pulmonary-oedema"),
        ({"class": "Other", "class_on_website": "Lung Point"}, "class", "other"),
        ({"class": "Normal"}, "class", "normal"),
        ({"probe": "Endo"}, "probe", "unknown"),
        (
            {"class_on_website": "Lung Point"},
            "patterns",
            [{"reader": "covidx-us", "lung_point": "present"}],
        ),
    ],
)
def test_a_word_of_the_table_has_its_word_here(tmp_path, row, field, value):
    assert only(tmp_path / "a", row)[field] == value


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"type": "cardiac"}, "the tables say cardiac, not lung"),
        ({"type": ""}, "the tables do not say which organ it shows"),
        ({"comment": "removed in the new version"}, "removed by the project"),
    ],
)
def test_what_is_not_for_use_is_kept_and_excluded(tmp_path, row, reason):
    assert only(tmp_path / "a", row)["status"] == {"state": "excluded", "since": "2026-11-29", "reason": reason}


@pytest.mark.parametrize(
    ("row", "group"),
    [
        ({"patient": "case1"}, {"id": "covidx-us/patient-grepmed-case1", "basis": "patient"}),
        ({"paper_doi": "https://doi.org/10.1000/X"}, {"id": "covidx-us/publication-10-1000-x", "basis": "publication"}),
        ({}, {"id": "covidx-us/unknown-1-grepmed-covid", "basis": "unknown"}),
    ],
)
def test_a_recording_is_of_its_patient_or_its_paper_or_of_nobody_known(tmp_path, row, group):
    assert only(tmp_path / "a", row)["group"] == group


@pytest.mark.parametrize(
    ("url", "access", "locations"),
    [
        ("https://vimeo.example/1", "manual", []),
        ("https://x.getbynder.com/transfer/1", "manual", []),
        ("https://s3.example/a.mp4?X-Amz-Date=20210707T1&X-Amz-Signature=5ec7e7", "manual", []),
        ("a file of mine.mp4", "restricted", []),
    ],
)
def test_an_address_that_gives_no_file_is_no_location(tmp_path, url, access, locations):
    data = only(tmp_path / "a", {"url": url})
    assert (data["source"]["access"], data["source"]["locations"]) == (access, locations)
    assert "5ec7e7" not in json.dumps(data)


def test_one_address_on_two_rows_is_used_once_and_its_patients_are_joined(tmp_path):
    rows = [{"patient": "case1"}, {"id": "2_grepmed_covid", "patient": "case2"}]
    first, second = drafted(tmp_path / "a", *rows).values()
    assert first["status"]["state"] == "included"
    assert second["status"]["reason"] == "its address is that of row 2 of the table"
    assert second["group"]["linked"] == [{"id": first["group"]["id"], "basis": "near-duplicate"}]


def test_many_files_of_one_package_are_all_used(tmp_path):
    package = {"url": "https://x.getbynder.com/transfer/1", "source": "Butterfly"}
    made = drafted(tmp_path / "a", package, {**package, "id": "2_butterfly_covid"})
    assert [data["status"]["state"] for data in made.values()] == ["included", "included"]


def test_a_doi_that_a_spreadsheet_counted_up_is_the_articles_first(tmp_path):
    url = "https://ars.example/content/image/1-s2.0-S0828282X20304530-mmc{}.mp4"
    rows = [
        {
            "id": f"{n}_paper_normal",
            "source": "Paper",
            "url": url.format(n),
            "paper_doi": f"https://doi.org/10.1000/a.{n}",
        }
        for n in (8, 9)
    ]
    first, second = drafted(tmp_path / "a", *rows).values()
    assert first["source"]["doi"] == second["source"]["doi"] == "10.1000/a.8"
    assert first["group"] == second["group"]


def test_a_licence_is_the_rows_own_and_a_sites_terms_stand_beside_it(tmp_path):
    rows = [
        {"license": "http://creativecommons.org/licenses/by/4.0/"},
        {"id": "2_radio_normal", "source": "Radiopaedia", "url": "https://img.example.org/2.mp4"},
    ]
    stated, beside = (data["source"]["licence"] for data in drafted(tmp_path / "a", *rows).values())
    assert (stated["id"], "machine_learning" in stated) == ("CC-BY-4.0", False)
    assert (beside["id"], beside["machine_learning"]) == ("LicenseRef-None", "forbidden")


@pytest.mark.parametrize("row", [{"id": "?"}, {"class": "Cat"}, {"source": "Elsewhere"}, {"source": "Paper"}])
def test_a_row_that_cannot_become_a_manifest_is_told(tmp_path, row):
    made = covidx_us.draft(covidx_us.read(checkout(tmp_path / "a", row)))
    assert (made.drafts, len(made.unmade)) == ((), 1)


def test_a_folder_without_the_table_is_one_line(tmp_path, capsys):
    assert main(["import", "covidx-us", str(tmp_path)]) == 2
    assert "cannot import without video_metadata.csv" in capsys.readouterr().err


def test_files_that_the_notebook_brought_are_pinned_and_joined_to_what_pocus_has(tmp_path, capsys, monkeypatch):
    # All fingerprints that come with lusdata take seconds to compare.
    pocus = [read_manifest(path) for path in sorted((manifests_root() / "pocus").glob("cov-[bg]*.json"))]
    monkeypatch.setattr(known_module, "of_other_collections", lambda name: pocus)
    known = json.loads((manifests_root() / "pocus" / "cov-grep-7505.json").read_bytes())
    rows = [
        {"url": known["source"]["locations"][0]},
        {"id": "2_butterfly_covid", "source": "Butterfly", "filename": "Skip Lesion.mp4", "url": "https://x.example/2"},
        {"id": "3_litfl_normal", "source": "Litfl", "url": "https://litfl.example/3.mp4", "class": "Normal"},
    ]
    folder = checkout(tmp_path / "a", *rows, scores={})
    (folder / "data" / "video").mkdir(parents=True)
    write_video(
        folder / "data" / "video" / "3_litfl_normal.mp4",
        np.random.default_rng(3).integers(0, 255, (8, 48, 64), "uint8"),
    )
    made = imported(folder, tmp_path)
    names = ("1-grepmed-covid", "2-butterfly-covid", "3-litfl-normal")
    by_address, by_name, new = (made[name]["group"] for name in names)
    assert by_address["linked"] == [{"id": known["group"]["id"], "basis": known["group"]["basis"]}]
    assert [link["id"].split("/")[0] for link in by_name["linked"]] == ["pocus"]
    assert "linked" not in new
    assert "sha256" in made["3-litfl-normal"]["source"]
    log = (tmp_path / "covidx-us" / "CURATION.md").read_text(encoding="utf-8")
    assert "| `covidx-us/1-grepmed-covid` | `pocus/cov-grep-7505` | address |" in log
    assert "2 are in other collections already (pocus)" in capsys.readouterr().out


def test_a_page_of_the_collection_is_drafted_and_what_somebody_wrote_there_stays(tmp_path):
    folder = checkout(tmp_path / "a", {}, scores=LUSS)
    imported(folder, tmp_path)
    page = tmp_path / "covidx-us" / "collection.json"
    assert {task["name"] for task in json.loads(page.read_bytes())["tasks"]} == {"covidx-us-class"}
    text = page.read_text(encoding="utf-8").replace("COVIDx-US", "Ours", 1)
    page.write_text(text, encoding="utf-8")
    imported(folder, tmp_path)
    assert page.read_text(encoding="utf-8") == text


def test_its_rows_are_never_committed():
    if not (ROOT / ".gitignore").is_file():
        pytest.skip("the tests run outside a checkout of the repository")
    assert not IMPORTERS[covidx_us.COLLECTION].committed
    assert f"/manifests/{covidx_us.COLLECTION}/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.real
def test_every_row_of_the_real_table_is_accounted_for(facts_dir, tmp_path):
    with (facts_dir / "covidx_us.csv").open(encoding="utf-8", newline="") as stream:
        facts = list(csv.DictReader(stream))
    scores = {row["id"]: row["luss"] for row in facts}
    rows = [{key: value for key, value in row.items() if key in COLUMNS} for row in facts]
    made = imported(checkout(tmp_path / "a", *rows, scores=scores, encoding="utf-8"), tmp_path)
    assert len(made) == 243
    assert sum("severity" in data for data in made.values()) == 173
    in_pocus = [
        data for data in made.values() if any("pocus/" in link["id"] for link in data["group"].get("linked", ()))
    ]
    assert len(in_pocus) >= 38
