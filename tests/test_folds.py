"""Folds are a pure function of the catalog: whole, leak-free, even, and stable when the catalog grows."""

from __future__ import annotations

import datetime
import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from catalogs import recording
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lusdata.catalog.manifest import Manifest
from lusdata.errors import DataError, UsageError
from lusdata.splits.folds import assign
from lusdata.splits.folds.make import FoldTable, make_folds
from lusdata.splits.folds.units import expected_frames, unit_ids

CLASSES = ("covid-19", "bacterial-pneumonia", "healthy")
seeds = st.integers(0, 10_000)
examples = settings(max_examples=15, deadline=None)


def catalog(seed: int, *, recordings: int = 30, groups: int = 12, days: int = 1) -> list[Manifest]:
    """Return a catalog drawn from a seed: groups of many sizes, links between some of them, a few unusable ones."""
    draw = random.Random(seed)
    class_of = [draw.choice(CLASSES) for _ in range(groups)]
    made = []
    for number in range(recordings):
        group = number if number < groups else min(int(draw.paretovariate(0.8)) - 1, groups - 1)
        made.append(
            recording(
                f"r{number}",
                class_of[group],
                f"patient-{group}",
                linked=[f"patient-{draw.randrange(groups)}"] if draw.random() < 0.05 else (),
                probe=draw.choice(["convex", "convex", "linear"]),
                provider=f"site-{group % 7}",
                since=f"2021-0{1 + draw.randrange(days)}-01",
                duration_s=draw.uniform(0.3, 20),
                pinned=draw.random() < 0.9,
            )
        )
    return made


def folds_of(table: FoldTable) -> dict[str, int]:
    return {name: unit.fold for unit in table.units for name in unit.recordings}


def buildable(manifests: list[Manifest]) -> list[str]:
    return sorted(m.id for m in manifests if m.state == "included" and m.sha256 is not None)


def splits_in_three(manifests: list[Manifest], by: str) -> bool:
    units = unit_ids(manifests, by)
    return len({units[name] for name in buildable(manifests)}) >= 3


def parts(table: FoldTable) -> list[tuple[tuple[str, ...], ...]]:
    return [(split.train, split.validation, split.test) for split in map(table.split, range(table.k))]


@examples
@given(seed=seeds, by=st.sampled_from(["patient", "video", "source"]), days=st.integers(1, 3))
def test_each_recording_is_tested_once_and_no_unit_is_torn(seed: int, by: str, days: int) -> None:
    manifests = catalog(seed, days=days)
    # Links may unite so many sources that too few are left.
    assume(splits_in_three(manifests, by))
    table = make_folds(manifests, by=by, k=3, seed=seed)
    assert list(table.recordings) == buildable(manifests)
    assert sorted(name for i in range(3) for name in table.split(i).test) == buildable(manifests)
    units = unit_ids(manifests, by)
    for train, validation, test in parts(table):
        assert sorted((*train, *validation, *test)) == buildable(manifests)
        sides = [{units[name] for name in side} for side in (train, validation, test)]
        assert not sides[0] & sides[1]
        assert not sides[0] & sides[2]
        assert not sides[1] & sides[2]


@examples
@given(seed=seeds)
def test_no_patient_group_is_on_two_sides_when_sources_are_split(seed: int) -> None:
    manifests = [*catalog(seed), recording("x", group="patient-0", provider="site-5")]
    assume(splits_in_three(manifests, "source"))
    table = make_folds(manifests, by="source", k=3)
    groups = unit_ids(manifests, "patient")
    folds = folds_of(table)
    assert all(len({folds[name] for name in folds if groups[name] == group}) <= 1 for group in groups.values())
    assert table.unit_of["test/x"] == table.unit_of.get("test/r0", table.unit_of["test/x"])


@examples
@given(seed=seeds)
def test_the_order_of_the_manifests_plays_no_role(seed: int) -> None:
    manifests = catalog(seed, days=3)
    shuffled = random.Random(seed).sample(manifests, len(manifests))
    assert make_folds(shuffled, k=3, seed=seed) == make_folds(manifests, k=3, seed=seed)


def test_seeds_give_different_folds() -> None:
    manifests = catalog(1)
    assert len({str(folds_of(make_folds(manifests, seed=seed))) for seed in range(10)}) > 5


@examples
@given(seed=seeds, more=st.integers(1, 8))
def test_an_addition_moves_nobody(seed: int, more: int) -> None:
    manifests = catalog(seed, days=3)
    before = make_folds(manifests, k=3, seed=seed)
    draw = random.Random(seed)
    # Half of them join a patient who was there before.
    added = [
        recording(f"new-{n}", draw.choice(CLASSES), f"patient-{draw.randrange(24)}", since=f"2022-0{1 + n}-01")
        for n in range(more)
    ]
    after = make_folds([*manifests, *added], k=3, seed=seed)
    assert {name: fold for name, fold in folds_of(after).items() if name in before.unit_of} == folds_of(before)
    for i in range(3):
        assert all(after.part(i, name) == before.part(i, name) for name in before.recordings)
    assert folds_of(make_folds([*manifests, *added], k=3, seed=seed, previous=before)) == folds_of(after)


