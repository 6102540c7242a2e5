"""Phantoms show what their masks say, move with the breath, and are the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lusdata.errors import UsageError
from lusdata.media.phantom import MASK_NAMES, PhantomSpec, draw, index_clip, index_level, typical
from lusdata.media.phantom.scan import compress, plan_scan, speckle

PROBES = ("convex", "linear", "phased")
SMALL = PhantomSpec(frame_count=4, width_px=240, height_px=200, rate_hz=4)


def brightness(phantom, where):
    """Mean grey level of a mask over all frames."""
    assert where.any()
    return float(phantom.frames[where].mean())


def near(mask, rows):
    """Pixels that lie `rows` below and above a mask but not in it."""
    away = np.zeros_like(mask)
    away[:, rows:] |= mask[:, :-rows]
    away[:, :-rows] |= mask[:, rows:]
    return away & ~mask


@pytest.mark.parametrize("probe", PROBES)
def test_frames_and_masks_have_the_shape_that_was_asked_for(probe):
    phantom = draw(replace(SMALL, probe=probe), 1)
    assert phantom.frames.shape == (4, 200, 240)
    assert phantom.frames.dtype == np.uint8
    assert set(phantom.masks) == set(MASK_NAMES)
    for mask in phantom.masks.values():
        assert mask.shape == phantom.frames.shape
        assert mask.dtype == np.bool_
        assert not mask.flags.writeable


@pytest.mark.parametrize("probe", PROBES)
def test_the_same_seed_draws_the_same_pixels_and_another_seed_does_not(probe):
    spec = replace(typical("covid-19", probe=probe, variant=1), frame_count=3, width_px=160, height_px=120)
    one, same, other = draw(spec, 5), draw(spec, 5), draw(spec, 6)
    assert np.array_equal(one.frames, same.frames)
    assert all(np.array_equal(one.masks[name], same.masks[name]) for name in MASK_NAMES)
    assert not np.array_equal(one.frames, other.frames)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("probe", PROBES)
def test_the_pleural_line_is_brighter_than_what_is_around_it(probe, seed):
    phantom = draw(replace(SMALL, probe=probe, ribs=False), seed)
    pleura = phantom.masks["pleura"]
    around = near(pleura, 6) & phantom.masks["sector"]
    assert brightness(phantom, pleura) > 1.5 * brightness(phantom, around)


@pytest.mark.parametrize("probe", PROBES)
def test_a_lines_are_brighter_than_what_lies_between_them(probe):
    phantom = draw(replace(SMALL, probe=probe, width_px=320, height_px=280), 3)
    lines = phantom.masks["a_lines"]
    around = near(lines, 9) & phantom.masks["sector"] & ~near(phantom.masks["pleura"], 9) & ~phantom.masks["pleura"]
    assert brightness(phantom, lines) > 1.4 * brightness(phantom, around)


def test_a_lines_lie_at_multiples_of_the_pleural_depth():
    spec = replace(SMALL, probe="linear", ribs=False, width_px=320, height_px=320, depth_cm=6.5)
    phantom = draw(spec, 4)
    top = phantom.box[1]
    middle = phantom.box[0] + phantom.box[2] // 2
    pleura = np.flatnonzero(phantom.masks["pleura"][0, :, middle]).mean() - top
    rows = np.flatnonzero(phantom.masks["a_lines"][0, :, middle]) - top
    assert rows.size
    assert np.all(np.abs(rows / pleura - np.rint(rows / pleura)) < 0.12)
    assert np.rint(rows / pleura).min() == 2


@pytest.mark.parametrize("probe", PROBES)
def test_b_lines_are_brighter_than_the_lung_beside_them_down_to_the_bottom(probe):
    spec = replace(SMALL, probe=probe, b_line_count=2, a_lines=False, ribs=False, width_px=320, height_px=280)
    phantom = draw(spec, 2)
    lines = phantom.masks["b_lines"]
    below = phantom.masks["sector"] & (np.arange(280)[None, :, None] > phantom.box[1] + 0.6 * phantom.box[3])
    assert brightness(phantom, lines & below) > 1.5 * brightness(phantom, below & ~lines)
    last = phantom.box[1] + phantom.box[3] - 6
    assert lines[:, last].any()


def test_b_lines_erase_a_lines():
    spec = replace(SMALL, b_line_count=3, ribs=False)
    masks = draw(spec, 8).masks
    assert masks["a_lines"].any()
    assert not (masks["a_lines"] & masks["b_lines"]).any()


def test_b_lines_move_with_the_lung_and_stay_without_sliding():
    spec = replace(SMALL, b_line_count=2, ribs=False, frame_count=2, rate_hz=0.6, breaths_per_min=18)
    moving = draw(spec, 3).masks["b_lines"]
    still = draw(replace(spec, sliding_cm=0.0), 3).masks["b_lines"]

    def changed(mask):
        return (mask[0] ^ mask[1]).sum() / mask[0].sum()

    assert changed(moving) > 3 * changed(still)


@pytest.mark.parametrize("probe", PROBES)
def test_white_lung_fills_the_lung_with_light(probe):
    white = draw(replace(SMALL, probe=probe, white_lung=True, ribs=False), 1)
    black = draw(replace(SMALL, probe=probe, ribs=False), 1)
    lung = white.masks["b_lines"]
    assert lung.sum() > 0.4 * white.masks["sector"].sum()
    assert brightness(white, lung) > 1.5 * brightness(black, lung)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("probe", PROBES)
def test_fluid_is_black_under_a_bright_line_and_changes_with_the_breath(probe, seed):
    spec = replace(SMALL, probe=probe, effusion=True, a_lines=False, ribs=False, frame_count=6, rate_hz=2)
    phantom = draw(spec, seed)
    fluid = phantom.masks["effusion"]
    assert brightness(phantom, fluid) < 20
    assert brightness(phantom, phantom.masks["pleura"]) > 60
    sizes = fluid.sum(axis=(1, 2))
    assert sizes.max() > 1.15 * sizes.min()


@pytest.mark.parametrize("probe", PROBES)
def test_a_subpleural_consolidation_is_darker_than_the_glow_behind_it(probe):
    spec = replace(SMALL, probe=probe, consolidation="subpleural", a_lines=False, ribs=False)
    phantom = draw(replace(spec, width_px=320, height_px=280), 5)
    patch = phantom.masks["consolidation"]
    behind = np.zeros_like(patch)
    behind[:, 40:] = patch[:, :-40]
    behind &= phantom.masks["sector"] & ~patch
    # The median, since the shredded border is bright and belongs to both.
    assert np.median(phantom.frames[patch]) < 0.85 * np.median(phantom.frames[behind])


def test_an_air_bronchogram_is_bright_inside_its_consolidation():
    spec = replace(SMALL, consolidation="lobar", air_bronchogram=True, ribs=False)
    phantom = draw(replace(spec, width_px=400, height_px=304), 4)
    air, tissue = phantom.masks["bronchogram"], phantom.masks["consolidation"]
    assert not (air & ~tissue).any()
    assert brightness(phantom, air) > 1.4 * brightness(phantom, tissue & ~air)


@pytest.mark.parametrize("probe", PROBES)
def test_ribs_cast_shadows_that_hide_the_pleura(probe):
    with_ribs, without = draw(replace(SMALL, probe=probe), 6), draw(replace(SMALL, probe=probe, ribs=False), 6)
    assert with_ribs.masks["pleura"].sum() < 0.85 * without.masks["pleura"].sum()
    assert with_ribs.frames.mean() < without.frames.mean()


def test_an_irregular_pleura_is_rougher_than_a_smooth_one():
    def roughness(irregular):
        spec = replace(SMALL, probe="linear", ribs=False, a_lines=False, pleural_irregularity=irregular)
        mask = draw(spec, 2).masks["pleura"][0]
        rows = np.array([np.flatnonzero(column).mean() for column in mask.T if column.any()])
        return np.abs(np.diff(rows)).mean()

    assert roughness(True) > 2 * roughness(False)


def test_burned_in_writing_lies_in_its_mask_and_outside_the_sector():
    phantom = draw(SMALL, 1)
    text, sector = phantom.masks["text"], phantom.masks["sector"]
    assert not (text & sector).any()
    assert phantom.frames[~sector & ~text].max() == 0
    assert phantom.frames[text].max() > 150
    plain = draw(replace(SMALL, burned_in=False), 1)
    assert not plain.masks["text"].any()


def test_a_burned_in_name_lies_inside_the_sector():
    phantom = draw(replace(SMALL, patient_name="DOE^PHANTOM"), 1)
    inside = phantom.masks["text"] & phantom.masks["sector"]
    assert inside.sum() > 100
    assert brightness(phantom, inside) > 80
    assert not (inside & phantom.masks["b_lines"]).any()


@pytest.mark.parametrize("probe", PROBES)
def test_the_box_is_the_smallest_around_the_sector_and_the_square_lies_in_it(probe):
    phantom = draw(replace(SMALL, probe=probe, frame_count=1), 1)
    left, top, width, height = phantom.box
    sector = phantom.masks["sector"][0]
    assert sector[top : top + height, left : left + width].sum() == sector.sum()
    for edge in (sector[top], sector[top + height - 1], sector[:, left], sector[:, left + width - 1]):
        assert edge.any()
    square_left, square_top, side, other = phantom.square_box
    assert side == other == min(width, height)
    assert left <= square_left <= left + width - side
    assert top <= square_top <= top + height - side


def test_each_probe_has_its_own_sector():
    def row_widths(probe):
        scan = plan_scan(replace(SMALL, probe=probe))
        widths = scan.sector.sum(axis=1)
        return widths[widths > 0]

    linear, phased, convex = row_widths("linear"), row_widths("phased"), row_widths("convex")
    assert linear.min() == linear.max()
    assert phased[3] < 0.25 * phased.max()
    assert 0.1 * convex.max() < convex[convex.size // 8] < 0.7 * convex.max()


def test_speckle_is_rayleigh_distributed_with_one_look_and_calmer_with_more():
    rng = np.random.default_rng(1)
    one, three = speckle(rng, (200, 200), looks=1), speckle(rng, (200, 200), looks=3)
    assert np.mean(one**2) == pytest.approx(1, abs=0.01)
    # A Rayleigh variable has a mean of sqrt(pi)/2 of its root mean square.
    assert one.mean() == pytest.approx(np.sqrt(np.pi) / 2, abs=0.03)
    assert three.std() < 0.75 * one.std()


def test_compression_keeps_the_order_of_echoes_and_uses_the_whole_scale():
    levels = compress(np.geomspace(1e-4, 1, 50, dtype=np.float32)[None])[0].astype(int)
    assert levels[0] == 0
    assert levels[-1] == 255
    assert np.all(np.diff(levels) >= 0)


def test_patterns_of_a_specification_read_like_a_manifest():
    patterns = typical("bacterial-pneumonia").patterns
    assert patterns["consolidation"] == patterns["air_bronchogram"] == "present"
    assert patterns["normal"] == "absent"
    assert typical("healthy").patterns["normal"] == "present"
    assert set(patterns.values()) <= {"present", "absent"}


@pytest.mark.parametrize("class_name", ["healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia"])
@pytest.mark.parametrize("variant", range(4))
def test_a_pattern_called_present_has_pixels(class_name, variant):
    spec = replace(typical(class_name, variant=variant), frame_count=2, width_px=240, height_px=184)
    phantom = draw(spec, 30 + variant)
    masks = {
        "b_lines": "b_lines",
        "a_lines": "a_lines",
        "consolidation": "consolidation",
        "effusion": "effusion",
        "air_bronchogram": "bronchogram",
    }
    for pattern, mask in masks.items():
        assert phantom.masks[mask].any() == (spec.patterns[pattern] == "present"), pattern


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probe": "endocavity"}, "unknown probe"),
        ({"class_name": "flu"}, "unknown class_name"),
        ({"consolidation": "round"}, "unknown consolidation"),
        ({"width_px": 20}, "width_px: value out of range"),
        ({"frame_count": 0}, "frame_count: value out of range"),
        ({"rate_hz": 0.0}, "rate_hz: value out of range"),
        ({"rate_hz": float("nan")}, "rate_hz: value out of range"),
        ({"b_line_count": 99}, "b_line_count: value out of range"),
        ({"air_bronchogram": True}, "needs a consolidation"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        replace(SMALL, **change)


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="cannot be negative"):
        draw(SMALL, -1)


def test_a_frame_of_an_index_clip_tells_its_number():
    clip = index_clip(75, width_px=8, height_px=6)
    assert clip.shape == (75, 6, 8)
    assert [int(frame[0, 0]) for frame in clip] == [index_level(index) for index in range(75)]
    assert len({index_level(index) for index in range(73)}) == 73
