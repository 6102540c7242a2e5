"""The settings of a dataset."""

from __future__ import annotations

import math

import pytest

from lusdata.dataset.recipe import Recipe
from lusdata.errors import UsageError


def test_equal_settings_have_equal_digests_however_they_are_spelt() -> None:
    one = Recipe(rate_hz=3, select="probe=linear|convex,class=healthy")
    other = Recipe(rate_hz=3.0, select=" class=healthy , probe=convex|linear|convex")
    assert one == other
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "change",
    [{"rate_hz": 2.0}, {"max_frames": 5}, {"size_px": 96}, {"colour": "rgb"}, {"select": "probe=convex"}],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_changes_the_digest(change: dict[str, object]) -> None:
    assert Recipe(**change).digest != Recipe().digest  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_hz", 0),
        ("rate_hz", -3.0),
        ("rate_hz", math.nan),
        ("rate_hz", math.inf),
        ("rate_hz", True),
        ("rate_hz", "3"),
        ("max_frames", 0),
        ("max_frames", 2.5),
        ("size_px", 15),
        ("size_px", 1025),
        ("size_px", None),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_name_and_its_range(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=rf"^{name}: value out of range; expected a (whole )?number from"):
        Recipe(**{name: value})  # type: ignore[arg-type]


def test_an_unknown_colour_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="one of grey, rgb; found 'sepia'"):
        Recipe(colour="sepia")  # type: ignore[arg-type]


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(rate_hz=1.5, select="patterns=b_lines")
    assert Recipe.from_dict(recipe.as_dict()) == recipe
