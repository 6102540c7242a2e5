"""Documents that are nearly manifests: a good one with a value replaced, dropped or added."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

_WORDS = [
    "present",
    "included",
    "withdrawn",
    "1.1.0",
    "2021-02-30",
    "a/b",
    "https://a.b/c",
    "a" * 64,
    "x\n",
    "90-99",
    "R9",
]
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from([*_WORDS, 1.0, [], {}]),
    st.lists(st.sampled_from(["a", "b", 1]), max_size=3),
    st.dictionaries(st.sampled_from(["id", "basis", "state", "reader", "end_s"]), st.text(max_size=3), max_size=2),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


@st.composite
def damaged(draw: st.DrawFn, document: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a copy of a document with one or two changes anywhere in it."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(list(_places(changed))))
        place: Any = changed
        for step in way:
            place = place[step]
        action = draw(st.sampled_from(["replace", "drop", "add"]))
        if action == "replace":
            place[last] = draw(_ODD)
        elif action == "drop":
            del place[last]
        elif isinstance(place, dict):
            place[draw(st.sampled_from(["extra", "reason", "linked", "doi"]))] = draw(_ODD)
    return changed
