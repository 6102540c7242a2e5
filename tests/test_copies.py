"""An altered copy is known, whichever of the two was there first: in adding, in checking and in an audit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lusdata.catalog.fingerprint import MAX_POINTS, PLAIN_POINTS, Fingerprint, decode, encode
from lusdata.catalog.likeness import compare
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.intake.alike import alike
from lusdata.media.fingerprint import signature
from lusdata.media.phantom import draw, typical

Frames = NDArray[np.uint8]
SEEDS = (1, 2)
CLASSES = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")


def _turned(frames: Frames, degrees: float) -> Frames:
    height, width = frames.shape[1:]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.stack([np.asarray(cv2.warpAffine(one, turn, (width, height)), dtype=np.uint8) for one in frames])


def _on_a_screen(frames: Frames) -> Frames:
    count, height, width = frames.shape
    screen = np.full((count, math.ceil(height * 1.5), width * 2), 70, dtype=np.uint8)
    screen[:, 20:60, 20:180] = 160
    screen[:, 30:36, 30:150] = 250
    screen[:, height // 4 : height // 4 + height, width // 2 : width // 2 + width] = frames
    return screen


def _levels(frames: Frames, gamma: float) -> Frames:
    return np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)[frames]


def _crushed(frames: Frames) -> Frames:
    """Darken as players do that square the luma of 16 to 235: what was dark is black then."""
    luma = (16 + 219 * np.arange(256) / 255) ** 2 / 255
    return np.clip((luma - 16) / 219 * 255, 0, 255).round().astype(np.uint8)[frames]


ALTERED: dict[str, Callable[[Frames], Frames]] = {
    "a window of half the area": lambda f: f[:, 40:210, 50:276],
    "on a screen with a panel": _on_a_screen,
    "darker": lambda f: _levels(f, 1.9),
    "so dark that much is black": _crushed,
    "brighter": lambda f: _levels(f, 0.5),
    "turned by 8 degrees": lambda f: _turned(f, 8),
    "turned by a quarter": lambda f: f.swapaxes(1, 2)[:, :, ::-1],
    "upside down": lambda f: f[:, ::-1],
    "backwards": lambda f: f[::-1],
    "mirrored, cut and brighter": lambda f: _levels(
        f[
            :,
            12:228,
            16:304,
        ][:, :, ::-1],
        0.7,
    ),
}


@cache
def frames(seed: int) -> Frames:
    spec = typical(CLASSES[seed % 4], probe=("convex", "linear", "phased")[seed % 3], variant=seed)
    return draw(replace(spec, burned_in=False, width_px=320, height_px=240, frame_count=5), seed).frames


@cache
def copied(seed: int, name: str) -> str:
    text = signature(np.ascontiguousarray(ALTERED[name](frames(seed))))
    assert text is not None
    return text


@cache
def known(seed: int) -> str:
    text = signature(frames(seed))
    assert text is not None
    return text


def of_first_version(text: str) -> str:
    """Return the fingerprint as manifests have it that were written before there were further points."""
    plain = decode(text).plain
    return encode(plain).replace("points-2:", "points-1:")


def manifest(text: str, state: str = "included") -> Manifest:
    return Manifest({"id": "cases/there", "kind": "video", "status": {"state": state}, "fingerprint": text})


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_copy_is_found_whichever_came_first(name: str) -> None:
    for seed in SEEDS:
        copy = copied(seed, name)
        for new, there in ((copy, known(seed)), (known(seed), copy)):
            (found,) = alike(new, [manifest(there)])
            assert found.manifest.id == "cases/there"
        # An audit searches all at once.
        (pair,) = find_duplicates({"cases/copy": copy, "cases/there": known(seed)})
        assert pair.similarity == pytest.approx(found.similarity, abs=0.1)


@pytest.mark.parametrize("name", ["a window of half the area", "on a screen with a panel", "darker"])
def test_further_points_find_a_copy_of_what_has_an_older_fingerprint(name: str) -> None:
    for seed in SEEDS:
        there = of_first_version(known(seed))
        plainly = nearest(of_first_version(copied(seed, name)), {"there": there})[0][1]
        fully = nearest(copied(seed, name), {"there": there})[0][1]
        assert fully >= DUPLICATE
        assert fully > plainly


def test_two_are_as_much_alike_whichever_comes_first() -> None:
    for seed in SEEDS:
        copy, there = decode(copied(seed, "on a screen with a panel")), decode(known(seed))
        assert compare(copy, there).score == pytest.approx(compare(there, copy).score, abs=0.01)


def test_the_points_of_the_first_version_stay_what_they_are_and_come_first() -> None:
    one = decode(known(1))
    assert PLAIN_POINTS < len(one.bits) <= MAX_POINTS
    old = decode(of_first_version(known(1)))
    assert np.array_equal(one.plain.bits, old.bits)
    assert np.array_equal(one.plain.places, old.places)
    assert old.plain is old


def test_four_quarters_and_two_mirrors_change_nothing() -> None:
    one = decode(known(2))
    turned = one.turned.turned.turned.turned
    assert np.array_equal(turned.bits, one.bits)
    assert np.allclose(turned.places, one.places)
    # Mirrored and turned twice is upside down, as often as one likes.
    upside_down = one.mirrored.turned.turned
    assert np.array_equal(upside_down.mirrored.turned.turned.bits, one.bits)


@pytest.mark.parametrize("degrees", [-15, -8, 0, 8, 15])
@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_how_a_copy_was_turned_is_told(degrees: int, quarters: int, mirrored: bool) -> None:
    rng = np.random.default_rng(3)
    places = np.column_stack([rng.uniform(0.2, 0.8, (30, 2)), rng.uniform(1, 4, 30)]).astype(np.float32)
    one = Fingerprint(places, rng.integers(0, 256, (30, 16), dtype=np.uint8))
    other = one.mirrored if mirrored else one
    for _ in range(quarters):
        other = other.turned
    factor = 1.3 * np.exp(1j * math.radians(degrees))
    plane = (other.places[:, 0] + 1j * other.places[:, 1]) * factor + (2 + 1j)
    sizes = other.places[:, 2] + math.log2(1.3)
    copy = Fingerprint(np.column_stack([plane.real, plane.imag, sizes]).astype(np.float32), other.bits)
    found = compare(one, copy)
    assert found.score == pytest.approx(30, abs=0.5)
    assert found.mirrored == mirrored
    assert (found.turned_deg - 90 * quarters - degrees) % 360 in (0, 1, 359)
    assert found.scale == pytest.approx(1.3, rel=0.02)


def test_turned_further_than_a_hand_is_unsteady_is_another_arrangement() -> None:
    rng = np.random.default_rng(4)
    places = np.column_stack([rng.uniform(0.2, 0.8, (30, 2)), np.full(30, 2.0)]).astype(np.float32)
    one = Fingerprint(places, rng.integers(0, 256, (30, 16), dtype=np.uint8))
    plane = (places[:, 0] + 1j * places[:, 1]) * np.exp(1j * math.radians(45))
    copy = Fingerprint(np.column_stack([plane.real, plane.imag, places[:, 2]]).astype(np.float32), one.bits)
    assert compare(one, copy).score < 4
