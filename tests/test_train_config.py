"""A config is a locked record: what is misspelt or out of range is refused by name."""

from __future__ import annotations

import pytest

from lusdata.errors import DataError, UsageError
from train.config import TrainConfig, from_json, override, to_json

PLAIN = TrainConfig(name="m", model="vgg_cam")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": "3"}, "no such setting"),
        ({"epochs": "three"}, "cannot read the value"),
        ({"epochs": "0"}, "at least 1"),
        ({"by": "hospital"}, "one of frame, video, patient, source"),
        ({"dropout": "1"}, "0 to below 1"),
        ({"learning_rate": "-1"}, "above 0"),
        ({"k": "1"}, "at least 2"),
        ({"cosine": "perhaps"}, "true or false"),
        ({"classes": "healthy"}, "at least 2"),
        ({"classes": "healthy,covid-19,healthy"}, "a class stands twice"),
        ({"learning_rate": "inf"}, "above 0"),
        ({"rate_hz": "0"}, "above 0"),
        ({"weight_decay": "-1"}, "0 or more"),
        ({"label_smoothing": "1"}, "0 to below 1"),
    ],
    ids=lambda value: str(value),
)
def test_bad_settings_are_refused_by_name(settings, message):
    with pytest.raises(UsageError, match=message):
        override(PLAIN, settings)


def test_texts_are_read_as_the_type_of_the_field():
    changed = override(PLAIN, {"epochs": "3", "cosine": "true", "classes": "healthy, covid-19", "dropout": "0.25"})
    assert (changed.epochs, changed.cosine, changed.classes, changed.dropout) == (
        3,
        True,
        ("healthy", "covid-19"),
        0.25,
    )


def test_a_record_survives_being_written():
    assert from_json(to_json(PLAIN), where="here") == PLAIN


def test_the_digest_follows_every_setting():
    assert PLAIN.digest == TrainConfig(name="m", model="vgg_cam").digest
    assert PLAIN.digest != override(PLAIN, {"seed": "1"}).digest


def test_a_record_of_another_version_is_refused():
    with pytest.raises(DataError, match="not a record of this version"):
        from_json('{"name": "m", "shoe_size": 43}', where="config.json")


def test_a_field_that_came_later_leaves_the_digest_of_earlier_records():
    assert "choose_by" not in to_json(PLAIN)
    changed = override(PLAIN, {"choose_by": "source"})
    assert changed.digest != PLAIN.digest
    assert from_json(to_json(changed), where="record") == changed
