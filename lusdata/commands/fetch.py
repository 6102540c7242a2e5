"""Get a collection's files into the cache, each verified by its digest.

Mirrors are asked first, then the addresses in the manifests. The run ends with a table of what is there and, for
everything else, why not.

exit code 0: every recording is there, or is known not to be had (blocked by rights, manual, gone, unpinned);
          1: an address gives something else than its manifest says (changed, a web page, no medium, refused);
          3: the outside world failed (dead, unreachable, truncated, empty, or not here while offline);
             1 is told before 3, since only 3 may mend itself.
"""

from __future__ import annotations

import argparse
import json
import sys

from lusdata.commands.open_argument import COLLECTION_HELP, opened
from lusdata.commands.options import add_media_options
from lusdata.errors import UsageError

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus --mirror media": "from a folder first, then from the web",
    "pocus --offline --json": "what is here already, as one JSON document",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "collection": "name",
    "cache": "the cache folder",
    "counts": "recordings by what became of them",
    "left_out": "number of excluded or withdrawn recordings",
    "exit_code": "as this run ends",
    "recordings": "each with its state, path and failures",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("collection", metavar="COLLECTION", help=COLLECTION_HELP)
    add_media_options(parser)
    parser.add_argument(
        "--pin",
        action="store_true",
        help="fetch recordings without a digest too, and write digest and facts into their manifests, for review",
    )
    parser.add_argument("--verify", action="store_true", help="read the cached files again and replace damaged ones")
    parser.add_argument("--workers", metavar="N", type=int, default=8, help="files on their way at a time (default: 8)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")


def run(args: argparse.Namespace) -> int:
    """Fetch and report; return the exit code."""
    from lusdata.media.fetch.collection import fetch

    collection = opened(args.collection)
    if args.pin and collection.release is not None:
        raise UsageError("a release is never edited", where="--pin", hint=f"pin in {collection.name}, then release it")
    report = fetch(
        collection.manifests,
        mirrors=args.mirror,
        cache=args.cache,
        offline=args.offline,
        workers=args.workers,
        progress=True,
        pin=args.pin,
        verify=args.verify,
    )
    if args.json:
        document = {"collection": collection.name, **report.as_dict()}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report.text())
        pinned = sum(result.pinned for result in report.results)
        if pinned:
            sys.stdout.write(
                f"\n{pinned} manifests in {collection.root} were pinned: review the change and commit it\n"
            )
    return report.exit_code
