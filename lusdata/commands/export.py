"""Describe or hand on a dataset in a form that others read.

  croissant   JSON-LD by MLCommons: files with digests, fields, licence of each recording, biases, privacy
  card        a dataset card in Markdown, with a head that Hugging Face reads
  hf          a folder that datasets.load_dataset opens, split so that no patient is on two sides

croissant and card also describe a collection that was not built yet. Croissant has no words for the rows of TFRecord:
of such a dataset it names files and features and has no record set of frames. hf leaves out recordings whose licence
does not allow passing frames on, and says so. Several collections are not exported as one: each has licences, addresses
and a version of its own.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.commands.open_argument import opened, tell_mixed
from lusdata.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from lusdata.publish.export.export_subject import ExportSubject
    from lusdata.publish.export.hub import Export

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = {
    "croissant data/pocus --out data/pocus/croissant.json": "for machines",
    "card pocus": "a card for people, on standard output",
    "hf data/pocus --out hub --by patient": "a folder for Hugging Face",
}
"""Arguments, each with what such a call does; in the help."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata export``."""
    forms = parser.add_subparsers(dest="form", metavar="{croissant,card,hf}", required=True)
    for form, what in (("croissant", "Croissant 1.1 as JSON-LD"), ("card", "a dataset card in Markdown")):
        one = forms.add_parser(form, help=what, description=f"Write {what}.")
        one.add_argument(
            "subject",
            metavar="DATASET|COLLECTION",
            nargs="+",
            help="a folder that lusdata build made; or a collection: name, folder of manifests, pocus@1.0.0",
        )
        one.add_argument(
            "--out",
            metavar="FILE",
            type=Path,
            help="file to write; an older one is replaced (default: standard output)",
        )
    hub = forms.add_parser(
        "hf",
        help="a folder for Hugging Face datasets",
        description="Write a folder that datasets.load_dataset opens as it is, with train, validation and test.",
    )
    hub.add_argument("subject", metavar="DATASET", nargs="+", help="a folder that lusdata build made")
    hub.add_argument("--out", metavar="DIR", type=Path, required=True, help="new or empty folder")
    hub.add_argument(
        "--by", metavar="UNIT", help="what is never torn apart: patient, source or video (default: patient)"
    )
    hub.add_argument("--k", metavar="K", type=int, help="number of folds (default: 5)")
    hub.add_argument("--seed", metavar="S", type=int, help="decides among equally good folds (default: 0)")
    hub.add_argument(
        "--folds",
        "--fold-table",
        metavar="FILE",
        type=Path,
        help="folds that lusdata folds wrote, in place of the above",
    )
    hub.add_argument(
        "--fold", metavar="N", type=int, help="one fold alone (default: all, as configurations fold-0, fold-1, ...)"
    )
    hub.add_argument(
        "--include-private",
        action="store_true",
        help="take recordings too that may not be passed on; the folder must then stay on this machine",
    )
    hub.add_argument("--json", action="store_true", help="print one JSON document instead of the table")


def run(args: argparse.Namespace) -> int:
    """Write one form of export."""
    if len(args.subject) > 1:
        each = "; ".join(f"lusdata export {args.form} {shlex.quote(name)}" for name in args.subject)
        raise UsageError(
            "several cannot be exported as one",
            where=args.form,
            expected="one, since licences, addresses and version are its own",
            found=f"{len(args.subject)}",
            hint=f"export each: {each}",
        )
    if args.form == "hf":
        return _hub(args)
    out = None if args.out is None else args.out.expanduser()
    # Said before the work, not after it.
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        found = "a folder" if out.is_dir() else "no such folder"
        raise UsageError("cannot write the file there", where=str(out), expected="a file in a folder", found=found)
    subject = _subject(args.subject[0])
    if args.form == "card":
        from lusdata.publish.export.card import card

        text = card(subject)
    else:
        from lusdata.publish.export.croissant import croissant_text

        text = croissant_text(subject)
    if out is None:
        sys.stdout.write(text)
        return 0
    _write(out, text)
    sys.stdout.write(f"written: {out}\n")
    folder = None if subject.index is None else subject.index.folder
    if args.form == "croissant" and folder is not None and out.resolve().parent != folder.resolve():
        sys.stderr.write(f"lusdata: its addresses of files are relative: keep it in {folder}\n")
    return 0


def _subject(name: str) -> ExportSubject:
    from lusdata.catalog.folders import collection_names
    from lusdata.dataset.reading.index import is_dataset
    from lusdata.publish.export.export_subject import subject_of_collection, subject_of_dataset

    folder = Path(name).expanduser()
    # A bare word is a name first, as everywhere.
    if name not in collection_names() and is_dataset(folder):
        subject = subject_of_dataset(folder)
        tell_mixed(subject.recordings)
        return subject
    return subject_of_collection(opened(name))


def _write(out: Path, text: str) -> None:
    from lusdata.atomic import write_text

    try:
        write_text(out, text)
    except OSError as error:
        raise OutsideError("cannot write the file", where=str(out), found=error.strerror) from error


def _hub(args: argparse.Namespace) -> int:
    from lusdata.publish.export.export_subject import subject_of_dataset
    from lusdata.publish.export.hub import export_hub

    settings = {name: getattr(args, name) for name in ("by", "k", "seed") if getattr(args, name) is not None}
    folds = None if args.folds is None else args.folds.expanduser()
    if folds is not None and settings:
        options = ", ".join(f"--{name}" for name in settings)
        raise UsageError("the fold table says how it was made", where=options, hint="leave the option out")
    subject = subject_of_dataset(Path(args.subject[0]).expanduser())
    tell_mixed(subject.recordings)
    export = export_hub(
        subject,
        args.out.expanduser(),
        folds=folds,
        fold=args.fold,
        include_private=args.include_private,
        **settings,
    )
    for line in _warnings(export):
        sys.stderr.write(f"lusdata: {line}\n")
    sys.stdout.write(json.dumps(export.as_dict(), indent=2, ensure_ascii=False) + "\n" if args.json else _text(export))
    return 0


def _warnings(export: Export) -> list[str]:
    lines = []
    if export.subject.private:
        lines.append(
            f"DO NOT PUBLISH {export.out}: frames of {len(export.subject.private):,} of its "
            f"{len(export.subject.recordings):,} recordings may not be passed on"
        )
    if export.torn:
        lines.append(
            f"the split by video has {export.torn:,} patient groups on several sides: scores on it are too high"
        )
    if export.empty:
        lines.append(f"these parts hold no recording and cannot be opened: {', '.join(export.empty)}")
    return lines + [issue.line() for issue in export.table.issues]


def _text(export: Export) -> str:
    from lusdata.commands.layout import table

    rows = [
        [f"fold-{number}", *(f"{recordings:,} / {frames:,}" for recordings, frames in sizes.values())]
        for number, sizes in export.sizes.items()
    ]
    head = ["recordings / frames", "train", "validation", "test"]
    blocks = [table(rows, head=head)]
    if export.withheld:
        counts = Counter(item.reason for item in export.withheld)
        why = [f"{count:>6,}  {reason}" for reason, count in counts.most_common()]
        blocks.append("\n".join(["left out, since they may not be passed on (--json names each)", *why]))
    blocks.append(
        f"written: {export.out}  ({len(export.subject.recordings):,} recordings, "
        f"{export.subject.total_frames:,} frames, {export.files:,} Parquet files, by {export.table.by})"
    )
    return "\n\n".join(blocks) + "\n"
