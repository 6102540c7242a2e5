from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lusdata.errors import UsageError
from lusdata.media.crop import Box
from lusdata.media.phantom import Phantom, draw, typical
from lusdata.media.sector.finder import find_sector

CLASSES = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")


def phantom(probe: str, seed: int, **changes: object) -> Phantom:
    spec = replace(
        typical(CLASSES[seed % 4], probe=probe, variant=seed),
        **{"width_px": 320, "height_px": 240, "frame_count": 3, **changes},
    )
    return draw(spec, seed)


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


def filled(box: tuple[int, int, int, int], shape: tuple[int, int]) -> NDArray[np.bool_]:
    left, top, width, height = box
    mask = np.zeros(shape, dtype=np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize("seed", [1, pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("probe", ["convex", "linear", "phased"])
@pytest.mark.parametrize(("margin", "gain"), [(0.0, 1.0), (0.09, 1.0), (0.2, 1.0), (0.09, 0.4)])
def test_the_scan_of_a_phantom_is_found(probe: str, margin: float, gain: float, seed: int) -> None:
    truth = phantom(probe, seed, margin=margin)
    found = find_sector((truth.frames * gain).astype(np.uint8))
    assert overlap(found.mask, truth.masks["sector"][0]) > 0.9
    shape = found.mask.shape
    assert overlap(filled(found.box, shape), filled(truth.box, shape)) > 0.9
    assert overlap(filled(found.square_box, shape), filled(truth.square_box, shape)) > 0.75
    assert found.shape == probe
    assert 0.35 < found.confidence <= 1


@pytest.mark.parametrize("probe", ["convex", "linear", "phased"])
def test_one_frame_is_enough(probe: str) -> None:
    truth = phantom(probe, 3, frame_count=1)
    assert overlap(find_sector(truth.frames).mask, truth.masks["sector"][0]) > 0.9


def test_overlay_beside_the_scan_changes_little() -> None:
    truth = phantom("convex", 1, burned_in=False, margin=0.15)
    frames = truth.frames.copy()
    frames[:, 2:12, 2:70] = 200
    frames[:, 20:180, 4:10] = np.linspace(255, 0, 160).astype(np.uint8)[:, None]
    frames[:, 225:238, 10:110:4] = 230
    assert overlap(find_sector(frames).mask, find_sector(truth.frames).mask) > 0.95


def test_colours_may_be_given_and_a_coloured_mark_is_no_echo() -> None:
    truth = phantom("convex", 2, burned_in=False, margin=0.15)
    frames = np.repeat(truth.frames[..., None], 3, axis=3)
    frames[:, :, 312:316] = (20, 200, 60)
    found = find_sector(frames)
    assert overlap(found.mask, truth.masks["sector"][0]) > 0.9
    assert found.box.left_px + found.box.width_px < 312


@pytest.mark.parametrize("probe", ["convex", "linear", "phased"])
def test_a_mirrored_recording_has_the_mirrored_scan(probe: str) -> None:
    frames = phantom(probe, 4, margin=0.1).frames
    assert overlap(find_sector(frames[..., ::-1]).mask[:, ::-1], find_sector(frames).mask) > 0.93


def test_the_scan_moves_with_the_picture() -> None:
    frames = phantom("convex", 5, margin=0.15, burned_in=False).frames
    here = find_sector(frames).box
    there = find_sector(np.roll(frames, (9, -14), axis=(1, 2))).box
    assert np.allclose(np.subtract(there, here), (-14, 9, 0, 0), atol=8)


def test_the_scan_grows_with_the_picture() -> None:
    frames = phantom("linear", 6, margin=0.1, burned_in=False).frames
    small = find_sector(frames).box
    large = find_sector(frames.repeat(2, axis=1).repeat(2, axis=2)).box
    assert np.allclose(large, np.multiply(small, 2), atol=8)


def test_a_recording_that_echoes_fill_is_left_whole() -> None:
    truth = phantom("linear", 1, margin=0.0, burned_in=False)
    left, top, width, height = truth.box
    cropped = np.ascontiguousarray(truth.frames[:, top + 8 : top + height - 8, left + 8 : left + width - 8])
    found = find_sector(cropped)
    assert found.shape == "full"
    assert found.box == Box(0, 0, width - 16, height - 16)
    assert found.mask.all()


def test_the_same_frames_give_the_same_scan() -> None:
    frames = phantom("phased", 7).frames
    one, other = find_sector(frames), find_sector(frames.copy())
    assert (one.box, one.square_box, one.confidence) == (other.box, other.square_box, other.confidence)


def beside_each_other(first: Phantom, second: Phantom) -> NDArray[np.uint8]:
    gap = np.zeros((*first.frames.shape[:2], 8), np.uint8)
    return np.concatenate([first.frames, gap, second.frames], axis=2)


@pytest.mark.parametrize("probe", ["convex", "phased"])
def test_of_two_scans_side_by_side_one_is_found(probe: str) -> None:
    first, second = (phantom(probe, seed, margin=0.05, burned_in=False) for seed in (1, 2))
    found = find_sector(beside_each_other(first, second))
    truth = np.zeros(found.mask.shape, dtype=np.bool_)
    truth[:, :320] = first.masks["sector"][0]
    assert (found.parts, found.is_sure) == (2, False)
    assert overlap(found.mask, truth) > 0.9
    (other,) = found.other_squares
    assert other.left_px >= 328


def test_the_scan_goes_before_a_trace_beside_it() -> None:
    scan = phantom("convex", 1, margin=0.05, burned_in=False)
    trace = np.random.default_rng(0).rayleigh(40, scan.frames.shape).clip(1, 255).astype(np.uint8)
    frames = np.concatenate([trace, np.zeros((len(scan.frames), 240, 8), np.uint8), scan.frames], axis=2)
    assert overlap(find_sector(frames).mask[:, 328:], scan.masks["sector"][0]) > 0.9


def test_a_trace_below_the_scan_is_left_out() -> None:
    scan = phantom("convex", 3, margin=0.05, burned_in=False)
    trace = np.zeros((len(scan.frames), 140, 320), np.uint8)
    trace[:, 10:130, 10:310] = np.random.default_rng(0).rayleigh(40, (len(scan.frames), 120, 300)).clip(1, 255)
    found = find_sector(np.concatenate([scan.frames, trace], axis=1))
    assert (found.parts, found.is_sure, found.other_squares) == (2, True, ())
    assert overlap(found.mask[:240], scan.masks["sector"][0]) > 0.9
    assert found.box.top_px + found.box.height_px <= 240


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
@pytest.mark.parametrize("probe", ["convex", "linear", "phased"])
def test_one_scan_is_one_part(probe: str, seed: int) -> None:
    assert find_sector(phantom(probe, seed, margin=0.1, frame_count=4).frames).parts == 1


@pytest.mark.parametrize(
    ("side", "ground"),
    [("top", (49, 49, 61)), ("bottom", (90, 96, 100)), ("left", (58, 84, 120)), ("right", (230, 230, 230))],
    ids=["top", "bottom", "left", "right"],
)
def test_a_flat_bar_of_any_grey_counts_as_the_empty_screen(side: str, ground: tuple[int, int, int]) -> None:
    frames = np.repeat(phantom("convex", 2, burned_in=False, margin=0.16, frame_count=1).frames[..., None], 3, axis=3)
    turned = frames if side in ("top", "bottom") else frames.transpose(0, 2, 1, 3)
    bar = turned[:, :30] if side in ("top", "left") else turned[:, -30:]
    bar[:] = 0
    black = find_sector(frames)
    bar[:] = ground
    ink = (20, 20, 20) if sum(ground) > 400 else (240, 240, 240)
    for start in (10, 24, 38, 110, 124, 138, 152):
        bar[:, 8:18, start : start + 2] = bar[:, 12:14, start : start + 8] = ink
    found = find_sector(frames)
    assert found.box == black.box
    assert found.confidence == pytest.approx(black.confidence, abs=0.02)
    assert found.is_sure


def test_a_grey_frame_about_a_black_panel_is_no_scan() -> None:
    truth = phantom("phased", 2, burned_in=False, margin=0.05)
    frames = np.full((len(truth.frames), 320, 420), 70, np.uint8)
    frames[:, 30:270, 50:370] = truth.frames
    found = find_sector(frames)
    assert overlap(found.mask[30:270, 50:370], truth.masks["sector"][0]) > 0.9


def test_a_thick_border_about_a_scan_is_not_painted_over_with_it() -> None:
    scans = [phantom("convex", seed, margin=0.12, burned_in=False, frame_count=1) for seed in (1, 2, 3)]
    for scan in scans:
        for line in (scan.frames[:, 4:14], scan.frames[:, -14:-4], scan.frames[..., 4:14], scan.frames[..., -14:-4]):
            line[:] = 110
    found = find_sector(np.pad(np.concatenate([scan.frames for scan in scans], axis=2), ((0, 0), (20, 20), (20, 20))))
    assert (found.parts, len(found.other_squares), found.is_sure) == (3, 2, False)
    assert overlap(found.mask[20:260, 20:340], scans[0].masks["sector"][0]) > 0.85


def test_even_rows_at_the_top_of_a_crop_are_no_bar() -> None:
    truth = phantom("linear", 3, margin=0.0, burned_in=False)
    left, top, width, height = truth.box
    crop = np.ascontiguousarray(truth.frames[:, top : top + height, left : left + width])
    crop[:, :12] = np.array([200, 150, 120, 180, 90, 140, 100, 160, 80, 120, 70, 110], np.uint8)[:, None]
    assert find_sector(crop).box == Box(0, 0, width, height)


@pytest.mark.parametrize("probe", ["convex", "phased"])
def test_a_scan_with_a_shadow_through_it_is_one(probe: str) -> None:
    truth = phantom(probe, 2, margin=0.1, burned_in=False)
    frames = truth.frames.copy()
    frames[:, :, 152:168] = 0
    found = find_sector(frames)
    assert found.parts == 1
    assert overlap(found.mask, truth.masks["sector"][0]) > 0.9


def test_a_near_field_alone_is_boxed_but_not_for_sure() -> None:
    truth = phantom("convex", 1, margin=0.12, burned_in=False, width_px=480, height_px=360)
    frames = truth.frames.copy()
    frames[:, truth.box[1] + 42 :] = 0
    found = find_sector(frames)
    left, top, width, _ = truth.box
    assert not found.is_sure
    assert found.box.left_px >= left - 4
    assert found.box.left_px + found.box.width_px <= left + width + 4
    assert top - 4 <= found.box.top_px
    assert found.box.top_px + found.box.height_px <= top + 50


def test_a_square_that_was_cut_out_already_stays_whole() -> None:
    truth = phantom("convex", 1, burned_in=False, margin=0.1)
    _, top, _, height = truth.box
    square = np.pad(truth.frames[:, top : top + height, 60:260], ((0, 0), (0, 200 - height), (0, 0)))
    assert 0.8 * 200 < height < 0.95 * 200
    assert find_sector(square).square_box == Box(0, 0, 200, 200)
    on_a_screen = np.pad(square, ((0, 0), (70, 70), (70, 70)))
    assert find_sector(on_a_screen).square_box.width_px < 200


@pytest.mark.parametrize("level", [0, 90])
def test_an_empty_recording_gives_the_whole_frame_without_confidence(level: int) -> None:
    found = find_sector(np.full((3, 60, 80), level, dtype=np.uint8))
    assert (found.shape, found.confidence, found.box) == ("full", 0.0, Box(0, 0, 80, 60))
    assert found.square_box == Box(10, 0, 60, 60)


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 3, 200), (1, 200, 3), (3, 16, 16)])
def test_tiny_and_narrow_pictures_give_boxes_inside_the_frame(shape: tuple[int, int, int]) -> None:
    found = find_sector(np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8))
    for box in (found.box, found.square_box):
        assert min(box.left_px, box.top_px) >= 0
        assert min(box.width_px, box.height_px) >= 1
        assert box.left_px + box.width_px <= shape[2]
        assert box.top_px + box.height_px <= shape[1]


