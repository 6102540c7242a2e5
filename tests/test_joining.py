"""Several collections as one: whose patients are apart, what both hold, what labels mean, folds that leave one out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogs import recording

import lusdata
from lusdata.catalog.about import About
from lusdata.catalog.collection import Collection
from lusdata.catalog.fingerprint import Fingerprint, encode
from lusdata.catalog.groups import group_ids
from lusdata.catalog.joining.collection import JoinedCollection, join_collections
from lusdata.catalog.joining.labels import read_labels
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.schema import schema_faults
from lusdata.catalog.tasks import find_task
from lusdata.errors import DataError, UsageError
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.table import FoldTable


def of(collection: str, manifest: Manifest, *, links: Sequence[tuple[str, str]] = (), **parts: Any) -> Manifest:
    """Return a recording as one of another collection, its group too."""
    group = {**manifest.data["group"], "id": f"{collection}/{manifest.group_id.split('/')[1]}"}
    if links:
        group["linked"] = [{"id": to, "basis": basis} for to, basis in links]
    source = {**manifest.data["source"]}
    if "sha256" in source and source["sha256"] == recording(manifest.id.split("/")[1]).sha256:
        # Of its own, unless a test says otherwise.
        source["sha256"] = f"{collection.encode().hex()}{source['sha256']}"[:64]
    name = f"{collection}/{manifest.id.split('/')[1]}"
    return Manifest({**manifest.data, "source": source, "id": name, "group": group, **parts})


def clinic(name: str, count: int = 10, *, about: dict[str, Any] | None = None, **facts: Any) -> Collection:
    """Return a collection of recordings, two of each patient."""
    found = [of(name, recording(f"r{n}", group=f"patient-{n // 2}", **facts)) for n in range(count)]
    return Collection(name, Path(name), tuple(found), about=About(about or {}))


def with_more(collection: Collection, *manifests: Manifest) -> Collection:
    there = {manifest.id: manifest for manifest in (*collection.manifests, *manifests)}
    return replace(collection, manifests=tuple(there[name] for name in sorted(there)))


def points(seed: int) -> str:
    rng = np.random.default_rng(seed)
    places = np.column_stack([rng.uniform(0.1, 0.9, (30, 2)), rng.uniform(-3, -1, 30) + 4]).astype(np.float32)
    return encode(Fingerprint(places, rng.integers(0, 256, (30, 16), dtype=np.uint8)))


def folds_of(table: FoldTable) -> dict[str, int]:
    return {name: table.fold_of[table.unit_of[name]] for name in table.recordings}


# --- whose is whose ---


def test_patients_of_one_number_are_two_in_two_collections() -> None:
    both = join_collections([clinic("east"), clinic("west")])
    groups = group_ids(both.manifests)
    assert groups["east/r0"] == groups["east/r1"] == "east/patient-0"
    assert groups["west/r0"] == groups["west/r1"] == "west/patient-0"
    assert (both.name, both.label, both.note, both.left_out) == ("east+west", "east+west", "", ())
    assert both.manifests == tuple(
        sorted((*clinic("east").manifests, *clinic("west").manifests), key=lambda manifest: manifest.id)
    )


@pytest.mark.parametrize("to", ["east/patient-0", "elsewhere/patient-7"])
def test_a_patient_that_manifests_call_one_stays_one(to: str) -> None:
    east = with_more(clinic("east"), of("east", recording("r0", group="patient-0"), links=[(to, "patient")]))
    if to.startswith("east"):
        east = clinic("east")
    west = with_more(clinic("west"), of("west", recording("r5", group="patient-2"), links=[(to, "patient")]))
    both = join_collections([east, west])
    groups = group_ids(both.manifests)
    assert groups["east/r0"] == groups["east/r1"] == groups["west/r4"] == groups["west/r5"]
    assert len(set(groups.values())) == 9
    assert "1 patient group with recordings in several collections" in both.note
    folds = folds_of(make_folds(both.manifests))
    assert len({folds[name] for name in ("east/r0", "east/r1", "west/r4", "west/r5")}) == 1


def test_the_same_file_in_both_is_told_and_crosses_no_fold() -> None:
    west = with_more(clinic("west"), of("west", recording("r3", group="patient-1", sha256="e" * 64)))
    east = with_more(clinic("east"), of("east", recording("r8", group="patient-4", sha256="e" * 64)))
    both = join_collections([east, west])
    assert [str(copy) for copy in both.copies] == ["east/r8 and west/r3 are one file"]
    assert "(east/patient-4; east/r8 and west/r3 are one file); each counts as one patient" in both.note
    folds = folds_of(make_folds(both.manifests, k=4))
    assert len({folds[name] for name in ("east/r8", "east/r9", "west/r2", "west/r3")}) == 1
    # Whichever is named first.
    again = join_collections([west, east])
    assert again.manifests == both.manifests
    assert make_folds(again.manifests) == make_folds(both.manifests)


def test_one_file_twice_in_one_collection_is_no_copy_between_them_and_an_excluded_one_shares_nobody() -> None:
    twice = [of("east", recording(name, group=name, sha256="e" * 64)) for name in ("a", "b")]
    east = with_more(clinic("east"), *twice)
    assert not join_collections([east, clinic("west")]).copies
    excluded = of("west", recording("out", sha256="e" * 64, state="excluded"))
    both = join_collections([east, with_more(clinic("west"), excluded)])
    assert [str(copy) for copy in both.copies] == [
        "east/a and west/out are one file",
        "east/b and west/out are one file",
    ]
    assert both.note == ""
    # What is excluded still tells that two groups are one.
    groups = group_ids(both.manifests)
    assert groups["east/a"] == groups["east/b"]


def test_a_digest_of_another_kind_tells_a_copy_too() -> None:
    def lead(collection: str, digest: str) -> Manifest:
        manifest = of(collection, recording("lead", pinned=False))
        source = {**manifest.data["source"], "other_digests": {"md5": digest}}
        return Manifest({**manifest.data, "source": source})

    east = with_more(clinic("east"), lead("east", "a" * 32))
    assert not join_collections([east, with_more(clinic("west"), lead("west", "b" * 32))]).copies
    both = join_collections([east, with_more(clinic("west"), lead("west", "a" * 32))])
    assert [str(copy) for copy in both.copies] == ["east/lead and west/lead are one file"]


def test_what_looks_alike_in_both_is_one_group_and_what_looks_alike_in_one_is_not_asked() -> None:
    east = with_more(
        clinic("east"),
        *(of("east", recording(f"e{n}", group=f"p{n}"), fingerprint=points(n // 2)) for n in range(4)),
    )
    west = with_more(
        clinic("west"),
        of("west", recording("w0", group="p0"), fingerprint=points(1)),
        of("west", recording("w1", group="p1"), fingerprint=points(7)),
    )
    both = join_collections([east, west])
    assert [(copy.first, copy.second) for copy in both.copies] == [("east/e2", "west/w0"), ("east/e3", "west/w0")]
    assert "east/e2 and west/w0 look alike, 100%" in both.note
    groups = group_ids(both.manifests)
    assert groups["east/e2"] == groups["west/w0"] != groups["east/e0"]
    assert groups["west/w1"] == "west/p1"


def test_a_recording_that_the_other_collection_withdrew_is_told() -> None:
    east = with_more(clinic("east"), of("east", recording("gone", sha256="e" * 64, state="withdrawn")))
    west = with_more(clinic("west"), of("west", recording("kept", sha256="e" * 64)))
    note = join_collections([east, west]).note
    assert "east/gone and west/kept are one file, and east/gone is withdrawn: ask whether the other may be used" in note


def test_shared_patients_can_be_left_to_the_first_collection_that_can_build_them() -> None:
    east = with_more(
        clinic("east"),
        of("east", recording("r8", group="patient-4", sha256="e" * 64)),
        of("east", recording("lead", group="lead", pinned=False)),
    )
    west = with_more(
        clinic("west"),
        of("west", recording("r3", group="patient-1", sha256="e" * 64)),
        of("west", recording("r6", group="patient-3"), links=[("east/lead", "patient")]),
    )
    first = join_collections([east, west], shared="first")
    # The rest of the patient goes too; a lead keeps nobody else's recording out.
    assert first.left_out == ("west/r2", "west/r3")
    assert not {"west/r2", "west/r3"} & set(first.by_id)
    assert "2 recordings left out, since an earlier collection has the patient (west/r2, west/r3)" in first.note
    assert join_collections([west, east], shared="first").left_out == ("east/r8", "east/r9")
    table = make_folds(first.manifests, by="collection")
    assert table.collections == (("east",), ("west",))
    with pytest.raises(UsageError, match="shared: unknown word; expected together or first; found 'drop'"):
        join_collections([east, west], shared="drop")


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(UsageError, match=r"east and east: two collections have one name"):
        join_collections([clinic("east"), clinic("west"), clinic("east")])
    with pytest.raises(UsageError, match="expected two or more; found 1"):
        join_collections([clinic("east")])


# --- folds that leave a collection out ---


def test_each_collection_is_tested_whole_in_its_round_and_validation_shares_no_patient() -> None:
    parts = [clinic("west", 20), clinic("east", 30), clinic("south", 10)]
    both = join_collections(parts)
    table = make_folds(both.manifests, by="collection")
    assert (table.k, table.collections) == (3, (("east",), ("south",), ("west",)))
    for number, part in ((0, "east"), (1, "south"), (2, "west")):
        split = table.split(number)
        assert set(split.test) == {name for name in both.by_id if name.startswith(f"{part}/")}
        assert split.validation
        assert len(split.train) > 2 * len(split.validation)
        groups = group_ids(both.manifests)
        assert not {groups[name] for name in split.train} & {groups[name] for name in split.validation}
    assert make_folds(tuple(reversed(both.manifests)), by="collection") == table


def test_a_table_by_collection_is_written_in_a_version_of_its_own() -> None:
    table = make_folds(join_collections([clinic("east"), clinic("west")]).manifests, by="collection")
    document = json.loads(table.to_json())
    assert document["folds_version"] == "1.2.0"
    assert not schema_faults(document, "1.2.0", kind="folds")
    assert schema_faults({**document, "folds_version": "1.1.0"}, "1.1.0", kind="folds")
    assert FoldTable.from_json(table.to_json()) == table
    assert json.loads(make_folds(clinic("east").manifests).to_json())["folds_version"] == "1.0.0"


def test_additions_move_nobody_between_validation_and_training() -> None:
    east, west = clinic("east", 20), clinic("west", 20)
    before = make_folds(join_collections([east, west]).manifests, by="collection")
    later = of("east", recording("new", group="new", since="2024-01-01"))
    after = make_folds(join_collections([with_more(east, later), west]).manifests, by="collection")
    for number in range(2):
        assert set(before.split(number).validation) <= set(after.split(number).validation)
        assert set(before.split(number).train) <= set(after.split(number).train)
    early = of("east", recording("new", group="new", since="2000-01-01"))
    both = join_collections([with_more(east, early), west])
    kept = make_folds(both.manifests, by="collection", previous=before)
    assert set(before.split(1).train) <= set(kept.split(1).train)


def test_a_collection_keeps_the_fold_that_an_earlier_table_gave_it() -> None:
    before = make_folds(join_collections([clinic("east"), clinic("west")]).manifests, by="collection")
    exchanged = join_collections([clinic("west"), clinic("zoo")]).manifests
    assert make_folds(exchanged, by="collection").collections == (("west",), ("zoo",))
    assert make_folds(exchanged, by="collection", previous=before).collections == (("zoo",), ("west",))


def test_collections_that_share_a_patient_are_left_out_together_or_not_at_all() -> None:
    west = with_more(
        clinic("west"), of("west", recording("r5", group="patient-2"), links=[("east/patient-0", "patient")])
    )
    both = join_collections([clinic("east"), west])
    with pytest.raises(
        UsageError,
        match=r"east, west: no collection can be left out, since they share patients; found east/patient-0; .*first",
    ):
        make_folds(both.manifests, by="collection")
    three = join_collections([clinic("east"), west, clinic("south")])
    table = make_folds(three.manifests, by="collection")
    assert table.collections == (("east", "west"), ("south",))
    with pytest.raises(UsageError, match="more folds than collections that share no patient; expected 2; found 3"):
        make_folds(three.manifests, by="collection", k=3)


def test_one_collection_cannot_be_left_out_of_itself() -> None:
    with pytest.raises(UsageError, match=r"folds by collection need several collections .*found east"):
        make_folds(clinic("east").manifests, by="collection")
    leads = Collection("west", Path("west"), (of("west", recording("lead", pinned=False)),))
    with pytest.raises(UsageError, match="several collections with recordings that can be built; found east"):
        make_folds(join_collections([clinic("east"), leads]).manifests, by="collection")


def test_a_class_that_one_collection_lacks_is_told() -> None:
    parts = [clinic("east"), clinic("west", class_name="healthy")]
    told = [issue.line() for issue in make_folds(join_collections(parts).manifests, by="collection").issues]
    assert len(told) == 2
    assert "class covid-19 is not in every fold; expected recordings in every collection; found 5 groups" in told[0]
    assert "fewer folds" not in told[0]


def test_fewer_folds_than_collections_hold_several_each() -> None:
    parts = [clinic(name, 10) for name in ("east", "north", "south", "west")]
    table = make_folds(join_collections(parts).manifests, by="collection", k=2)
    assert sorted(map(len, table.collections)) == [2, 2]


def test_recordings_of_nobody_known_are_one_unit_of_their_collection_and_provider() -> None:
    def nobodys(collection: str) -> Collection:
        names = [f"u{n}" for n in range(3)]
        groups = [{"id": f"{collection}/{name}", "basis": "unknown"} for name in names]
        lone = [of(collection, recording(n), group=group) for n, group in zip(names, groups, strict=True)]
        return with_more(clinic(collection), *lone)

    both = join_collections([nobodys("east"), nobodys("west")])
    table = make_folds(both.manifests, by="collection")
    assert len({table.unit_of[f"east/u{n}"] for n in range(3)}) == 1
    assert table.collections == (("east",), ("west",))


# --- what words mean ---

EAST = {
    "title": "East",
    "tasks": [
        {"name": "outcome", "kind": "binary", "meaning": "Died within 30 days.", "values": ["lived", "died"]},
        {"name": "ward", "kind": "categorical", "meaning": "Where.", "values": ["a", "b"]},
        {"name": "days", "kind": "number", "meaning": "Days in hospital.", "minimum": 0, "maximum": 99},
        {"name": "grade", "kind": "ordinal", "meaning": "How bad.", "values": [0, 1, 2]},
    ],
}
WEST = {
    "title": "West",
    "private": True,
    "tasks": [
        {"name": "outcome", "kind": "binary", "meaning": "Died in hospital.", "values": ["lived", "died"]},
        {"name": "ward", "kind": "categorical", "meaning": "Where.", "values": ["a", "b"]},
        {"name": "fatal", "kind": "binary", "meaning": "Whether the patient died.", "values": [False, True]},
        {"name": "stay", "kind": "number", "meaning": "Days in hospital.", "minimum": 0, "maximum": 200},
    ],
}


def labelled(collection: Collection, **said: Sequence[Any]) -> Collection:
    """Return the collection with labels of tasks, one after the other, for its first recordings."""
    manifests = list(collection.manifests)
    for task, values in said.items():
        for number, value in enumerate(values):
            labels = [*manifests[number].data.get("labels", ()), {"task": task, "value": value}]
            manifests[number] = Manifest({**manifests[number].data, "labels": labels})
    return replace(collection, manifests=tuple(manifests))


@pytest.fixture(scope="module")
def parts() -> list[Collection]:
    east = labelled(
        clinic("east", about=EAST), outcome=["died", "lived"], ward=["a", "b"], days=[3, 4.5], grade=[0, 1, 2, 2]
    )
    west = labelled(clinic("west", 4, about=WEST, class_name="healthy"), ward=["b"], fatal=[False, True], stay=[120])
    return [east, west]


def values(both: JoinedCollection, name: str) -> dict[str, Any]:
    task = find_task(name, manifests=both.manifests, tasks=both.about.tasks, scales=both.about.scales)
    return {m.id: value for m in both.manifests if (value := task.value_of(m)) is not None}


def test_a_task_that_both_define_alike_is_one_and_of_two_meanings_none_is_taken(parts: list[Collection]) -> None:
    both = join_collections(parts)
    assert values(both, "ward") == {"east/r0": "a", "east/r1": "b", "west/r0": "b"}
    with pytest.raises(UsageError, match=r"outcome: collections mean different things.*east/outcome or west/outcome"):
        values(both, "outcome")
    assert values(both, "east/outcome") == {"east/r0": "died", "east/r1": "lived"}
    assert values(both, "days") == {"east/r0": 3, "east/r1": 4.5}
    assert (both.about.private, both.about.title) == (True, "East + West")


def test_a_task_read_from_the_class_is_none_of_a_collection_that_does_not_define_it() -> None:
    task = {"name": "pcr", "kind": "binary", "meaning": "A PCR test.", "values": ["negative", "positive"]}
    read = {"field": "class", "values": [["healthy"], ["covid-19"]]}
    east = clinic("east", about={"tasks": [{**task, "from": read}]})
    both = join_collections([east, clinic("west")])
    assert set(values(both, "pcr")) == {f"east/r{n}" for n in range(10)}


def test_a_stated_table_makes_one_target_of_two_words(parts: list[Collection]) -> None:
    table = {"death": {"east": {"from": "outcome", "values": {"died": True, "lived": False}}, "west": "fatal"}}
    both = join_collections(parts, labels=table)
    assert values(both, "death") == {"east/r0": True, "east/r1": False, "west/r0": False, "west/r1": True}
    task = both.about.tasks["death"]
    assert (task.kind, task.values) == ("binary", (False, True))
    folds = make_folds(both.manifests, target="death", about=both.about, k=2)
    assert folds.target == "death"
    assert {row.class_name for row in folds.counts} == {"True", "False", "no value"}


def _class_of(**words: Any) -> dict[str, Any]:
    return {"from": "class", "values": words}


@pytest.mark.parametrize(
    ("table", "kind", "known"),
    [
        (
            {
                "east": {"from": "class", "values": {"covid-19": "ill"}},
                "west": {"from": "class", "values": {"healthy": "well"}},
            },
            "binary",
            ("ill", "well"),
        ),
        ({"east": "class", "west": "class"}, "categorical", ("covid-19", "healthy")),
        (
            {
                "east": {"from": "class", "values": {"covid-19": None}},
                "west": {"from": "class", "values": {"healthy": 1}},
            },
            "ordinal",
            (1,),
        ),
        ({"east": "days", "west": "stay"}, "number", ()),
        ({"east": "grade", "west": {"from": "fatal", "values": {True: 2, False: 0}}}, "ordinal", (0, 1, 2)),
        ({"east": "outcome", "west": None}, "binary", ("lived", "died")),
    ],
)
def test_kinds_of_mapped_targets(parts: list[Collection], table: Any, kind: str, known: Any) -> None:
    if kind == "number":
        west = {**WEST, "tasks": [{**task, "maximum": 99} for task in WEST["tasks"] if task["name"] == "stay"]}
        parts = [parts[0], replace(labelled(clinic("west", 2), stay=[12]), about=About(west))]
    task = join_collections(parts, labels={"goal": table}).about.tasks["goal"]
    assert (task.kind, task.values) == (kind, known)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "labels: not a table of labels; .*found list"),
        ({"goal": "class"}, "labels, goal: not a table of labels"),
        ({"class": {"east": "class", "west": "class"}}, "means the same in every collection; found 'class'"),
        ({"b_lines": {"east": "class", "west": "class"}}, "means the same in every collection; found 'b_lines'"),
        ({"My goal": {"east": "class", "west": "class"}}, "not the name of a target; .*found 'My goal'"),
        ({"goal": {"east": "class"}}, "goal: the table of labels says nothing of a collection; .*found west; None"),
        ({"goal": {"east": "class", "west": None, "north": None}}, "names a collection that is not there; .*north"),
        ({"goal": {"east": "nothing", "west": None}}, "goal of east, nothing: no such target"),
        ({"goal": {"east": {"values": {}}, "west": None}}, "goal of east: not a table of labels"),
        ({"goal": {"east": {"from": "class", "values": []}, "west": None}}, "goal of east: not a table of labels"),
        (
            {"goal": {"east": {"from": "outcome", "values": {"died": "yes"}}, "west": None}},
            r"from outcome: .*does not map every value; found nothing for lived \(1 recording\); map each",
        ),
        (
            {"goal": {"east": {"from": "outcome", "values": {"died": 1, "lived": 0, "dead": 1}}, "west": None}},
            "maps what is no value; expected one of died, lived; found dead",
        ),
        (
            {"goal": {"east": _class_of(**{"covid-19": "ill", "unknown": "ill"}), "west": None}},
            "maps what is no value; .*found unknown",
        ),
        (
            {"goal": {"east": None, "west": {"from": "fatal", "values": {True: "a", "true": "b", False: "c"}}}},
            "maps a value twice; found 'true'",
        ),
        (
            {"goal": {"east": {"from": "outcome", "values": {"died": "x", "lived": 0}}, "west": None}},
            "labels of one type are needed; expected one type; found float, str",
        ),
        (
            {"goal": {"east": {"from": "outcome", "values": {"died": None, "lived": None}}, "west": None}},
            "labels of one type are needed; .*found no label at all",
        ),
        (
            {"goal": {"east": {"from": "outcome", "values": {"died": ["x"], "lived": "y"}}, "west": None}},
            "not a label; expected a text, a bool, a number, or None",
        ),
        (
            {"goal": {"east": "outcome", "west": "fatal"}},
            "values kept as they are differ; found east: one of lived, died",
        ),
        (
            {"goal": {"east": "outcome", "west": {"from": "fatal", "values": {True: "dead", False: "lived"}}}},
            "a label that the values kept as they are do not know; expected one of lived, died; found 'dead'",
        ),
    ],
)
def test_a_table_that_leaves_a_meaning_open_is_refused_in_one_line(
    parts: list[Collection], labels: Any, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        join_collections(parts, labels=labels)
    assert "\n" not in str(refused.value)


def test_only_what_is_included_needs_a_label(parts: list[Collection]) -> None:
    excluded = of("east", recording("out", "bacterial-pneumonia", state="excluded"))
    table = {"ill": {"east": _class_of(**{"covid-19": True}), "west": _class_of(healthy=False)}}
    both = join_collections([with_more(parts[0], excluded), parts[1]], labels=table)
    assert set(values(both, "ill")) == {m.id for m in both.included}


def test_a_table_of_labels_may_be_a_file(parts: list[Collection], tmp_path: Path) -> None:
    table = {"death": {"east": "outcome", "west": {"from": "fatal", "values": {"true": "died", "false": "lived"}}}}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    both = join_collections(parts, labels=path)
    assert values(both, "death")["west/r1"] == "died"
    with pytest.raises(UsageError, match="no such table of labels"):
        join_collections(parts, labels=tmp_path / "nothing.json")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"labels\.json"):
        join_collections(parts, labels=str(path))


CSV_OF_DEATH = (
    "label here,from,collection,label there\n"
    "true,outcome,east,died\nfalse,outcome,east,lived\nTRUE,fatal,west,yes\nFALSE,fatal,west,No\n"
)


def _as_workbook(text: str, path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Deaths of both"])
    for line in text.splitlines():
        book.active.append([{"true": True, "false": False}.get(cell.lower(), cell) for cell in line.split(",")])
    book.save(path)


@pytest.mark.parametrize("form", ["csv", "semicolons", "tsv", "utf-16", "xlsx"])
def test_a_table_of_labels_may_be_a_sheet_in_any_dialect(parts: list[Collection], tmp_path: Path, form: str) -> None:
    path = tmp_path / f"labels.{'xlsx' if form == 'xlsx' else 'txt'}"
    if form == "xlsx":
        _as_workbook(CSV_OF_DEATH, path)
    else:
        sign = {"tsv": "\t", "semicolons": ";"}.get(form, ",")
        path.write_text(CSV_OF_DEATH.replace(",", sign), encoding="utf-16" if form == "utf-16" else "utf-8")
    both = join_collections(parts, labels=path)
    assert values(both, "label") == {"east/r0": True, "east/r1": False, "west/r0": False, "west/r1": True}


def test_a_sheet_of_labels_may_hold_several_targets_and_leave_collections_out(
    parts: list[Collection], tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    rows = "death,east,outcome,,\ndeath,west,,,\nill,east,,covid-19,2.5\nill,west,class,healthy,\n"
    path.write_text(f"target,collection,from,label there,label here\n{rows}")
    stated = read_labels(path)
    assert stated == {
        "death": {"east": "outcome", "west": None},
        "ill": {
            "east": {"from": "class", "values": {"covid-19": 2.5}},
            "west": {"from": "class", "values": {"healthy": None}},
        },
    }
    assert set(values(join_collections(parts, labels=path), "death")) == {"east/r0", "east/r1"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("collection,there\neast,died\n", "not a table with the columns that are needed; .*label here"),
        ("collection,there,here\n", "a table without rows"),
        ("collection,there,here\n,died,x\n", r"labels\.csv:2: a row names no collection"),
        (
            "collection,there,here\neast,died,x\neast,died,y\n",
            r"labels\.csv:3: 'died' becomes two things; found x, and y",
        ),
        ("collection,there,here\neast,died,x\neast,,\n", r"labels\.csv:3: a row without labels beside others"),
        ("collection,there,here\neast,,x\n", r"labels\.csv:2: a label without the value that it stands for"),
        ("collection,there,here\neast,died,=A1\n", "a cell holds a formula"),
        (
            "collection,from,there,here\neast,outcome,died,x\neast,class,lived,y\n",
            r"labels\.csv:3: the values of a collection come from one place; found class, and outcome in line 2",
        ),
    ],
)
def test_a_sheet_of_labels_that_contradicts_itself_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=told) as refused:
        read_labels(path)
    assert "\n" not in str(refused.value)


def test_a_scale_that_two_define_in_two_ways_is_refused() -> None:
    scale = {"name": "own-0-3", "title": "Own", "definition": "As we score.", "minimum": 0, "maximum": 3}
    east = clinic("east", about={"severity_scales": [scale]})
    west = clinic("west", about={"severity_scales": [{**scale, "definition": "As they score."}]})
    with pytest.raises(DataError, match="define one scale of severity in two ways; found own-0-3"):
        join_collections([east, west])
    assert "own-0-3" in join_collections([east, replace(west, about=east.about)]).about.scales


@pytest.mark.slow
def test_the_collections_that_come_with_lusdata_share_what_their_manifests_say() -> None:
    parts = {name: lusdata.open_collection(name) for name in ("pocus", "blues", "atlas")}
    assert join_collections([parts["pocus"], parts["blues"]]).note == ""
    both = join_collections([parts["pocus"], parts["atlas"]])
    assert not both.copies
    stated = {link["id"] for m in parts["atlas"].included for link in m.data["group"].get("linked", ())}
    groups = group_ids(both.manifests)
    for manifest in parts["pocus"].included:
        if manifest.group_id in stated:
            assert {m.collection for m in both.included if groups[m.id] == groups[manifest.id]} == {"pocus", "atlas"}
    # All of atlas are leads: nothing is left out for what nobody can build, and nothing can be left out.
    assert join_collections(list(parts.values()), shared="first").left_out == ()
    assert make_folds(join_collections(list(parts.values())).manifests, by="collection").collections == (
        ("blues",),
        ("pocus",),
    )


def test_the_names_are_public() -> None:
    assert lusdata.join_collections is join_collections
