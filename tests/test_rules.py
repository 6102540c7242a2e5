"""The rules that a schema cannot say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from catalogs import recording
from damage import damaged
from golden import FOLDER, VALIDATED
from hypothesis import given, settings

from lusdata.budget import BUDGET
from lusdata.catalog.address import carries_credentials, is_malformed, private_host
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rules.privacy import ages, contacts, dates, dicom_names, titled_names
from lusdata.catalog.rules.run import RUN_RULES
from lusdata.catalog.rules.table import RULES, broken_rules, codes
from lusdata.catalog.schema import NEWEST, schema_faults


def _codes(manifests: Sequence[Manifest], **asked: bool) -> list[str]:
    return sorted(rule.code for _, rule, _ in broken_rules(manifests, **asked))


def _changed(manifest: Manifest, **changes: Any) -> Manifest:
    """Return a manifest with sections merged over its own; a value that is no section replaces."""
    data = dict(manifest.data)
    for key, value in changes.items():
        old = data.get(key)
        data[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    changed = replace(manifest, data=data)
    assert schema_faults(changed.data) == ()
    return changed


# The table.


def test_codes_are_stable_words_and_never_used_twice():
    listed = codes()
    assert [code for code, count in Counter(code.code for code in listed).items() if count > 1] == []
    for code in listed:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code.code)
        assert code.sentence[0].isupper()
        assert code.sentence.endswith(".")
        assert len(code.sentence) < 110
        assert code.level in ("error", "warning")


def test_every_code_is_shown_to_work_by_a_golden_case_or_by_a_test_here():
    shown = {line.split()[1] for case in VALIDATED for line in (case.parent / "issues.txt").read_text().splitlines()}
    source = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parent).glob("test_*.py"))
    assert [code.code for code in codes() if code.code not in shown and f'"{code.code}"' not in source] == []


def test_a_plain_recording_breaks_no_rule_even_when_all_are_asked():
    manifest = _changed(
        recording("a", patterns=[{"reader": "reader-1", "b_lines": "present"}]),
        source={"page": "https://example.org/a", "attribution": "Clinic A"},
    )
    licence = {**manifest.data["source"]["licence"]}
    assert licence["id"] == "CC-BY-4.0"
    assert _codes([manifest], strict=True, release=True) == []


def test_some_rules_speak_only_when_they_are_asked():
    manifest = recording("a", pinned=False)
    assert _codes([manifest]) == []
    assert _codes([manifest], release=True) == ["UNPINNED"]
    assert (
        _codes([manifest], strict=True) == ["RECOMMENDED"] * 3
    )  # patterns, page, attribution; media would be invented
    assert {code.code for code in codes() if code.asked != "always"} == {"UNPINNED", "RECOMMENDED"}


def test_rules_read_a_manifest_and_never_change_it():
    manifest = recording("a", patterns=[{"reader": "r", "normal": "present"}])
    before = manifest.digest
    list(broken_rules([manifest], strict=True, release=True))
    assert Manifest(manifest.data).digest == before


# One manifest: what the golden cases do not show.


def test_a_manifest_is_named_after_its_recording_and_lies_in_its_collection(tmp_path: Path):
    manifest = recording("a")
    assert _codes([replace(manifest, path=tmp_path / "test" / "a.json")]) == []
    assert _codes([replace(manifest, path=tmp_path / "test" / "b.json")]) == ["ID_FILE_NAME"]
    # A copy of a part of a collection under another name is still usable.
    assert _codes([replace(manifest, path=tmp_path / "mine" / "a.json")]) == ["ID_FOLDER"]


FULL_FRAME = {"left_px": 0, "top_px": 0, "width_px": 400, "height_px": 300, "method": "manual"}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, []),  # the whole frame
        ({"left_px": 1}, ["CROP_OUTSIDE_FRAME"]),  # one column too far
        ({"top_px": 1}, ["CROP_OUTSIDE_FRAME"]),  # one row too far
        ({"left_px": 400, "width_px": 1}, ["CROP_OUTSIDE_FRAME"]),  # the first column outside
        ({"left_px": 399, "width_px": 1}, []),  # the last column inside
        ({"left_px": 10, "top_px": 10}, ["CROP_OUTSIDE_FRAME"] * 2),  # both sides at once
    ],
    ids=str,
)
def test_a_crop_may_touch_the_edge_of_the_frame_and_not_cross_it(change: dict[str, int], wanted: list[str]):
    manifest = recording("a")
    drawn_on = {"sha256": manifest.sha256, "source_width_px": 400, "source_height_px": 300}
    assert _codes([_changed(manifest, crop={**FULL_FRAME, **drawn_on, **change})]) == wanted


def test_a_crop_of_an_unseen_file_is_not_asked_for_a_digest():
    assert _codes([_changed(recording("a", pinned=False), crop=FULL_FRAME)]) == []
    assert _codes([_changed(recording("a"), crop=FULL_FRAME)]) == ["CROP_UNTIED"]


@pytest.mark.parametrize(
    ("trim", "wanted"),
    [
        ({"start_s": 0.0, "end_s": 3.0}, []),  # everything
        ({"end_s": 3.1}, []),  # the end of the last frame at 10 Hz, as a frame number gives it
        ({"end_s": 3.2}, ["TRIM_OUTSIDE"]),
        ({"start_s": 2.9}, []),
        ({"start_s": 3.0}, ["TRIM_OUTSIDE"]),
        ({"start_s": 1.0, "end_s": 1.0}, ["TRIM_EMPTY"]),
        ({"start_s": 2.0, "end_s": 1.0}, ["TRIM_EMPTY"]),
    ],
    ids=str,
)
def test_a_trim_lies_inside_a_recording_of_three_seconds(trim: dict[str, float], wanted: list[str]):
    assert _codes([_changed(recording("a", duration_s=3.0), trim=trim)]) == wanted


def test_frames_width_and_height_are_bounded_as_a_product():
    side_px = BUDGET.side_px
    most = BUDGET.pixels // side_px**2
    for count, wanted in ((most, []), (most + 1, ["BEYOND_BUDGET"])):
        media = {"width_px": side_px, "height_px": side_px, "frame_count": count}
        assert _codes([_changed(recording("a"), media=media)]) == wanted


def test_the_trim_of_an_unseen_recording_is_only_asked_to_be_in_order():
    assert _codes([_changed(recording("a", pinned=False), trim={"start_s": 76.6, "end_s": 81.0})]) == []


@pytest.mark.parametrize(
    ("band", "ok"),
    [
        ("40-49", True),
        ("40-44", True),  # five years
        ("0-4", True),
        ("85-89", True),
        ("90+", True),
        ("40-43", False),  # four years
        ("40-40", False),  # an age
        ("85-90", False),  # reaches 90
        ("90-99", False),
        ("49-40", False),  # backwards
        ("40-400", False),
    ],
)
def test_age_bands_are_wide_enough_to_hide_a_person(band: str, ok: bool):
    assert _codes([_changed(recording("a"), patient={"age_band": band})]) == ([] if ok else ["AGE_BAND"])


@pytest.mark.parametrize("class_name", ["covid-19", "bacterial-pneumonia", "viral-pneumonia"])
def test_every_disease_that_a_reader_calls_normal_needs_a_signature(class_name: str):
    manifest = recording("a", class_name, patterns=[{"reader": "r", "normal": "present"}])
    assert _codes([manifest]) == ["CLASS_CALLED_NORMAL"]
    review = {"of": "class", "role": "curator", "on": "2026-11-23", "decision": "early in the course"}
    assert _codes([_changed(manifest, review=[review])]) == []
    # A signature under something else does not count.
    assert _codes([_changed(manifest, review=[{**review, "of": "crop"}])]) == ["CLASS_CALLED_NORMAL"]


@pytest.mark.parametrize("class_name", ["healthy", "other", "uninformative"])
def test_other_classes_may_be_called_normal(class_name: str):
    assert _codes([recording("a", class_name, patterns=[{"reader": "r", "normal": "present"}])]) == []


def test_single_b_lines_are_seen_in_healthy_lungs():
    reading = {"reader": "r", "b_lines": "present", "pleural_irregularity": "present"}
    assert _codes([recording("a", "healthy", patterns=[reading])]) == []


@pytest.mark.parametrize(
    ("group", "basis", "ok"),
    [
        ("patient-4", "patient", True),
        ("patient-4", "publication", False),
        ("study-4", "study", True),
        ("study-4", "patient", False),
        ("publication-x", "publication", True),
        ("publication-x", "unknown", False),
        ("unknown-x", "unknown", True),
        ("unknown-x", "patient", False),
        ("studyroom-4", "patient", True),  # only begins like a basis
        ("a", "unknown", True),
    ],
)
def test_a_group_named_after_a_basis_rests_on_it(group: str, basis: str, ok: bool):
    manifest = _changed(recording("a"), group={"id": f"test/{group}", "basis": basis})
    assert _codes([manifest]) == ([] if ok else ["GROUP_BASIS"])


@pytest.mark.parametrize(
    ("group", "basis", "ok"),
    [
        ("patient-4", "patient", True),
        ("patient-4", "near-duplicate", True),
        ("patient-4", "study", False),
        ("unknown-x", "patient", True),
        ("unknown-x", "near-duplicate", True),
    ],
)
def test_a_link_to_a_recording_of_nobody_known_may_rest_on_somebodys_word(group: str, basis: str, ok: bool):
    links = [{"id": f"test/{group}", "basis": basis}]
    manifest = _changed(recording("a"), group={"id": "test/patient-1", "basis": "patient", "linked": links})
    other = _changed(recording("b"), group={"id": f"test/{group}", "basis": group.split("-")[0]})
    assert [code for code in _codes([manifest, other]) if code == "GROUP_BASIS"] == ([] if ok else ["GROUP_BASIS"])


# Addresses.


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org/a", ""),
        ("https://93.184.215.14/a", ""),
        ("https://[2606:4700:4700::1111]/a", ""),
        ("http://localhost/a", "localhost"),
        ("http://localhost.:8000/a", "localhost"),
        ("http://127.0.0.1:8000/a", "127.0.0.1"),
        ("http://10.1.2.3/a", "10.1.2.3"),
        ("http://172.16.0.1/a", "172.16.0.1"),
        ("http://192.168.0.1/a", "192.168.0.1"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),  # cloud machines tell secrets there
        ("http://100.64.0.1/a", "100.64.0.1"),  # shared by a provider's customers
        ("http://0.0.0.0/a", "0.0.0.0"),
        ("http://[::1]/a", "::1"),
        ("http://[fe80::1]/a", "fe80::1"),
        ("http://[fd00::1]/a", "fd00::1"),
        ("http://pacs.local/a", "pacs.local"),
        ("http://pacs.hospital.internal/a", "pacs.hospital.internal"),
        ("http://PACS/a", "pacs"),
        ("https://localhost.example.org/a", ""),  # somebody's public name
    ],
)
def test_hosts_that_only_one_network_knows_are_told_from_public_ones(url: str, host: str):
    assert private_host(url) == host


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://user:word@example.org/a", True),
        ("https://user@example.org/a", True),
        ("https://@example.org/a", True),
        ("https://example.org/@user/a", False),
        ("https://example.org/a?mail=a@b.c", False),
    ],
)
def test_credentials_are_seen_only_where_they_are(url: str, secret: bool):
    assert carries_credentials(url) is secret


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https:///a", "https://a:b/", "https://[::1/a", "https://a:99999/"),
        *(
            "https://exa\x01mple.org/",
            "https://exa\u202emple.org/",
            "https://exam ple.org/",
            "https://example.org/a\tb",
        ),
    ],
)
def test_what_names_no_host_is_malformed(url: str):
    assert is_malformed(url)
    assert (carries_credentials(url), private_host(url)) == (False, "")


def test_a_secret_is_not_repeated_in_the_finding():
    manifest = _changed(recording("a"), source={"locations": ["https://me:hunter2@example.org/a.mp4"]})
    findings = [finding for _, _, finding in broken_rules([manifest])]
    assert findings
    assert "hunter2" not in str(findings)


# Privacy: texts that must be found and texts that must not.

PEOPLE = [
    (dates, "examined 2020-03-13", ["2020-03-13"]),
    (dates, "13.03.2020", ["13.03.2020"]),
    (dates, "3/13/2020", ["3/13/2020"]),
    (dates, "13 March 2020 and March 13th, 2020", ["13 March 2020", "March 13th, 2020"]),
    (dates, "VID-20200427-WA0040.mp4", ["20200427"]),  # a telephone names videos so
    (dates, "IMG_2020_03_13", ["2020_03_13"]),
    (dates, "in March 2020", []),  # a month names nobody
    (dates, "since 2020", []),
    (dates, "Reg_Image_181602_trimmed_crop.mp4", []),  # a time of day
    (dates, "Pneu_northumbria_0409_set1_vid1.avi", []),
    (dates, "Cov-Atlas-Day+1.gif", []),
    (dates, "Cov-Atlas+(44).gif", []),
    (dates, "Cov_Oliviera_2020_Fig15A.jpg", []),
    (dates, "patient_10_L1.mp4", []),
    (dates, "20201399", []),  # no month 13
    (dates, "1202003131", []),  # a longer number
    (dates, "Radiol Bras 2020; 53(4)", []),
    (dates, "version 1.2.2020.1", []),
    (ages, "a 92-year-old woman", ["92-year-old"]),
    (ages, "95 years old", ["95 years old"]),
    (ages, "aged 90", ["aged 90"]),
    (ages, "101 y/o", ["101 y/o"]),
    (ages, "a 45-year-old man", []),  # not among the few
    (ages, "90 frames per second", []),
    (ages, "192-year-old building", []),
    (contacts, "write to j.doe@clinic.example.org", ["j.doe@clinic.example.org"]),
    (contacts, "+49 (0)30 123 45 67", ["+49 (0)30 123 45 67"]),
    (contacts, "Tel.: 030/1234567", ["Tel.: 030/1234567"]),
    (contacts, "doi 10.1007/s40477-020-00458-7", []),
    (contacts, "Cov-Atlas-Day+1.gif", []),
    (contacts, "1920x1080 at 25 Hz, 120 frames", []),
    (contacts, "recordings 181602 to 182340", []),
    (contacts, "@atlas on a social network", []),
    (dicom_names, "DOE^JOHN", ["DOE^JOHN"]),
    (dicom_names, "Müller^Änne^^Dr", ["Müller^Änne"]),
    (dicom_names, "x^2", []),
    (titled_names, "scanned by Dr. Smith", ["Dr. Smith"]),
    (titled_names, "Frau Müller", ["Frau Müller"]),
    (titled_names, "Mr. J. D.", ["Mr. J. D."]),
    (titled_names, "patient's name is Smith", ["patient's name is Smith"]),
    (titled_names, "the physician looked again", []),
    (titled_names, "MS lesion", []),
    (titled_names, "Cov_Butterfly_Irregular Pleural Line", []),
    (titled_names, "the patient named no symptoms", []),
]


@pytest.mark.parametrize(("find", "text", "found"), PEOPLE, ids=[f"{f.__name__}-{t!r:.40}" for f, t, _ in PEOPLE])
def test_people_are_found_in_texts_and_file_names_are_left_alone(find: Any, text: str, found: list[str]):
    assert find(text) == found


def test_whoever_made_a_recording_may_be_credited_by_name():
    assert _codes([_changed(recording("a"), source={"attribution": "Dr. Ada Smith, Clinic A"})]) == []
    status = {"state": "excluded", "reason": "Dr. Ada Smith asked for it"}
    assert _codes([_changed(recording("a"), status=status)]) == ["PRIVACY_NAME"]


@pytest.mark.real
def test_the_published_file_names_hold_only_the_dates_that_they_do_hold(
    facts_dir: Path, corpus_dir: Path, blues_dir: Path
):
    import csv

    with (facts_dir / "dataset_metadata.csv").open(encoding="utf-8-sig", newline="") as stream:
        names = {row["Filename"] for row in csv.DictReader(stream)}
    names |= {path.name for folder in (corpus_dir, blues_dir) for path in folder.rglob("*.*")}
    found = {name for name in names for find in (dates, ages, contacts, dicom_names, titled_names) if find(name)}
    # Three videos carry the day on which a telephone sent them.
    assert found == {f"Cov_bolzano_VID-20200427-WA00{number}" for number in (38, 39, 40)}


# Several manifests.


def test_two_manifests_with_one_id_are_both_named():
    twice = [replace(recording("a"), path=Path(f"{folder}/test/a.json")) for folder in "xy"]
    findings = [(str(manifest.path), rule.code, finding.found) for manifest, rule, finding in broken_rules(twice)]
    assert findings == [
        (str(Path("x/test/a.json")), "ID_TWICE", "test/a also in y/test/a.json"),
        (str(Path("y/test/a.json")), "ID_TWICE", "test/a also in x/test/a.json"),
    ]


def test_where_the_other_of_two_lies_is_told_without_the_folders_of_this_machine():
    twice = [replace(recording("a"), path=Path(f"/some/where/test/{name}.json")) for name in ("a", "b")]
    found = [finding.found for _, rule, finding in broken_rules(twice) if rule.code == "ID_TWICE"]
    assert found == ["test/a also in b.json", "test/a also in a.json"]


def test_one_file_is_one_recording():
    one, other = recording("a", sha256="a" * 64), recording("b", sha256="a" * 64)
    assert _codes([one, other]) == ["DIGEST_TWICE"]
    # A duplicate that is excluded is a decision and no fault.
    assert _codes([one, recording("b", sha256="a" * 64, state="excluded")]) == []


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ({"end_s": 1.0}, {"start_s": 1.0}, []),  # one after the other
        ({"start_s": 2.0}, {"end_s": 2.0}, []),
        ({"end_s": 1.5}, {"start_s": 1.0}, ["DIGEST_TWICE"]),  # half a second in both
        ({"start_s": 0.5}, {"start_s": 1.0}, ["DIGEST_TWICE"]),
        (None, {"start_s": 1.0}, ["DIGEST_TWICE"]),  # the whole and a part
    ],
    ids=str,
)
def test_two_moments_of_one_file_are_two_recordings(first: Any, second: Any, wanted: list[str]):
    pair = [recording(name, sha256="a" * 64) for name in "ab"]
    trimmed = [_changed(one, trim=trim) if trim else one for one, trim in zip(pair, (first, second), strict=True)]
    assert _codes(trimmed) == wanted
    assert _codes(trimmed[::-1]) == wanted


def test_one_path_is_one_file():
    one, other = (recording(name, pinned=False, path="videos/x.mp4") for name in "ab")
    assert _codes([one, other]) == ["PATH_TWICE"]
    parts = [_changed(one, trim={"end_s": 1.0}), _changed(other, trim={"start_s": 4.0})]
    assert _codes(parts) == []


def test_the_group_of_a_recording_of_nobody_known_holds_no_other():
    lone = _changed(recording("a"), group={"id": "test/g", "basis": "unknown"})
    intruder = _changed(recording("b"), group={"id": lone.group_id, "basis": "near-duplicate"})
    assert _codes([lone, intruder]) == ["GROUP_UNKNOWN"]


def test_the_recordings_of_a_group_name_one_basis():
    one = _changed(recording("a"), group={"id": "test/g", "basis": "publication"})
    other = _changed(recording("b"), group={"id": "test/g", "basis": "study"})
    assert _codes([one, other]) == ["GROUP_BASES"]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ({"sex": "female"}, {"sex": "female"}, []),
        ({"sex": "female"}, {}, []),  # stated once
        ({"sex": "female"}, {"sex": "male"}, ["PATIENT_DIFFERS"]),
        ({"age_band": "40-49"}, {"age_band": "50-59"}, []),  # a birthday in between
        ({"age_band": "40-49"}, {"age_band": "60-69"}, ["PATIENT_DIFFERS"]),
        ({"age_band": "80-89"}, {"age_band": "90+"}, []),
        ({"age_band": "70-79"}, {"age_band": "90+"}, ["PATIENT_DIFFERS"]),
        ({"age_band": "neonate"}, {"age_band": "infant"}, []),
        ({"age_band": "infant"}, {"age_band": "toddler"}, []),
        ({"age_band": "neonate"}, {"age_band": "preschool"}, ["PATIENT_DIFFERS"]),
        ({"age_band": "toddler"}, {"age_band": "0-9"}, []),
    ],
    ids=str,
)
def test_one_patient_has_one_sex_and_one_age(first: Any, second: Any, wanted: list[str]):
    pair = [
        _changed(recording(name, group="patient-1"), patient=facts) for name, facts in (("a", first), ("b", second))
    ]
    assert _codes(pair) == wanted


def test_findings_do_not_depend_on_the_order_of_files():
    members = [recording(name, sha256="a" * 64) for name in "cab"] + [recording("a")]
    answers = {
        tuple(sorted((manifest.id, rule.code, finding.found) for manifest, rule, finding in broken_rules(order)))
        for order in (members, members[::-1], members[2:] + members[:2])
    }
    assert len(answers) == 1


def test_every_rule_about_one_manifest_can_be_run_alone():
    manifest = recording("a", patterns=[{"reader": "r"}])
    assert [finding for rule in RULES for finding in rule.check(manifest)]  # the recommended fields, at least
    assert [finding for rule in RUN_RULES for finding in rule.check([])] == []


COMPLETE = json.loads((FOLDER / NEWEST / "complete-video" / "manifest.json").read_text(encoding="utf-8"))


@settings(max_examples=200, deadline=None)
@given(document=damaged(COMPLETE))
def test_whatever_the_schema_takes_the_rules_can_judge(document: dict[str, Any]):
    if not schema_faults(document):
        for _, rule, finding in broken_rules([Manifest(document), Manifest(COMPLETE)], strict=True, release=True):
            assert "\n" not in finding.issue(rule.code, rule.level, "a.json").line()


def test_golden_cases_exist_for_this_version():
    assert (FOLDER / NEWEST).is_dir()
    assert len(VALIDATED) > 40


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        pytest.param({"path": "v/Clip.mp4"}, {"path": "V/clip.MP4"}, "$.source.path", id="case of a path"),
        pytest.param({"path": "v/Mu\u0308ller.mp4"}, {"path": "v/M\u00fcller.mp4"}, "$.source.path", id="normal form"),
        pytest.param({"path": "v/a b.mp4"}, {"path": "v/a%20b.mp4"}, "$.source.path", id="percent-encoded"),
        pytest.param({"path": "v/a.mp4"}, {"path": "v//a.mp4"}, "$.source.path", id="slashes"),
        pytest.param({"aliases": ["x", "\u00c9.avi"]}, {"aliases": ["e\u0301.AVI"]}, "$.aliases[0]", id="alias"),
    ],
)
def test_one_name_in_two_spellings_is_a_fault(one, other, place):
    manifests = [recording("a", **one), recording("b", **other)]
    ((manifest, rule, finding),) = [found for found in broken_rules(manifests) if found[1].code == "NAME_SPELT_TWICE"]
    assert (manifest.id, rule.level, finding.json_path) == ("test/b", "error", place)
    assert finding.found.endswith(" in test/a")
    excluded = [manifests[0], recording("b", state="excluded", **other)]
    assert "NAME_SPELT_TWICE" not in _codes(excluded)


def test_ids_and_groups_that_differ_by_case_alone_are_a_fault():
    # No schema lets them in today; a later one may.
    facts = {**recording("b").data, "id": "test/A", "group": {"id": "test/Patient-1", "basis": "patient"}}
    found = broken_rules([recording("a", group="patient-1"), Manifest(facts)])
    assert sorted(f.json_path for _, rule, f in found if rule.code == "NAME_SPELT_TWICE") == ["$.group.id", "$.id"]


def test_names_that_differ_by_more_are_none_of_the_same():
    manifests = [recording("a-1", path="v/a 1.mp4"), recording("a1", path="v/a1.mp4"), recording("c", path="w/a1.mp4")]
    assert _codes(manifests) == []


def test_a_link_leads_to_a_group_of_another_recording():
    assert "LINK_NOWHERE" not in _codes([recording("a", linked=["p"]), recording("b", group="p")])
    assert "LINK_NOWHERE" not in _codes([recording("a", linked=["p"]), recording("b", group="p", state="withdrawn")])
    # Two recordings of one study, which no manifest states as its own group.
    assert "LINK_NOWHERE" not in _codes([recording("a", linked=["study-1"]), recording("b", linked=["study-1"])])
    for alone in ([recording("a", linked=["p"])], [recording("a", linked=["p"]), recording("b")]):
        assert "LINK_NOWHERE" in _codes(alone)


def test_a_link_to_a_recording_is_told_the_group_of_that():
    manifests = [
        recording(name, group=group, linked=linked)
        for name, group, linked in (("a", None, ["c"]), ("b", None, ["c"]), ("c", "patient-7", []))
    ]
    found = [finding.hint for _, rule, finding in broken_rules(manifests) if rule.code == "LINK_NOWHERE"]
    assert found == ["link test/patient-7"] * 2


def test_one_patient_has_one_class_unless_somebody_signed_it():
    healthy = recording("b", "healthy", group="patient-1")
    assert _codes([recording("a", group="patient-1"), healthy]) == ["PATIENT_CLASSES"]
    review = [{"of": "class", "role": "curator", "on": "2024-01-01", "decision": "Two lungs, two findings."}]
    assert _codes([recording("a", group="patient-1"), _changed(healthy, review=review)]) == []
    assert _codes([recording("a", group="patient-1"), recording("b", "uninformative", group="patient-1")]) == []
    # Nothing said is no other diagnosis.
    unsaid = _changed(recording("b", "unknown", group="patient-1"), class_basis="unknown")
    assert _codes([recording("a", group="patient-1"), unsaid]) == []
    # Also in one examination, and where a link makes two groups one patient.
    study = {"id": "test/study-1", "basis": "study"}
    both = [_changed(recording("a"), group=study), _changed(recording("b", "healthy"), group=study)]
    assert _codes(both) == ["PATIENT_CLASSES"]
    linked = [recording("a", group="patient-1", linked=["patient-2"]), recording("b", "healthy", group="patient-2")]
    assert _codes(linked) == ["PATIENT_CLASSES"]
