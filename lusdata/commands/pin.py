"""Complete a lead from a file in hand: write digest, size, decoded facts and fingerprint into its manifest.

A lead is a manifest without a digest. The file is held against what the lead knows: name, addresses, size, duration and
digests of other kinds. What contradicts it is refused; where nothing ties the two together, it asks on a terminal and
refuses elsewhere. A copy is put into the cache, so that the next build finds it.

A recording that has its digest, and a fingerprint of an older version or none, gets one of today's version, if FILE is
its very file; nothing else of it changes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.atomic import copy_file
from lusdata.errors import UsageError
from lusdata.suggestion import unknown_word

if TYPE_CHECKING:
    from lusdata.catalog.manifest import Manifest
    from lusdata.intake.complete_lead import Completed
    from lusdata.media.cache import Cache

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus/cov-atlas-day-1 clip.mp4": "complete a manifest from a file in hand",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "id": "the recording",
    "manifest": "its file",
    "sha256": "its digest",
    "size_bytes": "its size",
    "agrees": "what ties file and manifest together",
    "since": "the day from which it takes part",
    "notes": "remarks",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("id", metavar="ID", help="the recording, such as pocus/cov-clarius")
    parser.add_argument("file", metavar="FILE", type=Path, help="its file")
    parser.add_argument(
        "--collection",
        metavar="NAME|DIR",
        help="where the recording is (default: what its id begins with)",
    )
    parser.add_argument("--source-url", metavar="URL", help="web address that the file was got from")
    parser.add_argument(
        "--cache", metavar="DIR", type=Path, help="cache folder (default: the user's, or LUSDATA_CACHE)"
    )
    parser.add_argument("--yes", action="store_true", help="take your word where nothing else ties the two together")
    parser.add_argument("--json", action="store_true", help="print one JSON document, ask nothing")


def run(args: argparse.Namespace) -> int:
    """Complete the manifest; return the exit code."""
    from lusdata.catalog.folders import find_collection
    from lusdata.catalog.open_collection import open_collection
    from lusdata.commands.adding.ask import ask, is_terminal
    from lusdata.intake.complete_lead import complete_lead
    from lusdata.intake.renew_fingerprint import renew_fingerprint
    from lusdata.media.cache import Cache, cache_dir

    if not args.file.is_file():
        found = "a folder" if args.file.is_dir() else "nothing of that name"
        raise UsageError("no such file", where=str(args.file), expected="a video or a picture", found=found)
    folder = find_collection(args.collection or args.id.partition("/")[0]).resolve()
    if "_shipped" in folder.parts:
        raise UsageError(
            "the collections inside the installed package are not for writing",
            where=str(args.collection or args.id),
            hint="clone the repository and run the command in it",
        )
    collection = open_collection(folder)
    lead = collection.by_id.get(args.id)
    if lead is None:
        raise unknown_word("no such recording", args.id, collection.by_id, where=collection.name)
    cache = Cache((args.cache or cache_dir()).expanduser())
    done = renew_fingerprint(lead, args.file) or complete_lead(
        lead,
        args.file,
        collection.manifests,
        keep=lambda manifest: _keep(args.file, str(manifest.sha256), cache),
        day=datetime.datetime.now(datetime.UTC).date().isoformat(),
        addresses=[args.source_url] if args.source_url else [],
        ask=ask if is_terminal() and not (args.yes or args.json) else None,
        accepts=args.yes,
    )
    document = _document(done)
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n" if args.json else _text(done, lead))
    return 0


def _keep(file: Path, sha256: str, cache: Cache) -> None:
    """Put a copy into the cache, whole or not at all."""
    if not cache.holds(sha256, file.stat().st_size):
        target = cache.object_path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_file(file, target)


def _document(done: Completed) -> dict[str, Any]:
    source = done.manifest.data["source"]
    return {
        "id": done.manifest.id,
        "manifest": str(done.manifest.path),
        "sha256": source["sha256"],
        "size_bytes": source["size_bytes"],
        "agrees": list(done.match.agrees),
        "since": done.manifest.since,
        "notes": list(done.notes),
    }


def _text(done: Completed, before: Manifest) -> str:
    manifest, match = done.manifest, done.match
    is_new = before.sha256 is None
    lines = [
        f"{'completed' if is_new else 'fingerprint of'} {manifest.id}",
        f"  agrees    {', '.join(match.agrees) or 'nothing'}",
        f"  sha256    {manifest.sha256}",
        *([f"  since     {manifest.since}: folds are dealt in the order of days"] if is_new else []),
        *(f"  note      {note}" for note in done.notes),
        f"  manifest  {manifest.path}",
    ]
    return "\n".join(lines) + "\n"
