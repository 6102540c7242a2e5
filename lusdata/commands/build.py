"""Make a dataset of a collection: fetch, crop, sample and shard.

The folder holds the shards, dataset.json (what it is and what was left out, with reasons), manifests.jsonl and a
README.md with the sources to name. An interrupted build goes on where it stopped; a finished one is up to date. A
recording that cannot be had or decoded is left out with its reason and stops nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from lusdata.commands.open_argument import COLLECTION_HELP, opened
from lusdata.commands.options import add_media_options
from lusdata.intact import DAMAGED

if TYPE_CHECKING:
    from lusdata.dataset.building.build import BuildReport

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus --out data/pocus": "everything that can be had",
    "pocus --out data/convex --select 'probe=convex,class=covid-19|healthy' --rate-hz 5": "some recordings",
    "pocus@1.0.0 --out data/tf --format tfrecord --mirror media --offline": "a release, from a folder alone",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "out": "the folder",
    "up_to_date": "true if nothing had to be made",
    "name": "the collection",
    "release": "its release, or null",
    "format": "of the shards",
    "recipe": "settings",
    "versions": "of lusdata, the layout and packages",
    "counts": "recordings and frames, in all and by class",
    "rows_sha256": "digest of all rows",
    "shards": "each file with its size and digest",
    "left_out": "recordings that were not made, with code and reason",
    "renewed": "recordings whose damaged file in the cache was taken anew",
    "mended": "damaged files of the folder that were made again",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from lusdata.dataset.formats.table import DEFAULT_FORMAT, FORMATS
    from lusdata.dataset.recipe import COLOURS, Recipe

    recipe = Recipe()
    parser.add_argument("collection", metavar="COLLECTION", help=COLLECTION_HELP)
    parser.add_argument("--out", metavar="DIR", required=True, help="new or empty folder for the dataset")
    parser.add_argument("--format", choices=tuple(FORMATS), default=DEFAULT_FORMAT, help=f"default: {DEFAULT_FORMAT}")
    for option, setting, kind, metavar, text in (
        ("--rate-hz", "rate_hz", float, "HZ", "frames per second"),
        ("--max-frames", "max_frames", int, "N", "most of one recording"),
        ("--size", "size_px", int, "PX", "side of the frames"),
    ):
        value = getattr(recipe, setting)
        parser.add_argument(option, metavar=metavar, type=kind, default=value, help=f"{text} (default: {value:g})")
    parser.add_argument("--colour", choices=COLOURS, default=recipe.colour, help=f"channels (default: {recipe.colour})")
    parser.add_argument(
        "--select",
        metavar="TEXT",
        default="",
        help="only some recordings: 'probe=convex,class=covid-19|healthy,patterns=b_lines,publish=yes'; != turns round",
    )
    add_media_options(parser)
    parser.add_argument("--workers", metavar="N", type=int, help="processes that decode (default: one per core)")
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="what runs them; ray needs lusdata[ray]"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.add_argument("--verbose", action="store_true", help="name every recording that was left out")


def run(args: argparse.Namespace) -> int:
    """Build and report; return the exit code."""
    from lusdata.dataset.building.build import build
    from lusdata.dataset.recipe import Recipe

    recipe = Recipe(
        rate_hz=args.rate_hz,
        max_frames=args.max_frames,
        size_px=args.size,
        colour=args.colour,
        select=args.select,
    )
    report = build(
        opened(args.collection),
        out=args.out,
        recipe=recipe,
        format=args.format,
        mirrors=args.mirror,
        cache=args.cache,
        workers=args.workers,
        offline=args.offline,
        engine=args.engine,
        progress=True,
    )
    if args.json:
        sys.stdout.write(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(report, verbose=args.verbose))
    return 0


def _text(report: BuildReport, *, verbose: bool) -> str:
    from lusdata.commands.layout import table

    counts = report.index.data["counts"]
    rows = [(name, number, counts["frames_by_class"][name]) for name, number in counts["recordings_by_class"].items()]
    total = ("total", counts["recordings"], counts["frames"])
    size_bytes = sum(shard["size_bytes"] for shard in report.index.data["shards"])
    blocks = [
        table([*rows, total], head=("built", "recordings", "frames")),
        *_left_out(report, verbose=verbose),
        *_warnings(report),
        f"{_state(report)}: {report.out}  "
        f"({len(report.index.data['shards'])} {report.index.format}, {size_bytes / 1e6:,.1f} MB; "
        f"{report.index.recipe.text()})",
    ]
    return "\n\n".join(blocks) + "\n"


def _state(report: BuildReport) -> str:
    if report.mended:
        return f"mended, {', '.join(report.mended)} made again and the damaged one kept in {DAMAGED}/"
    return "up to date" if report.up_to_date else "built"


def _left_out(report: BuildReport, *, verbose: bool) -> list[str]:
    """Lay out what is missing: a line a reason, and with `verbose` a line a recording."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in report.left_out:
        reasons.setdefault((item.code, item.detail or item.reason), []).append(item.id)
    if not reasons:
        return []
    width = max(len("left out"), *(len(code) for code, _ in reasons))
    lines = [f"{'left out':<{width}}  recordings  why"]
    for (code, reason), ids in sorted(reasons.items(), key=lambda entry: (entry[0][0], -len(entry[1]))):
        named = f"{ids[0]}: " if len(ids) == 1 else ""
        lines.append(f"{code:<{width}}  {len(ids):>10,}  {named}{reason}")
    if not verbose:
        return ["\n".join([*lines, "(--verbose names every recording, and so does dataset.json)"])]
    each = [f"  {item.id}: {item.code}, {item.detail or item.reason}" for item in report.left_out]
    return ["\n".join(lines), "\n".join(each)]


def _warnings(report: BuildReport) -> list[str]:
    counts = report.index.data["counts"]
    broken = sum(item.code in ("undecodable", "unreadable", "crashed") for item in report.left_out)
    lines = []
    if report.renewed:
        lines.append(
            f"warning: {len(report.renewed)} files in the cache were damaged; they were set aside and taken anew: "
            + ", ".join(report.renewed[:3])
            + (" ..." if len(report.renewed) > 3 else "")
        )
    if broken:
        lines.append(f"warning: {broken} recordings are here but could not be decoded")
    if counts["not_publishable"]:
        lines.append(
            f"rights: {counts['not_publishable']} of {counts['recordings']} recordings may not be passed on; "
            "README.md in the folder names them"
        )
    return ["\n".join(lines)] if lines else []
