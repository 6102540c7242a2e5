"""Groups are united along every chain of links, whatever the order."""

from __future__ import annotations

import random

from catalogs import recording
from hypothesis import given
from hypothesis import strategies as st

from lusdata.catalog.groups import group_ids


def test_recordings_without_links_keep_the_stated_groups():
    assert group_ids([recording("a", group="p-1"), recording("b", group="p-1"), recording("c")]) == {
        "test/a": "test/p-1",
        "test/b": "test/p-1",
        "test/c": "test/c",
    }


def test_a_link_unites_two_groups_with_all_their_members():
    members = [recording("a", group="p-2"), recording("b", group="p-2", linked=["p-1"]), recording("c", group="p-1")]
    assert set(group_ids(members).values()) == {"test/p-1"}


def test_chains_and_rings_of_links_are_one_group():
    ring = [recording(name, linked=[other]) for name, other in ("ab", "bc", "cd", "da")]
    assert set(group_ids(ring).values()) == {"test/a"}


def test_a_link_to_a_group_that_nobody_states_still_joins_those_who_name_it():
    united = group_ids([recording("b", linked=["gone"]), recording("c", linked=["gone"])])
    assert united["test/b"] == united["test/c"]


def test_no_recordings_have_no_groups():
    assert group_ids([]) == {}


@given(
    links=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20),
    seed=st.integers(0, 1000),
)
def test_groups_are_the_connected_parts_whatever_the_order(links: list[tuple[int, int]], seed: int):
    linked = {name: [f"n{b}" for a, b in links if a == name] for name in range(12)}
    members = [recording(f"n{name}", linked=others) for name, others in linked.items()]
    united = group_ids(members)

    parts = [{name} for name in range(12)]
    for one, other in links:
        joined = next(part for part in parts if one in part) | next(part for part in parts if other in part)
        parts = [part for part in parts if not part & joined] + [joined]
    for part in parts:
        assert {united[f"test/n{name}"] for name in part} == {min(f"test/n{name}" for name in part)}

    random.Random(seed).shuffle(members)
    assert group_ids(members) == united
