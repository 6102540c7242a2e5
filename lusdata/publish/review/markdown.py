"""A review as Markdown: for a pull request, a job's summary, or a terminal.

Everything that comes from manifests, file names or errors goes through `lusdata.publish.review.escape`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from lusdata.catalog.changes import Change, FieldChange, weight_of
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import rights_of
from lusdata.errors import Issue
from lusdata.publish.review.escape import code, plain, table
from lusdata.publish.review.fold_impact import FoldImpact, Move
from lusdata.publish.review.pictures import Picture
from lusdata.publish.review.review import Part, Review

__all__ = ["render"]

_MOST_FINDINGS = 100
_MOST_DETAILED = 25
_MOST_LISTED = 200
_MOST_FIELDS = 40
_TWICE = {"DIGEST_TWICE", "FILE_KNOWN", "WITHDRAWN_AGAIN"}
_WEIGHTS = {
    "major": "datasets that hold it become other datasets",
    "minor": "datasets can grow by it",
    "patch": "no dataset changes",
}


def render(review: Review, *, beside: Path | None = None) -> str:
    """Write a review as Markdown.

    Parameters
    ----------
    review : Review
        What was found.
    beside : Path, optional
        Folder of the Markdown file: pictures are shown by links relative to it. Without it they are only named, since
        a page elsewhere cannot show files of this machine.

    Returns
    -------
    str
        The whole page, ending with a line break. The same review gives the same text.
    """
    blocks = [f"## {_title(review)}", _verdict(review)]
    blocks += [plain(note) for note in review.notes]
    if review.issues:
        blocks += _findings(review.issues)
    for part in review.parts:
        blocks += _part(review, part, beside)
    if review.parts:
        blocks += _duplicates(review)
    return "\n\n".join(blocks) + "\n"


def _title(review: Review) -> str:
    kinds = [change.kind for change in review.changes]
    told = [f"{kinds.count(kind)} {kind}" for kind in ("added", "changed", "removed") if kind in kinds]
    return f"Recordings: {', '.join(told)}" if told else "No recording changes"


def _verdict(review: Review) -> str:
    errors, warnings = len(review.errors), len(review.warnings)
    base = f"Held against {code(review.base.name)} at {code(review.base.tree[:10])}."
    found = f"{_many(errors, 'error')}, {_many(warnings, 'warning')}"
    if errors:
        return f"❌ **This does not pass yet: {found}.** Errors must go; warnings deserve a look. {base}"
    if warnings:
        return (
            f"✅ **This passes, with {_many(warnings, 'warning')} that deserve{'s' * (warnings == 1)} a look.** {base}"
        )
    return f"✅ **This passes without a finding.** {base}"


def _findings(issues: Sequence[Issue]) -> Iterator[str]:
    yield "### What was found"
    lines = []
    for issue in issues[:_MOST_FINDINGS]:
        mark = "❌ error" if issue.level == "error" else "⚠️ warning"
        told = [plain(issue.message)]
        told += [f"expected {code(issue.expected)}"] if issue.expected else []
        told += [f"found {code(issue.found)}"] if issue.found else []
        place = code(issue.file) + (f" at {code(issue.json_path)}" if issue.json_path != "$" else "")
        lines.append(f"- {mark} **{issue.code}** in {place}: {'; '.join(told)}." + _advice(issue))
    if len(issues) > _MOST_FINDINGS:
        lines.append(f"- … and {len(issues) - _MOST_FINDINGS:,} more; `lusdata check --json` prints all")
    yield "\n".join(lines)


def _advice(issue: Issue) -> str:
    return f"\n  **To do:** {plain(issue.hint)}." if issue.hint else ""


def _part(review: Review, part: Part, beside: Path | None) -> Iterator[str]:
    change = part.change
    yield f"### Collection {code(change.name)}"
    rows = [
        [count.name, f"{count.before:,}", f"{count.after:,}", _signed(count.after - count.before)]
        for count in part.counts
    ]
    yield table(["", "before", "after", ""], rows, numbers=True)
    yield f"**Folds** (by patient, 5 folds): {_folds(part.folds)}"
    yield _rights(change.changes)
    detailed = change.changes[:_MOST_DETAILED]
    for item in detailed:
        yield from _recording(review, item, beside)
    rest = change.changes[_MOST_DETAILED:]
    if rest:
        yield f"#### And {_many(len(rest), 'recording')} more"
        listed = [[code(item.id), item.kind, weight_of(item), _brief(item)] for item in rest[:_MOST_LISTED]]
        yield table(["recording", "", "weight", ""], listed)
        if len(rest) > _MOST_LISTED:
            yield f"… and {len(rest) - _MOST_LISTED:,} more; `lusdata check --json` prints all"


def _folds(impact: FoldImpact) -> str:
    if impact.trouble:
        return f"there are none yet: {plain(impact.trouble)}."
    if not impact.sentences:
        return "nothing changes."
    moved = f"**{_moves(impact.moves)}**" if impact.moves else "Nobody else's fold moves."
    gained = "; ".join(impact.sentences)
    text = f"{gained[0].upper()}{gained[1:]}. {moved}"
    if set(impact.anew) - set(impact.moves):
        text += (
            f" Folds that are made anew, without the old ones (`lusdata folds --previous`), would move "
            f"{_many(len(impact.anew), 'recording')}."
        )
    return text


def _moves(moves: Sequence[Move]) -> str:
    told = ", ".join(f"{code(move.recording)} from fold {move.before} to {move.after}" for move in moves[:10])
    more = f" and {len(moves) - 10:,} more" if len(moves) > 10 else ""
    number = "1 recording moves" if len(moves) == 1 else f"{len(moves):,} recordings move"
    return f"{number} to another fold: {told}{more}."


def _rights(changes: Sequence[Change]) -> str:
    by_terms: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        if change.after is not None:
            by_terms.setdefault(_terms(change.after), []).append(change.id)
    rows = []
    for terms, names in sorted(by_terms.items()):
        shown = ", ".join(map(code, names[:3])) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        rows.append([*terms, shown])
    if not rows:
        return "**Rights**: nothing is there that rights could concern."
    head = ["licence", "fetch", "crop, on one's own machine", "pass frames on", "besides", "recordings"]
    return "**Rights**: what may be done\n\n" + table(head, rows)


def _terms(manifest: Manifest) -> tuple[str, ...]:
    rights, licence = rights_of(manifest), manifest.licence
    besides = [] if licence["commercial"] else ["not for commercial use"]
    besides += ["share alike"] if licence["share_alike"] else []
    # What the licence itself does not allow, the columns before say.
    besides += [plain(rights.reason)] if not rights.fetch else []
    allowed = ("yes" if may else "**no**" for may in (rights.fetch, rights.build, rights.publish))
    return (code(licence["id"]), *allowed, "; ".join(besides))


def _recording(review: Review, change: Change, beside: Path | None) -> Iterator[str]:
    yield f"#### {change.kind.capitalize()}: {code(change.id)}"
    if change.kind == "changed":
        yield f"Weight: **{weight_of(change)}** ({_WEIGHTS[weight_of(change)]})."
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
        seen = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in reading.items() if name != "reader")
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
        _many(int(media["frame_count"]), "frame"),
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
    company = f"with {_many(others, 'other recording')}" if others else "alone"
    return f"{code(manifest.group_id)} (basis: {manifest.group_basis}), {company}{joined}"


def _pictures(review: Review, change: Change, beside: Path | None) -> Iterator[str]:
    if review.pictures is None:
        if change.kind == "added":
            yield "*No picture: none was asked for (`--out` or `--pictures` draw them).*"
        return
    for picture in review.pictures.get(change.id, ()):
        yield _picture(change.id, picture, beside)


def _picture(name: str, picture: Picture, beside: Path | None) -> str:
    if picture.path is None:
        return f"*No picture: {plain(picture.what)}.*"
    if beside is None:
        return f"*Picture: {code(picture.path.name)}, {plain(picture.what)}.*"
    link = quote(Path(os.path.relpath(picture.path.resolve(), beside.resolve())).as_posix())
    return f"![{plain(name)}](<{link}>)\n\n*{plain(picture.what)}*"


def _duplicates(review: Review) -> Iterator[str]:
    found = review.likenesses
    yield "### Duplicates"
    blind = ""
    if found.blind:
        have, them = ("has", "it") if found.blind == 1 else ("have", "them")
        blind = (
            f"; {_many(found.blind, 'included recording')} {have} no fingerprint, so copies of {them} cannot be seen"
        )
    if not found.compared:
        yield f"Nothing new to compare by pixels{blind}."
        return
    # What is looked up by digest is a finding where it is there twice.
    twice = any(issue.code in _TWICE and issue.json_path == "$.source.sha256" for issue in review.issues)
    yield f"By digest: {'**a file is there twice**, see above' if twice else 'no file is there twice'}."
    compared = f"By pixels: {_many(len(found.compared), 'recording')} compared with {found.others:,} others"
    yield f"{compared}, {'and these look alike' if found.pairs else 'and none looks like another one'}{blind}."
    if not found.pairs:
        return
    rows = [
        [
            code(pair.id),
            code(pair.other),
            f"{pair.similarity:.0%}",
            pair.state,
            _consequence(pair.one_group, pair.state),
        ]
        for pair in found.pairs[:_MOST_LISTED]
    ]
    yield table(["new", "looks like", "", "which is", ""], rows)


def _consequence(one_group: bool, state: str) -> str:
    if state != "included":
        return "**it was taken out before**"
    return "one group: nothing leaks, but both count" if one_group else "**leaks: the groups are not linked**"


def _brief(change: Change) -> str:
    if change.kind == "changed":
        return ", ".join(code(field.json_path) for field in change.fields[:4]) + (
            " …" if len(change.fields) > 4 else ""
        )
    manifest = change.after or change.before
    if manifest is None:
        return ""
    return f"{code(manifest.class_name)}, {manifest.probe}, {code(manifest.licence['id'])}"


def _signed(number: int) -> str:
    return f"{number:+,}" if number else ""


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:,.1f} kB"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
