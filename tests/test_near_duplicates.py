"""The search for recordings that look alike leaves out pairs early, and never one that counts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lusdata.catalog import near_duplicates
from lusdata.catalog.fingerprint import Fingerprint, compare, decode, encode
from lusdata.catalog.near_duplicates import find_duplicates
from lusdata.catalog.opening import open_collection


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    manifests = open_collection("pocus").manifests
    return {m.id: str(m.data["fingerprint"]) for m in manifests if "fingerprint" in m.data}


def test_no_arrangement_scores_more_than_the_bound_by_which_pairs_are_left_out(shipped: dict[str, str]) -> None:
    decoded = [decode(text) for text in list(shipped.values())[::4]]
    for first, second in itertools.combinations(decoded, 2):
        bound = max(near_duplicates._most_score(bits, second.bits) for bits in (first.bits, first.mirrored.bits))
        assert compare(first, second).score <= bound + 1e-9


def test_only_pairs_that_can_count_are_arranged(shipped: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    arranged = []

    def counted(first: Fingerprint, second: Fingerprint) -> object:
        arranged.append(1)
        return compare(first, second)

    monkeypatch.setattr(near_duplicates, "compare", counted)
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