days = st.dates(datetime.date(2019, 1, 1), datetime.date(2026, 12, 31)).map(str)
newcomers = st.lists(
    st.tuples(days, st.integers(0, 23), st.sampled_from(CLASSES), st.booleans()), min_size=1, max_size=8
)


@examples
@given(seed=seeds, by=st.sampled_from(["patient", "video"]), added=newcomers)
def test_an_addition_of_any_day_moves_nobody_whose_folds_are_given(
    seed: int, by: str, added: list[tuple[str, int, str, bool]]
) -> None:
    manifests = catalog(seed, days=3)
    previous = make_folds(manifests, by=by, k=3, seed=seed)
    more = [
        recording(f"new-{n}", word, f"patient-{patient}", since=day, pinned=pinned)
        for n, (day, patient, word, pinned) in enumerate(added)
    ]
    after = make_folds([*manifests, *more], by=by, k=3, seed=seed, previous=previous)
    assert {name: fold for name, fold in folds_of(after).items() if name in previous.unit_of} == folds_of(previous)
    for i in range(3):
        assert all(after.part(i, name) == previous.part(i, name) for name in previous.recordings)


def test_an_earlier_recording_of_a_patient_follows_the_one_whose_fold_is_given() -> None:
    # The newcomer is older, and as many as those who were there: it must not win the vote.
    manifests = [recording(f"r{n}", group=f"patient-{n}", since="2021-06-01") for n in range(9)]
    previous = make_folds(manifests, k=3)
    for n in range(9):
        more = [recording(f"new-{m}", group=f"patient-{n}", since="2020-01-01") for m in range(2)]
        after = make_folds([*manifests, *more], k=3, previous=previous)
        assert {name: folds_of(after)[name] for name in previous.recordings} == folds_of(previous)


@examples
@given(seed=seeds, first=st.integers(0, 11), second=st.integers(0, 11))
def test_a_later_link_moves_nobody_but_the_smaller_of_the_groups_it_joins(seed: int, first: int, second: int) -> None:
    manifests = catalog(seed)
    before = folds_of(make_folds(manifests, k=3, seed=seed))
    link = recording("link", group=f"patient-{first}", linked=[f"patient-{second}"], since="2022-01-01")
    after = make_folds([*manifests, link], k=3, seed=seed)
    units = unit_ids([*manifests, link], "patient")
    joined = {name for name in before if units[name] == units["test/link"]}
    moved = {name for name in before if folds_of(after)[name] != before[name]}
    assert moved <= joined
    assert len(moved) <= len(joined) / 2
    assert len({folds_of(after)[name] for name in joined}) <= 1


def test_a_merged_group_goes_where_its_larger_part_was_and_a_tie_to_the_older() -> None:
    first = [recording(f"a{n}", group="patient-a", since="2021-01-01") for n in range(3)]
    second = [recording(f"b{n}", group="patient-b", since="2021-01-02") for n in range(2)]
    others = [recording(f"c{n}", group=f"patient-c{n}") for n in range(4)]
    before = folds_of(make_folds([*first, *second, *others], k=2))
    assert before["test/a0"] != before["test/b0"]
    link = recording("link", group="patient-b", linked=["patient-a"], since="2022-01-01")
    assert folds_of(make_folds([*first, *second, *others, link], k=2))["test/b0"] == before["test/a0"]
    even = [*first[:2], *second, *others]
    before = folds_of(make_folds(even, k=2))
    assert before["test/a0"] != before["test/b0"]
    after = folds_of(make_folds([*even, link], k=2))
    assert after["test/b0"] == after["test/link"] == before["test/a0"]


