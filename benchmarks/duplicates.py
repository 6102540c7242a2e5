"""Measure how well fingerprints know a recording again, and how fast a large collection is searched.

    python -m benchmarks.duplicates --mirror pocus=DIR --mirror blues=DIR --out DIR [--copies 40] [--seed 0]
    python -m benchmarks.duplicates --speed 100000

The first form alters real recordings in the ways that re-uploads are altered, writes each copy as a file, and compares
its fingerprint with the original's; and it compares all recordings of different groups, in both collections together.
It writes `duplicates.json`, `duplicates.csv` (precision and recall against the threshold) and `duplicates.png`. The
second form makes fingerprints up, from the points of those that ship with the manifests, and searches them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lusdata.catalog.fingerprint import MAX_POINTS, Fingerprint, compare, confidence, decode, encode
from lusdata.catalog.groups import group_ids
from lusdata.catalog.near_duplicates import DUPLICATE, find_duplicates, nearest
from lusdata.catalog.opening import open_collection
from lusdata.media.crop import Box
from lusdata.media.decode.decoder import decode as decode_frames
from lusdata.media.decode.pixels import grey_pixels
from lusdata.media.decode.turn import displayed_size, turn_of
from lusdata.media.fingerprint import fingerprint, undone_signatures
from lusdata.media.phantom.media import write_video

Frames = np.ndarray[Any, Any]
Change = Callable[[Frames], Frames]
MOST_FRAMES, MOST_SIDE_PX = 72, 480


def _cut(top: float = 0, bottom: float = 0, left: float = 0, right: float = 0) -> Change:
    def change(frames: Frames) -> Frames:
        height, width = frames.shape[1:]
        return frames[:, int(height * top) : int(height * (1 - bottom)), int(width * left) : int(width * (1 - right))]

    return change


def _part(start: float, end: float) -> Change:
    def change(frames: Frames) -> Frames:
        count = len(frames)
        return frames[int(count * start) : max(int(count * start) + 1, math.ceil(count * end))]

    return change


def _levels(gamma: float = 1.0, gain: float = 1.0, offset: float = 0.0) -> Change:
    table = np.clip(255 * (np.arange(256) / 255) ** gamma * gain + offset, 0, 255).astype(np.uint8)
    return lambda frames: table[frames]


def _sized(scale: float) -> Change:
    def change(frames: Frames) -> Frames:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return np.stack([cv2.resize(frame, None, fx=scale, fy=scale, interpolation=how) for frame in frames])

    return change


def _worse(quality: int) -> Change:
    def change(frames: Frames) -> Frames:
        coded = [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for frame in frames]
        return np.stack([cv2.imdecode(one, cv2.IMREAD_GRAYSCALE) for one in coded])

    return change


def _bordered(frames: Frames) -> Frames:
    height, width = frames.shape[1:]
    return np.pad(frames, ((0, 0), (height // 8, height // 20), (width // 6, width // 5)))


def _chain(*changes: Change) -> Change:
    def change(frames: Frames) -> Frames:
        for one in changes:
            frames = one(frames)
        return frames

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "re-encoded as H.264": (lambda frames: frames, "mp4"),
    "re-encoded as MPEG-4, JPEG 25 before": (_worse(25), "avi"),
    "half the size": (_sized(0.5), "mp4"),
    "enlarged by half": (_sized(1.5), "mp4"),
    "cropped 10 % on every side": (_cut(0.1, 0.1, 0.1, 0.1), "mp4"),
    "cropped 20 % left": (_cut(left=0.2), "mp4"),
    "cropped 12 % above, 20 % below": (_cut(top=0.12, bottom=0.2), "mp4"),
    "cropped 5, 20, 2, 18 %": (_cut(0.05, 0.2, 0.02, 0.18), "mp4"),
    "black borders": (_bordered, "mp4"),
    "mirrored": (lambda frames: frames[:, :, ::-1], "mp4"),
    "brighter by 40 %": (_levels(gain=1.4), "mp4"),
    "gamma 0.6": (_levels(gamma=0.6), "mp4"),
    "gamma 1.6": (_levels(gamma=1.6), "mp4"),
    "contrast 70 %, black raised": (_levels(gain=0.7, offset=20), "mp4"),
    "a third of the frame rate": (lambda frames: frames[1::3] if len(frames) > 3 else frames, "mp4"),
    "first half": (_part(0, 0.5), "mp4"),
    "last third": (_part(0.66, 1), "mp4"),
    "GIF, 70 % of the size, half the rate": (_chain(_sized(0.7), lambda frames: frames[::2]), "gif"),
    "cut, cropped 10 %, mirrored, gamma 0.75, JPEG 35": (
        _chain(_part(0.2, 0.8), _cut(0.1, 0.05, 0.12, 0.05), lambda f: f[:, :, ::-1], _levels(0.75), _worse(35)),
        "mp4",
    ),
}


def read_grey(path: Path) -> Frames:
    """Return up to 72 evenly spread frames of a recording in grey, 480 px large at most."""

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


def altered(job: tuple[str, Path, str]) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Alter one recording in every way.

    Returns
    -------
    plain, adding : dict of str to float
        Score of each copy against the original: by the fingerprint that a manifest would keep, and as ``lusdata add``
        looks it up.
    looked_up : list of str
        What is looked up for the recording itself, to be held against those of others.
    """
    _, path, text = job
    original, frames = decode(text), read_grey(path)
    plain, adding = {}, {}
    with tempfile.TemporaryDirectory(prefix="lusdata-copies-") as folder:
        for number, (name, (change, suffix)) in enumerate(CHANGES.items()):
            copy = Path(folder) / f"{number}.{suffix}"
            changed = change(frames)
            # Chroma is kept at half the size.
            changed = np.ascontiguousarray(changed[:, : changed.shape[1] // 2 * 2, : changed.shape[2] // 2 * 2])
            write_video(copy, changed, rate_hz=15.0)
            signature = fingerprint(copy)
            plain[name] = compare(original, decode(signature)).score if signature else 0.0
            undone = undone_signatures(list(read_grey(copy)))
            adding[name] = max([plain[name], *(compare(original, decode(one)).score for one in undone)])
    return plain, adding, undone_signatures(list(frames))


def measure(arguments: argparse.Namespace) -> int:
    """Measure on real recordings, and write figures."""
    mirrors = dict(item.split("=", 1) for item in arguments.mirror)
    manifests = [m for name in mirrors for m in open_collection(name).manifests if m.data.get("fingerprint")]
    signatures = {manifest.id: decode(manifest.data["fingerprint"]) for manifest in manifests}
    groups = group_ids(manifests)
    unrelated = []
    for first, second in itertools.combinations(sorted(signatures), 2):
        if groups[first] != groups[second]:
            unrelated.append((compare(signatures[first], signatures[second]).score, first, second))
    unrelated.sort(reverse=True)
    here = [(m.id, Path(mirrors[m.id.split("/")[0]]) / str(m.source_path), m.data["fingerprint"]) for m in manifests]
    here = sorted(job for job in here if job[1].is_file())
    chosen = [here[position] for position in np.random.default_rng(arguments.seed).permutation(len(here))]
    chosen = sorted(chosen[: arguments.copies])
    with ProcessPoolExecutor(arguments.workers) as pool:
        done = list(pool.map(altered, chosen))
    plain = {name: sorted(row[0][name] for row in done) for name in CHANGES}
    adding = {name: sorted(row[1][name] for row in done) for name in CHANGES}
    wrong = max(
        compare(decode(one), signatures[other]).score
        for (identifier, _, _), (_, _, looked_up) in zip(chosen, done, strict=True)
        for one in looked_up
        for other in signatures
        if groups[other] != groups[identifier]
    )
    write_figures(Path(arguments.out), plain, adding, unrelated, wrong)
    return 0


def write_figures(
    out: Path,
    plain: dict[str, list[float]],
    adding: dict[str, list[float]],
    unrelated: Sequence[tuple[float, str, str]],
    wrong: float,
) -> None:
    """Write the curve and the figures of each kind of copy, and print a table."""
    out.mkdir(parents=True, exist_ok=True)
    copies = np.sort(np.concatenate([np.array(scores) for scores in plain.values()]))
    different = np.sort(np.array([score for score, _, _ in unrelated]))
    with (out / "duplicates.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("score", "recall", "precision", "false_pairs"))
        for threshold in np.arange(0, 15.01, 0.25):
            found, false = int((copies >= threshold).sum()), int((different >= threshold).sum())
            precision = found / (found + false) if found + false else 1.0
            writer.writerow((f"{threshold:.2f}", f"{found / len(copies):.4f}", f"{precision:.4f}", false))
    clean = float(different[-1])
    summary = {
        "copies": len(copies),
        "unrelated_pairs": len(different),
        "highest_unrelated": [{"score": round(s, 2), "pair": [a, b]} for s, a, b in unrelated[:20]],
        "highest_unrelated_when_adding": round(wrong, 2),
        "by_change": {
            name: {"kept": recall(plain[name]), "adding": recall(adding[name]), "lowest": round(adding[name][0], 2)}
            for name in plain
        },
    }
    (out / "duplicates.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    cv2.imwrite(str(out / "duplicates.png"), picture(copies, different, clean))
    rows = [(name, plain[name], adding[name]) for name in plain]
    rows.append(("all", list(itertools.chain(*plain.values())), list(itertools.chain(*adding.values()))))
    sys.stdout.write(f"{'copy, held against its original':<52}{'n':>5}{'audit':>8}{'add':>8}\n")
    for name, kept, looked_up in rows:
        sys.stdout.write(f"{name:<52}{len(kept):>5}{recall(kept):>8.1%}{recall(looked_up):>8.1%}\n")
    sys.stdout.write(
        f"{len(different):,} pairs of different groups: none above a score of {clean:.2f} (in add {wrong:.2f}); "
        f"a duplicate is one from {least_score():.2f} on\n"
    )


def recall(scores: Sequence[float]) -> float:
    """Return the part of copies that count as duplicates."""
    return round(float(np.mean([confidence(score) >= DUPLICATE for score in scores])), 4)


def least_score() -> float:
    """Return the score from which on two recordings are duplicates."""
    return next(score for score in np.arange(0, 20, 0.05).tolist() if confidence(score) >= DUPLICATE)


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
        rows = generator.integers(len(cells), size=(MAX_POINTS, 4)).repeat(4, axis=1)
        bits = cells[rows, np.arange(16)]
        where = places[generator.integers(len(places), size=MAX_POINTS)]
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
    parser.add_argument("--copies", type=int, default=40, help="recordings of which altered copies are made")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=int, metavar="N", help="search N made-up fingerprints in place of all that")
    arguments = parser.parse_args()
    return speed(arguments) if arguments.speed else measure(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
