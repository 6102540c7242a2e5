"""Name the sources of exactly the recordings that were used, and what their licences ask.

COLLECTION is a collection, a release of one (pocus@1.0.0), or a dataset folder that was built: then the recordings in
it. Of a collection or a release these are the ones that can be built. BibTeX entries hold what manifests hold, a DOI, a
page, whom to name; titles and authors are behind the DOIs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.commands.open_argument import opened, opened_dataset
from lusdata.errors import DataError, UsageError
from lusdata.wording import counted, one_line

if TYPE_CHECKING:
    from lusdata.publish.citations import Citations

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "data/pocus": "BibTeX of the recordings of a dataset",
    "pocus --format text --select probe=convex": "as text, of some recordings",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "subject": "what is cited, with its digest",
    "recordings": "how many",
    "sources": "each with DOI or page, whom to name, and its recordings",
    "licences": "each with what it asks",
    "providers": "how many",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata cite``."""
    parser.add_argument(
        "collection",
        metavar="COLLECTION",
        help="name of a collection, a folder of manifests, a release such as pocus@1.0.0, or a dataset folder",
    )
    parser.add_argument(
        "--format", choices=("bibtex", "text", "json"), default="bibtex", help="what to print (default: bibtex)"
    )
    parser.add_argument(
        "--select", metavar="TEXT", default="", help="only some recordings, as for lusdata build: 'probe=convex'"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")


def run(args: argparse.Namespace) -> int:
    """Print the citations."""
    from lusdata.publish.bibtex import bibtex

    if args.json and args.format == "text":
        raise UsageError("two formats are named", where="--json, --format text", hint="leave one out")
    citations = _citations(args.collection, args.select)
    if args.json or args.format == "json":
        print(json.dumps(citations.as_dict(), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(_text(citations) if args.format == "text" else bibtex(citations))
    return 0


def _citations(name: str, select: str) -> Citations:
    from lusdata.catalog.folders import collection_names
    from lusdata.dataset.reading.index import is_dataset
    from lusdata.dataset.select import parse_select, select_manifests
    from lusdata.publish.citations import cite, subject_of_collection, subject_of_dataset

    folder = Path(name).expanduser()
    if name not in collection_names() and is_dataset(folder):
        index = opened_dataset(folder)
        built = {entry.id for entry in index.entries}
        subject = subject_of_dataset(index)
        used = tuple(manifest for manifest in index.manifests if manifest.id in built)
    else:
        collection = opened(name)
        subject, used = subject_of_collection(collection), collection.buildable
    chosen = select_manifests(parse_select(select), used)
    if not chosen:
        found = "recordings, but none that is selected" if used else "none"
        raise DataError("there is nothing to cite", where=name, expected="recordings that can be built", found=found)
    return cite(subject, chosen)


def _text(citations: Citations) -> str:
    subject = citations.subject
    lines = [
        f"{subject.title}: {citations.clause}",
        f"to name in {counted(len(citations.sources), 'citation')}",
        *([f"owned by {one_line(subject.owner)}"] if subject.owner else []),
        *([f"cite it as: {one_line(subject.citation)}"] if subject.citation else []),
        f"made by lusdata {subject.lusdata}; sha256 of {subject.digest_of}: {subject.digest}",
        "",
        "name these",
    ]
    for source in citations.sources:
        number = counted(len(source.recordings), "recording")
        lines.append(f"  {one_line(' / '.join(source.attributions) or source.provider)} ({number})")
        lines += [f"    {one_line(source.address)}"] if source.address else []
    lines += ["", "licences, and what they ask"]
    for use in citations.licences:
        lines.append(f"  {use.id} ({use.recordings:,}): {', '.join(use.asks) or 'nothing'}")
        lines += [f"    {one_line(use.url)}"] if use.url else []
    return "\n".join(lines) + "\n"
