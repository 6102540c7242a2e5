"""Bring manifests to the newest schema version, without loss. Nothing is written if one of them cannot go there."""

from __future__ import annotations

import argparse

from lusdata.catalog.migrate_files import migrate_files, plan_files
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.selection import select_files
from lusdata.catalog.validate import shown_path

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a file, a folder, or the name of a collection (default: all of ./manifests, else all shipped ones)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")


def run(args: argparse.Namespace) -> int:
    """Print each file that changes, and how many do not."""
    plan = plan_files(select_files(args.paths))
    if not args.dry_run:
        migrate_files(plan)
    changed = [migrated for migrated in plan if migrated.changed]
    for migrated in changed:
        print(f"{shown_path(migrated.path)}: {' -> '.join(migrated.path_taken)}")
    done = "to migrate" if args.dry_run else "migrated"
    print(f"{len(changed)} of {len(plan)} manifests {done}; {len(plan) - len(changed)} at {NEWEST} already")
    return 0
