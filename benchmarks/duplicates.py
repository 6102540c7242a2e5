"""Measure how well fingerprints know a recording again, and how fast a large collection is searched.

    python -m benchmarks.duplicates --mirror pocus=DIR --mirror blues=DIR --out DIR [--copies 30] [--seed 0]
    python -m benchmarks.duplicates --speed 100000

The first form alters real recordings in the ways that re-uploads are altered, and looks each copy up where the original
is known and the original where the copy is known; each time once where what is known has a fingerprint of today, and
once where it has one of the first version, as most shipped manifests do. Then it compares recordings of different
groups, in all collections together: those at hand with all, all as they are shipped, and copies that were altered in
the same way with each other. Copies stay in ``DIR/copies``, and are not made again.
It writes `duplicates.json`, `duplicates.csv` (precision and recall against the threshold) and `duplicates.png`. The
second form makes fingerprints up, from the points of those that ship with the manifests, and searches them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.copies import HARDER, USUAL, Change, write_copy
from lusdata.catalog.fingerprint import PLAIN_POINTS, Fingerprint, decode, encode
from lusdata.catalog.groups import group_ids
from lusdata.catalog.likeness import best_likeness, compare, confidence, score_for, views
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.catalog.open_collection import open_collection
from lusdata.media.fingerprint import fingerprint

Frames = np.ndarray[Any, Any]
Pair = tuple[float, str, str]
Job = tuple[Path, bool, Path, Mapping[str, Change]]
"""A recording, whether it is a still, where its copies go, and what is done to it."""
CHANGES = USUAL | HARDER
ORDERS = ("original first", "copy first", "original of v1 first", "copy of v1 first", "both of v1")
TOLD_SCORE = 2.0
"""Scores below need not be the right ones."""


def known(job: tuple[str, Path]) -> tuple[str, str | None]:
    """Return the name of a recording and its fingerprint of today."""
    name, path = job
    return name, fingerprint(path)


def altered(job: Job) -> dict[str, str | None]:
    """Alter one recording in every way that it knows, and return the fingerprint of each copy."""
    path, still, folder, changes = job
    copies = {name: write_copy(path, change, folder, still=still) for name, change in changes.items()}
    return {name: fingerprint(copy) for name, copy in copies.items() if copy is not None}


def scored(original: str | None, copy: str | None) -> dict[str, float]:
    """Return the score of a copy and its original, in every order and version."""
    if original is None or copy is None:
        return dict.fromkeys(ORDERS, 0.0)
    one, other = decode(original), decode(copy)
    pairs = ((other, one), (one, other), (other, one.plain), (one, other.plain), (other.plain, one.plain))
    return {order: compare(new, there).score for order, (new, there) in zip(ORDERS, pairs, strict=True)}


def compared(job: tuple[str, str, Mapping[str, str]]) -> list[Pair]:
    """Return the scores of one recording with each of some others."""
    name, text, others = job
    own = views(decode(text))
    return [
        (best_likeness(own, decode(there), least_score=TOLD_SCORE).score, name, other)
        for other, there in others.items()
    ]


def measure(arguments: argparse.Namespace) -> int:
    """Measure on real recordings, and write figures."""
    mirrors = dict(item.split("=", 1) for item in arguments.mirror)
    manifests = [m for name in mirrors for m in open_collection(name).manifests if m.data.get("fingerprint")]
    shipped = {manifest.id: str(manifest.data["fingerprint"]) for manifest in manifests}
    groups, stills = group_ids(manifests), {m.id for m in manifests if m.kind == "image"}
    here = [(m.id, Path(mirrors[m.id.split("/")[0]]) / str(m.source_path)) for m in manifests]
    here = sorted(job for job in here if job[1].is_file())
    order = np.random.default_rng(arguments.seed).permutation(len(here))
    chosen = [here[position] for position in order][: arguments.copies]
    out = Path(arguments.out)
    (out / "copies").mkdir(parents=True, exist_ok=True)
    with workers(arguments.workers) as pool:
        today = {name: text for name, text in pool.map(known, here) if text is not None}
    harder = len(chosen) if arguments.harder is None else arguments.harder
    jobs = [
        (name, (path, name in stills, out / "copies", CHANGES if number < harder else USUAL))
        for number, (name, path) in enumerate(chosen)
    ]
    copies = copies_of(jobs, arguments.workers)
    jobs_of = {
        "at hand": of_others(today, {**shipped, **today}, groups),
        "as shipped": of_others(shipped, shipped, groups),
        "altered alike": of_copies(copies, groups),
    }
    unrelated = {}
    with workers(arguments.workers) as pool:
        for name, work in jobs_of.items():
            unrelated[name] = sorted(itertools.chain(*pool.map(compared, work, chunksize=8)), reverse=True)
            sys.stderr.write(f"{len(unrelated[name]):,} pairs, {name}\n")
    scores = {
        change: [scored(today.get(name), of[change]) for name, of in copies.items() if change in of]
        for change in CHANGES
    }
    write_figures(out, scores, unrelated)
    print_tables(scores, unrelated)
    return 0


def workers(count: int) -> ProcessPoolExecutor:
    """Return processes that do not take the cores of each other."""
    return ProcessPoolExecutor(count, initializer=cv2.setNumThreads, initargs=(1,))


def copies_of(jobs: Sequence[tuple[str, Job]], count: int) -> dict[str, dict[str, str | None]]:
    """Alter recordings, each in every way; when asked to stop, return what is done, which tells something, too."""
    copies: dict[str, dict[str, str | None]] = {}
    pool = workers(count)
    try:
        for (name, _), done in zip(jobs, pool.map(altered, [job for _, job in jobs]), strict=True):
            copies[name] = done
            sys.stderr.write(f"{len(copies)} of {len(jobs)}: {name}\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped: {len(copies)} recordings are done\n")
    finally:
        pool.shutdown(cancel_futures=True)
    return copies


def of_others(
    asked: Iterable[str], there: Mapping[str, str], groups: Mapping[str, str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each recording with those of other groups, every pair once."""
    asked = set(asked)
    for first in sorted(asked):
        others = {n: t for n, t in there.items() if groups[n] != groups[first] and (n not in asked or first < n)}
        yield first, there[first], others


