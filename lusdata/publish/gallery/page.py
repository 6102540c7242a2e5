"""One page with everything about a collection: a single HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lusdata.atomic import PRIVATE, write_bytes
from lusdata.catalog.collection import Collection
from lusdata.catalog.groups import group_ids
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.private_mark import MARK, private_words
from lusdata.catalog.rights import rights_of
from lusdata.catalog.schema import enumeration
from lusdata.errors import LusdataError, OutsideError
from lusdata.media.pictures.contact_sheet import CLASS_COLOURS
from lusdata.publish.gallery.data import recording_data
from lusdata.publish.gallery.filters import class_chips, facet_selects
from lusdata.publish.gallery.html import Html, csp_hash, island
from lusdata.publish.gallery.media import GalleryPicture
from lusdata.publish.gallery.panels.audit import audit_panel
from lusdata.publish.gallery.panels.counts import counts_panel
from lusdata.publish.gallery.panels.folds import folds_panel
from lusdata.publish.gallery.panels.missing import missing_panel
from lusdata.publish.gallery.panels.rights import rights_panel
from lusdata.releases.audit import split_to_audit
from lusdata.splits.audit.report import AuditReport, audit_split
from lusdata.splits.folds.units import catalog_digest
from lusdata.wording import counted
from lusdata.wording import escaped_html as escape

__all__ = ["Gallery", "gallery_page", "make_gallery", "write_gallery"]

_SCRIPTS = ("state.js", "pictures.js", "list.js", "detail.js", "page.js")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Gallery:
    """What a page shows.

    Attributes
    ----------
    collection : Collection
        The recordings that the page is about, whatever their state: all of a collection, or those that a dataset holds.
    pictures : Mapping of str to GalleryPicture
        A picture for each recording of `whole`, or why there is none.
    audit : AuditReport or None
        What an audit of the split found.
    trouble : str
        Why there is no split to audit.
    origin : str
        Where the pictures come from, for people.
    publishable : bool
        Whether pictures that may not be passed on were left out.
    title : str
        What the page is called.
    part_of : Collection or None
        The collection that a dataset was built from, of which it holds a part; groups reach beyond that part.
    """

    collection: Collection
    pictures: Mapping[str, GalleryPicture]
    audit: AuditReport | None
    trouble: str = ""
    origin: str = ""
    publishable: bool = False
    title: str = ""
    part_of: Collection | None = None

    @property
    def whole(self) -> Collection:
        """Everything that a group or a fold may reach to."""
        return self.part_of or self.collection

    @property
    def about(self) -> str:
        """How many recordings the page is about, and of how many."""
        held, there = len(self.collection.manifests), len(self.whole.manifests)
        return counted(held, "recording") + (f" of the {there:,} of {self.whole.name}" if held < there else "")

    @property
    def shown(self) -> int:
        """Number of recordings with a picture."""
        return sum(self.pictures[manifest.id].strip is not None for manifest in self.collection.manifests)

    @property
    def unpublishable(self) -> int:
        """Number of recordings whose picture is on the page and may not be passed on."""
        return sum(
            self.pictures[manifest.id].strip is not None and not rights_of(manifest).publish
            for manifest in self.collection.manifests
        )


def make_gallery(
    collection: Collection,
    pictures: Mapping[str, GalleryPicture],
    *,
    folds: Path | None = None,
    origin: str = "",
    publishable: bool = False,
    title: str = "",
    held: Iterable[str] | None = None,
) -> Gallery:
    """Audit a split of a collection, and put all that a page shows together.

    Parameters
    ----------
    collection : Collection
        The recordings, whatever their state.
    pictures : Mapping of str to GalleryPicture
        From `lusdata.publish.gallery.media`.
    folds : Path, optional
        File of a split, as for ``lusdata audit``; by default five folds by patient are made.
    origin : str
        Where the pictures come from, for people.
    publishable : bool
        Whether pictures that may not be passed on were left out.
    title : str
        What the page is called; by default as the collection.
    held : iterable of str, optional
        The recordings that a dataset of the collection holds: the page is about these. By default about all.

    Raises
    ------
    UsageError, OutsideError, DataError
        If the file of the split is not there, cannot be read, or is none.
    """
    kept = None if held is None else frozenset(held)
    split, trouble = None, ""
    if folds is not None:
        # The page may travel; where the file lay on this machine does not belong on it.
        split = replace(split_to_audit(collection, folds), source=folds.name)
    else:
        try:
            split = split_to_audit(collection)
        except LusdataError as error:
            trouble = str(error)
    if split is not None and kept is not None:
        split = replace(split, places=tuple(place for place in split.places if place.recording in kept))
    report = None if split is None else audit_split(collection, split)
    about = collection
    if kept is not None:
        manifests = tuple(manifest for manifest in collection.manifests if manifest.id in kept)
        about = replace(collection, manifests=manifests)
    part_of = None if kept is None else collection
    return Gallery(about, pictures, report, trouble, origin, publishable, title or collection.label, part_of)


def write_gallery(path: Path, gallery: Gallery) -> int:
    """Write the page, whole or not at all; one with pictures for its owner alone.

    Returns
    -------
    int
        Size of the file in bytes.

    Raises
    ------
    OutsideError
        If the file cannot be written.
    """
    # A lone surrogate, which JSON can hold and UTF-8 cannot, becomes a question mark.
    data = gallery_page(gallery).encode("utf-8", errors="replace")
    try:
        if gallery.shown:
            write_bytes(path, data, mode=PRIVATE)
        else:
            write_bytes(path, data)
    except OSError as error:
        raise OutsideError("cannot write the page", where=str(path), found=error.strerror) from error
    return len(data)


def gallery_page(gallery: Gallery) -> str:
    """Return the page as HTML. The same gallery gives the same page.

    Parameters
    ----------
    gallery : Gallery
        What to show.

    Returns
    -------
    str
        A whole document with its style, its script and its pictures.
    """
    from lusdata import __version__

    collection = gallery.collection
    records, strips = _records(gallery)
    style = _template("gallery.css") + _class_colours()
    script = "\n".join(map(_template, _SCRIPTS))
    policy = (
        f"default-src 'none'; img-src data:; script-src {csp_hash(script)}; style-src {csp_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    asking = gallery.audit.count("error") + gallery.audit.count("warning") if gallery.audit else 0
    missing = sum(picture.strip is None for picture in gallery.pictures.values())
    bars = {"chips": class_chips(records), "selects": facet_selects(records)}
    tabs: dict[str, tuple[str, str, Html | str]] = {
        "recordings": ("Recordings", f"{len(collection.manifests):,}", _fill("recordings.html", bars)),
        "counts": ("Counts", "", counts_panel(collection, gallery.pictures)),
        "folds": ("Folds", "", folds_panel(gallery.whole, collection, gallery.audit, gallery.trouble)),
        "rights": ("Rights", "", rights_panel(collection)),
        "audit": ("Audit", f"{asking:,}", audit_panel(gallery.audit, gallery.trouble)),
        "missing": ("Missing", f"{missing:,}", missing_panel(gallery.whole, gallery.pictures, facts_of=collection)),
    }
    values = {
        "policy": escape(policy, quote=True),
        "title": escape(gallery.title),
        "style": style,
        "script": script,
        "summary": escape(_summary(gallery)),
        "banner": _banner(gallery),
        "tabs": "".join(_tab(key, title, count) for key, (title, count, _) in tabs.items()),
        "panels": "".join(_panel(key, body) for key, (_, _, body) in tabs.items()),
        "data": island({"name": collection.name, "recordings": records}),
        "strips": "\n".join(strips),
        "version": escape(__version__),
        "digest": catalog_digest(gallery.whole.manifests)[:16],
        "origin": escape(gallery.origin),
    }
    return _fill("gallery.html", values)


def _records(gallery: Gallery) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the recordings as data, pictured ones first, and their strips as elements that nothing runs or shows."""
    groups = group_ids(gallery.whole.manifests)
    folds = gallery.audit.split.folds_of if gallery.audit else {}
    states = enumeration("status", "state")

    def order(manifest: Manifest) -> tuple[int, bool, str]:
        return states.index(manifest.state), gallery.pictures[manifest.id].strip is None, manifest.id

    records: list[dict[str, Any]] = []
    strips: list[str] = []
    for manifest in sorted(gallery.collection.manifests, key=order):
        picture = gallery.pictures[manifest.id]
        number = None
        if picture.strip is not None:
            number = len(strips)
            code = base64.b64encode(picture.strip.data).decode("ascii")
            strips.append(f'<script type="text/plain" id="strip-{number}">{code}</script>')
        held = folds.get(manifest.id, ())
        records.append(recording_data(manifest, picture, group=groups[manifest.id], folds=held, strip=number))
    return records, strips


