"""The chain of steps from an older schema version to the newest."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from golden import FOLDER, MIGRATED, RENEW, case_id, migration
from hypothesis import given, settings
from hypothesis import strategies as st

from lusdata.catalog.migrate import STEPS, migrate_data, migration_path
from lusdata.catalog.migrate_files import plan_files
from lusdata.catalog.rights import LICENCES
from lusdata.catalog.schema import NEWEST, schema_faults, versions
from lusdata.cli import main
from lusdata.errors import DataError

OLD = json.loads((FOLDER / "0.9.0" / "complete" / "before.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("before", MIGRATED, ids=case_id)
def test_a_golden_manifest_is_migrated_exactly_so(before: Path):
    name, content = migration(before)
    answer = before.parent / name
    assert answer.is_file(), f"expected {[path.name for path in before.parent.iterdir()]}, found a {name}"
    assert content == answer.read_text(encoding="utf-8"), f"if the new answer is the wanted one, run: {RENEW}"


def test_a_chain_leads_from_every_version_to_the_newest():
    assert set(STEPS) == set(versions()) - {NEWEST}
    for version in versions():
        assert migration_path(version)[-1] == NEWEST


def test_a_chain_may_be_longer_than_one_step():
    def earlier(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "schema_version": "0.9.0"}

    assert migration_path("0.1.0", {"0.1.0": ("0.9.0", earlier), **STEPS}) == ("0.1.0", "0.9.0", "1.0.0", "1.1.0")
    with pytest.raises(DataError, match=r"no migration from this schema version; expected one of .*; found 0\.1\.0"):
        migration_path("0.1.0")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"schema_version": "7.0.0"}, "a newer schema version than this lusdata knows; .* found 7.0.0; .*--upgrade"),
        ({"schema_version": "0.1.0"}, "no such schema version; expected one of 0.9.0, 1.0.0, 1.1.0"),
        ({}, "not a manifest; expected an object with a schema_version; found dict"),
        ([], "not a manifest; expected an object with a schema_version; found list"),
        ({"schema_version": "1.0.0"}, "not a valid 1.0.0 manifest at .* a required field is missing"),
        ({"schema_version": "0.9.0"}, "not a valid 0.9.0 manifest at .* a required field is missing"),
    ],
    ids=str,
)
def test_what_cannot_be_migrated_is_refused_with_the_reason(data: Any, message: str):
    with pytest.raises(DataError, match=message):
        migrate_data(data)


# Every 0.9.0 manifest there can be.

SLUG = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=3, max_size=30)
URL = SLUG.map(lambda slug: f"https://example.org/{slug}")
SPELLINGS = st.sampled_from(
    ["none", "None", *(name.replace("-", " ", 1) for name in LICENCES if name.startswith("CC"))]
)
SEEN = st.fixed_dictionaries(
    {
        "sha256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        "bytes": st.integers(1, 10**9),
        "container": st.just("mp4"),
        "codec": st.just("h264"),
        "width": st.integers(1, 2000),
        "height": st.integers(1, 2000),
        "frames": st.integers(1, 2000),
    },
    optional={"duration": st.floats(0.01, 3600), "fps": st.floats(0.01, 1e3)},
)
FLAGS = ["b_lines", "a_lines", "consolidation", "effusion", "pleural_irregularity", "air_bronchogram", "normal"]
OLD_MANIFESTS = st.builds(
    lambda base, seen: {**base, **seen},
    st.fixed_dictionaries(
        {
            "$schema": st.just("../../schemas/manifest/0.9.0.json"),
            "schema_version": st.just("0.9.0"),
            "id": st.tuples(SLUG, SLUG).map("/".join),
            "type": st.sampled_from(["video", "image"]),
            "added": st.dates().map(str),
            "provider": SLUG,
            "licence": SPELLINGS,
            "probe": st.sampled_from(["convex", "linear", "phased"]),
            "label": st.sampled_from(["covid", "pneumonia", "viral", "regular", "other", "uninformative"]),
        },
        optional={
            "excluded": WORDS,
            "page": URL,
            "doi": st.just("10.1000/182"),
            "path": st.from_regex(r"[a-zA-Z]{2,5}/[A-Za-z0-9+()_-]{1,10}\.mp4", fullmatch=True),
            "urls": st.lists(URL, max_size=3, unique=True),
            "attribution": WORDS,
            "patterns": st.dictionaries(st.sampled_from(FLAGS), st.booleans()),
            "zone": st.sampled_from(["L1", "R3", "4"]),
            "patient_id": SLUG,
            "age_band": st.sampled_from(["0-9", "40-49", "90+"]),
            "sex": st.sampled_from("fm"),
            "crop": st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 900)).map(list),
            "trim": st.tuples(st.floats(0, 10), st.floats(10.5, 20)).map(list),
            "other_names": st.lists(WORDS, max_size=2, unique=True),
            "notes": st.just(""),
        },
    ),
    st.one_of(st.just({}), SEEN),
)


def _back(new: dict[str, Any]) -> dict[str, Any]:
    """Write the newest form as 0.9.0 again, to see that nothing was lost. Only what 0.9.0 could say is looked at."""
    source, media, crop = new["source"], new.get("media", {}), new.get("crop")
    classes = {
        "covid-19": "covid",
        "bacterial-pneumonia": "pneumonia",
        "viral-pneumonia": "viral",
        "healthy": "regular",
    }
    old = {
        "$schema": new["$schema"].replace(NEWEST, "0.9.0"),
        "schema_version": "0.9.0",
        "id": new["id"],
        "type": new["kind"],
        "added": new["status"]["since"],
        "provider": source["provider"],
        "licence": source["licence"]["id"],
        "probe": new["probe"],
        "label": classes.get(new["class"], new["class"]),
        "urls": source["locations"],
        "excluded": new["status"].get("reason"),
        "bytes": source.get("size_bytes"),
        **{key: source.get(key) for key in ("page", "doi", "path", "sha256", "attribution")},
        **{key: media.get(key) for key in ("container", "codec")},
        "width": media.get("width_px"),
        "height": media.get("height_px"),
        "frames": media.get("frame_count"),
        "duration": media.get("duration_s"),
        "fps": media.get("rate_hz"),
        "zone": new.get("view", {}).get("zone"),
        "patient_id": new["group"]["id"].split("/patient-", 1)[1] if new["group"]["basis"] == "patient" else None,
        "age_band": new.get("patient", {}).get("age_band"),
        "sex": new.get("patient", {}).get("sex", " ")[0].strip() or None,
        "crop": crop and [crop["top_px"], crop["left_px"], crop["width_px"]],
        "trim": list(new["trim"].values()) if "trim" in new else None,
        "other_names": new.get("aliases"),
    }
    if "patterns" in new:
        old["patterns"] = {key: word == "present" for key, word in new["patterns"][0].items() if key != "reader"}
    return {key: value for key, value in old.items() if value is not None}


def _comparable(old: dict[str, Any]) -> dict[str, Any]:
    licence = "LicenseRef-None" if old["licence"].lower() == "none" else re.sub(r"[\s-]+", "-", old["licence"])
    return {"urls": [], **{key: value for key, value in old.items() if key != "notes"}, "licence": licence}


@settings(max_examples=150, deadline=None)
@given(old=OLD_MANIFESTS)
def test_every_old_manifest_becomes_a_valid_new_one_without_loss(old: dict[str, Any]):
    assert schema_faults(old, "0.9.0") == ()
    before = copy.deepcopy(old)
    taken, new = migrate_data(old)
    assert old == before
    assert taken == ("0.9.0", "1.0.0", NEWEST)
    assert schema_faults(new) == ()
    assert _back(new) == _comparable(old)
    assert migrate_data(new) == ((NEWEST,), new)


def test_every_field_of_the_old_version_is_carried_or_refused():
    from lusdata.catalog.schema import load_schema

    carried = set(OLD) | {"excluded", "notes"}
    assert set(load_schema("0.9.0")["properties"]) == carried


# The command.


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a collection of one old and one new manifest in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "golden"
    folder.mkdir()
    for version, case, file in (("0.9.0", "complete", "before"), (NEWEST, "excluded", "manifest")):
        text = (FOLDER / version / case / f"{file}.json").read_text(encoding="utf-8")
        (folder / f"{case}.json").write_text(text, encoding="utf-8")
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_command_rewrites_what_is_old_and_says_so(collection: Path, capsys: pytest.CaptureFixture[str]):
    untouched = (collection / "excluded.json").read_bytes()
    assert main(["migrate", "golden"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"golden/complete.json: 0.9.0 -> 1.0.0 -> {NEWEST}",
        f"1 of 2 manifests migrated; 1 at {NEWEST} already",
    ]
    after = FOLDER / "0.9.0" / "complete" / "after.json"
    assert (collection / "complete.json").read_bytes() == after.read_bytes()
    assert (collection / "excluded.json").read_bytes() == untouched
    assert main(["validate", "golden"]) == 0


def test_a_second_run_changes_nothing(collection: Path, capsys: pytest.CaptureFixture[str]):
    main(["migrate", "golden"])
    before = _contents(collection)
    capsys.readouterr()
    assert main(["migrate", "golden"]) == 0
    assert capsys.readouterr().out == f"0 of 2 manifests migrated; 2 at {NEWEST} already\n"
    assert _contents(collection) == before


def test_a_dry_run_writes_nothing(collection: Path, capsys: pytest.CaptureFixture[str]):
    before = _contents(collection)
    assert main(["migrate", "--dry-run", "golden"]) == 0
    assert "1 of 2 manifests to migrate" in capsys.readouterr().out
    assert _contents(collection) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema_version": "7.0.0"}', "a newer schema version than this lusdata knows"),
        ("{", "not valid JSON"),
        (json.dumps({**OLD, "notes": "the left lung looks worse"}), "field 'notes' cannot be migrated"),
    ],
    ids=["future", "not JSON", "no place"],
)
def test_one_file_that_cannot_go_keeps_all_as_they_are(
    collection: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
):
    (collection / "zz.json").write_text(content, encoding="utf-8")
    before = _contents(collection)
    assert main(["migrate", "golden"]) == 1
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "zz.json" in err
    assert said in err
    assert _contents(collection) == before


def test_a_full_disk_leaves_whole_files(
    collection: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    before = _contents(collection)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["migrate", "golden"]) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert _contents(collection) == before


def test_a_plan_keeps_the_order_of_the_files(collection: Path):
    plan = plan_files([collection / "complete.json", collection / "excluded.json"])
    assert [(migrated.path.name, migrated.changed) for migrated in plan] == [
        ("complete.json", True),
        ("excluded.json", False),
    ]
