"""`lusdata import folder`: arguments to a request, and the plan and its result to text."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.schema import enumeration
from lusdata.errors import UsageError
from lusdata.intake.question import Question
from lusdata.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lusdata.intake.folder.examine import Examined
    from lusdata.intake.folder.files import FolderFile
    from lusdata.intake.folder.plan import ImportPlan
    from lusdata.intake.folder.request import Request
    from lusdata.intake.question import Ask

__all__ = ["OPTIONS", "configure", "run"]

OPTIONS = (
    "labels", "map", "value", "group_by", "private", "licence", "provider", "title", "owner", "citation",
    "class_basis", "scale", "view_scheme", "text_reviewed", "all", "update", "yes", "dry_run", "json", "workers",
)  # fmt: skip
"""Arguments that the importers of public collections do not have."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from lusdata.intake.grouping import KINDS

    group = parser.add_argument_group("for a folder of your own")
    add = group.add_argument
    add(
        "--labels", metavar="TABLE", type=Path, action="append", help="CSV, TSV or XLSX: a row for each file or patient"
    )
    add("--map", metavar="MEANING=COLUMN,...", action="append", help="what columns mean; COLUMN=- leaves one out")
    add("--value", metavar="MEANING:CELL=VALUE,...", action="append", help="what a cell means; - for nothing")
    add("--group-by", choices=tuple(KINDS), help="what tells whose recordings are one patient's")
    add("--private", action="store_true", default=None, help="it stays with its owner (default without --license)")
    add("--license", "--licence", dest="licence", metavar="ID", help="licence of every recording")
    add("--provider", metavar="SLUG", help="clinic or site that the recordings are from (default: the collection)")
    add("--title", metavar="TEXT", help="name of the collection for people")
    add("--owner", metavar="TEXT", help="institution that answers for it")
    add("--citation", metavar="TEXT", help="how its owner wants to be cited")
    add("--class-basis", choices=enumeration("class_basis"), help="what the classes rest on (default: source-label)")
    add("--scale", metavar="NAME", help="scale of the severity, such as lus-0-3")
    add("--view-scheme", choices=enumeration("view", "scheme"), help="scheme of the zones, such as blue")
    add("--text-reviewed", metavar="ROLE", help="role of who read the text in the pictures, for other licences")
    add("--all", action="store_true", default=None, help="take files without a row, too")
    add("--update", action="store_true", default=None, help="take the tables' word for recordings there already, too")
    add("--yes", action="store_true", default=None, help="take what is only doubtful as proposed, ask nothing")
    add("--dry-run", action="store_true", default=None, help="show what would be done, and write nothing")
    add("--json", action="store_true", default=None, help="print one JSON document, ask nothing")
    add("--workers", metavar="N", type=int, help="processes that look at files (default: one per core)")


def run(args: argparse.Namespace) -> int:
    """Plan, ask, write and report; return the exit code."""
    from lusdata.commands.adding.ask import ask, is_terminal
    from lusdata.commands.importing.looking import looked_at
    from lusdata.intake.folder.crew import jobs_of
    from lusdata.intake.folder.plan import plan_import
    from lusdata.scratch import scratch_folder

    def look(files: Sequence[FolderFile]) -> Mapping[str, Examined]:
        return looked_at(jobs_of(files, request.out.resolve().name), workers=_workers(args))

    request = _request(args)
    asks = is_terminal() and not args.json and not args.yes and not args.dry_run
    with scratch_folder() as scratch:
        plan = plan_import(request, scratch, ask=ask if asks else None, look=look)
        if args.dry_run or plan.doubts:
            return _shown(plan, args)
        if not args.json:
            from lusdata.commands.importing.report import plan_text

            sys.stdout.write(plan_text(plan) + "\n")
        if asks:
            plan = _asked(plan, ask)
            if ask(Question("Write it?", ("yes", "no"), default="yes")) == "no":
                sys.stdout.write("nothing was written\n")
                return 0
        return _written(plan, args, ask if asks else None)


