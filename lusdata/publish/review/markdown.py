"""A review as Markdown: for a pull request, a job's summary, or a terminal.

Everything that comes from manifests, file names or errors goes through `lusdata.publish.review.escape`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import get_args

from lusdata.catalog.changes import Change, Kind
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.private_mark import MARK, private_sentence
from lusdata.catalog.rights import rights_of
from lusdata.errors import Issue
from lusdata.publish.review.escape import code, plain, table
from lusdata.publish.review.fold_impact import FoldImpact, Move
from lusdata.publish.review.recording import in_brief, recording_section
from lusdata.publish.review.review import CollectionReview, Review
from lusdata.wording import counted

__all__ = ["render"]

_MOST_FINDINGS = 100
_MOST_DETAILED, _FEW_DETAILED = 25, 10
_MOST_LISTED = 200
_WEIGHTS = {
    "major": "the next release raises the first part of its version, since datasets that hold these become others",
    "minor": "the next release raises the second part of its version, since datasets can grow",
    "patch": "the next release raises the last part of its version, since no dataset changes",
}
_TWICE = {"DIGEST_TWICE", "FILE_KNOWN", "WITHDRAWN_AGAIN"}


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
    blocks += [f"Note: {plain(note)}." for note in review.notes]
    if review.issues:
        blocks += _findings(review.issues)
    for part in review.parts:
        blocks += _part(review, part, beside)
    if review.parts:
        blocks += _duplicates(review)
    return "\n\n".join(blocks) + "\n"


def _title(review: Review) -> str:
    kinds = [change.kind for change in review.changes]
    told = [f"{kinds.count(kind)} {kind}" for kind in get_args(Kind) if kind in kinds]
    told += [f"{len(review.broken)} that cannot be read"] if review.broken else []
    return f"Recordings: {', '.join(told)}" if told else "No recording changes"


def _verdict(review: Review) -> str:
    errors, warnings = len(review.errors), len(review.warnings)
    base = f"Held against {code(review.base.name)} at {code(review.base.tree[:10])}."
    look = counted(warnings, "warning")
    if errors:
        found = f"{counted(errors, 'error')}, {look}"
        return f"❌ **This does not pass yet: {found}.** Errors must go; warnings deserve a look. {base}"
    if warnings:
        return f"✅ **This passes, with {look} that deserve{'s' * (warnings == 1)} a look.** {base}"
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


def _part(review: Review, part: CollectionReview, beside: Path | None) -> Iterator[str]:
    change = part.change
    yield f"### Collection {code(change.name)}"
    if part.private:
        yield f"🔒 **{MARK}** {private_sentence(plain(part.private))}"
    rows = [
        [count.name, f"{count.before:,}", f"{count.after:,}", _signed(count.after - count.before)]
        for count in part.counts
    ]
    yield table(["", "before", "after", ""], rows, numbers=True)
    if unread := sum(PurePosixPath(path).parent.name == change.name for path in review.broken):
        verb = "counts" if unread == 1 else "count"
        yield f"{counted(unread, 'manifest')} that cannot be read {verb} on neither side."
    yield f"**Weight**: {_WEIGHTS[part.change.weight]}." if part.change.weight else "**Weight**: none."
    kept = f", kept from {code(part.folds.release)}" if part.folds.release else ""
    yield f"**Folds** (by patient, 5 folds{kept}): {_folds(part.folds)}"
    yield _rights(change.changes)
    # Of an import of hundreds nobody reads each; the first ones show what they are like.
    detailed = len(change.changes) if len(change.changes) <= _MOST_DETAILED else _FEW_DETAILED
    for item in change.changes[:detailed]:
        yield from recording_section(review, item, beside)
    rest = change.changes[detailed:]
    if rest:
        yield f"#### And {counted(len(rest), 'recording')} more"
        listed = [[code(item.id), item.kind, item.weight, in_brief(item)] for item in rest[:_MOST_LISTED]]
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
            f"{counted(len(impact.anew), 'recording')}."
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
    if not any(row[4] for row in rows):
        head, rows = [*head[:4], head[5]], [[*row[:4], row[5]] for row in rows]
    return "**Rights**: what may be done\n\n" + table(head, rows)


def _terms(manifest: Manifest) -> tuple[str, ...]:
    rights, licence = rights_of(manifest), manifest.licence
    besides = [] if licence["commercial"] else ["not for commercial use"]
    besides += ["share alike"] if licence["share_alike"] else []
    # What the licence itself does not allow, the columns before say.
    besides += [plain(rights.reason)] if not rights.fetch else []
    allowed = ("yes" if may else "**no**" for may in (rights.fetch, rights.build, rights.publish))
    return (code(licence["id"]), *allowed, "; ".join(besides))


def _duplicates(review: Review) -> Iterator[str]:
    found = review.likenesses
    yield "### Duplicates"
    blind = ""
    if found.blind:
        have, them = ("has", "it") if found.blind == 1 else ("have", "them")
        blind = (
            f"; {counted(found.blind, 'included recording')} {have} no fingerprint, so copies of {them} cannot be seen"
        )
    if not found.compared:
        yield f"Nothing new to compare by pixels{blind}."
        return
    # What is looked up by digest is a finding where it is there twice.
    twice = any(issue.code in _TWICE and issue.json_path == "$.source.sha256" for issue in review.issues)
    yield f"By digest: {'**a file is there twice**, see above' if twice else 'no file is there twice'}."
    compared = f"By pixels: {counted(len(found.compared), 'recording')} compared with {found.others:,} others"
    yield f"{compared}, {'and these look alike' if found.pairs else 'and none looks like another one'}{blind}."
    if not found.pairs:
        return
    rows = [
        [
            code(pair.id),
            code(pair.other),
            f"{pair.similarity:.0%}" + (" mirrored" if pair.mirrored else ""),
            pair.state,
            _consequence(pair.one_group, pair.state),
        ]
        for pair in found.pairs[:_MOST_LISTED]
    ]
    yield table(["new", "looks like", "", "which is", ""], rows)


def _consequence(one_group: bool, state: str) -> str:
    if state == "withdrawn" or (state == "excluded" and not one_group):
        return "**it was taken out before**"
    if state == "excluded":
        return "one group: nothing leaks, and only one counts"
    return "one group: nothing leaks, but both count" if one_group else "**leaks: the groups are not linked**"


def _signed(number: int) -> str:
    return f"{number:+,}" if number else ""
