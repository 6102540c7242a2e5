from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from catalogs import recording

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.severity import known_scales
from lusdata.catalog.tasks import find_task, task_of
from lusdata.errors import DataError, UsageError


def _with(**facts: Any) -> Manifest:
    manifest = recording("a")
    return replace(manifest, data={**manifest.data, **facts})


def _find(name: str, *manifests: Manifest, tasks: dict[str, Any] | None = None) -> Any:
    return find_task(name, manifests=manifests, tasks=tasks or {}, scales=known_scales())


def _score(value: float, reader: str = "a", scale: str = "lus-0-3") -> dict[str, Any]:
    return {"scale": scale, "value": value, "reader": reader}


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ([2], 2),
        ([0, 3, 3], 3),
        ([1, 2], 1),  # of two middle scores the lower
        ([], None),
        ([1.5], None),  # no score of the scale
    ],
)
def test_severity_is_an_ordered_target_with_the_scores_of_its_scale(scores: list[float], value: int | None):
    manifest = _with(severity=[_score(score, f"reader-{n}") for n, score in enumerate(scores)])
    task = _find("severity", _with(severity=[_score(0)]), manifest)
    assert (task.kind, task.values) == ("ordinal", (0, 1, 2, 3))
    assert task.value_of(manifest) == value


def test_two_scales_are_told_apart_by_name():
    both = _with(severity=[_score(2), _score(30, scale="luss-0-36")])
    with pytest.raises(UsageError, match=r"severity: no such target; .*severity:lus-0-3, severity:luss-0-36"):
        _find("severity", both)
    assert _find("severity:luss-0-36", both).value_of(both) == 30


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (["present"], "present"),
        (["present", "absent"], None),
        (["absent", "not-assessed"], "absent"),
        (["unknown"], None),
    ],
)
def test_a_pattern_has_a_value_where_readers_agree(said: list[str], value: str | None):
    manifest = _with(patterns=[{"reader": f"reader-{n}", "b_lines": word} for n, word in enumerate(said)])
    assert _find("b_lines").value_of(manifest) == value


def test_an_unknown_class_is_no_value():
    assert _find("class").value_of(_with(**{"class": "unknown"})) is None
    assert _find("class").value_of(_with(**{"class": "copd"})) == "copd"


def test_a_collections_own_task_reads_its_labels():
    task = task_of({"name": "icu", "kind": "binary", "meaning": "Went to intensive care.", "values": ["no", "yes"]})
    labels = [{"task": "icu", "value": "yes"}, {"task": "other", "value": "no"}]
    assert _find("icu", tasks={"icu": task}).value_of(_with(labels=labels)) == "yes"
    assert task.takes("no")
    assert not task.takes("maybe")


def test_a_task_can_gather_the_words_of_a_field():
    entry = {
        "name": "diseased",
        "kind": "binary",
        "meaning": "Any pneumonia.",
        "values": [False, True],
        "from": {"field": "class", "values": [["healthy", "normal"], ["covid-19", "bacterial-pneumonia"]]},
    }
    task = task_of(entry)
    assert task.value_of(_with(**{"class": "covid-19"})) is True
    assert task.value_of(_with(**{"class": "normal"})) is False
    assert task.value_of(_with(**{"class": "copd"})) is None


def test_numbers_are_averaged_over_readers_and_bounded():
    task = task_of({"name": "pf", "kind": "number", "meaning": "Ratio of PaO2 to FiO2.", "minimum": 0, "maximum": 700})
    assert task.value_of(_with(labels=[{"task": "pf", "value": v, "reader": f"r-{v}"} for v in (200, 300)])) == 250
    assert [task.takes(value) for value in (0, 700, 701, True, "x")] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": ["a"]}, "too few or too many values; expected two values; found 1"),
        ({"values": ["a", "b", "c"]}, "expected two values; found 3"),
        ({"values": ["a", "a"]}, "stands in the task twice"),
        ({"kind": "number", "values": [1, 2]}, "a number has a range"),
        ({"values": ["a", "b"], "from": {"field": "class", "values": [["x"]]}}, "expected 2 lists; found 1"),
        ({"values": ["a", "b"], "from": {"field": "pattern", "name": "c_lines"}}, "no such pattern"),
    ],
)
def test_a_task_that_cannot_be_is_refused(change: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        task_of({"name": "x", "kind": "binary", "meaning": "A thing.", **change})


def test_a_misspelt_target_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean 'b_lines'\?"):
        _find("b_line")
