"""Check manifests against the schema and the rules, showing every fault of every file at once."""

from __future__ import annotations

import argparse
import json

from lusdata.catalog.rules.table import codes
from lusdata.catalog.schema import NEWEST
from lusdata.catalog.selection import select_files
from lusdata.catalog.validate import Checked, check_files, shown_path
from lusdata.wording import counted

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "manifests/pocus": "every fault of every manifest of a folder",
    "pocus --strict --json": "also missing recommended fields, as one JSON document",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "schema_version": "the newest version of the schema",
    "folders": "where the manifests are",
    "files": "number of manifests",
    "errors": "number of errors",
    "warnings": "number of warnings",
    "included": "manifests that take part in datasets",
    "unpinned": "those of them without a digest",
    "issues": "findings: file, json_path, code, level, message, expected, found, hint",
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
    parser.add_argument("--strict", action="store_true", help="also warn of missing recommended fields")
    parser.add_argument(
        "--release", action="store_true", help="also warn of what a release should have, such as digests"
    )
    parser.add_argument("--rules", action="store_true", help="list every code with its level and sentence, and stop")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(args: argparse.Namespace) -> int:
    """Print what was found; 1 if any of it is an error."""
    if args.rules:
        print(_rules_json() if args.json else _rules_text())
        return 0
    checked = check_files(select_files(args.paths), strict=args.strict, release=args.release)
    if args.json:
        print(_as_json(checked))
    else:
        for issue in checked.issues:
            print(issue.line())
        print(_summary(checked))
    return 1 if checked.errors else 0


def _summary(checked: Checked) -> str:
    counts = [counted(len(checked.errors), "error"), counted(len(checked.warnings), "warning")]
    faulty = len({issue.file for issue in checked.issues})
    where = f" in {faulty} of {counted(checked.file_count, 'manifest')}" if faulty else ""
    parts = [", ".join(counts) + where if faulty else f"{counted(checked.file_count, 'manifest')} without a fault"]
    parts.append(f"{len(checked.included)} included, {len(checked.unpinned)} of them without a digest")
    return f"{'; '.join(parts)}  ({', '.join(_folders(checked))})"


def _folders(checked: Checked) -> list[str]:
    """Return the folders whose manifests were looked at."""
    return list(dict.fromkeys(shown_path(path.parent) for path in checked.files))


def _as_json(checked: Checked) -> str:
    document = {
        "schema_version": NEWEST,
        "folders": _folders(checked),
        "files": checked.file_count,
        "errors": len(checked.errors),
        "warnings": len(checked.warnings),
        "included": len(checked.included),
        "unpinned": len(checked.unpinned),
        "issues": [issue.as_dict() for issue in checked.issues],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _rules_text() -> str:
    listed = codes()
    width = max(len(code.code) for code in listed)
    when = {"always": "", "strict": " (with --strict)", "release": " (with --release)"}
    return "\n".join(f"{code.level:<7} {code.code:<{width}}  {code.sentence}{when[code.asked]}" for code in listed)


def _rules_json() -> str:
    listed = [vars(code) for code in codes()]
    return json.dumps({"rules": listed}, indent=2, ensure_ascii=False)
