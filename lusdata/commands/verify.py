"""Hold files against their digests: of a dataset folder, of a folder of recordings, or of the cache.

What is damaged is named and moved into the folder "damaged" below the one that was looked at; nothing is deleted. Each
line says how to get the file again. A folder of recordings is held against the manifests whose source.path names its
files: those of the collections here, or those that --collection names.

exit code 0: every file is what it should be; 1: some are damaged or missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.commands.open_argument import COLLECTION_HELP
from lusdata.errors import UsageError
from lusdata.progress import show_progress
from lusdata.wording import counted, one_line

if TYPE_CHECKING:
    from lusdata.catalog.collection import Collection
    from lusdata.media.verify import Damage, Verdict

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "data/pocus": "a dataset",
    "--cache": "the cache of recordings",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "kind": "dataset, media or cache",
    "folder": "what was looked at",
    "intact": "number of files",
    "damages": "each file with what is wrong and how to get it again",
    "unknown": "files that no manifest names",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a dataset, or a folder that serves as a mirror")
    parser.add_argument(
        "--cache", metavar="DIR", nargs="?", const="", help="the cache of recordings instead; by default the user's"
    )
    parser.add_argument("--collection", metavar="COLLECTION", action="append", default=[], help=COLLECTION_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(args: argparse.Namespace) -> int:
    """Verify and report; return the exit code."""
    if (args.folder is None) == (args.cache is None):
        raise UsageError("nothing to verify, or too much", expected="either a folder or --cache")
    verdict = _verdict(args)
    if args.json:
        document = {**asdict(verdict), "folder": str(verdict.folder)}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(verdict))
    return 1 if verdict.damages else 0


def _verdict(args: argparse.Namespace) -> Verdict:
    from lusdata.dataset.reading.index import is_dataset, open_index
    from lusdata.dataset.reading.verify import verify_dataset

    if args.cache is not None:
        return _of_cache(args)
    folder = Path(args.folder).expanduser()
    if not folder.is_dir():
        raise UsageError("no such folder", where=str(folder), expected="a dataset or a folder of recordings")
    if is_dataset(folder):
        return verify_dataset(open_index(folder, unchanged=False))
    if (folder / "objects").is_dir():
        raise UsageError("a cache, not a folder of recordings", where=str(folder), hint=f"give --cache {folder}")
    return _of_media(folder, args.collection)


def _of_cache(args: argparse.Namespace) -> Verdict:
    from lusdata.media.cache import cache_dir
    from lusdata.media.verify import cached_digests, verify_cache

    root = Path(args.cache).expanduser() if args.cache else cache_dir()
    if args.cache and not root.is_dir():
        raise UsageError("no such cache", where=str(root), expected="a folder")
    known = {
        manifest.sha256: collection.label
        for collection in _collections(args.collection)
        for manifest in collection.manifests
        if manifest.sha256 is not None
    }

    def how(sha256: str) -> str:
        name = known.get(sha256)
        return f"lusdata fetch {name}" if name else "run the lusdata fetch or build again that needs it"

    with show_progress(sum(1 for _ in cached_digests(root)), doing="verify", unit="file") as advance:
        return verify_cache(root, how=how, advance=advance)


def _of_media(folder: Path, names: Sequence[str]) -> Verdict:
    from lusdata.media.verify import verify_media

    collections = _collections(names)
    labels = {manifest.id: collection.label for collection in collections for manifest in collection.manifests}
    manifests = [manifest for collection in collections for manifest in collection.manifests]
    with show_progress(len(manifests), doing="verify", unit="file") as advance:
        verdict = verify_media(
            folder,
            manifests,
            how=lambda manifest: f"lusdata fetch {labels[manifest.id]}, or copy it from where the folder came from",
            advance=advance,
        )
    if not verdict.intact and not verdict.damages:
        raise UsageError(
            "no file here is known by a manifest",
            where=str(folder),
            expected="a dataset, or recordings of " + " or ".join(collection.label for collection in collections),
            hint="name their manifests with --collection",
        )
    return verdict


def _collections(names: Sequence[str]) -> list[Collection]:
    from lusdata.catalog.folders import collection_names
    from lusdata.catalog.open_collection import open_collection

    return [open_collection(name) for name in names or collection_names()]


def _text(verdict: Verdict) -> str:
    lines = [_line(damage) for damage in verdict.damages]
    of = {"dataset": "of the dataset", "media": "of recordings", "cache": "in the cache"}[verdict.kind]
    total = f"{counted(verdict.intact, 'file')} {of} intact, {len(verdict.damages):,} damaged: {verdict.folder}"
    unknown = f"  ({counted(verdict.unknown, 'file')} that no manifest names)" if verdict.unknown else ""
    return "\n".join([*lines, total + unknown]) + "\n"


def _line(damage: Damage) -> str:
    told = [f"{damage.file}: {damage.what}"]
    told += [f"expected {damage.expected}"] if damage.expected else []
    told += [f"found {damage.found}"] if damage.found else []
    told += [f"moved to {damage.moved_to}"] if damage.moved_to else []
    told += [f"get it again: {damage.how}"] if damage.how else []
    return one_line("; ".join(told))
