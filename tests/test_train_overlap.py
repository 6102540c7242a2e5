"""Overlap of maps with the places of known patterns."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the extra 'train'")
from scipy import ndimage

from train.explain.overlap import PATTERNS, draw_phantoms, overlap_with_masks, phantom_overlap

CLASSES = ("covid-19", "bacterial-pneumonia", "healthy")


@pytest.fixture(scope="module")
def phantoms():
    return draw_phantoms(CLASSES, count=4, size_px=96, seed=3, frames=1)


def test_phantoms_of_every_class_come_with_every_mask(phantoms):
    assert phantoms.images.shape == (12, 96, 96)
    assert set(phantoms.masks) == {*PATTERNS, "sector"}
    assert all(phantoms.masks[name].any() for name in phantoms.masks)
    # A healthy lung has a pleural line, and no finding in it.
    assert not phantoms.masks["pleura"][8:].any()


def test_maps_drawn_from_the_truth_score_high_and_maps_of_its_opposite_nothing(phantoms):
    rows = phantoms.masks["consolidation"].any((1, 2))
    masks, sector = phantoms.masks["consolidation"][rows], phantoms.masks["sector"][rows]
    good = overlap_with_masks(masks.astype(float), masks, sector)
    assert good["hit"].all()
    assert good["mass"].min() == pytest.approx(1)
    far = np.stack([ndimage.distance_transform_edt(~mask) > 10 for mask in masks]) & sector
    bad = overlap_with_masks(far.astype(float), masks, sector)
    assert not bad["hit"].any()
    assert bad["mass"].max() == 0


def test_what_lies_outside_of_the_sector_does_not_count(phantoms):
    rows = phantoms.masks["consolidation"].any((1, 2))
    masks, sector = phantoms.masks["consolidation"][rows], phantoms.masks["sector"][rows]
    maps = masks.astype(float)
    maps[:, 0, 0] = 9
    found = overlap_with_masks(maps, masks, sector)
    assert found["hit"].all()
    assert found["mass"].min() == pytest.approx(1)


def test_points_drawn_at_random_in_the_sector_hit_as_often_as_chance_says(phantoms):
    rng = np.random.default_rng(0)
    rows = np.flatnonzero(phantoms.masks["b_lines"].any((1, 2)))
    masks, sector = phantoms.masks["b_lines"][rows], phantoms.masks["sector"][rows]
    hits, chance = [], 0.0
    for _ in range(60):
        maps = rng.random(masks.shape) * sector
        scores = overlap_with_masks(maps, masks, sector)
        hits.append(scores["hit"].mean())
        chance = scores["chance"].mean()
    assert np.mean(hits) == pytest.approx(chance, abs=0.1)


def test_each_pattern_is_judged_by_the_map_of_its_class(phantoms):
    maps = np.zeros((len(phantoms.images), 3, 96, 96))
    for name, class_name in PATTERNS.items():
        maps[:, CLASSES.index(class_name)] += phantoms.masks[name]
    found = phantom_overlap(maps, phantoms, classes=CLASSES)
    assert set(found) == set(PATTERNS)
    assert found["a_lines"]["class"] == "healthy"
    assert found["a_lines"]["hit_rate"] == 1
    assert all(0 < one["chance"] < 1 for one in found.values())


def test_maps_without_positive_activation_have_no_mass(phantoms):
    found = phantom_overlap(-np.ones((len(phantoms.images), 3, 7, 7)), phantoms, classes=CLASSES)
    assert found["b_lines"]["mass"] is None


def test_patterns_of_classes_that_the_model_does_not_know_are_left_out(phantoms):
    maps = np.ones((len(phantoms.images), 2, 7, 7))
    assert set(phantom_overlap(maps, phantoms, classes=CLASSES[:2])) == set(PATTERNS) - {"a_lines"}