def _summary(gallery: Gallery) -> str:
    included = gallery.collection.included
    groups = group_ids(gallery.whole.manifests)
    # A dataset holds nothing but what is included.
    states = [f"{len(included):,} included"] if gallery.part_of is None else []
    parts = [
        gallery.about,
        *states,
        counted(len({groups[manifest.id] for manifest in included}), "group"),
        f"{gallery.shown:,} with pictures",
    ]
    return " · ".join(parts)


def _banner(gallery: Gallery) -> str:
    return _private(gallery.whole) + _pictures_kept(gallery)


def _private(collection: Collection) -> str:
    """Return the mark of a page that holds what belongs to its owner alone, with pictures or without."""
    words = private_words(collection)
    return f'<p class="banner warn" role="note"><b>{MARK}</b> {escape(words)}</p>' if words else ""


def _pictures_kept(gallery: Gallery) -> str:
    withheld = sum(picture.code == "not-publishable" for picture in gallery.pictures.values())
    if gallery.unpublishable:
        text = (
            f"<b>For this machine only.</b> This page holds pictures that may not be published: "
            f"{counted(gallery.unpublishable, 'recording')}. <code>lusdata report --publishable</code> leaves them out."
        )
        return f'<p class="banner warn" role="note">{text}</p>'
    if withheld:
        text = f"Pictures of {counted(withheld, 'recording')} are left out, because they may not be published."
        return f'<p class="banner" role="note">{text}</p>'
    return ""


def _tab(key: str, title: str, count: str) -> str:
    badge = f' <span class="badge">{count}</span>' if count else ""
    return f'<button type="button" role="tab" id="tab-{key}" aria-controls="panel-{key}">{title}{badge}</button>'


def _panel(key: str, body: Html | str) -> str:
    return f'<div role="tabpanel" class="panel" id="panel-{key}" aria-labelledby="tab-{key}">{body}</div>'


def _class_colours() -> str:
    rules = [
        f'[data-class="{name}"] {{ --class: rgb({red} {green} {blue}); }}'
        for name, (red, green, blue) in CLASS_COLOURS.items()
    ]
    return "\n" + "\n".join(rules) + "\n"


def _fill(name: str, values: Mapping[str, str]) -> str:
    """Put values into the places of a template, in one pass: what looks like a place inside a value is left alone."""
    return _PLACE.sub(lambda place: values[place[1]], _template(name))


@cache
def _template(name: str) -> str:
    return (files("lusdata.publish.gallery") / "templates" / name).read_text(encoding="utf-8")