@examples
@given(seed=seeds)
def test_earlier_folds_hold_what_was_there_whatever_changes(seed: int) -> None:
    manifests = catalog(seed)
    previous = make_folds(manifests, k=3, seed=seed)
    draw = random.Random(seed)
    kept = draw.sample(manifests, 24)
    backdated = [recording(f"old-{n}", draw.choice(CLASSES), since="2020-01-01") for n in range(5)]
    after = make_folds([*kept, *backdated], k=3, seed=seed + 1, previous=previous)
    for name in set(after.recordings) & set(previous.recordings):
        assert folds_of(after)[name] == folds_of(previous)[name]
        assert [after.part(i, name) for i in range(3)] == [previous.part(i, name) for i in range(3)]


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_folds_are_even_and_every_class_that_can_be_is_in_each(seed: int) -> None:
    draw = random.Random(seed)
    manifests = [
        recording(f"r{g}-{n}", CLASSES[g % 3], f"patient-{g}", duration_s=draw.uniform(0.5, 12))
        for g in range(30)
        for n in range(draw.randint(1, 3))
    ]
    table = make_folds(manifests, k=5, seed=seed)
    for name in CLASSES:
        rows = [row for row in table.counts if row.class_name == name]
        assert len(rows) == 5
        assert max(row.recordings for row in rows) - min(row.recordings for row in rows) <= 2
    recordings = Counter(folds_of(table).values())
    assert max(recordings.values()) - min(recordings.values()) <= 2
    frames = [sum(row.frames for row in table.counts if row.fold == fold) for fold in range(5)]
    assert max(frames) <= 1.25 * min(frames)
    assert table.issues == ()
    for split in map(table.split, range(5)):
        assert {name for m in manifests if m.id in split.validation for name in [m.class_name]} == set(CLASSES)
        assert 0.1 <= len(split.validation) / len((*split.train, *split.validation)) <= 0.3


def test_many_units_are_even_from_the_first_deal_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a thousand units of as many sizes, the search for better changes sees next to nothing.
    monkeypatch.setattr(assign, "_STARTS", 1)
    monkeypatch.setattr(assign, "_MOST_LOOKS", 0)
    draw = random.Random(0)
    sizes = {f"u{number}": draw.randrange(1, 1000) for number in range(1000)}
    units = {name: assign.Profile({("frames",): size}, frozenset(CLASSES)) for name, size in sizes.items()}
    parts = assign.assign(units, shares=(1, 1, 2), seed=0)
    held = [sum(sizes[name] for name in sizes if parts[name] == part) for part in range(3)]
    for part, share in enumerate((0.25, 0.25, 0.5)):
        assert held[part] == pytest.approx(share * sum(sizes.values()), rel=0.001)


def test_recordings_that_cannot_be_built_are_not_dealt_but_still_join_groups() -> None:
    manifests = [
        *(recording(f"r{n}", group=f"patient-{n}") for n in range(4)),
        recording("gone", group="patient-0", linked=["patient-1"], state="excluded"),
        recording("unseen", group="patient-2", linked=["patient-3"], pinned=False),
    ]
    table = make_folds(manifests, k=2)
    assert table.recordings == ("test/r0", "test/r1", "test/r2", "test/r3")
    assert table.unit_of["test/r0"] == table.unit_of["test/r1"]
    assert table.unit_of["test/r2"] == table.unit_of["test/r3"]


def test_recordings_cut_from_one_file_stay_together() -> None:
    manifests = [recording(f"r{n}") for n in range(4)]
    manifests += [recording("cut", sha256=manifests[0].sha256)]
    for by in ("patient", "video"):
        table = make_folds(manifests, by=by, k=2)
        assert table.unit_of["test/cut"] == table.unit_of["test/r0"]


def test_a_class_in_fewer_groups_than_folds_is_a_warning() -> None:
    manifests = [recording(f"r{n}", "healthy") for n in range(6)] + [recording("rare", "other")]
    (issue,) = make_folds(manifests, k=3).issues
    assert (issue.code, issue.level) == ("FOLDS_CLASS_MISSING", "warning")
    assert "other" in issue.line()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"k": 1}, "k: value out of range; expected a whole number, at least 2; found 1", id="one fold"),
        pytest.param({"k": 10_000}, "more folds than patient groups; expected 2 to 4; found 10,000", id="too many"),
        pytest.param({"by": "video", "k": 6}, "more folds than recordings; expected 2 to 5", id="too many videos"),
        pytest.param({"by": "source", "k": 2}, "at least 2 sources, but the collection has 1", id="one source"),
        pytest.param({"by": "frame", "k": 10_000}, "more folds than frames", id="too many for frames"),
        pytest.param(
            {"by": "zone"}, "expected one of patient, video, source, collection, frame; found 'zone'", id="unknown unit"
        ),
        pytest.param({"k": True}, "found True", id="no number"),
        pytest.param({"rate_hz": 0.0}, "rate_hz: value out of range", id="no rate"),
        pytest.param({"max_frames": 0}, "max_frames: value out of range", id="no frames"),
    ],
)
def test_a_wrong_call_is_one_clear_line(options: dict[str, object], message: str) -> None:
    manifests = [recording(f"r{n}", group=f"patient-{min(n, 3)}") for n in range(5)]
    with pytest.raises(UsageError, match=message):
        make_folds(manifests, **options)  # type: ignore[arg-type]


