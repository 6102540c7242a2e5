"""Show collections, or a dataset that was built, as one HTML page: pictures, counts, folds, rights, audit, gaps.

The page is a single file for the user's own machine and asks the network for nothing. Pictures come from the cache,
from mirrors and, unless --offline is given, from where they were published; a dataset's come from its own frames. With
--publishable the page holds only pictures that may be passed on.
"""

from __future__ import annotations

import argparse
import json
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusdata.commands.open_argument import opened_dataset, opened_together
from lusdata.commands.options import add_media_options
from lusdata.errors import UsageError
from lusdata.progress import show_progress
from lusdata.wording import counted

if TYPE_CHECKING:
    from lusdata.catalog.collection import Collection
    from lusdata.publish.gallery.page import Gallery

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus --out pocus.html --mirror media --offline": "a page of a collection, from a folder alone",
    "data/pocus --out data.html": "a page of a dataset",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "title": "of the page",
    "written": "the file",
    "size_bytes": "its size",
    "recordings": "number of recordings",
    "pictures": "recordings with a picture",
    "unpublishable": "those of them that may not be published",
    "trouble": "why there are no folds, or empty",
}
"""The keys of the document that ``--json`` prints."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata report``."""
    parser.add_argument(
        "collections",
        metavar="COLLECTION|DIR",
        nargs="+",
        help="name of a collection, a folder of manifests, a release such as pocus@1.0.0, several of these to be shown "
        "as one, or a dataset folder",
    )
    parser.add_argument(
        "--out", metavar="FILE.html", type=Path, required=True, help="the page; an older one is replaced"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--folds", metavar="FILE", type=Path, help="the split to show and audit (default: made now)")
    parser.add_argument(
        "--publishable", action="store_true", help="leave out pictures that may not be passed on, and say so"
    )
    add_media_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(args: argparse.Namespace) -> int:
    """Make the page, say what is on it, and open it if asked."""
    from lusdata.publish.gallery.page import write_gallery

    out: Path = args.out.expanduser()
    # Said before the work, not after it.
    if not out.parent.is_dir() or out.is_dir():
        found = "a folder" if out.is_dir() else "no such folder"
        raise UsageError("cannot write the page there", where=str(out), expected="a file in a folder", found=found)
    gallery = _gallery(args)
    size_bytes = write_gallery(out, gallery)
    if args.json:
        sys.stdout.write(json.dumps(_document(gallery, out, size_bytes), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(gallery, out, size_bytes))
    if args.open and not webbrowser.open(out.resolve().as_uri()):
        sys.stderr.write("lusdata: no browser could be opened; open the file by hand\n")
    return 0


def _gallery(args: argparse.Namespace) -> Gallery:
    from lusdata.catalog.folders import collection_names
    from lusdata.dataset.reading.index import is_dataset
    from lusdata.publish.gallery.page import make_gallery

    # A bare word is a name first, as everywhere.
    named = collection_names()
    built = [name for name in args.collections if name not in named and is_dataset(Path(name).expanduser())]
    if built and len(args.collections) > 1:
        hint = "make a page of each, or one of their collections"
        raise UsageError("a page shows one dataset folder", where=", ".join(built), hint=hint)
    if built:
        return _of_dataset(args, Path(built[0]).expanduser())
    from lusdata.media.fetch.collection import fetch
    from lusdata.publish.gallery.media import pictures_of_collection

    collection = opened_together(args.collections)
    fetched = fetch(collection.manifests, mirrors=args.mirror, cache=args.cache, offline=args.offline, progress=True)
    excluded = _excluded(collection, args)
    with show_progress(len(fetched.paths) + len(excluded), doing="pictures") as advance:
        pictures = pictures_of_collection(
            collection.manifests, fetched, excluded=excluded, publishable=args.publishable, advance=advance
        )
    origin = "pictures: whole frames of the files, with the crop drawn on them"
    return make_gallery(collection, pictures, folds=args.folds, origin=origin, publishable=args.publishable)


def _excluded(collection: Collection, args: argparse.Namespace) -> dict[str, Path]:
    """Return the files of excluded recordings that are on this machine; nothing of these is fetched."""
    from lusdata.media.local_files import held_file

    folders = [folder for mirror in args.mirror if (folder := Path(mirror).expanduser()).is_dir()]
    cache = None if args.cache is None else Path(args.cache)
    manifests = [manifest for manifest in collection.manifests if manifest.state == "excluded"]
    found = {manifest.id: held_file(manifest, mirrors=folders, cache=cache) for manifest in manifests}
    return {name: path for name, path in found.items() if path is not None}


def _of_dataset(args: argparse.Namespace, folder: Path) -> Gallery:
    from lusdata.catalog.collection import Collection
    from lusdata.dataset.reading.withdrawn import withdrawn_since_built
    from lusdata.publish.gallery.media import pictures_of_dataset
    from lusdata.publish.gallery.page import make_gallery

    given = [name for name in ("mirror", "cache", "offline") if getattr(args, name)]
    if given:
        options = ", ".join(f"--{name}" for name in given)
        raise UsageError("a dataset brings its own pictures", where=options, hint="leave the option out")
    index = opened_dataset(folder)
    withdrawn_before = () if index.release is None else tuple(index.release["withdrawn_since"])
    collection = Collection(index.name, folder, index.manifests, withdrawn_since=withdrawn_before, about=index.about)
    with show_progress(len(index.entries), doing="pictures") as advance:
        withdrawn = withdrawn_since_built(index)
        pictures = pictures_of_dataset(index, withdrawn=withdrawn, publishable=args.publishable, advance=advance)
    origin = f"pictures: frames of the dataset, {index.recipe.text()}"
    folds = args.folds or index.folds_path("patient")
    title = f"Dataset of {index.label}"
    held = [entry.id for entry in index.entries]
    return make_gallery(
        collection, pictures, folds=folds, origin=origin, publishable=args.publishable, title=title, held=held
    )


def _document(gallery: Gallery, out: Path, size_bytes: int) -> dict[str, Any]:
    return {
        "title": gallery.title,
        "written": str(out),
        "size_bytes": size_bytes,
        "recordings": len(gallery.collection.manifests),
        "pictures": gallery.shown,
        "unpublishable": gallery.unpublishable,
        "trouble": gallery.trouble,
    }


def _text(gallery: Gallery, out: Path, size_bytes: int) -> str:
    lines = [f"{gallery.title}: {gallery.about}, {gallery.shown:,} with pictures"]
    if gallery.unpublishable:
        lines.append(
            f"pictures of {counted(gallery.unpublishable, 'recording')} may not be published: keep the page on this "
            "machine, or make it with --publishable"
        )
    if gallery.trouble:
        lines.append(f"no folds and no audit: {gallery.trouble}")
    lines.append(f"written: {out}  ({size_bytes / 1e6:,.1f} MB)")
    return "\n".join(lines) + "\n"
