"""Look for leakage in a split: our folds (the default), or any file that says which recording is in which fold.

A file is JSON (folds of ours; lists of file names by fold; a fold for each name) or CSV with the columns file and fold.
Exits 1 if a patient group stands on two sides.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.opening import open_collection
from lusdata.commands.folds import add_split_arguments
from lusdata.commands.layout import table as layout
from lusdata.errors import UsageError

if TYPE_CHECKING:
    from lusdata.dataset.audit.report import AuditReport, Finding
    from lusdata.dataset.audit.split import AuditedSplit

__all__ = ["configure", "run"]

_DEFAULTS = {"by": "patient", "k": 5, "seed": 0, "rate_hz": 3.0, "max_frames": 30}
_MOST_LINES = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata audit``."""
    add_split_arguments(parser)
    # Told apart from what the user gave, since a file brings its own settings.
    parser.set_defaults(**dict.fromkeys(_DEFAULTS))
    parser.add_argument(
        "--folds",
        type=Path,
        metavar="FILE",
        help="the split to audit: JSON, CSV, or a folder with a folder for each fold (default: folds made now)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document with every finding")


def run(args: argparse.Namespace) -> int:
    """Audit a split and print the report."""
    from lusdata.dataset.audit.report import audit

    collection = open_collection(args.collection)
    report = audit(collection, _split(args, collection))
    print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) if args.json else _text(report))
    return 0 if report.clean else 1


def _split(args: argparse.Namespace, collection: Collection) -> AuditedSplit:
    from lusdata.dataset.audit.split import read_split, split_of_table
    from lusdata.dataset.folds.make import make_folds

    given = [name for name in _DEFAULTS if getattr(args, name) is not None]
    if args.folds is not None:
        if given:
            options = ", ".join("--" + name.replace("_", "-") for name in given)
            raise UsageError("a file of folds brings its own settings", where=options, hint="leave them out")
        return read_split(args.folds, collection.manifests)
    settings: dict[str, Any] = {**_DEFAULTS, **{name: getattr(args, name) for name in given}}
    folds = make_folds(
        collection.manifests,
        by=settings["by"],
        k=settings["k"],
        seed=settings["seed"],
        rate_hz=settings["rate_hz"],
        max_frames=settings["max_frames"],
    )
    source = f"folds by {folds.by}, k={folds.k}, seed={folds.seed}"
    return split_of_table(folds, collection.manifests, source=source)


def _text(report: AuditReport) -> str:
    split = report.split
    head = f"audit of {report.collection}: {split.source}"
    if not split.by_frame:
        head += f"\n{split.names:,} names in {len(split.folds)} folds; {len(split.folds_of):,} recordings found"
        fates = [entry.candidates for entry in split.unmapped]
        unsure, unknown = sum(map(bool, fates)), sum(not candidates for candidates in fates)
        head += f"; names unknown: {unknown:,}, ambiguous: {unsure:,}"
    parts = [head, _leaks(report)]
    for check in dict.fromkeys(name for name, _ in report.findings):
        findings = [finding for finding in report.of(check) if check != "leaks"]
        if findings:
            parts.append(_block(check, findings))
    if report.balance:
        parts.append("recordings / groups / expected frames of each fold\n" + _balance(report))
    parts.append(_verdict(report))
    return "\n\n".join(parts)


def _leaks(report: AuditReport) -> str:
    findings = report.of("leaks")
    if not findings:
        return "leaks: no group stands in two folds"
    lines = [f"LEAKS: {len(findings):,} found"]
    for finding in findings:
        lines.append(f"  {finding.subject}: {finding.message}")
        # Our own tables name recordings by their ids; saying it once is enough.
        rows = [
            [f"    fold {place.fold}", place.recording, "" if place.name == place.recording else place.told]
            for place in finding.places
        ]
        lines += layout(rows, numbers=False).splitlines() if rows else []
    return "\n".join(lines)


def _block(check: str, findings: list[Finding]) -> str:
    lines = [f"  {finding.line()}" for finding in findings[:_MOST_LINES]]
    if len(findings) > _MOST_LINES:
        lines.append(f"  … and {len(findings) - _MOST_LINES:,} more; --json prints all")
    return "\n".join([check.replace("-", " "), *lines])


def _balance(report: AuditReport) -> str:
    classes = sorted({cell.class_name for cell in report.balance})
    rows = []
    for fold in report.split.folds:
        held = {cell.class_name: cell for cell in report.balance if cell.fold == fold}
        shown = [f"{c.recordings} / {c.groups} / {c.frames}" if (c := held.get(name)) else "." for name in classes]
        total = f"{sum(c.recordings for c in held.values())} / {sum(c.frames for c in held.values())}"
        rows.append([fold, *shown, total])
    return layout(rows, head=["fold", *classes, "all"])


def _verdict(report: AuditReport) -> str:
    if report.clean:
        return "clean: nobody stands on two sides"
    groups, recordings = len(report.leaked_groups), len(report.leaked_recordings)
    counted = f"{groups:,} groups stand in several folds, {recordings:,} recordings concerned; " if recordings else ""
    return f"NOT CLEAN: {counted}scores on this split are not scores on new patients"
