"""The schema: what it takes, what it refuses and why, and that its fast form never says yes to what it refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from damage import damaged
from golden import FOLDER
from hypothesis import given, settings

from lusdata.budget import BUDGET
from lusdata.catalog.compiled_schema import UnsupportedKeywordError, compile_schema
from lusdata.catalog.schema import (
    NEWEST,
    SCHEMA_RULES,
    enumeration,
    load_schema,
    missing_recommended,
    schema_faults,
    version_key,
    versions,
)
from lusdata.catalog.schema_fault import json_path
from lusdata.errors import DataError

COMPLETE = json.loads((FOLDER / NEWEST / "complete-video" / "manifest.json").read_text(encoding="utf-8"))


def _with(path: str, value: Any) -> dict[str, Any]:
    """Return the complete manifest with one value changed, by dotted path."""
    data = copy.deepcopy(COMPLETE)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = data
    for step in way:
        place = place[step]
    place[last] = value
    return data


def _codes(data: Any) -> list[str]:
    return [fault.code for fault in schema_faults(data)]


GOOD = [
    ("id", "pocus/a"),
    ("id", "a1-b2/c3-d4-e5"),
    ("source.path", "pocus_videos/convex/Cov-Atlas+(44).gif"),  # as the field names its files
    ("source.path", "a..b/c..mp4"),  # two dots inside a name lead nowhere
    ("source.doi", "10.1590/0100-3984.2020.0051"),
    ("source.locations", []),  # the source is gone
    ("source.licence.id", "LicenseRef-COVID-19-Emergency"),
    ("patient.age_band", "0-4"),
    ("patient.age_band", "90+"),
    ("view.zone", "4"),
    ("crop.left_px", 0),
    ("crop.left_px", 100.0),  # a whole number to JSON
    ("trim", {"end_s": 0.1}),
    ("severity.0.value", 1.5),
    ("severity.0.value", 1_000_000),
    ("labels", [{"task": "pf-ratio", "value": -1e9}, {"task": "icu", "value": "yes"}]),
]
BAD = [
    ("id", "Pocus/a", "SCHEMA_FORMAT"),  # capitals fall together on some disks
    ("id", "pocus/a_b", "SCHEMA_FORMAT"),
    ("id", "pocus/a\n", "SCHEMA_FORMAT"),  # a line break hides at the end
    ("id", "pocus", "SCHEMA_FORMAT"),  # no collection
    ("id", "pocus/" + "a" * 120, "SCHEMA_LENGTH"),
    ("$schema", 1, "SCHEMA_TYPE"),
    ("source.path", "/etc/passwd", "SCHEMA_FORMAT"),  # leaves the mirror
    ("source.path", "a/../../b", "SCHEMA_FORMAT"),  # leaves the mirror
    ("source.path", "C:/a.mp4", "SCHEMA_FORMAT"),  # leaves the mirror on Windows
    ("source.path", "a\\b.mp4", "SCHEMA_FORMAT"),  # means different things on different systems
    ("source.path", "a\tb", "SCHEMA_FORMAT"),
    ("source.doi", "https://doi.org/10.1590/x", "SCHEMA_FORMAT"),
    ("source.locations", ["ftp://example.org/a"], "SCHEMA_FORMAT"),
    ("source.locations", ["file:///etc/passwd"], "SCHEMA_FORMAT"),
    ("source.locations", ["https://example.org/a b"], "SCHEMA_FORMAT"),  # not encoded
    ("source.locations", ["https://a.b/c", "https://a.b/c"], "SCHEMA_REPEATED"),
    ("source.sha256", "a" * 63, "SCHEMA_FORMAT"),
    ("source.sha256", "A" * 64, "SCHEMA_FORMAT"),  # one digest, one spelling
    ("source.size_bytes", 0, "SCHEMA_RANGE"),
    ("source.size_bytes", True, "SCHEMA_TYPE"),  # true is 1 to Python, not to JSON
    ("media.width_px", "640", "SCHEMA_TYPE"),
    ("media.duration_s", -1, "SCHEMA_RANGE"),
    ("media.rate_hz", 0, "SCHEMA_RANGE"),
    ("probe", "Convex", "SCHEMA_VALUE"),
    ("class", "covid", "SCHEMA_VALUE"),
    ("class", None, "SCHEMA_TYPE"),  # what is unknown is left out
    ("status.since", "2021-13-01", "SCHEMA_FORMAT"),
    ("patterns.0.b_lines", True, "SCHEMA_VALUE"),
    ("patterns.0.reader", "Dr Smith", "SCHEMA_FORMAT"),  # roles, never names
    ("patient.age_band", "47", "SCHEMA_FORMAT"),  # no exact age
    ("patient.name", "x", "SCHEMA_UNKNOWN_FIELD"),
    ("crop.width_px", 0, "SCHEMA_RANGE"),
    ("trim", {}, "SCHEMA_LENGTH"),
    ("severity.0.value", 1e308, "SCHEMA_RANGE"),  # the mean of two such readers would be infinite
    ("labels", [{"task": "pf-ratio", "value": 1e308}], "SCHEMA_RANGE"),
    ("labels", [{"task": "pf-ratio", "value": -(10**400)}], "SCHEMA_RANGE"),
    ("review.0.decision", "ok", "SCHEMA_LENGTH"),
    ("fingerprint", "0f1e", "SCHEMA_FORMAT"),  # of which algorithm?
]


@pytest.mark.parametrize(("path", "value"), GOOD, ids=[f"{path}={value!r}" for path, value in GOOD])
def test_good_values_are_taken(path: str, value: Any):
    assert schema_faults(_with(path, value)) == ()


@pytest.mark.parametrize(("path", "value", "code"), BAD, ids=[f"{path}={value!r:.40}" for path, value, _ in BAD])
def test_bad_values_are_refused_at_their_place(path: str, value: Any, code: str):
    # A word that is null also has the wrong type; enumerations do not say so.
    wanted = "SCHEMA_VALUE" if path == "class" else code
    faults = schema_faults(_with(path, value))
    assert [fault.code for fault in faults] == [wanted]
    assert path.split(".")[-1].rstrip("0123456789") in faults[0].json_path


def test_every_fault_of_a_document_is_found():
    data = _with("probe", "x")
    del data["kind"]
    data["extra"] = 1
    assert sorted(_codes(data)) == ["SCHEMA_REQUIRED", "SCHEMA_UNKNOWN_FIELD", "SCHEMA_VALUE"]


@pytest.mark.parametrize("data", [None, [], "text", 1, {}], ids=repr)
def test_what_is_no_manifest_at_all_is_refused(data: Any):
    assert schema_faults(data)


def test_an_unknown_version_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match=r"expected one of 0\.9\.0, 1\.0\.0, 1\.1\.0; found '5\.0\.0'"):
        load_schema("5.0.0")


def test_a_loaded_schema_is_the_callers_own():
    load_schema()["properties"].clear()
    assert load_schema()["properties"]
    assert schema_faults(COMPLETE) == ()


def test_versions_come_by_age_and_end_with_the_newest():
    assert versions()[-1] == NEWEST
    assert sorted(["1.10.0", "1.9.0", "0.9.0"], key=version_key) == ["0.9.0", "1.9.0", "1.10.0"]


def test_words_are_read_from_the_schema():
    assert enumeration("source", "access") == ("direct", "manual", "restricted")
    assert enumeration("patterns", "b_lines") == ("present", "absent", "unknown", "not-assessed")
    assert "fever" in enumeration("patient", "symptoms")
    with pytest.raises(LookupError, match=r"no vocabulary for source\.page"):
        enumeration("source", "page")
    with pytest.raises(LookupError, match="no vocabulary for nonsense"):
        enumeration("nonsense")


def test_recommended_fields_are_listed_where_they_are_missing():
    assert list(missing_recommended(COMPLETE)) == []
    data = copy.deepcopy(COMPLETE)
    del data["patterns"]
    del data["source"]["page"]
    assert [path for path, _ in missing_recommended(data)] == ["$.patterns", "$.source.page"]


# The schemas themselves.


def _nodes(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from _nodes(value, (*path, key))
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value, path)


@pytest.mark.parametrize("version", versions())
def test_a_schema_is_valid_and_closed(version: str):
    schema = load_schema(version)
    jsonschema.Draft202012Validator.check_schema(schema)
    for path, node in _nodes(schema):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False, path
    assert schema["properties"]["schema_version"] == {**schema["properties"]["schema_version"], "const": version}


@pytest.mark.parametrize("version", versions())
def test_every_field_says_what_it_is(version: str):
    schema = load_schema(version)
    for path, node in _nodes(schema):
        fields = node.get("properties", {}) if "if" not in path else {}
        for name, field in fields.items():
            described = field if "description" in field or "$ref" not in field else schema["$defs"][field["$ref"][8:]]
            assert described.get("description", "").endswith("."), (*path, name)


@pytest.mark.parametrize("version", versions())
def test_every_example_is_one(version: str):
    schema = load_schema(version)
    for path, node in _nodes(schema):
        if isinstance(node.get("examples"), list):
            accepts = compile_schema({**node, "$defs": schema.get("$defs", {})})
            assert all(accepts(example) for example in node["examples"]), path


def test_every_unit_stands_in_its_fields_name():
    for path, node in _nodes(load_schema()):
        unit = [
            word
            for word in ("in pixels", "in seconds", "in bytes", "per second")
            if word in str(node.get("description"))
        ]
        if unit and node.get("type") in ("integer", "number"):
            assert path[-1].endswith(
                {"in pixels": "_px", "in seconds": "_s", "in bytes": "_bytes", "per second": "_hz"}[unit[0]]
            )


@pytest.mark.parametrize("version", versions())
def test_every_keyword_of_a_schema_has_a_code(version: str):
    structure = {"$ref", "properties", "items", "if", "then", "else"}
    notes = {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "recommended"}
    coded = {keyword for _, keywords in SCHEMA_RULES.values() for keyword in keywords}
    for path, node in _nodes(load_schema(version)):
        if path[-1:] not in (("properties",), ("$defs",), ("dependentRequired",)):
            assert node.keys() <= structure | notes | coded, path


# The fast form.


def test_the_fast_form_refuses_a_keyword_that_it_does_not_know():
    with pytest.raises(UnsupportedKeywordError, match="no fast form of: contains"):
        compile_schema({"contains": {}})


FULL = jsonschema.Draft202012Validator(load_schema())
FAST = compile_schema(load_schema())


@settings(max_examples=300, deadline=None)
@given(document=damaged(COMPLETE))
def test_the_fast_form_never_takes_what_the_full_validator_refuses(document: dict[str, Any]):
    valid = FULL.is_valid(document)
    assert FAST(document) <= valid
    # Ours is the stricter of the two about a line break at the end of a text.
    assert bool(schema_faults(document)) >= (not valid)


@pytest.mark.parametrize("folder", sorted((FOLDER / NEWEST).glob("*")), ids=lambda path: path.name)
def test_both_forms_agree_on_every_golden_case(folder):
    try:
        data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return
    assert FAST(data) is FULL.is_valid(data)


def test_places_are_written_as_json_paths():
    assert json_path([]) == "$"
    assert json_path(["a", 0, "b c", "$schema"]) == "$.a[0]['b c'].$schema"


@pytest.mark.parametrize(
    ("places", "most"),
    [
        (["source.size_bytes"], BUDGET.file_bytes),
        (["media.width_px", "media.height_px", "crop.width_px", "crop.source_height_px"], BUDGET.side_px),
        (["media.frame_count"], BUDGET.frames),
        (["media.duration_s", "trim.start_s", "trim.end_s"], BUDGET.duration_s),
        (["media.rate_hz"], BUDGET.rate_hz),
    ],
)
def test_a_number_may_reach_its_limit_in_the_budget_and_not_pass_it(places: list[str], most: float):
    for section, field in (place.split(".") for place in places):
        for value, codes in ((most, []), (most + 1, ["SCHEMA_RANGE"]), (2**60, ["SCHEMA_RANGE"])):
            changed = {**COMPLETE, section: {**COMPLETE[section], field: value}}
            assert [fault.code for fault in schema_faults(changed)] == codes, (section, field, value)