def _workers(args: argparse.Namespace) -> int:
    import os

    workers: int = args.workers or os.cpu_count() or 1
    return workers


def _asked(plan: ImportPlan, ask: Ask) -> ImportPlan:
    """Ask what only the owner knows, as far as it is open."""
    from lusdata.intake.folder.changes import changes_of

    request = plan.request
    if not request.update and changes_of(plan):
        answer = ask(Question("Take the tables' word for what changed?", ("yes", "no"), default="no"))
        request = replace(request, update=answer == "yes")
    if plan.there is None and not request.owner:
        text = "Which institution or group answers for the collection?"
        request = replace(request, owner=ask(Question(text, optional=True)) or "")
    return replace(plan, request=request)


def _shown(plan: ImportPlan, args: argparse.Namespace) -> int:
    from lusdata.commands.importing.report import plan_document, plan_text

    if args.json:
        sys.stdout.write(json.dumps(plan_document(plan), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(plan_text(plan))
    if plan.doubts:
        sys.stderr.write("lusdata: nothing was written; decide what is listed, and run the same again\n")
        return 2 if all(doubt.where.startswith("--") for doubt in plan.doubts) else 1
    return 0


def _written(plan: ImportPlan, args: argparse.Namespace, ask: Ask | None) -> int:
    import datetime

    from lusdata.commands.importing.report import imported_document, imported_text
    from lusdata.intake.folder.write import carry_out

    today = datetime.datetime.now(datetime.UTC).date()
    with show_progress(len(plan.new), doing="import") as written:
        done = carry_out(
            plan, workers=_workers(args), advance=lambda done, of, name: written.to(done), today=today, ask=ask
        )
    if args.json:
        sys.stdout.write(json.dumps(imported_document(plan, done), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(imported_text(plan, done))
    return 1 if done.failed else 0


def _request(args: argparse.Namespace) -> Request:
    from lusdata.catalog.rights import licence_of, licence_words
    from lusdata.intake.answers import slug_of
    from lusdata.intake.folder.columns import parse_map
    from lusdata.intake.folder.request import Request
    from lusdata.intake.folder.values import parse_values

    if args.out is None:
        raise UsageError("no collection is named", where="--out", expected="a folder for the manifests, such as mine")
    if args.workers is not None and args.workers < 1:
        raise UsageError("too few workers", where="--workers", expected="at least 1", found=str(args.workers))
    if args.private and args.licence not in (None, "LicenseRef-Private"):
        raise UsageError("a private collection has no other licence", where="--private, --license", found=args.licence)
    if args.licence is not None and (licence_of(args.licence) is None or args.licence == "LicenseRef-None"):
        expected = "one of " + licence_words()
        raise UsageError("unknown licence", where="--license", expected=expected, found=repr(args.licence))
    for option, slug in (("--provider", args.provider), ("--text-reviewed", args.text_reviewed)):
        if slug is not None and (not slug or slug_of(slug) != slug):
            expected = "lower-case letters, digits and single hyphens"
            raise UsageError("not a slug", where=option, expected=expected, found=repr(slug))
    columns: dict[str, str] = {}
    for text in args.map or ():
        columns |= parse_map(text)
    try:
        values = parse_values(args.value or ())
    except ValueError as error:
        expected = "such as class:Covi=covid-19"
        raise UsageError("not a value", where="--value", expected=expected, found=repr(str(error))) from error
    return Request(
        folder=Path(args.folder).expanduser(),
        out=Path(args.out).expanduser(),
        tables=tuple(path.expanduser() for path in args.labels or ()),
        columns=columns,
        values=values,
        group_by=args.group_by,
        licence=args.licence or "LicenseRef-Private",
        provider=args.provider or "",
        title=args.title or "",
        owner=args.owner or "",
        citation=args.citation or "",
        class_basis=args.class_basis or "source-label",
        scale=args.scale or "",
        view_scheme=args.view_scheme or "",
        text_reviewed=args.text_reviewed or "",
        accepts=bool(args.yes),
        all_files=bool(args.all),
        update=bool(args.update),
    )
