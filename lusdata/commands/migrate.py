"""Bring manifests to the newest schema version, without loss. Nothing is written if one of them cannot go there."""

from __future__ import annotations

import argparse
import json

from lusdata.catalog.migrate_files import migrate_files, plan_files
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.selection import select_files
from lusdata.catalog.validate import shown_path

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "manifests/pocus --dry-run": "what would change",
    "clip.json": "bring one manifest to the newest version",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "schema_version": "the newest version of the schema",
    "files": "number of manifests",
    "dry_run": "true if nothing was written",
    "changed": "the files that change, each with the versions that it goes through",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a file, a folder, or the name of a collection (default: all of ./manifests, else all shipped ones)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(args: argparse.Namespace) -> int:
    """Print each file that changes, and how many do not."""
    plan = plan_files(select_files(args.paths))
    if not args.dry_run:
        migrate_files(plan)
    changed = [migrated for migrated in plan if migrated.changed]
    if args.json:
        document = {
            "schema_version": NEWEST,
            "files": len(plan),
            "dry_run": args.dry_run,
            "changed": {shown_path(migrated.path): list(migrated.path_taken) for migrated in changed},
        }
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return 0
    for migrated in changed:
        print(f"{shown_path(migrated.path)}: {' -> '.join(migrated.path_taken)}")
    done = "to migrate" if args.dry_run else "migrated"
    print(f"{len(changed)} of {len(plan)} manifests {done}; {len(plan) - len(changed)} at {NEWEST} already")
    return 0
