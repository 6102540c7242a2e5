"""Choosing recordings by words."""

from __future__ import annotations

import pytest
from catalogs import recording
from hypothesis import given
from hypothesis import strategies as st

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_names
from lusdata.catalog.schema import enumeration
from lusdata.dataset.select import parse_select, select_manifests
from lusdata.errors import UsageError

CATALOG = (
    recording("a", "covid-19", patterns=[{"reader": "x", "b_lines": "present"}, {"reader": "y", "b_lines": "absent"}]),
    recording("b", "healthy", probe="linear", patterns=[{"reader": "x", "b_lines": "absent", "a_lines": "present"}]),
    recording("c", "covid-19", probe="linear", licence="CC-BY-NC-ND-4.0"),
    recording("d", "viral-pneumonia", kind="image", provider="clinic-b"),
)


def chosen(text: str) -> str:
    return "".join(manifest.id[-1] for manifest in select_manifests(parse_select(text), CATALOG))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "abcd"),
        ("probe=convex", "ad"),
        ("class=covid-19|healthy", "abc"),
        ("class=covid-19|healthy,probe=linear", "bc"),
        ("class!=covid-19", "bd"),
        ("class!=covid-19|healthy", "d"),
        ("patterns=b_lines", "a"),
        ("patterns=b_lines|a_lines", "ab"),
        ("patterns=b_lines,patterns=a_lines", ""),
        ("patterns!=b_lines", "bcd"),
        ("kind=image", "d"),
        ("provider=clinic-b", "d"),
        ("licence=CC-BY-NC-ND-4.0", "c"),
        ("publish=no", "c"),
        ("id=test/a|test/d", "ad"),
        (" probe = linear , class = healthy ", "b"),
    ],
)
def test_a_selection_takes_the_recordings_for_which_all_clauses_hold(text: str, expected: str) -> None:
    assert chosen(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("probe", "malformed selection; expected clauses like 'probe=convex'"),
        ("probe=", "malformed selection"),
        ("=convex", "malformed selection"),
        ("probe=convex,", "malformed selection"),
        ("probe=convex||linear", "malformed selection"),
        (
            "colour=grey",
            "unknown key in a selection; expected one of class, collection, id, kind, licence, patterns, probe",
        ),
        (
            "probe=konvex",
            "unknown word for 'probe' in a selection; expected one of convex, linear, phased, unknown",
        ),
        ("class=covid", "expected one of covid-19, bacterial-pneumonia"),
        ("patterns=reader", "expected one of b_lines, confluent_b_lines, a_lines"),
        ("publish=maybe", "expected one of no, yes"),
    ],
)
def test_a_fault_is_told_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_select(text)


@pytest.mark.parametrize("text", ["provider=clinic-x", "id=test/z", "zone=R1"])
def test_a_word_that_no_recording_has_is_a_misspelling(text: str) -> None:
    with pytest.raises(UsageError, match="no recording has this"):
        chosen(text)


def test_patterns_are_the_schemas() -> None:
    assert {"b_lines", "effusion", "normal"} <= set(pattern_names())
    assert "reader" not in pattern_names()


words = st.sampled_from(enumeration("probe")).map(lambda word: f"probe={word}") | st.sampled_from(
    enumeration("class")
).map(lambda word: f"class!={word}")


@given(st.lists(words, max_size=5))
def test_order_and_repeats_of_clauses_mean_nothing(clauses: list[str]) -> None:
    selection = parse_select(",".join(clauses))
    assert parse_select(",".join([*reversed(clauses), *clauses])) == selection
    assert parse_select(selection.text) == selection


def test_two_selections_join_to_one_that_asks_for_both() -> None:
    both = parse_select("probe=linear") & parse_select("class=healthy")
    assert both == parse_select("class=healthy,probe=linear")
    assert select_manifests(both, CATALOG) == (CATALOG[1],)
    assert isinstance(CATALOG[1], Manifest)
