"""Split a collection so that nothing leaks: k folds, each once the test part, a fifth of the rest for validation.

With --out the folds are written as JSON. When that file is there already and was made with the same settings, its
recordings keep their folds, whatever day (status.since) new ones have, and only what is new is dealt. Without earlier
folds, an addition moves nobody if its day is later than every day that was there.

Several collections are split as one: a patient that two of them hold stands in one fold, and --by collection leaves out
a whole one in each round.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.groups import unknown_clause
from lusdata.catalog.release import INDEX
from lusdata.commands.layout import table as layout
from lusdata.commands.open_argument import COLLECTIONS_HELP, opened_together
from lusdata.errors import UsageError
from lusdata.wording import counted

if TYPE_CHECKING:
    from lusdata.splits.folds.table import FoldTable

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus --out folds.json": "five folds by patient",
    "pocus --by source": "whole providers apart",
    "pocus blues --by collection": "each collection is tested once",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "$schema": "of this document",
    "folds_version": "its version",
    "settings": "by, k, seed and the sampling that is balanced",
    "catalog_sha256": "digest of the manifests",
    "counts": "of each fold and class: recordings, groups, frames",
    "units": "what stays together, with its fold",
    "validation": "of each round, the units that are set aside",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata folds``."""
    add_split_arguments(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the folds to this JSON file")
    parser.add_argument("--previous", type=Path, metavar="FILE", help="earlier folds that must be kept")
    parser.add_argument("--json", action="store_true", help="print the folds as JSON, as --out writes them")


def add_split_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is split, and how."""
    from lusdata.catalog.joining.collection import SHARED
    from lusdata.splits.folds.parts import UNITS, UNKNOWN

    parser.add_argument("collections", metavar="COLLECTION", nargs="+", help=COLLECTIONS_HELP)
    parser.add_argument(
        "--by",
        default="patient",
        metavar="UNIT",
        help=f"what is never torn apart: {', '.join(UNITS)} (default: patient)",
    )
    parser.add_argument(
        "--k", type=int, help="number of folds (default: 5, those that the release froze, or one a collection)"
    )
    parser.add_argument("--seed", type=int, help="decides among equally good folds (default: 0)")
    parser.add_argument(
        "--unknown",
        choices=UNKNOWN,
        help="recordings of which nobody knows whose they are: those of one provider as one patient (together: cannot "
        "leak), or each by itself (apart: may leak)",
    )
    parser.add_argument(
        "--target",
        type=target_of,
        metavar="NAME",
        help="what folds are stratified by: class, severity, a pattern such as b_lines, or a task of the collection; "
        "several between commas are taken together (default: class)",
    )
    parser.add_argument(
        "--shared",
        choices=SHARED,
        help="patients that several collections hold: one patient each (together, the default), or only in the first "
        "collection that has them (first)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="JSON, CSV, TSV or XLSX file that says what a target means in the words of each of several collections",
    )
    parser.add_argument("--rate-hz", type=float, help="sampling for which frames are balanced (default: 3)")
    parser.add_argument("--max-frames", type=int, help="most frames of a recording (default: 30)")


def target_of(text: str) -> str | list[str]:
    """Return what ``--target`` says: a name, or several of them."""
    names = [name.strip() for name in text.split(",")]
    return names[0] if len(names) == 1 else names


def run(args: argparse.Namespace) -> int:
    """Make, write and print folds."""
    from lusdata.releases.folds import table_of
    from lusdata.splits.folds.table import read_fold_table, write_fold_table

    collection = opened_together(args.collections, labels=args.labels, shared=args.shared)
    if args.previous is not None and collection.release is not None:
        raise UsageError("a release has its folds", where="--previous", hint="leave the option out")
    if args.out is not None and (args.out.parent / INDEX).exists():
        raise UsageError("a release is never edited", where=str(args.out), hint="name a file elsewhere with --out")
    kept = args.previous
    if kept is None and args.out is not None and args.out.exists():
        kept = args.out
    previous = None if kept is None else read_fold_table(kept)
    folds = table_of(
        collection,
        by=args.by,
        k=args.k,
        seed=args.seed,
        rate_hz=args.rate_hz,
        max_frames=args.max_frames,
        previous=previous,
        unknown=args.unknown,
        target=args.target,
    )
    if previous is not None and kept == args.out:
        _check_settings(previous, folds, args.out)
    if args.out is not None:
        write_fold_table(args.out, folds)
    for issue in folds.issues:
        sys.stderr.write(issue.line() + "\n")
    if args.json:
        sys.stdout.write(folds.to_json())
        return 0
    print(_text(folds, collection.label))
    if clause := unknown_clause(collection.manifests):
        print(f"\n{clause}" + (f", taken {folds.unknown}" if folds.unknown else ""))
    if previous is not None:
        print(f"\n{_kept(previous, folds)} ({kept})")
    if args.out is not None:
        print(f"\nwritten: {args.out}")
    return 0


def _check_settings(old: FoldTable, new: FoldTable, path: Path) -> None:
    if old.settings != new.settings:
        raise UsageError(
            "the file holds folds of other settings, and is left as it is",
            where=str(path),
            expected=_settings(new),
            found=_settings(old),
            hint="name another file with --out, or the old one with --previous",
        )


def _settings(folds: FoldTable) -> str:
    return ", ".join(f"{name}={value}" for name, value in folds.settings.items())


def _kept(old: FoldTable, new: FoldTable) -> str:
    if new.by == "frame":
        return "frames stay where they were: a rule decides"
    there = [recording for recording in new.recordings if recording in old.unit_of]
    moved = [name for name in there if new.fold_of[new.unit_of[name]] != old.fold_of[old.unit_of[name]]]
    added, gone = len(new.recordings) - len(there), len(old.recordings) - len(there)
    text = f"kept the earlier folds of {len(there) - len(moved):,} recordings; {added:,} new, {gone:,} gone"
    if moved:
        text += f"; {len(moved):,} moved because their groups turned out to be one: {', '.join(moved)}"
    return text


def _units(folds: FoldTable) -> str:
    if folds.by == "frame":
        return ", each torn over all folds"
    if folds.by == "collection":
        names = {name for names in folds.collections for name in names}
        return f" in {counted(len(names), 'collection')}, of {counted(len(folds.units), 'patient group')}"
    return f" in {len(folds.units):,} units"


def _text(folds: FoldTable, name: str) -> str:
    counts = folds.counts
    rows_of = {fold: [row for row in counts if row.fold == fold] for fold in range(folds.k)}
    classes = sorted({row.class_name for row in counts})
    lines = []
    for fold, rows in rows_of.items():
        cell = {row.class_name: f"{row.recordings} / {row.groups} / {row.frames}" for row in rows}
        total = f"{sum(row.recordings for row in rows)} / {sum(row.frames for row in rows)}"
        left_out = f" {'+'.join(folds.collections[fold])}" if folds.by == "collection" else ""
        lines.append([f"{fold}{left_out}", *(cell.get(word, ".") for word in classes), total])
    recordings = sum(row.recordings for row in counts)
    if folds.by == "frame":
        recordings //= folds.k
    target = f", stratified by {folds.target}" if folds.target else ""
    parts = [
        f"{name} by {folds.by}, {folds.k} folds, seed {folds.seed}{target}: {recordings:,} recordings" + _units(folds),
        "recordings / groups / expected frames of each fold\n" + layout(lines, head=["fold", *classes, "all"]),
    ]
    if folds.by != "frame":
        rounds = [(i, folds.split(i)) for i in range(folds.k)]
        sizes = [[str(i), len(split.train), len(split.validation), len(split.test)] for i, split in rounds]
        parts.append("recordings of each round\n" + layout(sizes, head=["fold", "train", "validation", "test"]))
    return "\n\n".join(parts)
