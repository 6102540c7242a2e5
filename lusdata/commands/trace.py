"""Show where one row of a dataset comes from, and whether the recording still gives the same picture.

ROW is the number of a row, counted over all shards from 0; a shard with a row of it (part-00000.parquet:17); or the id
of a recording, whose frame FRAME_INDEX (as in the column frame_index; by default the first) is meant. If the file of
the recording is in the cache or a mirror, the frame is made again and compared. No network is asked. Exits 1 if it
differs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.folders import collection_names, find_collection
from lusdata.commands.layout import table
from lusdata.wording import one_line

if TYPE_CHECKING:
    from lusdata.dataset.trace.trace import Trace

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "data/pocus 17": "the row of that number",
    "data/pocus pocus/cov-atlas-day-1 30 --mirror media": "a frame of a recording, held against its file",
}
"""Arguments, each with what such a call does; in the help."""

_TODAY = {
    "same": "the same today",
    "changed": "changed since:",
    "withdrawn": "WITHDRAWN since; do not use the recording any more:",
    "gone": "no longer in the collection; do not use the recording any more",
    "unreadable": "cannot be read today",
    "unknown": "not compared with today's; --collection names the collection",
}
_HELD = {"same": "", "other": " (another state of it)", "broken": " (broken)"}
_CHECK = {"agrees": "AGREES", "differs": "DIFFERS", "not-here": "not done", "withdrawn": "not done"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata trace``."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder that lusdata build made")
    parser.add_argument("row", metavar="ROW", help="number of a row, SHARD:ROW, or the id of a recording")
    parser.add_argument(
        "frame_index",
        metavar="FRAME_INDEX",
        type=int,
        nargs="?",
        help="with a recording: the frame's place in its file",
    )
    parser.add_argument(
        "--collection",
        metavar="COLLECTION",
        help="the collection as it is today (default: the shipped one of the dataset's name)",
    )
    parser.add_argument(
        "--mirror",
        metavar="DIR",
        action="append",
        default=[],
        help="folder that holds copies under the manifests' source.path; may be given several times",
    )
    parser.add_argument(
        "--cache", metavar="DIR", help="cache folder (default: LUSDATA_CACHE, else the user's cache folder)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the trace; 1 if the row and its recording differ."""
    from lusdata.dataset.reading.index import open_index
    from lusdata.dataset.trace.trace import trace

    index = open_index(args.dataset.expanduser())
    root = None
    if args.collection is not None:
        root = find_collection(args.collection)
    elif index.name in collection_names():
        root = find_collection(index.name)
    found = trace(index, args.row, args.frame_index, collection=root, mirrors=args.mirror, cache=args.cache)
    if args.json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print(_text(found))
    return 1 if found.check.state == "differs" else 0


def _text(found: Trace) -> str:
    row, index, manifest = found.row, found.index, found.row.manifest
    source, media = manifest.data["source"], manifest.media
    left_px, top_px, width_px, height_px = found.crop
    size = f" of {media['width_px']} x {media['height_px']}" if "width_px" in media else ""
    side_px = index.recipe.size_px
    trim = manifest.trim
    part = "" if trim.start_s == 0 and trim.end_s is None else f", of its part from {trim.start_s:g} s"
    part += f" to {trim.end_s:g} s" if trim.end_s is not None else ""
    licence = manifest.licence
    lines = [
        ["row", f"{row.number:,} of {index.label}: {row.shard}, row {row.shard_row:,}"],
        ["recording", f"{manifest.id}: {manifest.kind}, {manifest.class_name}, {manifest.probe}"],
        [
            "frame",
            f"{row.frame_index} of the file, at {row.time_s:.3f} s; {row.position + 1} of {row.entry.place.rows}",
        ],
        ["crop", f"left {left_px}, top {top_px}, {width_px} x {height_px}{size} px, as {side_px} x {side_px} px"],
        ["recipe", f"{index.recipe.text()}{part}"],
        ["pixels", f"sha256 {row.pixels_sha256}"],
        ["group", f"{manifest.group_id}, by {manifest.group_basis}"],
        ["", ""],
        ["source", ", ".join(filter(None, (manifest.provider, source.get("doi"), source.get("page"))))],
        *(["address" if number == 0 else "", url] for number, url in enumerate(manifest.locations)),
        ["file", f"sha256 {manifest.sha256}, {manifest.size_bytes or 0:,} bytes"],
        ["licence", f"{licence['id']}{', ' + source['attribution'] if source.get('attribution') else ''}"],
        ["manifest", f"sha256 {manifest.digest}; {_TODAY[found.today.state]}"],
        *(["", f"{field.json_path}  {_short(field.before)} -> {_short(field.after)}"] for field in found.today.fields),
        ["releases", ", ".join(f"{held.version}{_HELD[held.state]}" for held in found.releases) or "none"],
        ["", ""],
        *(
            [
                "folds" if number == 0 else "",
                f"by {fold.by}: tested in fold {fold.fold} of {fold.k}{', frozen' if fold.frozen else ''}",
            ]
            for number, fold in enumerate(found.folds)
        ),
        ["", ""],
        ["check", f"{_CHECK[found.check.state]}: {found.check.detail}"],
    ]
    return table([[one_line(cell) for cell in line] for line in lines], numbers=False)


def _short(value: str | None) -> str:
    if value is None:
        return "(none)"
    return value if len(value) <= 60 else value[:59] + "…"
