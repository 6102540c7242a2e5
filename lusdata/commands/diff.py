"""Show what differs between two states of a collection: recordings, fields, counts, folds, and what it weighs.

A and B are each a collection (a name or a folder), a release (pocus@1.0.0), a dataset folder, or a folder at a
revision of git (HEAD~1:manifests/pocus). The weight is the part of a version that a release of B after A would have to
raise. Of a dataset folder it also says what the folder holds, and of two what differs in settings, recordings and
frames. That the two differ is no fault: the exit code is 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lusdata.catalog.schema import enumeration
from lusdata.commands.layout import table
from lusdata.wording import counted, listed, one_line

if TYPE_CHECKING:
    from lusdata.catalog.changes import Change
    from lusdata.catalog.manifest import Manifest
    from lusdata.dataset.compare import Difference

__all__ = ["EXAMPLES", "JSON_KEYS", "configure", "run"]

EXAMPLES = {
    "pocus@1.0.0 pocus": "what changed since a release",
    "HEAD~1:manifests/pocus manifests/pocus": "since a commit",
}
"""Arguments, each with what such a call does; in the help."""

JSON_KEYS = {
    "before": "the earlier state",
    "after": "the later state",
    "unchanged": "number of recordings",
    "weight": "the part of a version that a release would have to raise, or null",
    "changes": "each recording with its fields before and after",
    "regrouped": "recordings whose group changed",
    "moved": "what changes fold, or null",
}
"""The keys of the document that ``--json`` prints."""

_LONGEST_VALUE = 72
_MOST_NAMES = 3
_WEIGHT_MEANS = {
    "major": "scores on the two cannot be compared",
    "minor": "what was there is as it was, more came in or rights changed",
    "patch": "only facts were corrected",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lusdata diff``."""
    parser.add_argument("before", metavar="A", help="the earlier state")
    parser.add_argument("after", metavar="B", help="the later state")
    parser.add_argument("--json", action="store_true", help="print one JSON document, with every value in full")


def run(args: argparse.Namespace) -> int:
    """Print the difference."""
    from lusdata.dataset.compare import compare_states, open_state

    difference = compare_states(open_state(args.before), open_state(args.after))
    if args.json:
        print(json.dumps(difference.as_dict(), indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(_blocks(difference)))
    return 0


def _blocks(difference: Difference) -> Iterator[str]:
    yield from _datasets(difference)
    comparison = difference.comparison
    kinds = [f"{len(comparison.of(kind)):,} {kind}" for kind in ("added", "changed", "withdrawn", "removed")]
    head = f"{difference.before.label} -> {difference.after.label}\n"
    if difference.before.holding or difference.after.holding:
        head = "manifests of the whole collection\n"
    head += f"{', '.join(kinds)}; {difference.unchanged:,} the same"
    weight = comparison.weight
    if weight is None:
        yield f"{head}\nnothing differs{' in them' if head.startswith('manifests') else ''}"
        return
    yield f"{head}\nthe changes are {weight}: {_WEIGHT_MEANS[weight]}"
    for kind in ("added", "changed", "withdrawn", "removed"):
        changes = comparison.of(kind)
        if changes:
            yield "\n".join([kind, *(line for change in changes for line in _lines(change))])
    if comparison.regrouped:
        yield "\n".join(["kept together with others than before", *(f"  {name}" for name in comparison.regrouped)])
    yield _counts(difference)
    yield _folds(difference)


def _datasets(difference: Difference) -> Iterator[str]:
    """Say what dataset folders hold, and what differs between two of them."""
    states = difference.before, difference.after
    if not any(state.holding for state in states):
        return
    told = [f"{difference.before.label} -> {difference.after.label}"]
    for word, state in zip(("before", "after"), states, strict=True):
        held = state.holding
        if held is None:
            told.append(f"  {word:<6}  {counted(len(state.manifests), 'manifest')}, no dataset")
            continue
        numbers = f"{counted(len(held.frames), 'recording')} of {held.total:,}, {sum(held.frames.values()):,} frames"
        told.append(f"  {word:<6}  a dataset of {numbers}; {held.recipe}; rows {held.rows_sha256[:12]}")
    yield "\n".join(told)
    rows = difference.rows
    if rows is None:
        return
    if rows.nothing:
        yield "the datasets hold the same rows, built with the same settings"
        return
    same = "hold the same rows" if rows.same_rows else "hold other rows: scores on the two cannot be compared"
    lines = [f"the datasets {same}"]
    lines += [f"  {name}: {_setting(before)} -> {_setting(after)}" for name, (before, after) in rows.settings.items()]
    for what, names in (
        ("only in the first", rows.only_before),
        ("only in the second", rows.only_after),
        ("in both with other frames", rows.other_frames),
    ):
        if names:
            lines.append(f"  {what}: {counted(len(names), 'recording')} ({listed(names, most=_MOST_NAMES)})")
    yield "\n".join(lines)
    one, other = (state.holding.counts for state in states if state.holding)
    pairs = [(name, one.get(name, 0), other.get(name, 0)) for name in dict.fromkeys([*one, *other])]
    yield table([[name, a, b, _change(a, b)] for name, a, b in pairs], head=["held", "before", "after", "change"])


def _setting(value: object) -> str:
    return "(none)" if value in (None, "") else one_line(str(value))


def _lines(change: Change) -> Iterator[str]:
    yield f"  {change.id}  ({change.weight})"
    if change.kind in ("added", "removed"):
        manifest = change.after or change.before
        if manifest is not None:
            yield f"    {_about(manifest)}"
        return
    if change.kind == "withdrawn" and change.after is not None:
        yield f"    since {change.after.since}: {one_line(str(change.after.data['status'].get('reason', '')))}"
    width = max((len(field.json_path) for field in change.fields), default=0)
    for field in change.fields:
        before, after = (_short(value) for value in (field.before, field.after))
        yield f"    {field.json_path:<{width}}  {before} -> {after}"


def _about(manifest: Manifest) -> str:
    words = [manifest.kind, manifest.class_name, manifest.probe, str(manifest.licence["id"]), manifest.group_id]
    if manifest.state != "included":
        words.append(f"{manifest.state}: {one_line(str(manifest.data['status'].get('reason', '')))}")
    elif manifest.sha256 is None:
        words.append("without a digest yet")
    return ", ".join(words)


def _short(value: str | None) -> str:
    if value is None:
        return "(none)"
    text = one_line(value)
    half = (_LONGEST_VALUE - 1) // 2
    return text if len(text) <= _LONGEST_VALUE else f"{text[:half]}…{text[-half:]}"


def _counts(difference: Difference) -> str:
    before, after = difference.counts
    rows: list[list[object]] = []
    for name in dict.fromkeys([*before, *after]):
        one, other = before[name], after[name]
        if isinstance(one, int):
            rows.append([name, one, other, _change(one, other)])
            continue
        words = sorted(one.keys() | other.keys()) if name == "licence" else enumeration(name)
        numbers = [(word, one.get(word, 0), other.get(word, 0)) for word in words]
        rows += [[f"{name} {word}", a, b, _change(a, b)] for word, a, b in numbers if a != b]
    return table(rows, head=["counts", "before", "after", "change"])


def _change(before: int, after: int) -> str:
    return f"{after - before:+,}" if after != before else "."


def _folds(difference: Difference) -> str:
    moved = difference.moved
    if moved is None:
        return "folds by patient: none, there are too few groups"
    if not moved:
        return "folds by patient: nobody moves"
    lines = [f"  {name}  {before} -> {after}" for name, (before, after) in moved.items()]
    return "\n".join([f"folds by patient: {len(moved):,} recordings move", *lines])
