"""One recording of a change as Markdown: what its manifest says, what differs, and its pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from lusdata.catalog.changes import Change, FieldChange
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.patterns import pattern_word
from lusdata.publish.review.escape import code, plain, table
from lusdata.publish.review.pictures import ReviewPicture
from lusdata.publish.review.review import Review
from lusdata.wording import counted

__all__ = ["in_brief", "recording_section"]

_MOST_FIELDS = 40
_WEIGHTS = {
    "major": "datasets that hold it become other datasets",
    "minor": "datasets can grow by it",
    "patch": "no dataset changes",
}


def recording_section(review: Review, change: Change, beside: Path | None) -> Iterator[str]:
    """Yield the blocks about one recording; parameters as in `lusdata.publish.review.markdown.render`."""
    yield f"#### {change.kind.capitalize()}: {code(change.id)}"
    if change.fields:
        yield f"Weight: **{change.weight}** ({_WEIGHTS[change.weight]})."
        yield _fields(change.fields)
    else:
        manifest = change.after or change.before
        if manifest is not None:
            yield table(["", "as the manifest says"], list(_facts(review, manifest)))
    if change.after is not None:
        yield from _pictures(review, change, beside)


def _fields(fields: Sequence[FieldChange]) -> str:
    leaves = [leaf for field in fields for leaf in _leaves(field)]
    rows = [[code(leaf.json_path), *map(_value, (leaf.before, leaf.after))] for leaf in leaves[:_MOST_FIELDS]]
    text = table(["field", "before", "after"], rows)
    if len(leaves) > _MOST_FIELDS:
        text += f"\n\n… and {len(leaves) - _MOST_FIELDS:,} more"
    return text


def _leaves(field: FieldChange) -> Iterator[FieldChange]:
    """Take a whole object that came or went apart, so that each of its fields is a line."""
    whole = json.loads(field.before or field.after or "null") if None in (field.before, field.after) else None
    if not isinstance(whole, dict) or not whole:
        yield field
        return
    for key, value in whole.items():
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        sides = (None, text) if field.before is None else (text, None)
        yield from _leaves(FieldChange(f"{field.json_path}.{key}", *sides))


def _value(text: str | None) -> str:
    return "nothing" if text is None else code(text, most=120)


def _facts(review: Review, manifest: Manifest) -> Iterator[list[str]]:
    data, source = manifest.data, manifest.data["source"]
    yield [
        "shows",
        f"{code(manifest.class_name)} (on the word of: {code(data['class_basis'])}), {manifest.probe} probe",
    ]
    if manifest.state != "included":
        yield ["status", f"{manifest.state}: {plain(data['status'].get('reason', ''))}"]
    yield ["file", _file(manifest)]
    crop = manifest.crop
    if crop is not None:
        method = data["crop"].get("method", "")
        where = f"{crop.width_px} x {crop.height_px} px at column {crop.left_px}, row {crop.top_px}"
        yield ["crop", where + (f", by {code(method)}" if method else "")]
    elif manifest.media:
        yield ["crop", "none: the largest centred square is used"]
    yield ["group", _group(review, manifest)]
    yield [
        "published by",
        code(source["provider"]) + (f"; to be named: {code(source['attribution'])}" if "attribution" in source else ""),
    ]
    for name in ("page", "doi"):
        if name in source:
            yield [name, code(source[name], most=200)]
    addresses = ", ".join(code(location, most=200) for location in manifest.locations[:3])
    yield ["addresses", addresses or "none: it must lie in a mirror"]
    for reading in manifest.patterns[:3]:
        seen = ", ".join(f"{pattern_word(name)} {value}" for name, value in reading.items() if name != "reader")
        yield [f"read by {code(reading['reader'])}", plain(seen)]
    for signed in data.get("review", ())[:5]:
        yield [
            f"signed: {code(signed['of'])}",
            f"{code(signed['role'])} on {code(signed['on'])}: {plain(signed['decision'])}",
        ]


def _file(manifest: Manifest) -> str:
    media = manifest.media
    if not media:
        return "not seen yet: no digest, so in no dataset until `lusdata fetch --pin` has run"
    told = [
        code(media["container"]),
        f"{media['width_px']} x {media['height_px']} px",
        counted(int(media["frame_count"]), "frame"),
    ]
    if "duration_s" in media:
        told.append(f"{media['duration_s']:.1f} s")
    if manifest.size_bytes is not None:
        told.append(_size(manifest.size_bytes))
    return ", ".join(told)


def _group(review: Review, manifest: Manifest) -> str:
    after = [one for part in review.parts for one in part.change.after]
    others = sum(one.group_id == manifest.group_id and one.id != manifest.id for one in after)
    links = [link["id"] for link in manifest.data["group"].get("linked", ())]
    joined = f", joined with {', '.join(map(code, links[:5]))}" if links else ""
    company = f"with {counted(others, 'other recording')}" if others else "alone"
    return f"{code(manifest.group_id)} (basis: {manifest.group_basis}), {company}{joined}"


def _pictures(review: Review, change: Change, beside: Path | None) -> Iterator[str]:
    if review.pictures is None:
        if change.kind == "added":
            yield "*No picture: none was asked for (`--out` or `--pictures` draw them).*"
        return
    for picture in review.pictures.get(change.id, ()):
        yield _picture(change.id, picture, beside)


def _picture(name: str, picture: ReviewPicture, beside: Path | None) -> str:
    if picture.path is None:
        return f"*No picture: {plain(picture.what)}.*"
    if beside is None:
        return f"*Picture: {code(picture.path.name)}, {plain(picture.what)}.*"
    try:
        path = os.path.relpath(picture.path.resolve(), beside.resolve())
    except ValueError:
        # On another drive of Windows, where no way leads from here.
        path = str(picture.path.resolve())
    link = quote(Path(path).as_posix())
    return f"![{plain(name)}](<{link}>)\n\n*{plain(picture.what)}*"


def in_brief(change: Change) -> str:
    """Return what a table of many says about one recording: which fields differ, or what it shows."""
    if change.fields:
        shown = ", ".join(code(field.json_path) for field in change.fields[:4])
        return shown + (" …" if len(change.fields) > 4 else "")
    manifest = change.after or change.before
    if manifest is None:
        return ""
    return f"{code(manifest.class_name)}, {manifest.probe}, {code(manifest.licence['id'])}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:,.1f} kB"
