"""Turn a folder of your own, or a public collection's metadata, into manifests.

'lusdata import folder DIR --labels TABLE --out mine' makes a private collection of your own recordings: it says how it
understood every column, which files have no row, and who would be one patient, and writes when nothing is open.
--dry-run shows the same and writes nothing. Run it again when more clips came: only what is new is looked at.

Of a public collection every row becomes a manifest or a line of CURATION.md that says why not. Files under --media are
decoded and pinned: digest, size, technical facts and fingerprint. Of files that are not there these come from the
manifests of --pins, and from what an older manifest in the output folder already has. Recordings that another
collection of lusdata has, by digest, address, name, pictures or publication, are told and joined to its groups. The
same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.importers.table import IMPORTERS
from lusdata.commands.importing import folder as importing
from lusdata.errors import UsageError
from lusdata.wording import listed

if TYPE_CHECKING:
    from lusdata.intake.public_collection import ImportedCollection

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "folder clips --labels labels.csv --out mine --dry-run": "how a folder and its table are understood",
    "folder clips --labels labels.csv --out mine --map patient=pid,class=diagnosis": "state two columns",
    "pocus upstream --media media": "a public collection's metadata",
}
"""Arguments, each with what such a call does; in the help."""

_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    folders = "; ".join(f"{name}: {importer.folder}" for name, importer in IMPORTERS.items())
    parser.add_argument("collection", choices=("folder", *IMPORTERS), help="what is imported")
    parser.add_argument("folder", metavar="DIR", help=f"your recordings, or the upstream metadata ({folders})")
    parser.add_argument(
        "--media",
        metavar="DIR",
        type=Path,
        help="folder of the files, laid out as upstream (default for a checkout: DIR itself)",
    )
    parser.add_argument(
        "--pins",
        metavar="FILE|DIR",
        type=Path,
        action="append",
        default=[],
        help="manifests, in a folder or one a line, that have digests of files which are not there",
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=_day,
        help="day from which a recording takes part whose manifest was there and gets its digest now (default: today)",
    )
    parser.add_argument("--out", metavar="DIR", help="folder of the manifests (default of public ones: manifests/NAME)")
    importing.configure(parser)


def _day(text: str) -> str:
    return datetime.date.fromisoformat(text).isoformat()


def run(args: argparse.Namespace) -> int:
    """Import and tell what became of it; return the exit code."""
    from lusdata.intake.public_collection import import_collection

    if args.collection == "folder":
        if other := next((name for name in ("media", "pins", "since") if getattr(args, name)), None):
            raise UsageError("an option for public collections", where=f"--{other}", hint="leave it out")
        return importing.run(args)
    if given := [name for name in importing.OPTIONS if getattr(args, name) is not None and name != "json"]:
        where = f"--{given[0].replace('_', '-').replace('licence', 'license')}"
        raise UsageError("an option for a folder of your own", where=where, hint="leave it out")
    out = Path(args.out) if args.out else Path("manifests") / args.collection
    done = import_collection(
        args.collection, Path(args.folder), out=out, media=args.media, pins=args.pins, since=args.since
    )
    text = json.dumps(done.as_dict(), indent=2, ensure_ascii=False) if args.json else "\n".join(_report(done))
    sys.stdout.write(f"{text}\n")
    return 1 if done.faults else 0


def _report(done: ImportedCollection) -> list[str]:
    told = done.as_dict()
    lines = [
        f"{told['rows']} rows, {told['manifests']} manifests, {len(told['unmade'])} rows without one",
        f"{told['included']} included, {told['excluded']} excluded, {told['with_digest']} with a digest",
        f"written to {done.out}; why is in {done.out / 'CURATION.md'}",
    ]
    if same := {one.recording for one in done.known if one.agrees != "publication"}:
        there = ", ".join(sorted({one.other.id.split("/")[0] for one in done.known}))
        lines.append(f"{len(same)} are in other collections already ({there}), and joined to their groups there")
    if stale := done.stale:
        text = listed(stale, most=_SHOWN)
        lines.append(f"{len(stale)} manifests there are not made by this import and were left as they are: {text}")
    return lines + [f"not pinned: {identifier}: {fault}" for identifier, fault in sorted(done.faults.items())]
