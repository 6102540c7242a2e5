"""Freeze a collection under a version: manifests, folds, counts, and what an audit found. A release never changes.

The version says what changed since the last one. Its first number rises when datasets lose a recording, or hold it with
another label, crop or group; its second when recordings or rights come in; its third when facts were corrected. Without
--version the releases are listed with the lowest version that the next one may have. With --check every release is held
against its seal, against the release before it, and, in a repository of git, against what was committed.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.catalog.changes import compare_collections
from lusdata.catalog.folders import collection_names, find_collection, manifests_here
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.release import read_release, releases_folder, releases_of
from lusdata.catalog.validate import shown_path
from lusdata.commands.layout import table
from lusdata.commands.open_argument import tell_mixed
from lusdata.errors import UsageError
from lusdata.wording import counted

if TYPE_CHECKING:
    from lusdata.catalog.release import Release
    from lusdata.releases.make import ReleasePlan

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "pocus": "the releases, and the lowest version that may follow",
    "pocus --version 1.2.0 --notes 'Two more clinics'": "make one",
    "--check": "see that none was changed",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata release``."""
    parser.add_argument(
        "collection",
        metavar="COLLECTION",
        nargs="?",
        help="name of a collection, or a folder of manifests (with --check by default every one in ./manifests)",
    )
    parser.add_argument("--version", metavar="X.Y.Z", help="make the release of this version")
    parser.add_argument("--notes", metavar="TEXT", help="what a user should know about it, in a sentence or two")
    parser.add_argument(
        "--unknown",
        choices=("apart", "together"),
        help="recordings of which nobody knows whose they are: those of one provider as one patient, or each by itself",
    )
    parser.add_argument("--date", metavar="DATE", help="its date, as 2026-01-31 (default: today)")
    parser.add_argument("--check", action="store_true", help="check that no release was changed")
    parser.add_argument(
        "--against", metavar="REV", help="with --check: the revision that the releases are held against (default: HEAD)"
    )
    parser.add_argument("--rules", action="store_true", help="list the codes of --check with a sentence each, and stop")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make, list or check releases."""
    if args.rules:
        print(_rules(as_json=args.json))
        return 0
    options = ("version", "notes", "date", "unknown")
    making = {name: getattr(args, name) for name in options if getattr(args, name) is not None}
    if args.check:
        _refuse(making, "with --check nothing is made")
        return _check(args)
    _refuse({"against": args.against} if args.against is not None else {}, "only --check compares revisions")
    if args.collection is None:
        raise UsageError("no collection is named", expected="one of " + ", ".join(collection_names()) + ", or a folder")
    if args.version is None:
        _refuse(making, "only a new release has these: give it a --version")
        return _list(args)
    return _make(args)


def _rules(*, as_json: bool) -> str:
    from lusdata.releases.check import RELEASE_RULES

    if as_json:
        rules = [{"code": code, "level": "error", "sentence": sentence} for code, sentence in RELEASE_RULES.items()]
        return json.dumps({"rules": rules}, indent=2)
    return table([[code, sentence] for code, sentence in RELEASE_RULES.items()], numbers=False)


def _refuse(given: dict[str, Any], why: str) -> None:
    if given:
        raise UsageError(why, where=", ".join(f"--{name}" for name in given))


def _make(args: argparse.Namespace) -> int:
    from lusdata.releases.make import last_release, plan_release, write_release

    collection = open_collection(args.collection)
    tell_mixed(collection.manifests)
    date = args.date or datetime.datetime.now(datetime.UTC).date().isoformat()
    previous = last_release(collection)
    notes = args.notes or ""
    plan = plan_release(collection, previous, version=args.version, date=date, notes=notes, unknown=args.unknown)
    release = write_release(plan)
    if args.json:
        print(json.dumps({"folder": str(release.folder), **release.data}, indent=2, ensure_ascii=False))
    else:
        print(_made(release, plan))
    return 0


def _made(release: Release, plan: ReleasePlan) -> str:
    counts, audit = release.data["counts"], release.data["audit"]
    clause = audit.get("unknown_patients", "")
    leaks = f"{audit['leaks']:,} leaks" + (f"; {clause}" if clause else "")
    lines = [
        f"{release.label}, {release.data['date']}: {counts['recordings']:,} recordings, {counts['included']:,} "
        f"included in {counts['groups']:,} groups from {counts['sources']:,} sources",
        f"to be had  {counts['buildable']:,} of the included are buildable, {counts['obtainable']:,} obtainable",
        _since(release),
        f"folds      by {', '.join(release.fold_units)}; {leaks}",
        f"rights     of {counts['included']:,} included recordings frames of {audit['rights']['publish']:,} may be "
        "published",
    ]
    lines += [
        f"confounded told from {row['told_from']} alone, the class is right with balanced accuracy "
        f"{row['balanced_accuracy']:.2f} (guessing {row['chance']:.2f})"
        for row in audit["confounding"]
    ]
    others = {**audit["findings"], **audit["rules"]}
    others.pop("CONFOUNDED", None)
    if others:
        lines.append("warnings   " + ", ".join(f"{code} {number:,}" for code, number in others.items()))
    size_bytes = sum(map(len, plan.files.values()))
    lines.append(f"sealed     sha256 {release.digest}")
    lines.append(f"written    {release.folder}  ({len(plan.files)} files, {size_bytes / 1e6:.2f} MB): keep it as it is")
    return "\n".join(lines)


def _since(release: Release) -> str:
    changes = release.data["changes"]
    if changes is None:
        return "first release"
    told = ", ".join(f"{changes[kind]:,} {kind}" for kind in ("added", "changed", "withdrawn"))
    return f"since {release.data['previous']['version']}: {told}; the changes are {changes['weight']}"


def _list(args: argparse.Namespace) -> int:
    from lusdata.catalog.version import least_version
    from lusdata.releases.make import last_release

    collection = open_collection(args.collection)
    last = last_release(collection)
    folder = releases_folder(collection.root)
    releases = [read_release(folder / version) for version in releases_of(folder)]
    weight = None if last is None else compare_collections(last.manifests, collection.manifests).weight
    following = "1.0.0" if last is None else None if weight is None else least_version(last.version, weight)
    if args.json:
        document = {
            "collection": collection.name,
            "folder": shown_path(collection.root),
            "releases": [
                {name: release.data[name] for name in ("version", "date", "notes", "counts", "sha256")}
                for release in releases
            ],
            "weight": weight,
            "next": following,
        }
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return 0
    rows = [
        [release.version, release.data["date"], *_numbers(release), release.digest[:12], release.data["notes"]]
        for release in releases
    ]
    if rows:
        head = ["release", "date", "recordings", "included", "buildable", "seal", "notes"]
        print(table(rows, head=head, numbers=False) + "\n")
    if last is None:
        print(f"{collection.name}: no release yet; lusdata release {args.collection} --version {following} makes one")
    elif following is None:
        print(f"nothing changed since {last.version}")
    else:
        print(
            f"the changes since {last.version} are {weight}: the next release is at least {following}\n"
            f"(lusdata diff {args.collection}@{last.version} {args.collection} shows them)"
        )
    return 0


def _numbers(release: Release) -> list[int]:
    return [release.data["counts"][name] for name in ("recordings", "included", "buildable")]


def _check(args: argparse.Namespace) -> int:
    from lusdata.catalog.history import has_revision
    from lusdata.releases.check import broken_releases

    folders = [find_collection(args.collection)] if args.collection is not None else _collections_here()
    issues = {folder: broken_releases(folder, against=args.against) for folder in folders}
    counts = {folder: len(releases_of(releases_folder(folder))) for folder in folders}
    revision = args.against or "HEAD"
    held = {folder: has_revision(folder, revision) if folder.is_dir() else False for folder in folders}
    found = [issue for some in issues.values() for issue in some]
    if args.json:
        document = {
            "collections": [
                {
                    "collection": folder.name,
                    "folder": shown_path(folder),
                    "releases": counts[folder],
                    "against": revision if held[folder] else None,
                }
                for folder in folders
            ],
            "errors": len(found),
            "issues": [issue.as_dict() for issue in found],
        }
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return 1 if found else 0
    for issue in found:
        print(issue.line())
    for folder in folders:
        number = counted(counts[folder], "release")
        verdict = (
            counted(len(issues[folder]), "fault") if issues[folder] else "unchanged" if counts[folder] else "none yet"
        )
        against = f"; held against {revision}" if held[folder] else "; not held against git: no such commit here"
        print(f"{folder.name}: {number}, {verdict}{against}  ({shown_path(folder)})")
    return 1 if found else 0


def _collections_here() -> list[Path]:
    """Return every collection of ``./manifests``, and every other that has releases, though its folder may be gone."""
    root = manifests_here()
    folders = [path for name in ("", "releases") if (root / name).is_dir() for path in (root / name).iterdir()]
    names = {path.name for path in folders if path.parent.name == "releases" or any(path.glob("*.json"))}
    return [root / name for name in sorted(names - {"releases"}) if name[0] != "."]