def test_a_catalog_without_anything_to_split_is_a_fault_of_the_data() -> None:
    with pytest.raises(DataError, match="there is nothing to split"):
        make_folds([recording("unseen", pinned=False)], k=2)
    with pytest.raises(DataError, match="two manifests have one id"):
        make_folds([recording("a"), recording("a"), recording("b")], k=2)


def test_previous_folds_of_other_settings_are_refused() -> None:
    manifests = catalog(3)
    previous = make_folds(manifests, k=3)
    with pytest.raises(UsageError, match="expected by=patient, k=4; found by=patient, k=3"):
        make_folds(manifests, k=4, previous=previous)


@pytest.mark.parametrize(
    ("manifest", "frames"),
    [
        pytest.param(recording("a", kind="image"), 1, id="an image is one frame"),
        pytest.param(recording("a", duration_s=3.0), 9, id="a point every third of a second up to the last frame"),
        pytest.param(recording("a", duration_s=60.0), 30, id="no more than the most"),
        pytest.param(recording("a", duration_s=0.1), 1, id="one frame"),
        pytest.param(recording("a", pinned=False), 1, id="nobody knows"),
        pytest.param(
            Manifest({**recording("a", duration_s=3.0).data, "trim": {"start_s": 1.0, "end_s": 2.0}}),
            3,
            id="only the trimmed part counts",
        ),
    ],
)
def test_expected_frames_follow_from_the_manifest(manifest: Manifest, frames: int) -> None:
    assert expected_frames(manifest, rate_hz=3.0, max_frames=30) == frames


def test_a_slow_file_gives_no_more_frames_than_it_has() -> None:
    assert expected_frames(recording("a", duration_s=1.0), rate_hz=100.0, max_frames=30) == 10


@examples
@given(seed=seeds)
def test_a_table_survives_its_json(seed: int) -> None:
    for by in ("patient", "frame"):
        table = make_folds(catalog(seed), by=by, k=3, seed=seed)
        assert FoldTable.from_json(table.to_json()) == table


def test_frames_are_drawn_by_rule_and_evenly() -> None:
    manifests = [recording(f"r{n}", duration_s=10) for n in range(3)]
    table = make_folds(manifests, by="frame", k=5, seed=1)
    assert table.units == ()
    drawn = Counter(table.part(0, "test/r1", index) for index in range(5000))
    assert abs(drawn["test"] - 1000) < 120
    assert abs(drawn["validation"] - 800) < 120
    tested = [[i for i in range(5) if table.part(i, "test/r1", index) == "test"] for index in range(50)]
    assert all(len(folds) == 1 for folds in tested)
    assert make_folds(manifests, by="frame", k=5, seed=2).part(0, "test/r1", 7) in ("train", "validation", "test")
    with pytest.raises(UsageError, match="a split by frame tears recordings apart"):
        table.split(0)


def test_a_part_that_is_not_there_is_a_clear_error() -> None:
    table = make_folds(catalog(2), k=3)
    with pytest.raises(UsageError, match="no such fold; expected 0 to 2; found 3"):
        table.split(3)
    with pytest.raises(DataError, match="test/nobody: the recording is not in the fold table"):
        table.part(0, "test/nobody")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"folds_version": "9.0.0"}, "expected 1.0.0, 1.1.0 or 1.2.0; found '9.0.0'", id="future version"),
        pytest.param({"units": None}, "the fold table is damaged", id="no units"),
        pytest.param({"settings": {"by": "patient"}}, r"found \$\.settings\.k: a required field", id="no k"),
        pytest.param({"validation": {"0": ["test/x"], "1": []}}, "names test/x, which is no unit", id="unknown unit"),
    ],
)
def test_a_file_that_is_no_whole_table_is_refused(change: dict[str, object], message: str) -> None:
    table = make_folds([recording(f"r{n}") for n in range(4)], k=2)
    data = {**json.loads(table.to_json()), **change}
    with pytest.raises(DataError, match=message):
        FoldTable.from_json(json.dumps(data))


def test_a_table_that_tests_what_it_validates_on_is_refused() -> None:
    table = make_folds([recording(f"r{n}") for n in range(4)], k=2)
    tested = next(unit.id for unit in table.units if unit.fold == 0)
    with pytest.raises(DataError, match="which is the test part"):
        FoldTable.from_json(replace(table, validation=((tested,), ())).to_json())
    torn = replace(table, units=(*table.units, replace(table.units[0], id="twin", fold=1)))
    with pytest.raises(DataError, match=r"recording .* twice"):
        FoldTable.from_json(torn.to_json())
    for text in ("{", "[]", "{}"):
        with pytest.raises(DataError, match=r"not (valid JSON|a fold table)"):
            FoldTable.from_json(text, where="somewhere.json")
