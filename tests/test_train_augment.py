"""What training pictures go through."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the extra 'train'")

from train.augment import RECIPES, Augmentation, augment

SIZE_PX = 48
SEEDS = range(60)


def picture() -> np.ndarray:
    """Bright above, dark below, a mark at the left: which way is up and which is left can be read off it."""
    image = np.full((SIZE_PX, SIZE_PX), 60, np.uint8)
    image[: SIZE_PX // 2] = 140
    image[:, :8] += 60
    return image


def changed(image: np.ndarray, kind: str, seed: int) -> np.ndarray:
    return augment(image, kind=kind, rng=np.random.default_rng(seed))


def upside_down(image: np.ndarray) -> bool:
    """Compare rows that no shift of a tenth and no gain of a third can confuse."""
    middle = slice(SIZE_PX // 3, 2 * SIZE_PX // 3)
    upper = image[SIZE_PX // 4 : SIZE_PX // 3, middle].mean()
    return bool(upper < image[2 * SIZE_PX // 3 : 3 * SIZE_PX // 4, middle].mean())


def mirrored(image: np.ndarray) -> bool:
    rows = slice(SIZE_PX // 4, SIZE_PX // 3)
    return bool(image[rows, : SIZE_PX // 4].mean() < image[rows, -SIZE_PX // 4 :].mean())


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_shape_and_dtype_stay(kind):
    result = changed(picture(), kind, 1)
    assert (result.shape, result.dtype) == ((SIZE_PX, SIZE_PX), np.uint8)


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_the_same_chance_gives_the_same_picture(kind):
    np.testing.assert_array_equal(changed(picture(), kind, 3), changed(picture(), kind, 3))


@pytest.mark.parametrize("kind", ["paper", "physics", "scanner"])
def test_another_chance_gives_another_picture(kind):
    assert (changed(picture(), kind, 3) != changed(picture(), kind, 4)).any()


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_the_given_picture_is_left_alone(kind):
    image = picture()
    image.flags.writeable = False
    changed(image, kind, 2)
    np.testing.assert_array_equal(image, picture())


def test_none_changes_nothing():
    assert changed(picture(), "none", 5) is not None
    np.testing.assert_array_equal(changed(picture(), "none", 5), picture())


@pytest.mark.parametrize("kind", ["physics", "scanner"])
def test_depth_never_points_upwards_in_a_physical_recipe(kind):
    assert [seed for seed in SEEDS if upside_down(changed(picture(), kind, seed))] == []


def test_the_paper_turns_about_half_upside_down():
    turned = sum(upside_down(changed(picture(), "paper", seed)) for seed in SEEDS)
    assert 15 < turned < 45


@pytest.mark.parametrize("kind", ["paper", "physics", "scanner"])
def test_about_half_are_mirrored(kind):
    assert 15 < sum(mirrored(changed(picture(), kind, seed)) for seed in SEEDS) < 45


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_where_there_was_no_echo_there_is_none_afterwards(kind):
    black = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    assert not any(changed(black, kind, seed).any() for seed in range(10))


@pytest.mark.parametrize("kind", sorted(RECIPES))
def test_all_pictures_of_a_clip_change_alike(kind):
    clip = np.stack([picture()] * 3)
    result = changed(clip, kind, 7)
    np.testing.assert_array_equal(result[0], result[2])
    np.testing.assert_array_equal(result[1], changed(picture(), kind, 7))


def test_a_clip_keeps_the_order_of_its_pictures():
    clip = np.stack([np.full((SIZE_PX, SIZE_PX), level, np.uint8) for level in (20, 60, 100)])
    means = changed(clip, "physics", 8).mean(axis=(1, 2))
    assert (np.diff(means) > 0).all()


def test_grey_levels_stay_in_the_paper_recipe():
    bright = np.full((SIZE_PX, SIZE_PX), 200, np.uint8)
    inside = slice(SIZE_PX // 4, 3 * SIZE_PX // 4)
    levels = [np.unique(changed(bright, "paper", seed)[inside, inside]) for seed in range(10)]
    assert set(np.concatenate(levels).tolist()) == {200}


def test_gain_does_not_wrap_round_at_white():
    white = np.full((SIZE_PX, SIZE_PX), 255, np.uint8)
    inside = slice(SIZE_PX // 4, 3 * SIZE_PX // 4)
    assert min(int(changed(white, "physics", seed)[inside, inside].min()) for seed in range(20)) > 60


def test_a_shift_is_at_most_a_tenth():
    dot = np.zeros((101, 101), np.uint8)
    dot[48:53, 48:53] = 255
    for seed in SEEDS:
        rows, columns = np.nonzero(changed(dot, "paper", seed))
        assert abs(rows.mean() - 50) <= 11
        assert abs(columns.mean() - 50) <= 11


def test_the_skin_stays_at_the_top_when_the_depth_setting_changes():
    # A line along the upper edge: scale alone must not move it, so it moves by the shift and the rotation only.
    skin = np.zeros((101, 101), np.uint8)
    skin[:4, 40:61] = 255
    found = [np.nonzero(changed(skin, "physics", seed)[:, 50])[0] for seed in SEEDS]
    assert max(int(rows.max()) for rows in found if rows.size) <= 4 * 1.2 + 10 + 5


def test_an_equalised_picture_does_not_depend_on_the_grey_map():
    rng = np.random.default_rng(0)
    image = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    image[8:40, 12:36] = rng.integers(40, 110, (32, 24))
    brighter = np.where(image > 0, 2 * image, 0).astype(np.uint8)
    recipe = Augmentation(upside_down=False, rotation_deg=0.0, shift_share=(0.0, 0.0), equalised=(1.0, 1.0))
    results = []
    for one in (image, brighter):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(RECIPES, "equalised", recipe)
            results.append(changed(one, "equalised", 3))
    np.testing.assert_array_equal(results[0], results[1])
    assert results[0].max() == 255
    assert not results[0][:, :8].any()
    levels = results[0][8:40, 12:36]
    assert abs(levels.mean() - 128) < 4
