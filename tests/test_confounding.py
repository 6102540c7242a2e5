"""The audit measures how well the class follows from source and file alone, and is silent where it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from catalogs import recording

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.splits.audit.confounding import find_confounding, measure_confounding
from lusdata.splits.audit.finding import Finding
from lusdata.splits.audit.pixel_free import prepare_round
from lusdata.splits.audit.split import split_of_table
from lusdata.splits.folds.make import make_folds
from lusdata.splits.folds.units import unit_ids

CLASSES = ("covid-19", "healthy", "bacterial-pneumonia")


def clinics(*, telling: bool, patients: int = 30) -> list[Manifest]:
    """Return two recordings a patient; a clinic has one class, or each clinic has them all."""
    found = []
    for patient in range(patients):
        name = CLASSES[patient % 3]
        clinic = patient % 3 if telling else patient // 3 % 3
        found += [
            recording(f"p{patient:02d}-{view}", name, f"patient-{patient}", provider=f"clinic-{clinic}")
            for view in range(2)
        ]
    return found


def findings(manifests: list[Manifest]) -> list[Finding]:
    collection = Collection("test", Path("test"), tuple(manifests))
    table = make_folds(manifests)
    return list(find_confounding(collection, split_of_table(table, manifests, source="folds")))


def test_a_class_that_follows_from_the_clinic_is_found_with_its_number():
    source, file, both = findings(clinics(telling=True))
    assert (source.code, source.level, source.subject) == ("CONFOUNDED", "warning", "source")
    assert dict(source.numbers)["balanced_accuracy"] == pytest.approx(1.0)
    assert dict(source.numbers)["p"] < 0.01
    assert "balanced accuracy 1.00 (95 % interval 1.00 to 1.00 over 30 patient groups; guessing 0.33" in source.message
    # Every file is stored alike, so the file alone tells nothing.
    assert file.code == "NOT_CONFOUNDED"
    assert both.code == "CONFOUNDED"


def test_clinics_that_have_every_class_tell_nothing():
    assert [finding.code for finding in findings(clinics(telling=False))] == ["NOT_CONFOUNDED"] * 3


def test_the_number_does_not_depend_on_the_order_of_the_recordings():
    manifests = clinics(telling=False)
    table, units = make_folds(manifests), unit_ids(manifests, "patient")
    first = measure_confounding(manifests, table, features="source and file", units=units, deals=20)
    second = measure_confounding(manifests[::-1], table, features="source and file", units=units, deals=20)
    assert first == second
    assert first.dealt_mean == pytest.approx(first.chance, abs=0.08)


def test_patients_of_one_clinic_that_share_no_class_are_not_told_by_memory_of_the_patient():
    # Each patient has a clinic of its own: knowing the clinic is knowing the patient, which helps with nobody new.
    manifests = [
        recording(f"p{patient:02d}-{view}", CLASSES[patient % 3], f"patient-{patient}", provider=f"clinic-{patient}")
        for patient in range(30)
        for view in range(3)
    ]
    assert findings(manifests)[0].code == "NOT_CONFOUNDED"


def test_frame_rates_and_sizes_of_many_values_are_told_apart_in_bins():
    manifests = []
    for number in range(60):
        manifest = recording(f"r{number:02d}", CLASSES[number % 2], f"patient-{number}")
        media = {**manifest.data["media"], "width_px": 300 + number + (400 if number % 2 else 0)}
        manifests.append(Manifest({**manifest.data, "media": media}))
    source, file, _ = findings(manifests)
    assert (source.code, file.code) == ("NOT_CONFOUNDED", "CONFOUNDED")
    assert dict(file.numbers)["balanced_accuracy"] > 0.9


def test_too_few_patients_give_a_note_and_no_number():
    (finding,) = findings(clinics(telling=True, patients=8))
    assert (finding.code, finding.level) == ("CONFOUNDING_UNKNOWN", "note")


def test_numbers_reach_the_json():
    source, *_ = findings(clinics(telling=True))
    assert source.as_dict()["numbers"]["chance"] == pytest.approx(1 / 3)
    assert list(dict(source.numbers))[-3:] == [f"recall {name}" for name in sorted(CLASSES)]


def test_many_small_sources_of_one_class_are_found_though_none_is_seen_twice():
    # Case reports: each its own provider, all of one disease. That a source is rare tells the class of the next one.
    manifests = [
        recording(
            f"p{patient:02d}",
            CLASSES[patient % 2],
            f"patient-{patient}",
            provider="clinic" if patient % 2 else f"report-{patient}",
        )
        for patient in range(40)
    ]
    source = findings(manifests)[0]
    assert source.code == "CONFOUNDED"
    assert dict(source.numbers)["balanced_accuracy"] == pytest.approx(1.0)


def test_the_interval_counts_patients_and_not_recordings():
    def width(views: int) -> float:
        manifests = [
            recording(
                f"p{patient:02d}-{view}",
                CLASSES[patient % 2],
                f"patient-{patient}",
                provider=f"clinic-{(patient % 2 + (patient % 5 == 0)) % 2}",
            )
            for patient in range(40)
            for view in range(views)
        ]
        numbers = dict(findings(manifests)[0].numbers)
        assert numbers["low"] < numbers["balanced_accuracy"] < numbers["high"]
        return numbers["high"] - numbers["low"]

    # Ten clips of each patient are no ten patients.
    assert width(10) == pytest.approx(width(1), abs=0.02)


def test_categories_are_learned_from_the_training_part_alone():
    groups = np.arange(40)
    train, test = groups[:30], groups[30:]
    words = np.array(["a", "b", "c"] * 10 + ["a"] * 5 + ["new"] * 5)
    numbers = np.concatenate([np.linspace(0, 1, 30), np.linspace(5, 9, 10)])
    ready = prepare_round([words, numbers], np.ones(2), groups, train, test)
    changed = prepare_round(
        [np.where(groups < 30, words, "other"), np.where(groups < 30, numbers, 0.5)], np.ones(2), groups, train, test
    )
    np.testing.assert_array_equal(ready.seen, changed.seen)
    np.testing.assert_array_equal(ready.common, changed.common)
    # All that is new is one category, and what lies above the training part is in its last bin.
    assert set(ready.asked[ready.kind[5:], 0]) == {3}
    assert len(set(ready.asked[ready.kind, 1])) == 1


def test_a_class_of_too_few_patients_is_left_out_and_named():
    manifests = [*clinics(telling=False), recording("lone", "viral-pneumonia", "patient-99")]
    *measured, rare = findings(manifests)
    assert [finding.code for finding in measured] == ["NOT_CONFOUNDED"] * 3
    assert (rare.code, rare.subject) == ("CLASS_TOO_RARE", "viral-pneumonia")
    assert "viral-pneumonia" not in measured[0].message
