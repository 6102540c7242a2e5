"""Add recordings: videos, pictures, DICOM files, folders of them, or web addresses.

Decodes the file whole; refuses what is there already, by digest and by pixels, and what may not be there; proposes
crop and group; looks for text burned into the picture; writes a manifest and a preview picture. On a terminal it asks
for what is missing, and once which of several recordings are one patient's; elsewhere --group-by, --labels or --patient
says it. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.catalog.schema import enumeration
from lusdata.errors import LusdataError, OutsideError, UsageError
from lusdata.intake.grouping import KINDS
from lusdata.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lusdata.intake.workspace import Added, Bench

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "clip.mp4 --collection manifests/pocus --class covid-19 --license CC-BY-4.0": "draft it, and ask for the rest",
    "case.dcm --collection mine --clean-copy --media media": "a DICOM file, as a copy without header or text",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "collection": "name",
    "added": "each source with its id, manifest, preview, group and crop",
    "refused": "each source that was not added, with the reason",
}
"""The keys of the document that ``--json`` prints."""

_RANK = {1: 0, 3: 1, 2: 2}
"""Which exit code speaks for several refusals: a fault of the data before the outside world before the call."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("source", metavar="FILE|DIR|DICOM|URL", nargs="+", help="what to add")
    add("--collection", metavar="NAME|DIR", required=True, help="folder of manifests, such as manifests/pocus")
    add("--class", dest="class_name", choices=enumeration("class"), help="diagnosis of the patient")
    add("--class-basis", choices=enumeration("class_basis"), help="what the class rests on (default: unknown)")
    add("--probe", choices=enumeration("probe"), help="transducer")
    add("--license", "--licence", dest="licence", metavar="ID", help="licence by its SPDX name, such as CC-BY-4.0")
    add("--provider", metavar="SLUG", help="clinic, publication or site that the recording is from")
    add("--source-url", metavar="URL", help="web address of the very file")
    add("--page", metavar="URL", help="page that shows the recording in its context")
    add("--doi", metavar="DOI", help="publication, such as 10.1186/s13089-020-00177-4")
    add("--attribution", metavar="TEXT", help="whom to name when the recording is used")
    add("--patient", metavar="CODE", help="your own code for the patient, such as c-07; never a name")
    add("--group-by", choices=tuple(KINDS), help="what tells which of several recordings are one patient's")
    add("--labels", metavar="TABLE", type=Path, help="table that says it: a column of files, one of patients")
    add("--same-patient", metavar="ID", help="a recording of the same patient that is there already")
    add("--link", metavar="ID", help="a recording that is there already of which this is another cut")
    add("--id", dest="slug", metavar="SLUG", help="last part of the id (default: from the address, class and digest)")
    add("--kind", choices=enumeration("kind"), help="refuse anything else")
    add("--crop", metavar="LEFT,TOP,SIZE", help="the window to use, in pixels; or LEFT,TOP,WIDTH,HEIGHT")
    add("--reviewer", metavar="ROLE", help="role of the person who looked at the crop, such as physician")
    add("--text-reviewed", metavar="ROLE", help="role of the person who read the text in the picture: it names nobody")
    add("--clean-copy", action="store_true", help="add a lossless copy of pictures and times alone, with text blacked")
    add(
        "--black-text",
        choices=("outside", "all"),
        default="outside",
        help="which text a copy has blacked: what lies outside the scan (default), or also what lies over it",
    )
    add("--rate-hz", metavar="HZ", type=float, help="frames per second, for DICOM files that do not tell")
    add(
        "--mirror",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="folder with the recordings that are there, to show a duplicate beside its original",
    )
    add("--media", metavar="DIR", type=Path, help="put the file here, so that the folder serves as --mirror of a build")
    add("--preview", metavar="DIR", type=Path, help="folder of the preview pictures (default: in lusdata's cache)")
    add("--yes", action="store_true", help="accept what is proposed, ask nothing")
    add("--json", action="store_true", help="print one JSON document, ask nothing")


