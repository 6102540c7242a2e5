"""Whether a recording is known again by its pixels, and different ones are told apart."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lusdata.catalog.fingerprint import MAX_POINTS, Fingerprint, decode, encode
from lusdata.catalog.likeness import compare, confidence, set_bits
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.errors import DataError, UsageError
from lusdata.media.fingerprint import signature
from lusdata.media.phantom import draw, typical

CLASSES = ("healthy", "covid-19", "bacterial-pneumonia", "viral-pneumonia")
Frames = NDArray[np.uint8]


@cache
def frames(seed: int, frame_count: int = 10) -> Frames:
    spec = typical(CLASSES[seed % 4], probe=("convex", "linear", "phased")[seed % 3], variant=seed)
    return draw(replace(spec, burned_in=False, width_px=320, height_px=240, frame_count=frame_count), seed).frames


@cache
def sign(seed: int) -> str:
    text = signature(frames(seed))
    assert text is not None
    return text


def likeness(seed: int, changed: Frames) -> float:
    text = signature(np.ascontiguousarray(changed))
    return compare(decode(sign(seed)), decode(text)).similarity if text else 0.0


def sized(pictures: Frames, width: int, height: int) -> Frames:
    return np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in pictures])


COPIES = {
    "mirrored": lambda f: f[:, :, ::-1],
    "cropped": lambda f: f[:, 20:220, 30:300],
    "half the sides": lambda f: f[:, 50:182, 70:246],
    "smaller": lambda f: sized(f, 190, 142),
    "brighter": lambda f: np.clip(f.astype(np.float32) * 1.4 + 10, 0, 255).astype(np.uint8),
    "half the frames": lambda f: f[::2],
    "a part": lambda f: f[3:8],
    "one frame": lambda f: f[4:5],
    "on a black screen of twice the sides": lambda f: np.pad(f, ((0, 0), (160, 80), (100, 220))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COPIES)
def test_an_altered_copy_is_known_again(name: str) -> None:
    found = [likeness(seed, COPIES[name](frames(seed))) >= DUPLICATE for seed in range(6)]
    assert sum(found) >= 5


def test_different_recordings_are_not_alike() -> None:
    for first, second in itertools.combinations(range(8), 2):
        assert compare(decode(sign(first)), decode(sign(second))).similarity < DUPLICATE / 2


def test_likeness_is_the_same_either_way_and_tells_a_mirror() -> None:
    text = signature(np.ascontiguousarray(frames(1)[:, :, ::-1]))
    assert text is not None
    there, back = compare(decode(sign(1)), decode(text)), compare(decode(text), decode(sign(1)))
    assert there.mirrored
    assert back.mirrored
    assert there.similarity == pytest.approx(back.similarity, abs=0.05)


@pytest.mark.parametrize("level", [0, 128])
def test_pictures_without_structure_have_no_fingerprint(level: int) -> None:
    assert signature(np.full((4, 120, 160), level, dtype=np.uint8)) is None
    assert signature([]) is None


def test_the_text_form_is_short_and_comes_back_the_same() -> None:
    assert len(sign(2)) <= 4000
    assert encode(decode(sign(2))) == sign(2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("points-0:AAAA", "another algorithm"),
        ("points-1:!", "damaged"),
        ("points-1:", "damaged"),
        ("points-1:AAAA", "damaged"),
        ("points-2:AAAA", "damaged"),
    ],
    ids=["older", "no base64", "empty", "half a point", "half a point of today's"],
)
def test_a_text_that_is_no_fingerprint_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        decode(text)


def test_too_many_points_are_refused() -> None:
    count = MAX_POINTS + 1
    with pytest.raises(DataError, match="too few or too many points"):
        encode(Fingerprint(np.zeros((count, 3), np.float32), np.zeros((count, 16), np.uint8)))


@pytest.mark.parametrize("numpy_counts", [True, False], ids=["NumPy counts", "NumPy 1.26"])
def test_set_bits_are_counted_with_and_without_numpys_help(numpy_counts, monkeypatch) -> None:
    if not numpy_counts:
        monkeypatch.delattr(np, "bitwise_count", raising=False)
    words = np.random.default_rng(0).integers(0, 1 << 64, (50, 4, 2), dtype=np.uint64)
    words[0] = [[0, 0], [(1 << 64) - 1, 0], [1, 1 << 63], [(1 << 64) - 1, (1 << 64) - 1]]
    counts = set_bits(words)
    assert counts.dtype == np.uint8
    assert counts[0].tolist() == [0, 64, 2, 128]
    assert counts.ravel().tolist() == [sum(int(word).bit_count() for word in point) for point in words.reshape(-1, 2)]


def test_the_search_finds_what_comparing_all_pairs_finds() -> None:
    collection = {f"c/{seed:02d}": sign(seed) for seed in range(8)}
    for seed, change in zip((0, 4, 7), (COPIES["mirrored"], COPIES["cropped"], COPIES["smaller"]), strict=True):
        collection[f"copy/{seed:02d}"] = str(signature(np.ascontiguousarray(change(frames(seed)))))
    decoded = {name: decode(text) for name, text in collection.items()}
    all_pairs = {
        (one, other)
        for one, other in itertools.combinations(sorted(decoded), 2)
        if compare(decoded[one], decoded[other]).similarity >= DUPLICATE
    }
    found = find_duplicates(collection)
    assert {(match.first, match.second) for match in found} == all_pairs
    assert {("c/00", "copy/00"), ("c/04", "copy/04"), ("c/07", "copy/07")} == all_pairs
    assert found == find_duplicates(dict(reversed(collection.items())))
    assert str(found[0]).startswith(f"{found[0].first} looks like {found[0].second}")


def test_the_nearest_is_the_original() -> None:
    others = {f"c/{seed:02d}": sign(seed) for seed in range(8)}
    text = signature(COPIES["cropped"](frames(5)))
    assert text is not None
    (first, similarity), *rest = nearest(text, others, 3)
    assert first == "c/05"
    assert similarity > DUPLICATE > max(other for _, other in rest)
    assert nearest(text, {}) == []


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01, float("nan")])
def test_a_threshold_without_meaning_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold of similarity"):
        find_duplicates({}, threshold=threshold)


def test_confidence_rises_with_the_score() -> None:
    scores = [confidence(score) for score in np.arange(0, 20, 0.5)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 0.02
