"""Measure how well fingerprints know a recording again, and how fast a large collection is searched.

    python -m benchmarks.duplicates --mirror pocus=DIR --mirror blues=DIR --out DIR [--copies 30] [--seed 0]
    python -m benchmarks.duplicates --speed 100000

The first form alters real recordings in the ways that re-uploads are altered, writes each copy as a file, and looks the
copy up where the original is known and the original where the copy is known; each time once where what is known has a
fingerprint of today, and once where it has one of the first version, as most shipped manifests do. And it compares all
recordings of different groups, in both collections together: as they are shipped, and the altered ones with all others.
It writes `duplicates.json`, `duplicates.csv` (precision and recall against the threshold) and `duplicates.png`. The
second form makes fingerprints up, from the points of those that ship with the manifests, and searches them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.copies import CHANGES
from lusdata.catalog.fingerprint import PLAIN_POINTS, Fingerprint, decode, encode
from lusdata.catalog.groups import group_ids
from lusdata.catalog.likeness import best_likeness, compare, confidence, score_for, views
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.catalog.open_collection import open_collection
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode as decode_frames
from lusdata.media.decode.orientation import displayed_size, turn_of
from lusdata.media.decode.pixels import grey_pixels
from lusdata.media.fingerprint import fingerprint
from lusdata.media.phantom.media import write_video

Frames = np.ndarray[Any, Any]
MOST_FRAMES, MOST_SIDE_PX = 24, 320
ORDERS = ("original first", "copy first", "original of v1 first", "copy of v1 first")


def read_grey(path: Path) -> Frames:
    """Return up to 24 evenly spread frames of a recording in grey, 320 px large at most."""

    def choose(times_s: Frames) -> Frames:
        wanted = min(MOST_FRAMES, times_s.size)
        return np.unique(np.floor((np.arange(wanted) + 0.5) * times_s.size / wanted).astype(np.int64))

    def take(frame: Any) -> Frames:
        turn = turn_of(path, frame)
        width_px, height_px = displayed_size(frame, turn)
        pixels = grey_pixels(frame, Box(0, 0, width_px, height_px), turn)
        scale = min(1.0, MOST_SIDE_PX / max(width_px, height_px))
        return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).copy()

    return np.stack([one.value for one in decode_frames(path, choose, take)])


def altered(job: tuple[str, Path]) -> tuple[dict[str, dict[str, float]], str | None]:
    """Alter one recording in every way.

    Returns
    -------
    scores : dict of str to dict of str to float
        Score of the pair by the change and the order.
    signature : str or None
        Today's fingerprint of the recording.
    """
    _, path = job
    text, frames = fingerprint(path), read_grey(path)
    scores: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="lusdata-copies-") as folder:
        for number, (name, (change, suffix)) in enumerate(CHANGES.items()):
            copy_path = Path(folder) / f"{number}.{suffix}"
            changed = change(frames)
            # Chroma is kept at half the size.
            changed = np.ascontiguousarray(changed[:, : changed.shape[1] // 2 * 2, : changed.shape[2] // 2 * 2])
            write_video(copy_path, changed, rate_hz=15.0)
            signature = fingerprint(copy_path)
            if text is None or signature is None:
                scores[name] = dict.fromkeys(ORDERS, 0.0)
                continue
            original, copy = decode(text), decode(signature)
            known = (original, copy, original.plain, copy.plain)
            scores[name] = {
                order: compare(new, there).score
                for order, new, there in zip(ORDERS, (copy, original, copy, original), known, strict=True)
            }
    return scores, text


def measure(arguments: argparse.Namespace) -> int:
    """Measure on real recordings, and write figures."""
    mirrors = dict(item.split("=", 1) for item in arguments.mirror)
    manifests = [m for name in mirrors for m in open_collection(name).manifests if m.data.get("fingerprint")]
    shipped = {manifest.id: decode(manifest.data["fingerprint"]) for manifest in manifests}
    groups = group_ids(manifests)
    here = [(m.id, Path(mirrors[m.id.split("/")[0]]) / str(m.source_path)) for m in manifests]
    here = sorted(job for job in here if job[1].is_file())
    chosen = [here[position] for position in np.random.default_rng(arguments.seed).permutation(len(here))]
    chosen = chosen[: arguments.copies]
    done = []
    pool = ProcessPoolExecutor(arguments.workers)
    try:
        for row in pool.map(altered, chosen):
            done.append(row)
            sys.stderr.write(f"{len(done)} of {len(chosen)}: {chosen[len(done) - 1][0]}\n")
    except KeyboardInterrupt:
        # What is done tells something, too.
        chosen = chosen[: len(done)]
    finally:
        pool.shutdown(cancel_futures=True)
    scores = {name: {order: sorted(row[0][name][order] for row in done) for order in ORDERS} for name in CHANGES}
    unrelated = false_pairs(sorted(shipped), shipped, shipped, groups)
    today = {job[0]: decode(text) for job, (_, text) in zip(chosen, done, strict=True) if text is not None}
    wrong = false_pairs(sorted(today), today, {**shipped, **today}, groups)
    write_figures(Path(arguments.out), scores, unrelated, wrong)
    return 0


def false_pairs(
    asked: Sequence[str], ours: Mapping[str, Fingerprint], others: Mapping[str, Fingerprint], groups: Mapping[str, str]
) -> list[tuple[float, str, str]]:
    """Return the scores of recordings of different groups, the highest first; those below 2 are told as 0."""
    found = []
    for first in asked:
        own = views(ours[first])
        for second in sorted(others):
            if groups[first] != groups[second] and (second not in ours or first < second):
                found.append((best_likeness(own, others[second], least_score=2.0).score, first, second))
    return sorted(found, reverse=True)


def write_figures(
    out: Path,
    scores: Mapping[str, Mapping[str, list[float]]],
    unrelated: Sequence[tuple[float, str, str]],
    wrong: Sequence[tuple[float, str, str]],
) -> None:
    """Write the curve and the figures of each kind of copy, and print a table."""
    out.mkdir(parents=True, exist_ok=True)
    copies = np.sort(np.concatenate([np.array(of_order["original first"]) for of_order in scores.values()]))
    different = np.sort(np.array([score for score, _, _ in wrong]))
    with (out / "duplicates.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("score", "recall", "precision", "false_pairs"))
        for threshold in np.arange(2, 15.01, 0.25):
            found, false = int((copies >= threshold).sum()), int((different >= threshold).sum())
            precision = found / (found + false) if found + false else 1.0
            writer.writerow((f"{threshold:.2f}", f"{found / len(copies):.4f}", f"{precision:.4f}", false))
    summary = {
        "copies": len(copies),
        "pairs": {"shipped": len(unrelated), "altered with shipped": len(wrong)},
        "highest_shipped": [{"score": round(s, 2), "pair": [a, b]} for s, a, b in unrelated[:20]],
        "highest_altered": [{"score": round(s, 2), "pair": [a, b]} for s, a, b in wrong[:20]],
        "by_change": {
            name: {order: {"found": recall(row), "lowest": round(row[0], 2)} for order, row in of_order.items()}
            for name, of_order in scores.items()
        },
    }
    (out / "duplicates.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    cv2.imwrite(str(out / "duplicates.png"), picture(copies, different, float(different[-1])))
    every = {order: list(itertools.chain(*(row[order] for row in scores.values()))) for order in ORDERS}
    sys.stdout.write(f"{'':<50}{'n':>4}{'today':>16}{'first version':>16}\n")
    sys.stdout.write(f"{'there first:':<54}{'original':>10}{'copy':>6}{'original':>10}{'copy':>6}\n")
    for name, row in [*scores.items(), ("all", every)]:
        cells = "".join(
            f"{recall(row[order]):>{width}.0%}" for order, width in zip(ORDERS, (10, 6, 10, 6), strict=True)
        )
        sys.stdout.write(f"{name:<50}{len(row[ORDERS[0]]):>4}{cells}\n")
    sys.stdout.write(
        f"of different groups, {len(unrelated):,} shipped pairs: none above {unrelated[0][0]:.2f}; "
        f"{len(wrong):,} pairs of today's: none above {wrong[0][0]:.2f}; "
        f"a duplicate is one from {score_for(DUPLICATE):.2f} on\n"
    )


def recall(scores: Sequence[float]) -> float:
    """Return the part of copies that count as duplicates."""
    return round(float(np.mean([confidence(score) >= DUPLICATE for score in scores])), 4)


def picture(copies: Frames, different: Frames, clean: float) -> Frames:
    """Draw the share of copies (blue) and of unrelated pairs (red) at or above each score, the latter per mille."""
    width, height, left, bottom = 900, 480, 70, 60
    page = np.full((height, width, 3), 255, dtype=np.uint8)
    ends = (left, width - 20, 30, height - bottom)

    def at(score: float, share: float) -> tuple[int, int]:
        return round(ends[0] + score / 30 * (ends[1] - ends[0])), round(ends[3] - share * (ends[3] - ends[2]))

    def write(text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)

    for share in (0, 0.25, 0.5, 0.75, 1):
        cv2.line(page, at(0, share), at(30, share), (225, 225, 225), 1)
        write(f"{share:.0%}", (ends[0] - 50, at(0, share)[1] + 4), (90, 90, 90))
    for score in range(0, 31, 5):
        write(str(score), (at(score, 0)[0] - 6, ends[3] + 18), (90, 90, 90))
    scores = np.arange(0, 30.01, 0.1)
    for values, factor, colour in ((copies, 1, (190, 90, 20)), (different, 1, (40, 40, 200))):
        line = [at(score, min(1, float((values >= score).mean()) * factor)) for score in scores]
        cv2.polylines(page, [np.array(line, dtype=np.int32)], False, colour, 2, cv2.LINE_AA)
    cv2.line(page, at(clean, 0), at(clean, 1), (120, 120, 120), 1)
    write(f"highest of {len(different):,} unrelated pairs: {clean:.2f}", (at(clean, 0)[0] + 6, 48), (90, 90, 90))
    write("copies found", at(22, 0.5), (190, 90, 20))
    write("unrelated pairs taken for copies", at(4, 0.06), (40, 40, 200))
    write("score that counts as the same", (width // 2 - 100, height - 15), (90, 90, 90))
    return page


def made_up(count: int, seed: int) -> dict[str, str]:
    """Return fingerprints whose points are put together, cell by cell, from those of the shipped manifests."""
    known = [
        decode(m.data["fingerprint"])
        for name in ("pocus", "blues")
        for m in open_collection(name).manifests
        if m.data.get("fingerprint")
    ]
    places, cells = (np.concatenate([getattr(one, name) for one in known]) for name in ("places", "bits"))
    generator = np.random.default_rng(seed)
    result = {}
    for number in range(count):
        # Sixteen cells of a point come from four points, so that neighbours still fit together.
        rows = generator.integers(len(cells), size=(PLAIN_POINTS, 4)).repeat(4, axis=1)
        bits = cells[rows, np.arange(16)]
        where = places[generator.integers(len(places), size=PLAIN_POINTS)]
        result[f"made-up/{number:06d}"] = encode(Fingerprint(where, np.ascontiguousarray(bits)))
    return result


def disturbed(text: str, generator: np.random.Generator, *, kept: int, flipped: float) -> str:
    """Return the fingerprint of a copy: some points kept with some bits flipped, the others replaced, all moved."""
    one = decode(text)
    bits = np.unpackbits(one.bits, axis=1)
    bits ^= (generator.random(bits.shape) < flipped).astype(np.uint8)
    bits[kept:] = generator.integers(0, 2, size=bits[kept:].shape, dtype=np.uint8)
    places = np.clip(one.places + np.array([0.1, 0.05, 0.0]), 0, None)
    return encode(Fingerprint(places.astype(np.float32), np.packbits(bits, axis=1)))


def speed(arguments: argparse.Namespace) -> int:
    """Search made-up fingerprints with copies among them."""
    fingerprints = made_up(arguments.speed, arguments.seed)
    generator = np.random.default_rng(arguments.seed + 1)
    copies = list(fingerprints)[:: max(1, arguments.speed // 200)]
    for name in copies:
        fingerprints[f"copy/{name}"] = disturbed(fingerprints[name], generator, kept=14, flipped=0.09)
    started, cpu = time.perf_counter(), time.process_time()
    matches = find_duplicates(fingerprints)
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    found = {frozenset((match.first, match.second)) for match in matches}
    wanted = {frozenset((name, f"copy/{name}")) for name in copies}
    one_started = time.perf_counter()
    nearest(fingerprints[f"copy/{copies[0]}"], fingerprints, 3)
    one_s = time.perf_counter() - one_started
    sys.stdout.write(
        f"{len(fingerprints):,} fingerprints searched in {took_s:.0f} s ({cpu_s:.0f} s of CPU); "
        f"{len(found & wanted)} of {len(wanted)} copies found, {len(found - wanted)} other pairs; "
        f"one against all: {one_s:.1f} s\n"
    )
    return 0


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates", description=__doc__.split("\n")[0])
    parser.add_argument("--mirror", action="append", default=[], metavar="COLLECTION=DIR", help="where the files are")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the figures go")
    parser.add_argument("--copies", type=int, default=30, help="recordings of which altered copies are made")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=int, metavar="N", help="search N made-up fingerprints in place of all that")
    arguments = parser.parse_args()
    return speed(arguments) if arguments.speed else measure(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