@pytest.mark.parametrize(
    "frames",
    [np.zeros((4, 4), np.uint8), np.zeros((1, 4, 4), np.float32), np.zeros((0, 4, 4), np.uint8)],
    ids=["two axes", "floats", "no frames"],
)
def test_what_is_no_recording_is_refused(frames: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="not the frames of a recording"):
        find_sector(frames)


# Read off the pictures by eye: file, shape, and the box as parts of the frame.
REAL = [
    ("pocus_videos/convex/Pneu_Avi_Video_004.mp4", "convex", (0.0, 0.0, 1.0, 0.85)),
    ("pocus_videos/convex/Pneu_Avi_Video_006.mp4", "convex", (0.0, 0.0, 1.0, 0.85)),
]


@pytest.mark.real
@pytest.mark.parametrize(("name", "shape", "box"), REAL, ids=[case[0].rsplit("/", 1)[1] for case in REAL])
def test_fans_that_end_above_the_frame_are_found(
    corpus_dir: Path, name: str, shape: str, box: tuple[float, float, float, float]
) -> None:
    from lusdata.media.frames import read_frames

    frames = read_frames(corpus_dir / name, rate_hz=3, max_frames=16, size_px=400).images
    found = find_sector(frames)
    wanted = tuple(round(400 * part) for part in box)
    assert found.shape == shape
    assert overlap(filled(found.box, found.mask.shape), filled(wanted, found.mask.shape)) > 0.93  # type: ignore[arg-type]
