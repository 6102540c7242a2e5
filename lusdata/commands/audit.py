"""Look for leakage in a split: our folds (the default), or any split that says which recording is in which fold.

A split is JSON, CSV, or a folder with a folder for each fold; names may be ids, files or frames. Leaks by id and leaks
by pixels are told apart. With --pictures, recordings that look alike, or that manifests link as near-duplicates, are
drawn beside each other; nothing is fetched for that. Exits 1 if anybody stands on two sides, and if a name fits no
recording, since nobody knows on which side that one stands.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from lusdata.catalog.collection import Collection
from lusdata.commands.folds import add_split_arguments
from lusdata.commands.layout import table as layout
from lusdata.commands.open_argument import opened_together
from lusdata.errors import UsageError

if TYPE_CHECKING:
    from lusdata.commands.auditing.pictures import DrawnPair
    from lusdata.splits.audit.split import AuditedSplit

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus": "lusdata's own folds",
    "pocus --folds split.csv --json": "somebody's own split, as one JSON document",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "collection": "name",
    "split": "the split, and how many of its names were found",
    "clean": "false if anybody stands on two sides",
    "verdict": "in a sentence",
    "leaked": "groups, recordings, and pairs that look alike",
    "counts": "findings by level",
    "findings": "each with check, code, level, subject and message",
    "balance": "of each fold and class: recordings, groups, frames",
}
"""The keys of the document that ``--json`` prints."""

_SETTINGS = ("by", "k", "seed", "rate_hz", "max_frames", "unknown", "target")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata audit``."""
    add_split_arguments(parser)
    # Told apart from what the user gave, since a file brings its own settings.
    parser.set_defaults(**dict.fromkeys(_SETTINGS))
    parser.add_argument(
        "--folds",
        type=Path,
        metavar="FILE",
        help="the split to audit: JSON, CSV, or a folder with a folder for each fold (default: folds made now)",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="draw recordings that look alike beside each other, into this folder",
    )
    parser.add_argument(
        "--alike",
        type=float,
        metavar="SHARE",
        help="draw pairs from this similarity on, 0 to 1 (default: 0.5, where a pair counts as one recording)",
    )
    parser.add_argument(
        "--mirror",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="folder that holds copies of files, for pictures; may be given several times",
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="cache folder, for pictures (default: the user's)")
    parser.add_argument("--json", action="store_true", help="print one JSON document with every finding")


def run(args: argparse.Namespace) -> int:
    """Audit a split and print the report."""
    from lusdata.commands.auditing.page import page
    from lusdata.splits.audit.report import audit_split

    _check_pictures(args)
    collection = opened_together(args.collections, labels=args.labels, shared=args.shared)
    split = _split(args, collection)
    report = audit_split(collection, split)
    drawn = None if args.pictures is None else _pictures(args, collection, split)
    if args.json:
        pictures = {} if drawn is None else {"pictures": [one.as_dict() for one in drawn]}
        print(json.dumps(report.as_dict() | pictures, indent=2, ensure_ascii=False))
    else:
        text = page(report)
        if drawn is not None:
            # The verdict stays the last line.
            head, _, verdict = text.rpartition("\n\n")
            rows = layout([one.cells() for one in drawn], numbers=False) if drawn else "no recordings look alike"
            text = "\n\n".join([head, f"recordings that look alike, in {args.pictures}\n{indent(rows, '  ')}", verdict])
        print(text)
    return 0 if report.clean else 1


def _check_pictures(args: argparse.Namespace) -> None:
    """Say before the work what would not work after it."""
    if args.pictures is None:
        given = [f"--{name}" for name in ("alike", "mirror", "cache") if getattr(args, name)]
        if given:
            raise UsageError("only for pictures", where=", ".join(given), hint="name their folder with --pictures")
    elif args.pictures.exists() and not args.pictures.is_dir():
        raise UsageError("not a folder", where=f"--pictures {args.pictures}", expected="a folder for the pictures")
    for mirror in args.mirror:
        if not mirror.is_dir():
            raise UsageError("no such folder", where=f"--mirror {mirror}", expected="a folder with copies of files")


def _pictures(args: argparse.Namespace, collection: Collection, split: AuditedSplit) -> list[DrawnPair]:
    from lusdata.catalog.near_duplicates import DUPLICATE
    from lusdata.commands.auditing.pictures import draw_pairs
    from lusdata.splits.audit.pixels import look_alikes

    threshold = DUPLICATE if args.alike is None else args.alike
    pairs = look_alikes(collection, split, threshold=threshold, linked=True)
    return list(draw_pairs(collection, pairs, args.pictures, mirrors=args.mirror, cache=args.cache))


def _split(args: argparse.Namespace, collection: Collection) -> AuditedSplit:
    from lusdata.releases.audit import split_to_audit
    from lusdata.releases.folds import table_of

    given = {name: getattr(args, name) for name in _SETTINGS if getattr(args, name) is not None}
    if args.folds is not None:
        if given:
            options = ", ".join("--" + name.replace("_", "-") for name in given)
            raise UsageError("a file of folds brings its own settings", where=options, hint="leave them out")
        return split_to_audit(collection, args.folds)
    return split_to_audit(collection, table_of(collection, **{"unknown": "together", **given}) if given else None)
