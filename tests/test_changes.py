"""What differs between two states of a collection, and what it weighs."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from catalogs import recording
from hypothesis import given
from hypothesis import strategies as st

from lusdata.catalog.changes import WEIGHTS, FieldChange, compare_collections, compare_fields, compare_manifests
from lusdata.catalog.manifest import Manifest

JSON = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5]) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


def changed(manifest: Manifest, path: str, value: Any) -> Manifest:
    """Return a manifest with one field set, or without it if the value is None."""
    data = json.loads(json.dumps(manifest.data))
    *parents, last = path.split(".")
    place = data
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return Manifest(data)


@given(JSON, JSON)
def test_comparing_is_symmetric(one: Any, other: Any) -> None:
    there = [(field.json_path, field.before, field.after) for field in compare_fields(one, other)]
    back = [(field.json_path, field.after, field.before) for field in compare_fields(other, one)]
    assert there == back


@given(JSON, JSON)
def test_documents_are_equal_exactly_if_their_texts_are(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (list(compare_fields(one, other)) == []) is same


@given(JSON)
def test_nothing_differs_from_itself(document: Any) -> None:
    assert list(compare_fields(document, copy.deepcopy(document))) == []


def test_entries_of_a_list_are_compared_one_by_one_and_plain_lists_as_a_whole() -> None:
    before = {"patterns": [{"reader": "a", "b_lines": "absent"}], "zones": ["L1", "L2"]}
    after = {"patterns": [{"reader": "a", "b_lines": "present"}, {"reader": "b"}], "zones": ["L1"]}
    assert list(compare_fields(before, after)) == [
        FieldChange("$.patterns[0].b_lines", '"absent"', '"present"'),
        FieldChange("$.patterns[1]", None, '{"reader": "b"}'),
        FieldChange("$.zones", '["L1", "L2"]', '["L1"]'),
    ]


def test_a_number_that_is_spelt_otherwise_is_a_change_that_weighs_nothing_much() -> None:
    before = changed(recording("a"), "crop", {"left_px": 1, "top_px": 2, "width_px": 640, "height_px": 480})
    after = changed(before, "crop.width_px", 640.0)
    (change,) = compare_manifests([before], [after])
    assert change.fields == (FieldChange("$.crop.width_px", "640", "640.0"),)
    assert change.weight == "patch"


@pytest.mark.parametrize(
    ("path", "value", "weight"),
    [
        ("class", "healthy", "major"),
        ("probe", "linear", "major"),
        ("kind", "image", "major"),
        ("group.id", "test/somebody", "major"),
        ("source.sha256", "0" * 64, "major"),
        ("source.provider", "clinic-b", "major"),
        ("crop", {"left_px": 0, "top_px": 0, "width_px": 9, "height_px": 9}, "major"),
        ("trim", {"start_s": 1.0}, "major"),
        ("patterns", [{"reader": "a", "b_lines": "present"}], "minor"),
        ("status", {"state": "withdrawn", "since": "2026-01-01", "reason": "consent"}, "major"),
        ("status", {"state": "excluded", "since": "2026-01-01", "reason": "a neck"}, "major"),
        ("source.licence.redistribute", False, "minor"),
        ("source.access", "restricted", "minor"),
        ("source.locations", ["https://example.org/b.mp4"], "patch"),
        ("source.attribution", "A clinic", "patch"),
        ("class_basis", "pcr", "patch"),
    ],
)
def test_a_change_of_a_recording_that_datasets_hold_weighs(path: str, value: Any, weight: str) -> None:
    before = recording("a")
    (change,) = compare_manifests([before], [changed(before, path, value)])
    assert change.weight == weight


@pytest.mark.parametrize("field", ["patterns", "severity", "labels"])
def test_a_first_word_of_readers_is_an_addition_and_another_word_is_not(field: str) -> None:
    said = {"patterns": {"b_lines": "present"}, "severity": {"scale": "s", "value": 1}, "labels": {"task": "t"}}[field]
    silent = Manifest({key: value for key, value in recording("a").data.items() if key != field})
    spoken = changed(silent, field, [{"reader": "one", **said}])
    more = changed(silent, field, [{"reader": "one", **said}, {"reader": "two", **said}])
    weights = []
    for before, after in ((silent, spoken), (spoken, silent), (spoken, more)):
        (change,) = compare_collections([before], [after]).changes
        weights.append(change.weight)
    assert weights == ["minor", "major", "major"]


@pytest.mark.parametrize(
    ("before", "after", "kind", "weight"),
    [
        (None, recording("a"), "added", "minor"),
        (None, recording("a", state="excluded"), "added", "minor"),
        (recording("a"), None, "removed", "major"),
        (recording("a", pinned=False), None, "removed", "patch"),
        (recording("a", pinned=False), recording("a"), "changed", "minor"),
        (recording("a", pinned=False), recording("a", "healthy", pinned=False), "changed", "patch"),
        (recording("a", state="excluded"), recording("a"), "changed", "minor"),
        (recording("a"), recording("a", state="withdrawn"), "withdrawn", "major"),
        (recording("a", state="excluded"), recording("a", state="withdrawn"), "withdrawn", "patch"),
    ],
    ids=str,
)
def test_what_comes_and_goes_weighs_by_what_datasets_held(
    before: Manifest | None, after: Manifest | None, kind: str, weight: str
) -> None:
    (change,) = compare_manifests([before] if before else [], [after] if after else [])
    assert (change.kind, change.weight) == (kind, weight)


def test_the_order_of_manifests_and_keys_plays_no_role() -> None:
    one, other = recording("a"), recording("b")
    turned = Manifest(dict(reversed(one.data.items())))
    assert compare_collections([one, other], [other, turned]).weight is None


def test_a_lead_that_joins_two_groups_weighs_more_than_itself() -> None:
    before = [recording("a", group="one"), recording("b", group="two"), recording("c")]
    link = recording("lead", group="one", linked=["two"], pinned=False)
    comparison = compare_collections(before, [*before, link])
    assert [change.weight for change in comparison.changes] == ["minor"]
    assert (comparison.regrouped, comparison.weight) == (("test/a", "test/b"), "major")


def test_a_recording_that_joins_a_group_regroups_nobody_else() -> None:
    before = [recording("a", group="one"), recording("b", group="two")]
    comparison = compare_collections(before, [*before, recording("c", group="one")])
    assert (comparison.regrouped, comparison.weight) == ((), "minor")


@given(st.sets(st.sampled_from(WEIGHTS)))
def test_the_heaviest_change_decides(weights: set[str]) -> None:
    a, b, c = recording("a"), recording("b"), recording("c")
    after = [
        changed(a, "class", "healthy") if "major" in weights else a,
        changed(b, "class_basis", "pcr") if "patch" in weights else b,
        c,
        *([recording("d")] if "minor" in weights else []),
    ]
    expected = next((weight for weight in WEIGHTS if weight in weights), None)
    assert compare_collections([a, b, c], after).weight == expected


def test_what_is_told_in_json_is_plain_data() -> None:
    told = compare_collections([recording("a")], [recording("a", "healthy")]).as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["changes"][0]["fields"] == [{"json_path": "$.class", "before": '"covid-19"', "after": '"healthy"'}]