def run(args: argparse.Namespace) -> int:
    """Add what is named; return the exit code."""
    from lusdata.commands.adding.answers import given_answers
    from lusdata.commands.adding.ask import ask
    from lusdata.commands.adding.report import document, text
    from lusdata.intake.add import add_one
    from lusdata.intake.answers import check_answers
    from lusdata.intake.crop import parse_crop
    from lusdata.intake.interview import Interview
    from lusdata.intake.several import twin_names
    from lusdata.intake.workspace import Wishes

    if not all(args.source):
        raise UsageError("nothing is named", where="FILE|DIR|DICOM|URL", expected="what to add", found="an empty word")
    bench = _bench(args)
    asks = _may_ask(args)
    answers = given_answers(args, args.source, bench.known, asks=asks)
    check_answers(answers, whole=not asks)
    crop = parse_crop(args.crop) if args.crop else None
    if args.rate_hz is not None and not 0 < args.rate_hz <= 1000:
        raise UsageError("no frame rate", where="--rate-hz", expected="above 0, up to 1000", found=str(args.rate_hz))
    sources, several = _sources(args)
    groups = _groups(args, sources, bench, asks=asks) if several or args.group_by or args.labels else {}
    interview = Interview(ask, bench.known, asks_patient=not groups) if asks else None
    wishes = Wishes(
        answers, crop, args.clean_copy, args.black_text, args.rate_hz, interview=interview, accepts=args.yes
    )
    added: list[tuple[str, Added]] = []
    refused: list[tuple[str, LusdataError]] = []
    twins = twin_names(sources) if several and not all(one.sha256 for one in bench.known) else {}
    for source in sources:
        said = replace(answers, **groups.get(str(source), {}))
        wish = replace(wishes, answers=said, other_names=twins.get(str(source), ()))
        try:
            added.append((one_line(str(source)), add_one(source, wish, bench)))
        except (LusdataError, OSError) as error:
            if not several and not args.json:
                raise
            refused.append((one_line(str(source)), _as_refusal(error)))
    if args.json:
        sys.stdout.write(json.dumps(document(bench, added, refused), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(text(bench, added, refused, several=several))
    codes = {error.exit_code for _, error in refused}
    return min(codes, key=lambda code: _RANK.get(code, 3), default=0)


def _sources(args: argparse.Namespace) -> tuple[list[str | Path], bool]:
    """Return what is added, once each, and whether it is several."""
    from lusdata.intake.source import candidates, is_address

    found: dict[str | Path, None] = {}
    for named in args.source:
        found.update(dict.fromkeys([named] if is_address(named) else candidates(Path(named))))
    several = len(args.source) > 1 or (not is_address(args.source[0]) and Path(args.source[0]).is_dir())
    if several and (args.slug or args.source_url or args.crop):
        raise UsageError("several files cannot share one", where="--id, --source-url, --crop")
    return list(found), several


def _groups(
    args: argparse.Namespace, sources: Sequence[str | Path], bench: Bench, *, asks: bool
) -> dict[str, dict[str, Any]]:
    """Return what answers have of each recording's group, by its source; the user says it for all in one."""
    from lusdata.commands.adding.ask import ask
    from lusdata.commands.importing.looking import looked_at
    from lusdata.intake.codes import open_codes
    from lusdata.intake.group import coded
    from lusdata.intake.several import groups_of
    from lusdata.media.cache import settings_dir

    if args.patient or args.same_patient:
        if args.group_by or args.labels:
            raise UsageError("one or the other", where="--patient, --same-patient, --group-by, --labels")
        return {}
    if len(sources) == 1 and not args.group_by and not args.labels:
        return {}
    codes = open_codes(bench.collection, settings_dir())
    groups = groups_of(
        sources,
        codes,
        group_by=args.group_by,
        table=args.labels,
        ask=ask if asks else None,
        look=functools.partial(looked_at, workers=os.cpu_count() or 1),
    )
    return {source: coded(group, codes) for source, group in groups.items()}


def _as_refusal(error: LusdataError | OSError) -> LusdataError:
    """Return what disk or permissions did to one file of many as a refusal of it, so that the others are still told."""
    if isinstance(error, LusdataError):
        return error
    place = f"{error.filename}: " if error.filename else ""
    return OutsideError(f"{place}{error.strerror or error}")


def _bench(args: argparse.Namespace) -> Bench:
    """Open the collection, and what lies beside it."""
    import datetime

    from lusdata.catalog.folders import find_collection, json_files
    from lusdata.catalog.neighbours import neighbours_of
    from lusdata.catalog.open_collection import open_collection
    from lusdata.intake.answers import slug_of
    from lusdata.intake.workspace import Bench
    from lusdata.media.cache import cache_dir

    folder = find_collection(args.collection).resolve()
    if "_shipped" in folder.parts:
        raise UsageError(
            "the collections inside the installed package are not for writing",
            where=args.collection,
            hint="clone the repository and name its folder, such as --collection manifests/pocus",
        )
    if slug_of(folder.name) != folder.name:
        raise UsageError(
            "the folder's name cannot begin the recordings' ids",
            where="--collection",
            expected="lower-case letters, digits and single hyphens",
            found=repr(folder.name),
            hint=f"call it {slug_of(folder.name) or 'my-clinic'}",
        )
    manifests = list(open_collection(folder).manifests) if json_files(folder) else []
    beside = neighbours_of(folder)
    return Bench(
        collection=folder.name,
        folder=folder,
        manifests=manifests,
        neighbours=list(beside.manifests),
        unread=beside.unread,
        previews=(args.preview or cache_dir() / "previews" / folder.name).expanduser(),
        media=(args.media or cache_dir() / "contributions").expanduser(),
        keeps_copy=args.media is not None,
        mirrors=tuple(args.mirror),
        today=datetime.datetime.now(datetime.UTC).date(),
    )


def _may_ask(args: argparse.Namespace) -> bool:
    from lusdata.commands.adding.ask import is_terminal

    return not args.yes and not args.json and is_terminal()
