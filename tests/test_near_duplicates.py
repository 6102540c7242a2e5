"""The search for recordings that look alike leaves out pairs early, and never one that counts."""

from __future__ import annotations

import numpy as np
import pytest

from lusdata.catalog import likeness, near_duplicates
from lusdata.catalog.fingerprint import Fingerprint, decode, encode
from lusdata.catalog.likeness import compare, views
from lusdata.catalog.near_duplicates import find_duplicates, nearest
from lusdata.catalog.open_collection import open_collection


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    manifests = open_collection("pocus").manifests
    return {m.id: str(m.data["fingerprint"]) for m in manifests if "fingerprint" in m.data}


def test_no_arrangement_scores_more_than_the_bound_by_which_pairs_are_left_out(shipped: dict[str, str]) -> None:
    decoded = [decode(text) for text in list(shipped.values())[::8]]
    for first in decoded[:12]:
        bounds = near_duplicates._most_scores(views(first), decoded)
        for second, bound in zip(decoded, bounds, strict=True):
            assert compare(first, second).score <= bound + 1e-9


def test_only_pairs_that_can_count_are_arranged(shipped: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    arranged = []

    def counted(first: Fingerprint, second: Fingerprint, weights: object) -> object:
        arranged.append(1)
        return arrange(first, second, weights)

    arrange = likeness._best_arrangement
    monkeypatch.setattr(likeness, "_best_arrangement", counted)
    matches = find_duplicates(shipped)
    assert {(match.first, match.second) for match in matches} >= {
        ("pocus/pneu-avi-video-002", "pocus/pneu-northumbria-1009-vid1"),
        ("pocus/vir-or-pneu-prospective-file4", "pocus/vir-prospective-file1"),
    }
    pairs = len(shipped) * (len(shipped) - 1) // 2
    # Real recordings of different patients share a few points by chance: half of all pairs used to be arranged.
    assert len(arranged) < pairs / 10


def test_a_mirrored_copy_is_not_left_out() -> None:
    rng = np.random.default_rng(0)
    places = rng.random((24, 3)).astype(np.float32) * np.array([1, 1, 4], np.float32)
    one = Fingerprint(places, rng.integers(0, 256, (24, 16), dtype=np.uint8))
    turned = Fingerprint(places * np.array([-1, 1, 1], np.float32) + np.array([1, 0, 0], np.float32), one.mirrored.bits)
    (match,) = find_duplicates({"a": encode(one), "b": encode(turned)})
    assert match.mirrored
    assert match.similarity > 0.9


def drawn(rng: np.random.Generator) -> Fingerprint:
    places = rng.uniform((0.05, 0.05, -4), (1.5, 1.0, -2), (30, 3)).astype(np.float32) + np.array([0, 0, 5], np.float32)
    return Fingerprint(places, rng.integers(0, 256, (30, 16), dtype=np.uint8))


def altered(one: Fingerprint, rng: np.random.Generator, *, kept: int) -> Fingerprint:
    """Return what another copy of a recording gives: some of its points, a little moved, 15 of their 128 bits other."""
    chosen = rng.permutation(len(one.bits))[:kept]
    flips = np.zeros((kept, 128), np.uint8)
    for row in flips:
        row[rng.permutation(128)[:15]] = 1
    places = one.places[chosen] + rng.normal(0, 0.005, (kept, 3)).astype(np.float32)
    return Fingerprint(places, one.bits[chosen] ^ np.packbits(flips, axis=1))


def test_the_nearest_among_a_thousand_is_the_one_that_it_is_a_copy_of() -> None:
    rng = np.random.default_rng(1)
    originals = {f"r{number:04}": drawn(rng) for number in range(1000)}
    texts = {name: encode(one) for name, one in originals.items()}
    for name in ("r0000", "r0417", "r0999"):
        copy = altered(originals[name], rng, kept=20)
        found = nearest(encode(copy), texts, n=3)
        assert found[0][0] == name
        assert found[0][1] > 0.9
        assert found[1][1] < 0.5
        # A weaker copy stands behind it, before all the others.
        weaker = {**texts, "weaker": encode(altered(copy, rng, kept=12))}
        assert [other for other, _ in nearest(encode(copy), weaker, n=2)] == [name, "weaker"]


def test_the_nearest_come_with_falling_likeness_and_no_more_than_asked() -> None:
    rng = np.random.default_rng(2)
    one = drawn(rng)
    others = {f"kept-{kept:02}": encode(altered(one, rng, kept=kept)) for kept in (6, 9, 12, 15, 20, 25)}
    found = nearest(encode(one), others, n=4)
    assert [name for name, _ in found] == ["kept-25", "kept-20", "kept-15", "kept-12"]
    assert [likeness for _, likeness in found] == sorted((likeness for _, likeness in found), reverse=True)
    assert nearest(encode(one), {}, n=4) == []