def of_copies(
    copies: Mapping[str, Mapping[str, str | None]], groups: Mapping[str, str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each altered copy with the copies of other groups that were altered in the same way."""
    for first, of in copies.items():
        for change, text in of.items():
            others = ((n, o.get(change)) for n, o in copies.items() if first < n and groups[n] != groups[first])
            if text is not None:
                yield f"{first}, {change}", text, {f"{n}, {change}": there for n, there in others if there is not None}


def write_figures(
    out: Path, scores: Mapping[str, Sequence[Mapping[str, float]]], unrelated: Mapping[str, Sequence[Pair]]
) -> None:
    """Write the curve, and the figures of each kind of copy."""
    copies = np.sort([row[ORDERS[0]] for rows in scores.values() for row in rows])
    different = np.sort([score for score, _, _ in unrelated["at hand"]])
    with (out / "duplicates.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("score", "recall", "precision", "false_pairs"))
        for threshold in np.arange(2, 15.01, 0.25):
            found, false = int((copies >= threshold).sum()), int((different >= threshold).sum())
            precision = found / (found + false) if found + false else 1.0
            writer.writerow((f"{threshold:.2f}", f"{found / len(copies):.4f}", f"{precision:.4f}", false))
    summary = {
        "copies": len(copies),
        "pairs": {name: len(pairs) for name, pairs in unrelated.items()},
        "highest": {
            name: [{"score": round(score, 2), "pair": [one, other]} for score, one, other in pairs[:20]]
            for name, pairs in unrelated.items()
        },
        "by_change": {
            name: {order: sorted(round(row[order], 2) for row in rows) for order in ORDERS}
            for name, rows in scores.items()
        },
    }
    (out / "duplicates.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    cv2.imwrite(str(out / "duplicates.png"), picture(copies, different, float(different[-1])))


def print_tables(scores: Mapping[str, Sequence[Mapping[str, float]]], unrelated: Mapping[str, Sequence[Pair]]) -> None:
    """Print how many copies are found, and the highest score of what is none."""
    sys.stdout.write(f"{'':<48}{'':>5}{'today, first':>18}{'v1, first':>18}{'both':>8}\n")
    sys.stdout.write(f"{'':<48}{'n':>5}{'original':>11}{'copy':>7}{'original':>11}{'copy':>7}{'v1':>8}\n")
    for total, names in (("all of these", USUAL), ("all of these", HARDER)):
        rows = [(name, scores[name]) for name in names]
        for name, row in [*rows, (total, [one for _, of in rows for one in of])]:
            counts = [sum(is_found(one[order]) for one in row) for order in ORDERS]
            cells = [str(count) if name != total else f"{count / len(row):.1%}" for count in counts]
            line = "".join(f"{cell:>{width}}" for cell, width in zip(cells, (11, 7, 11, 7, 8), strict=True))
            sys.stdout.write(f"{name:<48}{len(row):>5}{line}\n")
        sys.stdout.write("\n")
    sys.stdout.write(f"a duplicate is one from {score_for(DUPLICATE):.2f} on; pairs of different groups:\n")
    for name, pairs in unrelated.items():
        if not pairs:
            continue
        score, one, other = pairs[0]
        false = sum(is_found(pair[0]) for pair in pairs)
        sys.stdout.write(
            f"{name:<14}{len(pairs):>9,} pairs, {false} of them found, highest {score:.2f}: {one} and {other}\n"
        )


def is_found(score: float) -> bool:
    """Tell whether a score counts as a duplicate."""
    return confidence(score) >= DUPLICATE


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
    parser.add_argument("--harder", type=int, metavar="N", help="how many of them in the harder ways, too (all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=int, metavar="N", help="search N made-up fingerprints in place of all that")
    arguments = parser.parse_args()
    return speed(arguments) if arguments.speed else measure(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
