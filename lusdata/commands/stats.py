"""Count a collection's recordings: by class, probe and kind, by pattern, source and licence.

Every command, card and page counts so: a recording is a manifest, whatever its state; it is included if it takes part
in datasets, buildable if besides its digest is known, and obtainable if besides it has an address or is its owner's
own. A source is who provided recordings.

Of several collections it counts all together, and each; a patient that two of them hold is one group.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lusdata.catalog.collection import Collection
from lusdata.catalog.counts import count_recordings
from lusdata.catalog.joining.collection import JoinedCollection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import VERDICTS, pattern_word, verdicts
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration
from lusdata.catalog.validate import shown_path
from lusdata.commands.layout import table
from lusdata.commands.open_argument import COLLECTIONS_HELP, opened_together
from lusdata.wording import counted

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run", "summarise"]

EXAMPLES = {
    "pocus": "count a collection",
    "pocus blues --json": "two together and each, as one JSON document",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "collection": "name",
    "folder": "where it is",
    "recordings": "how many there are, by state",
    "groups": "number of patients or what stands for them",
    "counts": "recordings by class, probe and kind",
    "patterns": "what readers say, by pattern",
    "sources": "recordings by provider",
    "licences": "recordings by licence",
    "rights": "how many may be built, and published",
    "left_out": "excluded and withdrawn recordings, with reasons",
    "unpinned": "ids of recordings without a digest",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata stats``."""
    parser.add_argument("collections", metavar="COLLECTION", nargs="+", help=COLLECTIONS_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON document, with the ids of what is left out")


def run(args: argparse.Namespace) -> int:
    """Print the counts of one collection, or of several together."""
    summary = summarise(opened_together(args.collections, tell=False))
    print(json.dumps(summary, indent=2, ensure_ascii=False) if args.json else _text(summary))
    return 0


def summarise(collection: Collection) -> dict[str, Any]:
    """Count a collection.

    Parameters
    ----------
    collection : Collection
        The recordings, whatever their state.

    Returns
    -------
    dict
        Plain data for JSON. `recordings` and `groups` are what `lusdata.catalog.counts` says, and so is `collections`,
        of each of several joined; `counts`, `patterns`, `sources` and `licences` count what is included; `left_out`
        names the rest with its reason, and `unpinned` what cannot be built yet.
    """
    included = collection.included
    counts = count_recordings(collection.manifests)
    return {
        **_heading(collection),
        "recordings": {
            "total": counts["recordings"],
            **{state: counts[state] for state in enumeration("status", "state")},
            "buildable": counts["buildable"],
            "obtainable": counts["obtainable"],
            "unpinned": counts["included"] - counts["buildable"],
        },
        "groups": counts["groups"],
        "counts": _counts(included),
        "patterns": _patterns(included),
        "sources": _by(included, lambda manifest: manifest.provider),
        "licences": _by(included, lambda manifest: str(manifest.licence["id"])),
        "rights": {
            "build": sum(rights_of(manifest).build for manifest in included),
            "publish": counts["publishable"],
        },
        "left_out": [
            {"id": manifest.id, "state": manifest.state, "reason": manifest.data["status"].get("reason", "")}
            for manifest in collection.manifests
            if manifest.state != "included"
        ],
        "unpinned": [manifest.id for manifest in included if manifest.sha256 is None],
    }


def _heading(collection: Collection) -> dict[str, Any]:
    """Name a collection and its folder; of several joined, all of them with their sizes."""
    if isinstance(collection, JoinedCollection):
        names = ("recordings", "included", "groups", "buildable", "obtainable")
        counts = [count_recordings(part.manifests) for part in collection.parts]
        parts = [
            _heading(part) | {name: numbers[name] for name in names}
            for part, numbers in zip(collection.parts, counts, strict=True)
        ]
        return {"collection": collection.label, "collections": parts, "shared": collection.overlap}
    release = collection.release
    return {
        "collection": collection.name,
        "folder": shown_path(collection.root if release is None else release.folder),
        **({} if release is None else {"release": release.version}),
    }


def _counts(manifests: Iterable[Manifest]) -> list[dict[str, Any]]:
    cells: dict[tuple[str, str, str], Counter[str]] = {}
    for manifest in manifests:
        cell = cells.setdefault((manifest.class_name, manifest.probe, manifest.kind), Counter())
        cell["recordings"] += 1
        cell["buildable"] += manifest.sha256 is not None
    words = [
        (class_name, probe, kind)
        for class_name in enumeration("class")
        for probe in enumeration("probe")
        for kind in enumeration("kind")
    ]
    return [{"class": word[0], "probe": word[1], "kind": word[2], **cells[word]} for word in words if word in cells]


def _patterns(manifests: Iterable[Manifest]) -> dict[str, dict[str, int]]:
    """Count recordings by what their readers, taken together, say of each pattern."""
    counts: dict[str, Counter[str]] = {}
    for manifest in manifests:
        for name, verdict in verdicts(manifest).items():
            counts.setdefault(name, Counter())[verdict] += 1
    return {name: {verdict: counts[name][verdict] for verdict in VERDICTS} for name in sorted(counts)}


def _by(manifests: Iterable[Manifest], key: Callable[[Manifest], str]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for manifest in manifests:
        row = counts.setdefault(key(manifest), Counter())
        rights = rights_of(manifest)
        row["recordings"] += 1
        row["buildable"] += manifest.sha256 is not None
        row["publishable"] += rights.publish
    columns = ("recordings", "buildable", "publishable")
    order = sorted(counts, key=lambda name: (-counts[name]["recordings"], name))
    return {name: {column: counts[name][column] for column in columns} for name in order}


def _text(summary: Mapping[str, Any]) -> str:
    total = summary["recordings"]
    parts = [
        f"{_label(summary)}: {total['total']:,} recordings{_folder(summary)}\n"
        f"  {total['included']:,} included in {counted(summary['groups'], 'group')} from "
        f"{counted(len(summary['sources']), 'source')}, {total['excluded']:,} excluded, "
        f"{total['withdrawn']:,} withdrawn\n"
        f"  {total['buildable']:,} of the included are buildable, {total['obtainable']:,} of these obtainable; "
        f"{total['unpinned']:,} wait for a digest\n"
        f"  {summary['rights']['build']:,} of the included may be built on one's own machine, "
        f"frames of {summary['rights']['publish']:,} may be published",
        "included, by class, probe and kind\n" + _count_table(summary["counts"]),
    ]
    if summary.get("collections"):
        columns = ("recordings", "included", "groups", "buildable", "obtainable")
        rows = [[f"{_label(x)}  ({x['folder']})", *(x[name] for name in columns)] for x in summary["collections"]]
        parts.insert(1, table(rows, head=["collection", *columns]))
        parts.append(summary["shared"])
    if summary["patterns"]:
        rows = [[pattern_word(name), *said.values()] for name, said in summary["patterns"].items()]
        parts.append(table(rows, head=["pattern", "present", "absent", "readers disagree", "unknown", "not assessed"]))
    for key, name in (("sources", "source"), ("licences", "licence")):
        rows = [[word, *counts.values()] for word, counts in summary[key].items()]
        parts.append(table(rows, head=[name, "recordings", "buildable", "publishable"]) if rows else "")
    return "\n\n".join(part for part in parts if part)


def _folder(summary: Mapping[str, Any]) -> str:
    return f"  ({summary['folder']})" if "folder" in summary else f" in {len(summary['collections'])} collections"


def _label(summary: Mapping[str, Any]) -> str:
    version = summary.get("release")
    return f"{summary['collection']}@{version}" if version else str(summary["collection"])


def _count_table(counts: Iterable[Mapping[str, Any]]) -> str:
    counts = list(counts)
    if not counts:
        return "nothing"
    columns = sorted({(cell["probe"], cell["kind"]) for cell in counts}, key=lambda pair: (pair[0], pair[1] != "video"))
    classes = list(dict.fromkeys(cell["class"] for cell in counts))
    number = {(cell["class"], cell["probe"], cell["kind"]): cell["recordings"] for cell in counts}
    rows = [[name, *(number.get((name, *column), 0) for column in columns)] for name in classes]
    rows.append(["total", *(sum(number.get((name, *column), 0) for name in classes) for column in columns)])
    head = ["class", *(f"{probe} {kind}s" for probe, kind in columns), "total"]
    return table([[*row, sum(row[1:])] for row in rows], head=head)
